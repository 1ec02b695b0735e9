/*
 * sql: the thin helpers that the files of store/ share; nobody else includes it. All SQL is
 * constant text in tables of struct query beside the functions that use it, prepared once per
 * connection; values are only ever bound.
 */
#ifndef CSID_STORE_SQL_H
#define CSID_STORE_SQL_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "calendar/day.h"
#include "store/store.h"

struct query {
    const char *text;
    bool scans; /* meant to read a whole table; a test refuses scans elsewhere */
};

struct query_table { /* what a file registers in store/queries.def */
    const struct query *queries;
    int count;
};

struct rows {
    struct store *store;
    sqlite3_stmt *stmt;
    int rc;
};

/* Binds `types`, one letter per parameter: i int64_t · t const char * (NULL is NULL) · d day_t · u
 * utc_t (none is NULL) · b const void *, size_t. */
int sql_run(struct store *s, const struct query *q, struct err *e, const char *types, ...);
/* As sql_run, for an INSERT: *ret_id is the new row's id. */
int sql_insert(struct store *s, const struct query *q, int64_t *ret_id, struct err *e,
               const char *types, ...);
/* Starts a SELECT; then rows_next until false; then always rows_end. */
void rows_start(struct rows *r, struct store *s, const struct query *q, const char *types, ...);
bool rows_next(struct rows *r);
/* -1 with e set when a step failed. */
int rows_end(struct rows *r, struct err *e);
/* Reads ids, the first column, to the end, before anything is written: the rows found must not
 * change underneath. The caller frees ret->items, also on failure. */
struct ids {
    int64_t *items;
    size_t count, cap;
};
int rows_ids(struct rows *r, struct ids *ret, struct err *e);
/* Columns of the present row; texts live until the next rows_next. */
int64_t rows_int(const struct rows *r, int column);
const char *rows_text(const struct rows *r, int column); /* NULL for NULL */
char *rows_dup(const struct rows *r, int column);        /* caller frees; NULL for NULL */
day_t rows_day(const struct rows *r, int column);        /* DAY_NONE for NULL */
utc_t rows_utc(const struct rows *r, int column);
const void *rows_blob(const struct rows *r, int column, size_t *ret_len);
bool rows_null(const struct rows *r, int column);

/* One integer of one row, `none` when there is no row. */
int sql_int(struct store *s, const struct query *q, int64_t none, int64_t *ret, struct err *e,
            const char *types, ...);

/* The same of one instant; UTC_NONE when there is no row. */
int sql_utc(struct store *s, const struct query *q, utc_t *ret, struct err *e, const char *types,
            ...);

/* A transaction of one's own in csid's name, or the one that is under way; *ret_own tells sql_leave
 * which. */
int sql_join(struct store *s, utc_t now, bool *ret_own, struct err *e);
/* Ends it when it was one's own (see store_end), else hands rc on. */
int sql_leave(struct store *s, bool own, int rc, struct err *e);

/* "Did you mean": of the words that `q` yields in its first column, bound to `key`, the one nearest
 * to `word`, as " (did you mean WORD?)"; "" when none is near. Caller frees. */
char *sql_nearest(struct store *s, const struct query *q, int64_t key, const char *word);

sqlite3 *sql_handle(struct store *s);       /* for tests that look at the file itself */
const char *sql_who(const struct store *s); /* of the transaction under way */
utc_t sql_now(const struct store *s);

/* Sets e from SQLite's last error: full, read-only and I/O errors are ERR_STORAGE, a broken UNIQUE
 * ERR_CONFLICT. Always -1. */
int sql_fail(struct store *s, int rc, struct err *e);

#endif
