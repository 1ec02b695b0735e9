#include "engine/escalate_impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/backlog_from.h"
#include "store/deadline.h"
#include "store/record.h"

/* ---- how one stands ---- */

char *escalation_step(const struct escalation *c, size_t level, size_t again)
{
    return again ? xasprintf("level %zu of escalation:%" PRId64 ", again %zu", level, c->id, again)
                 : xasprintf("level %zu of escalation:%" PRId64, level, c->id);
}

bool escalation_is_of(const char *about)
{
    enum record_kind kind;

    return !record_kind_find(about, strcspn(about, ":"), &kind);
}

static bool is_deadline(const struct escalation *c)
{
    return strncmp(c->about, "deadline:", strlen("deadline:")) == 0;
}

/* The subject's title, and who answers for it: of a deadline the director. Caller frees both. */
static int look_up(struct store *s, const struct escalation *c, char **ret_title,
                   char **ret_accountable, struct err *e)
{
    struct deadline d;

    if (!is_deadline(c))
        return escalation_action(s, c->about, ret_title, ret_accountable, e);
    if (deadline_find(s, strtoll(c->about + strlen("deadline:"), NULL, 10), &d, e) < 0)
        return -1;
    *ret_title = xstrdup(d.title);
    *ret_accountable = xstrdup(ROLE_DIRECTOR);
    deadline_clear(&d);
    return 0;
}

static const struct role *role_of(const struct roster *roster, const struct escalation *c,
                                  const struct escalation_level *level, const char *accountable)
{
    const struct role *owner = *c->role ? roster_slug(roster, c->role) : NULL;

    switch (level->kind) {
    case ESCALATE_OWNER:
        return owner;
    case ESCALATE_MANAGER:
        return owner && owner->reports_to ? roster_slug(roster, owner->reports_to) : NULL;
    case ESCALATE_ACCOUNTABLE:
        return accountable ? roster_slug(roster, accountable) : NULL;
    case ESCALATE_ROLE:
        break;
    }
    return roster_slug(roster, level->name);
}

static bool was_told(const struct escalation *c, const char *address)
{
    for (size_t i = 0; i < c->reached_count; i++)
        if (c->reached[i].address && strcasecmp(c->reached[i].address, address) == 0)
            return true;
    return false;
}

static enum escalation_rung rung_of(const struct escalation *c, const struct role *role)
{
    if (!role)
        return RUNG_ABSENT;
    if (!tell_reachable(role))
        return RUNG_EMPTY;
    return was_told(c, role->email) ? RUNG_SAME : RUNG_OPEN;
}

/* The owner is told on the policy's day at the earliest, and once csid knows that it is overdue. */
static struct escalation_state state_of(const struct engine *engine, const struct escalation *c,
                                        const struct escalation_policy *p)
{
    day_t begins = zone_today(engine->zone, c->began_at);
    struct escalation_state state = {.reached_on = DAY_NONE};

    if (p->count) {
        day_t first = workday_add(engine->holidays, c->due_on, p->levels[0].days);

        begins = first.n > begins.n ? first : begins;
    }
    state.told_on = begins;
    for (size_t i = 0; i < c->reached_count; i++) {
        const struct escalation_reached *r = &c->reached[i];

        state.reached = r->level;
        state.reached_on = zone_today(engine->zone, r->at);
        state.empty = !r->address;
        if (!r->address)
            continue;
        state.told = r->level;
        state.told_on = state.reached_on.n > begins.n ? state.reached_on : begins;
    }
    return state;
}

void escalation_standing_clear(struct escalation_standing *st)
{
    free(st->title);
    st->title = NULL;
}

int escalation_stand(struct store *s, const struct engine *engine, const struct roster *roster,
                     const struct escalation *c, struct escalation_standing *ret, struct err *e)
{
    struct escalation_standing st = {.next = {.due = DAY_NONE}};
    char *accountable;

    if (escalation_parse(c->policy, &st.policy, e) < 0 ||
        look_up(s, c, &st.title, &accountable, e) < 0)
        return -1;
    st.state = state_of(engine, c, &st.policy);
    for (size_t i = 0; i < st.policy.count; i++) {
        st.roles[i] = role_of(roster, c, &st.policy.levels[i], accountable);
        st.rungs[i] = rung_of(c, st.roles[i]);
    }
    st.next = escalation_next(&st.policy, engine->holidays, &st.state, st.rungs);
    free(accountable);
    *ret = st;
    return 0;
}

/* The fewest days that any level above the one reached waits, or the last one until it comes again.
 */
static bool waits(const struct engine *engine, const struct escalation_policy *p,
                  const struct escalation_state *st, day_t today)
{
    int least = INT32_MAX;

    for (size_t i = st->reached; i < p->count; i++)
        least = p->levels[i].days < least ? p->levels[i].days : least;
    if (workday_between(engine->holidays, st->told_on, today) >= least)
        return false;
    return today.n - st->told_on.n < 28 * p->every_months + p->every_days ||
           (!p->every_months && !p->every_days);
}

bool escalation_is_early(const struct engine *engine, const struct escalation *c, day_t today)
{
    struct escalation_policy policy;
    struct escalation_state st;
    struct err unreadable; /* is told where it is to be used */

    if (!c->reached_count || escalation_parse(c->policy, &policy, &unreadable) < 0)
        return false;
    st = state_of(engine, c, &policy);
    return st.reached && !st.empty && waits(engine, &policy, &st, today);
}

void escalation_suppose(const struct engine *engine, const struct escalation *c, size_t level,
                        day_t on, struct escalation_standing *st)
{
    const struct role *told = st->roles[level - 1];

    st->state = (struct escalation_state){level, false, on, level, on};
    for (size_t i = level; i < st->policy.count; i++) {
        st->rungs[i] = rung_of(c, st->roles[i]);
        if (st->rungs[i] == RUNG_OPEN && tell_same_person(st->roles[i], told))
            st->rungs[i] = RUNG_SAME;
    }
    st->next = escalation_next(&st->policy, engine->holidays, &st->state, st->rungs);
}

int escalation_observe(struct store *s, struct escalation *c, bool *ret_new, struct err *e)
{
    struct escalation_reached first;

    *ret_new = false;
    if (c->reached_count || utc_is(c->ended_at))
        return 0;
    if (escalation_owner_told(s, c, &first, e) < 0)
        return -1;
    if (!first.address)
        return 0;
    c->reached = xcalloc(1, sizeof *c->reached);
    c->reached[c->reached_count++] = first;
    *ret_new = true;
    return 0;
}

int escalation_backlog(struct store *s, const struct engine *engine, const struct escalation *c,
                       bool *ret, day_t *ret_from, struct err *e)
{
    *ret_from = DAY_NONE;
    *ret = utc_is(c->backlog_at);
    return *ret ? backlog_from(s, engine, c->backlog_at, ret_from, e) : 0;
}

/* ---- what goes on, begins and ends ---- */

struct matching {
    struct check_run *run;
    const struct escalate_item *items;
    size_t item_count;
    struct escalation *list;
    size_t count;
    bool *carried, *held; /* by item: one of the list is of it; by chain: of an item */
    bool changed;         /* a chain was written */
};

static bool is_open(const struct escalation *c)
{
    return !utc_is(c->ended_at);
}

static bool same_subject(const struct escalation *c, const struct escalate_item *item)
{
    return c->due_on.n == item->due_on.n && strcmp(c->about, item->about) == 0;
}

static int compare(const char *about, day_t due_on, const char *role, const struct escalation *c)
{
    int order = strcmp(about, c->about);

    if (order == 0)
        order = (due_on.n > c->due_on.n) - (due_on.n < c->due_on.n);
    return order ? order : strcmp(role, c->role);
}

static int by_subject(const void *a, const void *b)
{
    const struct escalation *x = *(const struct escalation *const *)a;

    return compare(x->about, x->due_on, x->role, *(const struct escalation *const *)b);
}

static int item_order(const void *key, const void *member)
{
    const struct escalate_item *it = key;

    return compare(it->about, it->due_on, it->role, *(const struct escalation *const *)member);
}

/* Of one subject, date and owner there is one open chain at most. */
static void match(struct matching *m)
{
    const struct escalation **open = xcalloc(m->count + 1, sizeof *open);
    size_t count = 0;

    for (size_t k = 0; k < m->count; k++)
        if (is_open(&m->list[k]))
            open[count++] = &m->list[k];
    qsort(open, count, sizeof *open, by_subject);
    for (size_t i = 0; i < m->item_count; i++) {
        const struct escalation **found =
            bsearch(&m->items[i], open, count, sizeof *open, item_order);

        if (!found || m->held[*found - m->list])
            continue;
        m->carried[i] = m->held[*found - m->list] = true;
    }
    free(open);
}

/* One that goes on under another owner is the same: only a later date starts it anew. */
static int begin(struct matching *m, size_t item, struct err *e)
{
    const struct escalate_item *it = &m->items[item];
    struct escalation c = {.about = (char *)(uintptr_t)it->about,
                           .role = (char *)(uintptr_t)it->role,
                           .rule = (char *)(uintptr_t)m->run->check,
                           .due_on = it->due_on};
    int64_t id;
    char *policy;
    int rc;

    for (size_t k = 0; k < m->count; k++)
        if (is_open(&m->list[k]) && !m->held[k] && same_subject(&m->list[k], it)) {
            m->carried[item] = m->held[k] = true;
            return escalation_hand_over(m->run->store, m->list[k].id, it->role, e);
        }
    policy = escalation_text(m->run->engine->escalation);
    rc = escalation_begin(m->run->store, &c, policy, &id, e);
    free(policy);
    m->carried[item] = true;
    return rc;
}

static bool went_up(const struct escalation *c)
{
    for (size_t i = 0; i < c->reached_count; i++)
        if (c->reached[i].level > 1 && c->reached[i].address)
            return true;
    return false;
}

static int end(struct matching *m, const struct escalation *c, struct err *e)
{
    char *why = NULL;
    int rc;

    for (size_t i = 0; i < m->item_count && !why; i++)
        if (same_subject(c, &m->items[i]))
            why = xasprintf("owned by %s by now, and escalated as theirs", m->items[i].role);
    if (why)
        rc = escalation_end(m->run->store, c->id, why, true, e);
    else if ((rc = escalate_why_ended(m->run, c, &why, e)) == 0 && why)
        rc = escalation_end(m->run->store, c->id, why, !went_up(c), e);
    free(why);
    return rc;
}

static int observe_all(struct matching *m, struct err *e)
{
    for (size_t i = 0; i < m->count; i++) {
        struct escalation *c = &m->list[i];
        bool is_new;

        if (escalation_observe(m->run->store, c, &is_new, e) < 0 ||
            (is_new && escalation_reach(m->run->store, c->id, &c->reached[0], e) < 0))
            return -1;
        m->changed |= is_new;
    }
    return 0;
}

static int settle_all(struct matching *m, struct err *e)
{
    match(m);
    for (size_t i = 0; i < m->item_count; i++)
        if (!m->carried[i]) {
            m->changed = true;
            if (begin(m, i, e) < 0)
                return -1;
        }
    for (size_t k = 0; k < m->count; k++)
        if (is_open(&m->list[k]) && !m->held[k]) {
            m->changed = true;
            if (end(m, &m->list[k], e) < 0)
                return -1;
        }
    return 0;
}

/* Brings the chains to what the check has found, and reads them anew where that changed any. */
static int bring_up_to_date(struct check_run *run, const struct escalate_item *items, size_t count,
                            struct escalation **ret, size_t *ret_count, struct err *e)
{
    struct matching m = {.run = run, .items = items, .item_count = count};
    int rc = escalation_unsettled(run->store, run->check, &m.list, &m.count, e);

    if (rc < 0)
        return -1;
    m.carried = xcalloc(count + 1, sizeof *m.carried);
    m.held = xcalloc(m.count + 1, sizeof *m.held);
    rc = observe_all(&m, e);
    if (rc == 0)
        rc = settle_all(&m, e);
    free(m.carried);
    free(m.held);
    if (rc == 0 && !m.changed) {
        *ret = m.list;
        *ret_count = m.count;
        return 0;
    }
    escalations_free(m.list, m.count);
    return rc < 0 ? -1 : escalation_unsettled(run->store, run->check, ret, ret_count, e);
}

int escalate(struct check_run *run, const struct roster *roster, const struct escalate_item *items,
             size_t count, struct err *e)
{
    struct escalation *list;
    size_t list_count;
    int rc;

    if (!run->engine->escalation)
        return 0;
    if (bring_up_to_date(run, items, count, &list, &list_count, e) < 0)
        return -1;
    rc = escalate_climb(run, roster, list, list_count, e);
    if (rc == 0)
        rc = escalate_resolve(run, roster, list, list_count, e);
    escalations_free(list, list_count);
    return rc;
}
