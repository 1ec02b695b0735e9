/* The checks: which there are and what runs them; one run by hand, or tried as at another day. */
#include "engine/checks.h"

#include <stdlib.h>
#include <string.h>

#include "api/forecast.h"
#include "base/mem.h"
#include "engine/finding.h"
#include "store/notice.h"

static const struct column columns[] = {
    {"name", "NAME", KIND_TEXT, false},           {"statutory", "STATUTORY", KIND_YES, false},
    {"schedules", "SCHEDULES", KIND_TEXT, true},  {"next", "NEXT", KIND_TIME, false},
    {"summary", "WHAT IT DOES", KIND_TEXT, true},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), NULL}};
static const struct view list_view = {list, 1, 0};

static const struct column run_columns[] = {
    {"name", "Check", KIND_TEXT, false},          {"as_at", "As at", KIND_DAY, false},
    {"findings", "Findings", KIND_NUMBER, false}, {"notices", "Notices", KIND_NUMBER, false},
    {"messages", "Messages", KIND_NUMBER, false},
};
static const struct column told_columns[] = {
    {"to", "TO", KIND_TEXT, true},         {"channel", "CHANNEL", KIND_TEXT, false},
    {"about", "ABOUT", KIND_TEXT, false},  {"message", "MESSAGE", KIND_NUMBER, false},
    {"reason", "REASON", KIND_TEXT, true},
};
static const struct column found_columns[] = {
    {"about", "ABOUT", KIND_TEXT, false},
    {"due_on", "DUE", KIND_DAY, COLUMN_SPARE},
    {"what", "WHAT", KIND_TEXT, true},
};
static const struct section run_sections[] = {
    {NULL, NULL, run_columns, COUNT(run_columns), NULL},
    {"Found", "found", found_columns, COUNT(found_columns), NULL},
    {"Told", "told_list", told_columns, COUNT(told_columns), NULL},
};
static const struct view run_view = {run_sections, COUNT(run_sections), 1};

/* ---- list ---- */

static void put_schedules(const struct call *c, json_t *row, const char *check)
{
    const struct engine *engine = c->api->engine;
    struct text names = TEXT_INIT;
    utc_t first = UTC_NONE;

    text_clear(&names);
    for (size_t i = 0; i < engine->schedule_count; i++) {
        struct cron_time next;

        if (strcmp(engine->schedules[i].check, check) != 0)
            continue;
        text_addf(&names, "%s%s", names.len ? ", " : "", engine->schedules[i].name);
        if (scheduler_next_of(engine, &engine->schedules[i], c->api->now, &next) &&
            (!utc_is(first) || next.at.s < first.s))
            first = next.at;
    }
    put_text(row, "schedules", names.s);
    put_utc(row, "next", first);
    text_free(&names);
}

int api_check_list(struct call *c, struct err *e)
{
    json_t *items = call_items(c, &list_view);

    (void)e;
    for (size_t i = 0; i < check_count; i++) {
        json_t *row = put_row(items);

        put_text(row, "name", checks[i].name);
        put_flag(row, "statutory", checks[i].statutory);
        put_schedules(c, row, checks[i].name);
        put_text(row, "summary", checks[i].summary);
    }
    return 0;
}

/* ---- run ---- */

static void put_found(json_t *rows, const struct finding_list *found)
{
    for (size_t i = 0; i < found->count; i++) {
        json_t *row = put_row(rows);

        put_text(row, "about", found->items[i].about);
        put_day(row, "due_on", found->items[i].due_on);
        put_text(row, "what", found->items[i].what);
    }
}

static int run_and_put(struct call *c, struct store *s, utc_t now, struct err *e)
{
    const char *name = call_text(c, "name");
    struct run_result result = {0};
    struct finding_list found = {0};
    struct forecast told = {0};
    int64_t last;
    json_t *o, *rows;
    int rc = notice_last(s, &last, e);

    if (rc == 0)
        rc = scheduler_check_listed(s, c->api->engine, name, now, &result, &found, e);
    if (rc == 0)
        rc = forecast_collect(s, last, &told, e);
    if (rc == 0) {
        o = call_object(c, &run_view);
        put_text(o, "name", name);
        put_day(o, "as_at", zone_today(c->api->engine->zone, now));
        put_int(o, "findings", result.findings);
        put_int(o, "notices", result.notices);
        put_int(o, "messages", result.messages);
        put_found(put_list(o, "found"), &found);
        rows = put_list(o, "told_list");
        for (size_t i = 0; i < told.count; i++)
            put_coming(put_row(rows), &told.items[i]);
    }
    finding_list_clear(&found);
    forecast_clear(&told);
    return rc;
}

/* On a copy, at the time of day that it is now: nothing that was told then is not told now. */
static int run_as_at(struct call *c, day_t day, struct err *e)
{
    const struct zone *zone = c->api->engine->zone;
    struct local then = {day, zone_local(zone, c->api->now).second};
    struct store *copy;
    utc_t now, other;
    int rc;

    zone_utc(zone, then, &now, &other);
    if (store_copy(c->api->store, &copy, e) < 0)
        return -1;
    rc = store_begin(copy, c->rq->who, now, e);
    if (rc == 0) {
        rc = run_and_put(c, copy, now, e);
        store_undo(copy);
    }
    store_close(copy);
    return rc;
}

int api_check_run(struct call *c, struct err *e)
{
    day_t day;

    if (call_day(c, "as_at", c->when.today, &day, e) < 0)
        return -1;
    if (!c->dry_run && call_trusts_clock(c, e) < 0)
        return -1;
    if (day.n == c->when.today.n)
        return run_and_put(c, c->api->store, c->api->now, e);
    if (!c->dry_run)
        return err_set(e, ERR_USAGE,
                       "as_at: only with --dry-run: what is told is told today, whatever the day "
                       "that it is as at");
    return run_as_at(c, day, e);
}
