#include "store/record.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/journal.h"
#include "store/sql.h"

#define NUMBER_MAX 9999
#define CODE_MAX   64

static const struct record_field inspection_fields[] = {
    {"framework", "Framework", FIELD_CODE, true, NULL},
    {"from_on", "From", FIELD_DAY, true, NULL},
    {"to_on", "To", FIELD_DAY, true, NULL},
    {"received_on", "Report received", FIELD_DAY, false, NULL},
    {"published_on", "Published", FIELD_DAY, false, NULL},
    {"note", "Note", FIELD_TEXT, false, NULL},
};
static const struct record_field visit_fields[] = {
    {"kind", "Kind", FIELD_CODE, true, "monitoring focused assurance peer other"},
    {"number", "Number", FIELD_NUMBER, false, NULL},
    {"from_on", "From", FIELD_DAY, true, NULL},
    {"to_on", "To", FIELD_DAY, false, NULL}, /* left out: a visit of one day */
    {"scope", "Scope", FIELD_TEXT, false, NULL},
    {"note", "Note", FIELD_TEXT, false, NULL},
};
static const struct record_def defs[RECORD_KINDS] = {
    [RECORD_INSPECTION] = {"inspection", inspection_fields, COUNT(inspection_fields)},
    [RECORD_VISIT] = {"visit", visit_fields, COUNT(visit_fields)},
};

/* The parameters of ADD and UPDATE are the id, then the fields in the order of the definition. */
enum { Q_LIST, Q_FIND, Q_ADD, Q_UPDATE, Q_KINDS };
static const struct query queries[RECORD_KINDS][Q_KINDS] = {
    [RECORD_INSPECTION] =
        {
            [Q_LIST] = {"SELECT id, version, framework, from_on, to_on, received_on, published_on, "
                        "note FROM inspection ORDER BY from_on, id",
                        true},
            [Q_FIND] = {"SELECT id, version, framework, from_on, to_on, received_on, published_on, "
                        "note FROM inspection WHERE id = ?",
                        false},
            [Q_ADD] = {"INSERT INTO inspection (id, framework, from_on, to_on, received_on, "
                       "published_on, note) VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?)",
                       false},
            [Q_UPDATE] = {"UPDATE inspection SET framework = ?2, from_on = ?3, to_on = ?4, "
                          "received_on = ?5, published_on = ?6, note = ?7, version = version + 1 "
                          "WHERE id = ?1 AND (framework, from_on, to_on, received_on, "
                          "published_on, note) IS NOT (?2, ?3, ?4, ?5, ?6, ?7)",
                          false},
        },
    [RECORD_VISIT] =
        {
            [Q_LIST] = {"SELECT id, version, kind, number, from_on, to_on, scope, note FROM visit "
                        "ORDER BY from_on, id",
                        true},
            [Q_FIND] = {"SELECT id, version, kind, number, from_on, to_on, scope, note FROM visit "
                        "WHERE id = ?",
                        false},
            [Q_ADD] = {"INSERT INTO visit (id, kind, number, from_on, to_on, scope, note) "
                       "VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?)",
                       false},
            [Q_UPDATE] = {"UPDATE visit SET kind = ?2, number = ?3, from_on = ?4, to_on = ?5, "
                          "scope = ?6, note = ?7, version = version + 1 WHERE id = ?1 AND "
                          "(kind, number, from_on, to_on, scope, note) IS NOT "
                          "(?2, ?3, ?4, ?5, ?6, ?7)",
                          false},
        },
};
static const struct query ahead[] = {
    {"SELECT 'visit', id, number, NULL, from_on, to_on FROM visit "
     "WHERE kind = 'monitoring' AND from_on >= ?1 "
     "UNION ALL SELECT 'inspection', id, NULL, framework, from_on, to_on FROM inspection "
     "WHERE from_on >= ?1 ORDER BY 5, 1, 2",
     true},
};
const struct query_table record_queries = {queries[0], RECORD_KINDS *Q_KINDS};
const struct query_table ahead_queries = {ahead, COUNT(ahead)};

const struct record_def *record_def(enum record_kind kind)
{
    return &defs[kind];
}

void record_clear(struct record *r)
{
    for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
        free(r->values[i]);
    *r = (struct record){.kind = r->kind};
}

static struct record read_row(const struct rows *rows, enum record_kind kind)
{
    struct record r = {.kind = kind, .id = rows_int(rows, 0), .version = rows_int(rows, 1)};

    for (size_t i = 0; i < defs[kind].count; i++)
        r.values[i] = rows_dup(rows, (int)i + 2);
    return r;
}

int record_each(struct store *s, enum record_kind kind,
                int (*row)(void *arg, const struct record *r), void *arg, struct err *e)
{
    struct rows rows;
    int stop = 0;

    rows_start(&rows, s, &queries[kind][Q_LIST], "");
    while (!stop && rows_next(&rows)) {
        struct record r = read_row(&rows, kind);

        stop = row(arg, &r);
        record_clear(&r);
    }
    return rows_end(&rows, e);
}

int record_find(struct store *s, enum record_kind kind, int64_t id, struct record *ret,
                struct err *e)
{
    struct record found = {.kind = kind};
    struct rows rows;

    rows_start(&rows, s, &queries[kind][Q_FIND], "i", id);
    if (rows_next(&rows))
        found = read_row(&rows, kind);
    if (rows_end(&rows, e) < 0) {
        record_clear(&found);
        return -1;
    }
    if (!found.id)
        return err_set(e, ERR_NOTFOUND, "no %s %" PRId64 ": see csictl %s list", defs[kind].name,
                       id, defs[kind].name);
    *ret = found;
    return 0;
}

/* ---- what may be kept ---- */

static bool is_code(const char *s)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return len > 0 && len <= CODE_MAX && s[len] == '\0' && s[0] != '-' && s[len - 1] != '-';
}

static bool is_listed(const char *codes, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = codes; (at = strstr(at, word)) != NULL; at += len)
        if ((at == codes || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

static int check_code(const struct record_field *f, const char *value, struct err *e)
{
    if (is_code(value) && (!f->codes || is_listed(f->codes, value)))
        return 0;
    if (f->codes)
        return err_set(e, ERR_USAGE, "%s: \"%.60s\" is none of: %s", f->name, value, f->codes);
    return err_set(e, ERR_USAGE, "%s: \"%.60s\" is no code: a to z, digits and hyphens", f->name,
                   value);
}

static int check_number(const struct record_field *f, const char *value, struct err *e)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end || errno || n < 1 || n > NUMBER_MAX)
        return err_set(e, ERR_USAGE, "%s: \"%.60s\" is no number from 1 to %d", f->name, value,
                       NUMBER_MAX);
    return 0;
}

static int check_day(const struct record_field *f, const char *value, struct err *e)
{
    day_t day;

    if (day_parse_iso(value, &day) < 0)
        return err_set(e, ERR_USAGE, "%s: \"%.60s\" is no date", f->name, value);
    return 0;
}

static int check_values(const struct record *r, struct err *e)
{
    static int (*const checkers[])(const struct record_field *f, const char *value,
                                   struct err *e) = {
        [FIELD_TEXT] = NULL,
        [FIELD_DAY] = check_day,
        [FIELD_NUMBER] = check_number,
        [FIELD_CODE] = check_code,
    };
    const struct record_def *def = &defs[r->kind];

    for (size_t i = 0; i < def->count; i++) {
        const struct record_field *f = &def->fields[i];

        if (!r->values[i] && f->needed)
            return err_set(e, ERR_USAGE, "%s: %s is missing", def->name, f->name);
        if (r->values[i] && checkers[f->type] && checkers[f->type](f, r->values[i], e) < 0)
            return err_within(e, "%s", def->name);
    }
    return 0;
}

static char **value_of(struct record *r, const char *name)
{
    const struct record_def *def = &defs[r->kind];
    size_t i = 0;

    while (i < def->count && strcmp(def->fields[i].name, name) != 0)
        i++;
    assert(i < def->count);
    return &r->values[i];
}

/* ISO dates sort as text. */
static int check_span(struct record *r, struct err *e)
{
    char **from = value_of(r, "from_on"), **to = value_of(r, "to_on");

    if (!*to)
        *to = xstrdup(*from);
    if (strcmp(*to, *from) < 0)
        return err_set(e, ERR_USAGE, "%s: it ends on %s, before it begins on %s",
                       defs[r->kind].name, *to, *from);
    return 0;
}

/* A value for each parameter there may be; those past the definition's fields are not read. */
static int write_row(struct store *s, const struct record *r, int64_t *ret_id, struct err *e)
{
    const struct query *q = &queries[r->kind][r->id ? Q_UPDATE : Q_ADD];
    char *const *v = r->values;
    char types[RECORD_FIELDS_MAX + 2];

    static_assert(COUNT(inspection_fields) <= RECORD_FIELDS_MAX &&
                      COUNT(visit_fields) <= RECORD_FIELDS_MAX,
                  "more fields than are handed on");
    snprintf(types, sizeof types, "%.*s", (int)defs[r->kind].count + 1, "itttttttt");
    return sql_insert(s, q, ret_id, e, types, r->id, v[0], v[1], v[2], v[3], v[4], v[5], v[6],
                      v[7]);
}

int record_put(struct store *s, struct record *r, struct err *e)
{
    static const enum journal_table tables[RECORD_KINDS] = {
        [RECORD_INSPECTION] = JOURNAL_INSPECTION,
        [RECORD_VISIT] = JOURNAL_VISIT,
    };
    const char *name = defs[r->kind].name;
    char what[JOURNAL_ABOUT], about[JOURNAL_ABOUT];
    struct change c;
    struct record old;
    int64_t id;
    int rc;

    if (check_values(r, e) < 0 || check_span(r, e) < 0)
        return -1;
    if (r->id) {
        if (record_find(s, r->kind, r->id, &old, e) < 0)
            return -1;
        record_clear(&old);
    }
    if (change_begin(s, &c, tables[r->kind], r->id, e) < 0)
        return -1;
    rc = write_row(s, r, &id, e);
    if (rc == 0 && !r->id)
        c.id = id;
    snprintf(what, sizeof what, "%s.%s", name, r->id ? "update" : "add");
    if (change_end(s, &c, rc, what, journal_about(name, c.id, about), e) < 0)
        return -1;
    r->id = c.id;
    return 0;
}

/* ---- what is to come ---- */

/* "ILACS inspection", "Focused inspection"; acronyms stand in capitals. */
static char *inspection_title(const char *framework)
{
    static const char *const acronyms = "sif ilacs jtai";
    bool acronym = is_listed(acronyms, framework);
    char *title = xasprintf("%s inspection", framework);

    for (size_t i = 0; framework[i]; i++) {
        if (title[i] == '-')
            title[i] = ' ';
        else if (i == 0 || acronym)
            title[i] = (char)toupper((unsigned char)title[i]);
    }
    return title;
}

static char *ahead_title(const struct rows *r)
{
    if (!rows_null(r, 3))
        return inspection_title(rows_text(r, 3));
    if (!rows_null(r, 2))
        return xasprintf("Monitoring visit %" PRId64, rows_int(r, 2));
    return xstrdup("Monitoring visit");
}

int record_ahead(struct store *s, day_t from, int (*row)(void *arg, const struct happening *h),
                 void *arg, struct err *e)
{
    struct rows r;
    int stop = 0;

    rows_start(&r, s, &ahead[0], "d", from);
    while (!stop && rows_next(&r)) {
        char *about = xasprintf("%s:%" PRId64, rows_text(&r, 0), rows_int(&r, 1));
        char *title = ahead_title(&r);
        struct happening h = {about, title, rows_day(&r, 4), rows_day(&r, 5)};

        stop = row(arg, &h);
        free(about);
        free(title);
    }
    return rows_end(&r, e);
}
