#include "store/deadline.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/journal.h"
#include "store/sql.h"

#define COLUMNS                                                                               \
    "SELECT d.id, d.series_id, d.step, d.role_id, d.version, d.title, d.every, d.recipient, " \
    "d.source, r.slug, r.title, d.first_due_on, d.due_on, d.submitted_on, d.ended_on, "       \
    "d.evidence_title, d.evidence_link FROM deadline d JOIN role r ON r.id = d.role_id "

enum { Q_OPEN, Q_ALL, Q_FIND, Q_ADD, Q_FIRST, Q_UPDATE, Q_END, Q_LATER, Q_SUBMIT, Q_LAST, Q_NEXT };
static const struct query queries[] = {
    /* ended by the time it was due: it never is */
    [Q_OPEN] = {COLUMNS "WHERE d.submitted_on IS NULL "
                        "AND (d.ended_on IS NULL OR d.ended_on > d.due_on) "
                        "AND d.due_on <= ? ORDER BY d.due_on, d.id",
                false},
    [Q_ALL] = {COLUMNS "WHERE d.due_on <= ? ORDER BY d.due_on, d.id", false},
    [Q_FIND] = {COLUMNS "WHERE d.id = ?", false},
    [Q_ADD] =
        {"INSERT INTO deadline (series_id, step, first_due_on, title, due_on, every, role_id, "
         "recipient, source, ended_on) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
         false},
    [Q_FIRST] = {"UPDATE deadline SET series_id = id WHERE id = ?", false},
    [Q_UPDATE] = {"UPDATE deadline SET title = ?2, due_on = ?3, role_id = ?4, recipient = ?5, "
                  "source = ?6, ended_on = ?7, version = version + 1 WHERE id = ?1 AND "
                  "(title, due_on, role_id, recipient, source, ended_on) IS NOT "
                  "(?2, ?3, ?4, ?5, ?6, ?7)",
                  false},
    [Q_END] = {"UPDATE deadline SET ended_on = ?2, version = version + 1 WHERE id = ?1", false},
    [Q_LATER] = {"SELECT id FROM deadline WHERE series_id = ? AND step > ? "
                 "AND submitted_on IS NULL ORDER BY step",
                 false},
    [Q_SUBMIT] = {"UPDATE deadline SET submitted_on = ?2, evidence_title = ?3, evidence_link = ?4, "
                  "version = version + 1 WHERE id = ?1",
                  false},
    [Q_LAST] = {"SELECT d.id FROM deadline d WHERE d.due_on < ? AND d.every IS NOT NULL "
                "AND d.submitted_on IS NULL AND NOT EXISTS (SELECT 1 FROM deadline n "
                "WHERE n.series_id = d.series_id AND n.step > d.step) ORDER BY d.id",
                true},
    [Q_NEXT] = {"SELECT 1 FROM deadline WHERE series_id = ? AND step > ? LIMIT 1", false},
};
const struct query_table deadline_queries = {queries, COUNT(queries)};

static struct deadline read_row(const struct rows *r)
{
    return (struct deadline){
        .id = rows_int(r, 0),
        .series_id = rows_int(r, 1),
        .step = rows_int(r, 2),
        .role_id = rows_int(r, 3),
        .version = rows_int(r, 4),
        .title = rows_dup(r, 5),
        .every = rows_dup(r, 6),
        .recipient = rows_dup(r, 7),
        .source = rows_dup(r, 8),
        .role = rows_dup(r, 9),
        .role_title = rows_dup(r, 10),
        .first_due_on = rows_day(r, 11),
        .due_on = rows_day(r, 12),
        .submitted_on = rows_day(r, 13),
        .ended_on = rows_day(r, 14),
        .evidence_title = rows_dup(r, 15),
        .evidence_link = rows_dup(r, 16),
    };
}

int deadline_each(struct store *s, bool all, day_t until,
                  int (*row)(void *arg, const struct deadline *d), void *arg, struct err *e)
{
    day_t last = day_is(until) ? until : day_from_ymd(9999, 12, 31);
    struct rows r;
    int stop = 0;

    rows_start(&r, s, &queries[all ? Q_ALL : Q_OPEN], "d", last);
    while (!stop && rows_next(&r)) {
        struct deadline d = read_row(&r);

        stop = row(arg, &d);
        deadline_clear(&d);
    }
    return rows_end(&r, e);
}

int deadline_find(struct store *s, int64_t id, struct deadline *ret, struct err *e)
{
    struct deadline found = {0};
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

/* One row; the first of a series (step 0) gives the series its number. */
static int insert(struct store *s, const struct deadline *d, int64_t *ret_id, struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(s, &c, JOURNAL_DEADLINE, 0, e) < 0)
        return -1;
    rc = sql_insert(s, &queries[Q_ADD], &c.id, e, "iidtdtittd", d->series_id, d->step,
                    d->first_due_on, d->title, d->due_on, d->every, d->role_id, d->recipient,
                    d->source, d->ended_on);
    if (rc == 0 && d->step == 0)
        rc = sql_run(s, &queries[Q_FIRST], e, "i", c.id);
    if (finish(s, &c, rc, "deadline.add", e) < 0)
        return -1;
    *ret_id = c.id;
    return 0;
}

int deadline_add(struct store *s, const struct deadline *d, int64_t *ret_id, struct err *e)
{
    struct deadline first = *d;

    if (!d->title || !*d->title)
        return err_set(e, ERR_USAGE, "a deadline needs a title");
    if (!day_is(d->due_on))
        return err_set(e, ERR_USAGE, "a deadline needs a date it is due on");
    first.series_id = first.step = 0;
    first.first_due_on = d->due_on;
    first.ended_on = DAY_NONE;
    return insert(s, &first, ret_id, e);
}

/* The next of the series of `d`, if it is due by `until` (DAY_NONE: whenever); 0 in *ret_id when it
 * is not, goes no further or stands already. */
static int add_next(struct store *s, const struct deadline *d, day_t until, int64_t *ret_id,
                    struct err *e)
{
    struct deadline next = *d;
    int64_t there;

    *ret_id = 0;
    next.step = d->step + 1;
    if (deadline_next(d, &next.due_on, e) < 0 ||
        sql_int(s, &queries[Q_NEXT], 0, &there, e, "ii", d->series_id, d->step) < 0)
        return -1;
    if (there || !day_is(next.due_on) || (day_is(until) && next.due_on.n > until.n))
        return 0;
    return insert(s, &next, ret_id, e);
}

static int end_row(struct store *s, int64_t id, day_t on, struct err *e)
{
    struct change c;

    if (change_begin(s, &c, JOURNAL_DEADLINE, id, e) < 0)
        return -1;
    return finish(s, &c, sql_run(s, &queries[Q_END], e, "id", id, on), "deadline.end", e);
}

struct ids {
    int64_t *items;
    size_t count, cap;
};

/* Reads ids to the end before anything is written: the rows found must not change underneath. */
static int read_ids(struct rows *r, struct ids *ret, struct err *e)
{
    while (rows_next(r)) {
        ret->items = xgrow(ret->items, ret->count, &ret->cap, sizeof *ret->items);
        ret->items[ret->count++] = rows_int(r, 0);
    }
    return rows_end(r, e);
}

static int end_later(struct store *s, const struct deadline *d, day_t on, struct err *e)
{
    struct ids ids = {0};
    struct rows r;
    int rc;

    rows_start(&r, s, &queries[Q_LATER], "ii", d->series_id, d->step);
    rc = read_ids(&r, &ids, e);
    for (size_t i = 0; rc == 0 && i < ids.count; i++)
        rc = end_row(s, ids.items[i], on, e);
    free(ids.items);
    return rc;
}

static bool same_day(day_t a, day_t b)
{
    return a.n == b.n;
}

int deadline_update(struct store *s, const struct deadline *d, struct err *e)
{
    struct deadline old;
    struct change c;
    int rc;

    if (deadline_find(s, d->id, &old, e) < 0)
        return -1;
    rc = change_begin(s, &c, JOURNAL_DEADLINE, d->id, e);
    if (rc == 0) {
        rc = sql_run(s, &queries[Q_UPDATE], e, "itdittd", d->id, d->title, d->due_on, d->role_id,
                     d->recipient, d->source, d->ended_on);
        rc = finish(s, &c, rc, "deadline.update", e);
    }
    /* a series ends as one: what already stands after this row ends with it */
    if (rc == 0 && !same_day(old.ended_on, d->ended_on))
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
    if (state == DEADLINE_SUBMITTED)
        return err_set(e, ERR_CONFLICT, "deadline %" PRId64 " was submitted on %s", d->id,
                       day_weekday_short(d->submitted_on, day));
    if (state == DEADLINE_ENDED)
        return err_set(e, ERR_CONFLICT, "deadline %" PRId64 " ended on %s", d->id,
                       day_weekday_short(d->ended_on, day));
    return 0;
}

int deadline_submit(struct store *s, int64_t id, day_t on, const char *evidence_title,
                    const char *evidence_link, struct err *e)
{
    struct deadline d;
    struct change c;
    int64_t next;
    int rc;

    if (deadline_find(s, id, &d, e) < 0)
        return -1;
    rc = may_submit(&d, on, e);
    if (rc == 0)
        rc = change_begin(s, &c, JOURNAL_DEADLINE, id, e);
    if (rc == 0) {
        rc = sql_run(s, &queries[Q_SUBMIT], e, "idtt", id, on, evidence_title, evidence_link);
        rc = finish(s, &c, rc, "deadline.submit", e);
    }
    if (rc == 0)
        rc = add_next(s, &d, DAY_NONE, &next, e);
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
    rc = read_ids(&r, &ids, e);
    for (size_t i = 0; rc == 0 && i < ids.count; i++)
        rc = roll_series(s, ids.items[i], today, until, e);
    free(ids.items);
    return rc;
}
