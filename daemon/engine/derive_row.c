#include "engine/derive_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/reckon.h"

static void replace(char **text, char *by)
{
    free(*text);
    *text = by;
}

static void copy(char **text, const char *from)
{
    replace(text, xstrdup(from));
}

static const struct holidays *calendar_of(const struct derive *in, const struct rule *r)
{
    for (size_t i = 0; r->calendar && i < HOLIDAYS_DIVISIONS; i++)
        if (strcmp(holidays_divisions[i], r->calendar) == 0)
            return in->divisions[i];
    return in->home;
}

/* ---- subjects ---- */

char *subject_name(const struct subject *s)
{
    char *first = fact_name(s->record), *second = s->per ? fact_name(s->per) : NULL;
    char *both = second ? xasprintf("%s %s", first, second) : xstrdup(first);

    free(first);
    free(second);
    return both;
}

bool per_covers(const struct subject *s, day_t on)
{
    const char *board = fact_named(s->record, "board"), *other = fact_named(s->per, "board");
    day_t from = fact_day(fact_named(s->per, "agreed_on"));
    day_t until = fact_day(fact_named(s->per, "ended_on"));

    return board && other && strcmp(board, other) == 0 && day_is(from) && from.n < on.n &&
           (!day_is(until) || on.n <= until.n);
}

/* ---- dates ---- */

const char *anchor_every(const struct derive *in, const struct rule *r, const struct anchor *a)
{
    const char *own = fact_first(in->facts, &a->subject, &r->every, NULL);

    return own ? own : r->every_else;
}

day_t anchor_due(const struct derive *in, const struct rule *r, const struct anchor *a,
                 const char *every, int64_t step)
{
    const struct holidays *h = calendar_of(in, r);

    return reckon_roll(r->roll, reckon_step(r, every, step, a->day, h), h);
}

/* ---- what states and closes it ---- */

struct closing {
    const struct record *record; /* NULL: nothing closes it */
    day_t on;
};

static void consider(struct closing *c, const struct record *r, day_t on)
{
    if (day_is(on) && (!c->record || on.n < c->on.n))
        *c = (struct closing){r, on};
}

/* Another record that may close or state what counts from this one. */
static bool is_other(const struct rule *r, const struct anchor *a, const struct record *other)
{
    return other != a->subject.record && fact_holds_itself(other, &r->closed_if) &&
           fact_related(other, a->subject.record);
}

static struct closing find_closing(const struct derive *in, const struct rule *r,
                                   const struct anchor *a)
{
    struct closing c = {NULL, DAY_NONE};

    for (size_t i = 0; i < r->met_by.count; i++)
        consider(&c, a->subject.record,
                 fact_day(fact_value(in->facts, &a->subject, &r->met_by.items[i])));
    for (size_t i = 0; i < r->closed_by.count; i++) {
        const struct fact_list *all = &in->facts->kinds[r->closed_by.items[i].kind];

        for (size_t k = 0; k < all->count; k++) {
            struct subject s = {&all->items[k], NULL};
            day_t on = fact_day(fact_value(in->facts, &s, &r->closed_by.items[i]));

            if (day_is(on) && on.n > a->since.n && is_other(r, a, s.record))
                consider(&c, s.record, on);
        }
    }
    return c;
}

/* What a record states of it, if anything. */
static bool states(const struct derive *in, const struct rule *r, const struct record *by,
                   const struct anchor *a, day_t *ret_from, day_t *ret_to)
{
    const struct rule_paths *p = &r->stated_by;
    struct subject s = {by, NULL};
    day_t from = fact_day(fact_value(in->facts, &s, &p->items[0]));
    day_t to = p->count > 1 ? fact_day(fact_value(in->facts, &s, &p->items[1])) : from;

    if (!day_is(from) || from.n <= a->since.n)
        return false;
    *ret_from = from;
    *ret_to = day_is(to) ? to : from;
    return true;
}

/* Whether a record has a date that would close it: then it is no longer merely expected. */
static bool has_closing(const struct derive *in, const struct rule *r, const struct record *by)
{
    struct subject s = {by, NULL};

    for (size_t i = 0; i < r->closed_by.count; i++)
        if (r->closed_by.items[i].kind == by->kind &&
            fact_value(in->facts, &s, &r->closed_by.items[i]))
            return true;
    return false;
}

/* The record that states it: its own, or what closed it, or the earliest that is expected. */
static const struct record *find_stating(const struct derive *in, const struct rule *r,
                                         const struct anchor *a, const struct closing *c,
                                         day_t *ret_from, day_t *ret_to)
{
    const struct record *own = r->met_by.count ? a->subject.record : c->record;
    const struct record *found = NULL;
    const struct fact_list *all;

    if (!r->stated_by.count)
        return NULL;
    if (own)
        return own->kind == r->stated_by.items[0].kind && states(in, r, own, a, ret_from, ret_to)
                   ? own
                   : NULL;
    all = &in->facts->kinds[r->stated_by.items[0].kind];
    for (size_t i = 0; i < all->count; i++) {
        day_t from, to;

        if (!is_other(r, a, &all->items[i]) || has_closing(in, r, &all->items[i]) ||
            !states(in, r, &all->items[i], a, &from, &to) || (found && from.n >= ret_from->n))
            continue;
        found = &all->items[i];
        *ret_from = from;
        *ret_to = to;
    }
    return found;
}

/* What an officer has stated stays, whatever a record says. */
static void fill_stated(const struct derive *in, const struct rule *r, const struct anchor *a,
                        const struct closing *c, struct deadline *d)
{
    day_t was_from = d->stated_opens_on, was = d->stated_on, from, to;
    const struct record *by;

    if (day_is(d->stated_on) && !d->stated_by)
        return;
    d->stated_opens_on = d->stated_on = DAY_NONE;
    by = find_stating(in, r, a, c, &from, &to);
    replace(&d->stated_by, by ? fact_name(by) : NULL);
    if (by) {
        d->stated_opens_on = from;
        d->stated_on = to;
    }
    if (d->stated_on.n != was.n || d->stated_opens_on.n != was_from.n)
        d->difference_seen = false;
}

/* ---- words ---- */

/* The title with what its placeholders stand for. Caller frees. */
static char *title_of(const struct derive *in, const struct rule *r, const struct anchor *a)
{
    const char *title = fact_title(in->facts, a->subject.record);
    const char *per = a->subject.per ? fact_title(in->facts, a->subject.per) : NULL;
    struct text t = TEXT_INIT;
    char day[DAY_TEXT];

    for (const char *at = r->title; *at;) {
        static const char *const names[] = {"{title}", "{date}", "{per}"};
        const char *values[] = {title ? title : "", day_short(a->day, day), per ? per : ""};
        size_t i = 0;

        while (i < COUNT(names) && strncmp(at, names[i], strlen(names[i])) != 0)
            i++;
        if (i < COUNT(names))
            text_add(&t, values[i]);
        else
            text_add_bytes(&t, at, 1);
        at += i < COUNT(names) ? strlen(names[i]) : 1;
    }
    return text_take(&t);
}

/* A committee's papers are out before the board has met that should see them first. */
static void say_precedes(struct text *t, const struct derive *in, const struct rule *r,
                         const struct anchor *a, day_t due)
{
    const struct fact_list *all = &in->facts->kinds[a->subject.record->kind];
    day_t last = day_is(due) && due.n < a->day.n ? a->day : due;
    char day[DAY_TEXT];

    for (size_t i = 0; r->precedes.count && i < all->count; i++) {
        struct subject s = {&all->items[i], NULL};
        day_t on = fact_day(fact_value(in->facts, &s, a->path));
        const char *title = fact_title(in->facts, s.record);

        if (day_is(on) && on.n > due.n && on.n < last.n && fact_holds(in->facts, &s, &r->precedes))
            text_addf(t, "; before %s meets on %s", title ? title : "the board",
                      day_weekday_short(on, day));
    }
}

static char *reckoning_of(const struct derive *in, const struct rule *r, const struct anchor *a,
                          const char *every, int64_t step)
{
    const struct holidays *h = calendar_of(in, r);
    day_t plain = reckon_step(r, every, step, a->day, h), rolled = reckon_roll(r->roll, plain, h);
    struct text t = TEXT_INIT;
    char was[DAY_TEXT], is[DAY_TEXT];

    reckon_say(&t, r->unit, r->window ? r->opens : r->offset, r->offset, a->day, h);
    if (every)
        text_addf(&t, ", then every %s; this is number %d", every, (int)step + 1);
    if (r->after)
        text_addf(&t, ", when %s is due", r->after);
    else if (a->path != &r->from.items[0])
        text_addf(&t, ", counted from \"%s\" as \"%s\" is not recorded", a->path->field->heading,
                  r->from.items[0].field->heading);
    say_precedes(&t, in, r, a, rolled);
    if (rolled.n != plain.n)
        text_addf(&t, "; %s is no working day, so %s", day_weekday_short(plain, was),
                  day_weekday_short(rolled, is));
    return text_take(&t);
}

/* The slug of who owes it; NULL where no path has one and the rule names nobody. */
static const char *role_of(const struct derive *in, const struct rule *r, const struct anchor *a)
{
    const char *own = fact_first(in->facts, &a->subject, &r->role, NULL);

    return own ? own : r->role_else;
}

/* ---- the row ---- */

void row_end(struct deadline *d, day_t on, const char *why)
{
    d->ended_on = on;
    copy(&d->ended_why, day_is(on) ? why : NULL);
}

static void fill_dates(const struct derive *in, const struct rule *r, const struct anchor *a,
                       const struct closing *c, day_t due, struct deadline *d)
{
    const struct holidays *h = calendar_of(in, r);

    d->computed_on = due;
    d->computed_opens_on = r->window ? reckon(r->unit, r->opens, a->day, h) : DAY_NONE;
    fill_stated(in, r, a, c, d);
    d->due_on = day_is(d->stated_on) ? d->stated_on : due;
    d->opens_on = !r->window             ? DAY_NONE
                  : day_is(d->stated_on) ? d->stated_opens_on
                                         : d->computed_opens_on;
    d->warn_on = !r->window             ? DAY_NONE
                 : day_is(d->stated_on) ? d->stated_on
                                        : reckon(r->unit, r->warn, a->day, h);
    d->data_on = DAY_NONE;
    if (r->cut)
        d->data_on = deadline_cut_on(d, ladder_send_by(in->home, d->due_on));
}

void row_fill(const struct derive *in, const struct rule *r, const struct anchor *a,
              const char *every, day_t due, day_t until, struct deadline *d)
{
    struct closing c = find_closing(in, r, a);
    char *closed = c.record ? fact_name(c.record) : NULL;
    char *owner = fact_name(a->subject.record);
    const char *role = role_of(in, r, a);

    fill_dates(in, r, a, &c, due, d);
    d->first_due_on = anchor_due(in, r, a, every, 0);
    replace(&d->title, title_of(in, r, a));
    replace(&d->reckoning, reckoning_of(in, r, a, every, d->step));
    copy(&d->rule, r->id);
    copy(&d->about, a->about);
    copy(&d->every, every);
    copy(&d->recipient, r->to);
    copy(&d->check_name, r->check);
    copy(&d->citation, r->citation);
    copy(&d->missed, r->missed);
    copy(&d->copy_to, r->copy);
    copy(&d->ladder, r->ladder);
    copy(&d->draft, r->draft);
    copy(&d->role, role ? role : "director");
    row_end(d, closed ? c.on : until, closed ? closed : owner);
    free(closed);
    free(owner);
}
