#include "courier/courier.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "courier/beat.h"
#include "courier/mail.h"
#include "courier/notify.h"
#include "courier/settle.h"
#include "notice/message.h"
#include "store/channel.h"
#include "store/meta.h"
#include "store/outbox_list.h"

struct courier {
    struct store *store;
    struct courier_ops ops;
    struct mail *mail;
    struct mail_route *route;
    struct web *web;
    struct beat *beat;
    struct endpoint **endpoints;
    size_t endpoint_count;
    size_t turn; /* of the endpoint that may claim first, so that none starves behind the others */
    size_t mail_busy, connections;
    char *redirect; /* where every mail goes; NULL: to whom it is for */
    bool paused;
    struct settle *settle;
    char *failing; /* why the outbox could not be written, NULL when it could */
    char *note;
};

static utc_t now(const struct courier *c)
{
    return c->ops.now(c->ops.arg);
}

static void web_ended(void *arg, const struct outbox_message *m, int64_t attempt,
                      const struct ended *ended)
{
    const struct courier *c = arg;

    settle_add(c->settle, m, attempt, ended);
}

static void take_mails(struct courier *c)
{
    struct mail_job *j = mail_take(c->mail);

    while (j) {
        struct mail_job *next = j->next;

        settle_add(c->settle, &j->message, j->attempt, &j->ended);
        c->mail_busy--;
        mail_job_free(j);
        j = next;
    }
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
    const struct outbox_gate gate = {c->ops.why_not, c->ops.arg};
    struct claimed *next = &list[*count];
    int found = outbox_claim(c->store, channel, gate.why_not ? &gate : NULL, 0, now(c),
                             &next->message, &next->attempt, e);

    if (found > 0) {
        next->endpoint = p;
        ++*count;
    }
    return found;
}

/* Mails are written for where they go. What was written before that was said, and what is asked for
 * again of it, must not reach those for whom it was written. */
static int hold_astray(struct courier *c, struct err *e)
{
    int64_t count = 0;

    if (c->redirect &&
        outbox_hold_astray(c->store, c->redirect,
                           "mail.redirect_all_to is set, and it was written to go elsewhere",
                           &count, e) < 0)
        return -1;
    if (count)
        settle_say(&c->ops, true, "%lld mails were not written for %s: they are held",
                   (long long)count, c->redirect);
    return 0;
}

static int claim_all(struct courier *c, struct claimed *list, size_t *count, struct err *e)
{
    size_t calls = web_busy(c->web);
    int found = 1;

    if (hold_astray(c, e) < 0)
        return -1;
    while (found > 0 && c->mail_busy + *count < c->connections)
        found = claim(c, MAIL_CHANNEL, NULL, list, count, e);
    for (size_t i = 0; found >= 0 && !c->redirect && i < c->endpoint_count && calls < WEBHOOK_CALLS;
         i++) {
        struct endpoint *p = c->endpoints[c->turn++ % c->endpoint_count];

        found = claim(c, endpoint_channel(p), p, list, count, e);
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
            mail_post(c->mail, c->route, &list[i].message, list[i].attempt, now(c));
        }
    }
}

/* Saves what has ended and claims what is due, in one transaction: a commit is the dearest part of
 * a mail. Nothing goes out before its attempt is on the disk. */
static void advance(struct courier *c, bool claiming)
{
    struct claimed list[MAIL_WORKERS + WEBHOOK_CALLS];
    bool ended = settle_count(c->settle) > 0;
    size_t count = 0;
    struct err e = {0};
    int rc;

    if (c->ops.writable && !c->ops.writable(c->ops.arg))
        return;
    if (store_begin(c->store, "csid", now(c), &e) == 0) {
        rc = settle_save(c->settle, &e);
        if (rc == 0 && claiming && !c->paused)
            rc = claim_all(c, list, &count, &e);
        rc = store_end(c->store, rc, &e);
    } else {
        rc = -1;
    }
    if (rc != 0) {
        if (!c->failing) {
            c->failing = xasprintf("the outbox cannot be written, nothing is sent: %s", e.text);
            settle_say(&c->ops, true, "%s", c->failing);
        }
        for (size_t i = 0; i < count; i++)
            outbox_message_clear(&list[i].message);
        if (ended)
            c->ops.idle(c->ops.arg);
        return;
    }
    free(c->failing);
    c->failing = NULL;
    if (ended)
        failpoint("commit");
    settle_saved(c->settle);
    if (count)
        failpoint("attempt");
    hand_over(c, list, count);
    if (ended)
        c->ops.idle(c->ops.arg);
}

void courier_run(struct courier *c)
{
    take_mails(c);
    advance(c, true);
}

void courier_pause(struct courier *c, bool paused)
{
    c->paused = paused;
}

void courier_wake(struct courier *c)
{
    take_mails(c);
    if (settle_count(c->settle))
        advance(c, true);
}

/* Not at once: what else has ended by now is saved with it. */
static void advance_soon(struct courier *c)
{
    if (settle_count(c->settle))
        c->ops.wake(c->ops.arg);
}

void courier_socket(struct courier *c, int fd, int events)
{
    web_socket(c->web, fd, events);
    advance_soon(c);
}

void courier_timeout(struct courier *c)
{
    web_timeout(c->web);
    advance_soon(c);
}

bool courier_beat(struct courier *c, bool failing)
{
    return beat_send(c->beat, failing);
}

const struct courier_beat *courier_beat_state(const struct courier *c)
{
    return beat_state(c->beat);
}

size_t courier_busy(const struct courier *c)
{
    return c->mail_busy + web_busy(c->web) + settle_count(c->settle);
}

const char *courier_failing(const struct courier *c)
{
    return c->failing;
}

const char *courier_mail_down(const struct courier *c)
{
    return settle_down(c->settle);
}

const char *courier_mail_note(const struct courier *c)
{
    return c->note;
}

/* ---- configuration ---- */

struct endpoints {
    struct endpoint **list;
    size_t count;
    struct endpoint *heartbeat; /* NULL: none */
};

static void drop_endpoints(struct endpoint **list, size_t count)
{
    while (count)
        endpoint_drop(list[--count]);
    free(list);
}

static void endpoints_drop(struct endpoints *p)
{
    drop_endpoints(p->list, p->count);
    endpoint_drop(p->heartbeat);
}

static int make_endpoints(const struct courier_config *config, struct endpoints *ret, struct err *e)
{
    struct endpoints p = {.list = xcalloc(config->webhook_count, sizeof *p.list)};
    const char *url = config->heartbeat.url;
    int rc = 0;

    for (; rc == 0 && p.count < config->webhook_count; p.count += rc == 0)
        rc = endpoint_new(&config->webhooks[p.count], &p.list[p.count], e);
    if (rc == 0 && url && *url)
        rc = endpoint_new_ping(&config->heartbeat, &p.heartbeat, e);
    if (rc != 0)
        endpoints_drop(&p);
    else
        *ret = p;
    return rc;
}

/* What addresses are signed with that mails come back to; NULL where none does. Caller frees. */
static int bounce_secret(struct courier *c, const struct courier_config *config, char **ret,
                         struct err *e)
{
    int rc;

    *ret = NULL;
    if (!config->bounce_to || !*config->bounce_to)
        return 0;
    if (store_begin(c->store, "csid", now(c), e) != 0)
        return -1;
    rc = meta_bounce_secret_ensure(c->store, ret, e);
    return store_end(c->store, rc, e);
}

static int make_route(struct courier *c, const struct courier_config *config,
                      struct mail_route **ret, struct err *e)
{
    static const char *const schemes[] = {"maildir:/", "smtp://", "smtps://",
                                          NOTIFY_SCHEME "https://", NOTIFY_SCHEME "http://"};
    struct mail_settings settings = {.url = config->mail_url,
                                     .username = config->username,
                                     .password = config->password,
                                     .ca_file = config->ca_file,
                                     .proxy = config->proxy,
                                     .notify_template = config->notify_template,
                                     .notify_key = config->notify_key};
    char *name, *addr, *secret;
    int rc = -1;
    bool known = false;

    for (size_t i = 0; i < COUNT(schemes); i++)
        known |= strncmp(config->mail_url, schemes[i], strlen(schemes[i])) == 0;
    if (!known)
        return err_set(
            e, ERR_USAGE,
            "mail.url is neither maildir:/PATH nor smtp://, smtps:// or notify+https://");
    if (mail_address(config->mail_from, &name, &addr, e) != 0)
        return err_within(e, "mail.from");
    if (bounce_secret(c, config, &secret, e) == 0) {
        settings.from = addr;
        settings.bounce_to = secret ? config->bounce_to : NULL;
        settings.bounce_secret = secret;
        rc = mail_route_new(&settings, ret, e);
        free(secret);
    }
    free(name);
    free(addr);
    return rc;
}

static bool is_configured(const struct endpoints *p, const char *channel)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(endpoint_channel(p->list[i]), channel) == 0)
            return true;
    }
    return strcmp(channel, MAIL_CHANNEL) == 0;
}

/* What waits for an endpoint that is no more cannot go anywhere. */
static int hold_orphans(struct courier *c, const struct endpoints *p, struct err *e)
{
    char **channels;
    size_t count;
    int rc = 0;

    if (outbox_waiting_channels(c->store, &channels, &count, e) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (rc == 0 && !is_configured(p, channels[i])) {
            rc = outbox_hold_all(c->store, channels[i],
                                 "there is no such endpoint in the configuration any more", now(c),
                                 e);
            settle_say(&c->ops, true, "%s is not configured any more: its messages are held",
                       channels[i]);
        }
        free(channels[i]);
    }
    free(channels);
    return rc;
}

/* The settings were read anew: whatever was at fault may have been mended. Where mails are not to
 * reach those for whom they are, calls are not either. */
static int release_holds(struct courier *c, const struct endpoints *p, bool redirected,
                         struct err *e)
{
    int rc = channel_release_fault(c->store, MAIL_CHANNEL, now(c), e);

    for (size_t i = 0; rc == 0 && i < p->count; i++) {
        const char *channel = endpoint_channel(p->list[i]);

        rc = redirected ? channel_hold(c->store, channel, CHANNEL_BY_FAULT,
                                       "it waits while mail.redirect_all_to is set", now(c), e)
                        : channel_release_fault(c->store, channel, now(c), e);
    }
    return rc;
}

static int settle_channels(struct courier *c, const struct endpoints *p, bool redirected,
                           struct err *e)
{
    int rc;

    if (store_begin(c->store, "csid", now(c), e) != 0)
        return -1;
    rc = release_holds(c, p, redirected, e);
    if (rc == 0)
        rc = hold_orphans(c, p, e);
    return store_end(c->store, rc, e);
}

int courier_configure(struct courier *c, const struct courier_config *config, struct err *e)
{
    bool redirected = config->redirect && *config->redirect;
    struct mail_route *route = NULL;
    struct endpoints p;

    if (make_route(c, config, &route, e) != 0)
        return -1;
    if (make_endpoints(config, &p, e) != 0) {
        mail_route_drop(route);
        return -1;
    }
    /* what the disk refuses leaves the old settings in force, whole */
    if (settle_channels(c, &p, redirected, e) != 0) {
        mail_route_drop(route);
        endpoints_drop(&p);
        return -1;
    }
    mail_route_drop(c->route);
    drop_endpoints(c->endpoints, c->endpoint_count);
    free(c->note);
    c->route = route;
    c->endpoints = p.list;
    c->endpoint_count = p.count;
    c->connections = config->connections ? config->connections : MAIL_USUAL;
    free(c->redirect);
    c->redirect = redirected ? xstrdup(config->redirect) : NULL;
    beat_aim(c->beat, p.heartbeat);
    c->note = mail_route_folder(route)
                  ? xasprintf("no relay configured: mail stays in %s", mail_route_folder(route))
                  : NULL;
    settle_reset(c->settle);
    if (c->redirect)
        settle_say(&c->ops, true,
                   "mail.redirect_all_to is set: every mail goes to %s, webhooks wait",
                   c->redirect);
    return 0;
}

static void free_courier(struct courier *c)
{
    web_close(c->web);
    beat_close(c->beat);
    mail_close(c->mail);
    settle_close(c->settle);
    mail_route_drop(c->route);
    drop_endpoints(c->endpoints, c->endpoint_count);
    free(c->note);
    free(c->redirect);
    free(c->failing);
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
    c->settle = settle_open(store, &c->ops);
    c->mail = mail_open(ops->wake, ops->arg);
    c->web = web_open(&c->ops, web_ended, c);
    c->beat = beat_open(c->web, &c->ops);
    if (courier_configure(c, config, e) != 0 || outbox_recover(store, now(c), &doubtful, e) != 0) {
        free_courier(c);
        return -1;
    }
    if (doubtful)
        settle_say(&c->ops, true,
                   "%lld messages were under way when csid ended: they go again, byte-identical",
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
    if (settle_count(c->settle))
        advance(c, false);
    free_courier(c);
}
