/*
 * store_impl: what a store holds; shared by store.c (opening, transactions) and sql.c (statements)
 * alone.
 */
#ifndef CSID_STORE_STORE_IMPL_H
#define CSID_STORE_STORE_IMPL_H

#include <sqlite3.h>

#include "store/sql.h"

#define CACHE_SLOTS 512 /* a power of two, several times the number of queries */

struct cached {
    const struct query *query;
    sqlite3_stmt *stmt;
    bool writes_plans; /* of a copy: what a recall holds is not so any more once it has run */
};

struct recall;

struct store {
    sqlite3 *db;
    char *path;
    int lock_fd; /* held for as long as this csid owns the file; -1 for a worker */
    struct cached cache[CACHE_SLOTS];
    struct recall *recall;  /* of a copy, NULL: none; see recall.h */
    bool writes_plans;      /* while a statement is prepared */
    uint64_t plans_version; /* counts what may have changed in plans and roles */
    char *who;              /* of the transaction under way, NULL without one */
    utc_t now;
};

#endif
