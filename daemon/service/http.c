#include "service/http_impl.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "service/clock.h"

/* libmicrohttpd accepts up to eleven in one run, and sees our shutdown(2) of others one run later
 */
#define HEADROOM 64

const struct http_limits http_default_limits = {
    .connections = 256,
    .per_user = 64,
    .large_bodies = 4,
    .header_max = 16 << 10,
    .body_max = 1 << 20,
    .import_max = 64 << 20,
    .request_ms = 10 * 1000,
    .hold_ms = 15 * 60 * 1000,
    .reply_ms = 5 * 60 * 1000,
};

void conn_state(struct conn *c, enum conn_state state)
{
    const struct http_limits *l = &c->http->limits;
    const uint64_t wait_ms[] = {
        [CONN_ASKING] = l->request_ms, [CONN_HELD] = l->hold_ms, [CONN_REPLYING] = l->reply_ms};

    c->state = state;
    c->turn = ++c->http->turns;
    c->deadline_ms = clock_monotonic_ms() + wait_ms[state];
}

/* libmicrohttpd takes no reply before the request is whole, so this one is written past it. */
void conn_say(const struct conn *c, enum err_code code, const char *why)
{
    struct api_response r = {0};
    struct text t = TEXT_INIT;
    struct err e;

    err_set(&e, code, "%s", why);
    api_problem(&e, &r);
    text_addf(&t,
              "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n"
              "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n",
              r.status, err_title(code), r.type, r.body_len);
    text_add_bytes(&t, r.body, r.body_len);
    /* who reads nothing is told nothing */
    send(c->fd, t.s, t.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    api_response_free(&r);
    text_free(&t);
}

void conn_cut(struct conn *c, enum err_code code, const char *why)
{
    if (c->cut)
        return;
    if (code)
        conn_say(c, code, why);
    c->cut = true;
    shutdown(c->fd, SHUT_RDWR);
    http_kick(c->http);
}

/* The one that has waited longest in the least worthy state: asking, then taking a reply. NULL when
 * all are held. `user` NULL: of anybody's. */
static struct conn *least_worthy(const struct http *h, const struct conn *newcomer,
                                 const uid_t *user)
{
    struct conn *worst = NULL;

    for (struct conn *c = h->conns; c; c = c->next) {
        if (c == newcomer || c->cut || c->state == CONN_HELD || (user && c->caller.uid != *user))
            continue;
        if (!worst || (c->state == CONN_ASKING && worst->state != CONN_ASKING) ||
            (c->state == worst->state && c->turn < worst->turn))
            worst = c;
    }
    return worst;
}

static size_t count(const struct http *h, const uid_t *user)
{
    size_t n = 0;

    for (const struct conn *c = h->conns; c; c = c->next)
        n += !c->cut && (!user || c->caller.uid == *user);
    return n;
}

/* A word to who has begun to ask; within a reply, or after one, it would be taken for part of it.
 */
static bool may_be_told(const struct conn *c)
{
    return c->state == CONN_ASKING && c->call && !c->call->turned_away;
}

static void make_room(struct http *h, struct conn *newcomer, const uid_t *user)
{
    struct conn *victim = least_worthy(h, newcomer, user);

    if (!victim)
        victim = newcomer;
    conn_cut(victim, victim == newcomer || may_be_told(victim) ? ERR_BUSY : ERR_NONE,
             "too many connections");
}

static void conn_opened(struct http *h, struct MHD_Connection *mhd, void **context)
{
    struct conn *c = xcalloc(1, sizeof *c);
    struct ucred peer;
    socklen_t len = sizeof peer;

    c->http = h;
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    c->caller.uid = (uid_t)-1;
    if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0)
        c->caller.uid = peer.uid;
    conn_state(c, CONN_ASKING);
    c->next = h->conns;
    if (c->next)
        c->next->prev = c;
    h->conns = c;
    *context = c;
    if (c->caller.uid != 0 && count(h, &c->caller.uid) > h->limits.per_user)
        make_room(h, c, &c->caller.uid);
    else if (count(h, NULL) > h->limits.connections)
        make_room(h, c, NULL);
}

static void conn_closed(struct http *h, void **context)
{
    struct conn *c = *context;

    if (!c)
        return;
    *context = NULL;
    if (c->prev)
        c->prev->next = c->next;
    else
        h->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    h->closed_some = true;
    access_caller_free(&c->caller);
    free(c);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http *h = cls;

    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        conn_opened(h, mhd, context);
    else
        conn_closed(h, context);
}

static void expire(struct conn *c)
{
    if (c->state == CONN_HELD)
        call_expire(c->call);
    else
        conn_cut(c, may_be_told(c) ? ERR_TIMEOUT : ERR_NONE, "the request took too long to come");
}

/* Milliseconds until somebody's time is up, having ended those whose is. */
static uint64_t deadlines(struct http *h)
{
    uint64_t now = clock_monotonic_ms(), next = UINT64_MAX;

    for (struct conn *c = h->conns; c; c = c->next) {
        if (c->cut || (c->state == CONN_HELD && c->call->replied))
            continue;
        if (c->deadline_ms <= now)
            expire(c);
        else if (c->deadline_ms - now < next)
            next = c->deadline_ms - now;
    }
    return next;
}

static void on_timer(uv_timer_t *timer);

static void run(struct http *h)
{
    MHD_UNSIGNED_LONG_LONG mhd_ms;
    uint64_t wait_ms;

    h->closed_some = false;
    uv_timer_stop(&h->timer); /* before, since what happens in between may kick */
    MHD_run(h->mhd);
    wait_ms = deadlines(h);
    if (MHD_get_timeout(h->mhd, &mhd_ms) == MHD_YES && mhd_ms < wait_ms)
        wait_ms = mhd_ms;
    /* at its limit libmicrohttpd takes the listening socket out of its epoll set, and puts it back
     * only in the run after the one in which a connection closed */
    if (h->closed_some)
        wait_ms = 0;
    if (wait_ms != UINT64_MAX && !uv_is_active((uv_handle_t *)&h->timer))
        uv_timer_start(&h->timer, on_timer, wait_ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

void http_kick(struct http *h)
{
    if (h->mhd && !h->closing)
        uv_timer_start(&h->timer, on_timer, 0, 0);
}

static struct MHD_Daemon *daemon_start(struct http *h, int listen_fd)
{
    unsigned limit = (unsigned)h->limits.connections + HEADROOM;

    /* the pool holds head, decoded arguments and the reply's head; a body passes through it */
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, call_handle, h,
                            MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT, limit,
                            MHD_OPTION_CONNECTION_TIMEOUT, 0U, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            h->limits.header_max * 4, MHD_OPTION_URI_LOG_CALLBACK, call_started, h,
                            MHD_OPTION_NOTIFY_COMPLETED, call_ended, h,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
                            MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

int http_open(uv_loop_t *loop, int listen_fd, const struct http_limits *limits,
              const struct http_ops *ops, struct http **ret, struct err *e)
{
    struct http *h = xcalloc(1, sizeof *h);

    signal(SIGPIPE, SIG_IGN);
    h->loop = loop;
    h->limits = limits ? *limits : http_default_limits;
    h->ops = *ops;
    h->mhd = daemon_start(h, listen_fd);
    if (!h->mhd) {
        free(h);
        return err_set(e, ERR_FAILED, "libmicrohttpd does not start on the control socket");
    }
    uv_timer_init(loop, &h->timer);
    uv_poll_init(loop, &h->poll, MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
    h->timer.data = h->poll.data = h;
    uv_poll_start(&h->poll, UV_READABLE, on_readable);
    http_kick(h);
    *ret = h;
    return 0;
}

void http_stop(struct http *h)
{
    if (h->stopping)
        return;
    h->stopping = true;
    MHD_quiesce_daemon(h->mhd);
    for (struct conn *c = h->conns; c; c = c->next)
        if (c->state == CONN_ASKING && !c->call)
            conn_cut(c, ERR_NONE, NULL);
}

size_t http_pending(const struct http *h)
{
    size_t n = 0;

    for (const struct conn *c = h->conns; c; c = c->next)
        n += !c->cut && c->state != CONN_ASKING;
    return n;
}

size_t http_connections(const struct http *h)
{
    return count(h, NULL);
}

static void on_closed(uv_handle_t *handle)
{
    struct http *h = handle->data;

    if (--h->closing == 0)
        free(h);
}

void http_close(struct http *h)
{
    if (!h)
        return;
    h->closing = 2;
    uv_close((uv_handle_t *)&h->poll, on_closed);
    uv_close((uv_handle_t *)&h->timer, on_closed);
    /* or libmicrohttpd gives the listening socket away, and it is not its own */
    http_stop(h);
    /* it panics over suspended connections */
    for (struct conn *c = h->conns; c; c = c->next)
        if (c->call && c->call->suspended)
            MHD_resume_connection(c->call->mhd);
    MHD_stop_daemon(h->mhd);
}
