/* Dates as people type them: what is read, what is refused, and that the refusal helps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "calendar/when.h"

static struct when now;
static struct zone *london;

static int load(void **state)
{
    struct holidays *h;
    struct err e;

    (void)state;
    if (zone_load("Europe/London", &london, &e) < 0 ||
        holidays_parse(holidays_builtin, strlen(holidays_builtin), "england-and-wales", &h, &e) < 0)
        return -1;
    now = (struct when){day_from_ymd(2017, 9, 26), h}; /* a Tuesday */
    return 0;
}

static int unload(void **state)
{
    (void)state;
    zone_free(london);
    holidays_free((struct holidays *)now.holidays);
    return 0;
}

static void check_refusal(const char *text, int r, const struct err *e, const char *told)
{
    if (r == 0)
        fail_msg("\"%s\" was read", text);
    assert_int_equal(e->code, ERR_USAGE);
    if (!strstr(e->text, told))
        fail_msg("\"%s\" does not say \"%s\"", e->text, told);
}

static void test_dates(void **state)
{
    static const struct {
        const char *text, *day;
    } cases[] = {
        {"2017-09-26", "2017-09-26"},
        {"  2017-09-26\n", "2017-09-26"},
        {"26/9/2017", "2017-09-26"},
        {"26/09/2017", "2017-09-26"},
        {"09/10/2017", "2017-10-09"}, /* day first, always */
        {"26.9.2017", "2017-09-26"},
        {"26 Sep 2017", "2017-09-26"},
        {"26  sep\t2017", "2017-09-26"},
        {"26 SEPTEMBER 2017", "2017-09-26"},
        {"26 Sept 2017", "2017-09-26"},
        {"26-Sep-2017", "2017-09-26"},
        {"1 may 2017", "2017-05-01"},
        {"Tue 26 Sep 2017", "2017-09-26"},
        {"Tuesday 26 September 2017", "2017-09-26"},
        {"tues, 26 Sep 2017", "2017-09-26"},
        {"29 Feb 2016", "2016-02-29"},
        {"1/1/1900", "1900-01-01"},
        {"9999-12-31", "9999-12-31"},
        {"today", "2017-09-26"},
        {"Tomorrow", "2017-09-27"},
        {"yesterday", "2017-09-25"},
        {"fri", "2017-09-29"},
        {"Friday", "2017-09-29"},
        {"wed", "2017-09-27"},
        {"tue", "2017-10-03"}, /* the next, never today */
        {"mon", "2017-10-02"},
        {"+3", "2017-09-29"},
        {"+2w", "2017-10-10"},
        {"-5clear", "2017-09-18"},
    };
    struct err e;
    char iso[DAY_ISO];
    day_t d;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (when_date(cases[i].text, &now, &d, &e) < 0)
            fail_msg("%s", e.text);
        assert_string_equal(day_iso(d, iso), cases[i].day);
    }
}

static void test_dates_refused(void **state)
{
    static const struct {
        const char *text, *told;
    } cases[] = {
        {"9/26/2017", "day first, so write 26/9/2017"},
        {"2017-13-01", "there is no month 13"},
        {"13/13/2017", "no month 13"},
        {"26/0/2017", "no month 0"},
        {"0/9/2017", "no day 0"},
        {"31/9/2017", "September 2017 has 30 days"},
        {"29/2/2017", "February 2017 has 28 days"},
        {"32 Jan 2017", "January 2017 has 31 days"},
        {"26/9/17", "four digits"},
        {"26 Sep 17", "four digits"},
        {"17-09-26", "year-month-day in full"},
        {"26-9-2017", "year-month-day in full"},
        {"2017-9-26", "year-month-day in full"},
        {"2017/09/26", "hyphens"},
        {"26/9/02017", "four digits"},
        {"26/9/0017", "before 1900"},
        {"31/12/1899", "before 1900"},
        {"26/9", "year is missing"},
        {"26 Sep", "year is missing"},
        {"Tue 26 Sep", "year is missing"},
        {"Mon 26 Sep 2017", "26 Sep 2017 is a Tuesday, not a Monday"},
        {"Foo 26 Sep 2017", "no day of the week"},
        {"26 Foo 2017", "no month"},
        {"26 Se 2017", "no month"},
        {"26 Septembers 2017", "no month"},
        {"Sep 26 2017", "write 26 September 2017"},
        {"September 26, 2017", "write 26 September 2017"},
        {"2w", "+2w or -2w"},
        {"70wd", "needs its sign"},
        {"26Sep2017", "cannot be read"},
        {"20170926", "cannot be read"},
        {"2017", "cannot be read"},
        {"Sep 2017", "cannot be read"},
        {"", "cannot be read"},
        {"   ", "cannot be read"},
        {"soon", "tomorrow, fri"},
        {"fr", "cannot be read"},
        {"2017-09-26x", "cannot be read"},
        {"2017-09-26 08:30", "cannot be read"},
        {"99999999999999999999/9/2017", "no day"},
        {"1/9/99999999999999999999", "four digits"},
        {"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "cannot be read"},
        {"２６ Sep 2017", "cannot be read"},
        {"26 Sep 2017\x1b[2J", "cannot be read"},
        {"%n%s", "cannot be read"},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        day_t d = {42};
        int r = when_date(cases[i].text, &now, &d, &e);

        check_refusal(cases[i].text, r, &e, cases[i].told);
        assert_int_equal(d.n, 42);
        assert_null(strchr(e.text, '\x1b'));
    }
}

static void test_weekdays_of_a_month(void **state)
{
    static const struct {
        const char *text, *day, *told; /* day NULL: refused */
    } cases[] = {
        {"third fri of sep 2017", "2017-09-15", NULL},
        {"Third Friday September 2017", "2017-09-15", NULL},
        {"3rd Fri of Sep 2017", "2017-09-15", NULL},
        {"1st fri sep 2017", "2017-09-01", NULL}, /* the 1st itself */
        {"first Sat of Sep 2017", "2017-09-02", NULL},
        {"first thu of sep 2017", "2017-09-07", NULL},
        {"fifth fri of sep 2017", "2017-09-29", NULL},
        {"5th sat of sep 2017", "2017-09-30", NULL},
        {"last sat of sep 2017", "2017-09-30", NULL}, /* the last day itself */
        {"last sun of sep 2017", "2017-09-24", NULL},
        {"last mon of may 2012", "2012-05-28", NULL},
        {"2nd tue of feb 2016", "2016-02-09", NULL},
        {"fourth mon of feb 2016", "2016-02-22", NULL},
        {"fifth mon of feb 2016", "2016-02-29", NULL},
        {"fifth mon of feb 2017", NULL, "February 2017 has no fifth Monday"},
        {"5th sun of sep 2017", NULL, "September 2017 has no fifth Sunday"},
        {"sixth fri of sep 2017", NULL, "cannot be read"},
        {"0th fri of sep 2017", NULL, "cannot be read"},
        {"3th fri of sep 2017", NULL, "cannot be read"},
        {"1last fri of sep 2017", NULL, "cannot be read"},
        {"third day of sep 2017", NULL, "cannot be read"},
        {"third fri of foo 2017", NULL, "no month"},
        {"third fri in sep 2017", NULL, "no month"},
        {"third fri of sep 17", NULL, "four digits"},
        {"third fri of sep 1899", NULL, "before 1900"},
        {"third fri of sep", NULL, "cannot be read"},
        {"third fri", NULL, "cannot be read"},
        {"third fri of sep 2017 x", NULL, "cannot be read"},
    };
    struct err e;
    char iso[DAY_ISO];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        day_t d = {42};
        int r = when_date(cases[i].text, &now, &d, &e);

        if (!cases[i].day) {
            check_refusal(cases[i].text, r, &e, cases[i].told);
            assert_int_equal(d.n, 42);
            continue;
        }
        if (r < 0)
            fail_msg("%s", e.text);
        assert_string_equal(day_iso(d, iso), cases[i].day);
    }
}

/* Each weekday of each month against a walk through its days. */
static void test_weekdays_of_all_months(void **state)
{
    static const char *const places[] = {"first", "second", "third", "fourth", "fifth"};
    struct err e;
    char *text;
    day_t d;

    (void)state;
    for (int m = 0; m < 12 * 8; m++) {
        int year = 2012 + m / 12, month = m % 12 + 1, seen[7] = {0};

        for (int n = 1; n <= day_month_length(year, month); n++) {
            day_t is = day_from_ymd(year, month, n);
            int w = day_weekday(is);

            text = xasprintf("%s %s of %s %d", places[seen[w]++], day_weekday_names[w],
                             day_month_names[month - 1], year);
            if (when_date(text, &now, &d, &e) < 0 || d.n != is.n)
                fail_msg("%s", text);
            free(text);
            text = xasprintf("last %.3s of %.3s %d", day_weekday_names[w],
                             day_month_names[month - 1], year);
            assert_int_equal(when_date(text, &now, &d, &e), 0);
            assert_true(d.n == is.n || (d.n > is.n && (d.n - is.n) % 7 == 0));
            assert_true(n + 7 <= day_month_length(year, month) || d.n == is.n);
            free(text);
        }
    }
}

static void test_offsets(void **state)
{
    static const struct {
        const char *base, *text, *day; /* day NULL: refused */
        bool working;
    } cases[] = {
        {"2018-10-24", "+70wd", "2019-02-04", true},
        {"2022-04-01", "+70WD", "2022-07-15", true},
        {"2017-09-26", "-5clear", "2017-09-18", true},
        {"2017-09-18", "+5clear", "2017-09-26", true},
        {"2017-09-26", "-10wd", "2017-09-12", true},
        {"2017-09-26", "+0", "2017-09-26", false},
        {"2017-09-26", "-3d", "2017-09-23", false},
        {"2017-01-31", "+1m", "2017-02-28", false},
        {"2017-01-31", "+2m", "2017-03-31", false},
        {"2016-02-29", "+1y", "2017-02-28", false},
        {"2017-11-30", "+1q", "2018-02-28", false},
        {"2017-09-26", "-100y", "1917-09-26", false},
        {"2017-09-26", "+99999d", "2291-07-11", false},
        {"2017-09-26", "+99999wd", "2413-03-05", true},
        {"2017-09-26", "+99999999999d", NULL, false},
        {"2017-09-26", "-99999999999999999999999y", NULL, false},
        {"2017-09-26", "+99999y", NULL, false},
        {"2017-09-26", "+99999m", NULL, false},
        {"2017-09-26", "+99999q", NULL, false},
        {"2017-09-26", "-118y", NULL, false},
        {"2017-09-26", "-99999wd", NULL, true},
        {"2017-09-26", "-0clear", NULL, true},
        {"2017-09-26", "3d", NULL, false},
        {"2017-09-26", "+3x", NULL, false},
        {"2017-09-26", "+-3d", NULL, false},
        {"2017-09-26", "+ 3d", NULL, false},
        {"2017-09-26", "+3 d", NULL, false},
        {"2017-09-26", "+d", NULL, false},
        {"2017-09-26", "+", NULL, false},
        {"2017-09-26", "+1d2w", NULL, false},
        {"2017-09-26", "tomorrow", NULL, false},
        {"2017-09-26", "", NULL, false},
    };
    struct err e;
    char iso[DAY_ISO];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        day_t base, d = {42};
        int r;

        assert_int_equal(day_parse_iso(cases[i].base, &base), 0);
        r = when_offset(cases[i].text, base, &now, &d, &e);
        if ((r == 0) != (cases[i].day != NULL))
            fail_msg("%s: %s", cases[i].text, r ? e.text : "was read");
        if (r == 0)
            assert_string_equal(day_iso(d, iso), cases[i].day);
        else
            assert_int_equal(d.n, 42);
        assert_int_equal(when_offset_is_working(cases[i].text), cases[i].working);
    }
    check_refusal("+100000d", when_offset("+100000d", now.today, &now, &now.today, &e), &e,
                  "five digits");
}

static void test_recurrences(void **state)
{
    static const struct {
        const char *text;
        int months, days; /* both 0: refused */
    } cases[] = {
        {"3m", 3, 0},      {"6M", 6, 0},   {"1y", 12, 0},          {"1q", 3, 0},
        {"2w", 0, 14},     {"28d", 0, 28}, {"100y", 1200, 0},      {"0m", 0, 0},
        {"101y", 0, 0},    {"+3m", 0, 0},  {"-3m", 0, 0},          {"3", 0, 0},
        {"m", 0, 0},       {"3wd", 0, 0},  {"3clear", 0, 0},       {"", 0, 0},
        {"3m1d", 0, 0},    {"3 m", 0, 0},  {"99999999999m", 0, 0}, {"36526d", 0, 0},
        {"monthly", 0, 0},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int months = -1, days = -1, r = when_every(cases[i].text, &months, &days, &e);
        bool good = cases[i].months || cases[i].days;

        assert_int_equal(r, good ? 0 : -1);
        assert_int_equal(months, good ? cases[i].months : -1);
        assert_int_equal(days, good ? cases[i].days : -1);
    }
}

static void test_instants(void **state)
{
    static const struct {
        const char *text, *utc, *told;
    } cases[] = {
        {"2017-08-31T06:00:00Z", "2017-08-31T06:00:00Z", NULL},
        {"2017-08-31T07:00:00+01:00", "2017-08-31T06:00:00Z", NULL},
        {"2017-08-31 07:00", "2017-08-31T06:00:00Z", NULL},
        {"2017-08-31T07:00", "2017-08-31T06:00:00Z", NULL},
        {"2017-08-31T07:00:30", "2017-08-31T06:00:30Z", NULL},
        {"31 Aug 2017 07:00", "2017-08-31T06:00:00Z", NULL},
        {"31/8/2017 07:00", "2017-08-31T06:00:00Z", NULL},
        {"2017-12-31 07:00", "2017-12-31T07:00:00Z", NULL},
        {"2017-08-31", "2017-08-30T23:00:00Z", NULL},
        {"31 Aug 2017", "2017-08-30T23:00:00Z", NULL},
        {"2026-03-29 01:30", NULL, "first instant after it is 2026-03-29T01:00:00Z"},
        {"2026-10-25 01:30", NULL, "write 2026-10-25T00:30:00Z or 2026-10-25T01:30:00Z"},
        {"2017-08-31 24:00", NULL, "no time 24:00"},
        {"2017-08-31 07:60", NULL, "no time 07:60"},
        {"2017-08-31 7:00", NULL, "hh:mm"},
        {"2017-08-31 07:00pm", NULL, "hh:mm"},
        {"2017-08-31T07:00Z", NULL, "2017-08-31T06:00:00Z"},
        {"2017-02-30 07:00", NULL, "28 days"},
        {"9/26/2017 07:00", NULL, "day first"},
        {"07:00", NULL, "hh:mm"},
        {" 07:00", NULL, "hh:mm"},
        {"T07:00", NULL, "cannot be read"},
        {":", NULL, "hh:mm"},
        {"now", NULL, "cannot be read"},
        {"", NULL, "cannot be read"},
    };
    struct err e;
    char iso[UTC_ISO];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        utc_t t = {42};
        int r = when_instant(cases[i].text, london, &t, &e);

        if (!cases[i].utc) {
            check_refusal(cases[i].text, r, &e, cases[i].told);
            assert_int_equal(t.s, 42);
            continue;
        }
        if (r < 0)
            fail_msg("%s", e.text);
        assert_string_equal(utc_iso(t, iso), cases[i].utc);
    }
}

static void test_a_date_begins_after_a_missing_midnight(void **state)
{
    struct zone *cairo;
    struct err e;
    char iso[UTC_ISO];
    utc_t t;

    (void)state;
    assert_int_equal(zone_load("Africa/Cairo", &cairo, &e), 0);
    assert_int_equal(when_instant("2026-04-24", cairo, &t, &e), 0);
    assert_string_equal(utc_iso(t, iso), "2026-04-23T22:00:00Z");
    zone_free(cairo);
}

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        int64_t s; /* 0: refused */
    } cases[] = {
        {"90s", 90},
        {"15m", 900},
        {"26h", 93600},
        {"365d", 31536000},
        {"2w", 1209600},
        {"1d12h", 129600},
        {" 1h ", 3600},
        {"36525d", 3155760000},
        {"36525d1s", 0},
        {"0s", 0},
        {"", 0},
        {"90", 0},
        {"s", 0},
        {"1d12", 0},
        {"-1h", 0},
        {"+1h", 0},
        {"1.5h", 0},
        {"1y", 0},
        {"1 d", 0},
        {"99999999999999999999s", 0},
        {"99999999999999999999w", 0},
        {"1h\x80", 0},
        {"1ms", 0},
        {"0d1s", 1},
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t s = 0;
        int r = when_duration(cases[i].text, &s, &e);

        if (r != (cases[i].s ? 0 : -1) || s != cases[i].s)
            fail_msg("\"%s\": %d %lld", cases[i].text, r, (long long)s);
    }
}

static void test_due_dates(void **state)
{
    static const struct {
        const char *text, *day;
        enum due_precision precision;
    } cases[] = {
        {"2017-09-26", "2017-09-26", DUE_DAY},
        {"Tue 26 Sep 2017", "2017-09-26", DUE_DAY},
        {"31/12/2016", "2016-12-31", DUE_DAY},
        {"Dec 2016", "2016-12-31", DUE_MONTH},
        {"december 2016", "2016-12-31", DUE_MONTH},
        {"Feb 2016", "2016-02-29", DUE_MONTH},
        {"End of Feb 2017", "2017-02-28", DUE_MONTH},
        {"2016-12", "2016-12-31", DUE_MONTH},
        {"Q1 2016", "2016-03-31", DUE_QUARTER},
        {"q3 2016", "2016-09-30", DUE_QUARTER},
        {"2016Q3", "2016-09-30", DUE_QUARTER},
        {"2017q4", "2017-12-31", DUE_QUARTER},
        {"end of Q4 2016", "2016-12-31", DUE_QUARTER},
        {"2016", "2016-12-31", DUE_YEAR},
        {"Ongoing", "", DUE_ONGOING},
        {" ONGOING ", "", DUE_ONGOING},
        {"", "", DUE_NONE},
        {"  ", "", DUE_NONE},
        {"TBC", "", DUE_NONE},
        {"tba", "", DUE_NONE},
        {"n/a", "", DUE_NONE},
        {"-", "", DUE_NONE},
    };
    static const char *const refused[] = {
        "today",    "fri",        "+2w",       "Q5 2016", "Q0 2016", "Q3",
        "Q3 16",    "Q3 2016/17", "Dec",       "Dec 16",  "2016-13", "16-12",
        "Foo 2016", "9/26/2017",  "End of Q3", "end of",  "42735",   "on going?",
        "1899",     "X3 2016",    "soon",      "2016Q5",  "2016X3",  "16Q3",
    };
    enum due_precision precision;
    struct err e;
    char iso[DAY_ISO];
    day_t d;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (when_due(cases[i].text, &d, &precision, &e) < 0)
            fail_msg("%s", e.text);
        assert_string_equal(day_iso(d, iso), cases[i].day);
        assert_int_equal(precision, cases[i].precision);
    }
    for (size_t i = 0; i < COUNT(refused); i++)
        if (when_due(refused[i], &d, &precision, &e) == 0)
            fail_msg("\"%s\" was read", refused[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_dates_refused),
        cmocka_unit_test(test_weekdays_of_a_month),
        cmocka_unit_test(test_weekdays_of_all_months),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_recurrences),
        cmocka_unit_test(test_instants),
        cmocka_unit_test(test_a_date_begins_after_a_missing_midnight),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_due_dates),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
