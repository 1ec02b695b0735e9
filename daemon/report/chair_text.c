/* The chair's report as a text: for a phone, so every line is short and there are lists only. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "notice/compose.h"
#include "plan/ladder.h"
#include "report/chair.h"

#define ROWS_MAX 20 /* of one list; a mail is no archive */

struct writing {
    const struct chair *c;
    struct text t;
    int level;
};

static void add_heading(struct writing *w, int below, const char *text)
{
    text_addf(&w->t, "%s%.*s %s\n\n", w->t.len ? "\n" : "", w->level + below, "######", text);
}

/* A list that is empty says so; one that is too long says how much is left out. */
static size_t begin_list(struct writing *w, size_t count, const char *none)
{
    if (count == 0)
        text_addf(&w->t, "%s\n", none);
    return count < ROWS_MAX ? count : ROWS_MAX;
}

static void end_list(struct writing *w, size_t count)
{
    if (count > ROWS_MAX)
        text_addf(&w->t, "- and %zu more\n", count - ROWS_MAX);
}

static void add_day(struct writing *w, const char *before, day_t day)
{
    char text[DAY_TEXT];

    text_addf(&w->t, "%s%s", before, day_short(day, text));
}

static void add_days(struct writing *w, const char *before, day_t from, day_t to)
{
    add_day(w, before, from);
    if (day_is(to) && to.n > from.n)
        add_day(w, " to ", to);
}

/* ---- position ---- */

/* "; 16 (6%) at 31 May 2017, 7 more"; a percentage below 0 is none. */
static void add_change(struct writing *w, struct fraction now, struct fraction before, int percent)
{
    struct fraction change = fraction_add(now, (struct fraction){-before.num, before.den});
    char was[FRACTION_TEXT], by[FRACTION_TEXT], day[DAY_TEXT];
    bool more = change.num > 0;

    text_addf(&w->t, "; %s", fraction_text(before, was));
    if (percent >= 0)
        text_addf(&w->t, " (%d%%)", percent);
    text_addf(&w->t, " at %s, ", day_short(chair_before_on(w->c), day));
    change.num = more ? change.num : -change.num;
    if (change.num == 0)
        text_add(&w->t, "no change");
    else
        text_addf(&w->t, "%s %s", fraction_text(change, by), more ? "more" : "fewer");
}

static void add_count(struct writing *w, const struct chair_plan *p, const char *label,
                      struct fraction now, int percent, struct fraction before, int percent_before)
{
    char count[FRACTION_TEXT];

    text_add(&w->t, "- ");
    compose_add_safe(&w->t, label);
    text_addf(&w->t, ": %s", fraction_text(now, count));
    if (percent >= 0)
        text_addf(&w->t, " (%d%%)", percent);
    if (p->has_before)
        add_change(w, now, before, percent_before);
    text_add(&w->t, "\n");
}

static void add_counts(struct writing *w, const struct chair_plan *p)
{
    const struct position *now = &p->now, *before = &p->before;
    const struct scheme *scheme = &now->plan.scheme;

    for (size_t i = 0; i < scheme->count; i++)
        add_count(w, p, scheme->ratings[i].label, now->all.counts[i], now->percents[i],
                  before->all.counts[i], before->percents[i]);
    if (now->all.unrated.num || before->all.unrated.num)
        add_count(w, p, "Unrated", now->all.unrated, now->unrated_percent, before->all.unrated,
                  before->unrated_percent);
    add_count(w, p, "Past due and not complete", now->all.overdue, -1, before->all.overdue, -1);
}

static void add_position(struct writing *w, const struct chair_plan *p)
{
    const struct position_line *all = &p->now.all;
    char due[FRACTION_TEXT], actions[FRACTION_TEXT], day[DAY_TEXT];

    add_heading(w, 1, "Position");
    text_add(&w->t, "**");
    compose_add_safe(&w->t, p->now.plan.title);
    text_addf(&w->t, "**: %s of %s actions are due (%d%%).\n\n", fraction_text(all->due, due),
              fraction_text(all->actions, actions), p->now.due_percent);
    add_counts(w, p);
    if (!p->has_before)
        text_addf(&w->t, "\nNothing had been recorded for %s, so there is no change to show.\n",
                  day_short(chair_before_on(w->c), day));
}

/* ---- exceptions ---- */

static void add_exception(struct writing *w, const struct chair_exception *x)
{
    text_add(&w->t, "- **");
    compose_add_safe(&w->t, x->ref);
    text_add(&w->t, "** ");
    compose_add_safe(&w->t, x->title);
    if (*x->part) {
        text_add(&w->t, " (part ");
        compose_add_safe(&w->t, x->part);
        text_add(&w->t, ")");
    }
    text_add(&w->t, " — ");
    compose_add_safe(&w->t, x->owner_title ? x->owner_title : "no owner");
    if (day_is(x->due_on))
        add_day(w, ", due ", x->due_on);
    if (x->days_over)
        text_addf(&w->t, ", %d day%s over", x->days_over, x->days_over == 1 ? "" : "s");
    text_add(&w->t, "\n");
}

static void add_exceptions(struct writing *w, const struct chair_plan *p)
{
    char over[FRACTION_TEXT];

    add_heading(w, 1, "Exceptions");
    text_addf(&w->t, "%zu off track; %s past due and not complete.", p->exceptions,
              fraction_text(p->now.all.overdue, over));
    if (p->exceptions > p->longest_count)
        text_addf(&w->t, " The %zu longest over:", p->longest_count);
    text_add(&w->t, p->longest_count ? "\n\n" : "\n");
    for (size_t i = 0; i < p->longest_count; i++)
        add_exception(w, &p->longest[i]);
}

/* ---- visits, deadlines, what is expected ---- */

static void add_event(struct writing *w, const struct chair_event *x)
{
    text_add(&w->t, "- **");
    compose_add_safe(&w->t, x->title);
    text_add(&w->t, "**");
    add_days(w, ", ", x->from_on, x->to_on);
    text_add(&w->t, x->visit ? "; letter " : "; report ");
    if (day_is(x->received_on))
        add_day(w, "received ", x->received_on);
    else
        text_add(&w->t, "not received");
    if (day_is(x->published_on))
        add_day(w, ", published ", x->published_on);
    if (x->finding) {
        text_add(&w->t, ": ");
        compose_add_safe(&w->t, x->finding);
    }
    text_add(&w->t, "\n");
}

static void add_events(struct writing *w)
{
    const struct chair_events *all = &w->c->events;
    size_t shown;

    add_heading(w, 1, "Visits and letters");
    shown = begin_list(w, all->count, "None in the quarter.");
    for (size_t i = 0; i < shown; i++)
        add_event(w, &all->items[i]);
    end_list(w, all->count);
}

static void add_deadline(struct writing *w, const struct deadline *d, bool ahead)
{
    day_t send_by = ladder_send_by(w->c->engine->holidays, d->due_on);
    char by[DAY_TEXT];

    text_add(&w->t, "- ");
    compose_add_safe(&w->t, d->title);
    if (d->recipient) {
        text_add(&w->t, ", to ");
        compose_add_safe(&w->t, d->recipient);
    }
    add_day(w, ": due ", d->due_on);
    if (ahead)
        text_addf(&w->t, ", send by %s", day_weekday_short(send_by, by));
    else if (!day_is(d->submitted_on))
        text_add(&w->t, ", not recorded as sent");
    else
        add_day(w, d->submitted_on.n > d->due_on.n ? ", sent late, on " : ", sent in time, on ",
                d->submitted_on);
    text_add(&w->t, "\n");
}

static void add_deadlines(struct writing *w, const char *heading, const char *none,
                          const struct chair_deadlines *all)
{
    size_t shown;

    add_heading(w, 1, heading);
    shown = begin_list(w, all->count, none);
    for (size_t i = 0; i < shown; i++)
        add_deadline(w, &all->items[i], all == &w->c->ahead);
    end_list(w, all->count);
}

static void add_unsent_before(struct writing *w)
{
    size_t n = w->c->unsent_before;

    if (n)
        text_addf(&w->t, "\nDue earlier and not recorded as sent: %zu.\n", n);
}

static void add_expected(struct writing *w, const struct chair_expected *x)
{
    text_add(&w->t, "- ");
    compose_add_safe(&w->t, x->title);
    add_days(w, x->booked ? ": " : ": expected ", x->from_on, x->to_on);
    if (!x->booked)
        text_add(&w->t, x->to_on.n < w->c->as_at.n ? ", which has passed"
                        : x->letter                ? ", not received"
                                                   : ", not booked");
    text_add(&w->t, "\n");
}

static void add_all_expected(struct writing *w)
{
    const struct chair_expecteds *all = &w->c->expected;
    size_t shown;

    add_heading(w, 1, "Visits and letters expected");
    shown = begin_list(w, all->count, "None is recorded.");
    for (size_t i = 0; i < shown; i++)
        add_expected(w, &all->items[i]);
    end_list(w, all->count);
}

/* ---- the report ---- */

char *chair_markdown(const struct chair *c, int level)
{
    struct writing w = {c, TEXT_INIT, level};
    char *ahead, day[DAY_TEXT];

    text_clear(&w.t);
    add_heading(&w, 0, "Report of the chair of the improvement board");
    compose_add_safe(&w.t, c->engine->organisation);
    add_day(&w, ": the quarter from ", c->since);
    add_day(&w, " to ", c->as_at);
    text_add(&w.t, ".\n");
    for (size_t i = 0; i < c->plan_count; i++) {
        add_position(&w, &c->plans[i]);
        add_exceptions(&w, &c->plans[i]);
    }
    add_events(&w);
    add_deadlines(&w, "Deadlines met", "None in the quarter.", &c->met);
    add_deadlines(&w, "Deadlines missed", "None in the quarter.", &c->missed);
    add_unsent_before(&w);
    ahead = xasprintf("Deadlines to come, until %s", day_short(c->until, day));
    add_deadlines(&w, ahead, "None is recorded.", &c->ahead);
    free(ahead);
    add_all_expected(&w);
    return text_take(&w.t);
}

static int slugs_of(struct store *s, const char ***ret, size_t *ret_count, struct err *e)
{
    struct plan *plans;

    if (plan_all(s, &plans, ret_count, e) < 0)
        return -1;
    *ret = xcalloc(*ret_count, sizeof **ret);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = xstrdup(plans[i].slug);
        plan_clear(&plans[i]);
    }
    free(plans);
    return 0;
}

int chair_draft(struct store *s, const struct engine *engine, const char *report, day_t as_at,
                utc_t now, char **ret, struct err *e)
{
    const char **slugs;
    struct chair c;
    size_t count;
    int rc;

    (void)now; /* a draft is of all that is known */
    if (strcmp(report, "chair") != 0)
        return err_set(e, ERR_NOTFOUND, "no report is called \"%.40s\"", report);
    if (slugs_of(s, &slugs, &count, e) < 0)
        return -1;
    rc = count ? chair_make(s, engine, slugs, count, as_at, UTC_NONE, &c, e)
               : err_set(e, ERR_NOTFOUND, "no plan is held yet: csictl plan import FILE");
    if (rc == 0) {
        *ret = chair_markdown(&c, 2);
        chair_clear(&c);
    }
    for (size_t i = 0; i < count; i++)
        free((char *)slugs[i]);
    free(slugs);
    return rc;
}
