/* When a run's schedule comes round, and until when what it says is worth sending (engine/tell.h).
 */
#include "engine/scheduler.h"
#include "engine/tell.h"

#define DAY_S      (24 * 60 * 60)
#define TRIED_DAYS 5 /* a mail that does not arrive is tried so long */

static bool run_after(const struct check_run *run, utc_t after, struct cron_time *ret)
{
    const struct engine_schedule *sch = scheduler_find(run->engine, run->schedule);

    return sch && scheduler_next_of(run->engine, sch, after, ret);
}

static utc_t day_begins(const struct check_run *run, day_t day)
{
    utc_t first, second;

    zone_utc(run->engine->zone, (struct local){day, 0}, &first, &second);
    return first;
}

day_t tell_day_after(const struct check_run *run, utc_t after)
{
    struct cron_time next;

    return run_after(run, after, &next) ? next.nominal.day : DAY_NONE;
}

day_t tell_next_day(const struct check_run *run)
{
    return tell_day_after(run, run->now);
}

day_t tell_day_from(const struct check_run *run, day_t day)
{
    return tell_day_after(run, (utc_t){day_begins(run, day).s - 1});
}

utc_t tell_until(const struct check_run *run, day_t day)
{
    utc_t end = day_begins(run, day_add(day, 1)), least = {run->now.s + DAY_S};

    return end.s > least.s ? end : least;
}

utc_t tell_until_step(const struct check_run *run, day_t day)
{
    struct cron_time next;
    utc_t from;

    if (!day_is(day))
        return tell_until(run, day_add(run->today, TRIED_DAYS));
    from = (utc_t){day_begins(run, day).s - 1};
    if (!run_after(run, utc_later(from, run->now), &next))
        return tell_until(run, day_add(day, -1));
    return next.at;
}
