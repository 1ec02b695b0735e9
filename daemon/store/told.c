#include "store/told.h"

#include "base/mem.h"
#include "store/sql.h"

enum { Q_BETWEEN, Q_BEFORE };
static const struct query queries[] = {
    [Q_BETWEEN] = {"SELECT 1 FROM message WHERE created_at >= ? AND created_at < ? AND channel = ? "
                   "AND recipient = ? COLLATE NOCASE AND event = ? LIMIT 1",
                   false},
    [Q_BEFORE] = {"SELECT 1 FROM notice WHERE about = ? AND due_on = ? AND rule = ? AND role = ? "
                  "AND channel = 'mail' LIMIT 1",
                  false},
};
const struct query_table told_queries = {queries, COUNT(queries)};

int told_between(struct store *s, const char *channel, const char *recipient, const char *event,
                 utc_t from, utc_t until, bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_BETWEEN], 0, &found, e, "uuttt", from, until, channel, recipient,
                event) < 0)
        return -1;
    *ret = found;
    return 0;
}

int told_before(struct store *s, const char *about, day_t due_on, const char *rule,
                const char *role, bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_BEFORE], 0, &found, e, "tdtt", about, due_on, rule, role) < 0)
        return -1;
    *ret = found;
    return 0;
}
