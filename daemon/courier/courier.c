#include "courier/courier.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "courier/mail.h"
#include "courier/retry.h"
#include "courier/webhook.h"
#include "notice/message.h"
#include "store/outbox.h"

#define MAIL "mail"

/* An attempt that has ended and waits for its transaction: kept here until the disk has taken it.
 */
struct result {
    struct result *next;
    int64_t attempt, message, retry_after;
    char *channel, *recipient, *message_id, *reply;
    utc_t valid_until;
    int attempts;
    enum verdict verdict;
};

struct courier {
    struct store *store;
    struct courier_ops ops;
    struct mail *mail;
    struct mail_route *route;
    struct web *web;
    struct endpoint **endpoints;
    size_t endpoint_count;
    size_t mail_busy;
    struct result *results, **results_last;
    size_t result_count;
    int troubles;     /* of the mail channel, one after the other */
    utc_t down_until; /* then it is tried again */
    bool saving_failed;
    char *note;
};

static void say(const struct courier *c, bool warning, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void say(const struct courier *c, bool warning, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX + 256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->ops.log(c->ops.arg, warning, text);
}

static utc_t now(const struct courier *c)
{
    return c->ops.now(c->ops.arg);
}

/* ---- results ---- */

static void result_free(struct result *r)
{
    free(r->channel);
    free(r->recipient);
    free(r->message_id);
    free(r->reply);
    free(r);
}

static void add_result(struct courier *c, const struct outbox_message *m, int64_t attempt,
                       enum verdict verdict, const char *reply, int64_t retry_after)
{
    struct result *r = xcalloc(1, sizeof *r);

    r->attempt = attempt;
    r->message = m->id;
    r->retry_after = retry_after;
    r->channel = xstrdup(m->channel);
    r->recipient = xstrdup(m->recipient);
    r->message_id = xstrdup(m->message_id);
    r->reply = xstrdup(reply);
    r->valid_until = m->valid_until;
    r->attempts = m->attempts;
    r->verdict = verdict;
    *c->results_last = r;
    c->results_last = &r->next;
    c->result_count++;
}

static void web_ended(void *arg, const struct webhook_result *w)
{
    add_result(arg, w->message, w->attempt, w->verdict, w->reply, w->retry_after);
}

static void take_mails(struct courier *c)
{
    struct mail_job *j = mail_take(c->mail);

    while (j) {
        struct mail_job *next = j->next;

        add_result(c, &j->message, j->attempt, j->verdict, j->reply, 0);
        c->mail_busy--;
        mail_job_free(j);
        j = next;
    }
}

static int finish(struct courier *c, const struct result *r, enum outbox_state state,
                  const char *reply, utc_t at, struct err *e)
{
    return outbox_finish(c->store, r->attempt, state, reply, at, now(c), e);
}

static int save_accepted(struct courier *c, const struct result *r, struct err *e)
{
    return finish(c, r, OUTBOX_ACCEPTED, r->reply, UTC_NONE, e);
}

static int save_failed(struct courier *c, const struct result *r, struct err *e)
{
    say(c, true, "%s to %s failed for good: %s", r->channel, r->recipient, r->reply);
    return finish(c, r, OUTBOX_FAILED, r->reply, UTC_NONE, e);
}

/* Later, by the published delays; not after the message has lost its point. */
static int save_later(struct courier *c, const struct result *r, struct err *e)
{
    bool mail = strcmp(r->channel, MAIL) == 0;
    int64_t delay =
        mail ? retry_mail(r->attempts, r->message_id) : retry_webhook(r->attempts, r->retry_after);
    utc_t at = {now(c).s + delay};
    char *reply;
    int rc;

    if (delay < 0) {
        reply = xasprintf("given up after %d attempts: %s", r->attempts, r->reply);
        say(c, true, "%s to %s: %s", r->channel, r->recipient, reply);
        rc = finish(c, r, OUTBOX_FAILED, reply, UTC_NONE, e);
        free(reply);
        return rc;
    }
    if (utc_is(r->valid_until) && at.s > r->valid_until.s)
        at = r->valid_until;
    return finish(c, r, r->verdict == VERDICT_IN_DOUBT ? OUTBOX_IN_DOUBT : OUTBOX_RETRY, r->reply,
                  at, e);
}

/* Four workers meet the same trouble at once: it counts once. */
static int save_down(struct courier *c, const struct result *r, struct err *e)
{
    utc_t at = now(c);

    if (!utc_is(c->down_until) || at.s >= c->down_until.s || c->troubles == 0) {
        int64_t delay = retry_mail(++c->troubles, r->channel);
        char when[UTC_ISO];

        if (delay < 0)
            delay = retry_mail(--c->troubles, r->channel);
        c->down_until = (utc_t){at.s + delay};
        say(c, true, "%s is down, next try at %s: %s", r->channel, utc_iso(c->down_until, when),
            r->reply);
    }
    return outbox_release(c->store, r->attempt, r->reply, c->down_until, at, e);
}

static int save_hold(struct courier *c, const struct result *r, struct err *e)
{
    say(c, true, "%s is held until its settings are mended: %s", r->channel, r->reply);
    if (outbox_release(c->store, r->attempt, r->reply, now(c), now(c), e) != 0)
        return -1;
    return channel_hold(c->store, r->channel, r->reply, now(c), e);
}

static int save_gone(struct courier *c, const struct result *r, struct err *e)
{
    if (save_failed(c, r, e) != 0)
        return -1;
    return channel_hold(c->store, r->channel, "the endpoint said it is gone (HTTP 410)", now(c), e);
}

static int (*const savers[VERDICT_COUNT])(struct courier *c, const struct result *r,
                                          struct err *e) = {
    [VERDICT_ACCEPTED] = save_accepted, [VERDICT_RETRY] = save_later,
    [VERDICT_FAILED] = save_failed,     [VERDICT_IN_DOUBT] = save_later,
    [VERDICT_DOWN] = save_down,         [VERDICT_HOLD] = save_hold,
    [VERDICT_GONE] = save_gone,         [VERDICT_AGAIN] = save_down,
};

/* A result that the store refuses (ERR_CONFLICT) must not stop the others. */
static int save_results(struct courier *c, struct err *e)
{
    for (const struct result *r = c->results; r; r = r->next) {
        if (strcmp(r->channel, MAIL) == 0 && r->verdict <= VERDICT_IN_DOUBT)
            c->troubles = 0; /* the server spoke about a message: it is up */
        if (savers[r->verdict](c, r, e) == 0)
            continue;
        if (e->code != ERR_CONFLICT)
            return -1;
        say(c, true, "message %lld: %s", (long long)r->message, e->text);
    }
    return 0;
}

static void drop_results(struct courier *c)
{
    while (c->results) {
        struct result *r = c->results;

        c->results = r->next;
        result_free(r);
    }
    c->results_last = &c->results;
    c->result_count = 0;
}

/* ---- claiming ---- */

struct claimed {
    struct outbox_message message;
    int64_t attempt;
    struct endpoint *endpoint; /* NULL: mail */
};

/* 1 when there was one. */
static int claim(struct courier *c, const char *channel, struct endpoint *p, struct claimed *list,
                 size_t *count, struct err *e)
{
    struct claimed *next = &list[*count];
    int found = outbox_claim(c->store, channel, now(c), &next->message, &next->attempt, e);

    if (found > 0) {
        next->endpoint = p;
        ++*count;
    }
    return found;
}

static int claim_all(struct courier *c, struct claimed *list, size_t *count, struct err *e)
{
    size_t calls = web_busy(c->web);
    int found = 1;

    while (found > 0 && c->mail_busy + *count < MAIL_WORKERS)
        found = claim(c, MAIL, NULL, list, count, e);
    for (size_t i = 0; found >= 0 && i < c->endpoint_count && calls < WEBHOOK_CALLS; i++) {
        found = claim(c, endpoint_channel(c->endpoints[i]), c->endpoints[i], list, count, e);
        calls += found > 0;
    }
    return found < 0 ? -1 : 0;
}

static void hand_over(struct courier *c, struct claimed *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].endpoint) {
            web_post(c->web, list[i].endpoint, &list[i].message, list[i].attempt);
        } else {
            c->mail_busy++;
            mail_post(c->mail, c->route, &list[i].message, list[i].attempt);
        }
    }
}

/* Saves what has ended and claims what is due, in one transaction: a commit is the dearest part of
 * a mail. Nothing goes out before its attempt is on the disk. */
static void advance(struct courier *c, bool claiming)
{
    struct claimed list[MAIL_WORKERS + WEBHOOK_CALLS];
    bool ended = c->results != NULL;
    size_t count = 0;
    struct err e = {0};
    int rc;

    if (store_begin(c->store, "csid", now(c), &e) == 0) {
        rc = save_results(c, &e);
        if (rc == 0 && claiming)
            rc = claim_all(c, list, &count, &e);
        rc = store_end(c->store, rc, &e);
    } else {
        rc = -1;
    }
    if (rc != 0) {
        if (!c->saving_failed)
            say(c, true, "the outbox cannot be written, nothing is sent: %s", e.text);
        c->saving_failed = true;
        for (size_t i = 0; i < count; i++)
            outbox_message_clear(&list[i].message);
        if (ended)
            c->ops.idle(c->ops.arg);
        return;
    }
    c->saving_failed = false;
    drop_results(c);
    hand_over(c, list, count);
    if (ended)
        c->ops.idle(c->ops.arg);
}

void courier_run(struct courier *c)
{
    take_mails(c);
    advance(c, true);
}

void courier_wake(struct courier *c)
{
    take_mails(c);
    if (c->results)
        advance(c, true);
}

void courier_socket(struct courier *c, int fd, int events)
{
    web_socket(c->web, fd, events);
    if (c->results)
        advance(c, true);
}

void courier_timeout(struct courier *c)
{
    web_timeout(c->web);
    if (c->results)
        advance(c, true);
}

size_t courier_busy(const struct courier *c)
{
    return c->mail_busy + web_busy(c->web) + c->result_count;
}

bool courier_failing(const struct courier *c)
{
    return c->saving_failed;
}

const char *courier_mail_note(const struct courier *c)
{
    return c->note;
}

/* ---- configuration ---- */

static void drop_endpoints(struct endpoint **list, size_t count)
{
    while (count)
        endpoint_drop(list[--count]);
    free(list);
}

static int make_endpoints(const struct courier_config *config, struct endpoint ***ret,
                          struct err *e)
{
    struct endpoint **list = xcalloc(config->webhook_count, sizeof *list);

    for (size_t i = 0; i < config->webhook_count; i++) {
        if (endpoint_new(&config->webhooks[i], &list[i], e) != 0) {
            drop_endpoints(list, i);
            return -1;
        }
    }
    *ret = list;
    return 0;
}

static int make_route(const struct courier_config *config, struct mail_route **ret, struct err *e)
{
    static const char *const schemes[] = {"maildir:/", "smtp://", "smtps://"};
    char *name, *addr;
    bool known = false;

    for (size_t i = 0; i < COUNT(schemes); i++)
        known |= strncmp(config->mail_url, schemes[i], strlen(schemes[i])) == 0;
    if (!known)
        return err_set(e, ERR_USAGE, "mail.url is neither maildir:/PATH nor smtp:// nor smtps://");
    if (mail_address(config->mail_from, &name, &addr, e) != 0)
        return err_within(e, "mail.from");
    *ret = mail_route_new(config->mail_url, addr, config->username, config->password);
    free(name);
    free(addr);
    return 0;
}

static bool is_configured(const struct courier *c, const char *channel)
{
    for (size_t i = 0; i < c->endpoint_count; i++) {
        if (strcmp(endpoint_channel(c->endpoints[i]), channel) == 0)
            return true;
    }
    return strcmp(channel, MAIL) == 0;
}

/* What waits for an endpoint that is no more cannot go anywhere. */
static int hold_orphans(struct courier *c, struct err *e)
{
    char **channels;
    size_t count;
    int rc = 0;

    if (outbox_waiting_channels(c->store, &channels, &count, e) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (rc == 0 && !is_configured(c, channels[i])) {
            rc = outbox_hold_all(c->store, channels[i],
                                 "there is no such endpoint in the configuration any more", now(c),
                                 e);
            say(c, true, "%s is not configured any more: its messages are held", channels[i]);
        }
        free(channels[i]);
    }
    free(channels);
    return rc;
}

/* The settings were read anew: whatever was at fault may have been mended. */
static int release_holds(struct courier *c, struct err *e)
{
    int rc = channel_release(c->store, MAIL, now(c), e);

    for (size_t i = 0; rc == 0 && i < c->endpoint_count; i++)
        rc = channel_release(c->store, endpoint_channel(c->endpoints[i]), now(c), e);
    return rc;
}

int courier_configure(struct courier *c, const struct courier_config *config, struct err *e)
{
    struct mail_route *route = NULL;
    struct endpoint **endpoints = NULL;

    if (make_route(config, &route, e) != 0)
        return -1;
    if (make_endpoints(config, &endpoints, e) != 0) {
        mail_route_drop(route);
        return -1;
    }
    mail_route_drop(c->route);
    drop_endpoints(c->endpoints, c->endpoint_count);
    free(c->note);
    c->route = route;
    c->endpoints = endpoints;
    c->endpoint_count = config->webhook_count;
    c->note = mail_route_folder(route)
                  ? xasprintf("mail stays in %s: no relay configured", mail_route_folder(route))
                  : NULL;
    c->troubles = 0;
    c->down_until = UTC_NONE;
    return release_holds(c, e) != 0 || hold_orphans(c, e) != 0 ? -1 : 0;
}

static void free_courier(struct courier *c)
{
    web_close(c->web);
    mail_close(c->mail);
    drop_results(c);
    mail_route_drop(c->route);
    drop_endpoints(c->endpoints, c->endpoint_count);
    free(c->note);
    free(c);
    curl_global_cleanup();
}

int courier_open(const struct courier_config *config, struct store *store,
                 const struct courier_ops *ops, struct courier **ret, struct err *e)
{
    struct courier *c = xcalloc(1, sizeof *c);
    int64_t doubtful;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    c->store = store;
    c->ops = *ops;
    c->results_last = &c->results;
    c->mail = mail_open(ops->wake, ops->arg);
    c->web = web_open(&c->ops, web_ended, c);
    if (courier_configure(c, config, e) != 0 || outbox_recover(store, now(c), &doubtful, e) != 0) {
        free_courier(c);
        return -1;
    }
    if (doubtful)
        say(c, true, "%lld messages were under way when csid ended: they go again, byte-identical",
            (long long)doubtful);
    *ret = c;
    return 0;
}

void courier_close(struct courier *c, int grace_ms)
{
    if (!c)
        return;
    web_wait(c->web, grace_ms);
    mail_wait(c->mail, grace_ms);
    take_mails(c);
    if (c->results)
        advance(c, false);
    free_courier(c);
}
