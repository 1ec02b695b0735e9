#include "store/action.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/history.h"
#include "store/recall.h"
#include "store/sql.h"

#define ACTION                                                                                  \
    "SELECT a.id, a.plan_id, pl.slug, a.ref, a.title, a.success_measure, pr.number, pr.title, " \
    "a.accountable_id, a.start_on, a.original_due_on, a.updated_at, a.version FROM action a "   \
    "JOIN plan pl ON pl.id = a.plan_id JOIN priority pr ON pr.id = a.priority_id "

enum {
    Q_ALL,
    Q_ALL_BY_PRIORITY,
    Q_ONE,
    Q_RECOMMENDATIONS,
    Q_ROLES,
    Q_FIND,
    Q_FIND_KEY,
    Q_REFS,
    Q_NOTED,
    Q_NOTE_AT
};
static const struct query queries[] = {
    [Q_ALL] = {ACTION "WHERE a.plan_id BETWEEN ? AND ? ORDER BY a.plan_id, a.ref_key, a.id", false},
    [Q_ALL_BY_PRIORITY] = {ACTION "WHERE a.plan_id BETWEEN ? AND ? "
                                  "ORDER BY a.plan_id, pr.number, a.ref_key, a.id",
                           false},
    [Q_ONE] = {ACTION "WHERE a.id = ?", false},
    [Q_RECOMMENDATIONS] = {"SELECT x.action_id, r.ref FROM action_recommendation x "
                           "CROSS JOIN recommendation r ON r.id = x.recommendation_id "
                           "WHERE x.action_id BETWEEN ? AND ? "
                           "ORDER BY x.action_id, length(r.ref), r.ref",
                           false},
    [Q_ROLES] = {"SELECT id, slug, title FROM role WHERE id > 0 ORDER BY id", false},
    [Q_FIND] = {"SELECT id FROM action WHERE plan_id = ? AND ref = ?", false},
    [Q_FIND_KEY] = {"SELECT min(id), count(*) FROM action WHERE plan_id = ? AND ref_key = ?",
                    false},
    [Q_REFS] = {"SELECT ref FROM action WHERE plan_id = ? ORDER BY ref_key", false},
    [Q_NOTED] = {"SELECT action_id, max(effective_on) FROM action_update WHERE effective_on <= ? "
                 "GROUP BY action_id",
                 true},
    [Q_NOTE_AT] = {"SELECT text, effective_on FROM action_update WHERE action_id = ? "
                   "AND effective_on <= ? AND recorded_at <= ? "
                   "ORDER BY effective_on DESC, id DESC LIMIT 1",
                   false},
};
const struct query_table action_queries = {queries, COUNT(queries)};

struct title {
    int64_t id;
    char *slug, *title;
};

/* All that is read before the first row goes out, so that a callback may ask whatever it likes. */
struct loaded {
    struct action *actions; /* in the order of plan and ref */
    struct action **by_id;
    size_t count;
    struct title *roles; /* by id */
    size_t role_count;
    struct text refs; /* recommendations of the action at hand */
};

/* ---- roles ---- */

static int load_roles(struct store *s, struct loaded *l, struct err *e)
{
    size_t cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_ROLES], "");
    while (rows_next(&r)) {
        l->roles = xgrow(l->roles, l->role_count, &cap, sizeof *l->roles);
        l->roles[l->role_count++] =
            (struct title){rows_int(&r, 0), rows_dup(&r, 1), rows_dup(&r, 2)};
    }
    return rows_end(&r, e);
}

static int title_order(const void *key, const void *member)
{
    int64_t a = *(const int64_t *)key, b = ((const struct title *)member)->id;

    return (a > b) - (a < b);
}

static void name_role(const struct loaded *l, int64_t id, char **ret_slug, char **ret_title)
{
    const struct title *t =
        id && l->role_count ? bsearch(&id, l->roles, l->role_count, sizeof *t, title_order) : NULL;

    *ret_slug = t ? xstrdup(t->slug) : NULL;
    *ret_title = t ? xstrdup(t->title) : NULL;
}

/* ---- actions ---- */

static struct action read_action(const struct loaded *l, const struct rows *r)
{
    struct action a = {.id = rows_int(r, 0),
                       .plan_id = rows_int(r, 1),
                       .plan = rows_dup(r, 2),
                       .ref = rows_dup(r, 3),
                       .title = rows_dup(r, 4),
                       .success_measure = rows_dup(r, 5),
                       .priority = (int)rows_int(r, 6),
                       .priority_title = rows_dup(r, 7),
                       .start_on = rows_day(r, 9),
                       .original_due_on = rows_day(r, 10),
                       .noted_on = DAY_NONE,
                       .updated_at = rows_utc(r, 11),
                       .version = rows_int(r, 12)};

    name_role(l, rows_int(r, 8), &a.accountable, &a.accountable_title);
    return a;
}

static int by_id_order(const void *a, const void *b)
{
    int64_t x = (*(struct action *const *)a)->id, y = (*(struct action *const *)b)->id;

    return (x > y) - (x < y);
}

static int load_actions(struct store *s, const struct action_query *q, struct loaded *l,
                        struct err *e)
{
    size_t cap = 0;
    struct rows r;

    if (q->action_id)
        rows_start(&r, s, &queries[Q_ONE], "i", q->action_id);
    else
        rows_start(&r, s, &queries[q->by_priority ? Q_ALL_BY_PRIORITY : Q_ALL], "ii", q->plan_id,
                   q->plan_id ? q->plan_id : INT64_MAX);
    while (rows_next(&r)) {
        l->actions = xgrow(l->actions, l->count, &cap, sizeof *l->actions);
        l->actions[l->count++] = read_action(l, &r);
    }
    l->by_id = xcalloc(l->count + 1, sizeof *l->by_id);
    for (size_t i = 0; i < l->count; i++)
        l->by_id[i] = &l->actions[i];
    qsort(l->by_id, l->count, sizeof *l->by_id, by_id_order);
    return rows_end(&r, e);
}

static int id_order(const void *key, const void *member)
{
    int64_t a = *(const int64_t *)key, b = (*(struct action *const *)member)->id;

    return (a > b) - (a < b);
}

static struct action *action_of(const struct loaded *l, int64_t id)
{
    struct action **found = bsearch(&id, l->by_id, l->count, sizeof *l->by_id, id_order);

    return found ? *found : NULL;
}

static int take_parts(void *arg, const struct standing *st)
{
    struct loaded *l = arg;
    struct action *a = action_of(l, st->action_id);

    if (!a)
        return 0;
    a->parts = xcalloc(st->part_count, sizeof *a->parts);
    a->part_count = st->part_count;
    for (size_t i = 0; i < st->part_count; i++) {
        struct part *p = &a->parts[i];

        *p = st->parts[i];
        p->label = xstrdup(p->label);
        p->due_text = xstrdup(p->due_text);
        name_role(l, p->owner_id, &p->owner, &p->owner_title);
    }
    return 0;
}

static void end_recommendations(struct loaded *l, int64_t id)
{
    struct action *a = id ? action_of(l, id) : NULL;

    if (a)
        a->recommendations = xstrdup(l->refs.s);
    text_clear(&l->refs);
}

static int load_recommendations(struct store *s, const struct action_query *q, struct loaded *l,
                                struct err *e)
{
    int64_t last = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_RECOMMENDATIONS], "ii", q->action_id,
               q->action_id ? q->action_id : INT64_MAX);
    while (rows_next(&r)) {
        if (rows_int(&r, 0) != last)
            end_recommendations(l, last);
        last = rows_int(&r, 0);
        text_addf(&l->refs, "%s%s", l->refs.len ? ", " : "", rows_text(&r, 1));
    }
    end_recommendations(l, last);
    for (size_t i = 0; i < l->count; i++)
        if (!l->actions[i].recommendations)
            l->actions[i].recommendations = xstrdup("");
    return rows_end(&r, e);
}

static int load_noted(struct store *s, const struct action_query *q, struct loaded *l,
                      struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_NOTED], "d", q->as_at);
    while (rows_next(&r)) {
        struct action *a = action_of(l, rows_int(&r, 0));

        if (a)
            a->noted_on = rows_day(&r, 1);
    }
    return rows_end(&r, e);
}

static void loaded_clear(void *arg)
{
    struct loaded *l = arg;

    for (size_t i = 0; i < l->count; i++)
        action_clear(&l->actions[i]);
    for (size_t i = 0; i < l->role_count; i++) {
        free(l->roles[i].slug);
        free(l->roles[i].title);
    }
    free(l->actions);
    free(l->by_id);
    free(l->roles);
    text_free(&l->refs);
    free(l);
}

static int load(struct store *s, const struct action_query *q, struct loaded *l, struct err *e)
{
    return load_roles(s, l, e) < 0 || load_actions(s, q, l, e) < 0 ||
                   standing_each(s, q, true, take_parts, l, e) < 0 ||
                   load_recommendations(s, q, l, e) < 0 || (q->noted && load_noted(s, q, l, e) < 0)
               ? -1
               : 0;
}

int action_each(struct store *s, const struct action_query *q,
                int (*row)(void *arg, const struct action *a), void *arg, struct err *e)
{
    struct loaded *l = recall_take(s, RECALL_ACTIONS, q);
    bool kept = l != NULL;

    if (!kept) {
        l = xcalloc(1, sizeof *l);
        *l = (struct loaded){.refs = TEXT_INIT};
        if (load(s, q, l, e) < 0) {
            loaded_clear(l);
            return -1;
        }
        kept = recall_keep(s, RECALL_ACTIONS, q, l, loaded_clear);
    }
    for (size_t i = 0; i < l->count; i++)
        if (l->actions[i].parts && row(arg, &l->actions[i]) != 0)
            break;
    if (kept)
        recall_release(s, RECALL_ACTIONS);
    else
        loaded_clear(l);
    return 0;
}

/* ---- one by its ref ---- */

/* As printed, or else as its only like in numbers and letters: 5.1 finds 5.01. */
static int find_in(struct store *s, const struct plan *p, const char *ref, int64_t *ret_id,
                   struct err *e)
{
    char *key;
    struct rows r;
    int rc;

    if (sql_int(s, &queries[Q_FIND], 0, ret_id, e, "it", p->id, ref) < 0)
        return -1;
    if (*ret_id)
        return 0;
    key = action_ref_key(ref);
    rows_start(&r, s, &queries[Q_FIND_KEY], "it", p->id, key);
    if (rows_next(&r) && rows_int(&r, 1) == 1)
        *ret_id = rows_int(&r, 0);
    rc = rows_end(&r, e);
    free(key);
    return rc;
}

static int no_action(struct store *s, const struct plan *p, const char *ref, struct err *e)
{
    char *hint = sql_nearest(s, &queries[Q_REFS], p->id, ref);
    const char *colon = strchr(ref, ':'); /* before it the name of a plan, likely */
    int rc = err_set(e, ERR_NOTFOUND, "no action \"%s\" in %s%s%.*s%s%s", ref, p->slug,
                     colon ? ", and no plan \"" : "", colon ? (int)(colon - ref) : 0, ref,
                     colon ? "\"" : "", hint);

    free(hint);
    return rc;
}

/* The plan that "bromley-2016:5.12" names, and where the ref begins. Without one the whole is the
 * ref. */
static int plan_of_ref(struct store *s, const char **ref, const char *plan, struct plan *ret,
                       struct err *e)
{
    const char *colon = strchr(*ref, ':');
    struct err other;

    if (colon && colon > *ref) {
        char *slug = xstrndup(*ref, (size_t)(colon - *ref));
        int rc = plan_find(s, slug, ret, &other);

        free(slug);
        if (rc == 0) {
            *ref = colon + 1;
            return 0;
        }
        if (other.code != ERR_NOTFOUND && other.code != ERR_USAGE) { /* no slug: part of the ref */
            *e = other;
            return -1;
        }
    }
    return plan_find(s, plan, ret, e);
}

int action_find(struct store *s, const char *ref, const char *plan, int64_t *ret_id,
                struct plan *ret_plan, struct err *e)
{
    struct plan p;
    int64_t id;

    if (plan_of_ref(s, &ref, plan, &p, e) < 0)
        return -1;
    if (find_in(s, &p, ref, &id, e) < 0 || (!id && no_action(s, &p, ref, e) < 0)) {
        plan_clear(&p);
        return -1;
    }
    *ret_id = id;
    *ret_plan = p;
    return 0;
}

int action_note_at(struct store *s, int64_t action_id, day_t as_at, utc_t known_at, char **ret,
                   day_t *ret_on, struct err *e)
{
    char *found = NULL, known[UTC_ISO];
    day_t on = DAY_NONE;
    struct rows r;

    rows_start(&r, s, &queries[Q_NOTE_AT], "idt", action_id, as_at, known_text(known_at, known));
    if (rows_next(&r)) {
        found = rows_dup(&r, 0);
        on = rows_day(&r, 1);
    }
    if (rows_end(&r, e) < 0) {
        free(found);
        return -1;
    }
    *ret = found;
    *ret_on = on;
    return 0;
}
