/* What was recorded of a role or a person, when and by whom, as the journal has it. */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"
#include "store/journal.h"
#include "store/person.h"
#include "store/role.h"

static const struct column columns[] = {
    {"recorded_at", "RECORDED", KIND_TIME, false}, {"who", "WHO", KIND_TEXT, false},
    {"field", "FIELD", KIND_TEXT, false},          {"was", "WAS", KIND_TEXT, true},
    {"value", "VALUE", KIND_TEXT, true},
};
static const struct section list[] = {
    {NULL, "items", columns, COUNT(columns), "Nothing recorded."}};
static const struct view view = {list, 1, 0};

struct telling {
    struct call *call;
    json_t *items;
    const char *kind; /* "role." */
    struct err *e;
    int rc;
};

/* Columns that say nothing to a reader: numbers of rows, and what counts changes. */
static bool is_shown(const char *field)
{
    static const char *const hidden[] = {"id", "version", "role_id"};

    for (size_t i = 0; i < COUNT(hidden); i++)
        if (strcmp(field, hidden[i]) == 0)
            return false;
    return true;
}

/* Who is meant by a number. */
static int put_reference(struct telling *t, json_t *row, const char *key, const char *field,
                         int64_t id)
{
    const struct call *c = t->call;
    struct person person;
    struct role role;

    if (strcmp(field, "person_id") == 0) {
        if (person_find(c->api->store, id, c->when.today, &person, t->e) < 0)
            return -1;
        put_text(row, key, person.name);
        person_clear(&person);
    } else {
        if (role_find_id(c->api->store, id, c->when.today, &role, t->e) < 0)
            return -1;
        put_text(row, key, role.slug);
        role_clear(&role);
    }
    return 0;
}

static int put_value(struct telling *t, json_t *row, const char *key, const char *field,
                     const json_t *value)
{
    if (json_is_integer(value))
        return put_reference(t, row, key, field, json_integer_value(value));
    put_text(row, key, json_string_value(value));
    return 0;
}

static int put_field(struct telling *t, const struct journal_row *r, const char *field,
                     const json_t *was, const json_t *is)
{
    json_t *row = put_row(t->items);

    put_text(row, "recorded_at", r->at);
    put_text(row, "who", r->who);
    put_text(row, "field", strcmp(field, "person_id") == 0 ? "holder" : field);
    return put_value(t, row, "was", field, was) < 0 || put_value(t, row, "value", field, is) < 0
               ? -1
               : 0;
}

static bool is_nothing(const json_t *value)
{
    return !value || json_is_null(value);
}

static bool is_same(const json_t *was, const json_t *is)
{
    return (is_nothing(was) && is_nothing(is)) || json_equal(was, is);
}

/* A row that a change took away has no fields after it: what it was stands alone. */
static int put_change(void *arg, const struct journal_row *r)
{
    struct telling *t = arg;
    json_t *before, *after, *fields, *value;
    const char *field;

    if (strncmp(r->what, t->kind, strlen(t->kind)) != 0)
        return 0;
    before = r->before ? json_loads(r->before, 0, NULL) : NULL;
    after = r->after ? json_loads(r->after, 0, NULL) : NULL;
    fields = after ? after : before;
    json_object_foreach(fields, field, value)
    {
        const json_t *was = json_object_get(before, field), *is = json_object_get(after, field);

        if (t->rc == 0 && is_shown(field) && !is_same(was, is))
            t->rc = put_field(t, r, field, was, is);
    }
    json_decref(before);
    json_decref(after);
    return t->rc;
}

static int show_changes(struct call *c, const char *about, const char *kind, struct err *e)
{
    struct telling t = {c, call_items(c, &view), kind, e, 0};

    return journal_each(c->api->store, UTC_NONE, about, 0, 0, put_change, &t, e) < 0 ? -1 : t.rc;
}

int api_role_history(struct call *c, struct err *e)
{
    struct role role;
    int rc;

    if (role_find(c->api->store, call_text(c, "slug"), c->when.today, &role, e) < 0)
        return -1;
    rc = show_changes(c, role.slug, "role.", e);
    role_clear(&role);
    return rc;
}

int api_person_history(struct call *c, struct err *e)
{
    char about[JOURNAL_ABOUT];
    struct person person;
    int64_t id;

    if (call_number(c, "id", 0, &id, e) < 0 ||
        person_find(c->api->store, id, c->when.today, &person, e) < 0)
        return -1;
    person_clear(&person);
    return show_changes(c, journal_about("person", id, about), "person.", e);
}
