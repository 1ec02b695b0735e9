#include "plan/repeat.h"

#include <stdio.h>

day_t repeat_day(const struct repeat *r, const struct holidays *h, day_t found, int step)
{
    if (step == 0)
        return workday_on_or_after(h, found);
    if (!r->days)
        return DAY_NONE;
    if (r->working)
        return workday_add(h, workday_on_or_after(h, found), r->days * step);
    return workday_on_or_after(h, day_add(found, r->days * step));
}

int repeat_latest(const struct repeat *r, const struct holidays *h, day_t found, day_t today)
{
    day_t first = workday_on_or_after(h, found);
    int step;

    if (today.n < first.n)
        return -1;
    if (!r->days)
        return 0;
    if (r->working)
        return workday_between(h, first, today) / r->days;
    step = (today.n - found.n) / r->days;
    while (repeat_day(r, h, found, step).n > today.n)
        step--;
    return step;
}

const char *repeat_step(const struct repeat *r, const char *word, int step, char ret[REPEAT_STEP])
{
    if (step == 0)
        snprintf(ret, REPEAT_STEP, "%s", word);
    else
        snprintf(ret, REPEAT_STEP, "%s+%d%s", word, r->days * step, r->working ? "wd" : "");
    return ret;
}
