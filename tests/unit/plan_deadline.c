/* Deadlines: what is owed on which day, and the dates of a series. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/deadline.h"

static struct err e;

static day_t day(const char *iso)
{
    day_t d = DAY_NONE;

    if (iso && day_parse_iso(iso, &d) < 0)
        fail_msg("no date: %s", iso);
    return d;
}

static void test_state(void **state)
{
    static const struct {
        const char *submitted, *ended, *today, *want;
    } table[] = {
        {NULL, NULL, "2017-09-30", "open"},
        {NULL, NULL, "2017-10-01", "open"}, /* its own day is not past */
        {NULL, NULL, "2017-10-02", "overdue"},
        {"2017-10-05", NULL, "2017-10-02", "submitted"},
        {"2017-09-05", "2017-09-01", "2017-10-02", "submitted"},
        {NULL, "2017-10-01", "2017-09-01", "ended"}, /* never owed: it ends by its date */
        {NULL, "2017-10-02", "2017-10-01", "open"},
        {NULL, "2017-10-02", "2017-10-02", "ended"},
        {NULL, "2018-01-01", "2017-12-31", "overdue"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct deadline d = deadline_new();

        d.due_on = day("2017-10-01");
        d.submitted_on = day(table[i].submitted);
        d.ended_on = day(table[i].ended);
        assert_string_equal(deadline_state_name(deadline_state(&d, day(table[i].today))),
                            table[i].want);
    }
}

static void test_next(void **state)
{
    static const struct {
        const char *first, *every;
        int step;
        const char *ended, *want;
    } table[] = {
        {"2017-10-01", NULL, 0, NULL, NULL},
        {"2017-10-01", "3m", 0, NULL, "2018-01-01"},
        {"2017-10-01", "1q", 2, NULL, "2018-07-01"},
        {"2017-08-31", "1m", 5, NULL, "2018-02-28"},
        {"2017-08-31", "1m", 6, NULL, "2018-03-31"}, /* the 31st comes back */
        {"2020-02-29", "1y", 0, NULL, "2021-02-28"},
        {"2020-02-29", "1y", 3, NULL, "2024-02-29"},
        {"2018-03-20", "2w", 0, NULL, "2018-04-03"}, /* days, whatever the clocks do */
        {"2017-10-01", "3m", 0, "2018-01-01", NULL},
        {"2017-10-01", "3m", 0, "2018-01-02", "2018-01-01"},
        {"9999-11-30", "6m", 0, NULL, NULL},
        {"2017-10-01", "1y", 100000000, NULL, NULL},
        {"2017-10-01", "5000w", 1000000, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct deadline d = {.first_due_on = day(table[i].first),
                             .every = (char *)(uintptr_t)table[i].every,
                             .step = table[i].step,
                             .ended_on = day(table[i].ended)};
        day_t next;

        if (deadline_next(&d, &next, &e) != 0)
            fail_msg("case %zu: %s", i, e.text);
        if (next.n != day(table[i].want).n)
            fail_msg("case %zu", i);
    }
}

static void test_cut_on(void **state)
{
    static const struct {
        const char *data_on, *send_by, *want;
    } table[] = {
        {NULL, "2017-09-29", "2017-08-31"},         {NULL, "2018-03-01", "2018-02-28"},
        {NULL, "2020-03-31", "2020-02-29"},         {NULL, "2018-01-02", "2017-12-31"},
        {"2017-09-15", "2017-09-29", "2017-09-15"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct deadline d = {.data_on = day(table[i].data_on)};

        assert_int_equal(deadline_cut_on(&d, day(table[i].send_by)).n, day(table[i].want).n);
    }
}

static void test_next_refused(void **state)
{
    struct deadline d = {.first_due_on = day("2017-10-01"),
                         .every = (char *)(uintptr_t) "often",
                         .ended_on = DAY_NONE};
    day_t next = day("2017-01-01");

    (void)state;
    assert_int_equal(deadline_next(&d, &next, &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
    assert_int_equal(next.n, day("2017-01-01").n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_next_refused),
        cmocka_unit_test(test_cut_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
