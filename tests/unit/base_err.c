/* What an error says survives its way up: nothing is cut that has room, and no character in half.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/text.h"

static void test_within(void **state)
{
    struct err e;

    (void)state;
    assert_int_equal(err_set(&e, ERR_USAGE, "due: %d", 5), -1);
    assert_int_equal(err_within(&e, "line %d", 41), -1);
    assert_int_equal(e.code, ERR_USAGE);
    assert_string_equal(e.text, "line 41: due: 5");
}

static void test_a_long_text_is_kept_whole(void **state)
{
    char long_text[901];
    struct err e;

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    err_set(&e, ERR_USAGE, "%s", long_text);
    err_within(&e, "map");
    assert_int_equal(strlen(e.text), 5 + 900);
    assert_memory_equal(e.text, "map: xxx", 8);
}

/* Wherever the cut falls, what is left is UTF-8. */
static void test_cut_between_characters(void **state)
{
    char text[4096], pad[8];
    struct err e;

    (void)state;
    for (size_t n = 0; n < 4; n++) {
        memset(pad, 'x', n);
        pad[n] = '\0';
        text[0] = '\0';
        for (size_t i = 0; i < 1000; i++)
            memcpy(text + 4 * i, "\xf0\x9f\x99\x82", 5);
        err_set(&e, ERR_USAGE, "%s%s", pad, text);
        assert_true(utf8_valid(e.text, strlen(e.text)));
        assert_true(strlen(e.text) > ERR_TEXT_MAX - 5);
        err_within(&e, "%s", pad);
        assert_true(utf8_valid(e.text, strlen(e.text)));
        err_within(&e, "%s", text);
        assert_true(utf8_valid(e.text, strlen(e.text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_a_long_text_is_kept_whole),
        cmocka_unit_test(test_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
