#include "service/clock.h"

#include <time.h>

void clock_system(struct clock *ret)
{
    *ret = (struct clock){.at = UTC_NONE};
}

void clock_test(struct clock *ret, utc_t at)
{
    *ret = (struct clock){.test = true, .at = at};
}

utc_t clock_now(const struct clock *c)
{
    struct timespec ts;

    if (c->test)
        return c->at;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (utc_t){ts.tv_sec};
}

int clock_set(struct clock *c, utc_t to, struct err *e)
{
    if (!c->test)
        return err_set(e, ERR_REFUSED, "the clock is the system's; only a test clock can be set");
    c->at = to;
    return 0;
}

int clock_advance(struct clock *c, utc_t to, struct err *e)
{
    char now[UTC_ISO], then[UTC_ISO];

    if (c->test && to.s < c->at.s)
        return err_set(e, ERR_REFUSED, "time does not run back from %s to %s", utc_iso(c->at, now),
                       utc_iso(to, then));
    return clock_set(c, to, e);
}

uint64_t clock_monotonic_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
