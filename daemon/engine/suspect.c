#include "engine/suspect.h"

#include "engine/due.h"
#include "engine/scheduler.h"
#include "engine/trouble.h"
#include "store/outbox.h"

static int add_held(struct store *s, const struct due *d, utc_t now, struct err *e)
{
    int rc = store_begin(s, "csid", now, e);

    if (rc < 0)
        return -1;
    return store_end(s, due_add_missed(s, d, d->count, "skipped", OCCURRENCE_HELD, now, e), e);
}

static int hold(struct store *s, const struct engine *engine, const struct engine_schedule *sch,
                utc_t now, struct err *e)
{
    utc_t decided, held;
    struct due d;
    int rc;

    if (scheduler_decided(s, engine, sch, &decided, e) < 0 ||
        occurrence_held_until(s, sch->name, &held, e) < 0)
        return -1;
    if (!utc_is(decided))
        return 0;
    if (utc_is(held) && held.s > decided.s)
        decided = held;
    rc = due_gather(s, sch->name, &sch->cron, engine->zone, decided, now, &d, e);
    if (rc == 0 && d.count)
        rc = add_held(s, &d, now, e);
    due_clear(&d);
    return rc;
}

int suspect_hold(struct store *s, const struct engine *engine, utc_t now, struct err *e)
{
    for (size_t i = 0; i < engine->schedule_count; i++)
        if (hold(s, engine, &engine->schedules[i], now, e) < 0)
            return -1;
    return 0;
}

int suspect_end(struct store *s, const struct engine *engine, utc_t now, const char *text,
                struct err *e)
{
    struct check_run run = {
        .store = s,
        .engine = engine,
        .schedule = "clock",
        .check = "clock",
        .now = now,
        .today = zone_today(engine->zone, now),
    };
    int rc = occurrence_unhold_after(s, now, e);

    if (rc == 0)
        rc = outbox_hasten(s, now, e);
    if (rc == 0) {
        trouble_note(&run, "%s", text);
        rc = trouble_tell(&run, e);
    }
    trouble_clear(&run.trouble);
    return rc;
}
