/*
 * migrate: brings a database file to this version's schema, step by step, each in a transaction
 * with its user_version. Steps are only ever appended. Nobody outside store/ includes it.
 */
#ifndef CSID_STORE_MIGRATE_H
#define CSID_STORE_MIGRATE_H

#include <sqlite3.h>

#include "base/err.h"

/* The newest schema this version writes. */
int migrate_newest(void);

/* What SQLite's `rc` means for a file that cannot be read: ERR_REFUSED when it is damaged or no
 * database, else ERR_STORAGE; -1. */
int migrate_unreadable(sqlite3 *db, const char *path, int rc, struct err *e);

/* Whether this version may use the file: csid's own, its schema not newer, or newer and its
 * min_reader allows us. *ret_version is its schema, 0 for an empty file. ERR_REFUSED says what to
 * do. */
int migrate_judge(sqlite3 *db, const char *path, int *ret_version, struct err *e);

/* Runs the steps after `version`; the old file is copied to PATH.schema-N first unless it is empty.
 */
int migrate_run(sqlite3 *db, const char *path, int version, struct err *e);

#endif
