/* Inspections and visits: one set of handlers over the definitions of store/record. */
#include "store/record.h"

#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"

struct shape { /* what a definition looks like as a table; made per call */
    struct column columns[RECORD_FIELDS_MAX + 1];
    struct section section;
    struct view view;
};

static const struct view *make_view(struct call *c, enum record_kind kind, bool list)
{
    static const enum kind kinds[] = {[FIELD_TEXT] = KIND_TEXT,
                                      [FIELD_DAY] = KIND_DAY,
                                      [FIELD_NUMBER] = KIND_NUMBER,
                                      [FIELD_CODE] = KIND_TEXT};
    const struct record_def *def = record_def(kind);
    struct shape *shape = xcalloc(1, sizeof *shape);

    shape->columns[0] = (struct column){"id", "ID", KIND_NUMBER, false};
    for (size_t i = 0; i < def->count; i++) {
        const struct record_field *f = &def->fields[i];

        shape->columns[i + 1] =
            (struct column){f->name, f->heading, kinds[f->type], f->type == FIELD_TEXT};
    }
    shape->section = (struct section){NULL, list ? "items" : NULL, shape->columns, def->count + 1,
                                      "None recorded."};
    shape->view = (struct view){&shape->section, 1, 0};
    free(c->scratch);
    c->scratch = shape;
    return &shape->view;
}

static int put_record(void *arg, const struct record *r)
{
    const struct record_def *def = record_def(r->kind);
    json_t *o = json_is_array((json_t *)arg) ? put_row(arg) : arg;

    put_int(o, "id", r->id);
    for (size_t i = 0; i < def->count; i++)
        if (def->fields[i].type == FIELD_NUMBER && r->values[i])
            put_int(o, def->fields[i].name, strtoll(r->values[i], NULL, 10));
        else
            put_text(o, def->fields[i].name, r->values[i]);
    put_int(o, "version", r->version);
    return 0;
}

static int list_records(struct call *c, enum record_kind kind, struct err *e)
{
    json_t *items = call_items(c, make_view(c, kind, true));

    return record_each(c->api->store, kind, put_record, items, e);
}

static int show_record(struct call *c, enum record_kind kind, int64_t id, struct err *e)
{
    struct record r;

    if (record_find(c->api->store, kind, id, &r, e) < 0)
        return -1;
    put_record(call_object(c, make_view(c, kind, false)), &r);
    c->version = r.version;
    record_clear(&r);
    return 0;
}

static int show_by_id(struct call *c, enum record_kind kind, struct err *e)
{
    int64_t id;

    return call_number(c, "id", 0, &id, e) < 0 ? -1 : show_record(c, kind, id, e);
}

/* The command's words for a column: --from fills from_on, --received-on received_on. */
static const char *argument_name(const char *field)
{
    return strcmp(field, "from_on") == 0 ? "from" : strcmp(field, "to_on") == 0 ? "to" : field;
}

static int read_field(const struct call *c, const struct record_field *f, char **value,
                      struct err *e)
{
    const char *name = argument_name(f->name), *text = call_text(c, name);
    char iso[DAY_ISO];
    day_t day;

    if (!text)
        return 0;
    if (f->type == FIELD_DAY && *text) {
        if (call_day_kept(c, name, DAY_NONE, &day, e) < 0)
            return -1;
        text = day_iso(day, iso);
    }
    free(*value);
    *value = *text ? xstrdup(text) : NULL;
    return 0;
}

static int read_fields(const struct call *c, struct record *r, struct err *e)
{
    const struct record_def *def = record_def(r->kind);
    size_t from = 0, to = 0;

    for (size_t i = 0; i < def->count; i++) {
        if (read_field(c, &def->fields[i], &r->values[i], e) < 0)
            return -1;
        if (strcmp(def->fields[i].name, "from_on") == 0)
            from = i;
        if (strcmp(def->fields[i].name, "to_on") == 0)
            to = i;
    }
    /* a visit of one day needs no second date */
    if (!r->values[to] && r->values[from])
        r->values[to] = xstrdup(r->values[from]);
    return 0;
}

/* As the check visits-ahead does: inspections and monitoring visits that are still to come. */
static void tell_who(struct call *c)
{
    const char *kind = json_string_value(json_object_get(c->answer, "kind"));
    const char *from = json_string_value(json_object_get(c->answer, "from_on"));
    day_t day;

    if (kind && strcmp(kind, "monitoring") != 0)
        call_told(c, "nobody: of visits only the monitoring ones are announced");
    else if (!from || day_parse_iso(from, &day) < 0 || day.n <= c->when.today.n)
        call_told(c, "nobody: it is not ahead");
    else
        call_told(c, "director and programme-office, 28, 14, 7 and 1 days before");
}

static int put_and_show(struct call *c, struct record *r, struct err *e)
{
    return read_fields(c, r, e) < 0 || record_put(c->api->store, r, e) < 0
               ? -1
               : show_record(c, r->kind, r->id, e);
}

static int add_record(struct call *c, enum record_kind kind, struct err *e)
{
    struct record r = {.kind = kind};
    int rc = put_and_show(c, &r, e);

    if (rc == 0) {
        call_echo_days(c);
        tell_who(c);
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

    if (call_number(c, "id", 0, &id, e) < 0 || show_record(c, kind, id, e) < 0 ||
        call_match(c, c->version, e) < 0 || record_find(c->api->store, kind, id, &r, e) < 0)
        return -1;
    before = json_incref(c->answer);
    rc = put_and_show(c, &r, e);
    if (rc == 0) {
        call_compare(c, before);
        tell_who(c);
    }
    json_decref(before);
    record_clear(&r);
    return rc;
}

#define HANDLERS(name, kind)                               \
    int api_##name##_list(struct call *c, struct err *e)   \
    {                                                      \
        return list_records(c, kind, e);                   \
    }                                                      \
    int api_##name##_show(struct call *c, struct err *e)   \
    {                                                      \
        return show_by_id(c, kind, e);                     \
    }                                                      \
    int api_##name##_add(struct call *c, struct err *e)    \
    {                                                      \
        return add_record(c, kind, e);                     \
    }                                                      \
    int api_##name##_update(struct call *c, struct err *e) \
    {                                                      \
        return update_record(c, kind, e);                  \
    }

HANDLERS(inspection, RECORD_INSPECTION)
HANDLERS(visit, RECORD_VISIT)
