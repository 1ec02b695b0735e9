/* Bank holidays: which are in force, and taking in a new list in GOV.UK's own form. */
#include "engine/holidays.h"

#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/govuk.h"
#include "base/mem.h"
#include "plan/slug.h"
#include "store/role.h"

/* ---- list ---- */

static const struct column columns[] = {
    {"date", "DATE", KIND_DAY, false},    {"weekday", "DAY", KIND_TEXT, false},
    {"name", "HOLIDAY", KIND_TEXT, true}, {"division", "DIVISION", KIND_TEXT, false},
    {"source", "FROM", KIND_TEXT, false},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), "No holidays."}};
static const struct view list_view = {list, 1, 0};

int call_division(const struct call *c, const char **ret, struct err *e)
{
    const char *name = call_text(c, "division");

    *ret = c->api->engine->division;
    if (!name)
        return 0;
    for (size_t i = 0; i < HOLIDAYS_DIVISIONS; i++)
        if (strcmp(name, holidays_divisions[i]) == 0) {
            *ret = holidays_divisions[i];
            return 0;
        }
    return err_set(e, ERR_USAGE,
                   "division: \"%.40s\" is none; it is england-and-wales, scotland or "
                   "northern-ireland",
                   name);
}

static void put_holidays_of(json_t *items, const struct holidays_source *h, int year)
{
    day_t last = day_from_ymd(year, 12, 31);

    for (day_t d = day_from_ymd(year, 1, 1); d.n <= last.n; d.n++) {
        int weekday = day_weekday(d);
        const char *name = weekday == 0 || weekday == 6 ? NULL : workday_why_not(h->list, d);
        json_t *row;

        if (!name)
            continue;
        row = put_row(items);
        put_day(row, "date", d);
        put_text(row, "weekday", day_weekday_names[weekday]);
        put_text(row, "name", name);
        put_text(row, "division", holidays_division(h->list));
        put_text(row, "source", holidays_source_of(h, year));
    }
}

static void put_years(json_t *items, const struct holidays_source *h, int64_t year)
{
    int first, month, day;
    day_t d;

    if (year) {
        put_holidays_of(items, h, (int)year);
        return;
    }
    holidays_at(h->list, 0, &d);
    day_to_ymd(d, &first, &month, &day);
    for (int y = first; y <= holidays_last_year(h->list); y++)
        put_holidays_of(items, h, y);
}

int api_holidays_list(struct call *c, struct err *e)
{
    struct holidays_source h;
    const char *division;
    int64_t year;

    if (call_division(c, &division, e) < 0 || call_number(c, "year", 0, &year, e) < 0)
        return -1;
    if (call_text(c, "year") && (year < 1900 || year > 9999))
        return err_set(e, ERR_USAGE, "year: wants 1900 to 9999");
    if (holidays_source_find(c->api->store, c->api->engine, division, &h, e) < 0)
        return -1;
    put_years(call_items(c, &list_view), &h, year);
    holidays_source_clear(&h);
    return 0;
}

/* ---- import ---- */

static const struct column revision_columns[] = {
    {"division", "DIVISION", KIND_TEXT, false},
    {"change", "CHANGE", KIND_TEXT, false},
    {"was", "WAS", KIND_DAY, false},
    {"is", "IS", KIND_DAY, false},
    {"name", "HOLIDAY", KIND_TEXT, true},
};
static const struct column moved_columns[] = {
    {"id", "ID", KIND_NUMBER, false},   {"title", "DEADLINE", KIND_TEXT, true},
    {"what", "WHAT", KIND_TEXT, false}, {"was", "WAS", KIND_DAY, false},
    {"is", "IS", KIND_DAY, false},
};
static const struct section import_sections[] = {
    {NULL, "items", revision_columns, COUNT(revision_columns), "No day changes."},
    {"Deadlines that move with them", "deadlines", moved_columns, COUNT(moved_columns), NULL},
};
static const struct view import_view = {import_sections, 2, 0};

static void put_revisions(json_t *items, const char *division, const struct revision *revisions,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct revision *r = &revisions[i];
        json_t *row = put_row(items);

        put_text(row, "division", division);
        put_text(row, "change", revision_name(r));
        put_day(row, "was", r->was);
        put_day(row, "is", r->is);
        put_text(row, "name", r->name ? r->name : r->name_was);
        put_text(row, "name_was", r->name_was);
    }
}

static void put_moved(json_t *deadlines, const struct moved_deadline *m)
{
    char was[DAY_TEXT], is[DAY_TEXT];

    for (size_t i = 0; i < m->count; i++) {
        const struct moved_date *date = &m->dates[i];
        char *what = moved_what(m, date);
        json_t *row = put_row(deadlines);

        put_int(row, "id", m->d.id);
        put_text(row, "title", m->d.title);
        put_text(row, "what", what);
        put_day(row, "was", date->was);
        put_day(row, "is", date->is);
        put_textf(row, "text", "%s: %s %s → %s", m->d.title, what,
                  day_weekday_short(date->was, was), day_weekday_short(date->is, is));
        free(what);
    }
}

/* Each once. */
static void put_told_role(json_t *told, const char *holder, const char *slug)
{
    json_t *text = json_sprintf("%s (%s)", holder ? holder : "nobody", slug);
    size_t i;

    for (i = 0; i < json_array_size(told) && !json_equal(json_array_get(told, i), text); i++)
        ;
    if (i == json_array_size(told))
        json_array_append(told, text);
    json_decref(text);
}

static int put_told_slug(const struct call *c, json_t *told, const char *slug, struct err *e)
{
    struct role role;

    if (role_find(c->api->store, slug, c->when.today, &role, e) < 0)
        return e->code == ERR_NOTFOUND ? 0 : -1;
    put_told_role(told, role.holder, slug);
    role_clear(&role);
    return 0;
}

/* Who owes or awaits it, and who gets a copy. */
static int put_told_of(const struct call *c, json_t *told, const struct deadline *d, struct err *e)
{
    const char *slugs = d->copy_to;
    char slug[SLUG_MAX + 1];
    struct role role;

    if (role_find_id(c->api->store, d->role_id, c->when.today, &role, e) < 0)
        return -1;
    put_told_role(told, role.holder, role.slug);
    role_clear(&role);
    while (slug_next(&slugs, slug))
        if (put_told_slug(c, told, slug, e) < 0)
            return -1;
    return deadline_is_window(d) ? put_told_slug(c, told, ROLE_OFFICE, e) : 0;
}

static int put_consequences(const struct call *c, const struct holidays_import *made, struct err *e)
{
    json_t *deadlines = put_list(c->answer, "deadlines"), *told = put_list(c->answer, "told");

    for (size_t k = 0; k < HOLIDAYS_DIVISIONS; k++) {
        const struct moved_deadlines *moved = &made->divisions[k].moved;

        for (size_t i = 0; i < moved->count; i++) {
            put_moved(deadlines, &moved->items[i]);
            if (put_told_of(c, told, &moved->items[i].d, e) < 0)
                return -1;
        }
    }
    return 0;
}

static void put_notes(const struct call *c, const struct holidays_import *i)
{
    json_t *notes = put_list(c->answer, "notes");

    if (i->file)
        json_array_append_new(notes, json_sprintf("kept, but bank_holidays: %s in the "
                                                  "configuration wins over what is imported",
                                                  i->file));
    for (size_t k = 0; k < HOLIDAYS_DIVISIONS; k++)
        if (i->divisions[k].before && strcmp(holidays_divisions[k], c->api->engine->division) != 0)
            json_array_append_new(notes,
                                  json_sprintf("%s: kept; deadlines go by the holidays of %s, "
                                               "unless their rule counts by these",
                                               holidays_divisions[k], c->api->engine->division));
}

int api_holidays_import(struct call *c, struct err *e)
{
    struct holidays *lists[HOLIDAYS_DIVISIONS] = {NULL};
    struct holidays_import made;
    json_t *items;
    int rc = govuk_read(c->rq->body, c->rq->body_len, lists, e);

    if (rc < 0)
        return -1;
    rc = holidays_import(c->api->store, c->api->engine, c->api->now, lists, &made, e);
    for (size_t i = 0; i < HOLIDAYS_DIVISIONS; i++)
        holidays_free(lists[i]);
    if (rc < 0)
        return -1;
    items = call_items(c, &import_view);
    for (size_t i = 0; i < HOLIDAYS_DIVISIONS; i++)
        put_revisions(items, holidays_divisions[i], made.divisions[i].revisions,
                      made.divisions[i].count);
    put_notes(c, &made);
    rc = put_consequences(c, &made, e);
    holidays_import_clear(&made);
    return rc;
}
