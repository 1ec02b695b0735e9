/*
 * http: HTTP/1.1 on a listening Unix socket, inside the loop. Owns connections, their limits and
 * deadlines, and the bytes of requests and replies; knows no resource and decides no access. The
 * only <microhttpd.h>; its faults (0.9.75) are worked around here and nowhere else.
 */
#ifndef CSID_SERVICE_HTTP_H
#define CSID_SERVICE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "api/api.h"
#include "base/err.h"
#include "service/access.h"

struct http;
struct http_call; /* one request, from its arrival here to http_reply */

struct http_ops {
    void *arg;
    /* A complete, well-formed request. Answer with http_reply, within the call or later. */
    void (*request)(void *arg, struct http_call *call);
};

struct http_limits {
    size_t connections;  /* at one time */
    size_t per_user;     /* of these, for one user other than root */
    size_t large_bodies; /* imports held at one time; one for a user other than root */
    size_t header_max, body_max, import_max; /* bytes */
    uint64_t request_ms; /* from connecting, or from the reply before, to the request's last byte */
    uint64_t hold_ms;    /* for http_reply to come */
    uint64_t reply_ms;   /* for the client to take its reply */
};

/* 256 connections, 64 of a user, 16 KiB, 1 MiB, 64 MiB to POST /v1/plans/import, 10 s to ask, 15
 * minutes to answer, 5 to listen. */
extern const struct http_limits http_default_limits;

/* Serves `listen_fd` (stays the caller's) on the loop; limits NULL: the default ones. SIGPIPE is
 * ignored from here on. */
int http_open(uv_loop_t *loop, int listen_fd, const struct http_limits *limits,
              const struct http_ops *ops, struct http **ret, struct err *e);
/* Accepts nobody any more, closes who asks nothing; what was asked is still answered. */
void http_stop(struct http *h);
/* Requests not answered, or whose reply is not wholly sent. */
size_t http_pending(const struct http *h);
/* Open connections. */
size_t http_connections(const struct http *h);
/* Closes all. Calls not yet replied to stay valid until their http_reply. Freed once the loop has
 * run its closing callbacks. NULL is fine. */
void http_close(struct http *h);

/* Method ("GET" for HEAD), target, headers and body; `who` and `access` are the caller's to find.
 * Valid until http_reply. */
const struct api_request *http_request(const struct http_call *call);
/* Who asks, by the kernel. Valid until http_reply. */
const struct access_caller *http_caller(const struct http_call *call);
/* Takes over what *r owns and ends the call, once for each, on the loop's thread. The answer is
 * dropped when the client has gone, the deadline has passed or http was closed. */
void http_reply(struct http_call *call, struct api_response *r);

#endif
