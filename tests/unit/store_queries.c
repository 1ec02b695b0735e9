/* Every statement of store/ is prepared against the schema, and none reads a whole table unless it
 * says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/sql.h"

#define QUERIES(table) extern const struct query_table table;
#include "store/queries.def"
#undef QUERIES

static const struct {
    const char *name;
    const struct query_table *table;
} tables[] = {
#define QUERIES(table) {#table, &table},
#include "store/queries.def"
#undef QUERIES
};

static struct err e;

static int setup(void **state)
{
    struct store *s;
    char path[] = "/tmp/csid-queries-XXXXXX";

    assert_true(close(mkstemp(path)) == 0);
    if (store_open(path, &s, &e) < 0)
        fail_msg("%s", e.text);
    unlink(path); /* SQLite goes on with what is open; nothing is written here */
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    char *path = xstrdup(store_path(*state)), *wal = xasprintf("%s-wal", path);
    char *shm = xasprintf("%s-shm", path);

    store_close(*state);
    unlink(path);
    unlink(wal);
    unlink(shm);
    free(path);
    free(wal);
    free(shm);
    return 0;
}

/* A constant row and a subquery already found are no tables. */
static bool reads_all(const char *step)
{
    return strncmp(step, "SCAN ", 5) == 0 && step[5] != '(' &&
           strncmp(step, "SCAN CONSTANT ROW", 17) != 0;
}

/* Whether the plan of `q` scans; the last scanning step goes to `ret`. */
static bool scans(sqlite3 *db, const struct query *q, char *ret, size_t size)
{
    char *explain = xasprintf("EXPLAIN QUERY PLAN %s", q->text);
    sqlite3_stmt *stmt;
    bool found = false;

    assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(stmt, 3);

        if (reads_all(step)) {
            found = true;
            snprintf(ret, size, "%s", step);
        }
    }
    sqlite3_finalize(stmt);
    free(explain);
    return found;
}

static int check(sqlite3 *db, const char *name, const struct query *q)
{
    char step[200] = "";
    sqlite3_stmt *stmt;
    bool found;

    if (sqlite3_prepare_v2(db, q->text, -1, &stmt, NULL) != SQLITE_OK) {
        print_error("%s: %s\n  %s\n", name, q->text, sqlite3_errmsg(db));
        return 1;
    }
    sqlite3_finalize(stmt);
    found = scans(db, q, step, sizeof step);
    if (found == q->scans)
        return 0;
    print_error("%s: %s\n  %s\n", name, q->text,
                found ? step : "is marked as scanning, and does not");
    return 1;
}

static void test_every_statement(void **state)
{
    sqlite3 *db = sql_handle(*state);
    int faults = 0, count = 0;

    for (size_t i = 0; i < COUNT(tables); i++)
        for (int j = 0; j < tables[i].table->count; j++, count++)
            faults += check(db, tables[i].name, &tables[i].table->queries[j]);
    assert_true(count > 100);
    assert_int_equal(faults, 0);
}

/* The check itself must be able to fail. */
static void test_finds_a_scan(void **state)
{
    static const struct query hidden = {"SELECT id FROM action WHERE title = ?", false};
    static const struct query wrong = {"SELECT no_such_column FROM action", false};
    char step[200];

    assert_true(scans(sql_handle(*state), &hidden, step, sizeof step));
    assert_int_equal(check(sql_handle(*state), "on purpose", &wrong), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_statement),
        cmocka_unit_test(test_finds_a_scan),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
