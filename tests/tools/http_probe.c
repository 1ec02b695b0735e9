/*
 * http_probe PATH [LIMIT=N]…: service/http and service/listen with a handler that shows what it was
 * given, for tests/system/test_http.py. GET /held keeps the call until GET /release answers all;
 * SIGTERM ends it, with calls still held too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "service/http.h"
#include "service/listen.h"

static struct http *http;
static struct http_call *held[1024];
static size_t held_count;
static uv_signal_t on_term;

static void reply_text(struct http_call *call, int status, const char *type, struct text *t)
{
    struct api_response r = {.status = status, .type = type, .body_len = t->len};

    r.body = text_take(t);
    r.etag = xstrdup("\"7\"");
    http_reply(call, &r);
}

static void reply_json(struct http_call *call, struct text *t)
{
    reply_text(call, 200, "application/json", t);
}

static void echo(struct http_call *call)
{
    const struct api_request *rq = http_request(call);
    const struct access_caller *who = http_caller(call);
    char sha[SHA256_HEX];
    struct text t = TEXT_INIT;

    digest_sha256_hex(rq->body ? rq->body : "", rq->body_len, sha);
    text_add(&t, "{\"method\": ");
    text_add_json(&t, rq->method);
    text_add(&t, ", \"target\": ");
    text_add_json(&t, rq->target);
    text_add(&t, ", \"accept\": ");
    text_add_json(&t, rq->accept);
    text_add(&t, ", \"content_type\": ");
    text_add_json(&t, rq->content_type);
    text_add(&t, ", \"if_match\": ");
    text_add_json(&t, rq->if_match);
    text_add(&t, ", \"key\": ");
    text_add_json(&t, rq->idempotency_key);
    text_addf(&t, ", \"length\": %zu, \"sha256\": \"%s\", \"uid\": %u, \"gid\": %u, \"pid\": %ld",
              rq->body_len, sha, who->uid, who->gid, (long)who->pid);
    text_add(&t, ", \"groups\": [");
    for (size_t i = 0; i < who->group_count; i++)
        text_addf(&t, "%s%u", i ? ", " : "", who->groups[i]);
    text_add(&t, "]}\n");
    reply_json(call, &t);
}

static void hold(struct http_call *call)
{
    held[held_count++] = call;
}

static void release_all(void)
{
    for (size_t i = 0; i < held_count; i++) {
        struct text t = TEXT_INIT;

        text_add(&t, "{\"held\": true}\n");
        reply_json(held[i], &t);
    }
    held_count = 0;
}

static void release(struct http_call *call)
{
    struct text t = TEXT_INIT;

    text_addf(&t, "{\"released\": %zu}\n", held_count);
    release_all();
    reply_json(call, &t);
}

static void state(struct http_call *call)
{
    struct text t = TEXT_INIT;

    text_addf(&t, "{\"held\": %zu, \"pending\": %zu, \"connections\": %zu}\n", held_count,
              http_pending(http), http_connections(http));
    reply_json(call, &t);
}

static void large(struct http_call *call)
{
    struct text t = TEXT_INIT;

    for (int i = 0; i < 1 << 20; i++)
        text_add(&t, "0123456789abcde\n");
    reply_text(call, 200, "text/plain", &t);
}

static void stop(struct http_call *call)
{
    struct text t = TEXT_INIT;

    http_stop(http);
    text_add(&t, "{}\n");
    reply_json(call, &t);
}

static const struct {
    const char *target;
    void (*run)(struct http_call *call);
} routes[] = {
    {"/held", hold}, {"/release", release}, {"/state", state}, {"/large", large}, {"/stop", stop}};

static void on_request(void *arg, struct http_call *call)
{
    (void)arg;
    for (size_t i = 0; i < COUNT(routes); i++)
        if (strcmp(http_request(call)->target, routes[i].target) == 0) {
            routes[i].run(call);
            return;
        }
    echo(call);
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    uv_close((uv_handle_t *)signal, NULL);
    http_close(http);
    release_all();
}

static int set_limit(struct http_limits *l, const char *arg)
{
    const struct {
        const char *name;
        size_t *size;
        uint64_t *ms;
    } names[] = {
        {"connections=", &l->connections, NULL}, {"per_user=", &l->per_user, NULL},
        {"large=", &l->large_bodies, NULL},      {"request_ms=", NULL, &l->request_ms},
        {"hold_ms=", NULL, &l->hold_ms},         {"reply_ms=", NULL, &l->reply_ms},
    };

    for (size_t i = 0; i < COUNT(names); i++) {
        size_t len = strlen(names[i].name);

        if (strncmp(arg, names[i].name, len) != 0)
            continue;
        if (names[i].size)
            *names[i].size = strtoul(arg + len, NULL, 10);
        else
            *names[i].ms = strtoul(arg + len, NULL, 10);
        return 0;
    }
    return -1;
}

int main(int argc, char **argv)
{
    struct http_limits limits = http_default_limits;
    struct http_ops ops = {.request = on_request};
    struct listener l;
    struct err e;
    uv_loop_t *loop = uv_default_loop();

    for (int i = 2; i < argc; i++)
        if (set_limit(&limits, argv[i]) < 0)
            return 64;
    if (argc < 2 || listen_open(argv[1], 0666, "", &l, &e) < 0 ||
        http_open(loop, l.fd, &limits, &ops, &http, &e) < 0) {
        fprintf(stderr, "http_probe: %s\n", argc < 2 ? "PATH?" : e.text);
        return 69;
    }
    uv_signal_init(loop, &on_term);
    uv_signal_start(&on_term, on_signal, SIGTERM);
    puts("ready");
    fflush(stdout);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_loop_close(loop);
    listen_close(&l);
    return 0;
}
