#include "engine/scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/checks.h"
#include "engine/holidays.h"
#include "engine/trouble.h"
#include "store/schedule.h"

/* After years of downtime a schedule of every minute has missed millions: this many of the latest
 * get a row of their own, the oldest of them says how many went before. */
#define TIMES_MAX 1000

/* What one schedule has to catch up with: the last of `times` runs, the others are missed. */
struct pending {
    const struct engine_schedule *sch;
    struct cron_time *times; /* in order */
    size_t count;
    struct cron_time first; /* of all, also those that found no room */
    size_t lost;            /* how many did not */
};

/* A change of any of these starts anew from then. Caller frees. */
static char *spec_of(const struct engine *engine, const struct engine_schedule *sch)
{
    return xasprintf("%s|%s|%s", sch->check, sch->expr, zone_name(engine->zone));
}

const struct engine_schedule *scheduler_find(const struct engine *engine, const char *name)
{
    for (size_t i = 0; i < engine->schedule_count; i++)
        if (strcmp(engine->schedules[i].name, name) == 0)
            return &engine->schedules[i];
    return NULL;
}

static utc_t just_after(utc_t at)
{
    return (utc_t){at.s + 1};
}

bool scheduler_next_of(const struct engine *engine, const struct engine_schedule *sch, utc_t now,
                       struct cron_time *ret)
{
    return cron_first(&sch->cron, engine->zone, just_after(now), ret);
}

/* ---- running a check ---- */

static struct check_run new_run(struct store *s, const struct engine *engine,
                                const struct engine_schedule *sch, utc_t now)
{
    return (struct check_run){
        .store = s,
        .engine = engine,
        .schedule = sch->name,
        .check = sch->check,
        .now = now,
        .today = zone_today(engine->zone, now),
    };
}

static int run_check(struct store *s, const struct engine *engine,
                     const struct engine_schedule *sch, utc_t now, struct run_result *ret,
                     struct err *e)
{
    const struct check *check = check_find(sch->check);
    struct holidays *imported;
    struct check_run run;
    struct engine now_in_force;
    int rc;

    if (!check)
        return err_set(e, ERR_USAGE, "there is no check %s", sch->check);
    if (engine_in_force(s, engine, &now_in_force, &imported, e) < 0)
        return -1;
    run = new_run(s, &now_in_force, sch, now);
    rc = check->run(&run, e);
    if (rc == 0)
        rc = trouble_tell(&run, e);
    trouble_clear(&run.trouble);
    holidays_free(imported);
    if (rc == 0)
        *ret = run.result;
    return rc;
}

static const char *nearest(const struct engine *engine, const char *name)
{
    const char *best = NULL;
    unsigned least = 4;

    for (size_t i = 0; i < engine->schedule_count; i++) {
        unsigned distance = text_distance(name, engine->schedules[i].name);

        if (distance < least) {
            least = distance;
            best = engine->schedules[i].name;
        }
    }
    return best;
}

int scheduler_run(struct store *s, const struct engine *engine, const char *name, utc_t now,
                  struct run_result *ret, struct err *e)
{
    const struct engine_schedule *sch = scheduler_find(engine, name);
    const char *near = sch ? NULL : nearest(engine, name);

    if (!sch)
        return err_set(e, ERR_NOTFOUND, "no schedule %.60s%s%s%s", name,
                       near ? " (did you mean " : ": see csictl schedule list", near ? near : "",
                       near ? "?)" : "");
    return run_check(s, engine, sch, now, ret, e);
}

const struct engine_schedule *scheduler_of(const struct engine *engine, const char *check)
{
    for (size_t i = 0; i < engine->schedule_count; i++)
        if (strcmp(engine->schedules[i].check, check) == 0)
            return &engine->schedules[i];
    return NULL;
}

int scheduler_check(struct store *s, const struct engine *engine, const char *check, utc_t now,
                    struct run_result *ret, struct err *e)
{
    const struct engine_schedule *sch = scheduler_of(engine, check);
    struct engine_schedule alone = {.name = check, .check = check, .expr = ""};

    if (!check_find(check))
        return err_set(e, ERR_NOTFOUND, "no check %.60s: see csictl check list", check);
    return run_check(s, engine, sch ? sch : &alone, now, ret, e);
}

/* ---- what is due ---- */

static int is_new(struct store *s, const struct engine_schedule *sch, const struct cron_time *t,
                  bool *ret, struct err *e)
{
    char nominal[LOCAL_ISO];
    bool there;

    if (occurrence_exists(s, sch->name, local_iso(t->nominal, nominal), t->fold, &there, e) < 0)
        return -1;
    *ret = !there;
    return 0;
}

/* All after `decided` and up to `now`, the latest of them in order. */
static void gather(const struct engine *engine, utc_t decided, utc_t now, struct pending *p)
{
    struct cron_time t, previous, *ring = NULL;
    bool more = cron_first(&p->sch->cron, engine->zone, just_after(decided), &t);
    size_t total = 0;

    for (; more && t.at.s <= now.s; more = cron_next(&p->sch->cron, engine->zone, &previous, &t)) {
        if (!ring) {
            ring = xcalloc(TIMES_MAX, sizeof *ring);
            p->first = t;
        }
        ring[total++ % TIMES_MAX] = t;
        previous = t;
    }
    if (!ring)
        return;
    p->count = total < TIMES_MAX ? total : TIMES_MAX;
    p->lost = total - p->count;
    p->times = xcalloc(p->count, sizeof *p->times);
    for (size_t i = 0; i < p->count; i++)
        p->times[i] = ring[(p->lost + i) % TIMES_MAX];
    free(ring);
}

/* Drops those whose nominal time has its row already: a clock that was set back names some again.
 */
static int drop_known(struct store *s, struct pending *p, struct err *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->count; i++) {
        bool fresh;

        if (is_new(s, p->sch, &p->times[i], &fresh, e) < 0)
            return -1;
        if (fresh)
            p->times[kept++] = p->times[i];
    }
    p->count = kept;
    if (!p->lost && kept)
        p->first = p->times[0];
    return 0;
}

static const struct cron_time *latest(const struct pending *p)
{
    return &p->times[p->count - 1];
}

static bool has_missed(const struct pending *p)
{
    return p->count > 1 || p->lost > 0;
}

/* ---- rows ---- */

static struct occurrence occurrence_of(const struct pending *p, const struct cron_time *t,
                                       utc_t now, char nominal[LOCAL_ISO])
{
    return (struct occurrence){
        .schedule = p->sch->name,
        .nominal = local_iso(t->nominal, nominal),
        .fold = t->fold,
        .due_at = t->at,
        .ran_at = now,
        .late_by_s = now.s - t->at.s,
    };
}

static int add_missed(struct store *s, const struct pending *p, utc_t now, struct err *e)
{
    char last[LOCAL_ISO], first[LOCAL_ISO], nominal[LOCAL_ISO];
    char *plain =
        xasprintf("missed; the run of %s stands for it", local_iso(latest(p)->nominal, last));
    char *with_lost = xasprintf("%s and for %zu before it, from %s", plain, p->lost,
                                local_iso(p->first.nominal, first));
    int rc = 0;

    for (size_t i = 0; rc == 0 && i + 1 < p->count; i++) {
        struct occurrence o = occurrence_of(p, &p->times[i], now, nominal);

        o.state = "coalesced";
        o.reason = p->lost && i == 0 ? with_lost : plain;
        rc = occurrence_add(s, &o, e);
    }
    free(plain);
    free(with_lost);
    return rc;
}

/* The rows of one catch-up: what ran, what it stands for, and how far this is decided. */
static int add_rows(struct store *s, const struct engine *engine, const struct pending *p,
                    utc_t now, const struct run_result *result, const char *failure, struct err *e)
{
    char nominal[LOCAL_ISO], first[LOCAL_ISO], *spec = spec_of(engine, p->sch);
    struct occurrence o = occurrence_of(p, latest(p), now, nominal);
    int rc = add_missed(s, p, now, e);

    o.state = failure ? "failed" : "done";
    o.reason = failure;
    o.covers_from = has_missed(p) ? local_iso(p->first.nominal, first) : NULL;
    o.findings = result->findings;
    o.notices = result->notices;
    if (rc == 0)
        rc = occurrence_add(s, &o, e);
    if (rc == 0)
        rc = schedule_decide(s, p->sch->name, spec, now, e);
    free(spec);
    return rc;
}

static int run_once(struct store *s, const struct engine *engine, const struct pending *p,
                    utc_t now, struct err *e)
{
    struct run_result result;
    int rc;

    if (store_begin(s, "csid", now, e) < 0)
        return -1;
    rc = run_check(s, engine, p->sch, now, &result, e);
    if (rc == 0)
        rc = add_rows(s, engine, p, now, &result, NULL, e);
    return store_end(s, rc, e);
}

static int record_failure(struct store *s, const struct engine *engine, const struct pending *p,
                          utc_t now, const char *failure, struct err *e)
{
    struct check_run run = new_run(s, engine, p->sch, now);
    int rc;

    if (store_begin(s, "csid", now, e) < 0)
        return -1;
    trouble_note(&run, "the check %s failed: %s", p->sch->check, failure);
    rc = trouble_tell(&run, e);
    if (rc == 0)
        rc = add_rows(s, engine, p, now, &run.result, failure, e);
    trouble_clear(&run.trouble);
    return store_end(s, rc, e);
}

/* A check that fails is a row that says so, and is not tried again before its next time. A disk
 * that fails is not the check's doing: nothing is decided, and the next tick tries again. */
static int run_pending(struct store *s, const struct engine *engine, const struct pending *p,
                       utc_t now, struct err *e)
{
    struct err why;

    if (run_once(s, engine, p, now, &why) == 0)
        return 0;
    if (why.code == ERR_STORAGE || why.code == ERR_BUSY) {
        *e = why;
        return err_within(e, "schedule %s", p->sch->name);
    }
    return record_failure(s, engine, p, now, why.text, e);
}

/* ---- the tick ---- */

static int decide(struct store *s, const struct engine *engine, const struct engine_schedule *sch,
                  utc_t now, struct err *e)
{
    char *spec = spec_of(engine, sch);
    int rc = store_begin(s, "csid", now, e);

    if (rc == 0)
        rc = store_end(s, schedule_decide(s, sch->name, spec, now, e), e);
    free(spec);
    return rc;
}

static int decided_until(struct store *s, const struct engine *engine,
                         const struct engine_schedule *sch, utc_t *ret, struct err *e)
{
    char *spec = spec_of(engine, sch);
    int rc = schedule_decided(s, sch->name, spec, ret, e);

    free(spec);
    return rc;
}

/* What the schedule of `p` has to run, if anything. One seen for the first time, or with another
 * expression, has no past: its time begins now. */
static int look_at(struct store *s, const struct engine *engine, utc_t now, struct pending *p,
                   struct err *e)
{
    utc_t decided;

    if (decided_until(s, engine, p->sch, &decided, e) < 0)
        return -1;
    if (!utc_is(decided))
        return decide(s, engine, p->sch, now, e);
    gather(engine, decided, now, p);
    if (!p->count)
        return 0;
    if (drop_known(s, p, e) < 0)
        return -1;
    return p->count ? 0 : decide(s, engine, p->sch, now, e);
}

/* By instant; at the same one in the order of the configuration, which is that of the array they
 * point into. */
static int by_instant(const void *a, const void *b)
{
    const struct pending *x = a, *y = b;
    utc_t at = latest(x)->at, other = latest(y)->at;

    if (at.s != other.s)
        return at.s < other.s ? -1 : 1;
    return x->sch < y->sch ? -1 : x->sch > y->sch;
}

static int run_all(struct store *s, const struct engine *engine, utc_t now, struct pending *pending,
                   size_t count, bool *ret_ran, struct err *e)
{
    struct err failed;
    int rc = 0;

    if (count)
        qsort(pending, count, sizeof *pending, by_instant);
    for (size_t i = 0; i < count; i++) {
        if (run_pending(s, engine, &pending[i], now, &failed) == 0) {
            *ret_ran = true;
        } else if (rc == 0) {
            *e = failed;
            rc = -1;
        }
    }
    return rc;
}

int scheduler_tick(struct store *s, const struct engine *engine, utc_t now, bool *ret_ran,
                   struct err *e)
{
    struct pending *pending = xcalloc(engine->schedule_count + 1, sizeof *pending);
    size_t count = 0;
    int rc = 0;

    *ret_ran = false;
    for (size_t i = 0; rc == 0 && i < engine->schedule_count; i++) {
        struct pending p = {.sch = &engine->schedules[i]};

        rc = look_at(s, engine, now, &p, e);
        if (rc == 0 && p.count)
            pending[count++] = p;
        else
            free(p.times);
    }
    if (rc == 0)
        rc = run_all(s, engine, now, pending, count, ret_ran, e);
    for (size_t i = 0; i < count; i++)
        free(pending[i].times);
    free(pending);
    return rc;
}

int scheduler_next(struct store *s, const struct engine *engine, utc_t now, utc_t *ret,
                   struct err *e)
{
    utc_t first = UTC_NONE;

    for (size_t i = 0; i < engine->schedule_count; i++) {
        const struct engine_schedule *sch = &engine->schedules[i];
        struct cron_time next;
        utc_t decided;

        if (decided_until(s, engine, sch, &decided, e) < 0)
            return -1;
        if (!scheduler_next_of(engine, sch, utc_is(decided) ? decided : now, &next))
            continue;
        if (!utc_is(first) || next.at.s < first.s)
            first = next.at;
    }
    *ret = first;
    return 0;
}
