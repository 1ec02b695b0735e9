/* libFuzzer over a whole import: nothing crashes; what is refused wrote nothing; what went in,
 * imported again, changes nothing. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "engine/import.h"
#include "store/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(int promise, const struct err *e)
{
    if (!promise) {
        fprintf(stderr, "last error: %s\n", e->text);
        abort();
    }
}

static struct store *open_store(void)
{
    char path[64];
    struct store *s;
    struct err e;

    snprintf(path, sizeof path, "/dev/shm/csid-fuzz-%d.db", (int)getpid());
    hold(store_open(path, &s, &e) == 0, &e);
    unlink(path);
    return s;
}

static void hold_told(const struct import_fault *list, size_t count, const struct err *e)
{
    for (size_t i = 0; i < count; i++)
        hold(list[i].line > 0 && utf8_valid(list[i].column, strlen(list[i].column)) &&
                 *list[i].reason && utf8_valid(list[i].reason, strlen(list[i].reason)),
             e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct store *s;
    struct import_options o = {.plan = "p", .as_at = {17400}, .skip_bad = size & 1};
    struct when when = {{17410}, NULL};
    struct import_result r;
    struct err e = {0};
    int before, rc;

    s = s ? s : open_store();
    hold(store_begin(s, "fuzz", (utc_t){1504254600}, &e) == 0, &e);
    before = sqlite3_total_changes(sql_handle(s));
    rc = import_run(s, &o, data, size, &when, &r, &e);
    hold_told(r.faults, r.fault_count, &e);
    hold_told(r.notes, r.note_count, &e);
    import_result_clear(&r);
    if (rc != 0) {
        hold(e.code == ERR_REFUSED && utf8_valid(e.text, strlen(e.text)), &e);
        hold(sqlite3_total_changes(sql_handle(s)) == before, &e);
    } else {
        before = sqlite3_total_changes(sql_handle(s));
        hold(import_run(s, &o, data, size, &when, &r, &e) == 0, &e);
        hold(r.added == 0 && r.changed == 0 && sqlite3_total_changes(sql_handle(s)) == before, &e);
        import_result_clear(&r);
    }
    store_undo(s);
    return 0;
}
