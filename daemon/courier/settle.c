#include "courier/settle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "courier/retry.h"
#include "store/bounce.h"
#include "store/channel.h"
#include "store/notice.h"

#define FAILING_S  (5 * 24 * 60 * 60) /* then an endpoint is disabled */
#define STATUS_MAX 12                 /* 5.999.999 */

/* An attempt that has ended and waits for its transaction: kept here until the disk has taken it.
 */
struct result {
    struct result *next;
    int64_t attempt, message;
    char *channel, *recipient, *message_id;
    utc_t valid_until, at; /* at: when it ended */
    int attempts;
    struct ended ended;
};

struct settle {
    struct store *store;
    const struct courier_ops *ops;
    struct result *first, **last;
    size_t count;
    int troubles;     /* of the mail channel, one after the other */
    utc_t down_until; /* then it is tried again */
    char *down;       /* what is said of it, NULL while it is up */
};

void settle_say(const struct courier_ops *ops, bool warning, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX + 256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    ops->log(ops->arg, warning, text);
}

static utc_t now(const struct settle *s)
{
    return s->ops->now(s->ops->arg);
}

static void result_free(struct result *r)
{
    free(r->channel);
    free(r->recipient);
    free(r->message_id);
    free(r->ended.reply);
    free(r);
}

void settle_add(struct settle *s, const struct outbox_message *m, int64_t attempt,
                const struct ended *ended)
{
    struct result *r = xcalloc(1, sizeof *r);

    r->attempt = attempt;
    r->message = m->id;
    r->channel = xstrdup(m->channel);
    r->recipient = xstrdup(m->recipient);
    r->message_id = xstrdup(m->message_id);
    r->valid_until = m->valid_until;
    r->at = now(s);
    r->attempts = m->attempts;
    r->ended = *ended;
    r->ended.reply = xstrdup(ended->reply);
    *s->last = r;
    s->last = &r->next;
    s->count++;
}

size_t settle_count(const struct settle *s)
{
    return s->count;
}

static bool is_mail(const struct result *r)
{
    return strcmp(r->channel, MAIL_CHANNEL) == 0;
}

/* Whoever was to read a mail that has failed is told anew. */
static int finish(struct settle *s, const struct result *r, enum outbox_state state,
                  const char *reply, utc_t at, struct err *e)
{
    int rc = outbox_finish(s->store, r->attempt, state, reply, at, r->at, e);

    return rc == 0 && state == OUTBOX_FAILED && is_mail(r)
               ? notice_void_mail(s->store, r->message, NULL, e)
               : rc;
}

static int save_accepted(struct settle *s, const struct result *r, struct err *e)
{
    if (!is_mail(r) && channel_answers(s->store, r->channel, e) != 0)
        return -1;
    return finish(s, r, OUTBOX_ACCEPTED, r->ended.reply, UTC_NONE, e);
}

static int save_failed(struct settle *s, const struct result *r, struct err *e)
{
    settle_say(s->ops, true, "%s to %s failed for good: %s", r->channel, r->recipient,
               r->ended.reply);
    return finish(s, r, OUTBOX_FAILED, r->ended.reply, UTC_NONE, e);
}

/* The enhanced status of a reply (RFC 3463): "RCPT: 550 5.1.1 no such user". Where the server has
 * none, that it is for good and no more. */
static const char *status_of(const char *reply, char ret[STATUS_MAX])
{
    const char *code = strstr(reply, " 5.");
    size_t len = code ? strspn(code + 1, "0123456789.") : 0;

    snprintf(ret, STATUS_MAX, "%.*s", len ? (int)len : 5, len ? code + 1 : "5.0.0");
    return ret;
}

static int save_refused(struct settle *s, const struct result *r, struct err *e)
{
    char status[STATUS_MAX];

    return save_failed(s, r, e) == 0
               ? bounce_failed(s->store, r->message, status_of(r->ended.reply, status),
                               r->ended.reply, NULL, e)
               : -1;
}

/* Later, by the published delays; not after the message has lost its point. */
static int save_later(struct settle *s, const struct result *r, struct err *e)
{
    int64_t delay = is_mail(r) ? retry_mail(r->attempts, r->message_id)
                               : retry_webhook(r->attempts, r->ended.wait);
    utc_t at = {now(s).s + delay};
    char *reply;
    int rc;

    if (delay < 0) {
        reply = xasprintf("given up after %d attempts: %s", r->attempts, r->ended.reply);
        settle_say(s->ops, true, "%s to %s: %s", r->channel, r->recipient, reply);
        rc = finish(s, r, OUTBOX_FAILED, reply, UTC_NONE, e);
        free(reply);
        return rc;
    }
    if (utc_is(r->valid_until) && at.s > r->valid_until.s)
        at = r->valid_until;
    return finish(s, r, r->ended.verdict == VERDICT_IN_DOUBT ? OUTBOX_IN_DOUBT : OUTBOX_RETRY,
                  r->ended.reply, at, e);
}

/* An endpoint that has taken no call for five days is left alone until somebody releases it. What
 * waits for it goes on waiting. */
static int save_retry(struct settle *s, const struct result *r, struct err *e)
{
    utc_t since, at = now(s);
    char when[UTC_ISO], *why;
    int rc = save_later(s, r, e);

    if (rc != 0 || is_mail(r))
        return rc;
    if (channel_fails(s->store, r->channel, at, &since, e) != 0)
        return -1;
    if (at.s - since.s < FAILING_S)
        return 0;
    why = xasprintf("every call has failed since %s, the last with: %s", utc_iso(since, when),
                    r->ended.reply);
    settle_say(s->ops, true, "%s is disabled: %s", r->channel, why);
    rc = channel_hold(s->store, r->channel, CHANNEL_BY_ENDPOINT, why, at, e);
    free(why);
    return rc;
}

static void up_again(struct settle *s)
{
    s->troubles = 0;
    free(s->down);
    s->down = NULL;
}

const char *settle_down(const struct settle *s)
{
    return s->down;
}

/* Four workers meet the same trouble at once: it counts once. */
static int save_down(struct settle *s, const struct result *r, struct err *e)
{
    utc_t at = now(s);

    if (!utc_is(s->down_until) || at.s >= s->down_until.s || s->troubles == 0) {
        int64_t delay = retry_mail(++s->troubles, r->channel);
        char when[UTC_ISO];

        if (delay < 0)
            delay = retry_mail(--s->troubles, r->channel);
        if (r->ended.wait) /* it says so itself */
            delay = r->ended.wait;
        s->down_until = (utc_t){at.s + delay};
        free(s->down);
        s->down = xasprintf("%s is down, next try at %s: %s", r->channel,
                            utc_iso(s->down_until, when), r->ended.reply);
        settle_say(s->ops, true, "%s", s->down);
    }
    return outbox_release(s->store, r->attempt, r->ended.reply, s->down_until, r->at, e);
}

static int save_hold(struct settle *s, const struct result *r, struct err *e)
{
    settle_say(s->ops, true, "%s is held until its settings are mended: %s", r->channel,
               r->ended.reply);
    if (outbox_release(s->store, r->attempt, r->ended.reply, now(s), r->at, e) != 0)
        return -1;
    return channel_hold(s->store, r->channel, CHANNEL_BY_FAULT, r->ended.reply, now(s), e);
}

static int save_gone(struct settle *s, const struct result *r, struct err *e)
{
    if (save_failed(s, r, e) != 0)
        return -1;
    return channel_hold(s->store, r->channel, CHANNEL_BY_ENDPOINT,
                        "the endpoint said it is gone (HTTP 410)", now(s), e);
}

/* csid ends before the other side had any of it: nothing is in doubt, and no time is lost. */
static int save_stopped(struct settle *s, const struct result *r, struct err *e)
{
    return outbox_release(s->store, r->attempt, "csid ended before it was sent", now(s), r->at, e);
}

static int (*const savers[VERDICT_COUNT])(struct settle *s, const struct result *r,
                                          struct err *e) = {
    [VERDICT_ACCEPTED] = save_accepted, [VERDICT_RETRY] = save_retry,
    [VERDICT_FAILED] = save_failed,     [VERDICT_REFUSED] = save_refused,
    [VERDICT_IN_DOUBT] = save_retry,    [VERDICT_DOWN] = save_down,
    [VERDICT_HOLD] = save_hold,         [VERDICT_GONE] = save_gone,
    [VERDICT_AGAIN] = save_down,        [VERDICT_STOPPED] = save_stopped,
};

/* A result that the store refuses (ERR_CONFLICT) must not stop the others. */
int settle_save(struct settle *s, struct err *e)
{
    for (const struct result *r = s->first; r; r = r->next) {
        if (is_mail(r) && r->ended.verdict <= VERDICT_IN_DOUBT)
            up_again(s); /* the server spoke about a message */
        if (outbox_carried(s->store, r->attempt, r->ended.peer.address, r->ended.peer.tls, e) ==
                0 &&
            savers[r->ended.verdict](s, r, e) == 0)
            continue;
        if (e->code != ERR_CONFLICT)
            return -1;
        settle_say(s->ops, true, "message %lld: %s", (long long)r->message, e->text);
    }
    return 0;
}

void settle_saved(struct settle *s)
{
    while (s->first) {
        struct result *r = s->first;

        s->first = r->next;
        result_free(r);
    }
    s->last = &s->first;
    s->count = 0;
}

void settle_reset(struct settle *s)
{
    up_again(s);
    s->down_until = UTC_NONE;
}

struct settle *settle_open(struct store *store, const struct courier_ops *ops)
{
    struct settle *s = xcalloc(1, sizeof *s);

    s->store = store;
    s->ops = ops;
    s->last = &s->first;
    settle_reset(s);
    return s;
}

void settle_close(struct settle *s)
{
    settle_saved(s);
    free(s->down);
    free(s);
}
