/*
 * store: the one SQLite file. Opening, migrating, transactions. A store is one connection and
 * belongs to one thread; a worker opens its own. Refuses foreign files, newer schemas and damaged
 * databases.
 */
#ifndef CSID_STORE_STORE_H
#define CSID_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/day.h"

struct store;

#define STORE_APPLICATION_ID 0x63736964 /* "csid" */

/* Opens (and makes, if it is not there) the database at `path`, checks it, migrates it (a copy of
 * the old file is kept beside it first). ERR_REFUSED: not csid's, damaged or newer; ERR_STORAGE:
 * disk. */
int store_open(const char *path, struct store **ret, struct err *e);
/* A further connection for a worker: no check, no migration. */
int store_open_worker(const char *path, struct store **ret, struct err *e);
/* A copy of all that is committed, in memory: what is done to it touches no file. A copy can be
 * copied too. */
int store_copy(struct store *s, struct store **ret, struct err *e);
/* The same, and ends a read that is under way (store_read_begin): whoever works on the copy for
 * long must not keep the log of the file from being cut. */
int store_copy_alone(struct store *s, struct store **ret, struct err *e);
/* Reads the file as csid --check does: says what is wrong, changes nothing, makes nothing. */
int store_check(const char *path, struct err *e);
/* Looks through the open database for damage (PRAGMA quick_check): ERR_REFUSED says what it is. */
int store_verify(struct store *s, struct err *e);
/* Whether it can be written now, as far as can be told without writing: ERR_STORAGE when the disk
 * is full or read-only. Outside of transactions. */
int store_writable(struct store *s, struct err *e);
void store_close(struct store *s);
const char *store_path(const struct store *s);

/* A transaction that writes (BEGIN IMMEDIATE). `who` (kept until store_end) and `now` go into every
 * journal row and every recorded time until store_end. */
int store_begin(struct store *s, const char *who, utc_t now, struct err *e);
/* Commits when rc is 0, rolls back otherwise (or when the commit fails); returns 0 or -1. */
int store_end(struct store *s, int rc, struct err *e);
/* A part of a transaction that can be taken back alone: ended with rc other than 0 it leaves
 * nothing, and e is set by whoever failed. Parts do not nest. */
int store_part_begin(struct store *s, struct err *e);
int store_part_end(struct store *s, int rc, struct err *e);
/* Ends a transaction by taking everything back: a dry run. */
void store_undo(struct store *s);

/* Between these two every read sees one state of the database, whatever a worker commits meanwhile.
 */
int store_read_begin(struct store *s, struct err *e);
void store_read_end(struct store *s);

#endif
