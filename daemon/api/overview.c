/* What concerns the caller now, in a glance. */
#include <stdlib.h>

#include "api/ahead.h"
#include "base/mem.h"
#include "store/action.h"
#include "store/plan.h"

static const struct column waiting_columns[] = {
    {"name", "WAITING FOR APPROVAL", KIND_TEXT, false},
    {"title", "ACTION", KIND_TEXT, true},
    {"owner", "OWNER", KIND_TEXT, true},
};
static const struct column overdue_columns[] = {
    {"name", "OVERDUE", KIND_TEXT, false},
    {"title", "ACTION", KIND_TEXT, true},
    {"owner", "OWNER", KIND_TEXT, true},
    {"days_overdue", "DAYS OVER", KIND_NUMBER, false},
};
static const struct column soon_columns[] = {
    {"name", "DUE IN 7 DAYS", KIND_TEXT, false},
    {"title", "ACTION", KIND_TEXT, true},
    {"owner", "OWNER", KIND_TEXT, true},
    {"due_on", "DUE", KIND_DAY, false},
};
static const struct section overview_sections[] = {
    {NULL, "ahead", ahead_columns, AHEAD_COLUMNS, "No deadline, inspection or visit ahead."},
    {"", "waiting", waiting_columns, COUNT(waiting_columns), NULL},
    {"", "due_soon", soon_columns, COUNT(soon_columns), NULL},
    {"", "overdue", overdue_columns, COUNT(overdue_columns), NULL},
};
static const struct view overview_view = {overview_sections, COUNT(overview_sections), 0};

#define OVERVIEW_ROWS 10 /* a glance, not a list; the counts are whole */

struct overview {
    day_t today;
    bool plans; /* several: a ref alone names no action */
    json_t *overdue, *soon, *waiting;
    int64_t overdue_count, soon_count, waiting_count;
};

/* Among the rows, most days over or soonest due first; what is beyond the glance falls off. */
static void put_overview_row(const struct overview *o, json_t *rows, const struct action *a,
                             const struct part *p)
{
    size_t at = json_array_size(rows);
    json_t *row;

    while (at > 0 && json_integer_value(json_object_get(json_array_get(rows, at - 1),
                                                        "days_ahead")) > p->due_on.n - o->today.n)
        at--;
    if (at == OVERVIEW_ROWS)
        return;
    row = json_object();
    put_text(row, "plan", a->plan);
    put_text(row, "ref", a->ref);
    put_textf(row, "name", "%s%s%s", o->plans ? a->plan : "", o->plans ? ":" : "", a->ref);
    put_text(row, "title", a->title);
    put_text(row, "owner", p->owner_title);
    put_day(row, "due_on", p->due_on);
    put_int(row, "days_overdue", part_days_overdue(p, o->today));
    put_int(row, "days_ahead", p->due_on.n - o->today.n);
    json_array_insert_new(rows, at, row);
    json_array_remove(rows, OVERVIEW_ROWS);
}

static int sort_out(void *arg, const struct action *a)
{
    struct overview *o = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];
        enum date_state state = p->known ? part_date_state(p, o->today) : DATE_CLOSED;

        if (p->known && p->status == STATUS_COMPLETION_PROPOSED) {
            o->waiting_count++;
            put_overview_row(o, o->waiting, a, p);
        }
        if (state == DATE_OVERDUE) {
            o->overdue_count++;
            put_overview_row(o, o->overdue, a, p);
        } else if ((state == DATE_DUE_SOON || state == DATE_DUE_TODAY) &&
                   p->due_on.n - o->today.n <= 7) {
            o->soon_count++;
            put_overview_row(o, o->soon, a, p);
        }
    }
    return 0;
}

/* Two commands to type next, for what stands above them. */
static void overview_foot(struct call *c, size_t plans)
{
    if (plans == 0)
        c->foot = xstrdup("\ncsictl plan import FILE\ncsictl help\n");
    else if (plans == 1)
        c->foot = xstrdup("\ncsictl action list --overdue --sort days-over\n"
                          "csictl report position\n");
    else
        c->foot = xstrdup("\ncsictl plan list\n"
                          "csictl action list --plan SLUG --overdue --sort days-over\n");
}

static int count_plans(const struct call *c, size_t *ret, struct err *e)
{
    struct plan *plans;

    if (plan_all(c->api->store, &plans, ret, e) < 0)
        return -1;
    for (size_t i = 0; i < *ret; i++)
        plan_clear(&plans[i]);
    free(plans);
    return 0;
}

int api_overview(struct call *c, struct err *e)
{
    struct action_query query = {.as_at = c->when.today, .known_at = UTC_NONE};
    json_t *o = call_object(c, &overview_view);
    struct overview all = {.today = c->when.today};
    size_t plans;
    char day[DAY_TEXT];

    if (put_ahead(c, o, e) < 0 || count_plans(c, &plans, e) < 0)
        return -1;
    all.plans = plans > 1;
    all.waiting = put_list(o, "waiting");
    all.soon = put_list(o, "due_soon");
    all.overdue = put_list(o, "overdue");
    if (action_each(c->api->store, &query, sort_out, &all, e) < 0)
        return -1;
    put_int(o, "waiting_count", all.waiting_count);
    put_int(o, "due_soon_count", all.soon_count);
    put_int(o, "overdue_count", all.overdue_count);
    c->head = xasprintf("%s: %lld overdue, %lld due in 7 days, %lld waiting for approval\n\n",
                        day_weekday_short(c->when.today, day), (long long)all.overdue_count,
                        (long long)all.soon_count, (long long)all.waiting_count);
    overview_foot(c, plans);
    return 0;
}
