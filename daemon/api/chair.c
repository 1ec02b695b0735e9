/* The chair's quarterly report, as a draft. */
#include "report/chair.h"

#include <stdlib.h>

#include "api/call.h"
#include "base/mem.h"
#include "plan/ladder.h"

static const struct column rating_columns[] = {
    {"code", "RATING", KIND_RATING, false},      {"count", "NOW", KIND_FRACTION, false},
    {"percent", "%", KIND_NUMBER, false},        {"count_before", "BEFORE", KIND_FRACTION, false},
    {"percent_before", "%", KIND_NUMBER, false}, {"change", "CHANGE", KIND_FRACTION, false},
};
static const struct column exception_columns[] = {
    {"ref", "REF", KIND_TEXT, false},
    {"title", "ACTION", KIND_TEXT, true},
    {"owner_title", "OWNER", KIND_TEXT, true},
    {"due_on", "DUE", KIND_DAY, false},
    {"days_over", "DAYS OVER", KIND_NUMBER, false},
};
static const struct column event_columns[] = {
    {"title", "VISIT", KIND_TEXT, true},
    {"from_on", "FROM", KIND_DAY, false},
    {"to_on", "TO", KIND_DAY, false},
    {"received_on", "RECEIVED", KIND_DAY, false},
    {"published_on", "PUBLISHED", KIND_DAY, false},
    {"finding", "FINDING", KIND_TEXT, true},
};
static const struct column done_columns[] = {
    {"title", "DEADLINE", KIND_TEXT, true}, {"role_title", "ROLE", KIND_TEXT, true},
    {"due_on", "DUE", KIND_DAY, false},     {"submitted_on", "SENT", KIND_DAY, false},
    {"late", "LATE", KIND_YES, false},
};
static const struct column missed_columns[] = {
    {"title", "DEADLINE", KIND_TEXT, true},
    {"role_title", "ROLE", KIND_TEXT, true},
    {"due_on", "DUE", KIND_DAY, false},
};
static const struct column ahead_columns[] = {
    {"title", "DEADLINE", KIND_TEXT, true},
    {"role_title", "ROLE", KIND_TEXT, true},
    {"due_on", "DUE", KIND_DAY, false},
    {"send_by", "SEND BY", KIND_DAY, false},
};
static const struct column expected_columns[] = {
    {"title", "EXPECTED", KIND_TEXT, true},
    {"from_on", "FROM", KIND_DAY, false},
    {"to_on", "TO", KIND_DAY, false},
    {"booked", "BOOKED", KIND_YES, false},
};
static const struct section sections[] = {
    {NULL, "ratings", rating_columns, COUNT(rating_columns), NULL},
    {"The longest over", "longest_over", exception_columns, COUNT(exception_columns), NULL},
    {"Visits and letters", "events", event_columns, COUNT(event_columns), "None in the quarter."},
    {"Deadlines met", "met", done_columns, COUNT(done_columns), "None in the quarter."},
    {"Deadlines missed", "missed", missed_columns, COUNT(missed_columns), "None in the quarter."},
    {"Deadlines to come", "to_come", ahead_columns, COUNT(ahead_columns), "None is recorded."},
    {"Visits and letters expected", "expected", expected_columns, COUNT(expected_columns),
     "None is recorded."},
};
static const struct view view = {sections, COUNT(sections), 0};

/* ---- position ---- */

/* What a count is now and was at the last cut-off (NULL: nothing was recorded for it), under
 * key and key_before. */
static void put_both(json_t *o, const char *key, struct fraction now, const struct fraction *before)
{
    char *key_before = xasprintf("%s_before", key);

    json_object_set_new(o, key, fraction_json(now));
    json_object_set_new(o, key_before, before ? fraction_json(*before) : json_null());
    free(key_before);
}

static void put_percents(json_t *o, int now, const int *before)
{
    put_int(o, "percent", now);
    json_object_set_new(o, "percent_before", before ? json_integer(*before) : json_null());
}

static void put_rating(json_t *row, struct fraction now, const struct fraction *before)
{
    put_both(row, "count", now, before);
    json_object_set_new(
        row, "change",
        before ? fraction_json(fraction_add(now, (struct fraction){-before->num, before->den}))
               : json_null());
}

static void put_ratings(const struct call *c, json_t *rows, const struct chair_plan *p)
{
    const struct position *now = &p->now, *before = p->has_before ? &p->before : NULL;
    const struct scheme *scheme = &now->plan.scheme;
    bool unrated = now->all.unrated.num || (before && before->all.unrated.num);
    json_t *row;

    for (size_t i = 0; i < scheme->count; i++) {
        row = put_row(rows);
        put_text(row, "code", scheme->ratings[i].code);
        put_text(row, "label", scheme->ratings[i].label);
        put_text(row, "meaning", meaning_name(scheme->ratings[i].meaning));
        put_rating(row, now->all.counts[i], before ? &before->all.counts[i] : NULL);
        put_percents(row, now->percents[i], before ? &before->percents[i] : NULL);
    }
    if (unrated && c->form.name == FORM_TEXT) { /* so that the table adds up */
        row = put_row(rows);
        put_text(row, "code", "Unrated");
        put_rating(row, now->all.unrated, before ? &before->all.unrated : NULL);
        put_percents(row, now->unrated_percent, before ? &before->unrated_percent : NULL);
    }
}

static void put_position(const struct call *c, json_t *o, const struct chair_plan *p)
{
    const struct position_line *now = &p->now.all, *before = p->has_before ? &p->before.all : NULL;

    put_both(o, "actions", now->actions, before ? &before->actions : NULL);
    put_both(o, "due", now->due, before ? &before->due : NULL);
    put_int(o, "due_percent", p->now.due_percent);
    put_both(o, "past_due", now->overdue, before ? &before->overdue : NULL);
    put_both(o, "unrated", now->unrated, before ? &before->unrated : NULL);
    put_ratings(c, put_list(o, "ratings"), p);
}

static void put_exceptions(json_t *o, const struct chair_plan *p)
{
    json_t *rows = put_list(o, "longest_over");

    put_int(o, "exceptions", (int64_t)p->exceptions);
    for (size_t i = 0; i < p->longest_count; i++) {
        const struct chair_exception *x = &p->longest[i];
        json_t *row = put_row(rows);

        put_text(row, "ref", x->ref);
        put_text(row, "part", x->part);
        put_text(row, "title", x->title);
        put_text(row, "owner_title", x->owner_title);
        put_day(row, "due_on", x->due_on);
        put_int(row, "days_over", x->days_over);
    }
}

/* ---- visits, deadlines, what is expected ---- */

static void put_events(json_t *rows, const struct chair_events *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct chair_event *x = &all->items[i];
        json_t *row = put_row(rows);

        put_text(row, "about", x->about);
        put_text(row, "title", x->title);
        put_day(row, "from_on", x->from_on);
        put_day(row, "to_on", x->to_on);
        put_day(row, "received_on", x->received_on);
        put_day(row, "published_on", x->published_on);
        put_text(row, "finding", x->finding);
    }
}

static void put_deadlines(const struct call *c, json_t *rows, const struct chair_deadlines *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct deadline *d = &all->items[i];
        json_t *row = put_row(rows);

        put_int(row, "id", d->id);
        put_text(row, "title", d->title);
        put_text(row, "to", d->recipient);
        put_text(row, "role", d->role);
        put_text(row, "role_title", d->role_title);
        put_day(row, "due_on", d->due_on);
        put_day(row, "send_by", ladder_send_by(c->when.holidays, d->due_on));
        put_day(row, "submitted_on", d->submitted_on);
        put_flag(row, "late", day_is(d->submitted_on) && d->submitted_on.n > d->due_on.n);
    }
}

static void put_expected(json_t *rows, const struct chair_expecteds *all)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct chair_expected *x = &all->items[i];
        json_t *row = put_row(rows);

        put_text(row, "about", x->about);
        put_text(row, "title", x->title);
        put_day(row, "from_on", x->from_on);
        put_day(row, "to_on", x->to_on);
        put_flag(row, "booked", x->booked);
    }
}

/* ---- the report ---- */

static void put_chair(const struct call *c, json_t *o, const struct chair *r)
{
    put_text(o, "organisation", r->engine->organisation);
    put_text(o, "plan", r->plans[0].now.plan.slug);
    put_day(o, "as_at", r->as_at);
    if (utc_is(r->known_at))
        put_utc(o, "known_at", r->known_at);
    put_day(o, "since", r->since);
    put_day(o, "before_on", chair_before_on(r));
    put_day(o, "until", r->until);
    put_position(c, o, &r->plans[0]);
    put_exceptions(o, &r->plans[0]);
    put_events(put_list(o, "events"), &r->events);
    put_deadlines(c, put_list(o, "met"), &r->met);
    put_deadlines(c, put_list(o, "missed"), &r->missed);
    put_int(o, "unsent_before", (int64_t)r->unsent_before);
    put_deadlines(c, put_list(o, "to_come"), &r->ahead);
    put_expected(put_list(o, "expected"), &r->expected);
}

static void put_head(struct call *c, const struct chair *r)
{
    const struct chair_plan *p = &r->plans[0];
    char due[FRACTION_TEXT], all[FRACTION_TEXT], over[FRACTION_TEXT], was[FRACTION_TEXT];
    char since[DAY_TEXT], as_at[DAY_TEXT], before[DAY_TEXT],
        *title = text_one_line(p->now.plan.title);
    char *compared = p->has_before ? xasprintf("before: %s, with %s past due",
                                               day_short(chair_before_on(r), before),
                                               fraction_text(p->before.all.overdue, was))
                                   : xasprintf("nothing recorded for %s to compare with",
                                               day_short(chair_before_on(r), before));

    c->head = xasprintf("%s, %s: report of the chair for %s to %s\n%s of %s actions due (%d%%); %s "
                        "past due and not complete; %zu off track\n%s\n\n",
                        r->engine->organisation, title, day_short(r->since, since),
                        day_short(r->as_at, as_at), fraction_text(p->now.all.due, due),
                        fraction_text(p->now.all.actions, all), p->now.due_percent,
                        fraction_text(p->now.all.overdue, over), p->exceptions, compared);
    if (r->unsent_before)
        c->foot = xasprintf("\nDue earlier and not recorded as sent: %zu\n", r->unsent_before);
    free(compared);
    free(title);
}

int api_report_chair(struct call *c, struct err *e)
{
    const char *plan = call_text(c, "plan");
    struct chair report;
    utc_t known_at;
    day_t as_at;

    if (call_as_at(c, &as_at, &known_at, e) < 0 ||
        chair_make(c->api->store, c->api->engine, &plan, 1, as_at, known_at, &report, e) < 0)
        return -1;
    call_use_scheme(c, &report.plans[0].now.plan.scheme);
    put_chair(c, call_object(c, &view), &report);
    put_head(c, &report);
    c->markdown = chair_markdown(&report, 1);
    chair_clear(&report);
    return 0;
}
