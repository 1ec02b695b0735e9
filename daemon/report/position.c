#include "report/position.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/action.h"

/* ---- the position ---- */

static void line_clear(struct position_line *l)
{
    free(l->title);
    free(l->counts);
}

void position_clear(struct position *p)
{
    for (size_t i = 0; i < p->priority_count; i++)
        line_clear(&p->priorities[i]);
    line_clear(&p->all);
    free(p->priorities);
    free(p->percents);
    plan_clear(&p->plan);
    *p = (struct position){0};
}

static struct position_line line_new(int number, const char *title, size_t ratings)
{
    struct position_line l = {.number = number,
                              .title = xstrdup(title),
                              .actions = FRACTION_ZERO,
                              .due = FRACTION_ZERO,
                              .unrated = FRACTION_ZERO,
                              .overdue = FRACTION_ZERO,
                              .counts = xcalloc(ratings + 1, sizeof *l.counts)};

    for (size_t i = 0; i < ratings; i++)
        l.counts[i] = FRACTION_ZERO;
    return l;
}

struct counting {
    struct position *position;
    struct priority *priorities; /* beside position->priorities */
    size_t last;
};

static void add_to(struct fraction *sum, struct fraction f)
{
    *sum = fraction_add(*sum, f);
}

/* The known parts of an action share its weight. */
static struct fraction weight(const struct part *parts, size_t count)
{
    int64_t known = 0;

    for (size_t i = 0; i < count; i++)
        known += parts[i].known;
    return known ? fraction_part(known) : FRACTION_ZERO;
}

static void count_part(struct position_line *l, const struct part *p, struct fraction w,
                       day_t as_at)
{
    if (!p->known || !status_counts(p->status))
        return;
    add_to(&l->actions, w);
    if (!day_is(p->due_on) || p->due_on.n > as_at.n)
        return;
    add_to(&l->due, w);
    add_to(p->rating < 0 ? &l->unrated : &l->counts[p->rating], w);
    if (part_date_state(p, as_at) == DATE_OVERDUE)
        add_to(&l->overdue, w);
}

static int count_action(void *arg, const struct standing *st)
{
    struct counting *c = arg;
    struct position *p = c->position;
    struct fraction w = weight(st->parts, st->part_count);

    /* actions of one priority mostly follow one another */
    for (size_t tried = 0; tried < p->priority_count; tried++) {
        if (c->priorities[c->last].id == st->priority_id) {
            for (size_t i = 0; i < st->part_count; i++)
                count_part(&p->priorities[c->last], &st->parts[i], w, p->as_at);
            break;
        }
        c->last = (c->last + 1) % p->priority_count;
    }
    return 0;
}

static void sum_up(struct position *p)
{
    size_t n = p->plan.scheme.count;
    struct fraction *counts = p->all.counts; /* with room for the unrated after the ratings */
    int *percents = xcalloc(n + 1, sizeof *percents);

    for (size_t i = 0; i < p->priority_count; i++) {
        const struct position_line *l = &p->priorities[i];

        add_to(&p->all.actions, l->actions);
        add_to(&p->all.due, l->due);
        add_to(&p->all.unrated, l->unrated);
        add_to(&p->all.overdue, l->overdue);
        for (size_t j = 0; j < n; j++)
            add_to(&counts[j], l->counts[j]);
    }
    counts[n] = p->all.unrated;
    fraction_percent(counts, n + 1, percents);
    p->percents = percents;
    p->unrated_percent = percents[n];
    p->due_percent = fraction_share(p->all.due, p->all.actions);
}

static int count_all(struct store *s, struct position *p, struct err *e)
{
    struct action_query q = {.plan_id = p->plan.id, .as_at = p->as_at, .known_at = p->known_at};
    struct counting c = {.position = p};
    size_t n;
    int rc;

    if (plan_priorities(s, p->plan.id, &c.priorities, &n, e) < 0)
        return -1;
    p->all = line_new(0, "All", p->plan.scheme.count);
    p->priorities = xcalloc(n + 1, sizeof *p->priorities);
    for (p->priority_count = 0; p->priority_count < n; p->priority_count++) {
        const struct priority *from = &c.priorities[p->priority_count];

        p->priorities[p->priority_count] =
            line_new(from->number, from->title, p->plan.scheme.count);
    }
    rc = standing_each(s, &q, false, count_action, &c, e);
    priorities_free(c.priorities, n);
    return rc;
}

int position_make(struct store *s, const char *plan_slug, day_t as_at, utc_t known_at,
                  struct position *ret, struct err *e)
{
    struct position p = {.as_at = as_at, .known_at = known_at};

    if (plan_find(s, plan_slug, &p.plan, e) < 0)
        return -1;
    if (count_all(s, &p, e) < 0) {
        position_clear(&p);
        return -1;
    }
    sum_up(&p);
    *ret = p;
    return 0;
}

/* ---- exceptions ---- */

struct excepting {
    struct store *store;
    const struct plan *plan;
    day_t as_at;
    utc_t known_at;
    int (*row)(void *arg, const struct exception *x);
    void *arg;
    struct fraction past_due;
    bool stopped;
    int rc;
    struct err *e;
};

static bool off_track(const struct excepting *x, const struct part *p)
{
    return p->known && status_counts(p->status) && p->rating >= 0 &&
           x->plan->scheme.ratings[p->rating].meaning == MEANING_OFF_TRACK;
}

static int tell(struct excepting *x, const struct action *a, const struct part *p)
{
    struct exception found = {.action = a,
                              .part = p,
                              .days_over = part_days_overdue(p, x->as_at),
                              .last_update_on = DAY_NONE};
    char *note;

    x->rc =
        action_note_at(x->store, a->id, x->as_at, x->known_at, &note, &found.last_update_on, x->e);
    if (x->rc < 0)
        return -1;
    found.last_update = note;
    x->stopped = x->row(x->arg, &found) != 0;
    free(note);
    return 0;
}

static int except_action(void *arg, const struct action *a)
{
    struct excepting *x = arg;
    struct fraction w = weight(a->parts, a->part_count);

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (p->known && part_date_state(p, x->as_at) == DATE_OVERDUE)
            add_to(&x->past_due, w);
        if (!x->stopped && off_track(x, p) && tell(x, a, p) < 0)
            return -1;
    }
    return 0;
}

int exceptions_each(struct store *s, const struct plan *plan, day_t as_at, utc_t known_at,
                    int (*row)(void *arg, const struct exception *x), void *arg,
                    struct fraction *ret_past_due, struct err *e)
{
    struct action_query q = {
        .plan_id = plan->id, .as_at = as_at, .known_at = known_at, .by_priority = true};
    struct excepting x = {.store = s,
                          .plan = plan,
                          .as_at = as_at,
                          .known_at = known_at,
                          .row = row,
                          .arg = arg,
                          .past_due = FRACTION_ZERO,
                          .e = e};

    if (action_each(s, &q, except_action, &x, e) < 0 || x.rc < 0)
        return -1;
    *ret_past_due = x.past_due;
    return 0;
}
