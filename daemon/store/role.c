#include "store/role.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plan/slug.h"
#include "store/journal.h"
#include "store/sql.h"

/* The first two parameters are the day for which the holder is wanted. */
#define ROLE                                                                          \
    "SELECT r.id, r.slug, r.title, u.slug, p.name, p.email, r.version, "              \
    "b.status || ' ' || b.said, h.from_on FROM role r "                               \
    "LEFT JOIN role u ON u.id = r.reports_to "                                        \
    "LEFT JOIN holding h ON h.role_id = r.id AND h.from_on <= ? "                     \
    "AND (h.to_on IS NULL OR h.to_on >= ?) LEFT JOIN person p ON p.id = h.person_id " \
    "LEFT JOIN bounce b ON b.address = p.email "

enum {
    Q_ALL,
    Q_ONE,
    Q_BY_SLUG,
    Q_BY_TITLE,
    Q_SLUGS,
    Q_ROLE_ADD,
    Q_ROLE_SET,
    Q_ABOVE,
    Q_HOLDINGS,
    Q_SLUG,
    Q_HELD,
    Q_HOLDING_ADD,
    Q_HOLDING_SET,
    Q_HOLDING_DELETE,
    Q_TOUCH,
};
static const struct query queries[] = {
    [Q_ALL] = {ROLE "ORDER BY r.slug", true},
    [Q_ONE] = {ROLE "WHERE r.id = ?", false},
    [Q_BY_SLUG] = {"SELECT id FROM role WHERE slug = ?", false},
    [Q_BY_TITLE] = {"SELECT id FROM role WHERE title = ? COLLATE NOCASE ORDER BY id", false},
    [Q_SLUGS] = {"SELECT slug FROM role WHERE id > ? ORDER BY id", false},
    [Q_ROLE_ADD] = {"INSERT INTO role (slug, title, reports_to) VALUES (?, ?, nullif(?, 0))",
                    false},
    [Q_ROLE_SET] = {"UPDATE role SET title = ifnull(?1, title), reports_to = "
                    "iif(?2 < 0, reports_to, nullif(?2, 0)), version = version + 1 WHERE id = ?3",
                    false},
    [Q_ABOVE] = {"SELECT coalesce(reports_to, 0) FROM role WHERE id = ?", false},
    [Q_HOLDINGS] =
        {"SELECT p.name, p.email, h.from_on, h.to_on, h.basis FROM holding h "
         "JOIN person p ON p.id = h.person_id WHERE h.role_id = ? ORDER BY h.from_on, h.id",
         false},
    [Q_SLUG] = {"SELECT slug FROM role WHERE id = ?", false},
    [Q_HELD] = {"SELECT id, person_id, from_on, to_on, basis FROM holding WHERE role_id = ? "
                "ORDER BY from_on, id",
                false},
    [Q_HOLDING_ADD] = {"INSERT INTO holding (role_id, person_id, from_on, to_on, basis) "
                       "VALUES (?, ?, ?, ?, ?)",
                       false},
    [Q_HOLDING_SET] = {"UPDATE holding SET to_on = ?, basis = ? WHERE id = ?", false},
    [Q_HOLDING_DELETE] = {"DELETE FROM holding WHERE id = ?", false},
    /* who holds it is part of what a role shows, so of its ETag */
    [Q_TOUCH] = {"UPDATE role SET version = version + 1 WHERE id = ?", false},
};
const struct query_table role_queries = {queries, COUNT(queries)};

void role_clear(struct role *r)
{
    free(r->slug);
    free(r->title);
    free(r->reports_to);
    free(r->holder);
    free(r->email);
    free(r->bounced);
    *r = (struct role){0};
}

static struct role read_role(const struct rows *r)
{
    return (struct role){.id = rows_int(r, 0),
                         .slug = rows_dup(r, 1),
                         .title = rows_dup(r, 2),
                         .reports_to = rows_dup(r, 3),
                         .holder = rows_dup(r, 4),
                         .email = rows_dup(r, 5),
                         .version = rows_int(r, 6),
                         .bounced = rows_dup(r, 7),
                         .from_on = rows_day(r, 8)};
}

int role_all(struct store *s, day_t today, struct role **ret, size_t *ret_count, struct err *e)
{
    struct role *found = NULL;
    size_t count = 0, cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_ALL], "dd", today, today);
    while (rows_next(&r)) {
        found = xgrow(found, count, &cap, sizeof *found);
        found[count++] = read_role(&r);
    }
    if (rows_end(&r, e) < 0) {
        while (count)
            role_clear(&found[--count]);
        free(found);
        return -1;
    }
    *ret = found;
    *ret_count = count;
    return 0;
}

int role_find_id(struct store *s, int64_t id, day_t today, struct role *ret, struct err *e)
{
    struct role found = {0};
    struct rows r;

    rows_start(&r, s, &queries[Q_ONE], "ddi", today, today, id);
    if (rows_next(&r))
        found = read_role(&r);
    if (rows_end(&r, e) < 0) {
        role_clear(&found);
        return -1;
    }
    if (!found.id)
        return err_set(e, ERR_NOTFOUND, "no role %lld", (long long)id);
    *ret = found;
    return 0;
}

static int role_id(struct store *s, const char *word, int64_t *ret, struct err *e)
{
    struct err other; /* what is no slug may be a title */
    char *slug;
    int rc = 0;

    *ret = 0;
    if (slug_parse(word, &slug, &other) == 0) {
        rc = sql_int(s, &queries[Q_BY_SLUG], 0, ret, e, "t", slug);
        free(slug);
    }
    if (rc == 0 && *ret == 0)
        rc = sql_int(s, &queries[Q_BY_TITLE], 0, ret, e, "t", word);
    return rc;
}

int role_find(struct store *s, const char *word, day_t today, struct role *ret, struct err *e)
{
    int64_t id;
    char *hint;
    int rc;

    if (role_id(s, word, &id, e) < 0)
        return -1;
    if (id)
        return role_find_id(s, id, today, ret, e);
    hint = sql_nearest(s, &queries[Q_SLUGS], 0, word);
    rc =
        err_set(e, ERR_NOTFOUND, "no role \"%s\"%s", word, *hint ? hint : ": see csictl role list");
    free(hint);
    return rc;
}

static int insert_role(struct store *s, const char *slug, const char *title, int64_t reports_to,
                       int64_t *ret_id, struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(s, &c, JOURNAL_ROLE, 0, e) < 0)
        return -1;
    rc = sql_insert(s, &queries[Q_ROLE_ADD], &c.id, e, "tti", slug, title, reports_to);
    if (change_end(s, &c, rc, "role.add", slug, e) < 0)
        return -1;
    *ret_id = c.id;
    return 0;
}

int role_add(struct store *s, const char *slug, const char *title, int64_t reports_to,
             int64_t *ret_id, struct err *e)
{
    int64_t there;
    char *clean;
    int rc;

    if (slug_parse(slug, &clean, e) < 0)
        return -1;
    rc = sql_int(s, &queries[Q_BY_SLUG], 0, &there, e, "t", clean);
    if (rc == 0)
        rc = there ? err_set(e, ERR_CONFLICT, "there is a role %s already", clean)
                   : insert_role(s, clean, title, reports_to, ret_id, e);
    free(clean);
    return rc;
}

/* The way up from `above` must not lead to the role itself. */
static int check_above(struct store *s, const struct role *role, int64_t above, struct err *e)
{
    while (above > 0) {
        if (above == role->id)
            return err_set(e, ERR_CONFLICT,
                           "%s would report to itself in the end: see csictl role list",
                           role->slug);
        if (sql_int(s, &queries[Q_ABOVE], 0, &above, e, "i", above) < 0)
            return -1;
    }
    return 0;
}

int role_update(struct store *s, int64_t id, const char *title, int64_t above, struct err *e)
{
    struct role role;
    struct change c;
    int64_t had;
    bool same;
    int rc;

    if (sql_int(s, &queries[Q_ABOVE], 0, &had, e, "i", id) < 0 ||
        role_find_id(s, id, DAY_NONE, &role, e) < 0)
        return -1;
    same = (!title || strcmp(title, role.title) == 0) && (above < 0 || above == had);
    rc = same ? 0 : check_above(s, &role, above, e);
    if (rc == 0 && !same && (rc = change_begin(s, &c, JOURNAL_ROLE, id, e)) == 0)
        rc = change_end(s, &c, sql_run(s, &queries[Q_ROLE_SET], e, "tii", title, above, id),
                        "role.update", role.slug, e);
    role_clear(&role);
    return rc;
}

/* Under a slug of the title, numbered where others have it. */
static int add_titled(struct store *s, const char *title, int64_t *ret_id, struct err *e)
{
    char *base = slug_of(title, SLUG_MAX - 4), slug[SLUG_MAX + 8];
    int64_t taken;
    int rc;

    snprintf(slug, sizeof slug, "%s", base ? base : "role");
    for (int n = 2; (rc = sql_int(s, &queries[Q_BY_SLUG], 0, &taken, e, "t", slug)) == 0 && taken;
         n++)
        snprintf(slug, sizeof slug, "%s-%d", base ? base : "role", n);
    free(base);
    return rc < 0 ? -1 : role_add(s, slug, title, 0, ret_id, e);
}

int role_ensure(struct store *s, const char *title, int64_t *ret_id, bool *ret_new, struct err *e)
{
    int64_t id;

    if (sql_int(s, &queries[Q_BY_TITLE], 0, &id, e, "t", title) < 0)
        return -1;
    if (ret_new)
        *ret_new = !id;
    if (id) {
        *ret_id = id;
        return 0;
    }
    return add_titled(s, title, ret_id, e);
}

/* ---- who holds them ---- */

static const char *const bases[] = {"permanent", "interim", "acting"};

void holding_clear(struct holding *h)
{
    free(h->name);
    free(h->email);
    free(h->basis);
    *h = (struct holding){0};
}

int role_holdings(struct store *s, int64_t role_id, struct holding **ret, size_t *ret_count,
                  struct err *e)
{
    struct holding *found = NULL;
    size_t count = 0, cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_HOLDINGS], "i", role_id);
    while (rows_next(&r)) {
        found = xgrow(found, count, &cap, sizeof *found);
        found[count++] = (struct holding){rows_dup(&r, 0), rows_dup(&r, 1), rows_day(&r, 2),
                                          rows_day(&r, 3), rows_dup(&r, 4)};
    }
    if (rows_end(&r, e) < 0) {
        while (count)
            holding_clear(&found[--count]);
        free(found);
        return -1;
    }
    *ret = found;
    *ret_count = count;
    return 0;
}

/* ---- assigning ---- */

struct held {
    int64_t id, person;
    day_t from, to;
    int basis;
};

struct assignment {
    struct store *store;
    int64_t role, person;
    day_t from, to;    /* to: DAY_NONE where it is not said */
    int basis;         /* -1 where it is not said */
    char *about;       /* the role's slug */
    struct held *held; /* in the order of from */
    size_t count;
    bool changed;
};

static int basis_parse(const char *word)
{
    for (int i = 0; i < (int)COUNT(bases); i++)
        if (strcmp(bases[i], word) == 0)
            return i;
    return -1;
}

static int load_held(struct assignment *a, struct err *e)
{
    size_t cap = 0;
    struct rows r;

    rows_start(&r, a->store, &queries[Q_SLUG], "i", a->role);
    if (rows_next(&r))
        a->about = rows_dup(&r, 0);
    if (rows_end(&r, e) < 0)
        return -1;
    if (!a->about)
        return err_set(e, ERR_NOTFOUND, "no role %lld", (long long)a->role);
    rows_start(&r, a->store, &queries[Q_HELD], "i", a->role);
    while (rows_next(&r)) {
        a->held = xgrow(a->held, a->count, &cap, sizeof *a->held);
        a->held[a->count++] = (struct held){rows_int(&r, 0), rows_int(&r, 1), rows_day(&r, 2),
                                            rows_day(&r, 3), basis_parse(rows_text(&r, 4))};
    }
    return rows_end(&r, e);
}

static int set_held(struct assignment *a, const struct held *h, day_t to, int basis, struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(a->store, &c, JOURNAL_HOLDING, h->id, e) < 0)
        return -1;
    rc = sql_run(a->store, &queries[Q_HOLDING_SET], e, "dti", to, bases[basis], h->id);
    a->changed = true;
    return change_end(a->store, &c, rc, "role.assign", a->about, e);
}

static int delete_held(struct assignment *a, const struct held *h, struct err *e)
{
    struct change c;
    int rc;

    if (change_begin(a->store, &c, JOURNAL_HOLDING, h->id, e) < 0)
        return -1;
    rc = sql_run(a->store, &queries[Q_HOLDING_DELETE], e, "i", h->id);
    a->changed = true;
    return change_end(a->store, &c, rc, "role.assign", a->about, e);
}

static int add_held(struct assignment *a, struct err *e)
{
    const char *basis = bases[a->basis < 0 ? 0 : a->basis];
    struct change c;
    int rc;

    if (change_begin(a->store, &c, JOURNAL_HOLDING, 0, e) < 0)
        return -1;
    rc = sql_insert(a->store, &queries[Q_HOLDING_ADD], &c.id, e, "iiddt", a->role, a->person,
                    a->from, a->to, basis);
    a->changed = true;
    return change_end(a->store, &c, rc, "role.assign", a->about, e);
}

static bool holds_on(const struct held *h, day_t d)
{
    return h->from.n <= d.n && (!day_is(h->to) || h->to.n >= d.n);
}

/* Whether the person holds the role then already, on the same basis (or it may be put right,
 * because the holding begins that very day). */
static bool goes_on(const struct assignment *a, const struct held *h)
{
    return h->person == a->person &&
           (a->basis < 0 || a->basis == h->basis || h->from.n == a->from.n);
}

/* What begins later stands, and limits what begins before it. */
static day_t limited(const struct assignment *a, day_t to)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->held[i].from.n > a->from.n && (!day_is(to) || to.n >= a->held[i].from.n))
            to = day_add(a->held[i].from, -1);
    return to;
}

static int go_on(struct assignment *a, const struct held *h, struct err *e)
{
    day_t to = day_is(a->to) ? limited(a, a->to) : h->to;
    int basis = a->basis < 0 ? h->basis : a->basis;

    return to.n == h->to.n && basis == h->basis ? 0 : set_held(a, h, to, basis, e);
}

/* A holding that would end before it began never was. */
static int end_held(struct assignment *a, const struct held *h, struct err *e)
{
    if (h->from.n == a->from.n)
        return delete_held(a, h, e);
    return set_held(a, h, day_add(a->from, -1), h->basis, e);
}

static int assign(struct assignment *a, struct err *e)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct held *h = &a->held[i];

        if (!holds_on(h, a->from))
            continue;
        if (goes_on(a, h))
            return go_on(a, h, e);
        if (end_held(a, h, e) < 0)
            return -1;
    }
    a->to = limited(a, a->to);
    return add_held(a, e);
}

int role_assign(struct store *s, int64_t role_id, int64_t person_id, day_t from, day_t to,
                const char *basis, bool *ret_changed, struct err *e)
{
    struct assignment a = {.store = s,
                           .role = role_id,
                           .person = person_id,
                           .from = from,
                           .to = to,
                           .basis = basis ? basis_parse(basis) : -1};
    int rc;

    if (basis && a.basis < 0)
        return err_set(e, ERR_USAGE, "\"%s\" is no basis: permanent, interim or acting", basis);
    if (day_is(to) && to.n < from.n)
        return err_set(e, ERR_USAGE, "a role cannot be held to a day before it is held from");
    rc = load_held(&a, e);
    if (rc == 0)
        rc = assign(&a, e);
    if (rc == 0 && a.changed)
        rc = sql_run(s, &queries[Q_TOUCH], e, "i", role_id);
    free(a.about);
    free(a.held);
    if (rc == 0 && ret_changed)
        *ret_changed = a.changed;
    return rc;
}
