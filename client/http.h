/*
 * http: one request and its answer on csid's Unix socket. HTTP/1.0 (RFC 1945): an answer ends
 * where its Content-Length says, else where the connection ends. Complains on stderr itself.
 */
#ifndef CSICTL_HTTP_H
#define CSICTL_HTTP_H

#include "client/request.h"

struct http {
    int fd;
    const char *path;
    struct text in; /* received and not handed out */
    size_t taken;   /* of which the caller has had these */
    int status;
    bool is_problem; /* application/problem+json */
    bool has_length;
    unsigned long long left; /* of the body, if has_length */
};

/*
 * Connects, sends the request and reads the head of the answer. Returns EXIT_DONE, EXIT_DENIED or
 * EXIT_UNREACHABLE (then there is nothing to close). There is no time limit: some commands take
 * minutes; after a second a note on a terminal says that csictl waits.
 */
int http_ask(const char *socket_path, const struct request *r, struct http *ret);

/* The next bytes of the body, valid until the next call; *ret_len 0 at its end. Returns EXIT_DONE
 * or EXIT_UNREACHABLE for an answer that was cut off. */
int http_body(struct http *h, const char **ret, size_t *ret_len);

void http_close(struct http *h);

#endif
