#include "store/notice.h"

#include "base/mem.h"
#include "store/sql.h"

enum { Q_EXISTS, Q_ANY_STEP, Q_ADD, Q_DELIVER, Q_GIVE_UP, Q_OF, Q_UNREACHED };
static const struct query queries[] = {
    [Q_EXISTS] = {"SELECT 1 FROM notice WHERE about = ? AND due_on = ? AND rule = ? AND step = ? "
                  "AND role = ? AND channel = ?",
                  false},
    [Q_ANY_STEP] = {"SELECT 1 FROM notice WHERE about = ? AND due_on = ? AND rule = ? AND role = ? "
                    "AND channel = 'mail' LIMIT 1",
                    false},
    [Q_ADD] = {"INSERT INTO notice (event, about, due_on, rule, step, role, channel, reason, "
               "created_at, message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0))",
               false},
    [Q_DELIVER] = {"UPDATE notice SET message_id = ?2 WHERE id = ?1", false},
    [Q_GIVE_UP] = {"UPDATE notice SET channel = 'none', reason = ?2 WHERE id = ?1", false},
    [Q_OF] = {"SELECT id, about, rule, step, role, reason, due_on FROM notice "
              "WHERE message_id = ? ORDER BY id",
              false},
    [Q_UNREACHED] = {"SELECT id, about, rule, step, role, reason, due_on FROM notice "
                     "WHERE channel = 'none' AND created_at >= ? ORDER BY created_at, id",
                     false},
};
const struct query_table notice_queries = {queries, COUNT(queries)};

int notice_exists(struct store *s, const struct notice *n, bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_EXISTS], 0, &found, e, "tdtttt", n->about, n->due_on, n->rule,
                n->step, n->role, n->channel) != 0)
        return -1;
    *ret = found != 0;
    return 0;
}

int notice_any_step(struct store *s, const struct notice *n, bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_ANY_STEP], 0, &found, e, "tdtt", n->about, n->due_on, n->rule,
                n->role) != 0)
        return -1;
    *ret = found != 0;
    return 0;
}

int notice_add(struct store *s, const struct notice *n, int64_t *ret_id, struct err *e)
{
    return sql_insert(s, &queries[Q_ADD], ret_id, e, "ttdtttttui", n->event, n->about, n->due_on,
                      n->rule, n->step, n->role, n->channel, n->reason, sql_now(s), n->message_id);
}

int notice_deliver(struct store *s, int64_t id, int64_t message_id, struct err *e)
{
    return sql_run(s, &queries[Q_DELIVER], e, "ii", id, message_id);
}

int notice_give_up(struct store *s, int64_t id, const char *reason, struct err *e)
{
    return sql_run(s, &queries[Q_GIVE_UP], e, "it", id, reason);
}

static int each(struct rows *r, int (*row)(void *arg, const struct notice_row *r), void *arg,
                struct err *e)
{
    while (rows_next(r)) {
        struct notice_row found = {rows_int(r, 0),  rows_text(r, 1), rows_text(r, 2),
                                   rows_text(r, 3), rows_text(r, 4), rows_text(r, 5),
                                   rows_day(r, 6)};

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(r, e);
}

int notice_each_of(struct store *s, int64_t message,
                   int (*row)(void *arg, const struct notice_row *r), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_OF], "i", message);
    return each(&r, row, arg, e);
}

int notice_each_unreached(struct store *s, utc_t since,
                          int (*row)(void *arg, const struct notice_row *r), void *arg,
                          struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_UNREACHED], "u", since);
    return each(&r, row, arg, e);
}
