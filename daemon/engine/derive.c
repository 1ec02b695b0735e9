#include "engine/derive.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/derive_row.h"
#include "engine/reckon.h"

void deadlines_clear(struct deadlines *all)
{
    for (size_t i = 0; i < all->count; i++)
        deadline_clear(&all->items[i]);
    free(all->items);
    *all = (struct deadlines){0};
}

void deadlines_add(struct deadlines *all, struct deadline d)
{
    all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
    all->items[all->count++] = d;
}

void overlong_clear(struct overlong *all)
{
    for (size_t i = 0; i < all->count; i++)
        free(all->items[i]);
    free(all->items);
    *all = (struct overlong){0};
}

struct work {
    const struct derive *in;
    struct deadlines *out;
    struct overlong *overlong;
    bool *seen; /* beside the rows that stand */
};

/* No series that is asked about is longer; one without end stops by its dates. A year that is
 * mistyped by centuries is, and then the dates of today are not reached. */
#define STEPS_MAX 5000

static const struct deadline *find_row(const struct work *w, const char *rule, const char *about,
                                       int64_t step)
{
    const struct deadlines *rows = w->in->rows;

    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].rule && strcmp(rows->items[i].rule, rule) == 0 &&
            strcmp(rows->items[i].about, about) == 0 && (step < 0 || rows->items[i].step == step))
            return &rows->items[i];
    return NULL;
}

static void keep(struct work *w, const struct deadline *row, struct deadline d)
{
    if (row)
        w->seen[row - w->in->rows->items] = true;
    deadlines_add(w->out, d);
}

/* ---- the dates of one rule and one anchor ---- */

/* Where the rows of a series begin: with the first that stands, else with the last date that has
 * passed when it is recorded; what was owed before csid knew of it is not dug up. */
static int64_t first_step(const struct work *w, const struct rule *r, const struct anchor *a,
                          const char *every)
{
    const struct deadline *row = find_row(w, r->id, a->about, -1);
    int64_t step = row ? row->step : 0;
    day_t next;

    while (every && !row && step < STEPS_MAX && (!r->times || step + 1 < r->times)) {
        next = anchor_due(w->in, r, a, every, step + 1);
        if (!day_is(next) || next.n >= w->in->today.n)
            break;
        step++;
    }
    return step;
}

/* Whether the series stands far enough with this date: it is to come, nobody has met it, and the
 * next is not announced yet. */
static bool is_enough(const struct work *w, const struct rule *r, day_t due, day_t next,
                      const struct deadline *row)
{
    return due.n >= w->in->today.n && !(row && day_is(row->submitted_on)) &&
           (!day_is(next) || next.n > ladder_horizon(&r->steps, w->in->home, w->in->today).n);
}

static bool ended_by_hand(const struct deadline *row)
{
    return row && day_is(row->ended_on) && !row->ended_why;
}

static struct deadline next_row(const struct work *w, const struct rule *r, const struct anchor *a,
                                int64_t step, const struct deadline *row)
{
    const struct deadline *before = row ? NULL : find_row(w, r->id, a->about, -1);
    struct deadline d = row ? deadline_dup(row) : deadline_new();

    d.step = step;
    if (before)
        d.series_id = before->series_id;
    return d;
}

static void note_overlong(struct work *w, const struct rule *r, const struct anchor *a,
                          const char *every)
{
    struct overlong *all = w->overlong;
    char day[DAY_TEXT];

    all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
    all->items[all->count++] = xasprintf(
        "%s of %s: more than %d dates, every %s from %s on; what comes behind them is left "
        "out: is that day right?",
        r->id, a->about, STEPS_MAX, every, day_short(a->day, day));
}

static void yield(struct work *w, const struct rule *r, const struct anchor *a)
{
    const char *every = anchor_every(w->in, r, a);
    day_t until = fact_day(fact_first(w->in->facts, &a->subject, &r->until, NULL));
    int64_t step = first_step(w, r, a, every);

    for (; step < STEPS_MAX && (!r->times || step < r->times); step++) {
        const struct deadline *row = find_row(w, r->id, a->about, step);
        day_t due = anchor_due(w->in, r, a, every, step), next;
        bool over = day_is(until) && day_is(due) && due.n > until.n;
        struct deadline d;

        if (!day_is(due) || (over && !row))
            break;
        d = next_row(w, r, a, step, row);
        if (!day_is(d.submitted_on) && !ended_by_hand(row))
            row_fill(w->in, r, a, every, due, until, &d);
        keep(w, row, d);
        next = anchor_due(w->in, r, a, every, step + 1);
        if (!every || ended_by_hand(row) || (!over && is_enough(w, r, due, next, row)))
            break;
    }
    if (every && step == STEPS_MAX)
        note_overlong(w, r, a, every);
}

/* ---- what a rule counts from ---- */

static const struct rule *find_rule(const struct derive *in, const char *id)
{
    for (size_t i = 0; i < in->rule_count; i++)
        if (strcmp(in->rules[i].id, id) == 0)
            return &in->rules[i];
    return NULL;
}

static bool is_in_force(const struct rule *r, day_t since)
{
    return (!day_is(r->in_force_from) || since.n >= r->in_force_from.n) &&
           (!day_is(r->in_force_to) || since.n <= r->in_force_to.n);
}

/* The day on which what another rule yields is due; DAY_NONE when it yields nothing of that. */
static day_t due_of(const struct work *w, const char *rule, const char *about)
{
    for (size_t i = 0; i < w->out->count; i++) {
        const struct deadline *d = &w->out->items[i];

        if (d->rule && strcmp(d->rule, rule) == 0 && strcmp(d->about, about) == 0)
            return d->due_on;
    }
    return DAY_NONE;
}

static void apply(struct work *w, const struct rule *r, const struct rule *base,
                  struct subject subject)
{
    struct anchor a = {.subject = subject};
    const char *value = fact_first(w->in->facts, &subject, &base->from, &a.path);

    a.since = a.day = fact_day(value);
    if (!day_is(a.since) || !is_in_force(r, a.since) ||
        !fact_holds(w->in->facts, &subject, &base->conditions) ||
        (r != base && !fact_holds(w->in->facts, &subject, &r->conditions)))
        return;
    a.about = subject_name(&subject);
    if (r != base)
        a.day = due_of(w, base->id, a.about);
    if (day_is(a.day) && (!subject.per || per_covers(&subject, a.since)))
        yield(w, r, &a);
    free(a.about);
}

static void apply_rule(struct work *w, const struct rule *r)
{
    const struct rule *base = r->after ? find_rule(w->in, r->after) : r;
    const struct fact_list *records, *others;

    if (!base) /* its pack does not apply */
        return;
    records = &w->in->facts->kinds[base->from.items[0].kind];
    others = r->has_per ? &w->in->facts->kinds[r->per] : NULL;
    for (size_t i = 0; i < records->count; i++) {
        if (!others)
            apply(w, r, base, (struct subject){&records->items[i], NULL});
        for (size_t k = 0; others && k < others->count; k++)
            apply(w, r, base, (struct subject){&records->items[i], &others->items[k]});
    }
}

/* ---- what no rule yields, or none any more ---- */

/* What has ended stays as it did; an end that is still to come was that of what is none now. */
static void withdraw(const struct derive *in, struct deadline *d)
{
    if (!day_is(d->ended_on) || d->ended_on.n > in->today.n)
        row_end(d, in->today, DEADLINE_WITHDRAWN);
}

/* What was added by hand because an instrument asks for it ends with the instrument, and is none
 * where that was cancelled. A source in words of its own is no instrument. */
static void end_with_instrument(const struct derive *in, struct deadline *d)
{
    const struct fact_list *all = &in->facts->kinds[RECORD_INSTRUMENT];
    struct err words;
    int64_t id;

    if (record_number(RECORD_INSTRUMENT, d->source, &id, &words) < 0)
        return;
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].id == id) {
            char *name = fact_name(&all->items[i]);

            row_end(d, fact_day(fact_named(&all->items[i], "lifted_on")), name);
            free(name);
            return;
        }
    withdraw(in, d);
}

static void keep_others(struct work *w)
{
    for (size_t i = 0; i < w->in->rows->count; i++) {
        struct deadline d;

        if (w->seen[i])
            continue;
        d = deadline_dup(&w->in->rows->items[i]);
        if (!day_is(d.submitted_on) && !ended_by_hand(&d)) {
            if (!d.rule)
                end_with_instrument(w->in, &d);
            else
                withdraw(w->in, &d);
        }
        deadlines_add(w->out, d);
    }
}

void derive_all(const struct derive *in, struct deadlines *ret, struct overlong *ret_overlong)
{
    struct work w = {in, ret, ret_overlong, xcalloc(in->rows->count + 1, sizeof *w.seen)};

    for (size_t i = 0; i < in->rule_count; i++)
        apply_rule(&w, &in->rules[i]);
    keep_others(&w);
    free(w.seen);
}
