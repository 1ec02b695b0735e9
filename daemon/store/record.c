#include "store/record.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/history.h"
#include "store/journal.h"
#include "store/record_check.h"
#include "store/sql.h"

#define FIELD(need, name, option, heading, type, limit) \
    {NEED_##need, #name, option, heading, FIELD_##type, limit},
#define RECORD(kind, KIND, path, subject, fields, one, about)           \
    static const struct record_field kind##_fields[] = {fields(FIELD)}; \
    static_assert(COUNT(kind##_fields) <= RECORD_FIELDS_MAX, "too many fields: " #kind);
#include "record.def"
#undef RECORD
#undef FIELD

#define NAME(need, name, option, heading, type, limit) #name " "
static const struct record_def defs[RECORD_KINDS] = {
#define RECORD(kind, KIND, path, subject, fields, one, about) \
    {#kind, path, kind##_fields, COUNT(kind##_fields), " " fields(NAME)},
#include "record.def"
#undef RECORD
};

enum { Q_LIST, Q_FIND, Q_NEXT, Q_ADD, Q_CHANGED, Q_VALUE, Q_HISTORY };
static const struct query queries[] = {
    /* a field's values in the order of their versions, so that the last one read is the present */
    [Q_LIST] = {"SELECT r.id, r.version, v.field, v.value, v.recorded_at FROM record r "
                "JOIN record_value v ON v.kind = r.kind AND v.record_id = r.id "
                "WHERE r.kind = ? AND v.recorded_at <= ? ORDER BY r.id, v.field, v.version",
                false},
    [Q_FIND] = {"SELECT r.id, r.version, v.field, v.value, v.recorded_at FROM record r "
                "JOIN record_value v ON v.kind = r.kind AND v.record_id = r.id "
                "WHERE r.kind = ? AND r.id = ? ORDER BY v.field, v.version",
                false},
    [Q_NEXT] = {"SELECT max(id) + 1 FROM record WHERE kind = ?", false},
    [Q_ADD] = {"INSERT INTO record (kind, id) VALUES (?, ?)", false},
    [Q_CHANGED] = {"UPDATE record SET version = ? WHERE kind = ? AND id = ?", false},
    [Q_VALUE] = {"INSERT INTO record_value VALUES (?, ?, ?, ?, ?, ?, ?)", false},
    [Q_HISTORY] = {"SELECT version, recorded_at, who, field, value FROM record_value "
                   "WHERE kind = ? AND record_id = ? "
                   "ORDER BY version, instr(?, ' ' || field || ' ')",
                   false},
};
const struct query_table record_queries = {queries, COUNT(queries)};

const struct record_def *record_def(enum record_kind kind)
{
    return &defs[kind];
}

const struct record_field *record_parent(enum record_kind kind)
{
    const struct record_field *first = &defs[kind].fields[0];

    return first->need == NEED_SUBJECT && first->type == FIELD_REF ? first : NULL;
}

void record_clear(struct record *r)
{
    for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
        free(r->values[i]);
    *r = (struct record){.kind = r->kind};
}

bool record_is_cancelled(const struct record *r)
{
    struct record at = *r; /* shares the values */
    const char *field = "cancelled_on";

    return record_field_find(r->kind, field, strlen(field)) && *record_value(&at, field);
}

bool record_falls(const struct record *r, struct text *cancelled)
{
    const struct record_field *parent = record_parent(r->kind);
    const char *over = parent ? r->values[0] : NULL; /* the first field, wherever there is one */

    if (!record_is_cancelled(r) && !(over && cancelled->len && text_has_word(cancelled->s, over)))
        return false;
    text_addf(cancelled, "%s:%" PRId64 " ", defs[r->kind].name, r->id);
    return true;
}

bool record_kind_find(const char *name, size_t len, enum record_kind *ret)
{
    for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++)
        if (strlen(defs[kind].name) == len && strncmp(defs[kind].name, name, len) == 0) {
            *ret = kind;
            return true;
        }
    return false;
}

const struct record_field *record_field_find(enum record_kind kind, const char *name, size_t len)
{
    for (size_t i = 0; i < defs[kind].count; i++) {
        const struct record_field *f = &defs[kind].fields[i];

        if (strlen(f->name) == len && strncmp(f->name, name, len) == 0)
            return f;
    }
    return NULL;
}

static const struct record_field *find_field(enum record_kind kind, const char *name)
{
    return record_field_find(kind, name, strlen(name));
}

char **record_value(struct record *r, const char *name)
{
    const struct record_field *f = find_field(r->kind, name);

    assert(f);
    return &r->values[f - defs[r->kind].fields];
}

/* ---- reading ---- */

struct records {
    struct record *items;
    size_t count, cap;
};

static void records_free(struct records *all)
{
    while (all->count)
        record_clear(&all->items[--all->count]);
    free(all->items);
}

/* One value to a row; a field that is no longer defined is passed over. */
static void read_rows(struct rows *rows, enum record_kind kind, struct records *all)
{
    while (rows_next(rows)) {
        const struct record_field *f = find_field(kind, rows_text(rows, 2));
        utc_t recorded_at = rows_utc(rows, 4);
        struct record *r;

        if (!all->count || all->items[all->count - 1].id != rows_int(rows, 0)) {
            all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
            all->items[all->count++] = (struct record){.kind = kind,
                                                       .id = rows_int(rows, 0),
                                                       .version = rows_int(rows, 1),
                                                       .added_at = recorded_at,
                                                       .recorded_at = recorded_at};
        }
        r = &all->items[all->count - 1];
        if (recorded_at.s < r->added_at.s)
            r->added_at = recorded_at;
        if (recorded_at.s > r->recorded_at.s)
            r->recorded_at = recorded_at;
        if (f) {
            char **value = &r->values[f - defs[kind].fields];

            free(*value);
            *value = rows_dup(rows, 3);
        }
    }
}

/* Nobody who reads a record need ask whether what it cannot be without is there. */
static int check_whole(const struct records *all, struct err *e)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct record *r = &all->items[i];
        const struct record_def *def = &defs[r->kind];

        for (size_t k = 0; k < def->count; k++)
            if (!r->values[k] &&
                (def->fields[k].need == NEED_SUBJECT || def->fields[k].need == NEED_NEEDED))
                return err_set(e, ERR_STORAGE,
                               "the database is damaged: %s %" PRId64
                               " has no %s; put a backup in its place",
                               def->name, r->id, def->fields[k].name);
    }
    return 0;
}

static const char *first_day(const struct record *r)
{
    for (size_t i = 0; i < defs[r->kind].count; i++) {
        enum field_type type = defs[r->kind].fields[i].type;

        if ((type == FIELD_DAY || type == FIELD_MONTH) && r->values[i])
            return r->values[i];
    }
    return "";
}

static int by_day(const void *a, const void *b)
{
    const struct record *x = a, *y = b;
    int order = strcmp(first_day(x), first_day(y)); /* ISO dates sort as text */

    return order ? order : (x->id > y->id) - (x->id < y->id);
}

int record_each(struct store *s, enum record_kind kind,
                int (*row)(void *arg, const struct record *r), void *arg, struct err *e)
{
    return record_each_known(s, kind, UTC_NONE, row, arg, e);
}

int record_each_known(struct store *s, enum record_kind kind, utc_t known_at,
                      int (*row)(void *arg, const struct record *r), void *arg, struct err *e)
{
    struct records all = {0};
    char known[UTC_ISO];
    struct rows rows;
    int rc, stop = 0;

    rows_start(&rows, s, &queries[Q_LIST], "tt", defs[kind].name, known_text(known_at, known));
    read_rows(&rows, kind, &all);
    rc = rows_end(&rows, e);
    if (rc == 0)
        rc = check_whole(&all, e);
    if (rc == 0 && all.count)
        qsort(all.items, all.count, sizeof *all.items, by_day);
    for (size_t i = 0; rc == 0 && !stop && i < all.count; i++)
        stop = row(arg, &all.items[i]);
    records_free(&all);
    return rc;
}

int record_find(struct store *s, enum record_kind kind, int64_t id, struct record *ret,
                struct err *e)
{
    struct records found = {0};
    struct rows rows;
    int rc;

    rows_start(&rows, s, &queries[Q_FIND], "ti", defs[kind].name, id);
    read_rows(&rows, kind, &found);
    rc = rows_end(&rows, e);
    if (rc == 0 && !found.count)
        rc = err_set(e, ERR_NOTFOUND, "no %s %" PRId64 ": see csictl %s list", defs[kind].name, id,
                     defs[kind].name);
    if (rc == 0)
        rc = check_whole(&found, e);
    if (rc == 0) {
        *ret = found.items[0];
        found.count = 0;
    }
    records_free(&found);
    return rc;
}

int record_history(struct store *s, enum record_kind kind, int64_t id,
                   int (*row)(void *arg, const struct record_change *change), void *arg,
                   struct err *e)
{
    struct rows r;
    int stop = 0;

    rows_start(&r, s, &queries[Q_HISTORY], "tit", defs[kind].name, id, defs[kind].order);
    while (!stop && rows_next(&r)) {
        struct record_change change = {rows_int(&r, 0), rows_utc(&r, 1), rows_text(&r, 2),
                                       rows_text(&r, 4), find_field(kind, rows_text(&r, 3))};

        stop = change.field ? row(arg, &change) : 0;
    }
    return rows_end(&r, e);
}

/* ---- writing ---- */

/* The record as a JSON object for the journal; NULL for one that is not there yet. */
static char *as_json(const struct record *r)
{
    struct text t = TEXT_INIT;

    if (!r->id)
        return NULL;
    text_addf(&t, "{\"id\":%" PRId64 ",\"version\":%" PRId64, r->id, r->version);
    for (size_t i = 0; i < defs[r->kind].count; i++) {
        text_addf(&t, ",\"%s\":", defs[r->kind].fields[i].name);
        text_add_json(&t, r->values[i]);
    }
    text_add(&t, "}");
    return text_take(&t);
}

static bool differs(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) != 0 : a != b;
}

static bool any_differs(const struct record *a, const struct record *b)
{
    for (size_t i = 0; i < defs[a->kind].count; i++)
        if (differs(a->values[i], b->values[i]))
            return true;
    return false;
}

static int write_values(struct store *s, const struct record *old, const struct record *r,
                        struct err *e)
{
    const struct record_def *def = &defs[r->kind];
    char at[UTC_ISO];

    utc_iso(sql_now(s), at);
    for (size_t i = 0; i < def->count; i++)
        if (differs(old->values[i], r->values[i]) &&
            sql_run(s, &queries[Q_VALUE], e, "titittt", def->name, r->id, def->fields[i].name,
                    r->version, at, sql_who(s), r->values[i]) < 0)
            return -1;
    return 0;
}

static int write_row(struct store *s, struct record *r, struct err *e)
{
    const char *name = defs[r->kind].name;

    if (r->id)
        return sql_run(s, &queries[Q_CHANGED], e, "iti", r->version, name, r->id);
    if (sql_int(s, &queries[Q_NEXT], 1, &r->id, e, "t", name) < 0)
        return -1;
    return sql_run(s, &queries[Q_ADD], e, "ti", name, r->id);
}

static int journal(struct store *s, const struct record *old, const struct record *r, struct err *e)
{
    const char *name = defs[r->kind].name;
    char what[JOURNAL_ABOUT], about[JOURNAL_ABOUT];
    char *before = as_json(old), *after = as_json(r);
    int rc;

    snprintf(what, sizeof what, "%s.%s", name, old->id ? "update" : "add");
    rc = journal_change(s, what, journal_about(name, r->id, about), before, after, e);
    free(before);
    free(after);
    return rc;
}

int record_put(struct store *s, struct record *r, struct err *e)
{
    struct record old = {.kind = r->kind}, now;
    int rc = r->id ? record_find(s, r->kind, r->id, &old, e) : 0;

    if (rc == 0)
        rc = record_check(s, r, e);
    if (rc == 0 && any_differs(&old, r)) {
        now = *r; /* shares the values */
        now.version = old.version + 1;
        rc = write_row(s, &now, e);
        if (rc == 0)
            rc = write_values(s, &old, &now, e);
        if (rc == 0)
            rc = journal(s, &old, &now, e);
        if (rc == 0) {
            r->id = now.id;
            r->version = now.version;
        }
    }
    record_clear(&old);
    return rc;
}
