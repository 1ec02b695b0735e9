#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/import_impl.h"

/* Title lines may stand above the headings. */
#define HEADING_ROWS 20

struct column {
    enum field field; /* FIELD_NONE: not one of csid's */
    char *heading;    /* one line; a blank one is named by its letter */
    size_t unkept;    /* cells with content, where it has no field */
};

struct map {
    char *column; /* folded */
    enum field field;
    bool used;
};

struct table {
    struct import *im;
    const struct sheet_row *head;
    struct column *columns; /* head->count of them */
    struct map *maps;
    size_t map_count;
};

/* ---- headings ---- */

/* As headings are compared: lower case, any run of blanks, underscores and hyphens one '_'. */
static char *fold(const char *heading)
{
    size_t replaced;
    char *s = import_clean(CELL_LINE, heading, &replaced), *to = s;

    for (const char *p = s; *p; p++) {
        if (!strchr(" _-", *p))
            *to++ = (char)tolower((unsigned char)*p);
        else if (to > s && to[-1] != '_')
            *to++ = '_';
    }
    if (to > s && to[-1] == '_')
        to--;
    *to = '\0';
    return s;
}

static enum field find_field(const char *folded)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (strcmp(import_fields[i].name, folded) == 0)
            return (enum field)i;
    return FIELD_NONE;
}

static char *field_names(void)
{
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < FIELD_COUNT; i++)
        text_addf(&t, "%s%s", i ? ", " : "", import_fields[i].name);
    return text_take(&t);
}

static int refuse_map(const char *map, struct err *e)
{
    char *names = field_names();
    int rc = err_set(e, ERR_USAGE, "map: \"%.*s\" is not COLUMN=FIELD with a field out of %s",
                     import_cut(map), map, names);

    free(names);
    return rc;
}

static int read_maps(struct table *t, struct err *e)
{
    const struct import_options *o = t->im->options;

    t->maps = xcalloc(o->map_count, sizeof *t->maps);
    for (size_t i = 0; i < o->map_count; i++) {
        const char *map = o->maps[i], *equals = strrchr(map, '=');
        char *field = fold(equals ? equals + 1 : ""), *column;

        t->maps[i].field = find_field(field);
        free(field);
        if (!equals || t->maps[i].field == FIELD_NONE)
            return refuse_map(map, e);
        column = xstrndup(map, (size_t)(equals - map));
        t->maps[t->map_count++].column = fold(column);
        free(column);
    }
    return 0;
}

/* A map goes before a heading's own name. */
static enum field field_of(const struct table *t, const char *heading)
{
    char *folded = fold(heading);
    enum field f = find_field(folded);
    bool taken = false;

    for (size_t i = 0; i < t->map_count; i++) {
        if (strcmp(t->maps[i].column, folded) == 0) {
            f = t->maps[i].field;
            t->maps[i].used = true;
            taken = false;
            break;
        }
        taken = taken || t->maps[i].field == f;
    }
    free(folded);
    return taken ? FIELD_NONE : f;
}

static bool is_head(const struct table *t, const struct sheet_row *row)
{
    bool ref = false, action = false;

    for (size_t i = 0; i < row->count; i++) {
        enum field f = field_of(t, row->cells[i]);

        ref = ref || f == FIELD_REF;
        action = action || f == FIELD_ACTION;
    }
    for (size_t i = 0; i < t->map_count && !(ref && action); i++)
        t->maps[i].used = false;
    return ref && action;
}

static int no_head(const struct sheet_row *row, struct err *e)
{
    struct text found = TEXT_INIT;
    const char *more = "name it with --map COLUMN=FIELD";
    int rc;

    text_clear(&found);
    for (size_t i = 0; i < row->count && found.len < 300; i++) {
        char *heading = text_one_line(row->cells[i]);

        text_addf(&found, "%s\"%.*s\"", i ? ", " : "", import_cut(heading), heading);
        free(heading);
    }
    if (row->count == 1 && strpbrk(row->cells[0], ";\t"))
        more = "the columns of this file are not separated by commas: save it as CSV UTF-8 (comma "
               "delimited)";
    rc = err_set(e, ERR_REFUSED,
                 "no row of headings with ref and action among the first %d; line %d holds %s: %s",
                 HEADING_ROWS, row->line, found.s, more);
    text_free(&found);
    return rc;
}

/* As messages name the column: short, and by its letter where the heading is blank. */
static char *name_column(const char *heading, size_t i)
{
    char letters[SHEET_LETTERS], *name;
    size_t replaced;
    char *clean = import_clean(CELL_LINE, heading, &replaced);

    if (*clean)
        name = xstrndup(clean, (size_t)import_cut(clean));
    else
        name = xasprintf("column %s", sheet_letters(i, letters));
    free(clean);
    return name;
}

static int use_column(struct table *t, size_t i, struct err *e)
{
    struct column *c = &t->columns[i];
    char **taken;

    c->field = field_of(t, t->head->cells[i]);
    c->heading = name_column(t->head->cells[i], i);
    if (c->field == FIELD_NONE)
        return 0;
    taken = &t->im->headings[c->field];
    if (*taken)
        return err_set(e, ERR_REFUSED, "line %d: two columns, \"%s\" and \"%s\", are %s",
                       t->head->line, *taken, c->heading, import_fields[c->field].name);
    *taken = xstrdup(c->heading);
    return 0;
}

/* *ret_next is the row after the headings. */
static int read_head(struct table *t, const struct sheet *sheet, size_t *ret_next, struct err *e)
{
    size_t at = 0;

    while (at < sheet->count && at < HEADING_ROWS && !is_head(t, &sheet->rows[at]))
        at++;
    if (at == sheet->count || at == HEADING_ROWS)
        return no_head(&sheet->rows[0], e);
    t->head = &sheet->rows[at];
    t->columns = xcalloc(t->head->count, sizeof *t->columns);
    for (size_t i = 0; i < t->head->count; i++)
        if (use_column(t, i, e) < 0)
            return -1;
    for (size_t i = 0; i < t->map_count; i++)
        if (!t->maps[i].used)
            return err_set(e, ERR_USAGE, "map: there is no column \"%.*s\"",
                           import_cut(t->im->options->maps[i]), t->im->options->maps[i]);
    if (at + 1 == sheet->count)
        return err_set(e, ERR_REFUSED, "no row stands below the headings on line %d",
                       t->head->line);
    if (at)
        import_note(t->im, sheet->rows[0].line, "", "what stands above the headings is not kept");
    *ret_next = at + 1;
    return 0;
}

/* ---- rows ---- */

static void read_cell(struct import *im, struct import_row *row, enum field f, const char *cell)
{
    const struct import_field *field = &import_fields[f];
    struct text note = TEXT_INIT;
    size_t replaced, length;
    struct err e;

    row->text[f] = import_clean(field->kind, cell, &replaced);
    length = utf8_count(row->text[f]);
    if (length > field->max) {
        import_fault(im, row, f, "%zu characters; at most %zu are kept", length, field->max);
    } else if (field->read && field->read(row, row->text[f], &note, &e) < 0) {
        import_fault(im, row, f, "%s", e.text);
    } else {
        /* each row would say the same again */
        if (note.len && !(f == FIELD_PRIORITY && im->priority_read))
            import_note(im, row->line, import_heading(im, f), "%s", note.s);
        im->priority_read = im->priority_read || (f == FIELD_PRIORITY && note.len);
        if (replaced)
            import_note(im, row->line, import_heading(im, f),
                        "%zu control characters became U+FFFD", replaced);
        text_free(&note);
        return;
    }
    free(row->text[f]);
    row->text[f] = NULL;
    text_free(&note);
}

static void read_row(struct table *t, const struct sheet_row *from, struct import_row *row)
{
    *row = (struct import_row){.line = from->line,
                               .rating = -1,
                               .status = -1,
                               .due_precision = DUE_NONE,
                               .start_on = DAY_NONE,
                               .due_on = DAY_NONE,
                               .completed_on = DAY_NONE};
    for (size_t i = 0; i < t->head->count; i++) {
        struct column *c = &t->columns[i];
        const char *cell = i < from->count ? from->cells[i] : "";

        if (c->field == FIELD_NONE)
            c->unkept += *cell != '\0';
        else
            read_cell(t->im, row, c->field, cell);
    }
    if (from->cut)
        import_fault(t->im, row, FIELD_NONE,
                     "the file ends within this row, which has fewer cells than the one before and "
                     "no line end: export the sheet again");
    if (from->count > t->head->count) {
        char *extra = text_one_line(from->cells[from->count - 1]);

        import_fault(t->im, row, FIELD_NONE,
                     "%zu cells, but there are %zu headings; the last holds \"%.*s\"", from->count,
                     t->head->count, import_cut(extra), extra);
        free(extra);
    }
}

static void tell_unkept(const struct table *t)
{
    for (size_t i = 0; i < t->head->count; i++) {
        const struct column *c = &t->columns[i];

        if (c->field == FIELD_NONE && (c->unkept || *t->head->cells[i]))
            import_note(t->im, t->head->line, c->heading,
                        "not a column csid knows: its %zu filled cells are not kept (--map "
                        "\"%s\"=FIELD if it is one)",
                        c->unkept, c->heading);
    }
}

static void table_free(struct table *t)
{
    for (size_t i = 0; t->columns && i < t->head->count; i++)
        free(t->columns[i].heading);
    for (size_t i = 0; i < t->map_count; i++)
        free(t->maps[i].column);
    free(t->columns);
    free(t->maps);
}

int import_read(struct import *im, const struct sheet *sheet, struct err *e)
{
    struct table t = {.im = im};
    size_t next = 0;
    int rc = read_maps(&t, e);

    if (rc == 0)
        rc = read_head(&t, sheet, &next, e);
    if (rc == 0) {
        im->rows = xcalloc(sheet->count - next, sizeof *im->rows);
        for (size_t i = next; i < sheet->count; i++)
            read_row(&t, &sheet->rows[i], &im->rows[im->row_count++]);
        im->result->rows = (int64_t)im->row_count;
        tell_unkept(&t);
    }
    table_free(&t);
    return rc;
}

void import_rows_free(struct import_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t f = 0; f < FIELD_COUNT; f++)
            free(rows[i].text[f]);
        free(rows[i].email_name);
    }
    free(rows);
}
