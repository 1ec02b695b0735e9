/* On which days something that stays undone is spoken of. */
#include "england.h"
#include "plan/repeat.h"

static const struct repeat once = {0, false}, monthly = {28, false}, weekly = {5, true};

static void test_days(void **state)
{
    static const struct {
        const struct repeat *repeat;
        const char *found;
        int step;
        const char *want;
    } table[] = {
        {&once, "2017-09-01", 0, "2017-09-01"},
        {&once, "2017-09-02", 0, "2017-09-04"}, /* a Saturday */
        {&once, "2017-09-01", 1, NULL},
        {&monthly, "2017-09-02", 0, "2017-09-04"},
        {&monthly, "2017-09-02", 1, "2017-10-02"}, /* 28 days from the day, not from the Monday */
        {&monthly, "2017-11-27", 1, "2017-12-27"}, /* Christmas, Boxing Day */
        {&monthly, "2017-11-27", 2, "2018-01-22"},
        {&monthly, "2016-02-01", 1, "2016-02-29"},
        {&monthly, "2017-02-01", 1, "2017-03-01"},
        {&weekly, "2017-09-07", 0, "2017-09-07"},
        {&weekly, "2017-09-07", 1, "2017-09-14"},
        {&weekly, "2017-12-20", 1, "2017-12-29"}, /* over Christmas */
        {&weekly, "2018-03-29", 2, "2018-04-16"}, /* over Easter */
        {&weekly, "2017-09-09", 1, "2017-09-18"}, /* from the Monday on which it is said */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        day_t got = repeat_day(table[i].repeat, england, day(table[i].found), table[i].step);

        if (got.n != day(table[i].want).n)
            fail_msg("%zu: %d", i, got.n);
    }
}

/* The latest step of every day of two years is the last whose day has come. */
static void test_latest(void **state)
{
    static const struct repeat *const all[] = {&once, &monthly, &weekly};
    static const char *const from[] = {"2017-12-15", "2017-12-16", "2018-03-29", "2018-04-02"};

    (void)state;
    for (size_t r = 0; r < COUNT(all); r++)
        for (size_t k = 0; k < COUNT(from); k++)
            for (int n = -40, want = -1; n < 730; n++) {
                day_t found = day(from[k]), today = day_add(found, n);
                day_t next = repeat_day(all[r], england, found, want + 1);

                want += day_is(next) && next.n <= today.n;
                assert_int_equal(repeat_latest(all[r], england, found, today), want);
            }
}

static void test_steps(void **state)
{
    char step[REPEAT_STEP];

    (void)state;
    assert_string_equal(repeat_step(&once, "off-target value:7", 0, step), "off-target value:7");
    assert_string_equal(repeat_step(&monthly, "unfed", 0, step), "unfed");
    assert_string_equal(repeat_step(&monthly, "unfed", 3, step), "unfed+84");
    assert_string_equal(repeat_step(&weekly, "missing", 2, step), "missing+10wd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_latest),
        cmocka_unit_test(test_steps),
    };

    return cmocka_run_group_tests(tests, england_setup, england_teardown);
}
