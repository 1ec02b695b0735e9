/* Where a rule's units from a day fall, and the words for it. */
#include "england.h"
#include "engine/reckon.h"

static void test_days(void **state)
{
    static const struct {
        enum rule_unit unit;
        int n;
        const char *from, *want;
    } table[] = {
        /* domain.md's checks of section 137 */
        {UNIT_WORKING_DAYS, 70, "2018-10-24", "2019-02-04"},
        {UNIT_WORKING_DAYS, 70, "2018-10-29", "2019-02-07"},
        {UNIT_WORKING_DAYS, 70, "2022-04-01", "2022-07-15"},
        {UNIT_WORKING_DAYS, 70, "2023-05-09", "2023-08-16"},
        {UNIT_WORKING_DAYS, 70, "2016-06-27", "2016-10-04"},
        {UNIT_WORKING_DAYS, 0, "2018-10-27", "2018-10-27"},
        {UNIT_CLEAR_WORKING_DAYS, -5, "2017-09-26", "2017-09-18"},
        {UNIT_CLEAR_DAYS, -28, "2017-11-01", "2017-10-03"},
        {UNIT_CLEAR_DAYS, 5, "2017-11-01", "2017-11-07"},
        {UNIT_CLEAR_DAYS, 0, "2017-11-01", "2017-11-01"},
        {UNIT_DAYS, 28, "2017-02-01", "2017-03-01"},
        {UNIT_WEEKS, 4, "2016-10-04", "2016-11-01"},
        {UNIT_MONTHS, 3, "2017-11-30", "2018-02-28"},
        {UNIT_MONTHS, 9, "2018-10-29", "2019-07-29"},
        {UNIT_MONTHS, -3, "2018-05-31", "2018-02-28"},
        {UNIT_YEARS, 1, "2020-02-29", "2021-02-28"},
        {UNIT_MONTH_ENDS, 0, "2017-06-30", "2017-06-30"},
        {UNIT_MONTH_ENDS, 1, "2017-06-30", "2017-07-31"},
        {UNIT_MONTH_ENDS, 1, "2020-01-31", "2020-02-29"},
        {UNIT_MONTHS, 999, "9990-01-01", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        char got[DAY_ISO];
        day_t d = reckon(table[i].unit, table[i].n, day(table[i].from), england);

        if (d.n != day(table[i].want).n)
            fail_msg("case %zu: %s", i, day_iso(d, got));
    }
}

static void test_steps(void **state)
{
    static const struct {
        enum rule_unit unit;
        int offset;
        const char *every, *from;
        int step;
        const char *want;
    } table[] = {
        {UNIT_DAYS, 0, "3m", "2017-10-01", 3, "2018-07-01"},
        {UNIT_DAYS, 0, "1m", "2017-08-31", 6, "2018-02-28"}, /* and comes back */
        {UNIT_DAYS, 0, "1m", "2017-08-31", 7, "2018-03-31"},
        {UNIT_MONTHS, 6, "6m", "2017-08-31", 0, "2018-02-28"},
        {UNIT_MONTHS, 6, "6m", "2017-08-31", 1, "2018-08-31"},
        {UNIT_MONTH_ENDS, 0, "1m", "2017-06-30", 1, "2017-07-31"},
        {UNIT_MONTH_ENDS, 0, "1m", "2017-06-30", 8, "2018-02-28"},
        {UNIT_YEARS, 1, "1y", "2020-02-29", 3, "2024-02-29"},
        {UNIT_WEEKS, 1, "2w", "2018-03-20", 1, "2018-04-10"},
        {UNIT_DAYS, 0, NULL, "2017-10-01", 5, "2017-10-01"},
        {UNIT_DAYS, 0, "1m", "2017-10-01", 4999, "2434-05-01"},
        {UNIT_MONTHS, 0, "99y", "2017-10-01", 4999, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct rule r = {.unit = table[i].unit, .offset = table[i].offset};
        char got[DAY_ISO];
        day_t d = reckon_step(&r, table[i].every, table[i].step, day(table[i].from), england);

        if (d.n != day(table[i].want).n)
            fail_msg("case %zu: %s", i, day_iso(d, got));
    }
}

static void test_words(void **state)
{
    static const struct {
        enum rule_unit unit;
        int n, to;
        const char *from, *want;
    } table[] = {
        {UNIT_WORKING_DAYS, 70, 70, "2018-10-24",
         "70 working days from 24 Oct 2018, stepping over 25, 26 Dec, 1 Jan"},
        {UNIT_WORKING_DAYS, 16, 30, "2017-03-20",
         "16 to 30 working days from 20 Mar 2017, stepping over 14, 17 Apr, 1 May"},
        {UNIT_CLEAR_WORKING_DAYS, -5, -5, "2017-09-26", "5 clear working days before 26 Sep 2017"},
        {UNIT_CLEAR_WORKING_DAYS, -5, -5, "2017-09-01",
         "5 clear working days before 1 Sep 2017, stepping over 28 Aug"},
        {UNIT_MONTHS, 3, 9, "2018-10-29", "3 to 9 months from 29 Oct 2018"},
        {UNIT_MONTHS, 1, 1, "2018-10-29", "1 month from 29 Oct 2018"},
        {UNIT_DAYS, 0, 0, "2017-10-01", "1 Oct 2017"},
        {UNIT_MONTH_ENDS, 0, 0, "2022-01-10", "the end of the month of 10 Jan 2022"},
        {UNIT_MONTH_ENDS, 1, 1, "2022-01-25", "the end of the month 1 month from 25 Jan 2022"},
        {UNIT_WORKING_DAYS, 2, 2, "2090-01-04",
         "2 working days from 4 Jan 2090; bank holidays of 2090 computed by rule"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct text t = TEXT_INIT;

        reckon_say(&t, table[i].unit, table[i].n, table[i].to, day(table[i].from), england);
        assert_string_equal(t.s, table[i].want);
        text_free(&t);
    }
}

static void test_roll(void **state)
{
    (void)state;
    assert_int_equal(reckon_roll(ROLL_NONE, day("2017-10-01"), england).n, day("2017-10-01").n);
    assert_int_equal(reckon_roll(ROLL_PRECEDING, day("2018-01-01"), england).n,
                     day("2017-12-29").n);
    assert_int_equal(reckon_roll(ROLL_FOLLOWING, day("2018-03-30"), england).n,
                     day("2018-04-03").n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_roll),
    };

    return cmocka_run_group_tests(tests, england_setup, england_teardown);
}
