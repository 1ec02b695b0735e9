/* A copy of the database in memory: what is done to it stays there, and whatever the original is
 * about can be copied. */
#include "store_scratch.h"

#include "store/person.h"
#include "store/sql.h"

static utc_t now(void)
{
    return (utc_t){(int64_t)day("2017-09-01").n * 24 * 60 * 60};
}

static int64_t people(struct store *of)
{
    sqlite3_stmt *stmt;
    int64_t n;

    assert_int_equal(
        sqlite3_prepare_v2(sql_handle(of), "SELECT count(*) FROM person", -1, &stmt, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return n;
}

static void add(struct store *to, const char *name, const char *email)
{
    int64_t id;

    OK(store_begin(to, "test", now(), &e));
    OK(store_end(to, person_add(to, name, email, &id, &e), &e));
}

static void test_it_is_another(void **state)
{
    struct store *copy, *again;

    (void)state;
    add(s, "Ann", "ann@x.example");
    OK(store_copy(s, &copy, &e));
    add(copy, "Bob", "bob@x.example");
    add(s, "Cy", "cy@x.example");
    add(s, "Di", "di@x.example");
    assert_int_equal(people(copy), 2);
    assert_int_equal(people(s), 3);
    OK(store_copy(copy, &again, &e));
    add(again, "Eve", "eve@x.example");
    assert_int_equal(people(again), 3);
    assert_int_equal(people(copy), 2);
    store_close(again);
    store_close(copy);
}

/* A transaction that fails is taken back on a copy too. */
static void test_it_rolls_back(void **state)
{
    struct store *copy;
    int64_t id;

    (void)state;
    add(s, "Ann", "ann@x.example");
    OK(store_copy(s, &copy, &e));
    OK(store_begin(copy, "test", now(), &e));
    OK(person_add(copy, "Bob", "bob@x.example", &id, &e));
    store_undo(copy);
    assert_int_equal(people(copy), 1);
    OK(store_begin(copy, "test", now(), &e));
    assert_int_equal(person_add(copy, "Ann again", "ann@x.example", &id, &e), -1);
    store_undo(copy);
    store_close(copy);
}

/* What its own connection has not committed is not copied; what it reads is. */
static void test_while_something_is_under_way(void **state)
{
    struct store *copy;
    int64_t id;

    (void)state;
    add(s, "Ann", "ann@x.example");
    OK(store_begin(s, "test", now(), &e));
    OK(person_add(s, "Bob", "bob@x.example", &id, &e));
    OK(store_copy(s, &copy, &e));
    assert_int_equal(people(copy), 1);
    store_close(copy);
    OK(store_end(s, 0, &e));
    OK(store_read_begin(s, &e));
    OK(store_copy(s, &copy, &e));
    store_read_end(s);
    assert_int_equal(people(copy), 2);
    store_close(copy);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_it_is_another, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_rolls_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_while_something_is_under_way, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
