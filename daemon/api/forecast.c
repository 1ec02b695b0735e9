/* What will be told, to whom and when; and what a change would add to it and take from it. */
#include "api/forecast.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct column load_columns[] = {
    {"to", "TO", KIND_TEXT, true},
    {"week", "WEEK", KIND_TEXT, false},
    {"mails", "MAILS", KIND_NUMBER, false},
};
#define LOAD                                                                         \
    {                                                                                \
        "Mails per person and week", "load", load_columns, COUNT(load_columns), NULL \
    }
#define NONE "Nothing will be told until then."

static const struct column columns[] = {
    {"at", "AT", KIND_TIME, false},         {"change", "CHANGE", KIND_TEXT, COLUMN_SPARE},
    {"to", "TO", KIND_TEXT, true},          {"channel", "CHANNEL", KIND_TEXT, false},
    {"event", "EVENT", KIND_TEXT, false},   {"about", "ABOUT", KIND_TEXT, false},
    {"message", "MESSAGE", KIND_NUMBER, 0}, {"reason", "REASON", KIND_TEXT, true},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), NONE}, LOAD};
static const struct view list_view = {list, COUNT(list), 0};

/* For people: the day stands once, and a digest is one row. */
static const struct column day_columns[] = {
    {"day", "DAY", KIND_TEXT, false},       {"time", "AT", KIND_TEXT, false},
    {"change", "CHANGE", KIND_TEXT, false}, {"to", "TO", KIND_TEXT, true},
    {"about", "ABOUT", KIND_TEXT, false},   {"subjects", "SUBJECTS", KIND_NUMBER, false},
    {"reason", "REASON", KIND_TEXT, true},
};
static const struct section days[] = {{NULL, "items", day_columns, COUNT(day_columns), NONE}, LOAD};
static const struct view days_view = {days, COUNT(days), 0};

static const char *change_name(enum forecast_change change)
{
    static const char *const names[] = {
        [FORECAST_SAME] = NULL, [FORECAST_ADDED] = "added", [FORECAST_REMOVED] = "removed"};

    return names[change];
}

/* ---- rows ---- */

void put_coming(json_t *row, const struct forecast_item *item)
{
    put_utc(row, "at", item->at);
    put_text(row, "event", item->event);
    put_text(row, "about", item->about);
    put_text(row, "reason", item->reason);
    put_text(row, "to", item->to);
    put_text(row, "channel", item->channel);
    json_object_set_new(row, "message", item->message ? json_integer(item->message) : json_null());
}

static int put_notices(struct call *c, const struct forecast *f, struct err *e)
{
    struct page page;

    if (page_begin(c, &list_view, &page, e) < 0)
        return -1;
    for (size_t i = (size_t)page.after; i < f->count; i++) {
        const struct forecast_item *item = &f->items[i];
        json_t *row = page_row(&page, (int64_t)i + 1);

        if (!row)
            break;
        put_coming(row, item);
        put_text(row, "change", change_name(item->change));
    }
    return 0;
}

static bool same_row(const struct forecast_item *a, const struct forecast_item *b)
{
    return a->message && a->message == b->message && a->change == b->change;
}

/* A day as its own row would break a table that is piped; it stands in the first row of the day. */
static void put_when(struct call *c, json_t *row, const struct forecast_item *item, day_t *day)
{
    struct local l = zone_local(c->api->engine->zone, item->at);
    char text[DAY_TEXT];

    put_text(row, "day", l.day.n == day->n ? "" : day_weekday_short(l.day, text));
    put_textf(row, "time", "%02d:%02d", l.second / 3600, l.second / 60 % 60);
    *day = l.day;
}

static void put_days(struct call *c, const struct forecast *f)
{
    json_t *items = call_items(c, &days_view);
    day_t day = DAY_NONE;

    for (size_t i = 0, next; i < f->count; i = next) {
        const struct forecast_item *item = &f->items[i];
        json_t *row = put_row(items);

        for (next = i + 1; next < f->count && same_row(item, &f->items[next]);)
            next++;
        put_when(c, row, item, &day);
        put_text(row, "change", change_name(item->change));
        put_text(row, "to", item->to);
        put_text(row, "about", item->about);
        put_int(row, "subjects", (int64_t)(next - i));
        put_text(row, "reason", item->reason);
    }
}

static void put_load(struct call *c, const struct forecast *f)
{
    json_t *rows = put_list(c->answer, "load");

    for (size_t i = 0; i < f->load_count; i++) {
        json_t *row = put_row(rows);
        char week[DAY_WEEK];

        put_text(row, "to", f->loads[i].to);
        put_text(row, "week", day_week(f->loads[i].week, week));
        put_int(row, "mails", f->loads[i].mails);
    }
}

/* ---- what is asked ---- */

static int read_until(const struct call *c, day_t *ret, struct err *e)
{
    day_t today = c->when.today;
    char text[DAY_TEXT];

    if (call_day(c, "until", DAY_NONE, ret, e) < 0)
        return -1;
    if (ret->n < today.n)
        return err_set(e, ERR_USAGE, "until: %s has passed", day_long(*ret, text));
    if (ret->n > day_add_months(today, 12 * FORECAST_YEARS).n)
        return err_set(e, ERR_USAGE, "until: %s is more than %d years ahead", day_long(*ret, text),
                       FORECAST_YEARS);
    return 0;
}

static void clear_with(struct supposed *with, size_t count)
{
    for (size_t i = 0; i < count; i++)
        supposed_clear(&with[i]);
    free(with);
}

static int read_with(const struct call *c, struct supposed **ret, size_t *ret_count, struct err *e)
{
    const json_t *given = json_object_get(c->args, "with"), *text;
    struct supposed *with = xcalloc(json_array_size(given) + 1, sizeof *with);
    size_t count = 0, i;

    json_array_foreach(given, i, text)
    {
        if (suppose_read(json_string_value(text), c->api->engine, c->when.today, &with[count], e) <
            0) {
            clear_with(with, count);
            return -1;
        }
        count++;
    }
    *ret = with;
    *ret_count = count;
    return 0;
}

static int put_forecast(struct call *c, const struct forecast *f, day_t until, struct err *e)
{
    if (c->form.name == FORM_TEXT)
        put_days(c, f);
    else if (put_notices(c, f, e) < 0)
        return -1;
    put_load(c, f);
    put_day(c->answer, "until", until);
    return 0;
}

int api_forecast(struct call *c, struct err *e)
{
    struct forecast f;
    struct supposed *with;
    size_t count;
    day_t until;
    int rc;

    if (read_until(c, &until, e) < 0 || read_with(c, &with, &count, e) < 0)
        return -1;
    rc = forecast_make(c->api->store, c->api->engine, c->api->now, until, with, count, &f, e);
    clear_with(with, count);
    if (rc < 0)
        return -1;
    rc = put_forecast(c, &f, until, e);
    forecast_clear(&f);
    return rc;
}
