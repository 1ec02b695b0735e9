#include "plan/window.h"

#include <stdio.h>

bool window_is_open(const struct deadline *d)
{
    return deadline_is_window(d) && !day_is(d->ended_on) && !day_is(d->submitted_on);
}

day_t window_warn_on(const struct deadline *d)
{
    return day_is(d->warn_on) ? d->warn_on : d->due_on;
}

day_t window_day(const struct holidays *h, const struct deadline *d, int every, int step)
{
    day_t day =
        step < WINDOW_WARN ? d->opens_on : day_add(window_warn_on(d), (step - WINDOW_WARN) * every);

    return workday_on_or_after(h, day);
}

int window_latest(const struct holidays *h, const struct deadline *d, int every, day_t today)
{
    day_t warn = window_warn_on(d);
    int step = today.n < warn.n ? WINDOW_OPENS : WINDOW_WARN + (today.n - warn.n) / every;

    while (step >= 0 && window_day(h, d, every, step).n > today.n)
        step--;
    return step;
}

const char *window_step(int every, int step, char ret[WINDOW_STEP])
{
    if (step <= WINDOW_WARN)
        snprintf(ret, WINDOW_STEP, "%s", step == WINDOW_OPENS ? "opens" : "warn");
    else
        snprintf(ret, WINDOW_STEP, "warn+%d", (step - WINDOW_WARN) * every);
    return ret;
}
