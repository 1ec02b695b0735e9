#include "plan/ladder.h"

#include <stdio.h>

#include "base/mem.h"

static const int deadline_days[] = {28, 14, 7, 1, 0};
static const int visit_days[] = {28, 14, 7, 1};

const struct ladder ladder_deadline = {deadline_days, COUNT(deadline_days)};
const struct ladder ladder_visit = {visit_days, COUNT(visit_days)};

day_t ladder_send_by(const struct holidays *h, day_t due)
{
    return workday_on_or_before(h, due);
}

day_t ladder_day(const struct holidays *h, day_t date, int days)
{
    return workday_on_or_before(h, day_add(date, -days));
}

int ladder_latest(const struct ladder *l, const struct holidays *h, day_t date, day_t today)
{
    int latest = -1;

    for (size_t i = 0; i < l->count; i++)
        if (ladder_day(h, date, l->days[i]).n <= today.n)
            latest = (int)i;
    return latest;
}

day_t ladder_horizon(const struct ladder *l, const struct holidays *h, day_t today)
{
    day_t last = day_add(today, l->days[0]), next = day_add(last, 1);

    for (; ladder_day(h, ladder_send_by(h, next), l->days[0]).n <= today.n; next = day_add(next, 1))
        last = next;
    return last;
}

const char *ladder_step(int days, char ret[LADDER_STEP])
{
    snprintf(ret, LADDER_STEP, "T-%d", days);
    return ret;
}
