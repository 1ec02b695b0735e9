/* Roles, who holds them, and people. */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/owners.h"
#include "base/mem.h"
#include "notice/message.h"
#include "plan/slug.h"
#include "store/person.h"
#include "store/role.h"

static const struct column role_columns[] = {
    {"slug", "ROLE", KIND_TEXT, false},
    {"title", "TITLE", KIND_TEXT, true},
    {"holder", "HELD BY", KIND_TEXT, true},
    {"email", "ADDRESS", KIND_TEXT, true},
    {"reports_to", "REPORTS TO", KIND_TEXT, false},
    {"bounced", "COMES BACK", KIND_TEXT, COLUMN_SPARE},
};
static const struct section role_list[] = {
    {NULL, "items", role_columns, COUNT(role_columns), "No roles."}};
static const struct view role_list_view = {role_list, 1, 0};

static const struct column holding_columns[] = {
    {"name", "NAME", KIND_TEXT, true},    {"email", "ADDRESS", KIND_TEXT, true},
    {"from_on", "FROM", KIND_DAY, false}, {"to_on", "TO", KIND_DAY, false},
    {"basis", "BASIS", KIND_TEXT, false},
};
static const struct section role_sections[] = {
    {NULL, NULL, role_columns, COUNT(role_columns), NULL},
    {"Held by", "holders", holding_columns, COUNT(holding_columns), "Nobody has held it."},
};
static const struct view role_view = {role_sections, 2, 0};

static const struct column person_columns[] = {
    {"id", "ID", KIND_NUMBER, false},
    {"name", "NAME", KIND_TEXT, true},
    {"email", "ADDRESS", KIND_TEXT, true},
    {"roles", "ROLES TODAY", KIND_TEXT, true},
    {"bounced", "COMES BACK", KIND_TEXT, COLUMN_SPARE},
};
static const struct section person_list[] = {
    {NULL, "items", person_columns, COUNT(person_columns), "No people yet."}};
static const struct view person_list_view = {person_list, 1, 0};
static const struct section person_sections[] = {
    {NULL, NULL, person_columns, COUNT(person_columns), NULL}};
static const struct view person_view = {person_sections, 1, 0};

static void put_role(json_t *o, const struct role *r)
{
    put_text(o, "slug", r->slug);
    put_text(o, "title", r->title);
    put_text(o, "reports_to", r->reports_to);
    put_text(o, "holder", r->holder);
    put_text(o, "email", r->email);
    put_text(o, "bounced", r->bounced);
    put_int(o, "version", r->version);
}

int api_role_list(struct call *c, struct err *e)
{
    struct role *roles;
    size_t count;
    json_t *items;

    if (role_all(c->api->store, c->when.today, &roles, &count, e) < 0)
        return -1;
    items = call_items(c, &role_list_view);
    for (size_t i = 0; i < count; i++) {
        put_role(put_row(items), &roles[i]);
        role_clear(&roles[i]);
    }
    free(roles);
    return 0;
}

static int show_role(struct call *c, const char *slug, struct err *e)
{
    struct holding *holdings;
    struct role role;
    size_t count;
    json_t *o, *list;
    int rc;

    if (role_find(c->api->store, slug, c->when.today, &role, e) < 0)
        return -1;
    rc = role_holdings(c->api->store, role.id, &holdings, &count, e);
    if (rc == 0) {
        o = call_object(c, &role_view);
        put_role(o, &role);
        c->version = role.version;
        list = put_list(o, "holders");
        for (size_t i = 0; i < count; i++) {
            json_t *row = put_row(list);

            put_text(row, "name", holdings[i].name);
            put_text(row, "email", holdings[i].email);
            put_day(row, "from_on", holdings[i].from_on);
            put_day(row, "to_on", holdings[i].to_on);
            put_text(row, "basis", holdings[i].basis);
            holding_clear(&holdings[i]);
        }
        free(holdings);
    }
    role_clear(&role);
    return rc;
}

int api_role_show(struct call *c, struct err *e)
{
    return show_role(c, call_text(c, "slug"), e);
}

int call_role(const struct call *c, const char *name, int64_t *ret_id, struct err *e)
{
    struct role role;

    *ret_id = 0;
    if (!call_text(c, name))
        return 0;
    if (role_find(c->api->store, call_text(c, name), c->when.today, &role, e) < 0)
        return err_within(e, "%s", name);
    *ret_id = role.id;
    role_clear(&role);
    return 0;
}

int api_role_add(struct call *c, struct err *e)
{
    int64_t above, id;
    char *slug;
    int rc;

    if (call_role(c, "reports_to", &above, e) < 0 || slug_parse(call_text(c, "slug"), &slug, e) < 0)
        return -1;
    rc = role_add(c->api->store, slug, call_text(c, "title"), above, &id, e);
    if (rc == 0) {
        c->status = 201;
        rc = show_role(c, slug, e);
    }
    if (rc == 0) {
        call_told(c, "nobody: it is vacant");
        put_textf(c->answer, "hint", "csictl role assign %s --name NAME --email ADDRESS", slug);
    }
    free(slug);
    return rc;
}

static int update_role(struct call *c, const struct role *role, struct err *e)
{
    const char *up = call_text(c, "reports_to");
    json_t *before = json_incref(c->answer);
    int64_t above = up ? 0 : -1; /* an empty one is nobody */
    const char *title;
    int rc = call_name(c, "title", &title, e);

    if (rc == 0 && up && *up)
        rc = call_role(c, "reports_to", &above, e);
    if (rc == 0)
        rc = role_update(c->api->store, role->id, title, above, e);
    if (rc == 0)
        rc = show_role(c, role->slug, e);
    if (rc == 0) {
        call_compare(c, before);
        call_told(c, "nobody; what stays overdue goes up by it from the next run on");
    }
    json_decref(before);
    return rc;
}

int api_role_update(struct call *c, struct err *e)
{
    struct role role;
    int rc;

    if (role_find(c->api->store, call_text(c, "slug"), c->when.today, &role, e) < 0)
        return -1;
    rc = show_role(c, role.slug, e) < 0 || call_match(c, role.version, e) < 0
             ? -1
             : update_role(c, &role, e);
    role_clear(&role);
    return rc;
}

/* One address without a display name; *ret is the caller's. */
static int read_address(const struct call *c, char **ret, struct err *e)
{
    char *name;

    if (mail_address(call_text(c, "email"), &name, ret, e) < 0)
        return err_within(e, "email");
    if (*name) {
        free(name);
        free(*ret);
        return err_set(e, ERR_USAGE, "email: wants the bare address, without a name before it");
    }
    free(name);
    return 0;
}

/* Who stands in for a while ends who held it before: that nobody follows is found out by a vacancy
 * otherwise. */
static int note_gap(struct call *c, const struct role *role, day_t to, struct err *e)
{
    day_t gap = day_add(to, 1), next = DAY_NONE;
    char from[DAY_TEXT], until[DAY_TEXT], iso[DAY_ISO];
    struct holding *holdings;
    size_t count;

    if (role_holdings(c->api->store, role->id, &holdings, &count, e) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (holdings[i].from_on.n >= gap.n)
            next = day_earlier(next, holdings[i].from_on);
        holding_clear(&holdings[i]);
    }
    free(holdings);
    if (!day_is(next) || next.n > gap.n)
        call_note(c,
                  "from %s on nobody holds it%s%s: csictl role assign %s --name NAME --email "
                  "ADDRESS --from %s",
                  day_weekday_short(gap, from), day_is(next) ? ", until " : "",
                  day_is(next) ? day_weekday_short(next, until) : "", role->slug,
                  day_iso(gap, iso));
    return 0;
}

static int say_who(struct call *c, const struct role *role, const char *email,
                   const struct ownership *before, day_t from, day_t to, struct err *e)
{
    bool past = day_is(to) && to.n < c->when.today.n;
    char day[DAY_TEXT];

    call_changed(c, role->title,
                 past           ? NULL
                 : role->holder ? role->holder
                                : "vacant",
                 call_text(c, "name"));
    call_changed_day(c, "from", DAY_NONE, from);
    call_changed_day(c, "to", DAY_NONE, to);
    if (past)
        call_told(c, "nobody: it was so before today");
    else
        call_told(c, "%s <%s>, from %s on what the role is told", call_text(c, "name"), email,
                  day_weekday_short(from, day));
    if (day_is(to) && !past && note_gap(c, role, to, e) < 0)
        return -1;
    return owners_after(c, before, NULL, e);
}

static int assign(struct call *c, const struct role *role, const char *email,
                  const struct ownership *before, struct err *e)
{
    const char *basis = call_text(c, "basis");
    day_t from, to;
    int64_t person;
    bool changed;

    if (call_day_kept(c, "from", c->when.today, &from, e) < 0 ||
        call_day_kept(c, "to", DAY_NONE, &to, e) < 0 ||
        person_ensure(c->api->store, call_text(c, "name"), email, &person, NULL, e) < 0 ||
        person_update(c->api->store, person, call_text(c, "name"), NULL, e) < 0 ||
        role_assign(c->api->store, role->id, person, from, to, basis ? basis : "permanent",
                    &changed, e) < 0 ||
        show_role(c, role->slug, e) < 0)
        return -1;
    if (!changed) {
        call_note(c, "nothing changed: it was so already");
        return 0;
    }
    return say_who(c, role, email, before, from, to, e);
}

int api_role_assign(struct call *c, struct err *e)
{
    struct ownership *before = NULL;
    struct role role;
    char *email;
    int rc;

    if (role_find(c->api->store, call_text(c, "slug"), c->when.today, &role, e) < 0)
        return -1;
    rc = show_role(c, role.slug, e) < 0 || call_match(c, role.version, e) < 0
             ? -1
             : read_address(c, &email, e);
    if (rc == 0) {
        rc = owners_before(c, &before, e);
        if (rc == 0)
            rc = assign(c, &role, email, before, e);
        ownership_free(before);
        free(email);
    }
    role_clear(&role);
    return rc;
}

/* ---- people ---- */

static void put_person(json_t *o, const struct person *p)
{
    put_int(o, "id", p->id);
    put_text(o, "name", p->name);
    put_text(o, "email", p->email);
    put_text(o, "bounced", p->bounced);
    put_text(o, "roles", p->roles);
    put_int(o, "version", p->version);
}

int api_person_list(struct call *c, struct err *e)
{
    struct person *people;
    size_t count;
    json_t *items;

    if (person_all(c->api->store, c->when.today, &people, &count, e) < 0)
        return -1;
    items = call_items(c, &person_list_view);
    for (size_t i = 0; i < count; i++) {
        put_person(put_row(items), &people[i]);
        person_clear(&people[i]);
    }
    free(people);
    return 0;
}

static int show_person(struct call *c, int64_t id, struct err *e)
{
    struct person p;

    if (person_find(c->api->store, id, c->when.today, &p, e) < 0)
        return -1;
    put_person(call_object(c, &person_view), &p);
    c->version = p.version;
    person_clear(&p);
    return 0;
}

int api_person_show(struct call *c, struct err *e)
{
    int64_t id;

    return call_number(c, "id", 0, &id, e) < 0 ? -1 : show_person(c, id, e);
}

int api_person_add(struct call *c, struct err *e)
{
    int64_t id;
    char *email;
    int rc;

    if (read_address(c, &email, e) < 0)
        return -1;
    rc = person_add(c->api->store, call_text(c, "name"), email, &id, e);
    free(email);
    c->status = 201;
    if (rc < 0 || show_person(c, id, e) < 0)
        return -1;
    call_told(c, "nobody: a person is told what their roles are told");
    put_textf(c->answer, "hint", "csictl role assign SLUG --name \"%s\" --email %s",
              call_text(c, "name"), call_text(c, "email"));
    return 0;
}

int api_person_update(struct call *c, struct err *e)
{
    char *email = NULL;
    const char *name;
    json_t *before;
    int64_t id;
    int rc;

    if (call_number(c, "id", 0, &id, e) < 0 || show_person(c, id, e) < 0 ||
        call_match(c, c->version, e) < 0 || call_name(c, "name", &name, e) < 0 ||
        (call_text(c, "email") && read_address(c, &email, e) < 0))
        return -1;
    before = json_incref(c->answer);
    rc = person_update(c->api->store, id, name, email, e);
    free(email);
    if (rc == 0)
        rc = show_person(c, id, e);
    if (rc == 0) {
        call_compare(c, before);
        call_told(c, "nobody; what their roles are told goes to %s from now on",
                  json_string_value(json_object_get(c->answer, "email")));
    }
    json_decref(before);
    return rc;
}
