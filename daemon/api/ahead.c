#include "api/ahead.h"

#include <stdlib.h>
#include <string.h>

#include "plan/ladder.h"
#include "store/deadline.h"
#include "store/record.h"

#define AHEAD_ROWS 5 /* deadlines, and as many inspections and visits */

const struct column ahead_columns[AHEAD_COLUMNS] = {
    {"on", "WHEN", KIND_DAY, false},
    {"what", "WHAT IS NEXT", KIND_TEXT, true},
};

struct ahead {
    struct call *call;
    json_t *rows;
    int left; /* rows of this kind that may still come */
};

static int put_deadline_ahead(void *arg, const struct deadline *d)
{
    struct ahead *a = arg;
    const struct holidays *holidays = a->call->when.holidays;
    enum deadline_state state = deadline_state(d, a->call->when.today);
    char text[DAY_TEXT];
    json_t *row;

    if (state == DEADLINE_ENDED)
        return 0;
    if (a->left-- <= 0)
        return 1;
    row = put_row(a->rows);
    put_text(row, "about", "deadline");
    put_int(row, "id", d->id);
    put_day(row, "on", d->due_on);
    if (deadline_is_window(d))
        put_textf(row, "what", "%s%s: expected by %s", state == DEADLINE_OVERDUE ? "OVERDUE: " : "",
                  d->title, day_weekday_short(d->due_on, text));
    else
        put_textf(row, "what", "%s%s: send by %s", state == DEADLINE_OVERDUE ? "OVERDUE: " : "",
                  d->title, day_weekday_short(ladder_send_by(holidays, d->due_on), text));
    return 0;
}

static int put_happening_ahead(void *arg, const struct happening *h)
{
    struct ahead *a = arg;
    json_t *row;

    if (a->left-- <= 0)
        return 1;
    row = put_row(a->rows);
    put_text(row, "about", h->about);
    put_day(row, "on", h->from_on);
    put_text(row, "what", h->title);
    return 0;
}

static int order_days(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;

    return strcmp(json_string_value(json_object_get(x, "on")),
                  json_string_value(json_object_get(y, "on")));
}

static void sort_by_day(json_t *rows)
{
    json_t *own[2 * AHEAD_ROWS];
    size_t n = json_array_size(rows);

    for (size_t i = 0; i < n; i++)
        own[i] = json_incref(json_array_get(rows, i));
    if (n)
        qsort(own, n, sizeof *own, order_days);
    for (size_t i = 0; i < n; i++)
        json_array_set_new(rows, i, own[i]);
}

int put_ahead(struct call *c, json_t *o, struct err *e)
{
    struct ahead a = {.call = c, .rows = put_list(o, "ahead"), .left = AHEAD_ROWS};

    if (deadline_each(c->api->store, false, DAY_NONE, put_deadline_ahead, &a, e) < 0)
        return -1;
    a.left = AHEAD_ROWS;
    if (record_ahead(c->api->store, c->when.today, put_happening_ahead, &a, e) < 0)
        return -1;
    sort_by_day(a.rows);
    return 0;
}
