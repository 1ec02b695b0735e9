/*
 * journal: every change with its before and after, hash-chained, written in the transaction that
 * made it. Append-only; verifying reads, never mends.
 */
#ifndef CSID_STORE_JOURNAL_H
#define CSID_STORE_JOURNAL_H

#include <stdint.h>

#include "calendar/day.h"
#include "store/store.h"

/* The tables whose rows are journalled by themselves. */
enum journal_table {
    JOURNAL_PLAN,
    JOURNAL_PRIORITY,
    JOURNAL_PERSON,
    JOURNAL_ROLE,
    JOURNAL_HOLDING,
    JOURNAL_ACTION,
    JOURNAL_DEADLINE,
    JOURNAL_MESSAGE,
    JOURNAL_EXTENSION,
    JOURNAL_ACKNOWLEDGEMENT,
    JOURNAL_SNOOZE,
    JOURNAL_SILENCE,
    JOURNAL_COUNT
};

struct change {
    enum journal_table table;
    int64_t id;
    char *before; /* JSON, NULL when the row is new */
};

/* Remembers the row as it is (id 0: there is none yet). */
int change_begin(struct store *s, struct change *c, enum journal_table table, int64_t id,
                 struct err *e);
/* Ends a change that came to `rc`: when that is 0 writes "WHAT ABOUT" with before and after, if
 * they differ; frees what c holds in any case. For a new row set c->id first. */
int change_end(struct store *s, struct change *c, int rc, const char *what, const char *about,
               struct err *e);

#define JOURNAL_ABOUT 40
/* "deadline:1", what a row without a name of its own is called. */
const char *journal_about(const char *kind, int64_t id, char ret[JOURNAL_ABOUT]);
/* A row about something that is no table row: before and after are JSON or NULL. */
int journal_change(struct store *s, const char *what, const char *about, const char *before,
                   const char *after, struct err *e);

/* The number of the latest row, 0 without any. */
int journal_seq(struct store *s, int64_t *ret, struct err *e);

/* The hash of that row, NULL without any; caller frees. */
int journal_hash(struct store *s, char **ret, struct err *e);

struct journal_row {
    int64_t seq;
    const char *at, *who, *what, *before, *after, *hash; /* valid during the callback */
};
/* Rows with at >= since, about `about` (NULL: all; what follows the first blank of
 * `what`), seq > after, oldest
 * first, at most limit (0: no limit). The callback returns 0 to go on. */
int journal_each(struct store *s, utc_t since, const char *about, int64_t after, int64_t limit,
                 int (*row)(void *arg, const struct journal_row *r), void *arg, struct err *e);
/* What a column of the row about `about` was at that instant, as its last change says; NULL where
 * it was nothing or nothing was written of it by then. Caller frees. */
int journal_value_at(struct store *s, const char *about, const char *column, utc_t at, char **ret,
                     struct err *e);
/* Recomputes the chain: *ret_rows rows read, *ret_broken the first seq whose hash or number does
 * not follow, 0 when all do. */
int journal_verify(struct store *s, int64_t *ret_rows, int64_t *ret_broken, struct err *e);

#endif
