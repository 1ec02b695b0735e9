#include "engine/missed.h"

#include <stdlib.h>

#include "base/mem.h"
#include "engine/scheduler.h"
#include "engine/spec.h"

/* Rows of all of `d`, and how far this decides; `spec` NULL: the schedule is no more. */
static int settle(const struct pass *p, const struct due *d, const char *spec, utc_t until,
                  const char *state, const char *reason, struct err *e)
{
    int rc = store_begin(p->s, "csid", p->now, e);

    if (rc < 0)
        return -1;
    rc = due_add_missed(p->s, d, d->count, state, reason, p->now, e);
    if (rc == 0)
        rc = spec ? schedule_decide(p->s, d->schedule, spec, until, e)
                  : schedule_forget(p->s, d->schedule, e);
    return store_end(p->s, rc, e);
}

int missed_former(const struct pass *p, const char *name, const char *former, utc_t decided,
                  const char *spec, struct err *e)
{
    struct due d = {.schedule = name};
    struct zone *zone = NULL;
    struct err unreadable;
    struct cron cron;
    int rc = 0;

    if (spec_read(former, &cron, &zone, &unreadable) == 0)
        rc = due_gather(p->s, name, &cron, zone, decided, p->now, &d, e);
    if (rc == 0)
        rc = settle(p, &d, spec, p->now, "skipped",
                    spec ? "missed, and the schedule was changed before it could run"
                         : "missed, and the schedule was taken out of the configuration",
                    e);
    due_clear(&d);
    zone_free(zone);
    return rc;
}

static char *too_late(int64_t window_s)
{
    int64_t unit = window_s % 3600 == 0 ? 3600 : window_s % 60 == 0 ? 60 : 1;

    return xasprintf("missed; later than its window of %lld%c", (long long)(window_s / unit),
                     unit == 3600 ? 'h'
                     : unit == 60 ? 'm'
                                  : 's');
}

int missed_late(const struct pass *p, const struct engine_schedule *sch, const char *spec,
                utc_t *decided, struct err *e)
{
    utc_t until = {p->now.s - sch->window_s - 1};
    bool none = sch->catchup == CATCHUP_NONE;
    struct due d;
    char *why;
    int rc;

    if (!sch->window_s || until.s <= decided->s)
        return 0;
    rc = due_gather(p->s, sch->name, &sch->cron, p->engine->zone, *decided, until, &d, e);
    if (rc == 0 && d.found) {
        why = none ? xstrdup(NOT_CAUGHT_UP) : too_late(sch->window_s);
        rc = settle(p, &d, spec, until, none ? "skipped" : "expired", why, e);
        free(why);
    }
    due_clear(&d);
    *decided = until;
    return rc;
}

struct former {
    char *name, *spec;
    utc_t decided;
};

struct formers {
    const struct engine *engine;
    struct former *items;
    size_t count, cap;
};

static int note_former(void *arg, const char *name, const char *spec, utc_t decided)
{
    struct formers *f = arg;

    if (scheduler_find(f->engine, name))
        return 0;
    f->items = xgrow(f->items, f->count, &f->cap, sizeof *f->items);
    f->items[f->count++] = (struct former){xstrdup(name), xstrdup(spec), decided};
    return 0;
}

int missed_removed(const struct pass *p, struct err *e)
{
    struct formers f = {.engine = p->engine};
    int rc = schedule_each(p->s, note_former, &f, e);

    for (size_t i = 0; i < f.count; i++) {
        if (rc == 0)
            rc = missed_former(p, f.items[i].name, f.items[i].spec, f.items[i].decided, NULL, e);
        free(f.items[i].name);
        free(f.items[i].spec);
    }
    free(f.items);
    return rc;
}
