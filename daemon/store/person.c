#include "store/person.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/journal.h"
#include "store/nearest.h"
#include "store/plan.h"
#include "store/sql.h"

#define SLUG_MAX 60

/* Who holds a role on a day: two parameters, both that day. */
#define HELD "h.from_on <= ? AND (h.to_on IS NULL OR h.to_on >= ?)"
#define PERSON                                                                           \
    "SELECT p.id, p.name, p.email, (SELECT group_concat(r.slug, ', ') FROM holding h "   \
    "JOIN role r ON r.id = h.role_id WHERE h.person_id = p.id AND " HELD "), p.version " \
    "FROM person p "
#define ROLE                                                                        \
    "SELECT r.id, r.slug, r.title, u.slug, p.name, p.email, r.version FROM role r " \
    "LEFT JOIN role u ON u.id = r.reports_to "                                      \
    "LEFT JOIN holding h ON h.role_id = r.id AND " HELD                             \
    " LEFT JOIN person p ON p.id = h.person_id "

enum {
    Q_PEOPLE,
    Q_PERSON,
    Q_PERSON_BY_EMAIL,
    Q_PERSON_BY_NAME,
    Q_PERSON_ADD,
    Q_PERSON_UPDATE,
    Q_ROLES,
    Q_ROLE,
    Q_ROLE_BY_SLUG,
    Q_ROLE_BY_TITLE,
    Q_ROLE_SLUGS,
    Q_ROLE_ADD,
};
static const struct query queries[] = {
    [Q_PEOPLE] = {PERSON "ORDER BY p.name COLLATE NOCASE, p.id", true},
    [Q_PERSON] = {PERSON "WHERE p.id = ?", false},
    [Q_PERSON_BY_EMAIL] = {"SELECT id FROM person WHERE email = ?", false},
    [Q_PERSON_BY_NAME] = {"SELECT id FROM person WHERE email IS NULL AND name = ?", false},
    [Q_PERSON_ADD] = {"INSERT INTO person (name, email) VALUES (?, ?)", false},
    [Q_PERSON_UPDATE] =
        {"UPDATE person SET name = ?1, email = ?2, version = version + 1 WHERE id = ?3 "
         "AND (name IS NOT ?1 OR email IS NOT ?2 COLLATE BINARY)",
         false},
    [Q_ROLES] = {ROLE "ORDER BY r.slug", true},
    [Q_ROLE] = {ROLE "WHERE r.id = ?", false},
    [Q_ROLE_BY_SLUG] = {"SELECT id FROM role WHERE slug = ?", false},
    [Q_ROLE_BY_TITLE] = {"SELECT id FROM role WHERE title = ? COLLATE NOCASE ORDER BY id", false},
    [Q_ROLE_SLUGS] = {"SELECT slug FROM role WHERE id > ? ORDER BY id", false},
    [Q_ROLE_ADD] = {"INSERT INTO role (slug, title, reports_to) VALUES (?, ?, nullif(?, 0))",
                    false},
};
const struct query_table person_queries = {queries, COUNT(queries)};

void person_clear(struct person *p)
{
    free(p->name);
    free(p->email);
    free(p->roles);
    *p = (struct person){0};
}

void role_clear(struct role *r)
{
    free(r->slug);
    free(r->title);
    free(r->reports_to);
    free(r->holder);
    free(r->email);
    *r = (struct role){0};
}

/* ---- people ---- */

static struct person read_person(const struct rows *r)
{
    const char *roles = rows_text(r, 3);

    return (struct person){.id = rows_int(r, 0),
                           .name = rows_dup(r, 1),
                           .email = rows_dup(r, 2),
                           .roles = xstrdup(roles ? roles : ""),
                           .version = rows_int(r, 4)};
}

int person_all(struct store *s, day_t today, struct person **ret, size_t *ret_count, struct err *e)
{
    struct person *found = NULL;
    size_t count = 0, cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_PEOPLE], "dd", today, today);
    while (rows_next(&r)) {
        found = xgrow(found, count, &cap, sizeof *found);
        found[count++] = read_person(&r);
    }
    if (rows_end(&r, e) < 0) {
        while (count)
            person_clear(&found[--count]);
        free(found);
        return -1;
    }
    *ret = found;
    *ret_count = count;
    return 0;
}

int person_find(struct store *s, int64_t id, day_t today, struct person *ret, struct err *e)
{
    struct person found = {0};
    struct rows r;

    rows_start(&r, s, &queries[Q_PERSON], "ddi", today, today, id);
    if (rows_next(&r))
        found = read_person(&r);
    if (rows_end(&r, e) < 0) {
        person_clear(&found);
        return -1;
    }
    if (!found.id)
        return err_set(e, ERR_NOTFOUND, "no person %lld: see csictl person list", (long long)id);
    *ret = found;
    return 0;
}

static int email_is_free(struct store *s, const char *email, int64_t but, struct err *e)
{
    int64_t id = 0;

    if (email && sql_int(s, &queries[Q_PERSON_BY_EMAIL], 0, &id, e, "t", email) < 0)
        return -1;
    if (id && id != but)
        return err_set(e, ERR_CONFLICT, "%s is the address of person %lld already", email,
                       (long long)id);
    return 0;
}

int person_add(struct store *s, const char *name, const char *email, int64_t *ret_id, struct err *e)
{
    struct change c;
    char about[40];

    if (email_is_free(s, email, 0, e) < 0 || change_begin(s, &c, JOURNAL_PERSON, 0, e) < 0 ||
        sql_insert(s, &queries[Q_PERSON_ADD], &c.id, e, "tt", name, email) < 0)
        return -1;
    snprintf(about, sizeof about, "person:%lld", (long long)c.id);
    if (change_end(s, &c, "person.add", about, e) < 0)
        return -1;
    *ret_id = c.id;
    return 0;
}

int person_update(struct store *s, int64_t id, const char *name, const char *email, struct err *e)
{
    struct person there;
    struct change c;
    char about[40];
    int rc;

    if (email_is_free(s, email, id, e) < 0 || person_find(s, id, DAY_NONE, &there, e) < 0)
        return -1;
    name = name ? name : there.name;
    email = email ? email : there.email;
    snprintf(about, sizeof about, "person:%lld", (long long)id);
    rc = change_begin(s, &c, JOURNAL_PERSON, id, e);
    if (rc == 0) {
        rc = sql_run(s, &queries[Q_PERSON_UPDATE], e, "tti", name, email, id);
        rc = rc == 0 ? change_end(s, &c, "person.update", about, e) : change_drop(&c);
    }
    person_clear(&there);
    return rc;
}

int person_ensure(struct store *s, const char *name, const char *email, int64_t *ret_id,
                  bool *ret_new, struct err *e)
{
    const struct query *q = &queries[email ? Q_PERSON_BY_EMAIL : Q_PERSON_BY_NAME];
    int64_t id;

    if (sql_int(s, q, 0, &id, e, "t", email ? email : name) < 0 ||
        (!id && person_add(s, name, email, ret_id, e) < 0))
        return -1;
    if (id)
        *ret_id = id;
    if (ret_new)
        *ret_new = !id;
    return 0;
}

/* ---- roles ---- */

static struct role read_role(const struct rows *r)
{
    return (struct role){rows_int(r, 0), rows_dup(r, 1), rows_dup(r, 2), rows_dup(r, 3),
                         rows_dup(r, 4), rows_dup(r, 5), rows_int(r, 6)};
}

int role_all(struct store *s, day_t today, struct role **ret, size_t *ret_count, struct err *e)
{
    struct role *found = NULL;
    size_t count = 0, cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_ROLES], "dd", today, today);
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

    rows_start(&r, s, &queries[Q_ROLE], "ddi", today, today, id);
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

static char *lowered(const char *word)
{
    char *lower = xstrdup(word);

    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return lower;
}

static int role_id(struct store *s, const char *word, int64_t *ret, struct err *e)
{
    char *lower = lowered(word);
    int rc = sql_int(s, &queries[Q_ROLE_BY_SLUG], 0, ret, e, "t", lower);

    free(lower);
    if (rc == 0 && *ret == 0)
        rc = sql_int(s, &queries[Q_ROLE_BY_TITLE], 0, ret, e, "t", word);
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
    hint = nearest_hint(s, &queries[Q_ROLE_SLUGS], 0, word);
    rc =
        err_set(e, ERR_NOTFOUND, "no role \"%s\"%s", word, *hint ? hint : ": see csictl role list");
    free(hint);
    return rc;
}

int role_add(struct store *s, const char *slug, const char *title, int64_t reports_to,
             int64_t *ret_id, struct err *e)
{
    struct change c;
    int64_t there;
    char *clean;
    int rc = -1;

    if (plan_slug(slug, &clean, e) < 0)
        return -1;
    if (sql_int(s, &queries[Q_ROLE_BY_SLUG], 0, &there, e, "t", clean) < 0)
        rc = -1;
    else if (there)
        rc = err_set(e, ERR_CONFLICT, "there is a role %s already", clean);
    else if (change_begin(s, &c, JOURNAL_ROLE, 0, e) == 0 &&
             sql_insert(s, &queries[Q_ROLE_ADD], &c.id, e, "tti", clean, title, reports_to) == 0)
        rc = change_end(s, &c, "role.add", clean, e);
    free(clean);
    if (rc == 0)
        *ret_id = c.id;
    return rc;
}

/* "Head of Leaving Care" gives head-of-leaving-care; an apostrophe joins, all else parts. */
static void slug_of(const char *title, char ret[SLUG_MAX + 1])
{
    size_t len = 0;
    bool gap = false;

    for (; *title && len + 2 <= SLUG_MAX; title++) {
        unsigned char c = (unsigned char)*title;

        if (c < 0x80 && isalnum(c)) {
            if (gap && len)
                ret[len++] = '-';
            ret[len++] = (char)tolower(c);
            gap = false;
        } else if (strncmp(title, "\xe2\x80\x99", 3) == 0) {
            title += 2; /* the typographer's apostrophe */
        } else if (c != '\'') {
            gap = true;
        }
    }
    if (len == 0) {
        memcpy(ret, "role", 4);
        len = 4;
    }
    ret[len] = 0;
}

int role_ensure(struct store *s, const char *title, int64_t *ret_id, bool *ret_new, struct err *e)
{
    char base[SLUG_MAX + 1], slug[SLUG_MAX + 16];
    int64_t id, taken;

    if (sql_int(s, &queries[Q_ROLE_BY_TITLE], 0, &id, e, "t", title) < 0)
        return -1;
    if (ret_new)
        *ret_new = !id;
    if (id) {
        *ret_id = id;
        return 0;
    }
    slug_of(title, base);
    snprintf(slug, sizeof slug, "%s", base);
    for (int n = 2;; n++) {
        if (sql_int(s, &queries[Q_ROLE_BY_SLUG], 0, &taken, e, "t", slug) < 0)
            return -1;
        if (!taken)
            return role_add(s, slug, title, 0, ret_id, e);
        snprintf(slug, sizeof slug, "%s-%d", base, n);
    }
}
