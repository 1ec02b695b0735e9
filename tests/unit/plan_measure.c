/* The figures of measures, and what misses a target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/measure.h"

static void test_figures(void **state)
{
    static const struct {
        const char *stated, *count, *out_of, *want; /* NULL: there is none */
    } table[] = {
        {"61.5", NULL, NULL, "61.5"},
        {"0", NULL, NULL, "0"},
        {"-3.25", NULL, NULL, "-3.25"},
        {NULL, "49", "80", "61.25"},
        {NULL, "1", "3", "33.33"},
        {NULL, "2", "3", "66.67"},
        {NULL, "0", "80", "0"},
        {NULL, "80", "80", "100"},
        {NULL, "0", "0", NULL},
        {"12", "0", "0", "12"},
        {"85.2", "52", "61", "85.2"},
        {NULL, NULL, NULL, NULL},
        {NULL, "5", NULL, NULL},
        {NULL, NULL, "80", NULL},
        {NULL, "9999999", "9999999", "100"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct fraction figure;
        bool there = measure_figure(table[i].stated, table[i].count, table[i].out_of, &figure);
        char text[FRACTION_TEXT];

        assert_int_equal(there, table[i].want != NULL);
        if (there)
            assert_string_equal(fraction_decimal(figure, 2, text), table[i].want);
    }
}

static void test_targets(void **state)
{
    static const struct {
        const char *figure, *count, *out_of, *target;
        bool lower, missed;
    } table[] = {
        {"79.9999", NULL, NULL, "80", false, true},
        {"80", NULL, NULL, "80", false, false},
        {"80.0001", NULL, NULL, "80", false, false},
        {"79.9999", NULL, NULL, "80", true, false},
        {"80", NULL, NULL, "80", true, false},
        {"80.0001", NULL, NULL, "80", true, true},
        {"0", NULL, NULL, "0", false, false},
        {"0", NULL, NULL, "0", true, false},
        {"0", NULL, NULL, "1", false, true},
        {"0", NULL, NULL, "1", true, false},
        {"1", NULL, NULL, "0", true, true},
        {"-2", NULL, NULL, "-1", false, true},
        {"-2", NULL, NULL, "-1", true, false},
        {NULL, "2", "3", "66.6667", false, true},
        {NULL, "2", "3", "66.6666", false, false},
        {NULL, "0", "7", "0", true, false},
        {NULL, "9999998", "9999999", "100", false, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct fraction figure, target;
        struct err e;

        assert_true(measure_figure(table[i].figure, table[i].count, table[i].out_of, &figure));
        assert_int_equal(fraction_parse(table[i].target, &target, &e), 0);
        if (measure_misses(figure, target, table[i].lower) != table[i].missed)
            fail_msg("%zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_targets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
