/*
 * alarm: wakes the loop at an instant of the wall clock, when that clock is set or the machine
 * resumes (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET), and once a minute whatever happens. Does
 * not know what is due. With a test clock it never fires: whoever moves that clock looks for
 * himself.
 */
#ifndef CSID_SERVICE_ALARM_H
#define CSID_SERVICE_ALARM_H

#include <uv.h>

#include "base/err.h"
#include "calendar/day.h"
#include "service/clock.h"

#define ALARM_TICK_MS 60000

enum alarm_reason { ALARM_DUE, ALARM_CLOCK_SET, ALARM_TICK };

struct alarm;

struct alarm_ops {
    void *arg;
    void (*fired)(void *arg, enum alarm_reason reason); /* may call alarm_set */
    uint64_t tick_ms;                                   /* 0: ALARM_TICK_MS */
};

/* Caller ends it with alarm_close. Fails when the kernel gives no timer. */
int alarm_open(uv_loop_t *loop, const struct clock *clock, const struct alarm_ops *ops,
               struct alarm **ret, struct err *e);
/* The next instant to wake at, in place of the one before; UTC_NONE for none. One in the past fires
 * at once. */
void alarm_set(struct alarm *a, utc_t at);
/* Frees it once the loop has run its closing callbacks. NULL is fine. */
void alarm_close(struct alarm *a);

#endif
