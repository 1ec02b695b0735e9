/* What the tests of the import share: a database of its own, and one call that imports a text. */
#ifndef CSID_TESTS_ENGINE_IMPORT_H
#define CSID_TESTS_ENGINE_IMPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/import.h"
#include "store/journal.h"
#include "store/sql.h"

#define OK(call)                               \
    do {                                       \
        if ((call) != 0)                       \
            fail_msg("%s: %s", #call, e.text); \
    } while (0)

struct fixture {
    char dir[32], path[64];
    struct store *s;
    struct import_result result; /* of the last import */
};

static struct err e;

static inline int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    snprintf(f->dir, sizeof f->dir, "/tmp/csid-import-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/csid.db", f->dir);
    OK(store_open(f->path, &f->s, &e));
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    char *command[] = {(char[]){"rm"}, (char[]){"-rf"}, f->dir, NULL};
    int64_t rows, broken;

    import_result_clear(&f->result);
    OK(journal_verify(f->s, &rows, &broken, &e));
    assert_int_equal(broken, 0);
    store_close(f->s);
    if (fork() == 0)
        execvp("rm", command);
    free(f);
    return 0;
}

static inline day_t day(const char *iso)
{
    day_t d;

    assert_int_equal(day_parse_iso(iso, &d), 0);
    return d;
}

static inline struct import_options options(const char *plan, const char *as_at)
{
    return (struct import_options){.plan = plan, .as_at = day(as_at)};
}

/* The result is the fixture's; err in e. */
static inline int import_bytes(struct fixture *f, const struct import_options *o, const void *bytes,
                               size_t len)
{
    struct when when = {day("2017-09-01"), NULL};
    int rc;

    import_result_clear(&f->result);
    OK(store_begin(f->s, "test", (utc_t){1504254600}, &e));
    rc = import_run(f->s, o, bytes, len, &when, &f->result, &e);
    if (rc == 0)
        OK(store_end(f->s, 0, &e));
    else
        store_undo(f->s);
    return rc;
}

static inline int import_text(struct fixture *f, const struct import_options *o, const char *csv)
{
    return import_bytes(f, o, csv, strlen(csv));
}

static inline char *read_all(const char *path, size_t *ret_len)
{
    struct text t = TEXT_INIT;
    char buffer[4096];
    size_t n;
    FILE *in = fopen(path, "rb");

    if (!in)
        fail_msg("%s cannot be read", path);
    while ((n = fread(buffer, 1, sizeof buffer, in)) > 0)
        text_add_bytes(&t, buffer, n);
    fclose(in);
    *ret_len = t.len;
    return text_take(&t);
}

/* Rows of any kind written so far: an import that changes nothing adds none. */
static inline int written(const struct fixture *f)
{
    return sqlite3_total_changes(sql_handle(f->s));
}

/* One text out of the database; "-" for no row, "NULL" for NULL. Caller frees. */
static inline char *ask(const struct fixture *f, const char *sql)
{
    sqlite3_stmt *stmt;
    char *answer = NULL;

    if (sqlite3_prepare_v2(sql_handle(f->s), sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(sql_handle(f->s)));
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);

        answer = xstrdup(text ? text : "NULL");
    }
    sqlite3_finalize(stmt);
    return answer ? answer : xstrdup("-");
}

static inline void expect(const struct fixture *f, const char *sql, const char *answer)
{
    char *got = ask(f, sql);

    if (strcmp(got, answer) != 0)
        fail_msg("%s\n  gives %s\n  not   %s", sql, got, answer);
    free(got);
}

/* "LINE COLUMN: REASON\n" of each; caller frees. */
static inline char *told(const struct import_fault *list, size_t count)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < count; i++)
        text_addf(&t, "%d %s: %s\n", list[i].line, list[i].column, list[i].reason);
    return text_take(&t);
}

/* Imports what must go in without a word. */
static inline void import_clean_file(struct fixture *f, const struct import_options *o,
                                     const char *csv)
{
    if (import_text(f, o, csv) != 0) {
        char *faults = told(f->result.faults, f->result.fault_count);

        fail_msg("%s\n%s", e.text, faults);
    }
    if (f->result.note_count) {
        char *notes = told(f->result.notes, f->result.note_count);

        fail_msg("notes:\n%s", notes);
    }
}

static inline void expect_counts(const struct fixture *f, int added, int changed, int unchanged,
                                 int missing)
{
    const struct import_result *r = &f->result;

    if (r->added != added || r->changed != changed || r->unchanged != unchanged ||
        r->missing != missing)
        fail_msg("added %d, changed %d, unchanged %d, missing %d", (int)r->added, (int)r->changed,
                 (int)r->unchanged, (int)r->missing);
    assert_int_equal(r->change_count, r->added + r->changed);
}

static inline void expect_change(const struct fixture *f, size_t i, const char *ref,
                                 const char *what)
{
    assert_in_range(i + 1, 1, f->result.change_count);
    assert_string_equal(f->result.changes[i].ref, ref);
    assert_string_equal(f->result.changes[i].what, what);
}

#endif
