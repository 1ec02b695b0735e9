/* libFuzzer over the reading of CSV: nothing crashes, and what is read holds what sheet/csv.h
 * promises. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sheet/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int promise)
{
    if (!promise)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sheet s;
    struct err e = {0};
    int line = 0;

    if (sheet_read_csv(data, size, &s, &e) != 0) {
        hold(e.code == ERR_REFUSED && *e.text && utf8_valid(e.text, strlen(e.text)));
        return 0;
    }
    hold(s.count > 0);
    for (size_t i = 0; i < s.count; i++) {
        const struct sheet_row *row = &s.rows[i];

        hold(row->line > line && row->count > 0 && row->count <= SHEET_COLUMNS_MAX);
        hold(*row->cells[row->count - 1] != '\0');
        line = row->line;
        for (size_t j = 0; j < row->count; j++)
            hold(utf8_valid(row->cells[j], strlen(row->cells[j])));
    }
    sheet_clear(&s);
    return 0;
}
