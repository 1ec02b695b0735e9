/* Inspections, visits, bodies and the rest of include/record.def: one set of handlers over the
 * definitions of store/record. */
#include "store/record.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "api/follow.h"
#include "api/record_derived.h"
#include "api/record_told.h"
#include "base/mem.h"
#include "base/text.h"

#define MEMBER_MAX 32

/* ---- how a definition looks as a table; made for the call ---- */

struct shape {
    struct column columns[RECORD_KINDS][1 + RECORD_FIELDS_MAX + DERIVED_MAX];
    char titles[RECORD_KINDS][32];
    struct section sections[RECORD_KINDS + 1]; /* and what follows */
    struct view view;
};

static struct shape *new_shape(struct call *c)
{
    struct shape *shape = xcalloc(1, sizeof *shape);

    free(c->scratch);
    c->scratch = shape;
    shape->view.sections = shape->sections;
    return shape;
}

/* A list leaves out details (its CSV does not); under a record its parent need not be named. */
static void add_section(struct shape *shape, enum record_kind kind, const char *list, bool details,
                        const struct record_field *parent)
{
    static const enum kind kinds[] = {
        [FIELD_TEXT] = KIND_TEXT,    [FIELD_DAY] = KIND_DAY,        [FIELD_NUMBER] = KIND_NUMBER,
        [FIELD_CODE] = KIND_TEXT,    [FIELD_ROLE] = KIND_TEXT,      [FIELD_REF] = KIND_TEXT,
        [FIELD_PERIOD] = KIND_TEXT,  [FIELD_TIME] = KIND_TEXT,      [FIELD_MONTH] = KIND_TEXT,
        [FIELD_TALLY] = KIND_NUMBER, [FIELD_DECIMAL] = KIND_NUMBER,
    };
    const struct record_def *def = record_def(kind);
    struct column *columns = shape->columns[shape->view.count];
    size_t count = 0, more;
    const struct column *derived = derived_columns(kind, &more);

    columns[count++] = (struct column){"id", "ID", KIND_NUMBER, false};
    for (size_t i = 0; i < def->count; i++) {
        const struct record_field *f = &def->fields[i];

        if (f != parent && (details || f->need != NEED_DETAIL))
            columns[count++] =
                (struct column){f->name, f->heading, kinds[f->type], f->type == FIELD_TEXT};
    }
    for (size_t i = 0; i < more; i++)
        columns[count++] = derived[i];
    shape->sections[shape->view.count++] =
        (struct section){NULL, list, columns, count, list ? "None recorded." : NULL};
}

static void add_children(struct shape *shape, enum record_kind kind)
{
    const struct record_def *def = record_def(kind);
    char *title = shape->titles[shape->view.count];

    add_section(shape, kind, def->path, false, record_parent(kind));
    snprintf(title, sizeof shape->titles[0], "%s", def->path);
    title[0] = (char)toupper((unsigned char)title[0]);
    shape->sections[shape->view.count - 1].title = title;
    shape->sections[shape->view.count - 1].empty = NULL;
}

/* ---- reading ---- */

static void put_record(json_t *o, const struct record *r, const struct derived *derived)
{
    const struct record_def *def = record_def(r->kind);

    put_int(o, "id", r->id);
    for (size_t i = 0; i < def->count; i++) {
        const struct record_field *f = &def->fields[i];

        if (f->type == FIELD_NUMBER || f->type == FIELD_TALLY || f->type == FIELD_DECIMAL)
            put_decimal(o, f->name, r->values[i]);
        else
            put_text(o, f->name, r->values[i]);
    }
    derived_put(o, r, derived);
    put_int(o, "version", r->version);
}

struct listing {
    json_t *items;
    struct record wanted; /* values that a record must have to be listed */
    struct derived derived;
};

static int put_if_wanted(void *arg, const struct record *r)
{
    struct listing *l = arg;

    for (size_t i = 0; i < record_def(r->kind)->count; i++)
        if (l->wanted.values[i] &&
            (!r->values[i] || strcmp(l->wanted.values[i], r->values[i]) != 0))
            return 0;
    put_record(put_row(l->items), r, &l->derived);
    return 0;
}

static int put_listed(const struct call *c, struct listing *l, struct err *e)
{
    enum record_kind kind = l->wanted.kind;
    int rc = derived_load(c, kind, &l->derived, e);

    if (rc == 0)
        rc = record_each(c->api->store, kind, put_if_wanted, l, e);
    derived_clear(&l->derived);
    return rc;
}

/* The member as which an option of csictl's is sent: received-on, received_on. */
static const char *member_of(const struct record_field *f, char ret[MEMBER_MAX])
{
    snprintf(ret, MEMBER_MAX, "%s", f->option);
    for (char *at = ret; *at; at++)
        if (*at == '-')
            *at = '_';
    return ret;
}

static int read_wanted(const struct call *c, struct record *wanted, struct err *e)
{
    const struct record_def *def = record_def(wanted->kind);

    for (size_t i = 0; i < def->count; i++) {
        char member[MEMBER_MAX];
        const char *text = call_text(c, member_of(&def->fields[i], member));

        if (!text || !*text)
            continue;
        wanted->values[i] = xstrdup(text);
        if (record_read_value(c->api->store, &def->fields[i], &wanted->values[i], e) < 0)
            return -1;
    }
    return 0;
}

static int list_records(struct call *c, enum record_kind kind, struct err *e)
{
    struct shape *shape = new_shape(c);
    struct listing l = {.wanted = {.kind = kind}};
    int rc;

    add_section(shape, kind, "items", c->form.name == FORM_CSV, NULL);
    l.items = call_items(c, &shape->view);
    rc = read_wanted(c, &l.wanted, e);
    if (rc == 0)
        rc = put_listed(c, &l, e);
    record_clear(&l.wanted);
    return rc;
}

/* The kinds that stand under this one, with those of them that stand under the record. */
static int put_children(struct call *c, struct shape *shape, const struct record *r, struct err *e)
{
    const char *name = record_def(r->kind)->name;

    for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++) {
        const struct record_field *parent = record_parent(kind);
        struct listing l = {.wanted = {.kind = kind}};
        int rc;

        if (!parent || strcmp(parent->limit, name) != 0)
            continue;
        add_children(shape, kind);
        l.items = put_list(c->answer, record_def(kind)->path);
        l.wanted.values[0] = xasprintf("%s:%lld", name, (long long)r->id);
        rc = put_listed(c, &l, e);
        record_clear(&l.wanted);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int show_record(struct call *c, enum record_kind kind, int64_t id, struct err *e)
{
    struct shape *shape = new_shape(c);
    struct derived derived;
    struct record r;
    int rc;

    if (record_find(c->api->store, kind, id, &r, e) < 0)
        return -1;
    rc = derived_load(c, kind, &derived, e);
    if (rc == 0) {
        add_section(shape, kind, NULL, true, NULL);
        put_record(call_object(c, &shape->view), &r, &derived);
        rc = put_children(c, shape, &r, e);
    }
    c->version = r.version;
    derived_clear(&derived);
    record_clear(&r);
    return rc;
}

static int show_by_id(struct call *c, enum record_kind kind, struct err *e)
{
    int64_t id;

    return record_number(kind, call_text(c, "id"), &id, e) < 0 ? -1 : show_record(c, kind, id, e);
}

static const struct column history_columns[] = {
    {"version", "VERSION", KIND_NUMBER, false}, {"recorded_at", "RECORDED", KIND_TIME, false},
    {"who", "WHO", KIND_TEXT, false},           {"field", "FIELD", KIND_TEXT, false},
    {"value", "VALUE", KIND_TEXT, true},
};
static const struct section history_list[] = {
    {NULL, "items", history_columns, COUNT(history_columns), NULL}};
static const struct view history_view = {history_list, 1, 0};

static int put_change(void *arg, const struct record_change *change)
{
    json_t *row = put_row(arg);

    put_int(row, "version", change->version);
    put_utc(row, "recorded_at", change->recorded_at);
    put_text(row, "who", change->who);
    put_text(row, "field", change->field->name);
    put_text(row, "value", change->value);
    return 0;
}

static int show_history(struct call *c, enum record_kind kind, struct err *e)
{
    struct record r;
    int64_t id;

    if (record_number(kind, call_text(c, "id"), &id, e) < 0 ||
        record_find(c->api->store, kind, id, &r, e) < 0)
        return -1;
    record_clear(&r);
    return record_history(c->api->store, kind, id, put_change, call_items(c, &history_view), e);
}

/* ---- writing ---- */

/* A day far ahead is more often a slip; what is no month at all is record_put's to say. */
static int check_month(const struct call *c, const char *member, struct err *e)
{
    enum due_precision precision;
    struct err ignored;
    day_t day;

    if (when_due(call_text(c, member), &day, &precision, &ignored) < 0)
        return 0;
    return call_period(c, member, &day, &day, e);
}

static int read_field(const struct call *c, const struct record_field *f, char **value,
                      struct err *e)
{
    char member[MEMBER_MAX], iso[DAY_ISO];
    const char *text = call_text(c, member_of(f, member));
    day_t day;

    if (!text)
        return 0;
    if (f->type == FIELD_DAY && *text) {
        if (call_day_kept(c, member, DAY_NONE, &day, e) < 0)
            return -1;
        text = day_iso(day, iso);
    }
    if (f->type == FIELD_MONTH && check_month(c, member, e) < 0)
        return -1;
    free(*value);
    *value = *text ? xstrdup(text) : NULL;
    return 0;
}

/* The record as it is now, and what follows from it. */
static int show_changed(struct call *c, const struct record *r, struct err *e)
{
    struct settled settled = {0};
    struct shape *shape;
    int rc = settle(c->api->store, c->api->engine, c->api->now, &settled, e);

    if (rc == 0)
        rc = show_record(c, r->kind, r->id, e);
    if (rc == 0) {
        shape = c->scratch;
        shape->sections[shape->view.count++] = follow_section;
        put_follows(c->answer, &settled, c->when.today);
    }
    settled_clear(&settled);
    return rc;
}

static bool is_given(const struct call *c, const struct record_field *f)
{
    char member[MEMBER_MAX];

    return call_text(c, member_of(f, member)) != NULL;
}

/* A visit of one day stays one when only its day is changed: record_put fills what is left out. */
static void let_follow(const struct call *c, struct record *r)
{
    const struct record_def *def = record_def(r->kind);

    for (size_t i = 0; i < def->count; i++) {
        const struct record_field *f = &def->fields[i], *first;
        char *value = r->values[i], *of_first;

        if (f->need != NEED_SAME || !value || is_given(c, f))
            continue;
        first = record_field_find(r->kind, f->limit, strlen(f->limit));
        of_first = *record_value(r, f->limit);
        if (is_given(c, first) && of_first && strcmp(value, of_first) == 0) {
            free(value);
            r->values[i] = NULL;
        }
    }
}

static int put_and_show(struct call *c, struct record *r, struct err *e)
{
    const struct record_def *def = record_def(r->kind);

    let_follow(c, r);
    for (size_t i = 0; i < def->count; i++)
        if (read_field(c, &def->fields[i], &r->values[i], e) < 0)
            return -1;
    return record_put(c->api->store, r, e) < 0 ? -1 : show_changed(c, r, e);
}

static int add_record(struct call *c, enum record_kind kind, struct err *e)
{
    struct record r = {.kind = kind};
    int rc = put_and_show(c, &r, e);

    if (rc == 0) {
        call_echo_days(c);
        rc = record_told_add(c, &r, e);
    }
    record_clear(&r);
    c->status = 201;
    return rc;
}

static int update_record(struct call *c, enum record_kind kind, struct err *e)
{
    struct record r;
    json_t *before;
    int64_t id;
    int rc;

    if (record_number(kind, call_text(c, "id"), &id, e) < 0 || show_record(c, kind, id, e) < 0 ||
        call_match(c, c->version, e) < 0 || record_find(c->api->store, kind, id, &r, e) < 0)
        return -1;
    before = json_incref(c->answer);
    rc = put_and_show(c, &r, e);
    if (rc == 0) {
        call_compare(c, before);
        rc = record_told_add(c, &r, e);
    }
    json_decref(before);
    record_clear(&r);
    return rc;
}

/* ---- the handlers of every kind ---- */

#define HANDLER(kind, KIND, verb, function)                \
    int api_##kind##_##verb(struct call *c, struct err *e) \
    {                                                      \
        return function(c, RECORD_##KIND, e);              \
    }
#define RECORD(kind, KIND, path, subject, fields, one, about) \
    HANDLER(kind, KIND, list, list_records)                   \
    HANDLER(kind, KIND, show, show_by_id)                     \
    HANDLER(kind, KIND, history, show_history)                \
    HANDLER(kind, KIND, add, add_record)                      \
    HANDLER(kind, KIND, update, update_record)
#include "record.def"
#undef RECORD
