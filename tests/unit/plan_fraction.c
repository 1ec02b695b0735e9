/* Exact sums of parts, how they print, and percentages that add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/fraction.h"

static struct fraction whole(int64_t n)
{
    return (struct fraction){n, 1};
}

static void test_text(void **state)
{
    static const struct {
        struct fraction f;
        const char *text;
    } cases[] = {
        {{0, 1}, "0"},    {{142, 1}, "142"}, {{1, 2}, "½"},
        {{43, 2}, "21½"}, {{1, 3}, "⅓"},     {{5, 3}, "1⅔"},
        {{9, 4}, "2¼"},   {{3, 4}, "¾"},     {{17, 5}, "3 2/5"},
        {{2, 5}, "2/5"},  {{7, 6}, "1 1/6"}, {{INT64_MAX, 1}, "9223372036854775807"},
        {{-7, 1}, "-7"},  {{-1, 2}, "-½"},   {{-43, 2}, "-21½"},
    };
    char text[FRACTION_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(fraction_text(cases[i].f, text), cases[i].text);
}

static void test_sums(void **state)
{
    struct fraction sum = FRACTION_ZERO;
    char text[FRACTION_TEXT];

    (void)state;
    /* as many actions in 1 to 26 parts each as a plan can think of: exact, in lowest terms */
    for (int n = 1; n <= 26; n++)
        for (int i = 0; i < n * 1000; i++)
            sum = fraction_add(sum, fraction_part(n));
    assert_int_equal(sum.num, 26000);
    assert_int_equal(sum.den, 1);
    sum = fraction_add(whole(21), fraction_part(2));
    assert_string_equal(fraction_text(sum, text), "21½");
    assert_true(fraction_number(sum) == 21.5);
    assert_true(fraction_compare(fraction_part(3), fraction_part(2)) < 0);
    assert_true(fraction_compare(fraction_part(2), (struct fraction){2, 4}) == 0);
    assert_true(fraction_compare(whole(INT64_MAX), fraction_part(26)) > 0);
}

static void test_published(void **state)
{
    static const struct {
        int64_t counts[4];
        size_t n;
        int percents[4];
    } cases[] = {
        {{23, 142, 133}, 3, {8, 48, 44}}, /* Bromley, 31 Aug 2017: not 8, 48, 45 */
        {{23, 142, 133, 0}, 4, {8, 48, 44, 0}},
        {{1, 1, 1}, 3, {34, 33, 33}}, /* ties to the first */
        {{1, 1, 1, 1}, 4, {25, 25, 25, 25}},
        {{0, 0, 0}, 3, {0, 0, 0}},
        {{0, 5, 0}, 3, {0, 100, 0}},
        {{1, 0, 999}, 3, {0, 0, 100}},
        {{1, 5, 0}, 3, {17, 83, 0}},
    };
    struct fraction halves[] = {{43, 2}, {57, 2}, {6, 1}}; /* 21½, 28½, 6 of 56 */
    int percents[4];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fraction counts[4];

        for (size_t j = 0; j < cases[i].n; j++)
            counts[j] = whole(cases[i].counts[j]);
        fraction_percent(counts, cases[i].n, percents);
        for (size_t j = 0; j < cases[i].n; j++)
            if (percents[j] != cases[i].percents[j])
                fail_msg("case %zu: %d at %zu", i, percents[j], j);
    }
    fraction_percent(halves, 3, percents);
    assert_int_equal(percents[0], 38); /* 38.39 */
    assert_int_equal(percents[1], 51); /* 50.89 */
    assert_int_equal(percents[2], 11); /* 10.71 */
    fraction_percent(NULL, 0, percents);
}

/* Whatever is counted: they add up to 100, and none is a whole percent off. */
static void test_always_add_up(void **state)
{
    unsigned seed = 20170831;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t n = 1 + (size_t)rand_r(&seed) % 8;
        struct fraction counts[8], sum = FRACTION_ZERO;
        int percents[8], total = 0;

        for (size_t i = 0; i < n; i++) {
            int parts = 1 + rand_r(&seed) % 26;

            counts[i] = whole(rand_r(&seed) % (round % 2 ? 4 : 4000));
            for (int j = rand_r(&seed) % 3; j > 0; j--)
                counts[i] = fraction_add(counts[i], fraction_part(parts));
            sum = fraction_add(sum, counts[i]);
        }
        fraction_percent(counts, n, percents);
        for (size_t i = 0; i < n; i++) {
            double exact = sum.num ? 100 * fraction_number(counts[i]) / fraction_number(sum) : 0;

            total += percents[i];
            assert_true(percents[i] > exact - 1.000001 && percents[i] < exact + 1.000001);
        }
        assert_int_equal(total, sum.num ? 100 : 0);
    }
}

static void test_share(void **state)
{
    (void)state;
    assert_int_equal(fraction_share(whole(298), whole(306)), 97);
    assert_int_equal(fraction_share(whole(1), whole(2)), 50);
    assert_int_equal(fraction_share(whole(1), whole(200)), 1); /* half up */
    assert_int_equal(fraction_share(whole(1), whole(201)), 0);
    assert_int_equal(fraction_share(whole(0), whole(0)), 0);
    assert_int_equal(fraction_share(whole(5), whole(5)), 100);
    assert_int_equal(fraction_share(fraction_part(2), whole(1)), 50);
}

static void test_decimals(void **state)
{
    static const struct {
        const char *text, *want; /* NULL: it is none */
    } table[] = {
        {"0", "0"},
        {"-0", "0"},
        {"007", "7"},
        {"61.5", "61.5"},
        {"61.50", "61.5"},
        {"61.0", "61"},
        {"-3.25", "-3.25"},
        {"-0.0001", "-0.0001"},
        {"999999999.9999", "999999999.9999"},
        {"0.10", "0.1"},
        {"", NULL},
        {"-", NULL},
        {".5", NULL},
        {"5.", NULL},
        {"1,5", NULL},
        {"1,000", NULL},
        {"+1", NULL},
        {"1e3", NULL},
        {"0x1", NULL},
        {"61%", NULL},
        {" 1", NULL},
        {"1 ", NULL},
        {"--1", NULL},
        {"1.2.3", NULL},
        {"nan", NULL},
        {"1234567890", NULL},
        {"1.23456", NULL},
        {"\xd9\xa1", NULL}, /* Arabic 1 */
    };
    static const struct {
        int64_t num, den;
        int places;
        const char *want;
    } rounded[] = {
        {2, 3, 0, "1"},      {2, 3, 2, "0.67"},   {-2, 3, 2, "-0.67"}, {1, 8, 2, "0.13"},
        {-1, 8, 2, "-0.13"}, {999, 1000, 2, "1"}, {-1, 1000, 2, "0"},  {1, 1000, 4, "0.001"},
        {7, 1, 4, "7"},      {0, 5, 4, "0"},
    };
    char text[FRACTION_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct fraction f;
        struct err e;
        int rc = fraction_parse(table[i].text, &f, &e);

        if (rc != (table[i].want ? 0 : -1))
            fail_msg("\"%s\": %d", table[i].text, rc);
        if (rc == 0)
            assert_string_equal(fraction_decimal(f, 4, text), table[i].want);
        else
            assert_int_equal(e.code, ERR_USAGE);
    }
    for (size_t i = 0; i < COUNT(rounded); i++)
        assert_string_equal(fraction_decimal((struct fraction){rounded[i].num, rounded[i].den},
                                             rounded[i].places, text),
                            rounded[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),      cmocka_unit_test(test_sums),
        cmocka_unit_test(test_published), cmocka_unit_test(test_always_add_up),
        cmocka_unit_test(test_share),     cmocka_unit_test(test_decimals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
