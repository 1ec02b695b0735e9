#include "engine/backlog_from.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/action.h"
#include "store/backlog.h"
#include "store/record.h"

/* ---- the board ---- */

struct boards {
    int64_t *ids; /* of the kind board */
    size_t count, cap;
    day_t from, first; /* the first meeting of one of them on or after `from` */
};

static int note_board(void *arg, const struct record *r)
{
    struct boards *b = arg;
    struct record at = *r; /* shares the values */
    const char *kind = *record_value(&at, "kind");

    if (!kind || strcmp(kind, "board") != 0)
        return 0;
    b->ids = xgrow(b->ids, b->count, &b->cap, sizeof *b->ids);
    b->ids[b->count++] = r->id;
    return 0;
}

static bool is_among(const struct boards *b, const char *board)
{
    int64_t id;
    struct err unknown;

    if (!board || record_number(RECORD_BOARD, board, &id, &unknown) < 0)
        return false;
    for (size_t i = 0; i < b->count; i++)
        if (b->ids[i] == id)
            return true;
    return false;
}

static int note_meeting(void *arg, const struct record *r)
{
    struct boards *b = arg;
    struct record at = *r; /* shares the values */
    const char *on = *record_value(&at, "held_on");
    day_t day;

    if (on && day_parse_iso(on, &day) == 0 && day.n >= b->from.n && !record_is_cancelled(r) &&
        is_among(b, *record_value(&at, "board")))
        b->first = day_earlier(b->first, day);
    return 0;
}

int backlog_from(struct store *s, const struct engine *engine, utc_t imported_at, day_t *ret,
                 struct err *e)
{
    struct boards b = {.from = zone_today(engine->zone, imported_at), .first = DAY_NONE};
    int rc = 0;

    if (day_is(engine->backlog_from)) {
        *ret = engine->backlog_from;
        return 0;
    }
    rc = record_each(s, RECORD_BOARD, note_board, &b, e);
    if (rc == 0 && b.count)
        rc = record_each(s, RECORD_MEETING, note_meeting, &b, e);
    free(b.ids);
    if (rc == 0)
        *ret = day_is(b.first) ? day_add(b.first, 1) : DAY_NONE;
    return rc;
}

/* ---- what waits ---- */

struct overdue {
    day_t today;
    struct {
        char *about;
        day_t due_on;
    } * items;
    size_t count, cap;
};

static int note_overdue(void *arg, const struct action *a)
{
    struct overdue *o = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        if (!a->parts[i].known || part_date_state(&a->parts[i], o->today) != DATE_OVERDUE)
            continue;
        o->items = xgrow(o->items, o->count, &o->cap, sizeof *o->items);
        o->items[o->count].about = xasprintf("%s:%s", a->plan, a->ref);
        o->items[o->count++].due_on = a->parts[i].due_on;
    }
    return 0;
}

/* Actions, not their parts. */
static int count_waiting(struct store *s, const struct plan *p, day_t today, size_t *ret,
                         struct err *e)
{
    const struct action_query q = {.plan_id = p->id, .as_at = today, .known_at = UTC_NONE};
    struct overdue o = {.today = today};
    const char *last = "";
    int rc = action_each(s, &q, note_overdue, &o, e);

    *ret = 0;
    for (size_t i = 0; rc == 0 && i < o.count; i++) {
        utc_t imported_at = UTC_NONE;

        rc = backlog_imported_at(s, o.items[i].about, o.items[i].due_on, &imported_at, e);
        if (utc_is(imported_at) && strcmp(o.items[i].about, last) != 0) {
            last = o.items[i].about;
            ++*ret;
        }
    }
    for (size_t i = 0; i < o.count; i++)
        free(o.items[i].about);
    free(o.items);
    return rc;
}

int backlog_waiting(struct store *s, const struct engine *engine, day_t today,
                    int (*row)(void *arg, const char *plan, size_t count), void *arg, struct err *e)
{
    struct plan *plans = NULL;
    size_t plan_count = 0, count;
    int stop = 0, rc = plan_all(s, &plans, &plan_count, e);

    for (size_t i = 0; i < plan_count; i++) {
        day_t from = DAY_NONE;

        if (rc == 0)
            rc = backlog_from(s, engine, plans[i].created_at, &from, e);
        if (rc == 0 && !day_is(from))
            rc = count_waiting(s, &plans[i], today, &count, e);
        if (rc == 0 && !day_is(from) && count && !stop)
            stop = row(arg, plans[i].slug, count);
        plan_clear(&plans[i]);
    }
    free(plans);
    return rc;
}
