#include "engine/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/import_impl.h"

/* A file of another kind has a fault in every cell; nobody reads more than these. */
#define TOLD_MAX 10000

const char *import_heading(const struct import *im, enum field f)
{
    if (f == FIELD_NONE)
        return "";
    return im->headings[f] ? im->headings[f] : import_fields[f].name;
}

static void add_told(struct import_fault **list, size_t *count, size_t *cap, size_t *more, int line,
                     const char *column, const char *reason)
{
    if (*count >= TOLD_MAX) {
        ++*more;
        return;
    }
    *list = xgrow(*list, *count, cap, sizeof **list);
    (*list)[(*count)++] = (struct import_fault){line, xstrdup(column), text_one_line(reason)};
}

void import_fault(struct import *im, struct import_row *row, enum field f, const char *fmt, ...)
{
    struct import_result *r = im->result;
    char reason[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    add_told(&r->faults, &r->fault_count, &im->faults_cap, &im->faults_more, row->line,
             import_heading(im, f), reason);
    row->bad = true;
}

void import_note(struct import *im, int line, const char *column, const char *fmt, ...)
{
    struct import_result *r = im->result;
    char reason[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    add_told(&r->notes, &r->note_count, &im->notes_cap, &im->notes_more, line, column, reason);
}

/* ---- the result ---- */

static int order_told(const void *a, const void *b)
{
    const struct import_fault *x = a, *y = b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return strcmp(x->column, y->column) ? strcmp(x->column, y->column)
                                        : strcmp(x->reason, y->reason);
}

/* In the order of lines; what is too much is counted on a line of its own. */
static void settle(struct import_fault **list, size_t *count, size_t *cap, size_t more)
{
    if (*count)
        qsort(*list, *count, sizeof **list, order_told);
    if (more == 0)
        return;
    *list = xgrow(*list, *count, cap, sizeof **list);
    (*list)[*count] = (struct import_fault){(*list)[*count - 1].line, xstrdup(""),
                                            xasprintf("and %zu more", more)};
    ++*count;
}

static void told_free(struct import_fault *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].column);
        free(list[i].reason);
    }
    free(list);
}

void import_result_clear(struct import_result *r)
{
    told_free(r->faults, r->fault_count);
    told_free(r->notes, r->note_count);
    for (size_t i = 0; i < r->change_count; i++) {
        free(r->changes[i].ref);
        free(r->changes[i].what);
    }
    free(r->changes);
    free(r->plan);
    *r = (struct import_result){0};
}

/* ---- the run ---- */

static void import_free(struct import *im)
{
    import_rows_free(im->rows, im->row_count);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        free(im->headings[i]);
    for (size_t i = 0; i < im->known_count; i++)
        action_clear(&im->known[i]);
    free(im->known);
    priorities_free(im->priorities, im->priority_count);
    plan_clear(&im->plan);
    free(im->slug);
    free(im->order);
    free(im->actions);
    free(im->roles);
    free(im);
}

int import_run(struct store *s, const struct import_options *o, const void *bytes, size_t len,
               const struct when *when, struct import_result *ret, struct err *e)
{
    struct import *im = xcalloc(1, sizeof *im);
    struct sheet sheet = {0};
    int rc;

    *ret = (struct import_result){0};
    im->store = s;
    im->options = o;
    im->when = when;
    im->result = ret;
    rc = sheet_read_csv(bytes, len, &sheet, e);
    if (rc == 0)
        rc = import_read(im, &sheet, e);
    sheet_clear(&sheet);
    if (rc == 0)
        rc = import_known(im, e);
    if (rc == 0)
        rc = import_check(im, e);
    if (rc == 0)
        rc = import_apply(im, e);
    settle(&ret->faults, &ret->fault_count, &im->faults_cap, im->faults_more);
    settle(&ret->notes, &ret->note_count, &im->notes_cap, im->notes_more);
    import_free(im);
    return rc;
}
