/* What is due of a chain today: the next level, told in one mail a person; levels in which nobody
 * can be reached are passed over, and the administrator hears of them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/backlog_from.h"
#include "engine/escalate_impl.h"
#include "engine/held.h"
#include "engine/subject.h"
#include "engine/trouble.h"
#include "store/hold.h"

struct climbing {
    struct check_run *run;
    const struct roster *roster;
    struct climb *climbs;
    size_t count, cap;
    size_t *emptied;   /* by role of the roster: subjects that went past it */
    utc_t imported_at; /* of the backlog that was asked about last, and its answer: plans are few */
    day_t backlog_from;
};

static struct notice notice_of(const struct check_run *run, const struct climb *c)
{
    return (struct notice){
        .event = EVENT_ESCALATION,
        .about = c->chain->about,
        .due_on = c->chain->due_on,
        .rule = run->check,
        .step = c->step,
        .role = c->role->slug,
        .reason = c->reason,
    };
}

static void climb_clear(struct climb *c)
{
    free(c->title);
    free(c->step);
    free(c->reason);
}

/* ---- one chain ---- */

/* What the role is to the subject, as the policy has it. */
static char *level_name(const struct escalation_level *level, const struct role *role)
{
    return level->kind == ESCALATE_ROLE ? xstrdup(role->title)
                                        : xasprintf("%s %s", level->name, role->title);
}

static char *reason_of(const struct climb *c, int days)
{
    const struct escalation_policy *p = &c->standing.policy;
    char *who = level_name(&p->levels[c->level - 1], c->role);
    char *reason =
        xasprintf("escalated%s to %s, level %zu of %zu: %d day%s overdue", c->again ? " again" : "",
                  who, c->level, p->count, days, days == 1 ? "" : "s");

    free(who);
    return reason;
}

static size_t times_told(const struct escalation *c, size_t level)
{
    size_t times = 0;

    for (size_t i = 0; i < c->reached_count; i++)
        times += c->reached[i].level == level;
    return times;
}

static struct climb new_climb(const struct check_run *run, const struct escalation *chain,
                              const struct escalation_standing *st)
{
    const struct escalation_next *n = &st->next;
    struct climb c = {.chain = chain,
                      .standing = *st,
                      .role = st->roles[n->level - 1],
                      .level = n->level,
                      .again = n->repeat ? times_told(chain, n->level) : 0,
                      .title = xstrdup(st->title ? st->title : chain->about)};

    c.standing.title = c.title;
    c.step = escalation_step(chain, c.level, c.again);
    c.reason = reason_of(&c, run->today.n - chain->due_on.n);
    return c;
}

/* An acknowledgement stops the climbing of what is not statutory, silences and snoozes that
 * somebody is told. */
static int held_by(struct check_run *run, const struct climb *c, bool empty, char **ret,
                   struct err *e)
{
    struct notice n = notice_of(run, c);
    char day[DAY_TEXT];
    day_t until = DAY_NONE;

    *ret = NULL;
    if (!empty)
        return held_why(run, &n, c->role, ret, e);
    if (subject_is_statutory(n.rule, n.event, n.about))
        return 0;
    if (ack_in_force(run->store, n.about, n.due_on, run->today, &until, e) < 0)
        return -1;
    if (day_is(until))
        *ret = xasprintf("acknowledged, until %s", day_weekday_short(until, day));
    return 0;
}

/* Nobody can be reached in it. Its own check has told so of the owner. */
static int pass_over(struct climbing *x, const struct climb *c, struct err *e)
{
    struct notice n = notice_of(x->run, c);
    struct escalation_reached r = {c->level, c->again, c->role->slug, NULL, x->run->now, 0};
    char *why = tell_why_not(c->role);
    bool fresh = false;
    int rc = 0;

    if (c->level > 1)
        rc = tell_unreached(x->run, &n, why, &fresh, e);
    free(why);
    x->emptied[c->role - x->roster->roles] += fresh;
    if (rc == 0 && !c->standing.next.last)
        rc = escalation_reach(x->run->store, c->chain->id, &r, e);
    return rc;
}

enum outcome { STOP, GO_ON };

static int take_level(struct climbing *x, struct climb *c, enum outcome *ret, struct err *e)
{
    bool empty = !tell_reachable(c->role);
    struct notice n = notice_of(x->run, c);
    char *held;
    int rc;

    *ret = STOP;
    if (c->level == 1 && !empty)
        return 0; /* its check tells it */
    if (held_by(x->run, c, empty, &held, e) < 0)
        return -1;
    if (held) {
        rc = held_note(x->run, &n, held, e);
        free(held);
        return rc;
    }
    if (empty) {
        *ret = c->standing.next.last ? STOP : GO_ON;
        return pass_over(x, c, e);
    }
    x->climbs = xgrow(x->climbs, x->count, &x->cap, sizeof *x->climbs);
    x->climbs[x->count++] = *c;
    *c = (struct climb){0};
    return 0;
}

static void step_past(const struct climbing *x, struct escalation_standing *st)
{
    st->state.reached = st->next.level;
    st->state.empty = true;
    st->state.reached_on = x->run->today;
    st->next = escalation_next(&st->policy, x->run->engine->holidays, &st->state, st->rungs);
}

/* False while its plan's backlog waits for the board, or it is too early for any level. */
static int may_climb(struct climbing *x, const struct escalation *chain, bool *ret, struct err *e)
{
    const struct check_run *run = x->run;
    bool waits;

    if (utc_is(chain->backlog_at) && chain->backlog_at.s != x->imported_at.s) {
        if (backlog_from(run->store, run->engine, chain->backlog_at, &x->backlog_from, e) < 0)
            return -1;
        x->imported_at = chain->backlog_at;
    }
    waits =
        utc_is(chain->backlog_at) && (!day_is(x->backlog_from) || x->backlog_from.n > run->today.n);
    *ret = !waits && !escalation_is_early(run->engine, chain, run->today);
    return 0;
}

static int climb(struct climbing *x, const struct escalation *chain, struct err *e)
{
    struct escalation_standing st;
    enum outcome outcome = GO_ON;
    bool may;
    int rc = may_climb(x, chain, &may, e);

    if (rc < 0 || !may)
        return rc;
    if (escalation_stand(x->run->store, x->run->engine, x->roster, chain, &st, e) < 0) {
        if (e->code != ERR_USAGE)
            return -1;
        trouble_note(x->run, "%s is not escalated, for its policy cannot be read: %s", chain->about,
                     e->text);
        return 0;
    }
    while (rc == 0 && outcome == GO_ON && st.next.level && st.next.due.n <= x->run->today.n) {
        struct climb c = new_climb(x->run, chain, &st);

        rc = take_level(x, &c, &outcome, e);
        climb_clear(&c);
        step_past(x, &st);
    }
    escalation_standing_clear(&st);
    return rc;
}

/* ---- everyone ---- */

static bool concerns(const void *arg, size_t item, const struct role *role)
{
    const struct climbing *x = arg;

    return x->climbs[item].role == role;
}

static struct notice notice(const void *arg, size_t item, const struct role *role)
{
    const struct climbing *x = arg;

    (void)role;
    return notice_of(x->run, &x->climbs[item]);
}

static struct letter letter(const void *arg, const struct news *news, const char **ret_thread,
                            utc_t *ret_until)
{
    const struct climbing *x = arg;

    *ret_until = tell_until(x->run, day_add(x->run->today, ESCALATE_WORTH_DAYS));
    *ret_thread = news->count == 1 ? x->climbs[news->items[0]].chain->about : NULL;
    return escalate_letter(x->run, x->roster, x->climbs, news);
}

/* Who was told; whose mail could not be written is as if nobody could be reached. */
static int record(struct climbing *x, struct err *e)
{
    for (size_t i = 0; i < x->count; i++) {
        const struct climb *c = &x->climbs[i];
        struct notice n = notice_of(x->run, c);
        struct escalation_reached r = {c->level, c->again, c->role->slug, NULL, x->run->now, 0};

        n.channel = "mail";
        if (notice_number(x->run->store, &n, &r.notice, e) < 0)
            return -1;
        r.address = r.notice ? c->role->email : NULL;
        if (escalation_reach(x->run->store, c->chain->id, &r, e) < 0)
            return -1;
    }
    return 0;
}

static char *item_json(const struct climb *c, day_t today)
{
    struct text t = TEXT_INIT;
    char due[DAY_ISO];

    text_add(&t, "{\"about\":");
    text_add_json(&t, c->chain->about);
    text_add(&t, ",\"title\":");
    text_add_json(&t, c->title);
    text_add(&t, ",\"owner\":");
    text_add_json(&t, *c->chain->role ? c->chain->role : NULL);
    text_add(&t, ",\"role\":");
    text_add_json(&t, c->role->slug);
    text_addf(&t, ",\"level\":%zu,\"again\":%zu,\"due_on\":\"%s\",\"days_overdue\":%d}", c->level,
              c->again, day_iso(c->chain->due_on, due), today.n - c->chain->due_on.n);
    return text_take(&t);
}

static int call_endpoints(struct climbing *x, struct err *e)
{
    struct tell_item *items = xcalloc(x->count + 1, sizeof *items);
    int rc;

    for (size_t i = 0; i < x->count; i++)
        items[i] =
            (struct tell_item){x->climbs[i].chain->about, x->climbs[i].step,
                               x->climbs[i].chain->due_on, item_json(&x->climbs[i], x->run->today),
                               .shown = {x->climbs[i].chain->about, x->climbs[i].title,
                                         x->climbs[i].chain->due_on, x->climbs[i].role->title}};
    rc = tell_webhooks(x->run, EVENT_ESCALATION, items, x->count, e);
    for (size_t i = 0; i < x->count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

/* At once, in mails of their own. */
static int tell(struct climbing *x, struct err *e)
{
    const struct findings f = {x->count, x, concerns, notice, .letter = letter};
    struct digest *later = x->run->digest;
    int rc;

    if (!x->count)
        return 0;
    x->run->digest = NULL;
    rc = people_tell(x->run, x->roster, &f, e);
    x->run->digest = later;
    if (rc == 0)
        rc = record(x, e);
    return rc == 0 ? call_endpoints(x, e) : -1;
}

static void tell_of_empty(const struct climbing *x)
{
    for (size_t i = 0; i < x->roster->count; i++) {
        char *why;

        if (!x->emptied[i])
            continue;
        why = tell_why_not(&x->roster->roles[i]);
        trouble_note(x->run, "%zu escalation%s could not be told to %s: %s", x->emptied[i],
                     x->emptied[i] == 1 ? "" : "s", x->roster->roles[i].slug, why);
        free(why);
    }
}

int escalate_climb(struct check_run *run, const struct roster *roster,
                   const struct escalation *list, size_t count, struct err *e)
{
    struct climbing x = {.run = run, .roster = roster, .imported_at = UTC_NONE};
    int rc = 0;

    x.emptied = xcalloc(roster->count + 1, sizeof *x.emptied);
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (!utc_is(list[i].ended_at))
            rc = climb(&x, &list[i], e);
    if (rc == 0)
        rc = tell(&x, e);
    if (rc == 0)
        tell_of_empty(&x);
    for (size_t i = 0; i < x.count; i++)
        climb_clear(&x.climbs[i]);
    free(x.climbs);
    free(x.emptied);
    return rc;
}
