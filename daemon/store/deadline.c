#include "store/deadline.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "plan/policy.h"
#include "store/journal.h"
#include "store/sql.h"

#define COMMA(field)     #field ", "
#define COLUMN(field)    "d." #field ", "
#define PLACE(field)     "?, "
#define SET(field)       #field " = ?, "
#define TYPE_TEXT(field) "t"
#define TYPE_DAY(field)  "d"
#define VALUE(field)     d->field,
#define COLUMNS                                                                            \
    "SELECT " DEADLINE_TEXTS(COLUMN)                                                       \
        DEADLINE_DAYS(COLUMN) "d.id, d.series_id, d.step, d.role_id, "                     \
                              "d.version, d.difference_seen, d.created_at, d.updated_at, " \
                              "r.slug, r.title "                                           \
                              "FROM deadline d JOIN role r ON r.id = d.role_id "

enum { Q_OPEN, Q_ALL, Q_RULED, Q_FIND, Q_ADD, Q_FIRST, Q_WRITE, Q_LATER, Q_LAST, Q_NEXT };
static const struct query queries[] = {
    /* ended by the time it was due: it never is */
    [Q_OPEN] = {COLUMNS "WHERE d.submitted_on IS NULL "
                        "AND (d.ended_on IS NULL OR d.ended_on > d.due_on) "
                        "AND d.due_on <= ? ORDER BY d.due_on, d.id",
                false},
    [Q_ALL] = {COLUMNS "WHERE d.due_on <= ? ORDER BY d.due_on, d.id", false},
    [Q_RULED] = {COLUMNS "WHERE CASE WHEN d.rule IS NULL THEN d.source LIKE 'instrument:%' "
                         "ELSE d.about IS NOT NULL END ORDER BY d.rule, d.about, d.step",
                 true},
    [Q_FIND] = {COLUMNS "WHERE d.id = ?", false},
    [Q_ADD] =
        {"INSERT INTO deadline (" DEADLINE_TEXTS(COMMA) DEADLINE_DAYS(
             COMMA) "series_id, step, role_id, difference_seen, created_at, updated_at) VALUES "
                    "(" DEADLINE_TEXTS(PLACE) DEADLINE_DAYS(PLACE) "?, ?, ?, ?, ?, ?)",
         false},
    [Q_FIRST] = {"UPDATE deadline SET series_id = id WHERE id = ?", false},
    [Q_WRITE] = {"UPDATE deadline SET " DEADLINE_TEXTS(SET) DEADLINE_DAYS(
                     SET) "role_id = ?, difference_seen = ?, updated_at = ?, version = version + 1 "
                          "WHERE id = ?",
                 false},
    [Q_LATER] = {"SELECT id FROM deadline WHERE series_id = ? AND step > ? "
                 "AND submitted_on IS NULL ORDER BY step",
                 false},
    [Q_LAST] = {"SELECT d.id FROM deadline d WHERE d.due_on < ? AND d.every IS NOT NULL "
                "AND d.rule IS NULL AND d.submitted_on IS NULL AND NOT EXISTS "
                "(SELECT 1 FROM deadline n WHERE n.series_id = d.series_id AND n.step > d.step) "
                "ORDER BY d.id",
                false},
    [Q_NEXT] = {"SELECT 1 FROM deadline WHERE series_id = ? AND step > ? LIMIT 1", false},
};
const struct query_table deadline_queries = {queries, COUNT(queries)};

static struct deadline read_row(const struct rows *r)
{
    struct deadline d = deadline_new();
    int column = 0;

#define READ_TEXT(field) d.field = rows_dup(r, column++);
#define READ_DAY(field)  d.field = rows_day(r, column++);
    DEADLINE_TEXTS(READ_TEXT)
    DEADLINE_DAYS(READ_DAY)
    d.id = rows_int(r, column++);
    d.series_id = rows_int(r, column++);
    d.step = rows_int(r, column++);
    d.role_id = rows_int(r, column++);
    d.version = rows_int(r, column++);
    d.difference_seen = rows_int(r, column++);
    d.created_at = rows_utc(r, column++);
    d.updated_at = rows_utc(r, column++);
    d.role = rows_dup(r, column++);
    d.role_title = rows_dup(r, column);
    return d;
}

static int each(struct rows *r, int (*row)(void *arg, const struct deadline *d), void *arg,
                struct err *e)
{
    int stop = 0;

    while (!stop && rows_next(r)) {
        struct deadline d = read_row(r);

        stop = row(arg, &d);
        deadline_clear(&d);
    }
    return rows_end(r, e);
}

int deadline_each(struct store *s, bool all, day_t until,
                  int (*row)(void *arg, const struct deadline *d), void *arg, struct err *e)
{
    day_t last = day_is(until) ? until : day_from_ymd(9999, 12, 31);
    struct rows r;

    rows_start(&r, s, &queries[all ? Q_ALL : Q_OPEN], "d", last);
    return each(&r, row, arg, e);
}

int deadline_each_ruled(struct store *s, int (*row)(void *arg, const struct deadline *d), void *arg,
                        struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_RULED], "");
    return each(&r, row, arg, e);
}

int deadline_find(struct store *s, int64_t id, struct deadline *ret, struct err *e)
{
    struct deadline found = deadline_new();
    struct rows r;

    rows_start(&r, s, &queries[Q_FIND], "i", id);
    if (rows_next(&r))
        found = read_row(&r);
    if (rows_end(&r, e) < 0) {
        deadline_clear(&found);
        return -1;
    }
    if (!found.id)
        return err_set(e, ERR_NOTFOUND, "no deadline %" PRId64 ": see csictl deadline list", id);
    *ret = found;
    return 0;
}

/* ---- changes ---- */

static int finish(struct store *s, struct change *c, int rc, const char *what, struct err *e)
{
    char about[JOURNAL_ABOUT];

    return change_end(s, c, rc, what, journal_about("deadline", c->id, about), e);
}

int deadline_insert(struct store *s, const struct deadline *d, int64_t *ret_id, struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(s, &c, JOURNAL_DEADLINE, 0, e) < 0)
        return -1;
    rc = sql_insert(s, &queries[Q_ADD], &c.id, e,
                    DEADLINE_TEXTS(TYPE_TEXT) DEADLINE_DAYS(TYPE_DAY) "iiiiuu",
                    DEADLINE_TEXTS(VALUE) DEADLINE_DAYS(VALUE) d->series_id, d->step, d->role_id,
                    (int64_t)d->difference_seen, sql_now(s), sql_now(s));
    if (rc == 0 && !d->series_id)
        rc = sql_run(s, &queries[Q_FIRST], e, "i", c.id);
    if (finish(s, &c, rc, "deadline.add", e) < 0)
        return -1;
    *ret_id = c.id;
    return 0;
}

int deadline_write(struct store *s, const struct deadline *d, const char *what, struct err *e)
{
    struct deadline old;
    struct change c;
    bool same;
    int rc;

    if (deadline_find(s, d->id, &old, e) < 0)
        return -1;
    same = deadline_same(&old, d);
    deadline_clear(&old);
    if (same)
        return 0;
    if (change_begin(s, &c, JOURNAL_DEADLINE, d->id, e) < 0)
        return -1;
    rc = sql_run(s, &queries[Q_WRITE], e, DEADLINE_TEXTS(TYPE_TEXT) DEADLINE_DAYS(TYPE_DAY) "iiui",
                 DEADLINE_TEXTS(VALUE) DEADLINE_DAYS(VALUE) d->role_id, (int64_t)d->difference_seen,
                 sql_now(s), d->id);
    return finish(s, &c, rc, what, e);
}

int deadline_add(struct store *s, const struct deadline *d, int64_t *ret_id, struct err *e)
{
    struct deadline first = deadline_new(); /* shares the texts */

    if (!d->title || !*d->title)
        return err_set(e, ERR_USAGE, "a deadline needs a title");
    if (!day_is(d->due_on))
        return err_set(e, ERR_USAGE, "a deadline needs a date it is due on");
    first.title = d->title;
    first.every = d->every;
    first.recipient = d->recipient;
    first.source = d->source;
    first.role_id = d->role_id;
    first.first_due_on = first.due_on = d->due_on;
    first.check_name = (char *)DEADLINE_CHECK;
    first.copy_to = d->copy_to ? d->copy_to : (char *)DEADLINE_COPY;
    first.ladder = (char *)DEADLINE_LADDER;
    return deadline_insert(s, &first, ret_id, e);
}

/* The next of the series of `d`, if it is due by `until` (DAY_NONE: whenever); 0 in *ret_id when it
 * is not, goes no further or stands already. What a rule yields goes on by its rule, not from here.
 */
static int add_next(struct store *s, const struct deadline *d, day_t until, int64_t *ret_id,
                    struct err *e)
{
    struct deadline next = *d; /* shares the texts */
    int64_t there;

    *ret_id = 0;
    if (d->rule)
        return 0;
    next.step = d->step + 1;
    next.submitted_on = DAY_NONE;
    next.evidence_title = next.evidence_link = NULL;
    if (deadline_next(d, &next.due_on, e) < 0 ||
        sql_int(s, &queries[Q_NEXT], 0, &there, e, "ii", d->series_id, d->step) < 0)
        return -1;
    if (there || !day_is(next.due_on) || (day_is(until) && next.due_on.n > until.n))
        return 0;
    return deadline_insert(s, &next, ret_id, e);
}

static void replace(char **text, const char *by)
{
    free(*text);
    *text = xstrdup(by);
}

static int end_row(struct store *s, int64_t id, day_t on, struct err *e)
{
    struct deadline d;
    int rc;

    if (deadline_find(s, id, &d, e) < 0)
        return -1;
    d.ended_on = on;
    replace(&d.ended_why, NULL);
    rc = deadline_write(s, &d, "deadline.end", e);
    deadline_clear(&d);
    return rc;
}

static int end_later(struct store *s, const struct deadline *d, day_t on, struct err *e)
{
    struct ids ids = {0};
    struct rows r;
    int rc;

    rows_start(&r, s, &queries[Q_LATER], "ii", d->series_id, d->step);
    rc = rows_ids(&r, &ids, e);
    for (size_t i = 0; rc == 0 && i < ids.count; i++)
        rc = end_row(s, ids.items[i], on, e);
    free(ids.items);
    return rc;
}

int deadline_update(struct store *s, const struct deadline *d, struct err *e)
{
    struct deadline old;
    int rc;

    if (deadline_find(s, d->id, &old, e) < 0)
        return -1;
    rc = deadline_write(s, d, "deadline.update", e);
    /* a series ends as one: what already stands after this row ends with it */
    if (rc == 0 && old.ended_on.n != d->ended_on.n)
        rc = end_later(s, &old, d->ended_on, e);
    deadline_clear(&old);
    return rc;
}

static int may_submit(const struct deadline *d, day_t on, struct err *e)
{
    enum deadline_state state = deadline_state(d, on);
    char day[DAY_TEXT];

    if (!day_is(on))
        return err_set(e, ERR_USAGE, "a submission needs the date it was sent on");
    if (deadline_is_window(d))
        return err_set(e, ERR_USAGE,
                       "deadline %" PRId64 " is a window in which something is expected: it "
                       "closes when that is recorded",
                       d->id);
    if (state == DEADLINE_SUBMITTED)
        return err_set(e, ERR_CONFLICT,
                       "deadline %" PRId64
                       " was submitted on %s: if that is wrong, csictl deadline submit %" PRId64
                       " --on none takes it back",
                       d->id, day_weekday_short(d->submitted_on, day), d->id);
    if (state == DEADLINE_ENDED)
        return err_set(e, ERR_CONFLICT, "deadline %" PRId64 " ended on %s", d->id,
                       day_weekday_short(d->ended_on, day));
    return 0;
}

int deadline_submit(struct store *s, int64_t id, day_t on, const char *evidence_title,
                    const char *evidence_link, struct err *e)
{
    struct deadline d;
    int64_t next;
    int rc;

    if (deadline_find(s, id, &d, e) < 0)
        return -1;
    rc = may_submit(&d, on, e);
    if (rc == 0) {
        d.submitted_on = on;
        replace(&d.evidence_title, evidence_title);
        replace(&d.evidence_link, evidence_link);
        rc = deadline_write(s, &d, "deadline.submit", e);
    }
    if (rc == 0)
        rc = add_next(s, &d, DAY_NONE, &next, e);
    deadline_clear(&d);
    return rc;
}

int deadline_take_back(struct store *s, int64_t id, struct err *e)
{
    struct deadline d;
    int rc;

    if (deadline_find(s, id, &d, e) < 0)
        return -1;
    if (!day_is(d.submitted_on))
        rc = err_set(e, ERR_CONFLICT, "deadline %" PRId64 " is not recorded as submitted", id);
    else {
        d.submitted_on = DAY_NONE;
        replace(&d.evidence_title, NULL);
        replace(&d.evidence_link, NULL);
        rc = deadline_write(s, &d, "deadline.submit", e);
    }
    deadline_clear(&d);
    return rc;
}

/* After a long absence several dates may have passed: each is owed, so each gets its row. */
static int roll_series(struct store *s, int64_t id, day_t today, day_t until, struct err *e)
{
    struct deadline d;
    int rc;

    do {
        if (deadline_find(s, id, &d, e) < 0)
            return -1;
        rc = add_next(s, &d, d.due_on.n < today.n ? DAY_NONE : until, &id, e);
        deadline_clear(&d);
    } while (rc == 0 && id != 0);
    return rc;
}

int deadline_roll(struct store *s, day_t today, day_t until, struct err *e)
{
    struct ids ids = {0};
    struct rows r;
    int rc;

    rows_start(&r, s, &queries[Q_LAST], "d", until);
    rc = rows_ids(&r, &ids, e);
    for (size_t i = 0; rc == 0 && i < ids.count; i++)
        rc = roll_series(s, ids.items[i], today, until, e);
    free(ids.items);
    return rc;
}
