/*
 * courier_probe: the courier with a loop of poll(2) around it and a clock that stands, for tests
 * against real servers. One run: adds messages, carries what is due until nothing moves, prints one
 * line of JSON each.
 *
 *   courier_probe DB MAIL_URL [--now SECONDS] [--user NAME PASSWORD] [--limit MS] [--grace MS]
 *                 [--webhook NAME URL SECRET ALLOW]… [--add CHANNEL RECIPIENT ID BODY_FILE]…
 *                 [--resolve NAME ADDRESS…,ADDRESS…]
 *
 * --resolve: look-ups of that name are answered with the addresses before the comma the first time,
 * with the next ones the time after, and so on; the last stay. Addresses of one answer are joined
 * by +.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "courier/courier.h"
#include "store/channel.h"
#include "store/outbox_list.h"
#include "store/sql.h"

#define FDS   64
#define HOOKS 64

struct probe {
    struct pollfd fds[FDS]; /* the first is the pipe of wake-ups */
    size_t count;
    int wake[2];
    int64_t timer_at; /* -1: none */
    utc_t now;
};

/* ---- a resolver whose answers change, in place of the system's ---- */

static const char *resolved_name, *resolved_next;

typedef int resolver_fn(const char *node, const char *service, const struct addrinfo *hints,
                        struct addrinfo **ret);

static resolver_fn *system_resolver(void)
{
    resolver_fn *found;
    void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");

    memcpy(&found, &symbol, sizeof found);
    return found;
}

/* libcurl's look-ups come here: a symbol of the program goes before those of libraries. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret)
{
    resolver_fn *ask = system_resolver();
    struct addrinfo plain = hints ? *hints : (struct addrinfo){0}, **end = ret;
    size_t len;
    int rc = 0;

    if (!resolved_name || !node || strcmp(node, resolved_name) != 0)
        return ask(node, service, hints, ret);
    plain.ai_family = AF_UNSPEC;
    plain.ai_flags = (plain.ai_flags & AI_NUMERICSERV) | AI_NUMERICHOST;
    len = strcspn(resolved_next, ",");
    for (size_t at = 0; rc == 0 && at < len;) {
        size_t one = strcspn(resolved_next + at, "+,");
        char *address = xstrndup(resolved_next + at, one);

        rc = ask(address, service, &plain, end);
        free(address);
        while (rc == 0 && *end)
            end = &(*end)->ai_next;
        at += one + 1;
    }
    fprintf(stderr, "resolved %.*s\n", (int)len, resolved_next);
    if (resolved_next[len])
        resolved_next += len + 1;
    return rc;
}

static int64_t real_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static utc_t on_now(void *arg)
{
    return ((struct probe *)arg)->now;
}

static void on_watch(void *arg, int fd, int events)
{
    struct probe *p = arg;
    short mask =
        (short)((events & COURIER_READ ? POLLIN : 0) | (events & COURIER_WRITE ? POLLOUT : 0));
    size_t i = 1;

    while (i < p->count && p->fds[i].fd != fd)
        i++;
    if (!mask && i < p->count)
        p->fds[i] = p->fds[--p->count];
    else if (mask && i < FDS)
        p->fds[i] = (struct pollfd){fd, mask, 0};
    if (mask && i == p->count)
        p->count++;
}

static void on_timer(void *arg, long ms)
{
    ((struct probe *)arg)->timer_at = ms < 0 ? -1 : real_ms() + ms;
}

static void on_wake(void *arg)
{
    if (write(((struct probe *)arg)->wake[1], "w", 1) < 0)
        perror("wake");
}

static void on_idle(void *arg)
{
    (void)arg;
}

static void on_log(void *arg, bool warning, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s: %s\n", warning ? "warning" : "info", text);
}

static void die(const char *what, const struct err *e)
{
    fprintf(stderr, "%s: %s\n", what, e->text);
    exit(2);
}

static void add_message(struct store *s, utc_t now, char **args)
{
    struct outbox_message m = {.channel = args[0],
                               .recipient = args[1],
                               .message_id = args[2],
                               .event = xstrdup("csi.test"),
                               .subject = xstrdup("A test"),
                               .valid_until = UTC_NONE};
    FILE *f = fopen(args[3], "rb");
    struct err e = {0};
    size_t n, cap = 1 << 24;
    int64_t id;

    m.body = xmalloc(cap);
    if (!f || (n = fread(m.body, 1, cap, f)) == 0) {
        perror(args[3]);
        exit(2);
    }
    m.body_len = n;
    fclose(f);
    if (store_begin(s, "probe", now, &e) != 0 || store_end(s, outbox_add(s, &m, &id, &e), &e) != 0)
        die("add", &e);
    free(m.event);
    free(m.subject);
    free(m.body);
}

static bool anything_due(struct store *s, utc_t now)
{
    struct err e;
    utc_t next;

    if (outbox_next(s, &next, &e) != 0)
        die("next", &e);
    return utc_is(next) && next.s <= now.s;
}

static void turn(struct probe *p, struct courier *c)
{
    struct pollfd ready[FDS];
    size_t count = p->count;
    int64_t wait = p->timer_at < 0 ? 50 : p->timer_at - real_ms();
    char drain[64];

    poll(p->fds, p->count, (int)(wait < 0 ? 0 : wait > 50 ? 50 : wait));
    memcpy(ready, p->fds, sizeof ready);
    if (ready[0].revents && read(p->wake[0], drain, sizeof drain) > 0)
        courier_wake(c);
    for (size_t i = 1; i < count; i++) {
        if (ready[i].revents)
            courier_socket(c, ready[i].fd,
                           (ready[i].revents & (POLLIN | POLLHUP | POLLERR) ? COURIER_READ : 0) |
                               (ready[i].revents & POLLOUT ? COURIER_WRITE : 0));
    }
    if (p->timer_at >= 0 && real_ms() >= p->timer_at) {
        p->timer_at = -1;
        courier_timeout(c);
    }
}

static void print_messages(struct store *s)
{
    static const struct query q = {"SELECT message_id, state, reason, attempts, "
                                   "unixepoch(next_at), unixepoch(sent_at), (SELECT count(*) FROM "
                                   "attempt WHERE attempt.message_id = message.id) "
                                   "FROM message ORDER BY id",
                                   true};
    struct text t = TEXT_INIT;
    struct err e = {0};
    struct rows r;

    rows_start(&r, s, &q, "");
    while (rows_next(&r)) {
        text_clear(&t);
        text_add(&t, "{\"id\":");
        text_add_json(&t, rows_text(&r, 0));
        text_add(&t, ",\"state\":");
        text_add_json(&t, rows_text(&r, 1));
        text_add(&t, ",\"reason\":");
        text_add_json(&t, rows_text(&r, 2));
        text_addf(&t, ",\"attempts\":%lld,\"next_at\":%s", (long long)rows_int(&r, 3),
                  rows_null(&r, 4) ? "null" : rows_text(&r, 4));
        text_addf(&t, ",\"sent_at\":%s,\"rows\":%lld}\n",
                  rows_null(&r, 5) ? "null" : rows_text(&r, 5), (long long)rows_int(&r, 6));
        fputs(t.s, stdout);
    }
    if (rows_end(&r, &e) != 0)
        die("list", &e);
    text_free(&t);
}

struct options {
    struct courier_config config;
    struct courier_webhook webhooks[HOOKS];
    const char *allow[HOOKS][1];
    char **adds[64];
    size_t add_count;
    int64_t now, limit_ms;
    int grace_ms;
};

static void parse(int argc, char **argv, struct options *o)
{
    for (int i = 3; i < argc;) {
        if (strcmp(argv[i], "--now") == 0 && i + 1 < argc) {
            o->now = strtoll(argv[i + 1], NULL, 10);
            i += 2;
        } else if (strcmp(argv[i], "--limit") == 0 && i + 1 < argc) {
            o->limit_ms = strtoll(argv[i + 1], NULL, 10);
            i += 2;
        } else if (strcmp(argv[i], "--grace") == 0 && i + 1 < argc) {
            o->grace_ms = (int)strtol(argv[i + 1], NULL, 10);
            i += 2;
        } else if (strcmp(argv[i], "--resolve") == 0 && i + 2 < argc) {
            resolved_name = argv[i + 1];
            resolved_next = argv[i + 2];
            i += 3;
        } else if (strcmp(argv[i], "--user") == 0 && i + 2 < argc) {
            o->config.username = argv[i + 1];
            o->config.password = argv[i + 2];
            i += 3;
        } else if (strcmp(argv[i], "--webhook") == 0 && i + 4 < argc &&
                   o->config.webhook_count < HOOKS) {
            size_t n = o->config.webhook_count++;

            o->allow[n][0] = argv[i + 4];
            o->webhooks[n] = (struct courier_webhook){.name = argv[i + 1],
                                                      .url = argv[i + 2],
                                                      .secret = argv[i + 3],
                                                      .allow = o->allow[n],
                                                      .allow_count = *argv[i + 4] ? 1 : 0};
            i += 5;
        } else if (strcmp(argv[i], "--add") == 0 && i + 4 < argc) {
            o->adds[o->add_count++] = argv + i + 1;
            i += 5;
        } else {
            fprintf(stderr, "what is %s?\n", argv[i]);
            exit(2);
        }
    }
}

int main(int argc, char **argv)
{
    struct options o = {.now = 1504254600, .limit_ms = 20000, .grace_ms = 0};
    struct probe p = {.count = 1, .timer_at = -1};
    struct courier_ops ops = {&p, on_now, on_watch, on_timer, on_wake, on_idle, on_log, NULL, NULL};
    struct courier *c;
    struct store *s;
    struct err e = {0};
    int64_t until;

    if (argc < 3)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    o.config = (struct courier_config){.mail_url = argv[2],
                                       .mail_from = "csid <csid@bromley.example>",
                                       .username = "",
                                       .webhooks = o.webhooks};
    parse(argc, argv, &o);
    p.now = (utc_t){o.now};
    if (pipe2(p.wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return 2;
    p.fds[0] = (struct pollfd){p.wake[0], POLLIN, 0};
    if (store_open(argv[1], &s, &e) != 0)
        die("open", &e);
    for (size_t i = 0; i < o.add_count; i++)
        add_message(s, p.now, o.adds[i]);
    if (courier_open(&o.config, s, &ops, &c, &e) != 0)
        die("courier", &e);
    until = real_ms() + o.limit_ms;
    courier_run(c);
    while ((courier_busy(c) || anything_due(s, p.now)) && real_ms() < until)
        turn(&p, c);
    courier_close(c, o.grace_ms);
    print_messages(s);
    store_close(s);
    return 0;
}
