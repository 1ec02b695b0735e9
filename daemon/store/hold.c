#include "store/hold.h"

#include "base/mem.h"
#include "store/journal.h"
#include "store/sql.h"

enum { Q_ACK, Q_ACK_LATEST, Q_ACK_LINK, Q_SNOOZE, Q_SNOOZE_LATEST };
static const struct query queries[] = {
    [Q_ACK] = {"INSERT INTO acknowledgement (about, due_on, role, person, by, comment, back_on, "
               "at, link) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
               false},
    [Q_ACK_LATEST] = {"SELECT back_on FROM acknowledgement WHERE about = ? AND due_on = ? "
                      "ORDER BY id DESC LIMIT 1",
                      false},
    [Q_ACK_LINK] = {"SELECT back_on FROM acknowledgement WHERE link = ?", false},
    [Q_SNOOZE] = {"INSERT INTO snooze (address, about, until_on, by, comment, at) "
                  "VALUES (?, ?, ?, ?, ?, ?)",
                  false},
    [Q_SNOOZE_LATEST] = {"SELECT until_on FROM snooze WHERE address = ? AND about = ? "
                         "ORDER BY id DESC LIMIT 1",
                         false},
};
const struct query_table hold_queries = {queries, COUNT(queries)};

/* The day in the only row; DAY_NONE without one, or where it is no later than `after`. */
static int read_day(struct rows *r, day_t after, day_t *ret, struct err *e)
{
    day_t day = DAY_NONE;

    if (rows_next(r))
        day = rows_day(r, 0);
    if (rows_end(r, e) < 0)
        return -1;
    *ret = day_is(day) && (!day_is(after) || day.n > after.n) ? day : DAY_NONE;
    return 0;
}

int ack_check_link(struct store *s, const char *link, struct err *e)
{
    char text[DAY_TEXT];
    struct rows r;
    day_t back;

    rows_start(&r, s, &queries[Q_ACK_LINK], "t", link);
    if (read_day(&r, DAY_NONE, &back, e) < 0)
        return -1;
    return day_is(back) ? err_set(e, ERR_GONE, "This link was used: acknowledged, back on %s.",
                                  day_long(back, text))
                        : 0;
}

int ack_add(struct store *s, const struct acknowledgement *a, int64_t *ret_id, struct err *e)
{
    struct change c;
    int rc;

    if ((a->link && ack_check_link(s, a->link, e) < 0) ||
        change_begin(s, &c, JOURNAL_ACKNOWLEDGEMENT, 0, e) < 0)
        return -1;
    rc = sql_insert(s, &queries[Q_ACK], &c.id, e, "tdttttdut", a->about, a->due_on, a->role,
                    a->person, a->by ? a->by : sql_who(s), a->comment, a->back_on, sql_now(s),
                    a->link);
    rc = change_end(s, &c, rc, "notice.ack", a->about, e);
    if (rc == 0)
        *ret_id = c.id;
    return rc;
}

int ack_in_force(struct store *s, const char *about, day_t due_on, day_t today, day_t *ret,
                 struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_ACK_LATEST], "td", about, due_on);
    return read_day(&r, today, ret, e);
}

int snooze_add(struct store *s, const struct snooze *z, int64_t *ret_id, struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(s, &c, JOURNAL_SNOOZE, 0, e) < 0)
        return -1;
    rc = sql_insert(s, &queries[Q_SNOOZE], &c.id, e, "ttdttu", z->address, z->about, z->until_on,
                    sql_who(s), z->comment, sql_now(s));
    rc = change_end(s, &c, rc, "notice.snooze", z->about, e);
    if (rc == 0)
        *ret_id = c.id;
    return rc;
}

int snooze_in_force(struct store *s, const char *address, const char *about, day_t today,
                    day_t *ret, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_SNOOZE_LATEST], "tt", address, about);
    return read_day(&r, today, ret, e);
}
