#include "service/ready.h"

#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "base/mem.h"
#include "base/text.h"
#include "service/clock.h"

struct ready {
    bool (*alive)(void *arg);
    void *arg;
    uv_timer_t watchdog;
    bool by_ticks;
};

static void sign_of_life(struct ready *r)
{
    if (r->alive(r->arg))
        sd_notify(0, "WATCHDOG=1");
}

static void on_watchdog(uv_timer_t *timer)
{
    sign_of_life(timer->data);
}

void ready_tick(struct ready *r)
{
    if (r->by_ticks)
        sign_of_life(r);
}

struct ready *ready_open(uv_loop_t *loop, uint64_t tick_ms, bool (*alive)(void *arg), void *arg)
{
    struct ready *r = xcalloc(1, sizeof *r);
    uint64_t usec = 0;

    *r = (struct ready){.alive = alive, .arg = arg};
    uv_timer_init(loop, &r->watchdog);
    r->watchdog.data = r;
    if (sd_watchdog_enabled(0, &usec) > 0 && usec) {
        uint64_t half_ms = usec / 2000 ? usec / 2000 : 1;

        r->by_ticks = tick_ms && tick_ms <= half_ms;
        if (!r->by_ticks)
            uv_timer_start(&r->watchdog, on_watchdog, half_ms, half_ms);
    }
    return r;
}

void ready_up(struct ready *r, const char *status)
{
    ready_status(r, status);
    sd_notify(0, "READY=1");
}

void ready_reloading(struct ready *r)
{
    (void)r;
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
               (unsigned long long)clock_monotonic_ms() * 1000);
}

void ready_stopping(struct ready *r)
{
    (void)r;
    sd_notify(0, "STOPPING=1");
}

void ready_status(struct ready *r, const char *status)
{
    char *line = text_one_line(status);

    (void)r;
    sd_notifyf(0, "STATUS=%s", line);
    free(line);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void ready_close(struct ready *r)
{
    if (r)
        uv_close((uv_handle_t *)&r->watchdog, on_closed);
}
