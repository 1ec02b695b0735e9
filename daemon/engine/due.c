#include "engine/due.h"

#include <stdlib.h>

#include "base/mem.h"

/* After years of downtime a schedule of every minute has missed millions: this many of the latest
 * get a row of their own, the oldest of them says how many went before. */
#define TIMES_MAX 1000

static utc_t just_after(utc_t at)
{
    return (utc_t){at.s + 1};
}

/* All after `after` and up to `until`, the latest of them in order. */
static void find(const struct cron *cron, const struct zone *zone, utc_t after, utc_t until,
                 struct due *d)
{
    struct cron_time t, previous, *ring = NULL;
    bool more = cron_first(cron, zone, just_after(after), &t);
    size_t total = 0;

    for (; more && t.at.s <= until.s; more = cron_next(cron, zone, &previous, &t)) {
        if (!ring) {
            ring = xcalloc(TIMES_MAX, sizeof *ring);
            d->first = t;
        }
        ring[total++ % TIMES_MAX] = t;
        previous = t;
    }
    if (!ring)
        return;
    d->count = total < TIMES_MAX ? total : TIMES_MAX;
    d->lost = total - d->count;
    d->found = total;
    d->times = xcalloc(d->count, sizeof *d->times);
    for (size_t i = 0; i < d->count; i++)
        d->times[i] = ring[(d->lost + i) % TIMES_MAX];
    free(ring);
}

static int is_new(struct store *s, const char *schedule, const struct cron_time *t, bool *ret,
                  struct err *e)
{
    char nominal[LOCAL_ISO];
    bool there;

    if (occurrence_exists(s, schedule, local_iso(t->nominal, nominal), t->fold, &there, e) < 0)
        return -1;
    *ret = !there;
    return 0;
}

int due_gather(struct store *s, const char *schedule, const struct cron *cron,
               const struct zone *zone, utc_t after, utc_t until, struct due *ret, struct err *e)
{
    size_t kept = 0;

    *ret = (struct due){.schedule = schedule};
    find(cron, zone, after, until, ret);
    for (size_t i = 0; i < ret->count; i++) {
        bool fresh;

        if (is_new(s, schedule, &ret->times[i], &fresh, e) < 0)
            return -1;
        if (fresh)
            ret->times[kept++] = ret->times[i];
    }
    ret->count = kept;
    if (!ret->lost && kept)
        ret->first = ret->times[0];
    return 0;
}

int due_gather_first(struct store *s, const char *schedule, const struct cron *cron,
                     const struct zone *zone, utc_t after, utc_t until, size_t most,
                     struct due *ret, struct err *e)
{
    struct cron_time t;

    *ret = (struct due){.schedule = schedule, .times = xcalloc(most, sizeof *ret->times)};
    for (bool more = cron_first(cron, zone, just_after(after), &t);
         more && t.at.s <= until.s && ret->count < most; more = cron_next(cron, zone, &t, &t)) {
        bool fresh;

        ret->found++;
        if (is_new(s, schedule, &t, &fresh, e) < 0)
            return -1;
        if (fresh)
            ret->times[ret->count++] = t;
    }
    ret->first = ret->times[0];
    return 0;
}

void due_clear(struct due *d)
{
    free(d->times);
    *d = (struct due){0};
}

const struct cron_time *due_latest(const struct due *d)
{
    return &d->times[d->count - 1];
}

int due_add(struct store *s, const struct due *d, const struct cron_time *t, utc_t now,
            struct occurrence o, struct err *e)
{
    char nominal[LOCAL_ISO];
    bool held;

    o.schedule = d->schedule;
    o.nominal = local_iso(t->nominal, nominal);
    o.fold = t->fold;
    o.due_at = t->at;
    o.ran_at = now;
    o.late_by_s = now.s - t->at.s;
    if (occurrence_unhold(s, d->schedule, nominal, t->fold, &held, e) < 0)
        return -1;
    if (held && !o.reason)
        o.reason = "the clock was suspect";
    return occurrence_add(s, &o, e);
}

int due_add_missed(struct store *s, const struct due *d, size_t count, const char *state,
                   const char *reason, utc_t now, struct err *e)
{
    char first[LOCAL_ISO];
    char *with_lost = xasprintf("%s; %zu before it have no row of their own, from %s", reason,
                                d->lost, local_iso(d->first.nominal, first));
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct occurrence o = {.state = state, .reason = d->lost && i == 0 ? with_lost : reason};

        rc = due_add(s, d, &d->times[i], now, o, e);
    }
    free(with_lost);
    return rc;
}
