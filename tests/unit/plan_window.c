/* Windows: which are open, and on which day each of their steps falls, worked out on a printed
 * calendar. */
#include "england.h"
#include "plan/window.h"

/* A window from one day to another; warn_on NULL: none given. */
static struct deadline window(const char *opens_on, const char *due_on, const char *warn_on)
{
    struct deadline d = deadline_new();

    d.opens_on = day(opens_on);
    d.due_on = day(due_on);
    d.warn_on = day(warn_on);
    return d;
}

static void test_open(void **state)
{
    struct deadline d = window("2018-01-29", "2018-04-30", NULL);

    (void)state;
    assert_true(window_is_open(&d));
    d.ended_on = day("2018-03-01");
    assert_false(window_is_open(&d));
    d.ended_on = day("2019-03-01"); /* booked for after it */
    assert_false(window_is_open(&d));
    d.ended_on = DAY_NONE;
    d.submitted_on = day("2018-03-01");
    assert_false(window_is_open(&d));
    d = window(NULL, "2018-04-30", NULL);
    assert_false(window_is_open(&d));
}

static void test_warns_from_its_last_day(void **state)
{
    struct deadline d = window("2018-01-29", "2018-04-30", NULL);

    (void)state;
    assert_int_equal(window_warn_on(&d).n, d.due_on.n);
    d.warn_on = day("2018-03-05");
    assert_int_equal(window_warn_on(&d).n, d.warn_on.n);
}

/* A Saturday, Good Friday, an early May holiday: told on the working day after. */
static void test_days(void **state)
{
    static const char *const table[][6] = {
        /* opens, warn; then where the first four steps fall */
        {"2018-01-29", "2018-02-26", "2018-01-29", "2018-02-26", "2018-03-05", "2018-03-12"},
        {"2018-01-27", "2018-03-23", "2018-01-29", "2018-03-23", "2018-04-03", "2018-04-06"},
        {"2018-03-30", "2018-04-30", "2018-04-03", "2018-04-30", "2018-05-08", "2018-05-14"},
        {"2017-12-25", "2017-12-24", "2017-12-27", "2017-12-27", "2018-01-02", "2018-01-08"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct deadline d = window(table[i][0], "2018-12-31", table[i][1]);

        for (int step = 0; step < 4; step++) {
            char iso[DAY_ISO];

            assert_string_equal(day_iso(window_day(england, &d, 7, step), iso), table[i][2 + step]);
        }
    }
}

static void test_latest(void **state)
{
    static const struct {
        const char *today;
        int latest;
    } table[] = {
        {"2018-03-01", -1}, {"2018-03-30", -1}, {"2018-04-02", -1}, /* Easter Monday */
        {"2018-04-03", 0},  {"2018-04-29", 0},  {"2018-04-30", 1},  {"2018-05-06", 1},
        {"2018-05-07", 1}, /* a holiday */
        {"2018-05-08", 2},  {"2018-05-13", 2},  {"2018-05-14", 3},  {"2019-04-29", 53},
    };
    struct deadline d = window("2018-03-30", "2018-04-30", NULL);

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(window_latest(england, &d, 7, day(table[i].today)), table[i].latest);
    /* a warning before it opens: it is said that it opens no more */
    d = window("2018-06-04", "2018-07-31", "2018-05-01");
    assert_int_equal(window_latest(england, &d, 7, day("2018-05-01")), 1);
    assert_int_equal(window_latest(england, &d, 7, day("2018-06-04")), 5);
}

/* Every day, on working days alone; every ten days; once a year. */
static void test_other_distances(void **state)
{
    static const struct {
        int every;
        const char *today, *step, *next; /* the latest step, and the day of the one after it */
    } table[] = {
        {1, "2018-03-29", "warn+1", "2018-04-03"}, {1, "2018-04-03", "warn+6", "2018-04-04"},
        {10, "2018-04-06", "warn", "2018-04-09"},  {10, "2018-04-09", "warn+10", "2018-04-17"},
        {366, "2019-03-28", "warn", "2019-03-29"}, {366, "2019-03-29", "warn+366", "2020-03-30"},
    };
    struct deadline d = window("2018-03-01", "2018-12-31", "2018-03-28");

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        int every = table[i].every, latest = window_latest(england, &d, every, day(table[i].today));
        char step[WINDOW_STEP], iso[DAY_ISO];

        assert_string_equal(window_step(every, latest, step), table[i].step);
        assert_string_equal(day_iso(window_day(england, &d, every, latest + 1), iso),
                            table[i].next);
    }
}

/* On no day of ten years is a step told late by more than the days off, early, or left out. */
static void test_every_day(void **state)
{
    (void)state;
    for (int first = 0; first < 40; first++) {
        struct deadline d = window("2017-11-01", "2018-12-31", "2017-12-01");
        int before = -1;

        d.opens_on.n += first;
        d.warn_on.n += first;
        for (day_t today = d.opens_on; today.n < d.opens_on.n + 3652; today = day_add(today, 1)) {
            int latest = window_latest(england, &d, 7, today);

            if (latest == before)
                continue;
            assert_int_equal(latest, before + 1);
            assert_int_equal(window_day(england, &d, 7, latest).n, today.n);
            assert_true(workday_is(england, today));
            before = latest;
        }
        assert_true(before > 500);
    }
}

static void test_names(void **state)
{
    char step[WINDOW_STEP];

    (void)state;
    assert_string_equal(window_step(7, 0, step), "opens");
    assert_string_equal(window_step(7, 1, step), "warn");
    assert_string_equal(window_step(7, 2, step), "warn+7");
    assert_string_equal(window_step(7, 3, step), "warn+14");
    assert_string_equal(window_step(7, 420000, step), "warn+2939993");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_warns_from_its_last_day),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_latest),
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_other_distances),
    };

    return cmocka_run_group_tests(tests, england_setup, england_teardown);
}
