#include "courier/webhook.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "base/text.h"
#include "courier/deadline.h"
#include "courier/retry.h"
#include "notice/webhook.h"
#include "notice/webhook_format.h"

#define CALL_MS    20000L
#define PING_MS    10000L
#define CONNECT_MS 10000L
#define ANSWER_MAX (64 * 1024)

struct call {
    struct call *next;
    struct web *web;
    struct endpoint *endpoint;
    struct outbox_message message; /* of a ping none */
    int64_t attempt;
    void (*pinged)(void *arg, const struct endpoint *p, bool ok, const char *reply);
    void *arg;
    CURL *curl;
    struct curl_slist *headers;
    struct peer peer;
    size_t answered; /* bytes */
    bool refused;    /* an address that is not allowed */
};

struct web {
    CURLM *multi;
    const struct courier_ops *ops;
    void (*ended)(void *arg, const struct outbox_message *m, int64_t attempt,
                  const struct ended *e);
    void *arg;
    struct call *calls;
    size_t busy;
};

/* ---- one call ---- */

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct call *c = arg;

    (void)purpose;
    if (!endpoint_may_connect(c->endpoint, &a->addr)) {
        c->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* The answer is not kept: it may repeat the URL. */
static size_t on_answer(char *data, size_t size, size_t count, void *arg)
{
    struct call *c = arg;

    (void)data;
    c->answered += size * count;
    return c->answered > ANSWER_MAX ? 0 : size * count;
}

static void add_header(struct call *c, const char *name, const char *value)
{
    char *line = xasprintf("%s: %s", name, value);

    c->headers = curl_slist_append(c->headers, line);
    free(line);
}

/* Each secret signs, the newest first: a receiver takes any signature it knows (Standard Webhooks).
 * What has none is not signed. */
static void add_signatures(struct call *c, utc_t now)
{
    const char *const secrets[] = {c->endpoint->secret, c->endpoint->previous};
    const struct outbox_message *m = &c->message;
    struct text all = TEXT_INIT;

    for (size_t i = 0; i < COUNT(secrets); i++) {
        char *signature;
        struct err e;

        if (!secrets[i] || webhook_signature(secrets[i], m->message_id, now, m->body, m->body_len,
                                             &signature, &e) != 0)
            continue; /* endpoint_new has seen that they can sign */
        text_addf(&all, "%s%s", all.len ? " " : "", signature);
        free(signature);
    }
    if (all.len)
        add_header(c, "webhook-signature", all.s);
    text_free(&all);
}

/* What is of no format that csid has was built by one that is older. */
static const struct webhook_format *format_of(const struct outbox_message *m)
{
    const struct webhook_format *format = m->format ? webhook_format_find(m->format) : NULL;

    return format ? format : webhook_formats;
}

static void add_message(struct call *c)
{
    utc_t now = c->web->ops->now(c->web->ops->arg);
    const struct outbox_message *m = &c->message;
    char *at = xasprintf("%" PRId64, now.s);
    CURL *h = c->curl;

    add_header(c, "Content-Type", format_of(m)->content_type);
    add_header(c, "webhook-id", m->message_id);
    add_header(c, "webhook-timestamp", at);
    add_signatures(c, now);
    add_header(c, "Expect", ""); /* no waiting for "100 Continue" */
    free(at);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(h, CURLOPT_POST, 1L);
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, m->body);
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)m->body_len);
}

/* Whom to trust, of the endpoint and of a proxy that speaks TLS; the folder is curl's own default,
 * which would count beside the file. */
static void trust(CURL *h, char *pem)
{
    struct curl_blob blob = {pem, strlen(pem), CURL_BLOB_NOCOPY};

    curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(h, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(h, CURLOPT_PROXY_CAPATH, NULL);
    curl_easy_setopt(h, CURLOPT_PROXY_CAINFO_BLOB, &blob);
}

/* Only what the endpoint says: the environment's proxies, and its exceptions, count for nothing. */
static void set_way(CURL *h, const struct endpoint *p)
{
    curl_easy_setopt(h, CURLOPT_PROXY, p->proxy ? p->proxy : "");
    curl_easy_setopt(h, CURLOPT_NOPROXY, "");
    if (p->proxy) {
        curl_easy_setopt(h, CURLOPT_HTTPPROXYTUNNEL, 1L);
        curl_easy_setopt(h, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    }
    if (p->ca)
        trust(h, p->ca);
}

static void set_options(struct call *c, const char *url, long ms)
{
    CURL *h = c->curl;

    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, c->endpoint->plain ? "http" : "https");
    set_way(h, c->endpoint);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_MS ? ms : CONNECT_MS);
    curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* a kept connection would not be vetted for the endpoint that takes it over */
    curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(h, CURLOPT_USERAGENT, "csid/" CSID_VERSION);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, c);
    curl_easy_setopt(h, CURLOPT_PRIVATE, c);
    peer_listen(&c->peer, h);
}

static void call_free(struct call *c)
{
    curl_easy_cleanup(c->curl);
    curl_slist_free_all(c->headers);
    endpoint_drop(c->endpoint);
    outbox_message_clear(&c->message);
    free(c);
}

static char *describe(const struct call *c, CURLcode rc, long status)
{
    long through = 0;

    curl_easy_getinfo(c->curl, CURLINFO_HTTP_CONNECTCODE, &through);
    if (status >= 300 && status <= 399)
        return xasprintf("HTTP %ld: redirects are not followed", status);
    if (status == 202 && c->message.format && strcmp(c->message.format, "teams") == 0)
        return xstrdup("HTTP 202: the flow has taken it; whether it posts it is not said");
    if (status)
        return xasprintf("HTTP %ld", status);
    if (c->refused)
        return xstrdup("its address is not public and not listed under allow");
    if (through >= 300)
        return xasprintf("the proxy refused the way with HTTP %ld", through);
    return xstrdup(curl_easy_strerror(rc));
}

/* Seconds that an answer asks to wait, 0 without. */
static int64_t asked_wait(const struct call *c, long status)
{
    struct curl_header *h;

    if ((status != 429 && status != 503) ||
        curl_easy_header(c->curl, "Retry-After", 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
        return 0;
    return retry_asked(h->value, c->web->ops->now(c->web->ops->arg));
}

/* Of a call that nobody answered: whether the other side may have had it. What a proxy was asked is
 * no part of the body. */
static bool is_doubted(const struct call *c, long status)
{
    curl_off_t sent = 0;

    curl_easy_getinfo(c->curl, CURLINFO_SIZE_UPLOAD_T, &sent);
    return !status && sent > 0;
}

static void tell_end(struct call *c, long status, char *reply)
{
    struct ended e = {verdict_http(status), reply, asked_wait(c, status), c->peer};

    if (c->endpoint->limits.hold_doubt && is_doubted(c, status))
        e.verdict = VERDICT_IN_DOUBT;
    peer_note(&e.peer, c->curl);
    if (e.verdict == VERDICT_ACCEPTED)
        failpoint("accepted");
    if (c->pinged)
        c->pinged(c->arg, c->endpoint, e.verdict == VERDICT_ACCEPTED, reply);
    else
        c->web->ended(c->web->arg, &c->message, c->attempt, &e);
}

static void call_end(struct call *c, CURLcode rc)
{
    struct web *w = c->web;
    struct call **at = &w->calls;
    long status = 0;
    char *reply;

    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    /* what was answered before the answer grew too long stands; one that broke off does not */
    if (rc != CURLE_OK && c->answered <= ANSWER_MAX)
        status = 0;
    reply = describe(c, rc, status);
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    w->busy--;
    curl_multi_remove_handle(w->multi, c->curl);
    tell_end(c, status, reply);
    free(reply);
    call_free(c);
}

/* ---- all calls ---- */

static int on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *unused)
{
    static const int events[] = {[CURL_POLL_IN] = COURIER_READ,
                                 [CURL_POLL_OUT] = COURIER_WRITE,
                                 [CURL_POLL_INOUT] = COURIER_READ | COURIER_WRITE,
                                 [CURL_POLL_REMOVE] = 0};
    const struct web *w = arg;

    (void)curl;
    (void)unused;
    w->ops->watch(w->ops->arg, fd, events[what]);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    const struct web *w = arg;

    (void)multi;
    w->ops->timer(w->ops->arg, ms);
    return 0;
}

struct web *web_open(const struct courier_ops *ops,
                     void (*ended)(void *arg, const struct outbox_message *m, int64_t attempt,
                                   const struct ended *e),
                     void *arg)
{
    struct web *w = xcalloc(1, sizeof *w);

    w->multi = curl_multi_init();
    if (!w->multi)
        abort();
    w->ops = ops;
    w->ended = ended;
    w->arg = arg;
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
    return w;
}

static struct call *call_new(struct web *w, struct endpoint *p)
{
    struct call *c = xcalloc(1, sizeof *c);

    c->web = w;
    c->endpoint = endpoint_keep(p);
    c->curl = curl_easy_init();
    if (!c->curl)
        abort();
    return c;
}

static void call_start(struct call *c)
{
    struct web *w = c->web;

    c->next = w->calls;
    w->calls = c;
    w->busy++;
    curl_multi_add_handle(w->multi, c->curl);
}

void web_post(struct web *w, struct endpoint *p, struct outbox_message *message, int64_t attempt)
{
    struct call *c = call_new(w, p);

    c->message = *message;
    c->attempt = attempt;
    *message = (struct outbox_message){0};
    set_options(c, p->url, CALL_MS);
    add_message(c);
    call_start(c);
}

/* The path ends where the query begins; one slash between it and the suffix. */
static char *url_with(const char *url, const char *suffix)
{
    size_t len = strcspn(url, "?"), path = len;

    while (*suffix && url[path - 1] == '/')
        path--;
    return xasprintf("%.*s%s%s", (int)path, url, suffix, url + len);
}

void web_ping(struct web *w, struct endpoint *p, const char *suffix,
              void (*ended)(void *arg, const struct endpoint *p, bool ok, const char *reply),
              void *arg)
{
    struct call *c = call_new(w, p);
    char *url = url_with(p->url, suffix);

    c->pinged = ended;
    c->arg = arg;
    set_options(c, url, PING_MS);
    explicit_bzero(url, strlen(url)); /* curl keeps its own */
    free(url);
    call_start(c);
}

size_t web_busy(const struct web *w)
{
    return w->busy;
}

bool web_calling(const struct web *w, const char *channel)
{
    for (const struct call *c = w->calls; c; c = c->next)
        if (!c->pinged && strcmp(c->message.channel, channel) == 0)
            return true;
    return false;
}

static void end_finished(struct web *w)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(w->multi, &left))) {
        CURLcode rc = msg->data.result;
        char *c;

        if (msg->msg == CURLMSG_DONE &&
            curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &c) == CURLE_OK)
            call_end((struct call *)(void *)c, rc);
    }
}

void web_socket(struct web *w, int fd, int events)
{
    int mask = (events & COURIER_READ ? CURL_CSELECT_IN : 0) |
               (events & COURIER_WRITE ? CURL_CSELECT_OUT : 0);
    int running;

    curl_multi_socket_action(w->multi, fd, mask, &running);
    end_finished(w);
}

void web_timeout(struct web *w)
{
    int running;

    curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    end_finished(w);
}

void web_wait(struct web *w, int ms)
{
    struct curl_waitfd over = {deadline_open(ms), CURL_WAIT_POLLIN, 0};
    int running;

    while (w->busy && !deadline_passed(over.fd)) {
        curl_multi_perform(w->multi, &running);
        end_finished(w);
        if (w->busy)
            curl_multi_poll(w->multi, &over, 1, 1000, NULL);
    }
    close(over.fd);
}

/* Those of which nothing was sent; of the others only the next start can say that they are in
 * doubt, for their answers may be on the way. */
void web_stop(struct web *w)
{
    char said[] = "csid ended before it was sent";

    for (const struct call *c = w->calls; c; c = c->next) {
        struct ended e = {VERDICT_STOPPED, said, 0, c->peer};
        long sent = 0;

        curl_easy_getinfo(c->curl, CURLINFO_REQUEST_SIZE, &sent);
        if (!sent && !c->pinged)
            w->ended(w->arg, &c->message, c->attempt, &e);
    }
}

void web_close(struct web *w)
{
    while (w->calls) {
        struct call *c = w->calls;

        w->calls = c->next;
        curl_multi_remove_handle(w->multi, c->curl);
        call_free(c);
    }
    curl_multi_cleanup(w->multi);
    free(w);
}
