#include "service/alarm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/mem.h"

/* a disarmed timer would not be told of a set clock, so "none" is a day that does not come */
#define FAR 253402300799 /* 9999-12-31T23:59:59Z */

struct alarm {
    struct alarm_ops ops;
    int fd;
    int closing; /* handles whose close callback is awaited */
    bool test;
    utc_t at;
    uv_poll_t poll;
    uv_timer_t tick;
};

static void arm(struct alarm *a)
{
    struct itimerspec when = {.it_value.tv_sec = utc_is(a->at) ? a->at.s : FAR};

    /* 0 would disarm; an instant before 1970 is as past as any */
    if (when.it_value.tv_sec < 1)
        when.it_value.tv_sec = 1;
    if (when.it_value.tv_sec > FAR)
        when.it_value.tv_sec = FAR;
    timerfd_settime(a->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct alarm *a = handle->data;
    enum alarm_reason reason = ALARM_DUE;
    uint64_t expirations;

    (void)status;
    (void)events;
    if (read(a->fd, &expirations, sizeof expirations) < 0) {
        if (errno != ECANCELED)
            return;
        reason = ALARM_CLOCK_SET;
        arm(a);
    } else {
        a->at = UTC_NONE;
        arm(a);
    }
    a->ops.fired(a->ops.arg, reason);
}

static void on_tick(uv_timer_t *handle)
{
    struct alarm *a = handle->data;

    a->ops.fired(a->ops.arg, ALARM_TICK);
}

int alarm_open(uv_loop_t *loop, const struct clock *clock, const struct alarm_ops *ops,
               struct alarm **ret, struct err *e)
{
    struct alarm *a;
    int fd = -1;

    if (!clock->test) {
        fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
        if (fd < 0)
            return err_set(e, ERR_FAILED, "timerfd_create: %s", strerror(errno));
    }
    a = xcalloc(1, sizeof *a);
    *a = (struct alarm){.ops = *ops, .fd = fd, .test = clock->test, .at = UTC_NONE};
    if (!a->test) {
        uint64_t tick_ms = ops->tick_ms ? ops->tick_ms : ALARM_TICK_MS;

        uv_poll_init(loop, &a->poll, fd);
        uv_timer_init(loop, &a->tick);
        a->poll.data = a->tick.data = a;
        uv_poll_start(&a->poll, UV_READABLE, on_readable);
        uv_timer_start(&a->tick, on_tick, tick_ms, tick_ms);
        arm(a);
    }
    *ret = a;
    return 0;
}

void alarm_set(struct alarm *a, utc_t at)
{
    a->at = at;
    if (!a->test)
        arm(a);
}

static void on_closed(uv_handle_t *handle)
{
    struct alarm *a = handle->data;

    if (--a->closing)
        return;
    close(a->fd);
    free(a);
}

void alarm_close(struct alarm *a)
{
    if (!a)
        return;
    if (a->test) {
        free(a);
        return;
    }
    a->closing = 2;
    uv_close((uv_handle_t *)&a->poll, on_closed);
    uv_close((uv_handle_t *)&a->tick, on_closed);
}
