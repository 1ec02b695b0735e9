#include "service/carry.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

struct watch {
    uv_poll_t poll;
    struct carry *carry;
    int fd;
    struct watch *next;
};

struct carry {
    uv_loop_t *loop;
    const struct clock *clock;
    struct courier *courier;
    uv_timer_t timer;
    uv_async_t async;
    struct watch *watches;
    int handles; /* timer and async, until both have closed */
    struct carry_ops ops;
};

static utc_t now(void *arg)
{
    return clock_now(((struct carry *)arg)->clock);
}

/* ---- sockets ---- */

static void watch_freed(uv_handle_t *h)
{
    free(h->data);
}

static void watch_stop(struct carry *c, int fd)
{
    for (struct watch **at = &c->watches; *at; at = &(*at)->next)
        if ((*at)->fd == fd) {
            struct watch *w = *at;

            *at = w->next;
            uv_poll_stop(&w->poll);
            uv_close((uv_handle_t *)&w->poll, watch_freed);
            return;
        }
}

static void ready(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    int what =
        (events & UV_READABLE ? COURIER_READ : 0) | (events & UV_WRITABLE ? COURIER_WRITE : 0);

    /* an error is for curl to find: it reads or writes and is told */
    courier_socket(w->carry->courier, w->fd, status < 0 ? COURIER_READ | COURIER_WRITE : what);
}

static struct watch *watch_find(struct carry *c, int fd)
{
    struct watch *w = c->watches;

    while (w && w->fd != fd)
        w = w->next;
    return w;
}

static void watch(void *arg, int fd, int events)
{
    struct carry *c = arg;
    struct watch *w = watch_find(c, fd);

    if (!events) {
        watch_stop(c, fd);
        return;
    }
    if (!w) {
        w = xcalloc(1, sizeof *w);
        w->carry = c;
        w->fd = fd;
        if (uv_poll_init(c->loop, &w->poll, fd) < 0) {
            log_error("cannot watch a webhook's connection; it will time out");
            free(w);
            return;
        }
        w->poll.data = w;
        w->next = c->watches;
        c->watches = w;
    }
    uv_poll_start(&w->poll,
                  (events & COURIER_READ ? UV_READABLE : 0) |
                      (events & COURIER_WRITE ? UV_WRITABLE : 0),
                  ready);
}

/* ---- timer, wake-up, log ---- */

static void timed_out(uv_timer_t *t)
{
    courier_timeout(((struct carry *)t->data)->courier);
}

static void timer(void *arg, long ms)
{
    struct carry *c = arg;

    if (ms < 0)
        uv_timer_stop(&c->timer);
    else
        uv_timer_start(&c->timer, timed_out, (uint64_t)ms, 0);
}

static void woken(uv_async_t *async)
{
    struct carry *c = async->data;

    if (c->courier)
        courier_wake(c->courier);
}

static void wake(void *arg)
{
    uv_async_send(&((struct carry *)arg)->async);
}

static void idle(void *arg)
{
    struct carry *c = arg;

    c->ops.idle(c->ops.arg);
}

static bool writable(void *arg)
{
    struct carry *c = arg;

    return c->ops.writable(c->ops.arg);
}

static int why_not(void *arg, const struct outbox_message *m, utc_t at, char **ret, struct err *e)
{
    struct carry *c = arg;

    return c->ops.why_not(c->ops.arg, m, at, ret, e);
}

static void note(void *arg, bool warning, const char *text)
{
    (void)arg;
    if (warning)
        log_warning("%s", text);
    else
        log_info("%s", text);
}

/* ---- opening and closing ---- */

static void handle_freed(uv_handle_t *h)
{
    struct carry *c = h->data;

    if (--c->handles == 0)
        free(c);
}

static void close_handles(struct carry *c)
{
    while (c->watches)
        watch_stop(c, c->watches->fd);
    uv_close((uv_handle_t *)&c->timer, handle_freed);
    uv_close((uv_handle_t *)&c->async, handle_freed);
}

int carry_open(uv_loop_t *loop, const struct courier_config *config, struct store *store,
               const struct clock *clock, const struct carry_ops *carry_ops, struct carry **ret,
               struct err *e)
{
    struct carry *c = xcalloc(1, sizeof *c);
    struct courier_ops ops = {.arg = c,
                              .now = now,
                              .watch = watch,
                              .timer = timer,
                              .wake = wake,
                              .idle = idle,
                              .log = note,
                              .why_not = why_not,
                              .writable = writable};

    *c = (struct carry){.loop = loop, .clock = clock, .handles = 2, .ops = *carry_ops};
    uv_timer_init(loop, &c->timer);
    uv_async_init(loop, &c->async, woken);
    c->timer.data = c->async.data = c;
    if (courier_open(config, store, &ops, &c->courier, e) < 0) {
        close_handles(c);
        return -1;
    }
    *ret = c;
    return 0;
}

struct courier *carry_courier(struct carry *c)
{
    return c->courier;
}

void carry_close(struct carry *c, int grace_ms)
{
    if (!c)
        return;
    courier_close(c->courier, grace_ms);
    c->courier = NULL;
    close_handles(c);
}
