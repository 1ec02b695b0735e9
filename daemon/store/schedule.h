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

/* Up to where a schedule of this spec has been decided; UTC_NONE when it has not been seen (with
 * this spec). */
int schedule_decided(struct store *s, const char *name, const char *spec, utc_t *ret,
                     struct err *e);
/* Within a transaction. */
int schedule_decide(struct store *s, const char *name, const char *spec, utc_t at, struct err *e);
/* Within a transaction. ERR_CONFLICT when that nominal time has its row already. */
int occurrence_add(struct store *s, const struct occurrence *o, struct err *e);
int occurrence_exists(struct store *s, const char *schedule, const char *nominal, int fold,
                      bool *ret, struct err *e);
/* Newest first, at most `limit` (0: all). */
int occurrence_each(struct store *s, const char *schedule, int64_t limit,
                    int (*row)(void *arg, const struct occurrence *o), void *arg, struct err *e);

#endif
