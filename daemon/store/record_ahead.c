/* What records are called, and the inspections and monitoring visits that are to come
 * (store/record.h). */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/record.h"

struct ahead {
    char *about, *title;
    day_t from_on, to_on;
    enum record_kind kind;
    int64_t id;
};
struct found {
    day_t from;
    struct ahead *items;
    size_t count, cap;
};

/* A code and what it is a kind of: "Focused inspection"; acronyms stand in capitals. */
static char *titled(const char *code, const char *what)
{
    static const char *const acronyms[] = {"sif", "ilacs", "jtai"};
    char *title = xasprintf("%s %s", code, what);
    bool acronym = false;

    for (size_t i = 0; i < COUNT(acronyms); i++)
        acronym |= strcmp(code, acronyms[i]) == 0;
    for (size_t i = 0; code[i]; i++) {
        if (title[i] == '-')
            title[i] = ' ';
        else if (i == 0 || acronym)
            title[i] = (char)toupper((unsigned char)title[i]);
    }
    return title;
}

/* "Peer visit"; caller frees. */
static char *visit_title(const char *kind)
{
    if (strcmp(kind, "other") == 0)
        return xstrdup("Visit");
    if (strcmp(kind, "annual-engagement") == 0)
        return xstrdup("Annual engagement meeting");
    return titled(kind, "visit");
}

day_t record_month(const struct record *audit)
{
    struct record at = *audit; /* shares the values */
    const char *month = *record_value(&at, "month"), *on = *record_value(&at, "planned_on");
    int year = 0, number = 0;

    if (sscanf(month ? month
               : on  ? on
                     : "",
               "%4d-%2d", &year, &number) != 2 ||
        number < 1 || number > 12)
        return DAY_NONE;
    return day_from_ymd(year, number, day_month_length(year, number));
}

static char *audit_title(struct record *r)
{
    const char *theme = *record_value(r, "theme");
    char *kind = titled(*record_value(r, "kind"), "audit"), *title, day[DAY_TEXT];

    day_short(record_month(r), day);
    title = xasprintf("%s of %s%s%s", kind, strchr(day, ' ') + 1, theme ? ": " : "",
                      theme ? theme : "");
    free(kind);
    return title;
}

char *record_title(const struct record *r)
{
    struct record at = *r; /* shares the values */
    const char *number;
    char *kind, *title;

    if (r->kind == RECORD_INSPECTION)
        return titled(*record_value(&at, "framework"), "inspection");
    if (r->kind == RECORD_AUDIT)
        return audit_title(&at);
    if (r->kind != RECORD_VISIT)
        return xstrdup(*record_value(&at, "title"));
    kind = visit_title(*record_value(&at, "kind"));
    number = *record_value(&at, "number");
    title = xasprintf("%s%s%s", kind, number ? " " : "", number ? number : "");
    free(kind);
    return title;
}

static int collect(void *arg, const struct record *r)
{
    struct found *f = arg;
    struct record at = *r; /* shares the values */
    const char *from = *record_value(&at, "from_on");
    struct ahead a = {.kind = r->kind, .id = r->id};

    if (record_is_cancelled(r) ||
        (r->kind == RECORD_VISIT && strcmp(*record_value(&at, "kind"), "monitoring") != 0) ||
        !from || day_parse_iso(from, &a.from_on) < 0 || a.from_on.n < f->from.n ||
        day_parse_iso(*record_value(&at, "to_on"), &a.to_on) < 0)
        return 0;
    a.about = xasprintf("%s:%" PRId64, record_def(r->kind)->name, r->id);
    a.title = record_title(r);
    f->items = xgrow(f->items, f->count, &f->cap, sizeof *f->items);
    f->items[f->count++] = a;
    return 0;
}

static int by_day(const void *a, const void *b)
{
    const struct ahead *x = a, *y = b;

    if (x->from_on.n != y->from_on.n)
        return x->from_on.n < y->from_on.n ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

int record_ahead(struct store *s, day_t from, int (*row)(void *arg, const struct happening *h),
                 void *arg, struct err *e)
{
    struct found f = {.from = from};
    int stop = 0, rc = record_each(s, RECORD_INSPECTION, collect, &f, e);

    if (rc == 0)
        rc = record_each(s, RECORD_VISIT, collect, &f, e);
    if (rc == 0 && f.count)
        qsort(f.items, f.count, sizeof *f.items, by_day);
    for (size_t i = 0; i < f.count; i++) {
        struct ahead *a = &f.items[i];
        struct happening h = {a->about, a->title, a->from_on, a->to_on};

        if (rc == 0 && !stop)
            stop = row(arg, &h);
        free(a->about);
        free(a->title);
    }
    free(f.items);
    return rc;
}
