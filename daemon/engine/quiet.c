#include "engine/quiet.h"

#define RUNS_AHEAD 1000 /* that are looked at for one outside the quiet hours */

static bool is_quiet(const struct check_run *run, utc_t at, struct local *ret_end)
{
    const struct engine *engine = run->engine;

    return policy_is_quiet(&engine->policy, engine->holidays, zone_local(engine->zone, at),
                           ret_end);
}

void quiet_look(struct check_run *run, const struct engine_schedule *sch)
{
    const struct policy *p = &run->engine->policy;
    struct cron_time next = {.at = run->now};
    struct local end;
    bool quiet;

    run->through = run->today;
    run->quiet = false;
    if (p->quiet_from == p->quiet_to && !p->quiet_days)
        return;
    for (int i = 0; i < RUNS_AHEAD; i++) {
        if (!scheduler_next_of(run->engine, sch, next.at, &next))
            return;
        if (is_quiet(run, next.at, NULL))
            continue;
        quiet = is_quiet(run, run->now, &end);
        if (!quiet && i == 0)
            return;
        run->quiet = quiet;
        run->quiet_until = quiet ? end : (struct local){run->today, 0};
        run->through = day_add(next.nominal.day, -1);
        return;
    }
}

day_t quiet_day(const struct check_run *run, day_t last)
{
    return last.n > run->today.n && last.n <= run->through.n ? last : run->today;
}

bool quiet_holds(const struct check_run *run, day_t due)
{
    return run->quiet && !(due.n >= run->today.n && due.n <= run->through.n);
}
