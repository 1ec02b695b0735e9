#include "engine/due_actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/digest.h"
#include "engine/quiet.h"

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
    const struct ladder *l = &run->engine->policy.ladders[POLICY_actions];
    const struct holidays *h = run->engine->holidays;
    day_t send_by = ladder_action_day(l, h, d->due_on);
    int next;

    d->days = d->due_on.n - run->today.n;
    d->place = ladder_place(l, h, send_by, d->due_on, quiet_day(run, send_by));
    next = d->place >= 0 ? d->place + 1 : d->days < 0 ? (int)l->count : 0;
    d->next = ladder_place_day(l, h, send_by, d->due_on, next);
    if (d->place >= 0)
        ladder_place_step(l, d->place, d->step);
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
    day_t ladder = ladder_horizon(&run->engine->policy.ladders[POLICY_actions],
                                  run->engine->holidays, run->today);
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

struct action_item due_action_item(const struct due_action *d)
{
    return (struct action_item){d->ref,  d->part,   d->title, d->rating ? d->rating->label : NULL,
                                d->mark, d->due_on, d->days};
}

/* What the role was told of the action before, of another date. */
struct before {
    const char *role;
    day_t other; /* the last; DAY_NONE: of none */
};

static int note_before(void *arg, const struct notice_told *n)
{
    struct before *b = arg;

    if (strcmp(n->channel, "mail") != 0 || !n->message || strcmp(n->role, b->role) != 0)
        return 0;
    b->other = n->due_on;
    return 1;
}

/* "T+1: 1 day overdue", and "T+1" for those that come again "repeat". */
static void give_step(const struct check_run *run, struct due_action *d)
{
    const struct ladder *l = &run->engine->policy.ladders[POLICY_actions];
    bool again = d->place >= (int)(l->count + l->after_count);
    char day[DAY_TEXT];

    d->mark = xstrdup(again ? "repeat" : d->step);
    if (due_action_is_overdue(d))
        d->reason = xasprintf("%s: %d day%s overdue", d->mark, -d->days, d->days == -1 ? "" : "s");
    else
        d->reason = xasprintf("%s: due %s", d->mark, day_weekday_short(d->due_on, day));
}

/* A thing never told, a due date that was told and has moved, or the step itself. */
static int judge_step(const struct check_run *run, struct due_action *d, struct err *e)
{
    struct before b = {d->role->slug, DAY_NONE};
    char was[DAY_TEXT];
    bool same;

    if (notice_told(run->store, d->about, d->due_on, b.role, &same, e) < 0)
        return -1;
    if (same) {
        give_step(run, d);
        return 0;
    }
    if (notice_each_about(run->store, d->about, note_before, &b, e) < 0)
        return -1;
    if (day_is(b.other)) {
        d->mark = xasprintf("due changed, was %s", day_short(b.other, was));
        d->reason = xasprintf("due changed: was %s", was);
    } else {
        d->mark = xstrdup("new");
        d->reason = xstrdup("new");
    }
    return 0;
}

/* The step was told; but if the part was closed since and is open again, that is news. */
static int judge_reopened(const struct check_run *run, struct due_action *d, utc_t told,
                          struct err *e)
{
    char step[sizeof d->step], iso[DAY_ISO], words[DAY_TEXT];
    struct notice n = due_action_notice(d);
    utc_t closed, there;
    day_t day;

    if (d->changed.s <= told.s)
        return 0;
    if (part_closed_since(run->store, d->part_id, told, &closed, e) < 0)
        return -1;
    if (!utc_is(closed))
        return 0;
    day = zone_today(run->engine->zone, closed);
    snprintf(step, sizeof step, "reopened-%s", day_iso(day, iso));
    n.step = step;
    if (notice_at(run->store, &n, &there, e) < 0)
        return -1;
    if (utc_is(there))
        return 0;
    memcpy(d->step, step, sizeof step);
    d->mark = xstrdup("reopened");
    d->reason = xasprintf("reopened: it was closed on %s", day_short(day, words));
    return 0;
}

int due_action_judge(const struct check_run *run, struct due_action *d, struct err *e)
{
    struct notice n = due_action_notice(d);
    utc_t told;

    if (d->place < 0 || d->reason)
        return 0;
    if (notice_at(run->store, &n, &told, e) < 0)
        return -1;
    return utc_is(told) ? judge_reopened(run, d, told, e) : judge_step(run, d, e);
}
