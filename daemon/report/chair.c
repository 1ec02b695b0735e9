#include "report/chair.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/checks.h"
#include "store/deadline.h"
#include "store/record.h"

#define QUARTER  3 /* months */
#define LAST_DAY day_from_ymd(9999, 12, 31)

static void exception_clear(struct chair_exception *x)
{
    free(x->ref);
    free(x->part);
    free(x->title);
    free(x->owner_title);
}

static void plan_report_clear(struct chair_plan *p)
{
    position_clear(&p->now);
    position_clear(&p->before);
    for (size_t i = 0; i < p->longest_count; i++)
        exception_clear(&p->longest[i]);
}

static void deadlines_clear(struct chair_deadlines *all)
{
    for (size_t i = 0; i < all->count; i++)
        deadline_clear(&all->items[i]);
    free(all->items);
}

void chair_clear(struct chair *c)
{
    for (size_t i = 0; i < c->plan_count; i++)
        plan_report_clear(&c->plans[i]);
    free(c->plans);
    for (size_t i = 0; i < c->events.count; i++) {
        free(c->events.items[i].about);
        free(c->events.items[i].title);
        free(c->events.items[i].finding);
    }
    free(c->events.items);
    for (size_t i = 0; i < c->expected.count; i++) {
        free(c->expected.items[i].about);
        free(c->expected.items[i].title);
        free(c->expected.items[i].stated_by);
    }
    free(c->expected.items);
    deadlines_clear(&c->met);
    deadlines_clear(&c->missed);
    deadlines_clear(&c->ahead);
    text_free(&c->cancelled);
    *c = (struct chair){0};
}

day_t chair_before_on(const struct chair *c)
{
    return day_add(c->since, -1);
}

static bool within(const struct chair *c, day_t day)
{
    return day_is(day) && day.n >= c->since.n && day.n <= c->as_at.n;
}

/* ---- position and exceptions ---- */

/* Among the longest over, after those as long over that came before it. */
static int note_exception(void *arg, const struct exception *x)
{
    struct chair_plan *p = arg;
    size_t at = p->longest_count;

    p->exceptions++;
    while (at > 0 && p->longest[at - 1].days_over < x->days_over)
        at--;
    if (at == CHAIR_LONGEST)
        return 0;
    if (p->longest_count == CHAIR_LONGEST)
        exception_clear(&p->longest[--p->longest_count]);
    memmove(&p->longest[at + 1], &p->longest[at], (p->longest_count - at) * sizeof p->longest[0]);
    p->longest[at] = (struct chair_exception){
        xstrdup(x->action->ref),       xstrdup(x->part->label), xstrdup(x->action->title),
        xstrdup(x->part->owner_title), x->part->due_on,         x->days_over};
    p->longest_count++;
    return 0;
}

static int add_plan(struct store *s, struct chair *c, const char *slug, struct err *e)
{
    struct chair_plan *p = &c->plans[c->plan_count];
    struct fraction past_due; /* the position has it */

    if (position_make(s, slug, c->as_at, c->known_at, &p->now, e) < 0)
        return -1;
    c->plan_count++;
    if (position_make(s, p->now.plan.slug, chair_before_on(c), c->known_at, &p->before, e) < 0)
        return -1;
    p->has_before = p->before.all.actions.num > 0;
    return exceptions_each(s, &p->now.plan, c->as_at, c->known_at, note_exception, p, &past_due, e);
}

/* ---- what was cancelled ---- */

static int note_cancelled(void *arg, const struct record *r)
{
    struct chair *c = arg;

    record_falls(r, &c->cancelled);
    return 0;
}

static int add_cancelled(struct store *s, struct chair *c, struct err *e)
{
    static const enum record_kind kinds[] = {RECORD_INSPECTION, RECORD_VISIT,
                                             RECORD_MEETING,    RECORD_DECISION,
                                             RECORD_INSTRUMENT, RECORD_REQUIREMENT};

    for (size_t i = 0; i < COUNT(kinds); i++)
        if (record_each_known(s, kinds[i], c->known_at, note_cancelled, c, e) < 0)
            return -1;
    return 0;
}

/* What was never owed, as at whatever day; that something was sent stays true. */
static bool is_of_none(const struct chair *c, const struct deadline *d)
{
    const char *about = d->rule ? d->about : d->source;

    return about && c->cancelled.len && !day_is(d->submitted_on) &&
           text_has_word(c->cancelled.s, about);
}

/* ---- deadlines and windows ---- */

static void keep(struct chair_deadlines *all, const struct deadline *d)
{
    all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
    all->items[all->count++] = deadline_dup(d);
}

static void expect(struct chair *c, struct chair_expected x)
{
    c->expected.items =
        xgrow(c->expected.items, c->expected.count, &c->expected.cap, sizeof *c->expected.items);
    c->expected.items[c->expected.count++] = x;
}

/* A letter is awaited until the day it came; what is booked is no longer open, whenever it will be.
 */
static void note_window(struct chair *c, const struct deadline *d)
{
    bool letter = strcmp(d->check_name, CHECK_LETTERS) == 0;
    bool closed = day_is(d->ended_on) && (!letter || d->ended_on.n <= c->as_at.n);

    if (!closed && d->opens_on.n <= c->until.n)
        expect(c, (struct chair_expected){xasprintf("deadline:%" PRId64, d->id), xstrdup(d->title),
                                          d->opens_on, d->due_on, false, letter,
                                          xstrdup(d->stated_by)});
}

/* As it stood at the cut-off: what was sent later had not gone yet. */
static int note_deadline(void *arg, const struct deadline *d)
{
    struct chair *c = arg;
    struct deadline at = *d; /* shares the texts */
    enum deadline_state state;

    if (is_of_none(c, d))
        return 0;
    if (deadline_is_window(d)) {
        note_window(c, d);
        return 0;
    }
    if (day_is(d->submitted_on) && d->submitted_on.n > c->as_at.n)
        at.submitted_on = DAY_NONE;
    state = deadline_state(&at, c->as_at);
    if (state == DEADLINE_SUBMITTED && within(c, at.submitted_on))
        keep(&c->met, &at);
    else if (state == DEADLINE_OVERDUE && within(c, at.due_on))
        keep(&c->missed, &at);
    else if (state == DEADLINE_OVERDUE)
        c->unsent_before++;
    else if (state == DEADLINE_OPEN && at.due_on.n <= c->until.n)
        keep(&c->ahead, &at);
    return 0;
}

/* ---- visits and inspections ---- */

/* DAY_NONE without, or when it lies after `last`. */
static day_t day_of(const struct record *r, const char *name, day_t last)
{
    struct record at = *r; /* shares the values */
    const char *value = *record_value(&at, name);
    day_t day;

    return value && day_parse_iso(value, &day) == 0 && day.n <= last.n ? day : DAY_NONE;
}

static char *about_of(const struct record *r)
{
    return xasprintf("%s:%" PRId64, record_def(r->kind)->name, r->id);
}

static bool has_window(const struct chair *c, const char *about)
{
    for (size_t i = 0; i < c->expected.count; i++)
        if (c->expected.items[i].stated_by && strcmp(c->expected.items[i].stated_by, about) == 0)
            return true;
    return false;
}

static void note_ahead(struct chair *c, const struct record *r, bool booked)
{
    const char *to = booked ? "to_on" : "expected_to_on";
    char *about = about_of(r);
    struct chair_expected x = {about, NULL, DAY_NONE, DAY_NONE, booked, false, NULL};

    x.from_on = day_of(r, booked ? "from_on" : "expected_from_on", c->until);
    x.to_on = day_of(r, to, LAST_DAY);
    if (!day_is(x.from_on) || (!booked && has_window(c, about))) {
        free(about);
        return;
    }
    x.title = record_title(r);
    if (!day_is(x.to_on))
        x.to_on = x.from_on;
    expect(c, x);
}

static void note_event(struct chair *c, const struct record *r, const char *received,
                       const char *published, char *finding)
{
    struct chair_event x = {.visit = r->kind == RECORD_VISIT,
                            .about = about_of(r),
                            .title = record_title(r),
                            .finding = finding,
                            .from_on = day_of(r, "from_on", c->as_at),
                            .to_on = day_of(r, "to_on", LAST_DAY),
                            .received_on = day_of(r, received, c->as_at),
                            .published_on = day_of(r, published, c->as_at)};

    c->events.items =
        xgrow(c->events.items, c->events.count, &c->events.cap, sizeof *c->events.items);
    c->events.items[c->events.count++] = x;
}

/* Whether it went on, or its letter or report came, in the quarter. */
static bool happened(const struct chair *c, const struct record *r, const char *received,
                     const char *published)
{
    day_t from = day_of(r, "from_on", c->as_at), to = day_of(r, "to_on", LAST_DAY);

    return day_is(from) &&
           ((day_is(to) && to.n >= c->since.n) || within(c, day_of(r, received, c->as_at)) ||
            within(c, day_of(r, published, c->as_at)));
}

/* Called off by then; or later, and so it never went on. */
static bool is_called_off(const struct chair *c, const struct record *r)
{
    return record_is_cancelled(r) &&
           (day_is(day_of(r, "cancelled_on", c->as_at)) || day_is(day_of(r, "from_on", c->as_at)));
}

static int note_visit(void *arg, const struct record *r)
{
    struct chair *c = arg;
    struct record at = *r; /* shares the values */

    if (is_called_off(c, r))
        return 0;
    if (happened(c, r, "letter_received_on", "letter_published_on"))
        note_event(c, r, "letter_received_on", "letter_published_on",
                   xstrdup(*record_value(&at, "finding")));
    else if (!day_is(day_of(r, "from_on", c->as_at)))
        note_ahead(c, r, *record_value(&at, "from_on") != NULL);
    return 0;
}

static int note_inspection(void *arg, const struct record *r)
{
    struct chair *c = arg;

    if (is_called_off(c, r))
        return 0;
    if (happened(c, r, "received_on", "published_on"))
        note_event(c, r, "received_on", "published_on", NULL);
    else if (!day_is(day_of(r, "from_on", c->as_at)))
        note_ahead(c, r, true);
    return 0;
}

/* What an inspection found is a list of judgements. */
static int note_judgement(void *arg, const struct record *r)
{
    struct chair *c = arg;
    struct record at = *r; /* shares the values */
    const char *grade = *record_value(&at, "grade");

    for (size_t i = 0; i < c->events.count; i++) {
        struct chair_event *x = &c->events.items[i];
        char *so_far = x->finding;

        if (record_is_cancelled(r) || strcmp(x->about, *record_value(&at, "inspection")) != 0)
            continue;
        x->finding =
            xasprintf("%s%s%s: %s", so_far ? so_far : "", so_far ? "; " : "",
                      *record_value(&at, "area"), grade ? grade : *record_value(&at, "finding"));
        free(so_far);
    }
    return 0;
}

static int by_expected_day(const void *a, const void *b)
{
    const struct chair_expected *x = a, *y = b;

    if (x->from_on.n != y->from_on.n)
        return x->from_on.n < y->from_on.n ? -1 : 1;
    return strcmp(x->about, y->about);
}

static int by_day(const void *a, const void *b)
{
    const struct chair_event *x = a, *y = b;

    if (x->from_on.n != y->from_on.n)
        return x->from_on.n < y->from_on.n ? -1 : 1;
    return strcmp(x->about, y->about);
}

static int add_records(struct store *s, struct chair *c, struct err *e)
{
    if (record_each_known(s, RECORD_INSPECTION, c->known_at, note_inspection, c, e) < 0 ||
        record_each_known(s, RECORD_VISIT, c->known_at, note_visit, c, e) < 0 ||
        record_each_known(s, RECORD_JUDGEMENT, c->known_at, note_judgement, c, e) < 0)
        return -1;
    if (c->events.count)
        qsort(c->events.items, c->events.count, sizeof *c->events.items, by_day);
    return 0;
}

/* ---- the report ---- */

static int fill(struct store *s, struct chair *c, const char *const *slugs, size_t count,
                struct err *e)
{
    char day[DAY_TEXT];

    if (!day_is(c->since) || !day_is(c->until))
        return err_set(e, ERR_USAGE, "there is no quarter before and after %s",
                       day_short(c->as_at, day));
    for (size_t i = 0; i < count; i++)
        if (add_plan(s, c, slugs[i], e) < 0)
            return -1;
    if (add_cancelled(s, c, e) < 0 || deadline_each(s, true, DAY_NONE, note_deadline, c, e) < 0 ||
        add_records(s, c, e) < 0)
        return -1;
    if (c->expected.count)
        qsort(c->expected.items, c->expected.count, sizeof *c->expected.items, by_expected_day);
    return 0;
}

int chair_make(struct store *s, const struct engine *engine, const char *const *slugs, size_t count,
               day_t as_at, utc_t known_at, struct chair *ret, struct err *e)
{
    day_t next = day_add(as_at, 1); /* so that of a month's last day the quarter is whole months */
    struct chair c = {.engine = engine,
                      .as_at = as_at,
                      .since = day_add_months(next, -QUARTER),
                      .until = day_add(day_add_months(next, QUARTER), -1),
                      .known_at = known_at,
                      .cancelled = TEXT_INIT,
                      .plans = xcalloc(count, sizeof *c.plans)};

    if (fill(s, &c, slugs, count, e) < 0) {
        chair_clear(&c);
        return -1;
    }
    *ret = c;
    return 0;
}
