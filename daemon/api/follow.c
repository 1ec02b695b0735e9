#include "api/follow.h"

#include <stdlib.h>

const struct column follow_columns[FOLLOW_COLUMNS] = {
    {"id", "ID", KIND_NUMBER, false},          {"change", "CHANGE", KIND_TEXT, false},
    {"title", "DEADLINE", KIND_TEXT, true},    {"when", "WHEN", KIND_TEXT, true},
    {"reckoning", "BECAUSE", KIND_TEXT, true},
};
const struct section follow_section = {"What follows", "follows", follow_columns, FOLLOW_COLUMNS,
                                       NULL};

/* A later end leaves what is due before it owed. */
static const char *change_of(const struct settled_row *row, day_t today)
{
    bool ended = deadline_state(&row->is, today) == DEADLINE_ENDED;

    if (!row->was.id)
        return ended ? "new, ended" : "new";
    if (row->was.ended_on.n != row->is.ended_on.n)
        return ended ? "ended" : day_is(row->is.ended_on) ? "owed until its end" : "again";
    return row->was.due_on.n != row->is.due_on.n || row->was.opens_on.n != row->is.opens_on.n
               ? "moved"
               : "changed";
}

static void put_when(json_t *o, const struct deadline *d)
{
    char from[DAY_TEXT], due[DAY_TEXT];

    if (deadline_is_window(d) && d->opens_on.n < d->due_on.n)
        put_textf(o, "when", "%s to %s", day_short(d->opens_on, from), day_short(d->due_on, due));
    else
        put_text(o, "when", day_weekday_short(d->due_on, due));
}

static void note_overlong(json_t *o, const struct overlong *all)
{
    json_t *notes = json_object_get(o, "notes");

    if (all->count && !notes)
        notes = put_list(o, "notes");
    for (size_t i = 0; i < all->count; i++)
        json_array_append_new(notes, json_string(all->items[i]));
}

void put_follows(json_t *o, const struct settled *all, day_t today)
{
    json_t *rows = put_list(o, "follows");

    note_overlong(o, &all->overlong);

    for (size_t i = 0; i < all->count; i++) {
        const struct settled_row *row = &all->items[i];
        json_t *item;

        if (!settled_matters(row))
            continue;
        item = put_row(rows);
        if (row->is.id)
            put_int(item, "id", row->is.id);
        else
            put_text(item, "id", NULL);
        put_text(item, "change", change_of(row, today));
        put_text(item, "title", row->is.title);
        put_text(item, "rule", row->is.rule);
        put_text(item, "about", row->is.about);
        put_text(item, "role", row->is.role);
        put_day(item, "opens_on", row->is.opens_on);
        put_day(item, "due_on", row->is.due_on);
        put_day(item, "was_due_on", row->was.due_on);
        put_day(item, "ended_on", row->is.ended_on);
        put_text(item, "ended_why", row->is.ended_why);
        put_text(item, "reckoning", row->is.reckoning);
        put_when(item, &row->is);
    }
}
