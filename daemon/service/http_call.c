#include "service/http_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "service/clock.h"

/* After a refusal so much of the body is still read, for so long: most clients read no answer
 * before they have sent what they have, and would find the connection broken instead. */
#define DRAIN_MAX ((size_t)8 << 20)
#define DRAIN_MS  1000

static void call_free(struct http_call *call)
{
    for (size_t i = 0; i < COUNT(call->headers); i++)
        free(call->headers[i]);
    free(call->target);
    text_free(&call->body);
    access_caller_free(&call->caller);
    api_response_free(&call->response);
    free(call);
}

void *call_started(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct conn *c = info->socket_context;
    struct http_call *call = xcalloc(1, sizeof *call);

    (void)cls;
    call->conn = c;
    call->mhd = mhd;
    /* the only sight of the target before it is decoded and cut up */
    call->target = xstrdup(uri ? uri : "");
    c->call = call;
    return call;
}

static void refuse(struct http_call *call, const struct err *e)
{
    api_response_free(&call->response);
    call->response = (struct api_response){0};
    api_problem(e, &call->response);
    call->replied = true;
}

/* NULL where libmicrohttpd will not have it; the body then is freed all the same. */
static struct MHD_Response *response_make(struct http_call *call)
{
    struct api_response *r = &call->response;
    /* the body is malloc's and becomes libmicrohttpd's to free */
    struct MHD_Response *response =
        MHD_create_response_from_buffer(r->body_len, r->body, MHD_RESPMEM_MUST_FREE);
    const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Type", r->body_len ? r->type : NULL},
        {"ETag", r->etag},
        {"Link", r->link},
        {"Allow", r->allow},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Connection", call->conn->http->stopping ? "close" : NULL},
    };

    if (!response)
        return NULL;
    r->body = NULL;
    r->body_len = 0;
    for (size_t i = 0; i < COUNT(headers); i++)
        if (headers[i].value)
            MHD_add_response_header(response, headers[i].name, headers[i].value);
    return response;
}

static enum MHD_Result answer(struct http_call *call)
{
    struct MHD_Response *response = response_make(call);
    enum MHD_Result rc;

    if (!response)
        return MHD_NO;
    conn_state(call->conn, CONN_REPLYING);
    rc = MHD_queue_response(call->mhd, (unsigned)call->response.status, response);
    MHD_destroy_response(response);
    return rc;
}

/* Says no while the body is still coming. */
static void turn_away(struct http_call *call, enum err_code code, const char *why)
{
    struct conn *c = call->conn;

    conn_say(c, code, why);
    call->turned_away = true;
    text_free(&call->body);
    call->body = (struct text)TEXT_INIT;
    c->deadline_ms = clock_monotonic_ms() + DRAIN_MS;
}

/* The head is here, the body is not. */
static enum MHD_Result head_seen(struct http_call *call, const char *url, const char *method,
                                 const char *version)
{
    struct err e;
    const char *expect;

    call->begun = true;
    if (check_head(call, url, method, version, &e) == 0)
        return MHD_YES;
    expect = MHD_lookup_connection_value(call->mhd, MHD_HEADER_KIND, "Expect");
    if (e.code == ERR_TOOBIG && call->body_max && !expect) {
        turn_away(call, e.code, e.text);
        return MHD_YES;
    }
    /* an answer now, with no body read, closes the connection: after a head of two meanings, as it
     * must */
    refuse(call, &e);
    return answer(call);
}

/* Few large bodies at a time, so that nobody can fill the memory. */
static bool large_admit(struct http_call *call)
{
    struct conn *c = call->conn;
    struct http *h = c->http;
    size_t own = 0;

    for (const struct conn *o = h->conns; o; o = o->next)
        own += o->call && o->call->large && o->caller.uid == c->caller.uid;
    if (h->large_bodies >= h->limits.large_bodies || (own > 0 && c->caller.uid != 0))
        return false;
    h->large_bodies++;
    return true;
}

static enum MHD_Result body_add(struct http_call *call, const char *data, size_t len)
{
    struct err e;

    call->body_seen += len;
    if (call->turned_away) {
        if (call->body_seen <= call->body_max + DRAIN_MAX)
            return MHD_YES;
        conn_cut(call->conn, ERR_NONE, NULL);
        return MHD_NO;
    }
    if (!call->large && call->body_seen > call->conn->http->limits.body_max)
        call->large = call->body_seen <= call->body_max && large_admit(call);
    if (call->body_seen > call->body_max) {
        err_set(&e, ERR_TOOBIG, "a body may have %zu bytes here", call->body_max);
        turn_away(call, e.code, e.text);
    } else if (call->body_seen > call->conn->http->limits.body_max && !call->large) {
        turn_away(call, ERR_BUSY, "other large files are being read; try again in a moment");
    } else {
        text_add_bytes(&call->body, data, len);
    }
    return MHD_YES;
}

static int find_caller(struct http_call *call, struct err *e)
{
    struct conn *c = call->conn;
    struct access_caller *own = &call->caller;

    if (!c->known) {
        if (access_caller_of(c->fd, &c->caller, e) < 0)
            return -1;
        c->known = true;
    }
    /* a call may outlive its connection */
    *own = c->caller;
    own->groups = xreallocarray(NULL, own->group_count + 1, sizeof *own->groups);
    memcpy(own->groups, c->caller.groups, own->group_count * sizeof *own->groups);
    return 0;
}

static enum MHD_Result complete(struct http_call *call)
{
    struct http *h = call->conn->http;
    struct err e;

    if (call->turned_away)
        return MHD_NO;
    if (find_caller(call, &e) < 0) {
        refuse(call, &e);
        return answer(call);
    }
    if (call->body.len) {
        call->request.body = call->body.s;
        call->request.body_len = call->body.len;
    }
    conn_state(call->conn, CONN_HELD);
    call->owned = true;
    h->ops.request(h->ops.arg, call);
    if (call->replied)
        return answer(call);
    MHD_suspend_connection(call->mhd);
    call->suspended = true;
    return MHD_YES;
}

enum MHD_Result call_handle(void *cls, struct MHD_Connection *mhd, const char *url,
                            const char *method, const char *version, const char *data, size_t *size,
                            void **ctx)
{
    struct http_call *call = *ctx;
    size_t len = *size;

    (void)cls;
    (void)mhd;
    if (!call)
        return MHD_NO;
    *size = 0;
    if (len)
        return body_add(call, data, len);
    if (!call->begun)
        return head_seen(call, url, method, version);
    if (call->replied)
        return answer(call);
    return complete(call);
}

void call_ended(void *cls, struct MHD_Connection *mhd, void **ctx,
                enum MHD_RequestTerminationCode code)
{
    struct http_call *call = *ctx;

    (void)cls;
    (void)mhd;
    (void)code;
    *ctx = NULL;
    if (!call)
        return;
    if (call->large)
        call->conn->http->large_bodies--;
    call->conn->call = NULL;
    conn_state(call->conn, CONN_ASKING);
    call->conn = NULL;
    if (!call->owned)
        call_free(call);
}

/* To be answered outside libmicrohttpd's own run: it calls call_handle again. */
static void resume(struct http_call *call)
{
    call->suspended = false;
    MHD_resume_connection(call->mhd);
    http_kick(call->conn->http);
}

void call_expire(struct http_call *call)
{
    struct err e;

    err_set(&e, ERR_BUSY, "csid is still at it; look later whether it is done");
    refuse(call, &e);
    resume(call);
}

const struct api_request *http_request(const struct http_call *call)
{
    return &call->request;
}

const struct access_caller *http_caller(const struct http_call *call)
{
    return &call->caller;
}

void http_reply(struct http_call *call, struct api_response *r)
{
    call->owned = false;
    if (!call->conn || call->replied) {
        api_response_free(r);
    } else {
        call->response = *r;
        call->replied = true;
        if (call->suspended)
            resume(call);
    }
    *r = (struct api_response){0};
    if (!call->conn)
        call_free(call);
}
