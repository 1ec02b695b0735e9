#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/import_impl.h"
#include "notice/message.h"

#define RECOMMENDATIONS_MAX 50
#define TEXT_MAX            4000
#define SHOWN_MAX           60

/* ---- texts ---- */

int import_cut(const char *s)
{
    size_t n = strnlen(s, SHOWN_MAX);

    while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--;
    return (int)n;
}

static size_t count_replaced(const char *s)
{
    size_t n = 0;

    while ((s = strstr(s, "\xef\xbf\xbd"))) {
        s += 3;
        n++;
    }
    return n;
}

/* Runs of blanks, the unbreakable one among them, to one; none at the ends. In place. */
static void squeeze(char *s)
{
    char *to = s;

    for (const char *p = s; *p;) {
        bool hard = strncmp(p, "\xc2\xa0", 2) == 0;

        if (!hard && *p != ' ')
            *to++ = *p;
        else if (to > s && to[-1] != ' ')
            *to++ = ' ';
        p += hard ? 2 : 1;
    }
    if (to > s && to[-1] == ' ')
        to--;
    *to = '\0';
}

/* Nothing is replaced: what reads it says what it does not take. */
static char *trimmed(const char *cell)
{
    size_t n;

    cell += strspn(cell, " \t");
    n = strlen(cell);
    while (n && (cell[n - 1] == ' ' || cell[n - 1] == '\t'))
        n--;
    return xstrndup(cell, n);
}

char *import_clean(enum cell_kind kind, const char *cell, size_t *ret_replaced)
{
    char *clean, *line;

    *ret_replaced = 0;
    if (kind == CELL_EXACT)
        return trimmed(cell);
    clean = text_clean(cell, strlen(cell), ret_replaced);
    if (kind == CELL_LINES)
        return clean;
    line = text_one_line(clean);
    *ret_replaced += count_replaced(line) - count_replaced(clean);
    squeeze(line);
    free(clean);
    return line;
}

/* ---- numbers and words ---- */

static int read_ref(struct import_row *row, const char *text, struct text *note, struct err *e)
{
    (void)row;
    (void)note;
    if (!*text)
        return err_set(e, ERR_USAGE, "the ref is missing");
    if (strlen(text) > ACTION_REF_MAX)
        return err_set(e, ERR_USAGE, "a ref has at most %d bytes", ACTION_REF_MAX);
    return 0;
}

/* "3", or a word and a number: "Priority 3", "P3". */
static int read_priority(struct import_row *row, const char *text, struct text *note, struct err *e)
{
    size_t before = strcspn(text, "0123456789"), digits = strspn(text + before, "0123456789");
    bool lettered = before && (isalpha((unsigned char)text[before - 1]) || text[before - 1] == ' ');
    long n = digits && digits < 9 ? strtol(text + before, NULL, 10) : 0;

    if (!*text)
        return 0;
    if (text[before + digits] || (before && !lettered) || n < 1 || n > PRIORITY_MAX)
        return err_set(e, ERR_USAGE, "\"%.*s\" is no whole number from 1 to %d", import_cut(text),
                       text, PRIORITY_MAX);
    if (before)
        text_addf(note, "\"%.*s\" is read as %ld, and what is like it below", import_cut(text),
                  text, n);
    row->priority = (int)n;
    return 0;
}

static int read_status(struct import_row *row, const char *text, struct text *note, struct err *e)
{
    struct text names = TEXT_INIT;

    (void)note;
    row->status = *text ? status_parse(text) : -1;
    if (!*text || row->status >= 0)
        return 0;
    for (int i = 0; i < STATUS_COUNT; i++)
        text_addf(&names, "%s%s", i ? ", " : "", status_name((enum status)i));
    err_set(e, ERR_USAGE, "\"%.*s\" is no status; there are %s", import_cut(text), text, names.s);
    text_free(&names);
    return -1;
}

/* An address with, perhaps, the name before it. */
static int read_email(struct import_row *row, const char *text, struct text *note, struct err *e)
{
    char *name, *address;

    (void)note;
    if (!*text)
        return 0;
    if (mail_address(text, &name, &address, e) < 0)
        return -1;
    free(row->text[FIELD_OWNER_EMAIL]);
    free(row->email_name);
    row->text[FIELD_OWNER_EMAIL] = address;
    row->email_name = name;
    return 0;
}

/* As SQLite sorts them in a plan: by length, then by bytes. */
static int order_refs(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    size_t nx = utf8_count(x), ny = utf8_count(y);

    return nx != ny ? (nx > ny) - (nx < ny) : strcmp(x, y);
}

static void join_refs(char **refs, size_t count, char **ret)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    qsort(refs, count, sizeof *refs, order_refs);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(refs[i - 1], refs[i]) != 0)
            text_addf(&t, "%s%s", i ? ", " : "", refs[i]);
    free(*ret);
    *ret = text_take(&t);
}

/* "7; 3,7" gives "3, 7". */
static int read_recommendation(struct import_row *row, const char *text, struct text *note,
                               struct err *e)
{
    char *refs[RECOMMENDATIONS_MAX] = {NULL}, *own = xstrdup(text);
    size_t count = 0;
    int rc = 0;

    (void)note;
    for (char *p = own, *next = own; next && rc == 0; p = next) {
        next = p + strcspn(p, ";,");
        next = *next ? (*next = '\0', next + 1) : NULL;
        squeeze(p);
        if (!*p)
            continue;
        if (count == RECOMMENDATIONS_MAX || strlen(p) > ACTION_REF_MAX)
            rc = err_set(e, ERR_USAGE, "at most %d recommendations of at most %d bytes each",
                         RECOMMENDATIONS_MAX, ACTION_REF_MAX);
        else
            refs[count++] = p;
    }
    if (rc == 0)
        join_refs(refs, count, &row->text[FIELD_RECOMMENDATION]);
    free(own);
    return rc;
}

/* ---- dates ---- */

static int read_due(struct import_row *row, const char *text, struct text *note, struct err *e)
{
    (void)note;
    return when_due(text, &row->due_on, &row->due_precision, e);
}

static day_t first_of(day_t last, enum due_precision precision)
{
    int year, month, day;

    day_to_ymd(last, &year, &month, &day);
    if (precision == DUE_DAY)
        return last;
    return day_from_ymd(year,
                        precision == DUE_YEAR      ? 1
                        : precision == DUE_QUARTER ? month - 2
                                                   : month,
                        1);
}

/* A date that must be a day: a longer period is told with the day it is taken for. */
static int read_day(const char *text, bool first, day_t *ret, struct text *note, struct err *e)
{
    enum due_precision precision;
    char day[DAY_TEXT];

    if (when_due(text, ret, &precision, e) < 0)
        return -1;
    if (!day_is(*ret)) {
        if (*text)
            text_addf(note, "\"%.*s\" is no date and is not kept", import_cut(text), text);
        return 0;
    }
    *ret = first ? first_of(*ret, precision) : *ret;
    if (precision != DUE_DAY)
        text_addf(note, "\"%.*s\" is read as %s", import_cut(text), text, day_short(*ret, day));
    return 0;
}

static int read_start(struct import_row *row, const char *text, struct text *note, struct err *e)
{
    return read_day(text, true, &row->start_on, note, e);
}

static int read_completed(struct import_row *row, const char *text, struct text *note,
                          struct err *e)
{
    return read_day(text, false, &row->completed_on, note, e);
}

const struct import_field import_fields[FIELD_COUNT] = {
    [FIELD_REF] = {"ref", CELL_LINE, 64, read_ref},
    [FIELD_PART] = {"part", CELL_LINE, 20, NULL},
    [FIELD_PRIORITY] = {"priority", CELL_LINE, 100, read_priority},
    [FIELD_PRIORITY_TITLE] = {"priority_title", CELL_LINE, IMPORT_TITLE_MAX, NULL},
    [FIELD_RECOMMENDATION] = {"recommendation", CELL_LINE, TEXT_MAX, read_recommendation},
    [FIELD_ACTION] = {"action", CELL_LINES, TEXT_MAX, NULL},
    [FIELD_SUCCESS_MEASURE] = {"success_measure", CELL_LINES, TEXT_MAX, NULL},
    [FIELD_OWNER] = {"owner", CELL_LINE, 200, NULL},
    [FIELD_OWNER_EMAIL] = {"owner_email", CELL_EXACT, 400, read_email},
    [FIELD_ACCOUNTABLE] = {"accountable", CELL_LINE, 200, NULL},
    [FIELD_START] = {"start", CELL_LINE, 200, read_start},
    [FIELD_DUE] = {"due", CELL_LINE, 200, read_due},
    [FIELD_RATING] = {"rating", CELL_LINE, 200, NULL},
    [FIELD_STATUS] = {"status", CELL_LINE, 200, read_status},
    [FIELD_COMPLETED] = {"completed", CELL_LINE, 200, read_completed},
    [FIELD_PROGRESS] = {"progress", CELL_LINES, TEXT_MAX, NULL},
};
