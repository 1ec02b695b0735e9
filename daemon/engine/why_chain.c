#include "engine/why_chain.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/escalate.h"
#include "engine/subject.h"
#include "store/action.h"
#include "store/backlog.h"
#include "store/deadline.h"
#include "store/hold.h"

/* One escalation, or what would be one if the subject were overdue now. */
struct view {
    struct store *s;
    const struct engine *engine;
    day_t today;
    struct escalation *list;
    size_t count;
    struct escalation ahead;    /* made up: texts of its own */
    const struct escalation *c; /* NULL: there is none */
    struct roster roster;
    struct escalation_standing st;
    bool backlog;
    day_t backlog_from;
};

static void view_clear(struct view *v)
{
    escalation_standing_clear(&v->st);
    escalations_free(v->list, v->count);
    roster_free(&v->roster);
    free(v->ahead.about);
    free(v->ahead.role);
    free(v->ahead.rule);
    free(v->ahead.policy);
}

/* ---- which one ---- */

static bool is_meant(const struct escalation *c, day_t due_on, const char *role)
{
    return (!day_is(due_on) || c->due_on.n == due_on.n) && (!role || strcmp(c->role, role) == 0);
}

/* The one that goes on, else the latest. */
static const struct escalation *pick(const struct view *v, day_t due_on, const char *role)
{
    const struct escalation *best = NULL;

    for (size_t i = 0; i < v->count; i++)
        if (is_meant(&v->list[i], due_on, role) &&
            (!best || utc_is(best->ended_at) || !utc_is(v->list[i].ended_at)))
            best = &v->list[i];
    return best;
}

struct ahead { /* of an action: who owns what of it is due first */
    char *owner;
    day_t due_on;
};

static int note_first(void *arg, const struct action *a)
{
    struct ahead *x = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (!p->known || !status_is_open(p->status) || !day_is(p->due_on) ||
            (day_is(x->due_on) && p->due_on.n >= x->due_on.n))
            continue;
        x->due_on = p->due_on;
        free(x->owner);
        x->owner = xstrdup(p->owner ? p->owner : "");
    }
    return 1;
}

static int look_ahead_action(const struct view *v, const char *about, struct ahead *ret,
                             struct err *e)
{
    struct action_query q = {.as_at = v->today, .known_at = UTC_NONE};
    struct plan plan;

    if (action_find(v->s, about, NULL, &q.action_id, &plan, e) < 0)
        return e->code == ERR_STORAGE ? -1 : 0;
    plan_clear(&plan);
    return action_each(v->s, &q, note_first, ret, e);
}

static int look_ahead_deadline(const struct view *v, const char *about, struct ahead *ret,
                               struct err *e)
{
    enum deadline_state state;
    struct deadline d;

    if (deadline_find(v->s, strtoll(about + strlen("deadline:"), NULL, 10), &d, e) < 0)
        return e->code == ERR_NOTFOUND ? 0 : -1;
    state = deadline_state(&d, v->today);
    if (!deadline_is_window(&d) && (state == DEADLINE_OPEN || state == DEADLINE_OVERDUE) &&
        !(state == DEADLINE_OVERDUE && deadline_was_past(&d, v->engine->zone)))
        *ret = (struct ahead){xstrdup(d.role), d.due_on};
    deadline_clear(&d);
    return 0;
}

/* Not begun: what its chain would be, under the policy of today. */
static int make_up(struct view *v, const char *about, utc_t now, struct err *e)
{
    struct ahead x = {NULL, DAY_NONE};
    utc_t imported_at;
    int rc = 0;

    if (strncmp(about, "deadline:", strlen("deadline:")) == 0)
        rc = look_ahead_deadline(v, about, &x, e);
    else if (escalation_is_of(about))
        rc = look_ahead_action(v, about, &x, e);
    if (rc == 0 && day_is(x.due_on))
        rc = backlog_imported_at(v->s, about, x.due_on, &imported_at, e);
    if (rc == 0 && day_is(x.due_on)) {
        v->ahead = (struct escalation){.about = xstrdup(about),
                                       .role = xstrdup(x.owner),
                                       .rule = xstrdup(""),
                                       .due_on = x.due_on,
                                       .policy = escalation_text(v->engine->escalation),
                                       .began_at = now,
                                       .ended_at = UTC_NONE,
                                       .backlog_at = imported_at};
        v->c = &v->ahead;
    }
    free(x.owner);
    return rc;
}

static int fill(struct view *v, struct err *e)
{
    bool is_new;

    if (v->c != &v->ahead &&
        escalation_observe(v->s, (struct escalation *)(uintptr_t)v->c, &is_new, e) < 0)
        return -1;
    if (escalation_stand(v->s, v->engine, &v->roster, v->c, &v->st, e) < 0)
        return -1;
    return escalation_backlog(v->s, v->engine, v->c, &v->backlog, &v->backlog_from, e);
}

/* To be cleared, also after a failure. `ahead`: one that has not begun is made up. */
static int view_open(struct view *v, utc_t now, const char *about, day_t due_on, const char *role,
                     bool ahead, struct err *e)
{
    int rc;

    if (!v->engine->escalation)
        return 0;
    v->today = zone_today(v->engine->zone, now);
    if (role_all(v->s, v->today, &v->roster.roles, &v->roster.count, e) < 0 ||
        escalation_about(v->s, about, &v->list, &v->count, e) < 0)
        return -1;
    v->c = pick(v, due_on, role);
    if (!v->c) /* its owner is another by now */
        v->c = pick(v, due_on, NULL);
    if (ahead && (!v->c || utc_is(v->c->ended_at))) {
        v->c = NULL;
        rc = make_up(v, about, now, e);
        if (rc < 0)
            return -1;
    }
    return v->c ? fill(v, e) : 0;
}

/* ---- why ---- */

void why_chain_clear(struct why_chain *c)
{
    for (size_t i = 0; i < c->count; i++) {
        free(c->levels[i].name);
        free(c->levels[i].role);
        free(c->levels[i].who);
    }
    free(c->levels);
    free(c->policy);
    free(c->state);
    *c = (struct why_chain){0};
}

static void add_level(struct why_chain *ret, size_t level, const char *name, const char *role,
                      const char *who, const char *state, day_t on)
{
    ret->levels = xgrow(ret->levels, ret->count, &ret->cap, sizeof *ret->levels);
    ret->levels[ret->count++] = (struct why_level){
        level, xstrdup(name), role ? xstrdup(role) : NULL, who ? xstrdup(who) : NULL, state, on};
}

static void add_reached(const struct view *v, struct why_chain *ret)
{
    for (size_t i = 0; i < v->c->reached_count; i++) {
        const struct escalation_reached *r = &v->c->reached[i];
        const struct role *role = roster_slug(&v->roster, r->role);
        const char *name =
            r->level <= v->st.policy.count ? v->st.policy.levels[r->level - 1].name : r->role;

        add_level(ret, r->again ? 0 : r->level, name, role ? role->title : r->role, r->address,
                  r->address ? "told" : "nobody-reached", zone_today(v->engine->zone, r->at));
    }
}

static bool was_reached(const struct view *v, size_t level)
{
    for (size_t i = 0; i < v->c->reached_count; i++)
        if (v->c->reached[i].level == level)
            return true;
    return false;
}

static const char *state_ahead(const struct view *v, size_t level)
{
    if (v->st.rungs[level - 1] == RUNG_ABSENT)
        return "not-recorded";
    if (v->st.rungs[level - 1] == RUNG_SAME)
        return "same-person";
    return v->st.next.level == level && !v->st.next.repeat ? "next" : "later";
}

/* The levels in the policy's order, those that were told again behind them. */
static void add_ahead(const struct view *v, struct why_chain *ret)
{
    const struct escalation_next *next = &v->st.next;

    for (size_t level = 1; level <= v->st.policy.count; level++) {
        const struct role *role = v->st.roles[level - 1];
        const char *state = state_ahead(v, level);

        if (!was_reached(v, level))
            add_level(ret, level, v->st.policy.levels[level - 1].name, role ? role->title : NULL,
                      role ? role->email : NULL, state,
                      strcmp(state, "next") == 0 ? next->due : DAY_NONE);
    }
    if (next->level && next->repeat) {
        const struct role *role = v->st.roles[next->level - 1];

        add_level(ret, 0, v->st.policy.levels[next->level - 1].name, role ? role->title : NULL,
                  role ? role->email : NULL, "next", next->due);
    }
}

static int acknowledged_until(const struct view *v, day_t *ret, struct err *e)
{
    *ret = DAY_NONE;
    if (subject_is_statutory(v->c->rule, EVENT_ESCALATION, v->c->about))
        return 0;
    return ack_in_force(v->s, v->c->about, v->c->due_on, v->today, ret, e);
}

/* What of a backlog waits for; NULL: nothing. Caller frees. */
static char *backlog_text(const struct view *v)
{
    char day[DAY_TEXT];

    if (!v->backlog || (day_is(v->backlog_from) && v->backlog_from.n <= v->today.n))
        return NULL;
    if (day_is(v->backlog_from))
        return xasprintf("it was past due when its plan was first imported: escalated from %s",
                         day_weekday_short(v->backlog_from, day));
    return xstrdup("it was past due when its plan was first imported, and waits for a board that "
                   "is not recorded: csictl meeting add, or reminders.backlog_from");
}

static int state_text(const struct view *v, char **ret, struct err *e)
{
    char began[DAY_TEXT], day[DAY_TEXT], *backlog = backlog_text(v);
    struct text t = TEXT_INIT;
    day_t until;

    if (acknowledged_until(v, &until, e) < 0) {
        free(backlog);
        return -1;
    }
    text_addf(&t, "overdue since csid looked on %s",
              day_weekday_short(zone_today(v->engine->zone, v->c->began_at), began));
    if (utc_is(v->c->ended_at))
        text_addf(&t, "; ended on %s: %s",
                  day_weekday_short(zone_today(v->engine->zone, v->c->ended_at), day), v->c->why);
    else if (!v->st.policy.count)
        text_add(&t, "; goes to nobody: the policy was none");
    else if (backlog)
        text_addf(&t, "; %s", backlog);
    else if (day_is(until))
        text_addf(&t, "; acknowledged, until %s", day_weekday_short(until, day));
    free(backlog);
    *ret = text_take(&t);
    return 0;
}

int why_chain(struct store *s, const struct engine *engine, utc_t now, const char *about,
              day_t due_on, const char *role, struct why_chain *ret, struct err *e)
{
    struct view v = {.s = s, .engine = engine};
    struct why_chain chain = {0};
    int rc = view_open(&v, now, about, due_on, role, false, e);

    if (rc == 0 && v.c) {
        chain.policy = xstrdup(v.c->policy);
        add_reached(&v, &chain);
        if (!utc_is(v.c->ended_at))
            add_ahead(&v, &chain);
        rc = state_text(&v, &chain.state, e);
    }
    view_clear(&v);
    if (rc == 0)
        *ret = chain;
    else
        why_chain_clear(&chain);
    return rc;
}

/* ---- why not ---- */

int why_chain_above(struct store *s, const struct engine *engine, utc_t now, const char *about,
                    const struct role *roles, size_t count, bool *above, struct err *e)
{
    struct view v = {.s = s, .engine = engine};
    int rc = view_open(&v, now, about, DAY_NONE, NULL, true, e);

    for (size_t i = 0; rc == 0 && v.c && i < count; i++)
        for (size_t k = 1; k < v.st.policy.count; k++)
            above[i] |= v.st.roles[k] && strcmp(v.st.roles[k]->slug, roles[i].slug) == 0;
    view_clear(&v);
    return rc;
}

static void add_reason(struct why_reasons *r, const char *code, char *text, day_t on)
{
    r->items = xgrow(r->items, r->count, &r->cap, sizeof *r->items);
    r->items[r->count++] = (struct why_reason){code, text, on};
}

/* The level at which one of those asked would be told, from 2; 0: none is. */
static size_t level_of(const struct view *v, const struct role *roles, size_t count,
                       const bool *asked)
{
    for (size_t k = 1; k < v->st.policy.count; k++)
        for (size_t i = 0; v->st.roles[k] && i < count; i++)
            if (asked[i] && strcmp(v->st.roles[k]->slug, roles[i].slug) == 0)
                return k + 1;
    return 0;
}

static void explain_passed(const struct view *v, size_t level, struct why_reasons *ret)
{
    const struct role *role = v->st.roles[level - 1];

    if (v->st.rungs[level - 1] == RUNG_SAME && !was_reached(v, level))
        add_reason(ret, "passed-over",
                   xasprintf("%s was told of it at another level: one person hears once",
                             role->holder ? role->holder : role->title),
                   DAY_NONE);
    else if (v->st.rungs[level - 1] == RUNG_EMPTY) {
        char *why = tell_why_not(role);

        add_reason(ret, "passed-over",
                   xasprintf("%s, so the next level is told at once: csictl role assign %s --name "
                             "NAME --email ADDRESS",
                             why, role->slug),
                   DAY_NONE);
        free(why);
    }
}

static void explain_level(const struct view *v, size_t level, struct why_reasons *ret)
{
    const struct escalation_next *next = &v->st.next;
    char day[DAY_TEXT], *so_far, *then;
    size_t told = v->st.state.told;

    if (was_reached(v, level) || !next->level || next->repeat)
        return;
    so_far = told ? xasprintf("told so far is %s, on %s", v->st.policy.levels[told - 1].name,
                              day_weekday_short(v->st.state.told_on, day))
                  : xstrdup("nobody has been told yet that it is overdue");
    then = xasprintf("next is %s, on %s at the earliest", v->st.policy.levels[next->level - 1].name,
                     day_weekday_short(next->due, day));
    add_reason(ret, "not-reached",
               xasprintf("level %zu of %zu in the escalation is not reached: %s; %s", level,
                         v->st.policy.count, so_far, then),
               next->level == level ? next->due : DAY_NONE);
    free(so_far);
    free(then);
}

static int explain(const struct view *v, size_t level, struct why_reasons *ret, struct err *e)
{
    char *backlog = backlog_text(v), day[DAY_TEXT];
    day_t until;

    if (backlog)
        add_reason(ret, "backlog", backlog, v->backlog_from);
    if (acknowledged_until(v, &until, e) < 0)
        return -1;
    if (day_is(until))
        add_reason(ret, "acknowledged",
                   xasprintf("acknowledged, until %s: it goes up no further before",
                             day_weekday_short(until, day)),
                   until);
    explain_passed(v, level, ret);
    explain_level(v, level, ret);
    return 0;
}

/* The levels between that never were, as far as they matter to those asked. */
static void explain_absent(const struct view *v, size_t level, struct why_reasons *ret)
{
    for (size_t k = 2; k < level; k++)
        if (v->st.rungs[k - 1] == RUNG_ABSENT && !was_reached(v, k))
            add_reason(ret, "passed-over",
                       xasprintf("no %s is recorded for it, so that level is passed over",
                                 v->st.policy.levels[k - 1].name),
                       DAY_NONE);
}

int why_chain_not(struct store *s, const struct engine *engine, utc_t now, const char *about,
                  const struct role *roles, size_t count, const bool *asked,
                  struct why_reasons *ret, struct err *e)
{
    struct view v = {.s = s, .engine = engine};
    int rc = view_open(&v, now, about, DAY_NONE, NULL, true, e);
    size_t level = rc == 0 && v.c ? level_of(&v, roles, count, asked) : 0;

    if (rc == 0 && v.c && !v.st.policy.count)
        add_reason(ret, "no-escalation",
                   xstrdup("it is not escalated: reminders.escalation was none when it became "
                           "overdue"),
                   DAY_NONE);
    if (level) {
        rc = explain(&v, level, ret, e);
        if (rc == 0)
            explain_absent(&v, level, ret);
    }
    view_clear(&v);
    return rc;
}
