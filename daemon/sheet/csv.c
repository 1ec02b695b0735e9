#include "sheet/csv.h"

#include <csv.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define PIECE   8192
#define SAVE_AS "save the sheet as \"CSV UTF-8 (comma delimited)\""

struct reader {
    struct csv_parser parser;
    struct sheet sheet;
    size_t cap, cells;       /* room for rows; cells of all rows */
    int line;                /* being fed */
    int row_line, cell_line; /* on which the row and the cell at hand began */
    bool in_row, failed;
    size_t column, kept; /* cells of the row so far; up to its last that is not empty */
    size_t width;        /* cells of the row before it */
    bool cut;            /* the row at hand has no line end, and fewer cells than that */
    size_t starts[SHEET_COLUMNS_MAX];
    struct text bytes; /* the row's cells, each with its NUL */
    struct err *e;
};

void sheet_clear(struct sheet *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->rows[i].cells);
    free(s->rows);
    *s = (struct sheet){0};
}

const char *sheet_letters(size_t column, char ret[SHEET_LETTERS])
{
    size_t at = SHEET_LETTERS - 1;

    ret[at] = '\0';
    for (size_t n = column + 1; n && at; n = (n - 1) / 26)
        ret[--at] = (char)('A' + (n - 1) % 26);
    memmove(ret, ret + at, SHEET_LETTERS - at);
    return ret;
}

/* Line ends among the bytes; CRLF is one. */
static int count_lines(const char *s, size_t n)
{
    int lines = 0;

    for (size_t i = 0; i < n; i++)
        lines += s[i] == '\n' || (s[i] == '\r' && (i + 1 == n || s[i + 1] != '\n'));
    return lines;
}

/* ---- what is no text ---- */

static const struct {
    const char *start, *what;
} foreign[] = {
    {"PK\x03\x04", "a workbook (.xlsx, .ods) or another zip file"},
    {"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"},
    {"\xff\xfe", "UTF-16"},
    {"\xfe\xff", "UTF-16"},
    {"%PDF", "a PDF"},
    {"\x1f\x8b", "compressed"},
};

static int check_text(const char *s, size_t len, struct err *e)
{
    const char *nul;

    if (len > SHEET_BYTES_MAX)
        return err_set(e, ERR_REFUSED, "the file has %zu bytes; at most %u MiB are read", len,
                       SHEET_BYTES_MAX >> 20);
    for (size_t i = 0; i < COUNT(foreign); i++) {
        size_t n = strlen(foreign[i].start);

        if (len >= n && memcmp(s, foreign[i].start, n) == 0)
            return err_set(e, ERR_REFUSED, "this is no CSV file but %s: " SAVE_AS, foreign[i].what);
    }
    nul = len ? memchr(s, 0, len) : NULL;
    if (nul)
        return err_set(e, ERR_REFUSED, "line %d: a NUL byte, so this is no text: " SAVE_AS,
                       1 + count_lines(s, (size_t)(nul - s)));
    return 0;
}

/* ---- cells and rows, as libcsv finds them ---- */

/* Sets the error with the place of the cell at hand; only the first counts. */
static void refuse(struct reader *r, int line, const char *why)
{
    char letters[SHEET_LETTERS];

    if (!r->failed)
        err_set(r->e, ERR_REFUSED, "line %d, column %zu (%s): %s", line, r->column + 1,
                sheet_letters(r->column, letters), why);
    r->failed = true;
}

static void refuse_table(struct reader *r, const char *what, unsigned max)
{
    if (!r->failed)
        err_set(r->e, ERR_REFUSED, "line %d: the sheet has more than %u %s", r->row_line, max,
                what);
    r->failed = true;
}

static void refuse_cell(struct reader *r)
{
    refuse(r, r->cell_line,
           "a cell of more than 64 KiB begins here; is a quotation mark left open?");
}

static bool is_blank(const char *s, size_t len)
{
    while (len && isspace((unsigned char)s[len - 1]))
        len--;
    return len == 0;
}

static void check_utf8(struct reader *r, const char *s, size_t len)
{
    size_t at = 0, n = 1;
    char why[160];

    while (at < len && (n = utf8_char(s + at, len - at, NULL)) > 0)
        at += n;
    if (at >= len)
        return;
    snprintf(why, sizeof why, "byte %zu of the cell, 0x%02X, is not UTF-8: " SAVE_AS, at + 1,
             (unsigned char)s[at]);
    refuse(r, r->cell_line + count_lines(s, at), why);
}

static void take_cell(void *bytes, size_t len, void *arg)
{
    struct reader *r = arg;
    const char *s = bytes;

    if (len > SHEET_CELL_BYTES_MAX)
        refuse_cell(r);
    else if (r->column >= SHEET_COLUMNS_MAX && !is_blank(s, len))
        refuse_table(r, "columns", SHEET_COLUMNS_MAX);
    else
        check_utf8(r, s, len);
    if (r->failed)
        return;
    if (r->column < SHEET_COLUMNS_MAX) {
        r->starts[r->column] = r->bytes.len;
        text_add_bytes(&r->bytes, s, len);
        text_add_bytes(&r->bytes, "", 1);
        if (!is_blank(s, len))
            r->kept = r->column + 1;
    }
    r->column++;
    r->cell_line = r->line;
}

static void add_row(struct reader *r)
{
    struct sheet *sheet = &r->sheet;
    size_t head = r->kept * sizeof(char *);
    char **cells;

    r->cells += r->kept;
    if (sheet->count >= SHEET_ROWS_MAX)
        refuse_table(r, "rows", SHEET_ROWS_MAX);
    else if (r->cells > SHEET_CELLS_MAX)
        refuse_table(r, "cells", SHEET_CELLS_MAX);
    if (r->failed)
        return;
    cells = xmalloc(head + r->bytes.len);
    memcpy((char *)cells + head, r->bytes.s, r->bytes.len);
    for (size_t i = 0; i < r->kept; i++)
        cells[i] = (char *)cells + head + r->starts[i];
    sheet->rows = xgrow(sheet->rows, sheet->count, &r->cap, sizeof *sheet->rows);
    sheet->rows[sheet->count++] = (struct sheet_row){r->row_line, r->kept, r->cut, cells};
}

/* Called for blank lines too, and twice for CRLF: then there are no cells. */
static void end_row(int terminator, void *arg)
{
    struct reader *r = arg;

    r->cut = terminator == -1 && r->column < r->width; /* -1: libcsv met the end of the file */
    if (r->kept && !r->failed)
        add_row(r);
    text_clear(&r->bytes);
    r->width = r->column;
    r->column = r->kept = 0;
    r->in_row = false;
}

/* ---- feeding ---- */

static size_t line_length(const char *s, size_t len)
{
    size_t n = 0;

    while (n < len && s[n] != '\n' && s[n] != '\r')
        n++;
    if (n + 1 < len && s[n] == '\r' && s[n + 1] == '\n')
        n++;
    return n < len ? n + 1 : len;
}

static void refuse_parse(struct reader *r)
{
    refuse(r, r->line,
           csv_error(&r->parser) == CSV_EPARSE
               ? "a quotation mark where none may stand: a cell that holds one is put in quotation "
                 "marks as a whole and has each of its own doubled (\"say \"\"yes\"\" to it\")"
               : csv_strerror(csv_error(&r->parser)));
}

/* In pieces, so that a cell without end is refused before all of it is held. */
static void feed_line(struct reader *r, const char *s, size_t len)
{
    while (len && !r->failed) {
        size_t n = len < PIECE ? len : PIECE;

        if (csv_parse(&r->parser, s, n, take_cell, end_row, r) != n)
            refuse_parse(r);
        else if (csv_get_buffer_size(&r->parser) > SHEET_CELL_BYTES_MAX + PIECE)
            refuse_cell(r);
        s += n;
        len -= n;
    }
}

/* One line at a time: libcsv counts none and does not say where a cell stood. */
static void feed(struct reader *r, const char *s, size_t len)
{
    while (len && !r->failed) {
        size_t n = line_length(s, len);

        r->line++;
        if (!r->in_row)
            r->row_line = r->cell_line = r->line;
        r->in_row = true;
        feed_line(r, s, n);
        s += n;
        len -= n;
    }
    if (!r->failed && csv_fini(&r->parser, take_cell, end_row, r) != 0)
        refuse(r, r->cell_line, "the quotation mark that opens this cell is never closed");
    if (!r->failed && r->sheet.count == 0)
        r->failed = err_set(r->e, ERR_REFUSED, "the file is empty") < 0;
}

static void *grow(void *p, size_t size)
{
    return xreallocarray(p, size, 1);
}

int sheet_read_csv(const void *bytes, size_t len, struct sheet *ret, struct err *e)
{
    struct reader r = {.bytes = TEXT_INIT, .e = e};
    const char *s = bytes ? bytes : "";
    size_t mark = len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    if (check_text(s, len, e) < 0)
        return -1;
    if (csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0)
        return err_set(e, ERR_FAILED, "the CSV reader cannot start");
    csv_set_realloc_func(&r.parser, grow);
    csv_set_blk_size(&r.parser, 4096);
    text_clear(&r.bytes);
    feed(&r, s + mark, len - mark);
    csv_free(&r.parser);
    text_free(&r.bytes);
    if (r.failed) {
        sheet_clear(&r.sheet);
        return -1;
    }
    *ret = r.sheet;
    return 0;
}
