/* What a plan's position is, and its exceptions, as at a date and as known at a time. */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"
#include "report/position.h"

/* ---- position ---- */

static void put_counts(json_t *o, const struct position *p, const struct position_line *line)
{
    json_t *counts = json_object();

    for (size_t i = 0; i < p->plan.scheme.count; i++)
        json_object_set_new(counts, p->plan.scheme.ratings[i].code, fraction_json(line->counts[i]));
    json_object_set_new(o, "counts", counts);
    if (line->unrated.num)
        json_object_set_new(o, "unrated", fraction_json(line->unrated));
}

static void put_position(json_t *o, const struct position *p)
{
    json_t *ratings, *priorities;

    put_text(o, "plan", p->plan.slug);
    put_day(o, "as_at", p->as_at);
    if (utc_is(p->known_at))
        put_utc(o, "known_at", p->known_at);
    json_object_set_new(o, "actions", fraction_json(p->all.actions));
    json_object_set_new(o, "due", fraction_json(p->all.due));
    put_int(o, "due_percent", p->due_percent);
    json_object_set_new(o, "past_due", fraction_json(p->all.overdue));
    ratings = put_list(o, "ratings");
    for (size_t i = 0; i < p->plan.scheme.count; i++) {
        const struct rating *rating = &p->plan.scheme.ratings[i];
        json_t *row = put_row(ratings);

        put_text(row, "code", rating->code);
        put_text(row, "label", rating->label);
        put_text(row, "meaning", meaning_name(rating->meaning));
        json_object_set_new(row, "count", fraction_json(p->all.counts[i]));
        put_int(row, "percent", p->percents[i]);
    }
    if (p->all.unrated.num) {
        json_object_set_new(o, "unrated", fraction_json(p->all.unrated));
        put_int(o, "unrated_percent", p->unrated_percent);
    }
    priorities = put_list(o, "priorities");
    for (size_t i = 0; i < p->priority_count; i++) {
        const struct position_line *line = &p->priorities[i];
        json_t *row = put_row(priorities);

        put_int(row, "number", line->number);
        put_text(row, "title", line->title);
        json_object_set_new(row, "actions", fraction_json(line->actions));
        json_object_set_new(row, "due", fraction_json(line->due));
        put_counts(row, p, line);
    }
}

#define POSITION_RATINGS_MAX 24

struct position_shape {
    struct column columns[POSITION_RATINGS_MAX + 6];
    char keys[POSITION_RATINGS_MAX][48], labels[POSITION_RATINGS_MAX][48];
    struct section sections[2];
    struct view view;
};

static const struct column summary_columns[] = {
    {"code", "RATING", KIND_RATING, false},
    {"meaning", "MEANING", KIND_TEXT, false},
    {"count", "ACTIONS", KIND_FRACTION, false},
    {"percent", "%", KIND_NUMBER, false},
};

static const struct view *position_view(struct call *c, const struct position *p)
{
    const struct scheme *scheme = &p->plan.scheme;
    struct position_shape *shape = xcalloc(1, sizeof *shape);
    size_t n = 0;

    shape->columns[n++] = (struct column){"number", "NO", KIND_NUMBER, false};
    shape->columns[n++] = (struct column){"title", "PRIORITY", KIND_TEXT, true};
    shape->columns[n++] = (struct column){"actions", "ALL", KIND_FRACTION, false};
    shape->columns[n++] = (struct column){"due", "DUE", KIND_FRACTION, false};
    for (size_t i = 0; i < scheme->count && i < POSITION_RATINGS_MAX; i++) {
        snprintf(shape->keys[i], sizeof shape->keys[i], "counts.%s", scheme->ratings[i].code);
        snprintf(shape->labels[i], sizeof shape->labels[i], "%s", scheme->ratings[i].label);
        shape->columns[n++] =
            (struct column){shape->keys[i], shape->labels[i], KIND_FRACTION, false};
    }
    if (p->all.unrated.num)
        shape->columns[n++] = (struct column){"unrated", "Unrated", KIND_FRACTION, false};
    shape->columns[n++] = (struct column){"due", "", KIND_BAR, false};
    shape->sections[0] =
        (struct section){NULL, "ratings", summary_columns, COUNT(summary_columns), NULL};
    shape->sections[1] = (struct section){"By priority", "priorities", shape->columns, n, NULL};
    shape->view = (struct view){shape->sections, 2, 1};
    free(c->scratch);
    c->scratch = shape;
    return &shape->view;
}

/* In a table what has no rating stands below the ratings, so that it adds up. */
static void put_unrated_row(struct call *c, const struct position *p)
{
    json_t *row;

    if (!p->all.unrated.num || c->form.name != FORM_TEXT)
        return;
    row = put_row(json_object_get(c->answer, "ratings"));
    put_text(row, "code", "Unrated");
    json_object_set_new(row, "count", fraction_json(p->all.unrated));
    put_int(row, "percent", p->unrated_percent);
}

static void position_head(struct call *c, const struct position *p)
{
    char due[FRACTION_TEXT], all[FRACTION_TEXT], over[FRACTION_TEXT], day[DAY_TEXT];
    char *title = text_one_line(p->plan.title);

    c->head = xasprintf("%s: position as at %s\n%s of %s actions due (%d%%); %s past due and not "
                        "complete\n\n",
                        title, day_short(p->as_at, day), fraction_text(p->all.due, due),
                        fraction_text(p->all.actions, all), p->due_percent,
                        fraction_text(p->all.overdue, over));
    free(title);
}

int api_report_position(struct call *c, struct err *e)
{
    struct position p;
    utc_t known_at;
    day_t as_at;

    if (call_as_at(c, &as_at, &known_at, e) < 0 ||
        position_make(c->api->store, call_text(c, "plan"), as_at, known_at, &p, e) < 0)
        return -1;
    call_use_scheme(c, &p.plan.scheme);
    put_position(call_object(c, position_view(c, &p)), &p);
    put_unrated_row(c, &p);
    position_head(c, &p);
    position_clear(&p);
    return 0;
}

/* ---- exceptions ---- */

static const struct column exception_columns[] = {
    {"ref", "REF", KIND_TEXT, false},
    {"title", "ACTION", KIND_TEXT, true},
    {"owner_title", "OWNER", KIND_TEXT, true},
    {"due_on", "DUE", KIND_DAY, false},
    {"days_over", "DAYS OVER", KIND_NUMBER, false},
    {"rating", "RATING", KIND_RATING, false},
    {"last_update", "LAST UPDATE", KIND_TEXT, true},
};
static const struct section exception_sections[] = {
    {NULL, "items", exception_columns, COUNT(exception_columns), "No exceptions."}};
static const struct view exceptions_view = {exception_sections, 1, 0};

struct exceptions {
    json_t *items;
    const struct plan *plan;
};

static int put_exception(void *arg, const struct exception *x)
{
    struct exceptions *all = arg;
    const struct action *a = x->action;
    json_t *row = put_row(all->items);

    put_text(row, "plan", a->plan);
    put_text(row, "ref", a->ref);
    put_text(row, "part", x->part->label);
    put_int(row, "priority", a->priority);
    put_text(row, "priority_title", a->priority_title);
    put_text(row, "title", a->title);
    put_text(row, "owner", x->part->owner);
    put_text(row, "owner_title", x->part->owner_title);
    put_day(row, "due_on", x->part->due_on);
    put_int(row, "days_over", x->days_over);
    put_text(row, "rating", all->plan->scheme.ratings[x->part->rating].code);
    put_text(row, "status", status_name(x->part->status));
    put_text(row, "last_update", x->last_update);
    put_day(row, "last_update_on", x->last_update_on);
    return 0;
}

int api_report_exceptions(struct call *c, struct err *e)
{
    struct exceptions all;
    struct fraction past_due;
    char day[DAY_TEXT], over[FRACTION_TEXT], *title;
    struct plan plan;
    utc_t known_at;
    day_t as_at;
    int rc;

    if (call_as_at(c, &as_at, &known_at, e) < 0 ||
        plan_find(c->api->store, call_text(c, "plan"), &plan, e) < 0)
        return -1;
    call_object(c, &exceptions_view);
    put_text(c->answer, "plan", plan.slug);
    put_day(c->answer, "as_at", as_at);
    all = (struct exceptions){put_list(c->answer, "items"), &plan};
    call_use_scheme(c, &plan.scheme);
    rc = exceptions_each(c->api->store, &plan, as_at, known_at, put_exception, &all, &past_due, e);
    if (rc == 0) {
        json_object_set_new(c->answer, "past_due", fraction_json(past_due));
        title = text_one_line(plan.title);
        c->head = xasprintf("%s: %zu exceptions as at %s; %s actions past due and not complete\n\n",
                            title, json_array_size(all.items), day_short(as_at, day),
                            fraction_text(past_due, over));
        free(title);
    }
    plan_clear(&plan);
    return rc;
}
