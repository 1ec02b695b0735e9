#include "store/evidence.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/history.h"
#include "store/sql.h"

enum { Q_ADD, Q_OF };
static const struct query queries[] = {
    [Q_ADD] = {"INSERT INTO evidence (action_id, part_id, effective_on, recorded_at, who, title, "
               "link, sha256) VALUES (?, nullif(?, 0), ?, ?, ?, ?, ?, ?)",
               false},
    [Q_OF] = {"SELECT v.id, p.label, v.title, v.link, v.sha256, v.who, v.effective_on, "
              "v.recorded_at FROM evidence v LEFT JOIN part p ON p.id = v.part_id "
              "WHERE v.action_id = ? ORDER BY v.effective_on, v.id",
              false},
};
const struct query_table evidence_queries = {queries, COUNT(queries)};

static char *json_of(int64_t part_id, const struct evidence *v, day_t effective)
{
    struct text t = TEXT_INIT;
    char day[DAY_ISO];

    text_addf(&t, "{\"effective_on\":\"%s\"", day_iso(effective, day));
    if (part_id)
        text_addf(&t, ",\"part_id\":%lld", (long long)part_id);
    text_add(&t, ",\"title\":");
    text_add_json(&t, v->title);
    text_add(&t, ",\"link\":");
    text_add_json(&t, v->link);
    text_add(&t, ",\"sha256\":");
    text_add_json(&t, v->sha256);
    text_add(&t, "}");
    return text_take(&t);
}

int evidence_add(struct store *s, int64_t action_id, int64_t part_id, const struct evidence *v,
                 day_t effective, struct err *e)
{
    char *after = json_of(part_id, v, effective);
    int rc = sql_run(s, &queries[Q_ADD], e, "iidutttt", action_id, part_id, effective, sql_now(s),
                     sql_who(s), v->title, v->link, v->sha256);

    if (rc == 0)
        rc = action_touch(s, action_id, "action.evidence", DAY_NONE, NULL, after, e);
    free(after);
    return rc;
}

int evidence_each(struct store *s, int64_t action_id,
                  int (*row)(void *arg, const struct evidence_row *r), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_OF], "i", action_id);
    while (rows_next(&r)) {
        struct evidence_row found = {rows_int(&r, 0),  rows_text(&r, 1), rows_text(&r, 2),
                                     rows_text(&r, 3), rows_text(&r, 4), rows_text(&r, 5),
                                     rows_day(&r, 6),  rows_utc(&r, 7)};

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(&r, e);
}
