#include "api/ahead.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/agenda.h"

#define AHEAD_ROWS 5 /* of each: deadlines overdue, those to come, inspections and visits */

const struct column ahead_columns[AHEAD_COLUMNS] = {
    {"on", "WHEN", KIND_DAY, false},
    {"what", "WHAT IS NEXT", KIND_TEXT, true},
};

/* A deadline or a window of the deadlines'; that of a visit not yet booked is no visit. */
static bool is_deadline(const struct agenda_item *i)
{
    return strncmp(i->about, "deadline:", 9) == 0;
}

/* A window that has opened is ahead for what is left of it: one of two years would stand first all
 * that time. */
static day_t day_of(const struct agenda_item *i, day_t today)
{
    return i->kind == AGENDA_WINDOW && i->on.n <= today.n && day_is(i->to) ? i->to : i->on;
}

static void put_deadline(json_t *row, const struct agenda_item *i, day_t on)
{
    put_text(row, "about", "deadline");
    put_int(row, "id", i->id);
    put_day(row, "on", on);
    put_textf(row, "what", "%s%s: %s", i->late ? "OVERDUE: " : "", i->what, i->note);
}

static void put_happening(json_t *row, const struct agenda_item *i)
{
    put_text(row, "about", i->about);
    put_day(row, "on", i->on);
    put_text(row, "what", i->what);
}

struct choice {
    const struct agenda_item *item;
    day_t on;
    size_t place;
};

static int by_day(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;

    if (x->on.n != y->on.n)
        return x->on.n < y->on.n ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* The first of each, by day. */
static void put_first(json_t *rows, const struct choice *all, size_t count, day_t today)
{
    int late = 0, deadlines = 0, happenings = 0;

    for (size_t i = 0; i < count; i++) {
        const struct agenda_item *item = all[i].item;
        int *so_far = item->late ? &late : &deadlines;

        if (is_deadline(item) && (*so_far)++ < AHEAD_ROWS)
            put_deadline(put_row(rows), item, all[i].on);
        else if (!is_deadline(item) && item->announced && item->on.n >= today.n &&
                 happenings++ < AHEAD_ROWS)
            put_happening(put_row(rows), item);
    }
}

int put_ahead(struct call *c, json_t *o, struct err *e)
{
    struct agenda_query q = {.today = c->when.today,
                             .from = DAY_NONE,
                             .until = DAY_NONE,
                             .kinds = AGENDA_BIT(AGENDA_DEADLINE) | AGENDA_BIT(AGENDA_WINDOW) |
                                      AGENDA_BIT(AGENDA_INSPECTION) | AGENDA_BIT(AGENDA_VISIT),
                             .holidays = c->when.holidays};
    struct agenda agenda;
    struct choice *all;

    if (agenda_make(c->api->store, &q, &agenda, e) < 0)
        return -1;
    all = xcalloc(agenda.count + 1, sizeof *all);
    for (size_t i = 0; i < agenda.count; i++)
        all[i] = (struct choice){&agenda.items[i], day_of(&agenda.items[i], c->when.today), i};
    qsort(all, agenda.count, sizeof *all, by_day);
    put_first(put_list(o, "ahead"), all, agenda.count, c->when.today);
    free(all);
    agenda_clear(&agenda);
    return 0;
}
