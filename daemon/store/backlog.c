#include "store/backlog.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/journal.h"
#include "store/sql.h"

enum { Q_NOTE, Q_COUNT, Q_IMPORTED };
static const struct query queries[] = {
    [Q_NOTE] = {"INSERT INTO backlog (about, due_on, plan_id) "
                "SELECT DISTINCT pl.slug || ':' || a.ref, e.due_on, pl.id "
                "FROM plan pl JOIN action a ON a.plan_id = pl.id JOIN part p ON p.action_id = a.id "
                "JOIN entry e ON e.part_id = p.id WHERE pl.id = ? AND e.due_on < e.effective_on "
                "AND coalesce(e.status, 'draft') IN "
                "('draft', 'agreed', 'in-progress', 'completion-proposed')",
                false},
    [Q_COUNT] = {"SELECT count(*) FROM backlog WHERE plan_id = ?", false},
    [Q_IMPORTED] = {"SELECT pl.created_at FROM backlog b JOIN plan pl ON pl.id = b.plan_id "
                    "WHERE b.about = ? AND b.due_on = ?",
                    false},
};
const struct query_table backlog_queries = {queries, COUNT(queries)};

int backlog_note(struct store *s, int64_t plan_id, const char *slug, struct err *e)
{
    char *after;
    int64_t count;
    int rc;

    if (sql_run(s, &queries[Q_NOTE], e, "i", plan_id) < 0 ||
        sql_int(s, &queries[Q_COUNT], 0, &count, e, "i", plan_id) < 0)
        return -1;
    if (!count)
        return 0;
    after = xasprintf("{\"count\":%" PRId64 "}", count);
    rc = journal_change(s, "plan.backlog", slug, NULL, after, e);
    free(after);
    return rc;
}

int backlog_imported_at(struct store *s, const char *about, day_t due_on, utc_t *ret, struct err *e)
{
    utc_t at = UTC_NONE;
    struct rows r;

    rows_start(&r, s, &queries[Q_IMPORTED], "td", about, due_on);
    if (rows_next(&r))
        at = rows_utc(&r, 0);
    if (rows_end(&r, e) < 0)
        return -1;
    *ret = at;
    return 0;
}
