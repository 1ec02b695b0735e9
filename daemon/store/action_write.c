/* What of an action is not history: its wording, its priority, what it answers (store/action.h). */
#include "store/action.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/sql.h"

enum {
    Q_FIND,
    Q_ADD,
    Q_FIELDS,
    Q_SET,
    Q_RECOMMENDATION,
    Q_RECOMMENDATION_ADD,
    Q_ANSWERED,
    Q_ANSWER,
    Q_ANSWER_NONE,
};
static const struct query queries[] = {
    [Q_FIND] = {"SELECT id FROM action WHERE plan_id = ? AND ref = ?", false},
    [Q_ADD] = {"INSERT INTO action (plan_id, priority_id, ref, ref_key, title, success_measure, "
               "accountable_id, start_on, updated_at) "
               "VALUES (?, ?, ?, ?, ?, nullif(?, ''), nullif(?, 0), ?, ?)",
               false},
    [Q_FIELDS] = {"SELECT ref, title, success_measure, priority_id, accountable_id, start_on "
                  "FROM action WHERE id = ?",
                  false},
    [Q_SET] = {"UPDATE action SET title = ?, success_measure = nullif(?, ''), priority_id = ?, "
               "accountable_id = nullif(?, 0), start_on = ?, updated_at = ?, "
               "version = version + 1 WHERE id = ?",
               false},
    [Q_RECOMMENDATION] = {"SELECT id FROM recommendation WHERE plan_id = ? AND ref = ?", false},
    [Q_RECOMMENDATION_ADD] = {"INSERT INTO recommendation (plan_id, ref) VALUES (?, ?)", false},
    [Q_ANSWERED] = {"SELECT recommendation_id FROM action_recommendation WHERE action_id = ?",
                    false},
    [Q_ANSWER] = {"INSERT OR IGNORE INTO action_recommendation VALUES (?, ?)", false},
    [Q_ANSWER_NONE] = {"DELETE FROM action_recommendation WHERE action_id = ?", false},
};
const struct query_table action_write_queries = {queries, COUNT(queries)};

/* ---- recommendations ---- */

static int recommendation_ensure(struct store *s, int64_t plan_id, const char *ref, int64_t *ret_id,
                                 struct err *e)
{
    if (sql_int(s, &queries[Q_RECOMMENDATION], 0, ret_id, e, "it", plan_id, ref) < 0)
        return -1;
    return *ret_id ? 0
                   : sql_insert(s, &queries[Q_RECOMMENDATION_ADD], ret_id, e, "it", plan_id, ref);
}

static int answer(struct store *s, int64_t plan_id, int64_t action_id,
                  const struct action_fields *f, struct err *e)
{
    int64_t id;

    for (size_t i = 0; i < f->recommendation_count; i++)
        if (recommendation_ensure(s, plan_id, f->recommendations[i], &id, e) < 0 ||
            sql_run(s, &queries[Q_ANSWER], e, "ii", action_id, id) < 0)
            return -1;
    return 0;
}

/* The ids of those it answers, in words, to be compared. Caller frees. */
static int answered(struct store *s, int64_t action_id, char **ret, struct err *e)
{
    struct text t = TEXT_INIT;
    struct rows r;

    text_clear(&t);
    rows_start(&r, s, &queries[Q_ANSWERED], "i", action_id);
    while (rows_next(&r))
        text_addf(&t, "%lld ", (long long)rows_int(&r, 0));
    if (rows_end(&r, e) < 0) {
        text_free(&t);
        return -1;
    }
    *ret = text_take(&t);
    return 0;
}

static int change_answers(struct store *s, const struct plan *p, int64_t action_id,
                          const struct action_fields *f, bool *ret_changed, struct err *e)
{
    char *before = NULL, *after = NULL;
    int rc = answered(s, action_id, &before, e);

    if (rc == 0)
        rc = sql_run(s, &queries[Q_ANSWER_NONE], e, "i", action_id);
    if (rc == 0)
        rc = answer(s, p->id, action_id, f, e);
    if (rc == 0)
        rc = answered(s, action_id, &after, e);
    *ret_changed = rc == 0 && strcmp(before, after) != 0;
    free(before);
    free(after);
    return rc;
}

/* ---- actions ---- */

static int check_new(struct store *s, const struct plan *p, const struct action_fields *f,
                     struct err *e)
{
    int64_t there;

    if (!f->ref || !*f->ref || strlen(f->ref) > ACTION_REF_MAX)
        return err_set(e, ERR_USAGE, "a ref has 1 to %d bytes", ACTION_REF_MAX);
    if (!f->title || !*f->title || !f->priority_id)
        return err_set(e, ERR_USAGE, "an action needs a title and a priority");
    if (sql_int(s, &queries[Q_FIND], 0, &there, e, "it", p->id, f->ref) < 0)
        return -1;
    return there ? err_set(e, ERR_CONFLICT, "there is an action %s:%s already", p->slug, f->ref)
                 : 0;
}

static int insert_action(struct store *s, const struct plan *p, const struct action_fields *f,
                         int64_t *ret_id, struct err *e)
{
    char *key = action_ref_key(f->ref);
    int rc =
        sql_insert(s, &queries[Q_ADD], ret_id, e, "iittttidu", p->id, f->priority_id, f->ref, key,
                   f->title, f->success_measure, f->accountable_id, f->start_on, sql_now(s));

    free(key);
    return rc;
}

int action_add(struct store *s, const struct plan *p, const struct action_fields *f,
               int64_t *ret_id, struct err *e)
{
    struct change c;
    char *about;
    int rc;

    if (check_new(s, p, f, e) < 0 || change_begin(s, &c, JOURNAL_ACTION, 0, e) < 0)
        return -1;
    rc = insert_action(s, p, f, &c.id, e);
    if (rc == 0)
        rc = answer(s, p->id, c.id, f, e);
    about = xasprintf("%s:%s", p->slug, f->ref);
    rc = change_end(s, &c, rc, "action.add", about, e);
    free(about);
    if (rc == 0)
        *ret_id = c.id;
    return rc;
}

/* What is there, as fields; the texts are the caller's to free. */
struct kept {
    char *ref, *title, *success_measure;
    int64_t priority_id, accountable_id;
    day_t start_on;
};

static void kept_free(struct kept *k)
{
    free(k->ref);
    free(k->title);
    free(k->success_measure);
}

static int load_kept(struct store *s, int64_t action_id, struct kept *ret, struct err *e)
{
    struct kept k = {0};
    struct rows r;

    rows_start(&r, s, &queries[Q_FIELDS], "i", action_id);
    if (rows_next(&r))
        k = (struct kept){rows_dup(&r, 0), rows_dup(&r, 1), rows_dup(&r, 2),
                          rows_int(&r, 3), rows_int(&r, 4), rows_day(&r, 5)};
    if (rows_end(&r, e) < 0 || (!k.ref && err_set(e, ERR_NOTFOUND, "no such action") < 0)) {
        kept_free(&k);
        return -1;
    }
    *ret = k;
    return 0;
}

static bool differs(const char *given, const char *kept)
{
    return given && strcmp(given, kept ? kept : "") != 0;
}

static bool any_differs(const struct action_fields *f, const struct kept *k)
{
    return differs(f->title, k->title) || differs(f->success_measure, k->success_measure) ||
           (f->priority_id && f->priority_id != k->priority_id) ||
           (f->accountable_id && f->accountable_id != k->accountable_id) ||
           (day_is(f->start_on) && f->start_on.n != k->start_on.n);
}

static int write_fields(struct store *s, int64_t action_id, const struct action_fields *f,
                        const struct kept *k, struct err *e)
{
    return sql_run(s, &queries[Q_SET], e, "ttiidui", f->title ? f->title : k->title,
                   f->success_measure ? f->success_measure : k->success_measure,
                   f->priority_id ? f->priority_id : k->priority_id,
                   f->accountable_id ? f->accountable_id : k->accountable_id,
                   day_is(f->start_on) ? f->start_on : k->start_on, sql_now(s), action_id);
}

int action_set(struct store *s, const struct plan *p, int64_t action_id,
               const struct action_fields *f, bool *ret_changed, struct err *e)
{
    bool changed = false;
    struct change c;
    struct kept k;
    char *about;
    int rc;

    if (load_kept(s, action_id, &k, e) < 0)
        return -1;
    if (change_begin(s, &c, JOURNAL_ACTION, action_id, e) < 0) {
        kept_free(&k);
        return -1;
    }
    rc = f->recommendations ? change_answers(s, p, action_id, f, &changed, e) : 0;
    if (rc == 0 && (changed || any_differs(f, &k))) {
        rc = write_fields(s, action_id, f, &k, e);
        changed = true;
    }
    about = xasprintf("%s:%s", p->slug, k.ref);
    rc = change_end(s, &c, rc, "action.update", about, e);
    free(about);
    kept_free(&k);
    if (rc == 0 && ret_changed)
        *ret_changed = changed;
    return rc;
}
