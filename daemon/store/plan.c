#include "store/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "plan/slug.h"
#include "store/journal.h"
#include "store/sql.h"

#define PLAN_COLUMNS                                                 \
    "SELECT p.id, p.slug, p.title, p.created_at, p.version, s.name " \
    "FROM plan p JOIN scheme s ON s.id = p.scheme_id "

enum {
    Q_BY_SLUG,
    Q_ALL,
    Q_SLUGS,
    Q_SCHEME,
    Q_RATINGS,
    Q_SCHEME_NAMES,
    Q_PRIORITIES,
    Q_ADD,
    Q_RETITLE,
    Q_PRIORITY,
    Q_PRIORITY_ADD,
    Q_PRIORITY_RETITLE,
};
static const struct query queries[] = {
    [Q_BY_SLUG] = {PLAN_COLUMNS "WHERE p.slug = ?", false},
    [Q_ALL] = {PLAN_COLUMNS "ORDER BY p.slug", true},
    [Q_SLUGS] = {"SELECT slug FROM plan WHERE id > ? ORDER BY id", false},
    [Q_SCHEME] = {"SELECT id FROM scheme WHERE name = ?", false},
    [Q_RATINGS] = {"SELECT r.code, r.label, r.symbol, r.colour, r.meaning, s.name FROM scheme s "
                   "JOIN rating r ON r.scheme_id = s.id WHERE s.name = ? ORDER BY r.place",
                   false},
    [Q_SCHEME_NAMES] = {"SELECT name FROM scheme ORDER BY id", true},
    [Q_PRIORITIES] = {"SELECT id, number, title FROM priority WHERE plan_id = ? ORDER BY number",
                      false},
    [Q_ADD] = {"INSERT INTO plan (slug, title, scheme_id, created_at) VALUES (?, ?, ?, ?)", false},
    [Q_RETITLE] = {"UPDATE plan SET title = ?, version = version + 1 WHERE id = ?", false},
    [Q_PRIORITY] = {"SELECT id, title FROM priority WHERE plan_id = ? AND number = ?", false},
    [Q_PRIORITY_ADD] = {"INSERT INTO priority (plan_id, number, title) VALUES (?, ?, ?)", false},
    [Q_PRIORITY_RETITLE] = {"UPDATE priority SET title = ? WHERE id = ?", false},
};
const struct query_table plan_queries = {queries, COUNT(queries)};

void plan_clear(struct plan *p)
{
    free(p->slug);
    free(p->title);
    scheme_clear(&p->scheme);
    *p = (struct plan){0};
}

/* ---- schemes ---- */

static struct rating read_rating(const struct rows *r)
{
    int meaning = meaning_parse(rows_text(r, 4));

    return (struct rating){rows_dup(r, 0), rows_dup(r, 1), rows_dup(r, 2), rows_dup(r, 3),
                           meaning < 0 ? MEANING_NOT_STARTED : (enum meaning)meaning};
}

static int no_scheme(struct store *s, const char *name, struct err *e)
{
    struct text names = TEXT_INIT;
    struct rows r;
    int rc;

    text_add(&names, "");
    rows_start(&r, s, &queries[Q_SCHEME_NAMES], "");
    while (rows_next(&r))
        text_addf(&names, "%s%s", names.len ? ", " : "", rows_text(&r, 0));
    rc = rows_end(&r, e);
    if (rc == 0)
        rc = err_set(e, ERR_NOTFOUND, "no rating scheme \"%s\": there are %s", name, names.s);
    text_free(&names);
    return rc;
}

int plan_scheme(struct store *s, const char *name, struct scheme *ret, struct err *e)
{
    struct scheme found = {0};
    size_t cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_RATINGS], "t", name);
    while (rows_next(&r)) {
        found.ratings = xgrow(found.ratings, found.count, &cap, sizeof *found.ratings);
        found.ratings[found.count++] = read_rating(&r);
        if (!found.name)
            found.name = rows_dup(&r, 5);
    }
    if (rows_end(&r, e) < 0) {
        scheme_clear(&found);
        return -1;
    }
    if (found.count == 0)
        return no_scheme(s, name, e);
    *ret = found;
    return 0;
}

/* ---- plans ---- */

static struct plan read_plan(const struct rows *r)
{
    return (struct plan){.id = rows_int(r, 0),
                         .slug = rows_dup(r, 1),
                         .title = rows_dup(r, 2),
                         .created_at = rows_utc(r, 3),
                         .version = rows_int(r, 4),
                         .scheme = {.name = rows_dup(r, 5)}};
}

static int load_scheme(struct store *s, struct plan *p, struct err *e)
{
    struct scheme scheme;

    if (plan_scheme(s, p->scheme.name, &scheme, e) < 0)
        return -1;
    scheme_clear(&p->scheme);
    p->scheme = scheme;
    return 0;
}

static void plans_free(struct plan *plans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        plan_clear(&plans[i]);
    free(plans);
}

int plan_all(struct store *s, struct plan **ret, size_t *ret_count, struct err *e)
{
    struct plan *plans = NULL;
    size_t count = 0, cap = 0;
    struct rows r;
    int rc;

    rows_start(&r, s, &queries[Q_ALL], "");
    while (rows_next(&r)) {
        plans = xgrow(plans, count, &cap, sizeof *plans);
        plans[count++] = read_plan(&r);
    }
    rc = rows_end(&r, e);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = load_scheme(s, &plans[i], e);
    if (rc < 0) {
        plans_free(plans, count);
        return -1;
    }
    *ret = plans;
    *ret_count = count;
    return 0;
}

static int only_plan(struct store *s, struct plan *ret, struct err *e)
{
    struct plan *plans;
    struct text names = TEXT_INIT;
    size_t count;
    int rc = 0;

    if (plan_all(s, &plans, &count, e) < 0)
        return -1;
    if (count == 1) {
        *ret = plans[0];
        free(plans);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        text_addf(&names, "%s%s", i ? ", " : "", plans[i].slug);
    if (count)
        rc = err_set(e, ERR_USAGE, "several plans are held: say which with --plan (%s)", names.s);
    else
        rc = err_set(e, ERR_NOTFOUND, "no plan is held yet: csictl plan import FILE");
    text_free(&names);
    plans_free(plans, count);
    return rc;
}

static int no_plan(struct store *s, const char *slug, struct err *e)
{
    char *hint = sql_nearest(s, &queries[Q_SLUGS], 0, slug);
    int rc =
        err_set(e, ERR_NOTFOUND, "no plan \"%s\"%s", slug, *hint ? hint : ": see csictl plan list");

    free(hint);
    return rc;
}

/* 1 found, 0 not. */
static int by_slug(struct store *s, const char *slug, struct plan *ret, struct err *e)
{
    struct plan found = {0};
    struct rows r;
    bool is = false;

    rows_start(&r, s, &queries[Q_BY_SLUG], "t", slug);
    if (rows_next(&r)) {
        found = read_plan(&r);
        is = true;
    }
    if (rows_end(&r, e) < 0 || (is && load_scheme(s, &found, e) < 0)) {
        plan_clear(&found);
        return -1;
    }
    if (is)
        *ret = found;
    return is;
}

int plan_find(struct store *s, const char *slug, struct plan *ret, struct err *e)
{
    char *lower;
    int rc;

    if (!slug || !*slug || strcmp(slug, "-") == 0)
        return only_plan(s, ret, e);
    if (slug_parse(slug, &lower, e) < 0)
        return -1;
    rc = by_slug(s, lower, ret, e);
    if (rc == 0)
        rc = no_plan(s, slug, e);
    free(lower);
    return rc < 0 ? -1 : 0;
}

static int insert_plan(struct store *s, const char *slug, const char *title, int64_t scheme_id,
                       int64_t *ret_id, struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(s, &c, JOURNAL_PLAN, 0, e) < 0)
        return -1;
    rc = sql_insert(s, &queries[Q_ADD], &c.id, e, "ttiu", slug, title, scheme_id, sql_now(s));
    if (change_end(s, &c, rc, "plan.add", slug, e) < 0)
        return -1;
    *ret_id = c.id;
    return 0;
}

int plan_add(struct store *s, const char *slug, const char *title, const char *scheme,
             int64_t *ret_id, struct err *e)
{
    struct plan there;
    int64_t scheme_id;
    char *clean;
    int rc = -1, is;

    if (slug_parse(slug, &clean, e) < 0)
        return -1;
    is = by_slug(s, clean, &there, e);
    if (is > 0) {
        plan_clear(&there);
        err_set(e, ERR_CONFLICT, "there is a plan %s already", clean);
    } else if (is == 0 && sql_int(s, &queries[Q_SCHEME], 0, &scheme_id, e, "t", scheme) == 0) {
        rc = scheme_id ? insert_plan(s, clean, title, scheme_id, ret_id, e)
                       : no_scheme(s, scheme, e);
    }
    free(clean);
    return rc;
}

int plan_retitle(struct store *s, const struct plan *p, const char *title, struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(s, &c, JOURNAL_PLAN, p->id, e) < 0)
        return -1;
    rc = sql_run(s, &queries[Q_RETITLE], e, "ti", title, p->id);
    return change_end(s, &c, rc, "plan.update", p->slug, e);
}

/* ---- priorities ---- */

void priorities_free(struct priority *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(p[i].title);
    free(p);
}

int plan_priorities(struct store *s, int64_t plan_id, struct priority **ret, size_t *ret_count,
                    struct err *e)
{
    struct priority *found = NULL;
    size_t count = 0, cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_PRIORITIES], "i", plan_id);
    while (rows_next(&r)) {
        found = xgrow(found, count, &cap, sizeof *found);
        found[count++] = (struct priority){rows_int(&r, 0), (int)rows_int(&r, 1), rows_dup(&r, 2)};
    }
    if (rows_end(&r, e) < 0) {
        priorities_free(found, count);
        return -1;
    }
    *ret = found;
    *ret_count = count;
    return 0;
}

static int priority_add(struct store *s, const struct plan *p, int number, const char *title,
                        const char *about, int64_t *ret_id, struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(s, &c, JOURNAL_PRIORITY, 0, e) < 0)
        return -1;
    rc = sql_insert(s, &queries[Q_PRIORITY_ADD], &c.id, e, "iit", p->id, (int64_t)number,
                    title ? title : "");
    if (change_end(s, &c, rc, "priority.add", about, e) < 0)
        return -1;
    *ret_id = c.id;
    return 0;
}

static int priority_retitle(struct store *s, int64_t id, const char *title, const char *about,
                            struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(s, &c, JOURNAL_PRIORITY, id, e) < 0)
        return -1;
    rc = sql_run(s, &queries[Q_PRIORITY_RETITLE], e, "ti", title, id);
    return change_end(s, &c, rc, "priority.update", about, e);
}

int priority_ensure(struct store *s, const struct plan *p, int number, const char *title,
                    int64_t *ret_id, bool *ret_changed, struct err *e)
{
    int64_t id = 0;
    bool differs = true;
    char *about;
    struct rows r;
    int rc = 0;

    rows_start(&r, s, &queries[Q_PRIORITY], "ii", p->id, (int64_t)number);
    if (rows_next(&r)) {
        id = rows_int(&r, 0);
        differs = title && *title && strcmp(title, rows_text(&r, 1)) != 0;
    }
    if (rows_end(&r, e) < 0)
        return -1;
    about = xasprintf("%s:priority-%d", p->slug, number);
    if (!id)
        rc = priority_add(s, p, number, title, about, &id, e);
    else if (differs)
        rc = priority_retitle(s, id, title, about, e);
    free(about);
    if (rc < 0)
        return -1;
    *ret_id = id;
    if (ret_changed)
        *ret_changed = differs;
    return 0;
}
