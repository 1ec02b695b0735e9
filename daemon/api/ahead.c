#include "api/ahead.h"

#include <string.h>

#include "report/agenda.h"

#define AHEAD_ROWS 5 /* deadlines, and as many inspections and visits */

const struct column ahead_columns[AHEAD_COLUMNS] = {
    {"on", "WHEN", KIND_DAY, false},
    {"what", "WHAT IS NEXT", KIND_TEXT, true},
};

/* A deadline or a window of the deadlines'; that of a visit not yet booked is no visit. */
static bool is_deadline(const struct agenda_item *i)
{
    return strncmp(i->about, "deadline:", 9) == 0;
}

static void put_deadline(json_t *row, const struct agenda_item *i)
{
    put_text(row, "about", "deadline");
    put_int(row, "id", i->id);
    put_day(row, "on", i->on);
    put_textf(row, "what", "%s%s: %s", i->late ? "OVERDUE: " : "", i->what, i->note);
}

static void put_happening(json_t *row, const struct agenda_item *i)
{
    put_text(row, "about", i->about);
    put_day(row, "on", i->on);
    put_text(row, "what", i->what);
}

int put_ahead(struct call *c, json_t *o, struct err *e)
{
    struct agenda_query q = {.today = c->when.today,
                             .from = DAY_NONE,
                             .until = DAY_NONE,
                             .kinds = AGENDA_BIT(AGENDA_DEADLINE) | AGENDA_BIT(AGENDA_WINDOW) |
                                      AGENDA_BIT(AGENDA_INSPECTION) | AGENDA_BIT(AGENDA_VISIT),
                             .holidays = c->when.holidays};
    json_t *rows = put_list(o, "ahead");
    int deadlines = 0, happenings = 0;
    struct agenda agenda;

    if (agenda_make(c->api->store, &q, &agenda, e) < 0)
        return -1;
    for (size_t i = 0; i < agenda.count; i++) {
        const struct agenda_item *item = &agenda.items[i];

        if (is_deadline(item) && deadlines++ < AHEAD_ROWS)
            put_deadline(put_row(rows), item);
        else if (!is_deadline(item) && item->announced && item->on.n >= q.today.n &&
                 happenings++ < AHEAD_ROWS)
            put_happening(put_row(rows), item);
    }
    agenda_clear(&agenda);
    return 0;
}
