/* Lists of short names: each word once, in order, whatever stands between and around them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "plan/slug.h"

static void test_list(void **state)
{
    static const char *const table[][2] = {
        {"director programme-office", "director,programme-office,"},
        {"director", "director,"},
        {"  a   b ", "a,b,"},
        {"", ""},
        {"   ", ""},
        {NULL, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        const char *list = table[i][0];
        char slug[SLUG_MAX + 1];
        struct text t = TEXT_INIT;

        text_clear(&t);
        while (slug_next(&list, slug))
            text_addf(&t, "%s,", slug);
        assert_string_equal(t.s, table[i][1]);
        assert_string_equal(slug, "");
        text_free(&t);
    }
}

/* A word that is no short name is cut, never written beyond its room. */
static void test_long_word(void **state)
{
    char word[201] = "", slug[SLUG_MAX + 1];
    const char *list = word;

    (void)state;
    memset(word, 'x', 200);
    assert_true(slug_next(&list, slug));
    assert_int_equal(strlen(slug), SLUG_MAX);
    assert_false(slug_next(&list, slug));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_long_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
