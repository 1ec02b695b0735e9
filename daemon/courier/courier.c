#include "courier/courier.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/mem.h"
#include "courier/beat.h"
#include "courier/mail.h"
#include "courier/settle.h"
#include "courier/ways.h"

struct courier {
    struct store *store;
    struct courier_ops ops;
    struct mail *mail;
    struct web *web;
    struct beat *beat;
    struct ways ways;
    size_t mail_busy;
    bool paused;
    bool orphaned; /* a call to an endpoint that is configured no more has ended */
    struct settle *settle;
    char *failing; /* why the outbox could not be written, NULL when it could */
};

static utc_t now(const struct courier *c)
{
    return c->ops.now(c->ops.arg);
}

static void web_ended(void *arg, const struct outbox_message *m, int64_t attempt,
                      const struct ended *ended)
{
    struct courier *c = arg;

    c->orphaned |= !ways_lead(&c->ways, m->channel);
    settle_add(c->settle, m, attempt, ended);
}

/* What the end of csid has cut off stays without an end: the next start finds it in doubt, and
 * sends it again at once. */
static void take_mails(struct courier *c, bool closing)
{
    struct mail_job *j = mail_take(c->mail);

    while (j) {
        struct mail_job *next = j->next;

        if (!closing || j->ended.verdict != VERDICT_IN_DOUBT)
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

/* What may have arrived goes again, unless somebody is to look first. */
static int hold_doubted(struct courier *c, const char *channel, struct err *e)
{
    int64_t count;

    if (outbox_hold_doubted(c->store, channel,
                            "it may have arrived, and on_doubt is hold: csictl notice retry sends "
                            "it again, notice cancel lets it be",
                            &count, e) < 0)
        return -1;
    if (count)
        settle_say(&c->ops, true, "%lld messages by %s may have arrived: they are held",
                   (long long)count, channel);
    return 0;
}

/* 1 when there was one. */
static int claim(struct courier *c, const char *channel, struct endpoint *p, struct claimed *list,
                 size_t *count, struct err *e)
{
    const struct courier_limits *limits = p ? &p->limits : &c->ways.mail;
    const struct outbox_gate gate = {c->ops.why_not, c->ops.arg};
    struct claimed *next = &list[*count];
    int found;

    if (limits->hold_doubt && hold_doubted(c, channel, e) < 0)
        return -1;
    found = outbox_claim(c->store, channel, gate.why_not ? &gate : NULL, limits->per_minute, now(c),
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

    if (c->ways.redirect &&
        outbox_hold_astray(c->store, c->ways.redirect,
                           "mail.redirect_all_to is set, and it was written to go elsewhere",
                           &count, e) < 0)
        return -1;
    if (count)
        settle_say(&c->ops, true, "%lld mails were not written for %s: they are held",
                   (long long)count, c->ways.redirect);
    return 0;
}

/* Mails within the connections, and one call to each endpoint, whatever the others do: one that
 * never answers takes no place from them. */
static int claim_all(struct courier *c, struct claimed *list, size_t *count, struct err *e)
{
    int found = 1;

    if (hold_astray(c, e) < 0)
        return -1;
    while (found > 0 && c->mail_busy + *count < c->ways.connections)
        found = claim(c, MAIL_CHANNEL, NULL, list, count, e);
    for (size_t i = 0; found >= 0 && !c->ways.redirect && i < c->ways.count; i++) {
        struct endpoint *p = c->ways.endpoints[i];

        if (!web_calling(c->web, endpoint_channel(p)))
            found = claim(c, endpoint_channel(p), p, list, count, e);
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
            mail_post(c->mail, c->ways.route, &list[i].message, list[i].attempt, now(c));
        }
    }
}

/* Saves what has ended and claims what is due, in one transaction: a commit is the dearest part of
 * a mail. */
static int save_and_claim(struct courier *c, bool claiming, struct claimed *list, size_t *count,
                          struct err *e)
{
    int rc;

    if (store_begin(c->store, "csid", now(c), e) != 0)
        return -1;
    rc = settle_save(c->settle, e);
    if (rc == 0 && c->orphaned)
        rc = ways_hold_orphans(&c->ways, c->store, &c->ops, e);
    if (rc == 0 && claiming && !c->paused)
        rc = claim_all(c, list, count, e);
    return store_end(c->store, rc, e);
}

static void stand_still(struct courier *c, struct claimed *list, size_t count, const struct err *e)
{
    if (!c->failing) {
        c->failing = xasprintf("the outbox cannot be written, nothing is sent: %s", e->text);
        settle_say(&c->ops, true, "%s", c->failing);
    }
    for (size_t i = 0; i < count; i++)
        outbox_message_clear(&list[i].message);
}

static void carry_on(struct courier *c, struct claimed *list, size_t count)
{
    free(c->failing);
    c->failing = NULL;
    if (settle_count(c->settle))
        failpoint("commit");
    settle_saved(c->settle);
    c->orphaned = false;
    if (count)
        failpoint("attempt");
    hand_over(c, list, count);
}

/* Nothing goes out before its attempt is on the disk. */
static void advance(struct courier *c, bool claiming)
{
    bool ended = settle_count(c->settle) > 0;
    struct claimed *list;
    size_t count = 0;
    struct err e = {0};

    if (c->ops.writable && !c->ops.writable(c->ops.arg))
        return;
    list = xcalloc(c->ways.connections + c->ways.count, sizeof *list);
    if (save_and_claim(c, claiming, list, &count, &e) == 0)
        carry_on(c, list, count);
    else
        stand_still(c, list, count, &e);
    free(list);
    if (ended)
        c->ops.idle(c->ops.arg);
}

void courier_run(struct courier *c)
{
    take_mails(c, false);
    advance(c, true);
}

void courier_pause(struct courier *c, bool paused)
{
    if (c->paused && !paused)
        settle_reset(c->settle); /* when it is to be tried again was reckoned by another clock */
    c->paused = paused;
}

void courier_wake(struct courier *c)
{
    take_mails(c, false);
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
    return c->ways.note;
}

/* ---- configuration ---- */

int courier_configure(struct courier *c, const struct courier_config *config, struct err *e)
{
    struct ways w;

    if (ways_make(config, c->store, now(c), &w, e) != 0)
        return -1;
    /* what the disk refuses leaves the old settings in force, whole */
    if (ways_apply(&w, c->store, &c->ops, e) != 0) {
        ways_drop(&w);
        return -1;
    }
    ways_drop(&c->ways);
    c->ways = w;
    beat_aim(c->beat, w.heartbeat);
    c->ways.heartbeat = NULL;
    settle_reset(c->settle);
    if (w.redirect)
        settle_say(&c->ops, true,
                   "mail.redirect_all_to is set: every mail goes to %s, webhooks wait", w.redirect);
    return 0;
}

static void free_courier(struct courier *c)
{
    web_close(c->web);
    beat_close(c->beat);
    mail_close(c->mail);
    settle_close(c->settle);
    ways_drop(&c->ways);
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
    /* in this order: what is found in doubt may be for an endpoint that is no more */
    if (outbox_recover(store, now(c), &doubtful, e) != 0 || courier_configure(c, config, e) != 0) {
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
    web_stop(c->web);
    mail_stop(c->mail);
    take_mails(c, true);
    if (settle_count(c->settle))
        advance(c, false);
    free_courier(c);
}
