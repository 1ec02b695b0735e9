/*
 * schedule: how far each schedule has been decided, and every occurrence as a row.
 */
#ifndef CSID_STORE_SCHEDULE_H
#define CSID_STORE_SCHEDULE_H

#include "store/store.h"

struct occurrence {
    int64_t id;
    const char *schedule, *nominal, *state, *reason, *covers_from; /* NULL where there is none */
    int fold;
    utc_t due_at, ran_at;
    int64_t late_by_s, findings, notices;
};

/* Up to where a schedule has been decided, and the spec that it had; NULL and UTC_NONE when it has
 * not been seen. Caller frees the spec. */
int schedule_decided(struct store *s, const char *name, char **ret_spec, utc_t *ret, struct err *e);
/* Within a transaction. */
int schedule_decide(struct store *s, const char *name, const char *spec, utc_t at, struct err *e);
/* The names and specs of all that were ever decided and not forgotten. Texts live during the call;
 * `row` may not write. */
int schedule_each(struct store *s,
                  int (*row)(void *arg, const char *name, const char *spec, utc_t decided),
                  void *arg, struct err *e);
/* Within a transaction; its occurrences stay. */
int schedule_forget(struct store *s, const char *name, struct err *e);

/* What came due while the clock was suspect has a row that gives way to what becomes of it. Its
 * reason begins so. */
#define OCCURRENCE_HELD "the clock is suspect"
/* The latest instant of which a schedule has such a row, UTC_NONE without. */
int occurrence_held_until(struct store *s, const char *schedule, utc_t *ret, struct err *e);
/* Within a transaction: takes away such a row of one nominal time, and says whether there was one;
 * all that are due after an instant. */
int occurrence_unhold(struct store *s, const char *schedule, const char *nominal, int fold,
                      bool *ret, struct err *e);
int occurrence_unhold_after(struct store *s, utc_t at, struct err *e);

/* Within a transaction. ERR_CONFLICT when that nominal time has its row already. */
int occurrence_add(struct store *s, const struct occurrence *o, struct err *e);
/* A held one counts as none. */
int occurrence_exists(struct store *s, const char *schedule, const char *nominal, int fold,
                      bool *ret, struct err *e);
/* Newest first, at most `limit` (0: all). */
int occurrence_each(struct store *s, const char *schedule, int64_t limit,
                    int (*row)(void *arg, const struct occurrence *o), void *arg, struct err *e);

#endif
