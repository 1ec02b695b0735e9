/*
 * clock: the one place that asks the system for the time. A test clock stands still until it is
 * moved; the system's is never set from here. Wakes nobody: that is alarm's.
 */
#ifndef CSID_SERVICE_CLOCK_H
#define CSID_SERVICE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/day.h"

struct clock {
    bool test;
    utc_t at;       /* what a test clock shows */
    int64_t passed; /* seconds that it was let pass */
};

/* The system's clock. */
void clock_system(struct clock *ret);
/* A clock that shows `at` until clock_set or clock_advance moves it. */
void clock_test(struct clock *ret, utc_t at);

/* The time, in whole seconds. */
utc_t clock_now(const struct clock *c);
/* Steps a test clock, back too. ERR_REFUSED for the system's. */
int clock_set(struct clock *c, utc_t to, struct err *e);
/* Lets time pass on a test clock, forward only. ERR_REFUSED otherwise. */
int clock_advance(struct clock *c, utc_t to, struct err *e);

/* Seconds that have really passed since some instant, however the clock was set: since the machine
 * was started, suspension included (CLOCK_BOOTTIME); on a test clock, what it was let pass. */
int64_t clock_elapsed(const struct clock *c);

/* Milliseconds since some instant, never set and never going back: for limits on waiting only. */
uint64_t clock_monotonic_ms(void);

#endif
