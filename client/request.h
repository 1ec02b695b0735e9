/*
 * request: one call as the bytes of one HTTP/1.0 request. Reads the FILE of a call; opens no
 * socket.
 */
#ifndef CSICTL_REQUEST_H
#define CSICTL_REQUEST_H

#include "base/text.h"
#include "client/args.h"

struct request {
    struct text head; /* up to and with the empty line */
    struct text body;
};

/*
 * Returns EXIT_DONE, or another exit status after saying why: the FILE cannot be read or is too
 * large. `width` is that of the terminal on stdout, 0 if there is none. Free with request_free.
 */
int request_build(const struct call *c, unsigned width, struct request *ret);
void request_free(struct request *r);

/* What csictl itself asks of a command's path: `query` is "" or ?…, `type` that of the body,
 * `accept` NULL for the form that the caller wants. */
struct own_request {
    enum method method;
    const char *query, *type, *accept;
};
/* Such a request with a copy of the body. Free with request_free. */
void request_own(const struct call *c, const struct own_request *o, unsigned width,
                 const struct text *body, struct request *ret);
/* The bytes of a file, "-" for standard input; as request_build. Free *ret with text_free. */
int request_file(const char *path, struct text *ret);

#endif
