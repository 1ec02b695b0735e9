#include "store/schedule.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/sql.h"

#define HELD \
    "state = 'skipped' AND substr(reason, 1, length('" OCCURRENCE_HELD "')) = '" OCCURRENCE_HELD "'"

enum {
    Q_DECIDED,
    Q_DECIDE,
    Q_EACH,
    Q_FORGET,
    Q_HELD_UNTIL,
    Q_IS_HELD,
    Q_UNHOLD,
    Q_UNHOLD_AFTER,
    Q_ADD,
    Q_EXISTS,
    Q_LIST
};
static const struct query queries[] = {
    [Q_DECIDED] = {"SELECT decided_at, spec FROM schedule WHERE name = ?", false},
    [Q_DECIDE] = {"INSERT INTO schedule (name, spec, decided_at) VALUES (?, ?, ?) "
                  "ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, "
                  "decided_at = excluded.decided_at",
                  false},
    [Q_EACH] = {"SELECT name, spec, decided_at FROM schedule ORDER BY name", true},
    [Q_FORGET] = {"DELETE FROM schedule WHERE name = ?", false},
    [Q_HELD_UNTIL] = {"SELECT due_at FROM occurrence WHERE schedule = ? AND " HELD
                      " ORDER BY due_at DESC LIMIT 1",
                      false},
    [Q_IS_HELD] = {"SELECT 1 FROM occurrence WHERE schedule = ? AND nominal = ? AND fold = ? "
                   "AND " HELD,
                   false},
    [Q_UNHOLD] = {"DELETE FROM occurrence WHERE schedule = ? AND nominal = ? AND fold = ?", false},
    [Q_UNHOLD_AFTER] = {"DELETE FROM occurrence WHERE due_at > ? AND " HELD, true},
    [Q_ADD] =
        {"INSERT INTO occurrence (schedule, nominal, fold, due_at, state, reason, covers_from, "
         "ran_at, late_by, findings, notices) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
         false},
    [Q_EXISTS] = {"SELECT 1 FROM occurrence WHERE schedule = ? AND nominal = ? AND fold = ? "
                  "AND NOT (" HELD ")",
                  false},
    [Q_LIST] = {"SELECT id, schedule, nominal, fold, due_at, state, reason, covers_from, ran_at, "
                "late_by, findings, notices FROM occurrence WHERE schedule = ? "
                "ORDER BY due_at DESC, id DESC LIMIT ?",
                false},
};
const struct query_table schedule_queries = {queries, COUNT(queries)};

int schedule_decided(struct store *s, const char *name, char **ret_spec, utc_t *ret, struct err *e)
{
    utc_t at = UTC_NONE;
    char *spec = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_DECIDED], "t", name);
    if (rows_next(&r)) {
        at = rows_utc(&r, 0);
        spec = rows_dup(&r, 1);
    }
    if (rows_end(&r, e) < 0) {
        free(spec);
        return -1;
    }
    *ret_spec = spec;
    *ret = at;
    return 0;
}

int schedule_decide(struct store *s, const char *name, const char *spec, utc_t at, struct err *e)
{
    return sql_run(s, &queries[Q_DECIDE], e, "ttu", name, spec, at);
}

int schedule_each(struct store *s,
                  int (*row)(void *arg, const char *name, const char *spec, utc_t decided),
                  void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_EACH], "");
    while (rows_next(&r))
        if (row(arg, rows_text(&r, 0), rows_text(&r, 1), rows_utc(&r, 2)) != 0)
            break;
    return rows_end(&r, e);
}

int schedule_forget(struct store *s, const char *name, struct err *e)
{
    return sql_run(s, &queries[Q_FORGET], e, "t", name);
}

int occurrence_held_until(struct store *s, const char *schedule, utc_t *ret, struct err *e)
{
    utc_t at = UTC_NONE;
    struct rows r;

    rows_start(&r, s, &queries[Q_HELD_UNTIL], "t", schedule);
    if (rows_next(&r))
        at = rows_utc(&r, 0);
    if (rows_end(&r, e) < 0)
        return -1;
    *ret = at;
    return 0;
}

int occurrence_unhold(struct store *s, const char *schedule, const char *nominal, int fold,
                      bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_IS_HELD], 0, &found, e, "tti", schedule, nominal, (int64_t)fold) < 0)
        return -1;
    *ret = found;
    return found ? sql_run(s, &queries[Q_UNHOLD], e, "tti", schedule, nominal, (int64_t)fold) : 0;
}

int occurrence_unhold_after(struct store *s, utc_t at, struct err *e)
{
    return sql_run(s, &queries[Q_UNHOLD_AFTER], e, "u", at);
}

int occurrence_add(struct store *s, const struct occurrence *o, struct err *e)
{
    return sql_run(s, &queries[Q_ADD], e, "ttiutttuiii", o->schedule, o->nominal, (int64_t)o->fold,
                   o->due_at, o->state, o->reason, o->covers_from, o->ran_at, o->late_by_s,
                   o->findings, o->notices);
}

int occurrence_exists(struct store *s, const char *schedule, const char *nominal, int fold,
                      bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_EXISTS], 0, &found, e, "tti", schedule, nominal, (int64_t)fold) < 0)
        return -1;
    *ret = found;
    return 0;
}

int occurrence_each(struct store *s, const char *schedule, int64_t limit,
                    int (*row)(void *arg, const struct occurrence *o), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_LIST], "ti", schedule, limit ? limit : (int64_t)-1);
    while (rows_next(&r)) {
        struct occurrence o = {
            .id = rows_int(&r, 0),
            .schedule = rows_text(&r, 1),
            .nominal = rows_text(&r, 2),
            .fold = (int)rows_int(&r, 3),
            .due_at = rows_utc(&r, 4),
            .state = rows_text(&r, 5),
            .reason = rows_text(&r, 6),
            .covers_from = rows_text(&r, 7),
            .ran_at = rows_utc(&r, 8),
            .late_by_s = rows_int(&r, 9),
            .findings = rows_int(&r, 10),
            .notices = rows_int(&r, 11),
        };

        if (row(arg, &o) != 0)
            break;
    }
    return rows_end(&r, e);
}
