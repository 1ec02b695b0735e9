/*
 * requests: the way of a request from http to api and back: at once on the loop, in a worker with a
 * connection of its own where it may take long, or after those before it where both write. Of those
 * that work on a copy of the database in memory two are let in at a time, the third is told to come
 * back (503), so that an import always finds a worker.
 */
#ifndef CSID_SERVICE_REQUESTS_H
#define CSID_SERVICE_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "api/api.h"
#include "service/http.h"

struct requests;

struct requests_ops {
    void *arg;
    struct api (*api)(void *arg); /* store, engine and time as they are now */
    enum access (*access)(void *arg, const struct access_caller *caller);
    void (*after)(void *arg); /* a request: something was committed, or its worker has ended */
    /* The answer waits until the test clock has reached `to`; call requests_advanced then. -1: it
     * may not. */
    int (*advance)(void *arg, utc_t to, struct err *e);
};

/* Takes the calls that http hands over from here on. `call` is answered once, now or later. */
struct requests *requests_open(uv_loop_t *loop, const struct requests_ops *ops);
void requests_handle(struct requests *r, struct http_call *call);
/* Ends the call that asked for the advance: with the clock as it is, or with the error. */
void requests_advanced(struct requests *r, const struct err *failed);
/* A worker is writing: the loop must not. */
bool requests_writing(const struct requests *r);
/* Workers under way. */
size_t requests_working(const struct requests *r);
/* Answers what waits with 503; workers under way must have ended. */
void requests_close(struct requests *r);

#endif
