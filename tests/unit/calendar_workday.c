/* Working days: the dates that councils and Ofsted published, the one-off days, the rules beyond
 * the list held against the list itself, and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "calendar/workday.h"

static const char *const divisions[] = {"england-and-wales", "scotland", "northern-ireland"};

static struct holidays *builtin(const char *division)
{
    struct holidays *h = NULL;
    struct err e;

    assert_int_equal(holidays_parse(holidays_builtin, strlen(holidays_builtin), division, &h, &e),
                     0);
    return h;
}

static struct holidays *parsed(const char *csv, const char *division)
{
    struct holidays *h = NULL;
    struct err e;

    assert_int_equal(holidays_parse(csv, strlen(csv), division, &h, &e), 0);
    return h;
}

static day_t date(const char *iso)
{
    day_t d = DAY_NONE;

    if (day_parse_iso(iso, &d) < 0)
        fail_msg("%s", iso);
    return d;
}

static void assert_day(day_t d, const char *iso)
{
    char text[DAY_ISO];

    assert_string_equal(day_iso(d, text), iso);
}

static void test_published_deadlines(void **state)
{
    static const struct {
        const char *received, *due;
    } cases[] = {
        {"2018-10-24", "2019-02-04"},
        {"2022-04-01", "2022-07-15"},
        {"2023-05-09", "2023-08-16"},
        {"2016-06-27", "2016-10-04"},
    };
    struct holidays *h = builtin("england-and-wales");

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_day(workday_add(h, date(cases[i].received), 70), cases[i].due);
        assert_day(workday_add(h, date(cases[i].due), -70), cases[i].received);
    }
    holidays_free(h);
}

static void test_clear_days(void **state)
{
    static const struct {
        const char *from;
        int n;
        const char *to;
    } cases[] = {
        {"2017-09-26", 5, "2017-09-18"}, {"2017-09-26", 1, "2017-09-24"},
        {"2017-09-26", 2, "2017-09-21"}, {"2017-09-18", -5, "2017-09-26"},
        {"2018-01-03", 5, "2017-12-21"}, /* over Christmas, Boxing and New Year's Day */
        {"2017-09-26", 0, "2017-09-25"},
    };
    struct holidays *h = builtin("england-and-wales");

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_day(workday_clear(h, date(cases[i].from), cases[i].n), cases[i].to);
    holidays_free(h);
}

/* What "clear" means, counted: n working days between, and no later day leaves as many. */
static void test_clear_days_by_counting(void **state)
{
    struct holidays *h = builtin("england-and-wales");

    (void)state;
    for (day_t d = date("2022-03-01"); d.n < date("2022-07-01").n; d.n++)
        for (int n = 1; n < 12; n++) {
            day_t from = workday_clear(h, d, n), to = workday_clear(h, d, -n);
            int before = 0, after = 0;

            for (day_t x = {from.n + 1}; x.n < d.n; x.n++)
                before += workday_is(h, x);
            for (day_t x = {d.n + 1}; x.n < to.n; x.n++)
                after += workday_is(h, x);
            assert_int_equal(before, n);
            assert_int_equal(after, n);
            assert_true(workday_is(h, (day_t){from.n + 1}));
            assert_true(workday_is(h, (day_t){to.n - 1}));
        }
    holidays_free(h);
}

/* Counting day by day says the same, within the list, beyond it and over its edge. */
/* Far ones are reached by the week: each is one working day from the one before, both ways, in
 * years of the list and beyond it, from weekends and holidays too. */
static void test_adding_by_counting(void **state)
{
    static const char *const from[] = {"2016-12-24", "2017-04-14", "2019-12-31", "2026-12-20",
                                       "2031-05-01", "0001-03-01", "9998-01-05"};
    (void)state;
    for (size_t k = 0; k < COUNT(divisions); k++) {
        struct holidays *h = builtin(divisions[k]);

        for (size_t i = 0; i < COUNT(from); i++)
            for (int step = -1; step <= 1; step += 2) {
                day_t d = date(from[i]);

                for (int n = 1; n <= 400; n++) {
                    do
                        d = day_add(d, step);
                    while (day_is(d) && !workday_is(h, d));
                    assert_int_equal(workday_add(h, date(from[i]), step * n).n, d.n);
                }
            }
        holidays_free(h);
    }
}

static void test_between_by_counting(void **state)
{
    static const char *const starts[] = {"2009-12-20", "2017-12-20", "2028-12-01", "2031-04-01"};
    struct holidays *h = builtin("england-and-wales");

    (void)state;
    for (size_t i = 0; i < COUNT(starts); i++) {
        day_t from = date(starts[i]);
        int count = 0;

        for (int n = 1; n < 900; n++) {
            day_t to = day_add(from, n);

            count += workday_is(h, to);
            assert_int_equal(workday_between(h, from, to), count);
        }
        assert_int_equal(workday_between(h, from, from), 0);
        assert_int_equal(workday_between(h, from, day_add(from, -9)), 0);
    }
    holidays_free(h);
}

static void test_one_off_days(void **state)
{
    static const struct {
        const char *day;
        bool works[3]; /* England and Wales, Scotland, Northern Ireland */
    } cases[] = {
        {"2011-04-29", {false, false, false}}, {"2012-06-04", {false, false, false}},
        {"2012-06-05", {false, false, false}}, {"2012-05-28", {true, true, true}},
        {"2020-05-04", {true, true, true}},    {"2020-05-08", {false, false, false}},
        {"2022-05-30", {true, true, true}},    {"2022-06-02", {false, false, false}},
        {"2022-06-03", {false, false, false}}, {"2022-09-19", {false, false, false}},
        {"2023-05-08", {false, false, false}}, {"2026-06-15", {true, false, true}},
        {"2017-04-17", {false, true, false}},  {"2018-01-02", {true, false, true}},
        {"2018-03-19", {true, true, false}},   {"2018-07-12", {true, true, false}},
        {"2018-08-06", {true, false, true}},   {"2018-08-27", {false, true, false}},
        {"2019-12-02", {true, false, true}},   {"2021-12-27", {false, false, false}},
        {"2021-12-28", {false, false, false}}, {"2021-12-29", {true, true, true}},
    };

    (void)state;
    for (size_t v = 0; v < COUNT(divisions); v++) {
        struct holidays *h = builtin(divisions[v]);

        assert_int_equal(holidays_last_year(h), 2028);
        for (size_t i = 0; i < COUNT(cases); i++)
            if (workday_is(h, date(cases[i].day)) != cases[i].works[v])
                fail_msg("%s in %s", cases[i].day, divisions[v]);
        holidays_free(h);
    }
}

/* The days that were moved or given once, which no rule yields. */
static bool is_one_off(day_t d)
{
    static const char *const days[] = {
        "2011-04-29", "2012-05-28", "2012-06-04", "2012-06-05", "2020-05-04", "2020-05-08",
        "2022-05-30", "2022-06-02", "2022-06-03", "2022-09-19", "2023-05-08", "2026-06-15",
    };

    for (size_t i = 0; i < COUNT(days); i++)
        if (date(days[i]).n == d.n)
            return true;
    return false;
}

/* With a list of one far year all others go by rule, and must give what GOV.UK published. */
static void test_rules_yield_the_published_list(void **state)
{
    (void)state;
    for (size_t v = 0; v < COUNT(divisions); v++) {
        struct holidays *listed = builtin(divisions[v]), *ruled;
        char csv[64];

        snprintf(csv, sizeof csv, "%s,2090-12-25,Christmas Day\n", divisions[v]);
        ruled = parsed(csv, divisions[v]);
        assert_int_equal(holidays_last_year(ruled), 2090);
        for (day_t d = date("2011-01-01"); d.n <= date("2028-12-31").n; d.n++) {
            const char *a = workday_why_not(listed, d), *b = workday_why_not(ruled, d);
            char iso[DAY_ISO];

            if (is_one_off(d))
                continue;
            if (!a != !b || (a && strcmp(a, b) != 0))
                fail_msg("%s in %s: \"%s\" listed, \"%s\" by rule", day_iso(d, iso), divisions[v],
                         a ? a : "", b ? b : "");
        }
        holidays_free(listed);
        holidays_free(ruled);
    }
}

static void test_beyond_the_list(void **state)
{
    static const struct {
        const char *day, *why;
    } cases[] = {
        {"2029-01-01", "New Year's Day"},
        {"2029-03-30", "Good Friday"},
        {"2029-04-02", "Easter Monday"},
        {"2029-05-07", "Early May bank holiday"},
        {"2029-05-28", "Spring bank holiday"},
        {"2029-08-27", "Summer bank holiday"},
        {"2032-12-25", "Saturday"},
        {"2032-12-27", "Christmas Day (substitute day)"},
        {"2032-12-28", "Boxing Day (substitute day)"},
        {"2033-12-26", "Boxing Day"},
        {"2033-12-27", "Christmas Day (substitute day)"},
        {"2033-01-03", "New Year's Day (substitute day)"},
        {"2010-12-27", "Christmas Day (substitute day)"},
        {"2010-12-28", "Boxing Day (substitute day)"},
        {"2032-12-29", NULL},
        {"2033-12-28", NULL},
    };
    struct holidays *h = builtin("england-and-wales");

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *why = workday_why_not(h, date(cases[i].day));

        if (!why != !cases[i].why || (why && strcmp(why, cases[i].why) != 0))
            fail_msg("%s: %s", cases[i].day, why ? why : "a working day");
    }
    holidays_free(h);
}

static void test_edges_of_adding(void **state)
{
    struct holidays *h = builtin("england-and-wales");

    (void)state;
    assert_day(workday_add(h, date("2017-09-23"), 0), "2017-09-23"); /* a Saturday stays */
    assert_day(workday_add(h, date("2017-09-23"), 1), "2017-09-25");
    assert_day(workday_add(h, date("2017-09-23"), -1), "2017-09-22");
    assert_day(workday_on_or_before(h, date("2018-01-01")), "2017-12-29");
    assert_day(workday_on_or_before(h, date("2017-10-01")), "2017-09-29");
    assert_day(workday_on_or_before(h, date("2018-04-01")), "2018-03-29");
    assert_day(workday_on_or_before(h, date("2018-07-01")), "2018-06-29");
    assert_day(workday_on_or_after(h, date("2018-03-30")), "2018-04-03");
    assert_day(workday_on_or_after(h, date("2017-09-26")), "2017-09-26");
    assert_day(workday_add(h, date("9999-12-30"), 10), "");
    assert_day(workday_add(h, date("0001-01-01"), -1), "");
    assert_day(workday_clear(h, date("0001-01-02"), INT32_MIN), "");
    assert_day(workday_add(h, DAY_NONE, 5), "");
    assert_day(workday_on_or_after(h, DAY_NONE), "");
    holidays_free(h);
}

static void test_files_as_they_come(void **state)
{
    struct holidays *h = parsed(
        "\xef\xbb\xbf"
        "# a comment\r\n\r\ndivision,date,name\r\n"
        "scotland,2026-06-15,World Cup\r\nengland-and-wales,2026-12-25, Christmas, \x1b[31m\r\n"
        "england-and-wales,2024-07-02,Town day",
        "england-and-wales");

    (void)state;
    assert_int_equal(holidays_last_year(h), 2026);
    assert_string_equal(workday_why_not(h, date("2024-07-02")), "Town day");
    assert_string_equal(workday_why_not(h, date("2026-12-25")), "Christmas, \xef\xbf\xbd[31m");
    assert_null(workday_why_not(h, date("2026-06-15")));
    assert_null(workday_why_not(h, date("2024-12-26"))); /* a year of the list, and not listed */
    assert_non_null(workday_why_not(h, date("2023-12-26")));
    assert_non_null(workday_why_not(h, date("2025-12-26"))); /* nothing of that year: by rule */
    holidays_free(h);
}

static void test_files_that_are_none(void **state)
{
    static const struct {
        const char *csv, *division, *told;
    } cases[] = {
        {"england-and-wales,2026-12-25,Christmas\nengland-and-wales,2026-12-26", "scotland",
         "line 2: \"england-and-wales,2026-12-26\" is no holiday"},
        {"scotland,25/12/2026,Christmas\n", "scotland", "line 1: \"25/12/2026\" is no date"},
        {"# x\n\nscotland,2026-02-30,No day\n", "england-and-wales", "line 3: \"2026-02-30\""},
        {"scotland,2026-12-25,Christmas\n", "wales", "england-and-wales, scotland or"},
        {"scotland,2026-12-25,Christmas\n", "northern-ireland", "no holiday of northern-ireland"},
        {"", "scotland", "no holiday of scotland"},
        {"\x01\x02\xff\xfe garbage", "scotland", "line 1"},
        {"x\n", "", "there is no such division"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct holidays *h = (struct holidays *)&cases;
        struct err e = {0};

        assert_int_equal(
            holidays_parse(cases[i].csv, strlen(cases[i].csv), cases[i].division, &h, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_ptr_equal(h, &cases);
        if (!strstr(e.text, cases[i].told))
            fail_msg("\"%s\" does not say \"%s\"", e.text, cases[i].told);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_deadlines),
        cmocka_unit_test(test_clear_days),
        cmocka_unit_test(test_clear_days_by_counting),
        cmocka_unit_test(test_adding_by_counting),
        cmocka_unit_test(test_between_by_counting),
        cmocka_unit_test(test_one_off_days),
        cmocka_unit_test(test_rules_yield_the_published_list),
        cmocka_unit_test(test_beyond_the_list),
        cmocka_unit_test(test_edges_of_adding),
        cmocka_unit_test(test_files_as_they_come),
        cmocka_unit_test(test_files_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
