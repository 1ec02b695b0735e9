#include "base/mem.h"
#include "store/outbox.h"
#include "store/sql.h"

enum { Q_EXISTS, Q_ADD };
static const struct query queries[] = {
    [Q_EXISTS] = {"SELECT 1 FROM notice WHERE about = ? AND due_on = ? AND rule = ? AND step = ? "
                  "AND role = ? AND channel = ?",
                  false},
    [Q_ADD] = {"INSERT INTO notice (event, about, due_on, rule, step, role, channel, reason, "
               "created_at, message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0))",
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

int notice_add(struct store *s, const struct notice *n, int64_t *ret_id, struct err *e)
{
    return sql_insert(s, &queries[Q_ADD], ret_id, e, "ttdtttttui", n->event, n->about, n->due_on,
                      n->rule, n->step, n->role, n->channel, n->reason, sql_now(s), n->message_id);
}
