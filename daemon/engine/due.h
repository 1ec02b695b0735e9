/*
 * due: the occurrences of one schedule between two instants, and their rows.
 */
#ifndef CSID_ENGINE_DUE_H
#define CSID_ENGINE_DUE_H

#include <stddef.h>

#include "calendar/cron.h"
#include "store/schedule.h"

/* In order; after years of absence only the latest of them, `lost` went before. */
struct due {
    const char *schedule; /* its name */
    struct cron_time *times;
    size_t count, lost, found; /* found: with those that have their row */
    struct cron_time first;    /* of all, also those that found no room */
};

/* All after `after` and up to `until` that have no row yet: a clock that was set back names some
 * again. Free with due_clear, also after a failure. */
int due_gather(struct store *s, const char *schedule, const struct cron *cron,
               const struct zone *zone, utc_t after, utc_t until, struct due *ret, struct err *e);
/* The same, but the first `most` of them, and none is lost. */
int due_gather_first(struct store *s, const char *schedule, const struct cron *cron,
                     const struct zone *zone, utc_t after, utc_t until, size_t most,
                     struct due *ret, struct err *e);
void due_clear(struct due *d);
const struct cron_time *due_latest(const struct due *d); /* count is not 0 */

/* Within a transaction: the row of one; the caller has set state, reason and results in `o`. A row
 * that a suspect clock left gives way, and is the reason where there is no other. */
int due_add(struct store *s, const struct due *d, const struct cron_time *t, utc_t now,
            struct occurrence o, struct err *e);
/* Within a transaction: rows of the first `count`, which did not run. */
int due_add_missed(struct store *s, const struct due *d, size_t count, const char *state,
                   const char *reason, utc_t now, struct err *e);

#endif
