/*
 * csv: a table out of a CSV file (RFC 4180), read strictly: what is broken is refused with its
 * place, never repaired. Knows rows and cells, nothing of plans. Refuses what is no text, no UTF-8,
 * or too large.
 */
#ifndef CSID_SHEET_CSV_H
#define CSID_SHEET_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SHEET_BYTES_MAX      (64u << 20)
#define SHEET_CELL_BYTES_MAX (64u << 10)
#define SHEET_COLUMNS_MAX    200
#define SHEET_ROWS_MAX       200000
#define SHEET_CELLS_MAX      5000000

struct sheet_row {
    int line;     /* on which it begins, from 1; newlines within cells count */
    size_t count; /* empty cells at the end are left out */
    bool cut;     /* the file ends within it: no line end, and fewer cells than the row before */
    char **cells; /* UTF-8 without NUL, as written; one allocation with the pointers */
};

struct sheet {
    struct sheet_row *rows; /* wholly blank ones are left out */
    size_t count;
};

/* Reads comma-separated UTF-8 with or without byte order mark, lines ending in CRLF, LF or CR.
 * ERR_REFUSED with line and column ("line 5, column 3 (C): …"); an empty file is refused too. */
int sheet_read_csv(const void *bytes, size_t len, struct sheet *ret, struct err *e);
void sheet_clear(struct sheet *s);

/* The letter a spreadsheet shows above a column counted from 0: A … Z, AA … */
#define SHEET_LETTERS 8
const char *sheet_letters(size_t column, char ret[SHEET_LETTERS]);

#endif
