#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/journal.h"
#include "store/person.h"
#include "store/sql.h"

enum { Q_LIST, Q_SLUG, Q_HELD, Q_ADD, Q_SET, Q_DELETE, Q_ROLE };
static const struct query queries[] = {
    [Q_LIST] = {"SELECT p.name, p.email, h.from_on, h.to_on, h.basis FROM holding h "
                "JOIN person p ON p.id = h.person_id WHERE h.role_id = ? ORDER BY h.from_on, h.id",
                false},
    [Q_SLUG] = {"SELECT slug FROM role WHERE id = ?", false},
    [Q_HELD] = {"SELECT id, person_id, from_on, to_on, basis FROM holding WHERE role_id = ? "
                "ORDER BY from_on, id",
                false},
    [Q_ADD] = {"INSERT INTO holding (role_id, person_id, from_on, to_on, basis) "
               "VALUES (?, ?, ?, ?, ?)",
               false},
    [Q_SET] = {"UPDATE holding SET to_on = ?, basis = ? WHERE id = ?", false},
    [Q_DELETE] = {"DELETE FROM holding WHERE id = ?", false},
    /* who holds it is part of what a role shows, so of its ETag */
    [Q_ROLE] = {"UPDATE role SET version = version + 1 WHERE id = ?", false},
};
const struct query_table holding_queries = {queries, COUNT(queries)};

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

    rows_start(&r, s, &queries[Q_LIST], "i", role_id);
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

    if (change_begin(a->store, &c, JOURNAL_HOLDING, h->id, e) < 0)
        return -1;
    if (sql_run(a->store, &queries[Q_SET], e, "dti", to, bases[basis], h->id) < 0)
        return change_drop(&c);
    a->changed = true;
    return change_end(a->store, &c, "role.assign", a->about, e);
}

static int delete_held(struct assignment *a, const struct held *h, struct err *e)
{
    struct change c;

    if (change_begin(a->store, &c, JOURNAL_HOLDING, h->id, e) < 0)
        return -1;
    if (sql_run(a->store, &queries[Q_DELETE], e, "i", h->id) < 0)
        return change_drop(&c);
    a->changed = true;
    return change_end(a->store, &c, "role.assign", a->about, e);
}

static int add_held(struct assignment *a, struct err *e)
{
    struct change c;

    if (change_begin(a->store, &c, JOURNAL_HOLDING, 0, e) < 0 ||
        sql_insert(a->store, &queries[Q_ADD], &c.id, e, "iiddt", a->role, a->person, a->from, a->to,
                   bases[a->basis < 0 ? 0 : a->basis]) < 0)
        return -1;
    a->changed = true;
    return change_end(a->store, &c, "role.assign", a->about, e);
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
        rc = sql_run(s, &queries[Q_ROLE], e, "i", role_id);
    free(a.about);
    free(a.held);
    if (rc == 0 && ret_changed)
        *ret_changed = a.changed;
    return rc;
}
