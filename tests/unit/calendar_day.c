/* Civil dates: against counting day by day, the edges of the calendar, and texts that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "calendar/day.h"

/* Counts every day from 0001-01-01 to 9999-12-31 with a calendar of its own. */
static void test_every_day(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int n = -719162, weekday = 1; /* 0001-01-01 was a Monday */

    (void)state;
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++) {
            int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            int length = lengths[month - 1] + (month == 2 && leap);

            assert_int_equal(day_month_length(year, month), length);
            assert_false(day_is(day_from_ymd(year, month, length + 1)));
            for (int day = 1; day <= length; day++, n++, weekday = (weekday + 1) % 7) {
                int y, m, d;

                if (day_from_ymd(year, month, day).n != n || day_weekday((day_t){n}) != weekday)
                    fail_msg("%04d-%02d-%02d", year, month, day);
                day_to_ymd((day_t){n}, &y, &m, &d);
                if (y != year || m != month || d != day)
                    fail_msg("%d gives %d-%d-%d", n, y, m, d);
            }
        }
    assert_int_equal(day_from_ymd(1970, 1, 1).n, 0);
}

static void test_dates_that_are_none(void **state)
{
    static const int none[][3] = {
        {0, 1, 1},
        {10000, 1, 1},
        {-1, 1, 1},
        {2017, 0, 1},
        {2017, 13, 1},
        {2017, 1, 0},
        {2017, 1, 32},
        {2017, 2, 29},
        {1900, 2, 29},
        {2100, 2, 29},
        {2017, 4, 31},
        {2017, 1, -1},
        {2017, -3, 1},
        {INT32_MAX, 1, 1},
        {INT32_MIN, 1, 1},
        {2017, INT32_MAX, 1},
        {2017, 1, INT32_MIN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(none); i++)
        assert_false(day_is(day_from_ymd(none[i][0], none[i][1], none[i][2])));
    assert_true(day_is(day_from_ymd(2000, 2, 29)));
}

static void test_add_stays_in_the_calendar(void **state)
{
    day_t first = day_from_ymd(1, 1, 1), last = day_from_ymd(9999, 12, 31);

    (void)state;
    assert_int_equal(day_add(first, last.n - first.n).n, last.n);
    assert_false(day_is(day_add(last, 1)));
    assert_false(day_is(day_add(first, -1)));
    assert_false(day_is(day_add(last, INT32_MAX)));
    assert_false(day_is(day_add(first, INT32_MIN)));
    assert_false(day_is(day_add(DAY_NONE, 1)));
    assert_false(day_is(day_add(DAY_NONE, INT32_MAX)));
    assert_false(day_is(day_add_months(last, 1)));
    assert_false(day_is(day_add_months(first, -1)));
    assert_false(day_is(day_add_months(last, INT32_MAX)));
    assert_false(day_is(day_add_months(first, INT32_MIN)));
    assert_false(day_is(day_add_months(DAY_NONE, 0)));
}

static void test_earlier(void **state)
{
    day_t a = {1}, b = {2};

    (void)state;
    assert_int_equal(day_earlier(a, b).n, 1);
    assert_int_equal(day_earlier(b, a).n, 1);
    assert_int_equal(day_earlier(a, a).n, 1);
    assert_int_equal(day_earlier(DAY_NONE, b).n, 2);
    assert_int_equal(day_earlier(b, DAY_NONE).n, 2);
    assert_false(day_is(day_earlier(DAY_NONE, DAY_NONE)));
}

static void test_months_clamp_from_the_first(void **state)
{
    static const struct {
        const char *from;
        int months;
        const char *to;
    } cases[] = {
        {"2017-01-31", 1, "2017-02-28"},      {"2017-01-31", 2, "2017-03-31"},
        {"2016-01-31", 1, "2016-02-29"},      {"2017-01-31", 3, "2017-04-30"},
        {"2016-02-29", 12, "2017-02-28"},     {"2016-02-29", 48, "2020-02-29"},
        {"2017-10-01", 3, "2018-01-01"},      {"2017-03-31", -1, "2017-02-28"},
        {"2017-01-15", -1, "2016-12-15"},     {"2017-12-31", 2, "2018-02-28"},
        {"2017-05-31", 0, "2017-05-31"},      {"0001-01-31", 1, "0001-02-28"},
        {"2017-01-31", -24192, "0001-01-31"}, {"2017-01-31", 95795, "9999-12-31"},
    };
    char iso[DAY_ISO];
    day_t d;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(day_parse_iso(cases[i].from, &d), 0);
        assert_string_equal(day_iso(day_add_months(d, cases[i].months), iso), cases[i].to);
    }
}

/* Easter Sundays as published, and the earliest and the latest there can be. */
static void test_easter(void **state)
{
    static const char *const sundays[] = {
        "1818-03-22", "1943-04-25", "2000-04-23", "2008-03-23", "2011-04-24", "2012-04-08",
        "2013-03-31", "2014-04-20", "2015-04-05", "2016-03-27", "2017-04-16", "2018-04-01",
        "2019-04-21", "2020-04-12", "2021-04-04", "2022-04-17", "2023-04-09", "2024-03-31",
        "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2038-04-25", "2285-03-22",
    };
    char iso[DAY_ISO];
    int year, month, day;
    day_t d;

    (void)state;
    for (size_t i = 0; i < COUNT(sundays); i++) {
        assert_int_equal(day_parse_iso(sundays[i], &d), 0);
        day_to_ymd(d, &year, &month, &day);
        assert_string_equal(day_iso(day_easter(year), iso), sundays[i]);
    }
    for (year = 1; year <= 9999; year++)
        assert_int_equal(day_weekday(day_easter(year)), 0);
}

static void test_iso_is_strict(void **state)
{
    static const char *const none[] = {
        "",
        "2017",
        "2017-09",
        "2017-9-26",
        "17-09-26",
        "2017-09-26 ",
        " 2017-09-26",
        "2017-09-266",
        "2017/09/26",
        "20170926",
        "2017-13-01",
        "2017-02-29",
        "0000-01-01",
        "+017-09-26",
        "2017-09-2x",
        "2017-09-26T",
        "-2017-09-26",
        "2017-09-",
        "2017-00-10",
        "２017-09-26",
    };
    day_t d = {42};

    (void)state;
    for (size_t i = 0; i < COUNT(none); i++)
        assert_int_equal(day_parse_iso(none[i], &d), -1);
    assert_int_equal(d.n, 42);
    assert_int_equal(day_parse_iso("9999-12-31", &d), 0);
    assert_int_equal(d.n, day_from_ymd(9999, 12, 31).n);
}

static void test_words(void **state)
{
    char iso[DAY_ISO], text[DAY_TEXT];
    day_t d = day_from_ymd(2017, 9, 26), early = day_from_ymd(2026, 5, 1);

    (void)state;
    assert_string_equal(day_iso(d, iso), "2017-09-26");
    assert_string_equal(day_short(d, text), "26 Sep 2017");
    assert_string_equal(day_weekday_short(d, text), "Tue 26 Sep 2017");
    assert_string_equal(day_long(d, text), "Tuesday 26 September 2017");
    assert_string_equal(day_short(early, text), "1 May 2026");
    assert_string_equal(day_long(day_from_ymd(2025, 12, 12), text), "Friday 12 December 2025");
    assert_string_equal(day_long(day_from_ymd(9998, 9, 23), text), "Wednesday 23 September 9998");
    assert_string_equal(day_iso(day_from_ymd(1, 1, 1), iso), "0001-01-01");
    assert_string_equal(day_iso(DAY_NONE, iso), "");
    assert_string_equal(day_short(DAY_NONE, text), "");
    assert_string_equal(day_long(DAY_NONE, text), "");
}

static void test_instants(void **state)
{
    static const struct {
        const char *text;
        int64_t s;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59Z", -1},
        {"2017-09-26T08:30:00Z", 1506414600},
        {"2017-09-26t08:30:00z", 1506414600},
        {"2017-09-26T09:30:00+01:00", 1506414600},
        {"2017-09-26T05:00:00.999999-03:30", 1506414600},
        {"2017-09-26T08:30:00-00:00", 1506414600},
        {"2000-02-29T23:59:59Z", 951868799},
        {"0001-01-01T00:00:00Z", -62135596800},
        {"9999-12-31T23:59:59Z", 253402300799},
    };
    char iso[UTC_ISO];
    utc_t t;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(utc_parse(cases[i].text, &t), 0);
        assert_int_equal(t.s, cases[i].s);
        assert_int_equal(utc_parse(utc_iso(t, iso), &t), 0);
        assert_int_equal(t.s, cases[i].s);
    }
    assert_string_equal(utc_iso((utc_t){-1}, iso), "1969-12-31T23:59:59Z");
    assert_string_equal(utc_iso(UTC_NONE, iso), "");
    assert_string_equal(utc_iso((utc_t){INT64_MAX}, iso), "");
    assert_string_equal(utc_iso((utc_t){253402300800}, iso), "");
}

static void test_texts_that_are_no_instants(void **state)
{
    static const char *const none[] = {
        "",
        "2017-09-26",
        "2017-09-26T08:30Z",
        "2017-09-26T08:30:00",
        "2017-09-26 08:30:00Z",
        "2017-09-26T24:00:00Z",
        "2017-09-26T23:60:00Z",
        "2017-06-30T23:59:60Z",
        "2017-09-26T08:30:00+1:00",
        "2017-09-26T08:30:00+0100",
        "2017-09-26T08:30:00+24:00",
        "2017-09-26T08:30:00+01:60",
        "2017-09-26T08:30:00.Z",
        "2017-09-26T08:30:00Z ",
        "2017-09-26T08:30:00ZZ",
        "2017-02-29T08:30:00Z",
        "2017-09-26T-8:30:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-00:01",
        "2017-09-26T08:30:00",
        "2017-09-26T08:30:00,5Z",
        "now",
    };
    utc_t t = {42};

    (void)state;
    for (size_t i = 0; i < COUNT(none); i++)
        if (utc_parse(none[i], &t) == 0)
            fail_msg("\"%s\" was read", none[i]);
    assert_int_equal(t.s, 42);
}

/* ISO 8601, 3.1.1.23 and its examples: a week belongs to the year of its Thursday. */
static void test_weeks(void **state)
{
    static const struct {
        const char *day, *monday, *week;
    } weeks[] = {
        {"2017-09-01", "2017-08-28", "2017-W35"}, {"2018-01-01", "2018-01-01", "2018-W01"},
        {"2017-01-01", "2016-12-26", "2016-W52"}, {"2008-12-29", "2008-12-29", "2009-W01"},
        {"2010-01-03", "2009-12-28", "2009-W53"}, {"2020-12-31", "2020-12-28", "2020-W53"},
    };
    char week[DAY_WEEK], iso[DAY_ISO];
    day_t d;

    (void)state;
    for (size_t i = 0; i < COUNT(weeks); i++) {
        assert_int_equal(day_parse_iso(weeks[i].day, &d), 0);
        assert_string_equal(day_week(d, week), weeks[i].week);
        assert_string_equal(day_iso(day_monday(d), iso), weeks[i].monday);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_dates_that_are_none),
        cmocka_unit_test(test_add_stays_in_the_calendar),
        cmocka_unit_test(test_earlier),
        cmocka_unit_test(test_months_clamp_from_the_first),
        cmocka_unit_test(test_easter),
        cmocka_unit_test(test_iso_is_strict),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_weeks),
        cmocka_unit_test(test_instants),
        cmocka_unit_test(test_texts_that_are_no_instants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
