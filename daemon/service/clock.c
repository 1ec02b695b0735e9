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
    utc_t from = c->at;

    if (c->test && to.s < from.s)
        return err_set(e, ERR_REFUSED, "time does not run back from %s to %s", utc_iso(from, now),
                       utc_iso(to, then));
    if (clock_set(c, to, e) < 0)
        return -1;
    c->passed += to.s - from.s;
    return 0;
}

int64_t clock_elapsed(const struct clock *c)
{
    struct timespec ts;

    if (c->test)
        return c->passed;
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return ts.tv_sec;
}

uint64_t clock_monotonic_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
