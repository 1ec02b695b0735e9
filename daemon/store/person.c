#include "store/person.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/journal.h"
#include "store/sql.h"

/* The first two parameters are the day for which the roles held are wanted. */
#define PERSON                                                                              \
    "SELECT p.id, p.name, p.email, (SELECT group_concat(r.slug, ', ') FROM holding h "      \
    "JOIN role r ON r.id = h.role_id WHERE h.person_id = p.id AND h.from_on <= ? "          \
    "AND (h.to_on IS NULL OR h.to_on >= ?)), p.version, (SELECT b.status || ' ' || b.said " \
    "FROM bounce b WHERE b.address = p.email) FROM person p "

enum { Q_ALL, Q_ONE, Q_BY_EMAIL, Q_BY_NAME, Q_NAME, Q_ADD, Q_UPDATE };
static const struct query queries[] = {
    [Q_ALL] = {PERSON "ORDER BY p.name COLLATE NOCASE, p.id", true},
    [Q_ONE] = {PERSON "WHERE p.id = ?", false},
    [Q_BY_EMAIL] = {"SELECT id FROM person WHERE email = ?", false},
    [Q_BY_NAME] = {"SELECT id FROM person WHERE email IS NULL AND name = ?", false},
    [Q_NAME] = {"SELECT name FROM person WHERE email = ?", false},
    [Q_ADD] = {"INSERT INTO person (name, email) VALUES (?, ?)", false},
    [Q_UPDATE] = {"UPDATE person SET name = ?1, email = ?2, version = version + 1 WHERE id = ?3 "
                  "AND (name IS NOT ?1 OR email IS NOT ?2 COLLATE BINARY)",
                  false},
};
const struct query_table person_queries = {queries, COUNT(queries)};

void person_clear(struct person *p)
{
    free(p->name);
    free(p->email);
    free(p->bounced);
    free(p->roles);
    *p = (struct person){0};
}

static struct person read_person(const struct rows *r)
{
    const char *roles = rows_text(r, 3);

    return (struct person){.id = rows_int(r, 0),
                           .name = rows_dup(r, 1),
                           .email = rows_dup(r, 2),
                           .roles = xstrdup(roles ? roles : ""),
                           .version = rows_int(r, 4),
                           .bounced = rows_dup(r, 5)};
}

int person_all(struct store *s, day_t today, struct person **ret, size_t *ret_count, struct err *e)
{
    struct person *found = NULL;
    size_t count = 0, cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_ALL], "dd", today, today);
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

    rows_start(&r, s, &queries[Q_ONE], "ddi", today, today, id);
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

int person_name_of(struct store *s, const char *email, char **ret, struct err *e)
{
    char *name = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_NAME], "t", email);
    if (rows_next(&r))
        name = rows_dup(&r, 0);
    if (rows_end(&r, e) < 0) {
        free(name);
        return -1;
    }
    *ret = name;
    return 0;
}

static int email_is_free(struct store *s, const char *email, int64_t but, struct err *e)
{
    int64_t id = 0;

    if (email && sql_int(s, &queries[Q_BY_EMAIL], 0, &id, e, "t", email) < 0)
        return -1;
    if (id && id != but)
        return err_set(e, ERR_CONFLICT, "%s is the address of person %lld already", email,
                       (long long)id);
    return 0;
}

int person_add(struct store *s, const char *name, const char *email, int64_t *ret_id, struct err *e)
{
    char about[JOURNAL_ABOUT];
    struct change c;
    int rc;

    if (email_is_free(s, email, 0, e) < 0 || change_begin(s, &c, JOURNAL_PERSON, 0, e) < 0)
        return -1;
    rc = sql_insert(s, &queries[Q_ADD], &c.id, e, "tt", name, email);
    if (change_end(s, &c, rc, "person.add", journal_about("person", c.id, about), e) < 0)
        return -1;
    *ret_id = c.id;
    return 0;
}

int person_update(struct store *s, int64_t id, const char *name, const char *email, struct err *e)
{
    char about[JOURNAL_ABOUT];
    struct person there;
    struct change c;
    int rc;

    if (email_is_free(s, email, id, e) < 0 || person_find(s, id, DAY_NONE, &there, e) < 0)
        return -1;
    name = name ? name : there.name;
    email = email ? email : there.email;
    rc = change_begin(s, &c, JOURNAL_PERSON, id, e);
    if (rc == 0) {
        rc = sql_run(s, &queries[Q_UPDATE], e, "tti", name, email, id);
        rc = change_end(s, &c, rc, "person.update", journal_about("person", id, about), e);
    }
    person_clear(&there);
    return rc;
}

int person_ensure(struct store *s, const char *name, const char *email, int64_t *ret_id,
                  bool *ret_new, struct err *e)
{
    const struct query *q = &queries[email ? Q_BY_EMAIL : Q_BY_NAME];
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
