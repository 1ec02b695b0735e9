/* Schedules: when each ran, what it did, what it will do; a run by hand. */
#include "store/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"
#include "engine/scheduler.h"

static const struct column columns[] = {
    {"name", "NAME", KIND_TEXT, false},        {"check", "CHECK", KIND_TEXT, false},
    {"cron", "CRON", KIND_TEXT, false},        {"last", "LAST RUN", KIND_TIME, false},
    {"last_state", "STATE", KIND_TEXT, false}, {"next", "NEXT", KIND_TIME, false},
};
static const struct section list[] = {
    {NULL, "items", columns, COUNT(columns), "No schedules: nothing is checked."}};
static const struct view list_view = {list, 1, 0};

static const struct column history_columns[] = {
    {"nominal", "NOMINAL", KIND_TEXT, false},     {"state", "STATE", KIND_TEXT, false},
    {"ran_at", "RAN AT", KIND_TIME, false},       {"late_by", "LATE BY", KIND_NUMBER, false},
    {"findings", "FINDINGS", KIND_NUMBER, false}, {"notices", "NOTICES", KIND_NUMBER, false},
    {"reason", "REASON", KIND_TEXT, true},
};
static const struct section history_list[] = {
    {NULL, "items", history_columns, COUNT(history_columns), "It has not run yet."}};
static const struct view history_view = {history_list, 1, 0};

static const struct column run_columns[] = {
    {"name", "Schedule", KIND_TEXT, false},       {"check", "Check", KIND_TEXT, false},
    {"findings", "Findings", KIND_NUMBER, false}, {"notices", "Notices", KIND_NUMBER, false},
    {"messages", "Messages", KIND_NUMBER, false},
};
static const struct section run_sections[] = {{NULL, NULL, run_columns, COUNT(run_columns), NULL}};
static const struct view run_view = {run_sections, 1, 0};

static int put_last(void *arg, const struct occurrence *o)
{
    json_t *row = arg;

    if (strcmp(o->state, "done") != 0 && strcmp(o->state, "failed") != 0)
        return 0; /* not a run */
    put_utc(row, "last", o->ran_at);
    put_text(row, "last_state", o->state);
    return 1;
}

int api_schedule_list(struct call *c, struct err *e)
{
    const struct engine *engine = c->api->engine;
    json_t *items = call_items(c, &list_view);

    for (size_t i = 0; i < engine->schedule_count; i++) {
        const struct engine_schedule *sch = &engine->schedules[i];
        json_t *row = put_row(items);
        struct cron_time next;

        put_text(row, "name", sch->name);
        put_text(row, "check", sch->check);
        put_text(row, "cron", sch->expr);
        put_text(row, "last", NULL);
        put_text(row, "last_state", NULL);
        if (occurrence_each(c->api->store, sch->name, 0, put_last, row, e) < 0)
            return -1;
        put_utc(row, "next",
                scheduler_next_of(engine, sch, c->api->now, &next) ? next.at : UTC_NONE);
    }
    return 0;
}

static int put_occurrence(void *arg, const struct occurrence *o)
{
    json_t *row = put_row(arg);

    put_text(row, "nominal", o->nominal);
    put_int(row, "fold", o->fold);
    put_utc(row, "due_at", o->due_at);
    put_text(row, "state", o->state);
    put_text(row, "reason", o->reason);
    put_text(row, "covers_from", o->covers_from);
    put_utc(row, "ran_at", o->ran_at);
    put_int(row, "late_by", o->late_by_s);
    put_int(row, "findings", o->findings);
    put_int(row, "notices", o->notices);
    return 0;
}

int api_schedule_history(struct call *c, struct err *e)
{
    const char *name = call_text(c, "name");
    json_t *items = call_items(c, &history_view);

    if (occurrence_each(c->api->store, name, 0, put_occurrence, items, e) < 0)
        return -1;
    /* one that was dropped from the configuration keeps its history */
    if (json_array_size(items) == 0 && !scheduler_find(c->api->engine, name))
        return err_set(e, ERR_NOTFOUND, "no schedule %s: see csictl schedule list", name);
    return 0;
}

int api_schedule_run(struct call *c, struct err *e)
{
    const char *name = call_text(c, "name");
    struct run_result result = {0};
    json_t *o;

    if (call_trusts_clock(c, e) < 0 ||
        scheduler_run(c->api->store, c->api->engine, name, c->api->now, &result, e) < 0)
        return -1;
    o = call_object(c, &run_view);
    put_text(o, "name", name);
    put_text(o, "check", scheduler_find(c->api->engine, name)->check);
    put_int(o, "findings", result.findings);
    put_int(o, "notices", result.notices);
    put_int(o, "messages", result.messages);
    if (result.messages)
        put_text(o, "hint", "csictl notice list");
    return 0;
}
