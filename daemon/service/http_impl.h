/*
 * http_impl: what http's own files share: connections (http.c), calls (http_call.c) and the
 * examination of a request's head (http_check.c). Nobody else includes it.
 */
#ifndef CSID_SERVICE_HTTP_IMPL_H
#define CSID_SERVICE_HTTP_IMPL_H

#include <microhttpd.h>

#include "base/text.h"
#include "service/http.h"

enum conn_state {
    CONN_ASKING,  /* no complete request yet, or none since the last reply */
    CONN_HELD,    /* asked; http_reply is awaited */
    CONN_REPLYING /* the reply is on its way */
};

struct conn {
    struct http *http;
    int fd;
    enum conn_state state;
    uint64_t turn; /* of http's turns, when it came into this state */
    uint64_t deadline_ms;
    bool cut;   /* shut down by us; libmicrohttpd will notice */
    bool known; /* caller holds the groups too */
    struct access_caller caller;
    struct http_call *call; /* the request being read or answered; NULL between */
    struct conn *prev, *next;
};

struct http {
    uv_loop_t *loop;
    struct http_limits limits;
    struct http_ops ops;
    struct MHD_Daemon *mhd;
    uv_poll_t poll;
    uv_timer_t timer;
    int closing; /* handles whose close callback is awaited */
    bool stopping;
    bool closed_some; /* a connection closed during this run of libmicrohttpd */
    struct conn *conns;
    size_t large_bodies;
    uint64_t turns; /* changes of state of any connection, counted */
};

struct http_call {
    struct conn *conn; /* NULL once the client, or http, has gone */
    struct MHD_Connection *mhd;
    bool owned; /* http_ops.request has it; ends with http_reply */
    bool begun; /* the head was examined */
    bool large; /* counts among large_bodies */
    bool suspended, replied;
    bool turned_away; /* refused, and told so: the rest of the body is drained */
    char *target;     /* as received */
    char *headers[4]; /* Accept, Content-Type, If-Match, Idempotency-Key */
    struct text body;
    size_t body_seen, body_max;
    struct access_caller caller;
    struct api_request request;
    struct api_response response;
};

/* http.c */
void conn_state(struct conn *c, enum conn_state state);
/* Writes a whole reply, which ends in "Connection: close", past libmicrohttpd: only while it has
 * nothing to send itself. */
void conn_say(const struct conn *c, enum err_code code, const char *why);
/* Shuts a connection down; with a code, says so first as well as can be. */
void conn_cut(struct conn *c, enum err_code code, const char *why);
/* Run libmicrohttpd at the loop's next turn. */
void http_kick(struct http *h);

/* http_call.c: callbacks of libmicrohttpd, and the end of a call that was held too long */
void *call_started(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result call_handle(void *cls, struct MHD_Connection *mhd, const char *url,
                            const char *method, const char *version, const char *data, size_t *size,
                            void **ctx);
void call_ended(void *cls, struct MHD_Connection *mhd, void **ctx,
                enum MHD_RequestTerminationCode code);
void call_expire(struct http_call *call);

/* http_check.c: whether the head of a request is one that only one reading is possible of (RFC
 * 9112); fills the call's request and headers. `url`, `method` and `version` as libmicrohttpd gave
 * them. */
int check_head(struct http_call *call, const char *url, const char *method, const char *version,
               struct err *e);

#endif
