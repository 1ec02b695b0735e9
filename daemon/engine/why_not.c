#include "engine/why_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/checks.h"
#include "engine/held.h"
#include "engine/tell.h"
#include "engine/why_asks.h"
#include "engine/why_chain.h"
#include "store/channel.h"

/* ---- whom it is asked for ---- */

static bool is_asked(const struct role *role, const char *to)
{
    if (!to)
        return true;
    if (strchr(to, '@'))
        return role->email && strcasecmp(role->email, to) == 0;
    return strcasecmp(role->slug, to) == 0 || strcasecmp(role->title, to) == 0;
}

static bool asked_for(const struct question *q, const struct notice_told *n)
{
    for (size_t i = 0; i < q->role_count; i++)
        if (q->asked[i] && strcmp(q->roles[i].slug, n->role) == 0)
            return true;
    return !q->to;
}

static bool any_asked(const struct question *q, bool concerned)
{
    for (size_t i = 0; i < q->role_count; i++)
        if (q->asked[i] && (!concerned || q->concerned[i] || q->above[i]))
            return true;
    return false;
}

static bool never_arrived(const char *state)
{
    static const char *const states[] = {"cancelled", "failed", "expired"};

    for (size_t i = 0; i < COUNT(states); i++)
        if (strcmp(states[i], state) == 0)
            return true;
    return false;
}

static int note_latest(void *arg, const struct notice_told *n)
{
    struct question *q = arg;
    bool held = strcmp(n->channel, CHANNEL_HELD) == 0, mail = strcmp(n->channel, "mail") == 0;
    struct latest *l = held ? &q->held : &q->mail;

    if (n->is_void && !never_arrived(n->state))
        return 0; /* it went, but to who no longer holds the role */
    if (l->id || !(held || (mail && n->message)) || !asked_for(q, n))
        return 0;
    *l = (struct latest){n->id, zone_today(q->engine->zone, n->at), xstrdup(n->state),
                         xstrdup(n->said), xstrdup(n->reason)};
    return mail;
}

static void latest_clear(struct latest *l)
{
    free(l->state);
    free(l->said);
    free(l->reason);
}

/* "chair" is short for the board's, where no role is called so. */
static const char *role_asked(const struct question *q)
{
    for (size_t i = 0; q->to && i < q->role_count; i++)
        if (is_asked(&q->roles[i], q->to))
            return q->to;
    return q->to && strcasecmp(q->to, "chair") == 0 ? ROLE_CHAIR : q->to;
}

static int load(struct question *q, struct err *e)
{
    if (role_all(q->s, q->today, &q->roles, &q->role_count, e) < 0)
        return -1;
    q->concerned = xcalloc(q->role_count + 1, sizeof *q->concerned);
    q->above = xcalloc(q->role_count + 1, sizeof *q->above);
    q->asked = xcalloc(q->role_count + 1, sizeof *q->asked);
    q->to = role_asked(q);
    for (size_t i = 0; i < q->role_count; i++)
        q->asked[i] = is_asked(&q->roles[i], q->to);
    if (notice_each_about(q->s, q->about, note_latest, q, e) < 0 || why_about(q, e) < 0)
        return -1;
    if (q->to && why_chain_above(q->s, q->engine, q->now, q->about, q->roles, q->role_count,
                                 q->above, e) < 0)
        return -1;
    for (size_t i = 0; i < q->role_count; i++)
        q->dated |= q->asked[i] && q->above[i]; /* what goes up does so by its date */
    return 0;
}

static void question_clear(struct question *q)
{
    for (size_t i = 0; i < q->role_count; i++)
        role_clear(&q->roles[i]);
    free(q->roles);
    free(q->concerned);
    free(q->above);
    free(q->asked);
    free(q->closed);
    free(q->unannounced);
    latest_clear(&q->mail);
    latest_clear(&q->held);
}

/* The role that stands for those asked for that are concerned; NULL: any may. */
static const char *role_meant(const struct question *q)
{
    for (size_t i = 0; q->to && i < q->role_count; i++)
        if (q->asked[i] && (q->concerned[i] || q->above[i]))
            return q->roles[i].slug;
    return NULL;
}

/* ---- the reasons ---- */

/* Each sets ret->text when it applies; -1 when the store cannot be read. */

static int no_subject(const struct question *q, struct why_reason *ret, struct err *e)
{
    (void)e;
    if (!q->there)
        ret->text = xasprintf("there is no %s of which anybody is told: actions, deadlines, "
                              "visits, inspections, audits, measures and risks are",
                              q->about);
    return 0;
}

static int besides(const struct question *q, struct why_reason *r, struct err *e)
{
    return q->action && (!q->to || any_asked(q, true))
               ? why_besides(q->s, q->engine, q->now, q->about, role_meant(q), &r->text, e)
               : 0;
}

static int closed(const struct question *q, struct why_reason *ret, struct err *e)
{
    if (!q->closed)
        return 0;
    ret->text =
        xasprintf("nothing more is told of %s: %s", q->action ? "its date" : "it", q->closed);
    return besides(q, ret, e);
}

static int not_announced(const struct question *q, struct why_reason *ret, struct err *e)
{
    (void)e;
    ret->text = xstrdup(q->unannounced);
    return 0;
}

static int nobody_owns_it(const struct question *q, struct why_reason *ret, struct err *e)
{
    (void)e;
    if (!q->owned && !q->closed)
        ret->text = xstrdup("nobody owns it");
    return 0;
}

static int unknown_reader(const struct question *q, struct why_reason *ret, struct err *e)
{
    (void)e;
    if (q->to && !any_asked(q, false))
        ret->text = xasprintf(strchr(q->to, '@') ? "%s holds no role today: csictl role list"
                                                 : "there is no role %s: csictl role list",
                              q->to);
    return 0;
}

static int not_concerned(const struct question *q, struct why_reason *ret, struct err *e)
{
    struct text who = TEXT_INIT;

    (void)e;
    if (!q->to || !any_asked(q, false) || any_asked(q, true) || q->closed)
        return 0;
    text_clear(&who);
    for (size_t i = 0; i < q->role_count; i++)
        if (q->concerned[i])
            text_addf(&who, "%s%s", who.len ? ", " : "", q->roles[i].title);
    ret->text = xasprintf("it does not concern %s, but %s", q->to, who.len ? who.s : "nobody");
    text_free(&who);
    return 0;
}

static int nobody_reached(const struct question *q, struct why_reason *ret, struct err *e)
{
    struct text all = TEXT_INIT;

    (void)e;
    if (q->closed || q->unannounced)
        return 0;
    for (size_t i = 0; i < q->role_count; i++) {
        char *why;

        if (!q->asked[i] || !q->concerned[i] || tell_reachable(&q->roles[i]))
            continue;
        why = tell_why_not(&q->roles[i]);
        text_addf(&all, "%s%s: csictl role assign %s --name NAME --email ADDRESS",
                  all.len ? "; " : "", why, q->roles[i].slug);
        free(why);
    }
    if (all.len)
        ret->text = text_take(&all);
    text_free(&all);
    return 0;
}

static int no_schedule(const struct question *q, struct why_reason *ret, struct err *e)
{
    (void)e;
    if (!q->check)
        ret->text = xstrdup("no check tells of it: csictl check list");
    else if (!scheduler_of(q->engine, q->check))
        ret->text =
            xasprintf("no schedule runs the check %s: add one to csid's configuration", q->check);
    return 0;
}

static int channel_is_held(const struct question *q, struct why_reason *ret, struct err *e)
{
    char *why = NULL;
    bool held;

    if (channel_held(q->s, "mail", &held, &why, e) < 0)
        return -1;
    if (held)
        ret->text = xasprintf("mail is held: %s", why ? why : "no reason was kept");
    free(why);
    return 0;
}

static int held_back(const struct question *q, struct why_reason *ret, struct err *e)
{
    char day[DAY_TEXT];

    (void)e;
    ret->on = q->held.on;
    if (q->held.id)
        ret->text =
            xasprintf("held back on %s: %s", day_weekday_short(ret->on, day), q->held.reason);
    return 0;
}

static int told_already(const struct question *q, struct why_reason *ret, struct err *e)
{
    const struct latest *l = &q->mail;
    char day[DAY_TEXT];

    (void)e;
    if (!l->id || strcmp(l->state, "accepted") != 0)
        return 0;
    ret->on = l->on;
    ret->text = xasprintf("told already: notice %" PRId64 " on %s (%s)", l->id,
                          day_weekday_short(ret->on, day), l->reason);
    return 0;
}

static int not_delivered(const struct question *q, struct why_reason *ret, struct err *e)
{
    const struct latest *l = &q->mail;

    (void)e;
    if (!l->id || strcmp(l->state, "accepted") == 0)
        return 0;
    ret->on = l->on;
    ret->text = xasprintf("notice %" PRId64 " is %s%s%s: csictl notice show %" PRId64, l->id,
                          l->state, l->said ? ": " : "", l->said ? l->said : "", l->id);
    return 0;
}

/* Asked last, for it lets a year pass on a copy, and only of what is told some day. */
static int not_due(const struct question *q, struct why_reason *ret, struct err *e)
{
    struct why_next next = {.at = UTC_NONE};
    char day[DAY_TEXT];

    if (q->closed || q->unannounced || !q->check || !scheduler_of(q->engine, q->check) ||
        !any_asked(q, true))
        return 0;
    if ((!q->action || q->dated) &&
        why_next(q->s, q->engine, q->now, q->check, q->about, role_meant(q), &next, e) < 0)
        return -1;
    if (utc_is(next.at)) {
        ret->on = zone_today(q->engine->zone, next.at);
        ret->text = xasprintf("not due: the next is for %s (%s)", day_weekday_short(ret->on, day),
                              next.reason);
    } else {
        ret->text = xasprintf("not due: nothing is to be told of it within %d months", WHY_MONTHS);
    }
    why_next_clear(&next);
    return besides(q, ret, e);
}

/* Every reason there can be, the weightiest first; `last` ends the search where it applies. */
static const struct {
    const char *code;
    bool last;
    int (*explain)(const struct question *q, struct why_reason *ret, struct err *e);
} explainers[] = {
    {"no-subject", true, no_subject},
    {"closed", false, closed},
    {"not-announced", false, not_announced},
    {"nobody-owns-it", false, nobody_owns_it},
    {"unknown-reader", false, unknown_reader},
    {"not-concerned", false, not_concerned},
    {"nobody-reached", false, nobody_reached},
    {"no-schedule", false, no_schedule},
    {"channel-held", false, channel_is_held},
    {"held-back", false, held_back},
    {"not-delivered", false, not_delivered},
    {"told-already", false, told_already},
    {"escalation", false, NULL}, /* engine/why_chain has codes of its own */
    {"not-due", false, not_due},
};

static int explain(const struct question *q, struct why_reasons *ret, struct err *e)
{
    for (size_t i = 0; i < COUNT(explainers); i++) {
        struct why_reason reason = {explainers[i].code, NULL, DAY_NONE};

        if (!explainers[i].explain) {
            if (q->to && why_chain_not(q->s, q->engine, q->now, q->about, q->roles, q->role_count,
                                       q->asked, ret, e) < 0)
                return -1;
            continue;
        }
        if (explainers[i].explain(q, &reason, e) < 0)
            return -1;
        if (!reason.text)
            continue;
        ret->items = xgrow(ret->items, ret->count, &ret->cap, sizeof *ret->items);
        ret->items[ret->count++] = reason;
        if (explainers[i].last)
            break;
    }
    return 0;
}

int why_not(struct store *s, const struct engine *engine, utc_t now, const char *about,
            const char *to, struct why_reasons *ret, struct err *e)
{
    struct question q = {.s = s,
                         .engine = engine,
                         .now = now,
                         .today = zone_today(engine->zone, now),
                         .about = about,
                         .to = to};
    struct why_reasons all = {0};
    int rc = load(&q, e) < 0 ? -1 : explain(&q, &all, e);

    question_clear(&q);
    if (rc < 0)
        why_reasons_clear(&all);
    else
        *ret = all;
    return rc;
}
