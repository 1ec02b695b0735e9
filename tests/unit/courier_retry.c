/* The published delays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/mem.h"
#include "courier/retry.h"

static void test_mail(void **state)
{
    static const int64_t published[] = {60, 300, 900, 1800, 3600, 7200};
    int64_t least = INT64_MAX, most = 0;
    char id[32];

    (void)state;
    for (int i = 0; i < 500; i++) {
        int64_t total = 0;

        snprintf(id, sizeof id, "%d@x.example", i);
        for (int attempt = 1; attempt < 36; attempt++) {
            int64_t base = attempt <= 6 ? published[attempt - 1] : 14400;
            int64_t delay = retry_mail(attempt, id);

            assert_in_range(delay * 10, base * 9, base * 11);
            assert_int_equal(delay, retry_mail(attempt, id));
            if (attempt == 7) {
                least = delay < least ? delay : least;
                most = delay > most ? delay : most;
            }
            total += delay;
        }
        assert_in_range(total, 108 * 3600, 132 * 3600);
        assert_int_equal(retry_mail(36, id), -1);
    }
    assert_true(least < 14400 * 92 / 100 && most > 14400 * 108 / 100); /* they do spread */
    assert_int_equal(retry_mail(0, id), -1);
    assert_int_equal(retry_mail(-1, id), -1);
    assert_int_equal(retry_mail(1000000, id), -1);
}

static void test_webhook(void **state)
{
    static const int64_t published[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    static const struct {
        int64_t asked, want;
    } asked[] = {{0, 5}, {-5, 5},        {1, 5},         {5, 5},
                 {6, 6}, {86400, 86400}, {86401, 86400}, {INT64_MAX, 86400}};

    (void)state;
    for (int i = 0; i < (int)COUNT(published); i++)
        assert_int_equal(retry_webhook(i + 1, 0), published[i]);
    for (size_t i = 0; i < COUNT(asked); i++)
        assert_int_equal(retry_webhook(1, asked[i].asked), asked[i].want);
    assert_int_equal(retry_webhook(10, 0), -1);
    assert_int_equal(retry_webhook(10, 60), -1);
    assert_int_equal(retry_webhook(0, 0), -1);
}

/* RFC 9110, 10.2.3: seconds, or a date in any of the forms of 5.6.7. 1504254600 is 08:30:00. */
static void test_retry_after(void **state)
{
    static const struct {
        const char *value;
        int64_t want;
    } cases[] = {
        {"120", 120},
        {"0", 1},
        {"99999999999999999999999999", 9999999999},
        {"Fri, 01 Sep 2017 08:32:00 GMT", 120},
        {"Friday, 01-Sep-17 08:32:00 GMT", 120},
        {"Fri Sep  1 08:32:00 2017", 120},
        {"Fri, 01 Sep 2017 08:30:00 GMT", 1},
        {"Thu, 01 Jan 1970 00:00:01 GMT", 1},
        {"Sat, 02 Sep 2017 08:30:00 GMT", 86400},
        {"", 0},
        {"soon", 0},
        {"-5", 0},
        {"1.5", 0},
        {"12 parsecs", 0},
        {"Fri, 41 Sep 2017 08:32:00 GMT", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t got = retry_asked(cases[i].value, (utc_t){1504254600});

        if (got != cases[i].want)
            fail_msg("\"%s\": %lld", cases[i].value, (long long)got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mail), cmocka_unit_test(test_webhook),
                                       cmocka_unit_test(test_retry_after)};

    return cmocka_run_group_tests_name("courier_retry", tests, NULL, NULL);
}
