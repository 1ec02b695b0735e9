#include "service/requests.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define COPIES_MAX 2 /* each may take a minute, a processor and the database's size in memory */

struct job {
    uv_work_t work;
    struct requests *requests;
    struct http_call *call;
    struct api_request rq;
    struct api api; /* as it was when the job began; the store becomes the worker's own */
    char *database; /* the worker's; NULL where the loop itself answers */
    struct api_service service; /* the worker's, with what the loop may change meanwhile copied */
    char *troubles[TROUBLE_COUNT], *failure;
    struct api_response response;
    bool writes, copies;
    struct job *next;
};

struct requests {
    uv_loop_t *loop;
    struct requests_ops ops;
    size_t working, copying;
    bool writing; /* a worker writes: those that write too wait in line */
    struct job *first, **last;
    struct job *advancing;
};

static void start(struct requests *r, struct job *job);

static char *copy_of(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static void copy_service(struct job *job)
{
    struct api_service *s = &job->service;

    *s = *job->api.service;
    for (size_t i = 0; i < TROUBLE_COUNT; i++)
        s->troubles[i] = job->troubles[i] = copy_of(s->troubles[i]);
    s->heartbeat.failure = job->failure = copy_of(s->heartbeat.failure);
    job->api.service = s;
}

static void job_free(struct job *job)
{
    for (size_t i = 0; i < TROUBLE_COUNT; i++)
        free(job->troubles[i]);
    free(job->failure);
    free(job->database);
    free(job);
}

static void reply_error(struct http_call *call, const struct err *e)
{
    struct api_response response;

    api_problem(e, &response);
    http_reply(call, &response);
}

static void finish(struct job *job)
{
    bool tell = job->response.wrote || job->database;
    struct requests *r = job->requests;

    http_reply(job->call, &job->response);
    job_free(job);
    if (tell)
        r->ops.after(r->ops.arg);
}

/* ---- in a worker ---- */

static void work(uv_work_t *w)
{
    struct job *job = w->data;
    struct err e;

    if (store_open_worker(job->database, &job->api.store, &e) < 0) {
        api_problem(&e, &job->response);
        return;
    }
    api_handle(&job->api, &job->rq, &job->response);
    store_close(job->api.store);
}

static void drain(struct requests *r)
{
    while (r->first && !r->writing) {
        struct job *job = r->first;

        r->first = job->next;
        if (!r->first)
            r->last = &r->first;
        start(r, job);
    }
}

static void worked(uv_work_t *w, int status)
{
    struct job *job = w->data;
    struct requests *r = job->requests;

    (void)status; /* never cancelled */
    r->working--;
    r->copying -= job->copies;
    if (job->writes)
        r->writing = false;
    finish(job);
    drain(r);
}

/* ---- on the loop ---- */

static void handle_here(struct requests *r, struct job *job)
{
    struct err e;

    api_handle(&job->api, &job->rq, &job->response);
    if (!utc_is(job->response.advance_to)) {
        finish(job);
        return;
    }
    if (r->ops.advance(r->ops.arg, job->response.advance_to, &e) < 0) {
        api_response_free(&job->response);
        api_problem(&e, &job->response);
        finish(job);
        return;
    }
    api_response_free(&job->response);
    r->advancing = job;
}

static void refuse(struct job *job)
{
    struct err e;

    err_set(&e, ERR_BUSY,
            "%d forecasts are being made for others: try again when one of them is done",
            COPIES_MAX);
    reply_error(job->call, &e);
    job_free(job);
}

static void start(struct requests *r, struct job *job)
{
    job->api = r->ops.api(r->ops.arg);
    job->rq = *http_request(job->call);
    job->rq.who = access_name(http_caller(job->call)->uid);
    job->rq.access = r->ops.access(r->ops.arg, http_caller(job->call));
    if (!api_wants_worker(job->rq.method, job->rq.target)) {
        handle_here(r, job);
        return;
    }
    job->copies = api_wants_copy(job->rq.method, job->rq.target);
    if (job->copies && r->copying == COPIES_MAX) {
        refuse(job);
        return;
    }
    r->copying += job->copies;
    job->database = xstrdup(store_path(job->api.store));
    copy_service(job);
    job->work.data = job;
    r->working++;
    if (job->writes)
        r->writing = true;
    uv_queue_work(r->loop, &job->work, work, worked);
}

struct requests *requests_open(uv_loop_t *loop, const struct requests_ops *ops)
{
    struct requests *r = xcalloc(1, sizeof *r);

    *r = (struct requests){.loop = loop, .ops = *ops};
    r->last = &r->first;
    return r;
}

void requests_handle(struct requests *r, struct http_call *call)
{
    struct job *job = xcalloc(1, sizeof *job);

    *job = (struct job){.requests = r, .call = call};
    job->writes = api_may_write(http_request(call)->method);
    if (job->writes && (r->writing || r->first)) {
        *r->last = job;
        r->last = &job->next;
        return;
    }
    start(r, job);
}

void requests_advanced(struct requests *r, const struct err *failed)
{
    struct job *job = r->advancing;

    if (!job)
        return;
    r->advancing = NULL;
    job->api = r->ops.api(r->ops.arg);
    if (failed)
        api_problem(failed, &job->response);
    else
        api_clock(&job->api, &job->rq, &job->response);
    finish(job);
}

bool requests_writing(const struct requests *r)
{
    return r->writing;
}

size_t requests_working(const struct requests *r)
{
    return r->working;
}

void requests_close(struct requests *r)
{
    struct err stopping;

    err_set(&stopping, ERR_BUSY, "csid is stopping: try again when it is back");
    requests_advanced(r, &stopping);
    while (r->first) {
        struct job *job = r->first;

        r->first = job->next;
        reply_error(job->call, &stopping);
        job_free(job);
    }
    free(r);
}
