/* The agenda: as a list, and as a calendar to import or to subscribe to. */
#include "report/agenda.h"

#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/ical.h"
#include "base/mem.h"
#include "plan/slug.h"
#include "store/meta.h"
#include "store/role.h"

#define DAYS_AHEAD  90
#define WIDE        120 /* columns of a terminal on which all of it can be read */
#define FEED_BEFORE 12  /* months */
#define FEED_AFTER  24

static const struct column columns[] = {
    {"on", "WHEN", KIND_DAY, false},      {"to", "TO", KIND_DAY, false},
    {"kind", "KIND", KIND_TEXT, false},   {"about", "ABOUT", KIND_TEXT, false},
    {"what", "WHAT", KIND_TEXT, true},    {"role", "ROLE", KIND_TEXT, true},
    {"state", "STATE", KIND_TEXT, false}, {"note", "NOTE", KIND_TEXT, true},
};
static const struct section list[] = {
    {NULL, "items", columns, COUNT(columns), "Nothing is ahead."}};
static const struct view list_view = {list, 1, 0};

/* The note says how long it lasts. */
static const struct column narrow_columns[] = {
    {"on", "WHEN", KIND_DAY, false},      {"what", "WHAT", KIND_TEXT, true},
    {"about", "ABOUT", KIND_TEXT, false}, {"state", "STATE", KIND_TEXT, false},
    {"note", "NOTE", KIND_TEXT, true},
};
static const struct section narrow_list[] = {
    {NULL, "items", narrow_columns, COUNT(narrow_columns), "Nothing is ahead."}};
static const struct view narrow_view = {narrow_list, 1, 0};

static void put_item(json_t *row, const struct agenda_item *i)
{
    put_day(row, "on", i->on);
    put_day(row, "to", i->to);
    put_text(row, "kind", agenda_kind_name(i->kind));
    put_text(row, "about", i->about);
    put_text(row, "what", i->what);
    put_text(row, "role", i->role);
    put_text(row, "state", i->state);
    put_text(row, "note", i->note);
    put_day(row, "send_by", i->send_by);
}

/* A meeting and its papers are about the same. */
static char *name_of(const json_t *row)
{
    return xasprintf("%s/%s", json_string_value(json_object_get(row, "kind")),
                     json_string_value(json_object_get(row, "about")));
}

static void put_items(struct call *c, const struct agenda *agenda)
{
    bool narrow = c->form.name == FORM_TEXT && c->form.width && c->form.width < WIDE;
    json_t *items = call_items(c, narrow ? &narrow_view : &list_view);

    for (size_t i = 0; i < agenda->count; i++)
        put_item(put_row(items), &agenda->items[i]);
    c->row_name = name_of;
}

/* ---- as a calendar ---- */

/* A database without a name of its own goes by the organisation's. */
static int read_instance(const struct call *c, char **ret, struct err *e)
{
    if (meta_instance(c->api->store, ret, e) < 0)
        return -1;
    if (!*ret)
        *ret = slug_of(c->api->engine->organisation, SLUG_MAX);
    if (!*ret)
        *ret = xstrdup("csid");
    return 0;
}

static int put_calendar(struct call *c, const struct agenda *agenda, const struct role *role,
                        struct err *e)
{
    char *instance, *name;

    if (read_instance(c, &instance, e) < 0)
        return -1;
    name =
        xasprintf("%s: %s", c->api->engine->organisation, role ? role->title : "improvement plan");
    c->calendar = ical_text(&(struct ical_source){
        .agenda = agenda,
        .zone = c->api->engine->zone,
        .instance = instance,
        .name = name,
        .today = c->when.today,
        .since = c->api->service->started_at,
    });
    free(instance);
    free(name);
    return 0;
}

/* ---- the handlers ---- */

static int answer(struct call *c, struct agenda_query *q, const struct role *role, struct err *e)
{
    struct agenda agenda;
    int rc = 0;

    q->role = role ? role->slug : NULL;
    q->dropped = c->form.name == FORM_ICS; /* or it would stay in the calendar */
    if (agenda_make(c->api->store, q, &agenda, e) < 0)
        return -1;
    if (c->form.name == FORM_ICS)
        rc = put_calendar(c, &agenda, role, e);
    else
        put_items(c, &agenda);
    agenda_clear(&agenda);
    return rc;
}

/* Of the role that is named, or of all. */
static int answer_for(struct call *c, struct agenda_query *q, struct err *e)
{
    const char *word = call_text(c, "for");
    struct role role;
    int rc;

    if (!word || !*word)
        return answer(c, q, NULL, e);
    if (role_find(c->api->store, word, c->when.today, &role, e) < 0)
        return err_within(e, "for");
    rc = answer(c, q, &role, e);
    role_clear(&role);
    return rc;
}

static struct agenda_query query_of(const struct call *c)
{
    return (struct agenda_query){.today = c->when.today,
                                 .from = DAY_NONE,
                                 .kinds = AGENDA_ALL,
                                 .holidays = c->when.holidays,
                                 .zone = c->api->engine->zone};
}

int api_agenda(struct call *c, struct err *e)
{
    struct agenda_query q = query_of(c);
    char until[DAY_TEXT], from[DAY_TEXT];
    day_t today = c->when.today, first;

    if (call_day(c, "from", DAY_NONE, &q.from, e) < 0)
        return -1;
    first = day_is(q.from) ? q.from : today;
    if (call_day(c, "until", day_add(first.n > today.n ? first : today, DAYS_AHEAD), &q.until, e) <
        0)
        return -1;
    if (q.until.n < first.n)
        return err_set(e, ERR_USAGE, "until: %s is before %s", day_weekday_short(q.until, until),
                       day_weekday_short(first, from));
    return answer_for(c, &q, e);
}

int api_calendar_feed(struct call *c, struct err *e)
{
    struct agenda_query q = query_of(c);

    q.from = day_add_months(c->when.today, -FEED_BEFORE);
    q.until = day_add_months(c->when.today, FEED_AFTER);
    return answer_for(c, &q, e);
}
