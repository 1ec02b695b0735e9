#include "store/rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/sql.h"

enum { Q_ALL, Q_ONE, Q_DROP, Q_ADD, Q_PACKS, Q_PACKS_OF, Q_UNNAMED, Q_CLEAR, Q_NAME, Q_CHANGED };
static const struct query queries[] = {
    [Q_ALL] = {"SELECT id, field, value FROM rule ORDER BY id, field", true},
    [Q_ONE] = {"SELECT id, field, value FROM rule WHERE id = ? ORDER BY field", false},
    [Q_DROP] = {"DELETE FROM rule WHERE id = ?", false},
    [Q_ADD] = {"INSERT INTO rule (id, field, value) VALUES (?, ?, ?)", false},
    [Q_PACKS] = {"SELECT DISTINCT pack FROM plan_pack ORDER BY pack", true},
    [Q_PACKS_OF] = {"SELECT pack FROM plan_pack WHERE plan_id = ? ORDER BY pack", false},
    [Q_UNNAMED] = {"SELECT count(*) FROM plan p WHERE NOT EXISTS "
                   "(SELECT 1 FROM plan_pack k WHERE k.plan_id = p.id)",
                   true},
    [Q_CLEAR] = {"DELETE FROM plan_pack WHERE plan_id = ?", false},
    [Q_NAME] = {"INSERT OR IGNORE INTO plan_pack (plan_id, pack) VALUES (?, ?)", false},
    [Q_CHANGED] = {"UPDATE plan SET version = version + 1 WHERE id = ?", false},
};
const struct query_table rule_queries = {queries, COUNT(queries)};

int rule_each(struct store *s,
              int (*row)(void *arg, const char *id, const char *field, const char *value),
              void *arg, struct err *e)
{
    struct rows r;
    int stop = 0;

    rows_start(&r, s, &queries[Q_ALL], "");
    while (!stop && rows_next(&r))
        stop = row(arg, rows_text(&r, 0), rows_text(&r, 1), rows_text(&r, 2));
    return rows_end(&r, e);
}

/* The rule as a JSON object for the journal; NULL for one that is not there. Caller frees. */
static int as_json(struct store *s, const char *id, char **ret, struct err *e)
{
    struct text t = TEXT_INIT;
    struct rows r;

    rows_start(&r, s, &queries[Q_ONE], "t", id);
    while (rows_next(&r)) {
        text_add(&t, t.len ? "," : "{");
        text_add_json(&t, rows_text(&r, 1));
        text_add(&t, ":");
        text_add_json(&t, rows_text(&r, 2));
    }
    if (rows_end(&r, e) < 0) {
        text_free(&t);
        return -1;
    }
    if (t.len)
        text_add(&t, "}");
    *ret = t.len ? text_take(&t) : NULL;
    return 0;
}

static int replace(struct store *s, const char *id, const struct rule_value *values, size_t count,
                   struct err *e)
{
    if (sql_run(s, &queries[Q_DROP], e, "t", id) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (sql_run(s, &queries[Q_ADD], e, "ttt", id, values[i].field, values[i].value) < 0)
            return -1;
    return 0;
}

int rule_put(struct store *s, const char *id, const struct rule_value *values, size_t count,
             struct err *e)
{
    char *before = NULL, *after = NULL, *about = xasprintf("rule:%s", id);
    int rc = as_json(s, id, &before, e);

    if (rc == 0)
        rc = replace(s, id, values, count, e);
    if (rc == 0)
        rc = as_json(s, id, &after, e);
    if (rc == 0)
        rc = journal_change(s, "rules.adopt", about, before, after, e);
    free(before);
    free(after);
    free(about);
    return rc;
}

/* ---- the packs of a plan ---- */

static int list(struct rows *r, char **ret, struct err *e)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    while (rows_next(r))
        text_addf(&t, "%s%s", t.len ? " " : "", rows_text(r, 0));
    if (rows_end(r, e) < 0) {
        text_free(&t);
        return -1;
    }
    *ret = text_take(&t);
    return 0;
}

int plan_packs(struct store *s, int64_t plan_id, char **ret, struct err *e)
{
    int64_t unnamed = 0;
    struct rows r;

    if (!plan_id && sql_int(s, &queries[Q_UNNAMED], 0, &unnamed, e, "") < 0)
        return -1;
    if (unnamed) {
        *ret = xstrdup("");
        return 0;
    }
    if (plan_id)
        rows_start(&r, s, &queries[Q_PACKS_OF], "i", plan_id);
    else
        rows_start(&r, s, &queries[Q_PACKS], "");
    return list(&r, ret, e);
}

static int name_all(struct store *s, int64_t plan_id, const char *packs, struct err *e)
{
    while (*packs) {
        size_t len = strcspn(packs, " ");
        char *pack = xstrndup(packs, len);
        int rc = len ? sql_run(s, &queries[Q_NAME], e, "it", plan_id, pack) : 0;

        free(pack);
        if (rc < 0)
            return -1;
        packs += len + strspn(packs + len, " ");
    }
    return 0;
}

/* For the journal; caller frees. */
static char *packs_json(const char *packs)
{
    struct text t = TEXT_INIT;

    text_add(&t, "{\"packs\":");
    text_add_json(&t, packs);
    text_add(&t, "}");
    return text_take(&t);
}

int plan_packs_put(struct store *s, int64_t plan_id, const char *slug, const char *packs,
                   struct err *e)
{
    char *was, *is = NULL, *before, *after;
    int rc;

    if (plan_packs(s, plan_id, &was, e) < 0)
        return -1;
    before = packs_json(was);
    rc = sql_run(s, &queries[Q_CLEAR], e, "i", plan_id);
    if (rc == 0)
        rc = name_all(s, plan_id, packs, e);
    if (rc == 0)
        rc = plan_packs(s, plan_id, &is, e);
    after = packs_json(is ? is : "");
    if (rc == 0 && strcmp(before, after) != 0) {
        rc = sql_run(s, &queries[Q_CHANGED], e, "i", plan_id);
        if (rc == 0)
            rc = journal_change(s, "plan.packs", slug, before, after, e);
    }
    free(was);
    free(is);
    free(before);
    free(after);
    return rc;
}
