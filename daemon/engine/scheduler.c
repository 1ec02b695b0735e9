#include "engine/scheduler.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/checks.h"
#include "engine/digest.h"
#include "engine/due.h"
#include "engine/holidays.h"
#include "engine/missed.h"
#include "engine/quiet.h"
#include "engine/spec.h"
#include "engine/trouble.h"
#include "store/schedule.h"

/* Of a schedule that catches up with all, so many run in one tick: what else csid has to do comes
 * in between. */
#define EACH_AT_ONCE 50

/* What one schedule has to run now. */
struct pending {
    const struct engine_schedule *sch;
    struct due due;
};

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

static struct check_run new_run(const struct pass *p, const struct engine_schedule *sch)
{
    struct check_run run = {
        .digest = p->digest,
        .found = p->found,
        .store = p->s,
        .engine = p->engine,
        .schedule = sch->name,
        .check = sch->check,
        .now = p->now,
        .today = zone_today(p->engine->zone, p->now),
    };

    quiet_look(&run, sch);
    return run;
}

static int run_check(const struct pass *p, const struct engine_schedule *sch,
                     struct run_result *ret, struct err *e)
{
    const struct check *check = check_find(sch->check);
    struct holidays *imported;
    struct check_run run;
    struct engine now_in_force;
    int rc;

    if (!check)
        return err_set(e, ERR_USAGE, "there is no check %s", sch->check);
    if (engine_in_force(p->s, p->engine, &now_in_force, &imported, e) < 0)
        return -1;
    run = new_run(p, sch);
    run.engine = &now_in_force;
    rc = check->run(&run, e);
    if (rc == 0)
        rc = trouble_tell(&run, e);
    trouble_clear(&run.trouble);
    holidays_free(imported);
    if (rc == 0)
        *ret = run.result;
    return rc;
}

/* A run beside the checks: what it has to say goes at once. */
static struct check_run new_run_at_once(const struct pass *p, const struct engine_schedule *sch)
{
    struct check_run run = new_run(p, sch);

    run.digest = NULL;
    return run;
}

/* What the run has to say goes out in the mails of one digest. */
static int send_digest(const struct pass *p, const struct engine_schedule *sch,
                       struct run_result *ret, struct err *e)
{
    struct check_run run = new_run_at_once(p, sch);
    int rc = digest_send(&run, p->digest, e);

    if (rc == 0)
        rc = trouble_tell(&run, e);
    trouble_clear(&run.trouble);
    if (rc == 0 && ret)
        ret->messages += run.result.messages;
    return rc;
}

static int run_by_hand(struct store *s, const struct engine *engine,
                       const struct engine_schedule *sch, utc_t now, struct run_result *ret,
                       struct finding_list *found, struct err *e)
{
    struct digest digest = {.with_rest = true};
    const struct pass p = {s, engine, now, &digest, found};
    int rc = run_check(&p, sch, ret, e);

    if (rc == 0)
        rc = send_digest(&p, sch, ret, e);
    digest_clear(&digest);
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
    return run_by_hand(s, engine, sch, now, ret, NULL, e);
}

const struct engine_schedule *scheduler_of(const struct engine *engine, const char *check)
{
    for (size_t i = 0; i < engine->schedule_count; i++)
        if (strcmp(engine->schedules[i].check, check) == 0)
            return &engine->schedules[i];
    return NULL;
}

int scheduler_check_listed(struct store *s, const struct engine *engine, const char *check,
                           utc_t now, struct run_result *ret, struct finding_list *found,
                           struct err *e)
{
    const struct engine_schedule *sch = scheduler_of(engine, check);
    struct engine_schedule alone = {.name = check, .check = check, .expr = ""};

    if (!check_find(check))
        return err_set(e, ERR_NOTFOUND, "no check %.60s: see csictl check list", check);
    return run_by_hand(s, engine, sch ? sch : &alone, now, ret, found, e);
}

int scheduler_check(struct store *s, const struct engine *engine, const char *check, utc_t now,
                    struct run_result *ret, struct err *e)
{
    return scheduler_check_listed(s, engine, check, now, ret, NULL, e);
}

/* ---- running what is due ---- */

/* The rows of a run: itself, and what it stands for or leaves out. */
static int add_rows(const struct pass *p, const struct engine_schedule *sch, const struct due *d,
                    const struct run_result *result, const char *failure, struct err *e)
{
    bool latest = sch->catchup == CATCHUP_LATEST, missed = d->count > 1 || d->lost > 0;
    char first[LOCAL_ISO], last[LOCAL_ISO];
    struct occurrence o = {
        .state = failure ? "failed" : "done",
        .reason = failure,
        .covers_from = latest && missed ? local_iso(d->first.nominal, first) : NULL,
        .findings = result->findings,
        .notices = result->notices,
    };
    char *why = latest ? xasprintf("missed; the run of %s stands for it",
                                   local_iso(due_latest(d)->nominal, last))
                       : xstrdup(NOT_CAUGHT_UP);
    int rc =
        due_add_missed(p->s, d, d->count - 1, latest ? "coalesced" : "skipped", why, p->now, e);

    free(why);
    return rc < 0 ? -1 : due_add(p->s, d, due_latest(d), p->now, o, e);
}

static int decide_within(const struct pass *p, const struct engine_schedule *sch, utc_t until,
                         struct err *e)
{
    char *spec = spec_text(p->engine, sch);
    int rc = schedule_decide(p->s, sch->name, spec, until, e);

    free(spec);
    return rc;
}

static int run_once(const struct pass *p, const struct engine_schedule *sch, const struct due *d,
                    utc_t until, struct err *e)
{
    size_t before = p->digest->count;
    struct run_result result;
    int rc;

    if (store_part_begin(p->s, e) < 0)
        return -1;
    rc = run_check(p, sch, &result, e);
    if (rc == 0)
        rc = add_rows(p, sch, d, &result, NULL, e);
    if (rc == 0)
        rc = decide_within(p, sch, until, e);
    if (rc < 0)
        digest_cut(p->digest, before);
    return store_part_end(p->s, rc, e);
}

static int record_failure(const struct pass *p, const struct engine_schedule *sch,
                          const struct due *d, utc_t until, const char *failure, struct err *e)
{
    struct check_run run = new_run_at_once(p, sch);
    int rc;

    trouble_note(&run, "the check %s failed: %s", sch->check, failure);
    rc = trouble_tell(&run, e);
    if (rc == 0)
        rc = add_rows(p, sch, d, &run.result, failure, e);
    if (rc == 0)
        rc = decide_within(p, sch, until, e);
    trouble_clear(&run.trouble);
    return rc;
}

/* A check that fails is a row that says so, and is not tried again before its next time. A disk
 * that fails is not the check's doing: nothing is decided, and the next tick tries again. */
static int run_due(const struct pass *p, const struct engine_schedule *sch, const struct due *d,
                   utc_t until, struct err *e)
{
    struct err why;

    if (run_once(p, sch, d, until, &why) == 0)
        return 0;
    if (why.code == ERR_STORAGE || why.code == ERR_BUSY) {
        *e = why;
        return err_within(e, "schedule %s", sch->name);
    }
    return record_failure(p, sch, d, until, why.text, e);
}

/* The latest for all, or each by itself: then how far is decided goes along, so that an end in
 * between loses none. */
static int run_pending(const struct pass *p, const struct pending *pending, struct err *e)
{
    const struct due *d = &pending->due;

    if (pending->sch->catchup != CATCHUP_ALL)
        return run_due(p, pending->sch, d, p->now, e);
    for (size_t i = 0; i < d->count; i++) {
        struct due one = {
            .schedule = d->schedule, .times = &d->times[i], .count = 1, .first = d->times[i]};

        if (run_due(p, pending->sch, &one, one.first.at, e) < 0)
            return -1;
    }
    return 0;
}

static int decide(const struct pass *p, const struct engine_schedule *sch, struct err *e)
{
    int rc = store_begin(p->s, "csid", p->now, e);

    return rc < 0 ? -1 : store_end(p->s, decide_within(p, sch, p->now, e), e);
}

/* ---- the tick ---- */

static int look_for_due(const struct pass *p, struct pending *pending, const char *spec,
                        utc_t decided, struct err *e)
{
    const struct engine_schedule *sch = pending->sch;
    const struct zone *zone = p->engine->zone;
    int rc = missed_late(p, sch, spec, &decided, e);

    if (rc == 0)
        rc = sch->catchup == CATCHUP_ALL
                 ? due_gather_first(p->s, sch->name, &sch->cron, zone, decided, p->now,
                                    EACH_AT_ONCE, &pending->due, e)
                 : due_gather(p->s, sch->name, &sch->cron, zone, decided, p->now, &pending->due, e);
    if (rc == 0 && !pending->due.count && pending->due.found)
        rc = decide(p, sch, e);
    return rc;
}

/* What a schedule has to run, if anything. One seen for the first time has no past: its time begins
 * now; and so with another expression, zone, check or way to catch up. */
static int look_at(const struct pass *p, struct pending *pending, struct err *e)
{
    char *spec = spec_text(p->engine, pending->sch), *former;
    utc_t decided;
    int rc = schedule_decided(p->s, pending->sch->name, &former, &decided, e);

    if (rc == 0) {
        if (!former)
            rc = decide(p, pending->sch, e);
        else if (strcmp(former, spec) != 0)
            rc = missed_former(p, pending->sch->name, former, decided, spec, e);
        else
            rc = look_for_due(p, pending, spec, decided, e);
        free(former);
    }
    free(spec);
    return rc;
}

/* By instant; at the same one in the order of the configuration, which is that of the array they
 * point into. */
static int by_instant(const void *a, const void *b)
{
    const struct pending *x = a, *y = b;
    utc_t at = due_latest(&x->due)->at, other = due_latest(&y->due)->at;

    if (at.s != other.s)
        return at.s < other.s ? -1 : 1;
    return x->sch < y->sch ? -1 : x->sch > y->sch;
}

static int run_each(const struct pass *p, const struct pending *pending, size_t count,
                    struct tick_result *ret, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = run_pending(p, &pending[i], e);
        ret->more |= pending[i].sch->catchup == CATCHUP_ALL && pending[i].due.count == EACH_AT_ONCE;
    }
    return rc == 0 ? send_digest(p, pending[0].sch, NULL, e) : -1;
}

/* All that is due at one instant is one transaction: what its checks have to say to one person goes
 * in one mail. */
static int run_all(const struct pass *p, struct pending *pending, size_t count,
                   struct tick_result *ret, struct err *e)
{
    struct tick_result made = {0};
    int rc;

    if (!count)
        return 0;
    qsort(pending, count, sizeof *pending, by_instant);
    if (store_begin(p->s, "csid", p->now, e) < 0)
        return -1;
    rc = store_end(p->s, run_each(p, pending, count, &made, e), e);
    if (rc == 0) {
        ret->ran = true;
        ret->more |= made.more;
    }
    return rc;
}

int scheduler_tick(struct store *s, const struct engine *engine, utc_t now, struct tick_result *ret,
                   struct err *e)
{
    struct pending *pending = xcalloc(engine->schedule_count + 1, sizeof *pending);
    struct digest digest = {.with_rest = true};
    const struct pass p = {.s = s, .engine = engine, .now = now, .digest = &digest};
    size_t count = 0;
    int rc = engine->forecast ? 0 : holidays_watch(s, engine, now, e);

    *ret = (struct tick_result){0};
    if (rc == 0)
        rc = missed_removed(&p, e);
    for (size_t i = 0; rc == 0 && i < engine->schedule_count; i++) {
        struct pending *next = &pending[count];

        *next = (struct pending){.sch = &engine->schedules[i]};
        rc = look_at(&p, next, e);
        if (rc == 0 && next->due.count)
            count++;
        else
            due_clear(&next->due);
    }
    if (rc == 0)
        rc = run_all(&p, pending, count, ret, e);
    for (size_t i = 0; i < count; i++)
        due_clear(&pending[i].due);
    free(pending);
    digest_clear(&digest);
    return rc;
}

int scheduler_decided(struct store *s, const struct engine *engine,
                      const struct engine_schedule *sch, utc_t *ret, struct err *e)
{
    char *spec = spec_text(engine, sch), *former = NULL;
    utc_t decided;
    int rc = schedule_decided(s, sch->name, &former, &decided, e);

    if (rc == 0)
        *ret = former && strcmp(former, spec) == 0 ? decided : UTC_NONE;
    free(former);
    free(spec);
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

        if (scheduler_decided(s, engine, sch, &decided, e) < 0)
            return -1;
        if (!scheduler_next_of(engine, sch, utc_is(decided) ? decided : now, &next))
            continue;
        if (!utc_is(first) || next.at.s < first.s)
            first = next.at;
    }
    *ret = first;
    return 0;
}
