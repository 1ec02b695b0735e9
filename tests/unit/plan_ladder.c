/* The ladder: on which day each step falls, weekends, Christmas and Easter included. */
#include "england.h"
#include "plan/ladder.h"

static struct ladder usual, visit;

static int setup(void **state)
{
    struct err e;

    if (ladder_parse("28 14 7 1 0", &usual, &e) < 0 || ladder_parse("28 14 7 1", &visit, &e) < 0)
        return -1;
    return england_setup(state);
}

static void assert_day(day_t found, const char *expected)
{
    char iso[DAY_ISO];

    assert_string_equal(day_iso(found, iso), expected);
}

static void test_days(void **state)
{
    /* due, send by, and the five steps before that, worked out on a printed calendar */
    static const char *const table[][7] = {
        {"2017-10-01", "2017-09-29", "2017-09-01", "2017-09-15", "2017-09-22", "2017-09-28",
         "2017-09-29"},
        {"2018-01-01", "2017-12-29", "2017-12-01", "2017-12-15", "2017-12-22", "2017-12-28",
         "2017-12-29"},
        {"2018-04-01", "2018-03-29", "2018-03-01", "2018-03-15", "2018-03-22", "2018-03-28",
         "2018-03-29"},
        {"2018-07-01", "2018-06-29", "2018-06-01", "2018-06-15", "2018-06-22", "2018-06-28",
         "2018-06-29"},
        /* the day after the bank holiday; seven days before is Boxing Day */
        {"2018-01-02", "2018-01-02", "2017-12-05", "2017-12-19", "2017-12-22", "2017-12-29",
         "2018-01-02"},
        /* 28 days before a Monday is one, 1 before is a Sunday */
        {"2017-10-30", "2017-10-30", "2017-10-02", "2017-10-16", "2017-10-23", "2017-10-27",
         "2017-10-30"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        day_t send_by = ladder_send_by(england, day(table[i][0]));

        assert_day(send_by, table[i][1]);
        for (size_t k = 0; k < usual.count; k++)
            assert_day(ladder_day(&usual, england, send_by, usual.days[k]), table[i][2 + k]);
    }
}

static void test_latest(void **state)
{
    static const struct {
        const char *today;
        int deadline, visit;
    } table[] = {
        {"2017-10-01", -1, -1}, {"2017-10-02", 0, 0}, {"2017-10-15", 0, 0}, {"2017-10-16", 1, 1},
        {"2017-10-23", 2, 2},   {"2017-10-26", 2, 2}, {"2017-10-27", 3, 3}, {"2017-10-29", 3, 3},
        {"2017-10-30", 4, 3},   {"2018-10-30", 4, 3},
    };
    day_t date = day("2017-10-30");

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        day_t today = day(table[i].today);

        assert_int_equal(ladder_latest(&usual, england, date, today), table[i].deadline);
        assert_int_equal(ladder_latest(&visit, england, date, today), table[i].visit);
    }
}

/* On no date of 60 years do two steps fall on one day, or out of order, or on a day off. */
static void test_steps_stay_apart(void **state)
{
    (void)state;
    for (int n = day("2010-01-01").n; n < day("2070-01-01").n; n++) {
        day_t send_by = ladder_send_by(england, (day_t){n}), before = DAY_NONE;

        for (size_t k = 0; k < usual.count; k++) {
            day_t step = ladder_day(&usual, england, send_by, usual.days[k]);

            if (!workday_is(england, step) || step.n > send_by.n - usual.days[k] ||
                (day_is(before) && step.n <= before.n))
                fail_msg("step %zu before day %d", k, n);
            before = step;
        }
    }
}

/* Every date up to it has begun its ladder, none after it has. */
static void test_horizon(void **state)
{
    (void)state;
    assert_day(ladder_horizon(&usual, england, day("2017-09-01")), "2017-10-01");
    assert_day(ladder_horizon(&usual, england, day("9999-12-03")), "9999-12-31");
    assert_false(day_is(ladder_horizon(&usual, england, day("9999-12-20"))));
    assert_false(day_is(ladder_horizon(&usual, england, day("9999-12-31"))));
    for (int n = day("2015-01-01").n; n < day("2025-01-01").n; n++) {
        day_t last = ladder_horizon(&usual, england, (day_t){n});

        for (int due = n; due < n + 60; due++) {
            day_t first = ladder_day(&usual, england, ladder_send_by(england, (day_t){due}), 28);

            assert_int_equal(due <= last.n, first.n <= n);
        }
    }
}

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        int count, first, last;
    } good[] = {
        {"28 14 7 1 0", 5, 28, 0}, {"0", 1, 0, 0},     {"366", 1, 366, 366},
        {"  10   5 ", 2, 10, 5},   {"007 1", 2, 7, 1}, {"12 11 10 9 8 7 6 5 4 3 2 1", 12, 12, 1},
    };
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "no steps: 28 14 7 1 0 +1 every 5 is what is usual"},
        {"   ", "no steps"},
        {"7 7", "the steps must fall, 7 stands after 7"},
        {"1 7", "the steps must fall, 7 stands after 1"},
        {"367", "\"367\" is no number of days from 0 to 366"},
        {"9999999999999999999999", "is no number"},
        {"-1", "\"-1\" is no number"},
        {"7,1", "\"7,1\" is no number"},
        {"7\t1", "is no number"},
        {"28 14 7 1 0\n", "is no number"},
        {"7 1 x", "\"x\" is no number"},
        {"1.5", "is no number"},
        {"0x1", "is no number"},
        {"13 12 11 10 9 8 7 6 5 4 3 2 1", "more than 12 steps"},
        {"+1 +2 +3 +4 +5 +6 +7 +8 +9 +10 +11 +12 +13", "more than 12 steps after the date"},
        {"+0", "+0 is the day itself: write 0"},
        {"+", "\"+\" is no number"},
        {"++1", "is no number"},
        {"+1 7", "7 is a day before the date: it stands before +1"},
        {"7 +5 +5", "the steps after the date must rise, +5 stands after +5"},
        {"7 every 5", "\"every\" follows a day after the date"},
        {"every 5", "\"every\" follows a day after the date"},
        {"+1 every", "\"every\" is followed by working days from 1 to 366"},
        {"+1 every 0", "is followed by working days"},
        {"+1 every 367", "is followed by working days"},
        {"+1 every 5 +9", "\"+9\" cannot end a ladder"},
        {"7 on any days", "\"s\" cannot end a ladder"},
        {"7 on", "\"on\" cannot end a ladder"},
        {"on any day", "no steps"},
        {"7 on any day every 5", "\"every 5\" cannot end a ladder"},
        {"+1 every on any day", "\"every\" is followed by working days"},
        {"+1 every5", "\"every5\" is no number"},
        {"+1 every 5 every 5", "\"every 5\" cannot end a ladder"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct ladder l;
        struct err e = {0};

        if (ladder_parse(good[i].text, &l, &e) != 0)
            fail_msg("\"%s\": %s", good[i].text, e.text);
        assert_int_equal(l.count, good[i].count);
        assert_int_equal(l.days[0], good[i].first);
        assert_int_equal(l.days[l.count - 1], good[i].last);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct ladder l = {.days = {5}, .count = 1};
        struct err e = {0};

        if (ladder_parse(bad[i].text, &l, &e) != -1 || e.code != ERR_USAGE ||
            !strstr(e.text, bad[i].why))
            fail_msg("\"%s\" says \"%s\"", bad[i].text, e.text);
        assert_int_equal(l.days[0], 5); /* untouched */
    }
}

static void expect_texts(const char *const table[][2], size_t count,
                         char *(*words)(const struct ladder *l))
{
    for (size_t i = 0; i < count; i++) {
        struct ladder l;
        struct err e;
        char *text;

        assert_int_equal(ladder_parse(table[i][0], &l, &e), 0);
        text = words(&l);
        assert_string_equal(text, table[i][1]);
        free(text);
    }
}

/* What is read is written back, and read again is the same. */
static void test_text(void **state)
{
    static const char *const table[][2] = {
        {"28 14 7 1 0 +1 every 5", "28 14 7 1 0 +1 every 5"},
        {" 7  0 +1   +15  ", "7 0 +1 +15"},
        {"+1 every 1", "+1 every 1"},
        {"7 +1 every 7  on any day ", "7 +1 every 7 on any day"},
        {"0 on any day", "0 on any day"},
        {"0", "0"},
    };

    (void)state;
    expect_texts(table, COUNT(table), ladder_text);
}

/* The day of step k after the date. */
static day_t place_day(const struct ladder *l, const char *due, int k)
{
    day_t send_by = ladder_send_by(england, day(due));

    return ladder_place_day(l, england, send_by, day(due), (int)l->count + k);
}

/* due, then the days of the first steps after it, from a printed calendar */
static void test_days_after(void **state)
{
    static const char *const table[][5] = {
        {"2017-08-31", "2017-09-01", "2017-09-08", "2017-09-15", "2017-09-22"},
        {"2017-09-01", "2017-09-04", "2017-09-11", "2017-09-18", "2017-09-25"},
        {"2017-09-02", "2017-09-04", "2017-09-11", "2017-09-18", "2017-09-25"},
        /* Christmas, Boxing Day and New Year's Day are stepped over */
        {"2017-12-18", "2017-12-19", "2017-12-28", "2018-01-05", "2018-01-12"},
        {"2017-12-24", "2017-12-27", "2018-01-04", "2018-01-11", "2018-01-18"},
        /* Good Friday 30 March and Easter Monday 2 April */
        {"2018-03-29", "2018-04-03", "2018-04-10", "2018-04-17", "2018-04-24"},
    };
    struct ladder l;
    struct err e;

    (void)state;
    assert_int_equal(ladder_parse("28 0 +1 every 5", &l, &e), 0);
    for (size_t i = 0; i < COUNT(table); i++)
        for (int k = 0; k < 4; k++)
            assert_day(place_day(&l, table[i][0], k), table[i][1 + k]);
    assert_int_equal(ladder_parse("0 +1 +14", &l, &e), 0);
    assert_day(place_day(&l, "2017-09-01", 1), "2017-09-15");
    assert_false(day_is(place_day(&l, "2017-09-01", 2)));
}

/* Nothing moves: 24 December 2017 is a Sunday, the 25th a holiday. */
static void test_any_day(void **state)
{
    static const char *const days[] = {"2017-12-17", "2017-12-24", "2017-12-25", "2018-01-01",
                                       "2018-01-08"};
    day_t due = day("2017-12-24");
    char step[LADDER_STEP];
    struct ladder l;
    struct err e;

    (void)state;
    assert_int_equal(ladder_parse("7 0 +1 every 7 on any day", &l, &e), 0);
    assert_day(ladder_action_day(&l, england, due), "2017-12-24");
    assert_day(ladder_action_day(&usual, england, due), "2017-12-22");
    for (int i = 0; i < (int)COUNT(days); i++) {
        assert_day(ladder_place_day(&l, england, due, due, i), days[i]);
        assert_int_equal(ladder_place(&l, england, due, due, day(days[i])), i);
        assert_int_equal(ladder_place(&l, england, due, due, day_add(day(days[i]), -1)),
                         i == 2 ? 1 : i - 1);
    }
    assert_string_equal(ladder_place_step(&l, 3, step), "T+1+7d");
}

/* The place is the one whose day has come and whose next has not, on every day of years; from the
 * date to the first step after it there is none. */
static void test_place(void **state)
{
    static const char *const ladders[] = {"28 7 0 +1 every 5", "+1 +14 every 1", "0 +3", "7 +1 +2",
                                          "28 7 0 +1 every 5 on any day"};

    (void)state;
    for (size_t k = 0; k < COUNT(ladders); k++) {
        struct ladder l;
        struct err e;

        assert_int_equal(ladder_parse(ladders[k], &l, &e), 0);
        for (int n = day("2027-12-18").n; n < day("2028-01-08").n; n++) {
            day_t due = {n}, send_by = ladder_send_by(england, due);

            for (int t = n - 40; t < n + 1300; t++) {
                int place = ladder_place(&l, england, send_by, due, (day_t){t});
                int from = t <= n ? 0 : (int)l.count, to = t <= n ? (int)l.count : INT32_MAX;
                int next = place < 0 ? from : place + 1;
                day_t on = next < to ? ladder_place_day(&l, england, send_by, due, next) : DAY_NONE;

                if (place >= 0 && (place < from || place >= to ||
                                   ladder_place_day(&l, england, send_by, due, place).n > t))
                    fail_msg("%s: step %d of %d has not come on %d", ladders[k], place, n, t);
                if (day_is(on) && on.n <= t)
                    fail_msg("%s: step %d of %d has come on %d", ladders[k], next, n, t);
            }
        }
    }
}

static void test_names(void **state)
{
    char step[LADDER_STEP];
    struct ladder l;
    struct err e;

    (void)state;
    assert_string_equal(ladder_step(28, step), "T-28");
    assert_string_equal(ladder_step(0, step), "T-0");
    assert_int_equal(ladder_parse("7 0 +1 +14 every 5", &l, &e), 0);
    assert_string_equal(ladder_place_step(&l, 0, step), "T-7");
    assert_string_equal(ladder_place_step(&l, 1, step), "T-0");
    assert_string_equal(ladder_place_step(&l, 2, step), "T+1");
    assert_string_equal(ladder_place_step(&l, 3, step), "T+14");
    assert_string_equal(ladder_place_step(&l, 4, step), "T+14+5wd");
    assert_string_equal(ladder_place_step(&l, 6, step), "T+14+15wd");
    assert_true(strlen(ladder_place_step(&l, 1000000, step)) < LADDER_STEP);
}

static void test_before_text(void **state)
{
    static const char *const table[][2] = {
        {"28 14 7 1", "28, 14, 7 and 1 days before"},
        {"10 3 +1 every 5", "10 and 3 days before"},
        {"2", "2 days before"},
        {"1", "1 day before"},
        {"1 0", "1 and 0 days before"},
        {"0", "0 days before"},
    };

    (void)state;
    expect_texts(table, COUNT(table), ladder_before_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_days_after),
        cmocka_unit_test(test_any_day),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_latest),
        cmocka_unit_test(test_steps_stay_apart),
        cmocka_unit_test(test_horizon),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_before_text),
    };

    return cmocka_run_group_tests(tests, setup, england_teardown);
}
