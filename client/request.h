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

#endif
