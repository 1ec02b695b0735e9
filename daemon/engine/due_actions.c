#include "engine/due_actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/digest.h"
#include "engine/quiet.h"
#include "engine/reassign.h"

void due_actions_free(struct due_actions *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].about);
        free(all->items[i].ref);
        free(all->items[i].part);
        free(all->items[i].title);
        free(all->items[i].reason);
        free(all->items[i].mark);
    }
    free(all->items);
    for (size_t i = 0; i < all->plan_count; i++)
        plan_clear(&all->plans[i]);
    free(all->plans);
    roster_free(&all->roster);
    free(all);
}

/* ---- finding ---- */

static const struct ladder *ladder_of(const struct check_run *run)
{
    return &run->engine->policy.ladders[POLICY_actions];
}

static const struct plan *plan_of(const struct due_actions *all, int64_t id)
{
    size_t i = 0;

    while (i < all->plan_count && all->plans[i].id != id)
        i++;
    return i < all->plan_count ? &all->plans[i] : NULL;
}

static const struct rating *rating_of(const struct due_actions *all, const struct action *a,
                                      const struct part *p)
{
    const struct plan *plan = plan_of(all, a->plan_id);

    return plan && p->rating >= 0 && (size_t)p->rating < plan->scheme.count
               ? &plan->scheme.ratings[p->rating]
               : NULL;
}

static struct due_action *of_owner(struct due_actions *all, size_t from, int64_t owner_id)
{
    for (size_t i = from; i < all->count; i++)
        if (all->items[i].owner_id == owner_id)
            return &all->items[i];
    return NULL;
}

static struct due_action *add_item(struct due_actions *all, const struct action *a,
                                   const struct part *p)
{
    const struct plan *plan = plan_of(all, a->plan_id);
    bool several = all->plan_count > 1;

    all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
    all->items[all->count] = (struct due_action){
        .about = xasprintf("%s:%s", a->plan, a->ref),
        .ref = several ? xasprintf("%s:%s", a->plan, a->ref) : xstrdup(a->ref),
        .title = xstrdup(a->title),
        .part = xstrdup(""),
        .plan = plan ? plan->slug : "",
        .owner_id = p->owner_id,
        .role = p->owner_id ? roster_id(&all->roster, p->owner_id) : NULL,
        .due_on = DAY_NONE,
        .order = all->count,
        .changed = a->updated_at,
    };
    return &all->items[all->count++];
}

static void add_part(struct due_actions *all, size_t from, const struct action *a,
                     const struct part *p)
{
    struct due_action *item = of_owner(all, from, p->owner_id);

    if (!item)
        item = add_item(all, a, p);
    if (*p->label) {
        char *both = *item->part ? xasprintf("%s, %s", item->part, p->label) : xstrdup(p->label);

        free(item->part);
        item->part = both;
    }
    if (!day_is(item->due_on) || p->due_on.n < item->due_on.n) {
        item->due_on = p->due_on;
        item->part_id = p->id;
        item->rating = rating_of(all, a, p);
    }
}

struct finding {
    struct due_actions *all;
    const struct check_run *run;
    day_t horizon; /* what is due later is of no concern yet */
};

static void place(const struct check_run *run, struct due_action *d)
{
    const struct ladder *l = ladder_of(run);
    const struct holidays *h = run->engine->holidays;
    day_t send_by = ladder_action_day(l, h, d->due_on);
    int next;

    d->days = d->due_on.n - run->today.n;
    d->place = ladder_place(l, h, send_by, d->due_on, quiet_day(run, send_by));
    next = d->place >= 0 ? d->place + 1 : d->days < 0 ? (int)l->count : 0;
    d->next = ladder_place_day(l, h, send_by, d->due_on, next);
    if (d->place < 0)
        return;
    ladder_place_step(l, d->place, d->step);
    d->on = ladder_place_day(l, h, send_by, d->due_on, d->place);
}

static int collect(void *arg, const struct action *a)
{
    const struct finding *f = arg;
    size_t from = f->all->count;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (p->known && status_is_open(p->status) && day_is(p->due_on) &&
            p->due_on.n <= f->horizon.n)
            add_part(f->all, from, a, p);
    }
    for (size_t i = from; i < f->all->count; i++)
        place(f->run, &f->all->items[i]);
    return 0;
}

static day_t horizon(const struct check_run *run)
{
    day_t ladder = ladder_horizon(ladder_of(run), run->engine->holidays, run->today);
    day_t list = day_add(run->today, ACTION_SOON_DAYS);

    return day_is(ladder) && ladder.n > list.n ? ladder : list;
}

int due_actions_load(struct check_run *run, struct due_actions **ret, struct err *e)
{
    const struct action_query q = {.as_at = run->today, .known_at = UTC_NONE};
    struct due_actions *all = run->digest->actions;
    struct finding f = {all, run, horizon(run)};

    if (!all) {
        all = f.all = xcalloc(1, sizeof *all);
        if (roster_load(run, &all->roster, e) < 0 ||
            plan_all(run->store, &all->plans, &all->plan_count, e) < 0 ||
            action_each(run->store, &q, collect, &f, e) < 0) {
            due_actions_free(all);
            return -1;
        }
        run->digest->actions = all;
    }
    *ret = all;
    return 0;
}

/* ---- why it is told ---- */

bool due_action_is_overdue(const struct due_action *d)
{
    return d->days < 0;
}

struct notice due_action_notice(const struct due_action *d)
{
    bool overdue = due_action_is_overdue(d);

    return (struct notice){
        .event = overdue ? EVENT_ACTION_OVERDUE : EVENT_ACTION_DUE_SOON,
        .about = d->about,
        .due_on = d->due_on,
        .rule = overdue ? CHECK_OVERDUE : CHECK_DUE_SOON,
        .step = d->step,
        .role = d->role ? d->role->slug : "",
        .channel = "mail",
        .reason = d->reason,
    };
}

struct tell_step due_action_step(const struct check_run *run, const struct due_action *d)
{
    return tell_step(ladder_of(run), d->place, d->on);
}

struct action_item due_action_item(const struct due_action *d)
{
    return (struct action_item){
        d->ref,    d->part, d->title, d->rating ? d->rating->label : NULL, d->held ? NULL : d->mark,
        d->due_on, d->days};
}

/* What its owner was told of it before: by the two checks of actions, or when it became theirs.
 * What they were asked for besides is about days of its own. */
struct before {
    const struct due_action *d;
    day_t due_on; /* the last of it: what date it was about, and when; UTC_NONE: nothing */
    utc_t at;
    bool same; /* something of it was about the date that it has now */
};

static int note_before(void *arg, const struct notice_told *n)
{
    struct before *b = arg;

    if (strcmp(n->channel, "mail") != 0 || !n->message || n->is_void ||
        strcmp(n->role, b->d->role->slug) != 0 ||
        (strcmp(n->event, EVENT_ACTION_OVERDUE) != 0 &&
         strcmp(n->event, EVENT_ACTION_DUE_SOON) != 0 &&
         strcmp(n->event, EVENT_ACTION_REASSIGNED) != 0))
        return 0;
    if (!utc_is(b->at)) {
        b->due_on = n->due_on;
        b->at = n->at;
    }
    b->same |= n->due_on.n == b->d->due_on.n;
    return b->same;
}

/* "first: 1 day overdue" */
static void give_mark(struct due_action *d, const char *mark)
{
    char day[DAY_TEXT];

    d->mark = xstrdup(mark);
    if (due_action_is_overdue(d))
        d->reason = xasprintf("%s: %d day%s overdue", mark, -d->days, d->days == -1 ? "" : "s");
    else
        d->reason = xasprintf("%s: due %s", mark, day_weekday_short(d->due_on, day));
}

/* "T+1: 1 day overdue", and "repeat" for those that come again. */
static void give_step(const struct check_run *run, struct due_action *d)
{
    const struct ladder *l = ladder_of(run);

    give_mark(d, d->place >= (int)(l->count + l->after_count) ? "repeat" : d->step);
}

static void give_reopened(const struct check_run *run, struct due_action *d, utc_t closed)
{
    char words[DAY_TEXT];

    d->mark = xstrdup("reopened");
    d->reason = xasprintf("reopened: it was closed on %s",
                          day_short(zone_today(run->engine->zone, closed), words));
}

static void give_due_changed(struct due_action *d, day_t other)
{
    char was[DAY_TEXT];

    d->mark = xasprintf("due changed, was %s", day_short(other, was));
    d->reason = xasprintf("due changed: was %s", was);
}

/* Whether it came to who owns it only when its ladder had begun: it was added or became theirs
 * since, or nobody held their role. */
static int judge_late(const struct check_run *run, const struct due_action *d, day_t begins,
                      bool *ret, struct err *e)
{
    utc_t recorded;
    day_t on;

    if (part_owned_since(run->store, d->part_id, run->today, &on, &recorded, e) < 0)
        return -1;
    *ret = on.n >= begins.n || d->role->from_on.n >= begins.n ||
           (utc_is(recorded) && zone_today(run->engine->zone, recorded).n >= begins.n);
    return 0;
}

/* Of what nobody spoke to its owner before: it was closed all the time, it is new to them, or what
 * stood before has come to its first step. */
static int judge_unheard(const struct check_run *run, struct due_action *d, struct err *e)
{
    const struct ladder *l = ladder_of(run);
    const struct holidays *h = run->engine->holidays;
    day_t begins = ladder_place_day(l, h, ladder_action_day(l, h, d->due_on), d->due_on, 0);
    utc_t begun, closed, other;
    bool late;

    zone_utc(run->engine->zone, (struct local){begins, 0}, &begun, &other);
    if (part_closed_since(run->store, d->part_id, begun, &closed, e) < 0 ||
        judge_late(run, d, begins, &late, e) < 0)
        return -1;
    if (utc_is(closed)) {
        give_reopened(run, d, closed);
    } else if (late) {
        d->mark = xstrdup("new");
        d->reason = xstrdup("new");
    } else {
        give_mark(d, "first");
    }
    return 0;
}

/* Most were told on the step before this one and left alone since: that is one look. */
static int told_in_order(const struct check_run *run, const struct due_action *d, bool *ret,
                         struct err *e)
{
    const struct ladder *l = ladder_of(run);
    struct notice n = due_action_notice(d);
    char step[LADDER_STEP];
    utc_t told = UTC_NONE;

    if (d->place > 0) {
        n.step = ladder_place_step(l, d->place - 1, step);
        n.rule = d->place - 1 < (int)l->count ? CHECK_DUE_SOON : CHECK_OVERDUE;
        if (notice_told_at(run->store, &n, &told, e) < 0)
            return -1;
    }
    *ret = utc_is(told) && told.s > d->changed.s;
    return 0;
}

/* A thing never told, a due date that was told and has moved, what was closed meanwhile, or the
 * step itself. */
static int judge_step(const struct check_run *run, struct due_action *d, struct err *e)
{
    struct before b = {d, DAY_NONE, UTC_NONE, false};
    utc_t closed = UTC_NONE;
    bool in_order, moved = false;

    if (told_in_order(run, d, &in_order, e) < 0)
        return -1;
    if (in_order) {
        give_step(run, d);
        return 0;
    }
    if (notice_each_about(run->store, d->about, note_before, &b, e) < 0)
        return -1;
    if (utc_is(b.at) && b.due_on.n != d->due_on.n &&
        part_was_due(run->store, d->part_id, b.due_on, &moved, e) < 0)
        return -1;
    if (!moved && !b.same)
        return judge_unheard(run, d, e);
    if (!moved && part_closed_since(run->store, d->part_id, b.at, &closed, e) < 0)
        return -1;
    if (moved)
        give_due_changed(d, b.due_on);
    else if (utc_is(closed))
        give_reopened(run, d, closed);
    else
        give_step(run, d);
    return 0;
}

/* The step was told, or has passed; but if the part was closed since and is open again, that is
 * news. */
static int judge_reopened(const struct check_run *run, struct due_action *d, utc_t told,
                          struct err *e)
{
    char step[sizeof d->step], iso[DAY_ISO];
    struct notice n = due_action_notice(d);
    utc_t closed, there;

    if (d->changed.s <= told.s)
        return 0;
    if (part_closed_since(run->store, d->part_id, told, &closed, e) < 0)
        return -1;
    if (!utc_is(closed))
        return 0;
    snprintf(step, sizeof step, "reopened-%s", day_iso(zone_today(run->engine->zone, closed), iso));
    n.step = step;
    if (notice_at(run->store, &n, &there, e) < 0)
        return -1;
    if (utc_is(there))
        return 0;
    memcpy(d->step, step, sizeof step);
    give_reopened(run, d, closed);
    return 0;
}

int due_action_judge(const struct check_run *run, struct due_action *d, struct err *e)
{
    struct notice n = due_action_notice(d);
    struct tell_step step = due_action_step(run, d);
    utc_t told;

    if (d->place < 0 || d->reason)
        return 0;
    if (notice_at(run->store, &n, &told, e) < 0)
        return -1;
    /* a later mail than the step of today would be one of today, of which there is one a day */
    if (!utc_is(told) && step.on.n < run->today.n && tell_passed(run, &n, &step, &told, e) < 0)
        return -1;
    return utc_is(told) ? judge_reopened(run, d, told, e) : judge_step(run, d, e);
}
