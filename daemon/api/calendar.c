/* Reckoning with dates, cron expressions explained, and the clock csid goes by. */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"
#include "calendar/cron.h"
#include "engine/facts.h"
#include "engine/holidays.h"

static const struct column date_columns[] = {
    {"date", "Date", KIND_TEXT, false},
    {"text", "In full", KIND_TEXT, false},
    {"working_day", "Working day", KIND_TEXT, false},
};
static const struct column skipped_columns[] = {
    {"date", "STEPPED OVER", KIND_DAY, false},
    {"name", "WHY", KIND_TEXT, true},
};
static const struct section date_sections[] = {
    {NULL, NULL, date_columns, COUNT(date_columns), NULL},
    {NULL, "skipped", skipped_columns, COUNT(skipped_columns), NULL},
};
static const struct view date_view = {date_sections, 2, 0};

/* The holidays (not the week-ends) after `from` up to `to`. */
static void put_skipped(const struct call *c, json_t *list, day_t from, day_t to)
{
    int step = to.n < from.n ? -1 : 1;

    for (day_t d = day_add(from, step); d.n != day_add(to, step).n; d = day_add(d, step)) {
        const char *why = workday_why_not(c->when.holidays, d);
        int weekday = day_weekday(d);

        if (why && weekday != 0 && weekday != 6) {
            json_t *row = put_row(list);

            put_day(row, "date", d);
            put_text(row, "name", why);
        }
    }
}

/* Says when a year on the way is not listed. */
static void put_by_rule(const struct call *c, json_t *o, day_t from, day_t to)
{
    day_t latest = to.n > from.n ? to : from, earliest = to.n > from.n ? from : to;
    int first, year, month, day, last = holidays_last_year(c->when.holidays);

    day_to_ymd(earliest, &first, &month, &day);
    day_to_ymd(latest, &year, &month, &day);
    if (year > last)
        json_array_append_new(put_list(o, "notes"),
                              json_sprintf("bank holidays after %d are computed by rule", last));
    else if (!holidays_list_year(c->when.holidays, first))
        json_array_append_new(put_list(o, "notes"),
                              json_sprintf("bank holidays of %d are computed by rule", first));
}

/* DAY_NONE for a meeting that is cancelled, or of another body than a board. */
static day_t board_meets(const struct facts *facts, const struct record *meeting)
{
    const struct record *board = fact_above(facts, meeting, RECORD_BOARD);

    if (!board || strcmp(fact_named(board, "kind"), "board") != 0 ||
        fact_named(meeting, "cancelled_on"))
        return DAY_NONE;
    return fact_day(fact_named(meeting, "held_on"));
}

/* The first meeting of a board after `from`. */
static int next_board(const struct call *c, day_t from, day_t *ret, struct err *e)
{
    struct facts facts;
    day_t first = DAY_NONE;
    char day[DAY_TEXT];

    if (facts_load(c->api->store, 1u << RECORD_MEETING, &facts, e) < 0)
        return -1;
    for (size_t i = 0; i < facts.kinds[RECORD_MEETING].count; i++) {
        day_t on = board_meets(&facts, &facts.kinds[RECORD_MEETING].items[i]);

        if (day_is(on) && on.n > from.n)
            first = day_earlier(first, on);
    }
    facts_clear(&facts);
    if (!day_is(first))
        return err_set(e, ERR_NOTFOUND,
                       "no meeting of a board after %s is recorded: csictl meeting add BOARD --on "
                       "DATE",
                       day_short(from, day));
    *ret = first;
    return 0;
}

static int read_offset(const struct call *c, const char *offset, day_t from, day_t *ret,
                       struct err *e)
{
    *ret = from;
    if (!offset || !*offset)
        return 0;
    return strcmp(offset, "next-board") == 0 ? next_board(c, from, ret, e)
                                             : when_offset(offset, from, &c->when, ret, e);
}

static int reckon(struct call *c, struct err *e)
{
    const char *offset = call_text(c, "offset");
    bool working = offset && *offset && when_offset_is_working(offset);
    day_t from, to;
    char text[DAY_TEXT];
    const char *why;
    json_t *o, *skipped;

    if (call_day(c, "date", DAY_NONE, &from, e) < 0)
        return -1;
    if (read_offset(c, offset, from, &to, e) < 0)
        return -1;
    o = call_object(c, &date_view);
    put_day(o, "date", to);
    put_text(o, "text", day_long(to, text));
    why = workday_why_not(c->when.holidays, to);
    put_text(o, "working_day", why ? why : "yes");
    put_text(o, "division", holidays_division(c->when.holidays));
    skipped = put_list(o, "skipped");
    if (working)
        put_skipped(c, skipped, from, to);
    put_by_rule(c, o, working ? from : to, to);
    return 0;
}

int api_date(struct call *c, struct err *e)
{
    const struct holidays *in_force = c->when.holidays;
    struct holidays_source source;
    const char *division;
    int rc;

    if (call_division(c, &division, e) < 0 ||
        holidays_source_find(c->api->store, c->api->engine, division, &source, e) < 0)
        return -1;
    c->when.holidays = source.list;
    rc = reckon(c, e);
    c->when.holidays = in_force;
    holidays_source_clear(&source);
    return rc;
}

/* ---- schedule explain ---- */

static const struct column explain_columns[] = {
    {"local", "LOCAL", KIND_TEXT, false},
    {"utc", "UTC", KIND_TEXT, false},
    {"reason", "REASON", KIND_TEXT, false},
};
static const struct section explain_sections[] = {
    {NULL, "items", explain_columns, COUNT(explain_columns), "It never fires again."}};
static const struct view explain_view = {explain_sections, 1, 0};

static void put_cron_time(json_t *items, const struct cron_time *t)
{
    static const char *const reasons[] = {
        [CRON_ORDINARY] = NULL, [CRON_GAP] = "gap", [CRON_FOLD] = "fold"};
    json_t *row = put_row(items);
    char local[LOCAL_ISO];

    put_text(row, "local", local_iso(t->nominal, local));
    put_utc(row, "utc", t->at);
    put_text(row, "reason", reasons[t->reason]);
}

static int explain(struct call *c, const struct zone *zone, struct err *e)
{
    const char *dom_dow = call_text(c, "dom_dow");
    enum cron_both both;
    struct cron_time t;
    struct cron cron;
    int64_t count;
    utc_t from;
    json_t *items;

    if (cron_both_read(dom_dow ? dom_dow : "", &both, e) < 0)
        return err_within(e, "dom_dow");
    if (cron_parse(call_text(c, "expr"), both, &cron, e) < 0 ||
        call_number(c, "n", 20, &count, e) < 0)
        return -1;
    from = c->api->now;
    if (call_text(c, "from") && when_instant(call_text(c, "from"), zone, &from, e) < 0 &&
        call_instant(c, "from", from, &from, e) < 0)
        return -1;
    if (count < 1 || count > 10000)
        return err_set(e, ERR_USAGE, "n: wants 1 to 10000");
    items = call_items(c, &explain_view);
    for (bool more = cron_first(&cron, zone, from, &t); more && count > 0; count--) {
        put_cron_time(items, &t);
        more = cron_next(&cron, zone, &t, &t);
    }
    return 0;
}

int api_schedule_explain(struct call *c, struct err *e)
{
    struct zone *zone;
    int rc;

    if (!call_text(c, "tz"))
        return explain(c, c->api->engine->zone, e);
    if (zone_load(call_text(c, "tz"), &zone, e) < 0)
        return -1;
    rc = explain(c, zone, e);
    zone_free(zone);
    return rc;
}

/* ---- the clock ---- */

static const struct column clock_columns[] = {
    {"now", "Now (UTC)", KIND_TEXT, false},      {"local", "Local", KIND_TEXT, false},
    {"timezone", "Time zone", KIND_TEXT, false}, {"test", "Test clock", KIND_YES, false},
    {"suspect", "Suspect", KIND_YES, false},     {"why", "Why", KIND_TEXT, true},
};
static const struct section clock_sections[] = {
    {NULL, NULL, clock_columns, COUNT(clock_columns), NULL}};
static const struct view clock_view = {clock_sections, 1, 0};

static void show_clock(struct call *c, const char *suspect)
{
    struct local local = zone_local(c->api->engine->zone, c->api->now);
    char text[DAY_TEXT];
    json_t *o = call_object(c, &clock_view);

    put_utc(o, "now", c->api->now);
    put_textf(o, "local", "%s %02d:%02d:%02d", day_weekday_short(local.day, text),
              local.second / 3600, local.second / 60 % 60, local.second % 60);
    put_text(o, "timezone", zone_name(c->api->engine->zone));
    put_flag(o, "test", c->api->service->test_clock);
    put_flag(o, "suspect", suspect);
    put_text(o, "why", suspect);
    if (suspect)
        put_text(o, "hint", "csictl clock accept");
}

int api_clock_show(struct call *c, struct err *e)
{
    (void)e;
    show_clock(c, c->api->service->troubles[TROUBLE_CLOCK]);
    return 0;
}

static int check_clock(utc_t to, struct err *e)
{
    return utc_is_clock(to) ? 0 : err_set(e, ERR_USAGE, "a clock shows the years 1900 to 9998");
}

int api_clock_advance(struct call *c, struct err *e)
{
    const char *duration = call_text(c, "duration");
    int64_t seconds;
    utc_t to;

    if (!duration == !call_text(c, "to"))
        return err_set(e, ERR_USAGE, "say either how long (26h) or --to when");
    if (duration) {
        if (when_duration(duration, &seconds, e) < 0)
            return -1;
        to.s = c->api->now.s + seconds;
    } else if (call_instant(c, "to", UTC_NONE, &to, e) < 0) {
        return -1;
    }
    if (to.s < c->api->now.s)
        return err_set(e, ERR_USAGE, "to: the clock is past that already: clock set steps it back");
    if (check_clock(to, e) < 0)
        return -1;
    if (!c->dry_run)
        c->advance_to = to;
    return api_clock_show(c, e);
}

int api_clock_set(struct call *c, struct err *e)
{
    const struct api_service *service = c->api->service;
    const struct api *before = c->api;
    struct api after = *before;
    utc_t to;
    int rc;

    if (call_instant(c, "time", UTC_NONE, &to, e) < 0 || check_clock(to, e) < 0)
        return -1;
    if (!c->dry_run && service->clock_set(service->arg, to, e) < 0)
        return -1;
    after.now = to;
    c->api = &after;
    rc = api_clock_show(c, e);
    c->api = before;
    return rc;
}

int api_clock_accept(struct call *c, struct err *e)
{
    const struct api_service *service = c->api->service;

    if (!c->dry_run && service->clock_accept(service->arg, c->rq->who, e) < 0)
        return -1;
    show_clock(c, NULL);
    return 0;
}
