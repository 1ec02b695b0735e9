/* Cron expressions: what they stand for, why they are refused, and the nights the clock changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/mem.h"
#include "calendar/cron.h"

static struct zone *london;

static int load(void **state)
{
    struct err e;

    (void)state;
    return zone_load("Europe/London", &london, &e);
}

static int unload(void **state)
{
    (void)state;
    zone_free(london);
    return 0;
}

static struct cron parsed(const char *expr)
{
    struct cron c = {0};
    struct err e = {0};

    if (cron_parse(expr, CRON_BOTH_REFUSED, &c, &e) < 0)
        fail_msg("%s", e.text);
    return c;
}

static utc_t instant(const char *s)
{
    utc_t t = UTC_NONE;

    if (utc_parse(s, &t) < 0)
        fail_msg("%s", s);
    return t;
}

/* Every time in [from, to) as "UTC local fold reason", one a line. */
static void list(const char *expr, const char *from, const char *to, char *ret, size_t size)
{
    static const char *const reasons[] = {"", " gap", " fold"};
    struct cron c = parsed(expr);
    struct cron_time t;
    size_t n = 0;

    ret[0] = '\0';
    for (bool more = cron_first(&c, london, instant(from), &t); more && t.at.s < instant(to).s;
         more = cron_next(&c, london, &t, &t)) {
        char utc[UTC_ISO], local[LOCAL_ISO];

        n += (size_t)snprintf(ret + n, size - n, "%.5s %s%s%s\n", utc_iso(t.at, utc) + 11,
                              local_iso(t.nominal, local) + 11, t.fold ? " second" : "",
                              reasons[t.reason]);
        assert_true(n < size);
    }
}

/* Both nights are whole days of London: 23 hours and 25 hours. */
static void test_the_nights_the_clock_changes(void **state)
{
    static const struct {
        const char *expr, *spring, *autumn;
    } cases[] = {
        {"30 1 * * *", "01:00 01:30 gap\n", "00:30 01:30 fold\n"},
        {"0,30 1 * * *", "01:00 01:00 gap\n01:00 01:30 gap\n",
         "00:00 01:00 fold\n00:30 01:30 fold\n"},
        {"*/15 1 * * *", "",
         "00:00 01:00 fold\n00:15 01:15 fold\n00:30 01:30 fold\n00:45 01:45 fold\n"
         "01:00 01:00 second fold\n01:15 01:15 second fold\n01:30 01:30 second fold\n"
         "01:45 01:45 second fold\n"},
        {"30 8 * * *", "07:30 08:30\n", "08:30 08:30\n"},
        {"0 2 * * *", "01:00 02:00\n", "02:00 02:00\n"},
        {"0 1,2 * * *", "01:00 01:00 gap\n01:00 02:00\n", "00:00 01:00 fold\n02:00 02:00\n"},
        {"59 0 * * *", "00:59 00:59\n", "23:59 00:59\n"},
        {"30 */2 * 3,10 *",
         "00:30 00:30\n01:30 02:30\n03:30 04:30\n05:30 06:30\n07:30 08:30\n09:30 10:30\n"
         "11:30 12:30\n13:30 14:30\n15:30 16:30\n17:30 18:30\n19:30 20:30\n21:30 22:30\n",
         "23:30 00:30\n02:30 02:30\n04:30 04:30\n06:30 06:30\n08:30 08:30\n10:30 10:30\n"
         "12:30 12:30\n14:30 14:30\n16:30 16:30\n18:30 18:30\n20:30 20:30\n22:30 22:30\n"},
        {"30 8 * * mon-sat", "", ""},
    };
    char text[4096];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        list(cases[i].expr, "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z", text, sizeof text);
        assert_string_equal(text, cases[i].spring);
        list(cases[i].expr, "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z", text, sizeof text);
        assert_string_equal(text, cases[i].autumn);
    }
}

static void test_every_real_half_hour(void **state)
{
    static const char *const days[][2] = {{"2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"},
                                          {"2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"}};
    struct cron c = parsed("*/30 * * * *");
    struct cron_time t;

    (void)state;
    for (size_t i = 0; i < COUNT(days); i++) {
        utc_t expected = instant(days[i][0]);

        assert_true(cron_first(&c, london, expected, &t));
        for (; expected.s < instant(days[i][1]).s; expected.s += 1800) {
            assert_int_equal(t.at.s, expected.s);
            assert_true(cron_next(&c, london, &t, &t));
        }
    }
}

/* From the middle of things: the answer is what the whole list has at or after that second. */
static void test_first_from_any_second(void **state)
{
    static const char *const exprs[] = {"30 1 * * *", "0,30 1 * * *", "*/15 1 * * *",
                                        "*/30 * * * *", "45 0-2 * * *"};

    (void)state;
    for (size_t i = 0; i < COUNT(exprs); i++) {
        struct cron c = parsed(exprs[i]);
        struct cron_time next, t;

        for (int night = 0; night < 2; night++) {
            utc_t from = instant(night ? "2026-10-24T22:00:00Z" : "2026-03-28T22:00:00Z");

            assert_true(cron_first(&c, london, from, &next));
            for (int s = 0; s < 6 * 3600; s += 17, from.s += 17) {
                while (next.at.s < from.s)
                    assert_true(cron_next(&c, london, &next, &next));
                assert_true(cron_first(&c, london, from, &t));
                assert_int_equal(t.at.s, next.at.s);
                assert_int_equal(t.nominal.second, next.nominal.second);
                assert_int_equal(t.fold, next.fold);
            }
            assert_true(cron_first(&c, london, next.at, &t)); /* T itself is included */
            assert_int_equal(t.at.s, next.at.s);
        }
    }
}

static void test_what_expressions_stand_for(void **state)
{
    static const struct {
        const char *a, *b;
    } same[] = {
        {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 jan *"},
        {"@quarterly", "0 0 1 1,4,7,10 *"},
        {"@monthly", "0 0 1 * *"},
        {"@weekly", "0 0 * * sun"},
        {"@DAILY", "0 0 * * *"},
        {"@midnight", "0 0 * * *"},
        {"@hourly", "0 * * * *"},
        {"  30\t8  * *   1-5 ", "30 8 * * MON-Fri"},
        {"0 0 * * 7", "0 0 * * 0"},
        {"0 0 * * mon-sun", "0 0 * * *"},
        {"0 0 * * 0-7", "0 0 * * *"},
        {"0 0 * * 5-7", "0 0 * * fri,sat,sun"},
        {"0 0 * * 7-1", "0 0 * * 0,1"},
        {"5/15 0 * * *", "5,20,35,50 0 * * *"},
        {"0-59/15 0 * * *", "0,15,30,45 0 * * *"},
        {"0 8-18/5 * * *", "0 8,13,18 * * *"},
        {"0 0 1-31 * 1", "0 0 * * mon"},
        {"0 0 */1 * 1", "0 0 * * mon"},
        {"0 0 1 */3 *", "0 0 1 jan,apr,jul,oct *"},
        {"0 0 1,1,1 * *", "0 0 1 * *"},
        {"00 08 * * *", "0 8 * * *"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        struct cron a = parsed(same[i].a), b = parsed(same[i].b);

        if (a.minutes != b.minutes || a.hours != b.hours || a.days != b.days ||
            a.months != b.months || a.weekdays != b.weekdays || a.real_time != b.real_time)
            fail_msg("\"%s\" is not \"%s\"", same[i].a, same[i].b);
    }
    assert_true(parsed("*/15 1 * * *").real_time);
    assert_true(parsed("0 */2 * * *").real_time);
    assert_false(parsed("0,*/15 1 * * *").real_time);
    assert_false(parsed("0 0 * * *").real_time);
}

static const struct {
    const char *expr, *told;
} refusals[] = {
    {"", "minute is missing"},
    {"   ", "minute is missing"},
    {"0 8 * *", "day of the week is missing"},
    {"0 0 8 * * *", "more than five fields"},
    {"0 8 * * * root", "more than five fields"},
    {"@reboot", "@reboot is refused"},
    {"@every 5m", "no such nickname"},
    {"@", "no such nickname"},
    {"60 * * * *", "goes from 0 to 59"},
    {"0 24 * * *", "goes from 0 to 23"},
    {"0 0 0 * *", "goes from 1 to 31"},
    {"0 0 32 * *", "goes from 1 to 31"},
    {"0 0 1 13 *", "goes from 1 to 12"},
    {"0 0 * * 8", "goes from 0 to 7"},
    {"99999999999999999999 * * * *", "out of range"},
    {"-1 * * * *", "cannot be read from \"-1\""},
    {"*/60 * * * *", "hits one value only, 0"},
    {"5/70 * * * *", "hits one value only, 5"},
    {"10-20/15 * * * *", "hits one value only, 10"},
    {"59/1 * * * *", "hits one value only, 59"},
    {"0 */24 * * *", "hits one value only"},
    {"0 0 */31 * *", "hits one value only"},
    {"0 0 1 */12 *", "hits one value only"},
    {"0 0 * * */7", "hits one value only"},
    {"0 0 * * 0-7/7", "hits one value only"},
    {"*/0 * * * *", "above 0"},
    {"*/ * * * *", "above 0"},
    {"*/-5 * * * *", "above 0"},
    {"*/99999999999999999999999 * * * *", "hits one value only"},
    {"0 22-6 * * *", "22-23,0-6"},
    {"0 0 * nov-feb *", "11-12,1-2"},
    {"0 0 30 2 *", "would never fire"},
    {"0 0 31 2,4,6,9,11 *", "would never fire"},
    {"0 0 1 * mon", "both restricted"},
    {"0 0 */2 * mon", "both restricted"},
    {"1~5 * * * *", "a~b"},
    {"~ * * * *", "a~b"},
    {"0 0 LW * *", "only the last day of the month"},
    {"0 0 L-3 * *", "only the last day of the month"},
    {"0 0 L/2 * *", "only the last day of the month"},
    {"0 0 5L * *", "is no day of the month"},
    {"L * * * *", "only the last day of the month"},
    {"0 0 1 L *", "only the last day of the month"},
    {"0 0 * * L", "FRI#L"},
    {"0 0 * * 5L", "FRI#L"},
    {"0 0 * * FRIL", "is no day of the week"},
    {"0 0 * * MON#0", "MON#1 to MON#5"},
    {"0 0 * * MON#6", "MON#1 to MON#5"},
    {"0 0 * * MON#", "MON#1 to MON#5"},
    {"0 0 * * MON#22", "cannot be read from \"2\""},
    {"0 0 * * MON#LL", "cannot be read from \"L\""},
    {"0 0 * * MON#2-3", "cannot be read from \"-3\""},
    {"0 0 * * MON#1/2", "cannot be read from \"/2\""},
    {"0 0 * * MON-FRI#2", "cannot be read from \"#2\""},
    {"0 0 * * 8#1", "goes from 0 to 7"},
    {"0 0 1#2 * *", "in the day of the week only"},
    {"0 0 L * 1", "both restricted"},
    {"0 0 1 * MON#1", "both restricted"},
    {"0 0 15W * *", "is no day of the month"},
    {"0 0 ? * *", "cannot be read from \"?\""},
    {"0 0 1, * *", "ends where a value should follow"},
    {"0 0 1- * *", "ends where a value should follow"},
    {"0 0 ,1 * *", "cannot be read"},
    {"0 0 1--2 * *", "cannot be read"},
    {"0 0 1-2-3 * *", "cannot be read"},
    {"*5 * * * *", "cannot be read from \"5\""},
    {"** * * * *", "cannot be read"},
    {"1.5 * * * *", "cannot be read"},
    {"0x10 * * * *", "is no minute"},
    {"0 0 * january *", "is no month"},
    {"0 0 * jen *", "jan to dec"},
    {"0 0 * * mo", "sun to sat"},
    {"mon * * * *", "is no minute"},
    {"0 0 é * *", "cannot be read"},
    {"0 0 \x1b[31m * *", "cannot be read"},
};

/* The dates of an expression at midnight in two years, as "MM-DD", joined by blanks. */
static void dates(const char *expr, enum cron_both both, int year, char *ret, size_t size)
{
    char from[] = "2024-01-01T00:00:00Z";
    struct cron c = {0};
    struct cron_time t;
    struct err e = {0};
    size_t n = 0;

    snprintf(from, 5, "%04d", year);
    from[4] = '-';
    ret[0] = '\0';
    if (cron_parse(expr, both, &c, &e) < 0)
        fail_msg("%s", e.text);
    for (bool more = cron_first(&c, london, instant(from), &t); more;
         more = cron_next(&c, london, &t, &t)) {
        char local[LOCAL_ISO];

        local_iso(t.nominal, local);
        if (atoi(local) != year)
            break;
        n += (size_t)snprintf(ret + n, size - n, "%s%.5s", n ? " " : "", local + 5);
        assert_true(n < size);
    }
}

static void test_days_of_the_month_and_of_its_weeks(void **state)
{
    static const struct {
        const char *expr;
        enum cron_both both;
        int year;
        const char *dates;
    } cases[] = {
        {"0 0 L 1-4 *", CRON_BOTH_REFUSED, 2024, "01-31 02-29 03-31 04-30"},
        {"0 0 l 2 *", CRON_BOTH_REFUSED, 2100, "02-28"},
        {"0 0 15,L 2 *", CRON_BOTH_REFUSED, 2025, "02-15 02-28"},
        {"0 0 30,L 4 *", CRON_BOTH_REFUSED, 2025, "04-30"},
        {"0 0 * 1-3 MON#2", CRON_BOTH_REFUSED, 2024, "01-08 02-12 03-11"},
        {"0 0 * 1-3 1#2", CRON_BOTH_REFUSED, 2024, "01-08 02-12 03-11"},
        {"0 0 * 1-3 mon#l", CRON_BOTH_REFUSED, 2024, "01-29 02-26 03-25"},
        {"0 0 * 1-3 Sun#L", CRON_BOTH_REFUSED, 2024, "01-28 02-25 03-31"},
        {"0 0 * 1-3 7#1", CRON_BOTH_REFUSED, 2024, "01-07 02-04 03-03"},
        {"0 0 * 1-6 FRI#5", CRON_BOTH_REFUSED, 2024, "03-29 05-31"},
        {"0 0 * 3 THU,MON#1,FRI#L", CRON_BOTH_REFUSED, 2024, "03-04 03-07 03-14 03-21 03-28 03-29"},
        {"0 0 13 * FRI", CRON_BOTH_AND, 2026, "02-13 03-13 11-13"},
        {"0 0 13 2 FRI", CRON_BOTH_OR, 2026, "02-06 02-13 02-20 02-27"},
        {"0 0 L 2 MON#1", CRON_BOTH_OR, 2026, "02-02 02-28"},
        {"0 0 29 2 SUN", CRON_BOTH_AND, 2032, "02-29"},
        /* where one of the two is *, there is nothing to say */
        {"0 0 13 2 *", CRON_BOTH_OR, 2026, "02-13"},
        {"0 0 * 2 SUN", CRON_BOTH_OR, 2026, "02-01 02-08 02-15 02-22"},
    };
    char text[4096];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        dates(cases[i].expr, cases[i].both, cases[i].year, text, sizeof text);
        if (strcmp(text, cases[i].dates) != 0)
            fail_msg("%s: %s", cases[i].expr, text);
    }
}

static void test_dates_that_never_occur(void **state)
{
    static const char *const never[] = {"0 0 8 * MON#1", "0 0 30 2 MON", "0 0 L 4,6 MON#4",
                                        "0 0 1-21 * MON#L"};
    struct cron c;
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT(never); i++) {
        if (cron_parse(never[i], CRON_BOTH_AND, &c, &e) == 0)
            fail_msg("\"%s\" was read", never[i]);
        assert_non_null(strstr(e.text, "would never fire"));
    }
    assert_int_equal(cron_parse("0 0 30 2 MON", CRON_BOTH_OR, &c, &e), 0);
}

static void test_and_or_or(void **state)
{
    enum cron_both both;
    struct err e;

    (void)state;
    assert_int_equal(cron_both_read("and", &both, &e), 0);
    assert_int_equal(both, CRON_BOTH_AND);
    assert_int_equal(cron_both_read("", &both, &e), 0);
    assert_int_equal(both, CRON_BOTH_REFUSED);
    assert_int_equal(cron_both_read("xor", &both, &e), -1);
    assert_non_null(strstr(e.text, "neither and"));
}

static void test_refusals_say_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct cron c = {.minutes = 42};
        struct err e = {0};

        if (cron_parse(refusals[i].expr, CRON_BOTH_REFUSED, &c, &e) == 0)
            fail_msg("\"%s\" was read", refusals[i].expr);
        assert_int_equal(e.code, ERR_USAGE);
        assert_int_equal(c.minutes, 42);
        assert_null(strchr(e.text, '\x1b'));
        if (!strstr(e.text, refusals[i].told))
            fail_msg("\"%s\" does not say \"%s\"", e.text, refusals[i].told);
    }
}

static void test_long_expressions(void **state)
{
    static char text[200000];
    struct cron c;
    struct err e;

    (void)state;
    memset(text, '1', sizeof text - 1);
    assert_int_equal(cron_parse(text, CRON_BOTH_REFUSED, &c, &e), -1);
    memset(text, ' ', sizeof text - 1);
    assert_int_equal(cron_parse(text, CRON_BOTH_REFUSED, &c, &e), -1);
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "1,", 2);
    memcpy(text + sizeof text - 10, "1 0 * * *", 10);
    assert_int_equal(cron_parse(text, CRON_BOTH_REFUSED, &c, &e), 0);
    assert_true(c.minutes == 2);
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "€", 3);
    assert_int_equal(cron_parse(text, CRON_BOTH_REFUSED, &c, &e), -1);
    assert_non_null(strstr(e.text, "€\"")); /* cut between characters */
}

static void test_rare_dates(void **state)
{
    struct cron leap = parsed("0 12 29 2 *"), friday = parsed("0 12 * 2 5");
    struct cron_time t;
    char local[LOCAL_ISO];

    (void)state;
    assert_true(cron_first(&leap, london, instant("2096-03-01T00:00:00Z"), &t));
    assert_string_equal(local_iso(t.nominal, local), "2104-02-29T12:00"); /* 2100 is no leap year */
    assert_true(cron_first(&friday, london, instant("2026-03-01T00:00:00Z"), &t));
    assert_string_equal(local_iso(t.nominal, local), "2027-02-05T12:00");
    assert_false(cron_first(&leap, london, instant("9997-01-01T00:00:00Z"), &t));
    assert_false(cron_first(&leap, london, UTC_NONE, &t));
    assert_false(cron_first(&leap, london, (utc_t){INT64_MAX}, &t));
}

/* A day that never was: its civil times fire when the next one begins, each under its own name. */
static void test_a_day_left_out(void **state)
{
    struct cron c = parsed("0 9,17 * * *"), star = parsed("0 */6 * * *");
    struct zone *apia;
    struct cron_time t;
    struct err e;
    char utc[UTC_ISO], local[LOCAL_ISO];

    (void)state;
    assert_int_equal(zone_load("Pacific/Apia", &apia, &e), 0);
    assert_true(cron_first(&c, apia, instant("2011-12-30T10:00:00Z"), &t));
    assert_string_equal(local_iso(t.nominal, local), "2011-12-30T09:00");
    assert_string_equal(utc_iso(t.at, utc), "2011-12-30T10:00:00Z");
    assert_int_equal(t.reason, CRON_GAP);
    assert_true(cron_next(&c, apia, &t, &t));
    assert_string_equal(local_iso(t.nominal, local), "2011-12-30T17:00");
    assert_string_equal(utc_iso(t.at, utc), "2011-12-30T10:00:00Z");
    assert_true(cron_next(&c, apia, &t, &t));
    assert_string_equal(local_iso(t.nominal, local), "2011-12-31T09:00");
    assert_true(cron_first(&star, apia, instant("2011-12-30T04:00:01Z"), &t));
    assert_string_equal(local_iso(t.nominal, local), "2011-12-31T00:00");
    zone_free(apia);
}

/* Forty years are searched by months and days, not by minutes: thousands of searches take no time.
 */
static void test_searching_is_quick(void **state)
{
    struct cron leap = parsed("*/30 12 29 2 *");
    struct timespec from, to;
    struct cron_time t;

    (void)state;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int i = 0; i < 1000; i++)
        assert_true(cron_first(&leap, london, (utc_t){1709294400 + i}, &t));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    assert_true(to.tv_sec - from.tv_sec < 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_nights_the_clock_changes),
        cmocka_unit_test(test_every_real_half_hour),
        cmocka_unit_test(test_first_from_any_second),
        cmocka_unit_test(test_what_expressions_stand_for),
        cmocka_unit_test(test_days_of_the_month_and_of_its_weeks),
        cmocka_unit_test(test_dates_that_never_occur),
        cmocka_unit_test(test_and_or_or),
        cmocka_unit_test(test_refusals_say_why),
        cmocka_unit_test(test_long_expressions),
        cmocka_unit_test(test_rare_dates),
        cmocka_unit_test(test_a_day_left_out),
        cmocka_unit_test(test_searching_is_quick),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
