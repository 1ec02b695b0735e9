/* Flat YAML as names and texts with their places; whatever is not flat is refused where it stands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "service/yaml_pairs.h"

/* "line:column name=value" or "line:column name! fault" each. */
static void assert_pairs(const char *yaml, size_t len, const char *want)
{
    struct text t = TEXT_INIT;
    struct api_pair *pairs;
    size_t count = yaml_pairs(yaml, len, &pairs);

    text_clear(&t);
    for (size_t i = 0; i < count; i++) {
        assert_true(!pairs[i].value != !pairs[i].fault);
        text_addf(&t, "%zu:%zu %s%s%s\n", pairs[i].at.line, pairs[i].at.column, pairs[i].name,
                  pairs[i].fault ? "! " : "=", pairs[i].fault ? pairs[i].fault : pairs[i].value);
    }
    if (strcmp(t.s, want) != 0)
        fail_msg("%s:\n%s\nnot\n%s", yaml, t.s, want);
    text_free(&t);
    api_pairs_free(pairs, count);
}

static void test_pairs(void **state)
{
    static const struct {
        const char *yaml, *pairs;
    } cases[] = {
        {"", ""},
        {"# nothing\n", ""},
        {"~", ""},
        {"{}", ""},
        {"a: 1\nb: true\nc: 2018-09-17\n", "1:4 a=1\n2:4 b=true\n3:4 c=2018-09-17\n"},
        {"a:\nb: ~\nc: null\nd: ''\n", "1:3 a=\n2:4 b=\n3:4 c=\n4:4 d=\n"},
        {"a: 'it''s'\nb: \"x\\ty\\u00e9\"\n", "1:4 a=it's\n2:4 b=x\tyé\n"},
        {"a: |\n  x\n  y\n", "1:4 a=x\ny\n\n"},
        {"a: x\n  y\n", "1:4 a=x y\n"},
        {"{\"a\": \"1\", 'b': 2}", "1:7 a=1\n1:17 b=2\n"},
        {"\xef\xbb\xbf"
         "a: 1\n",
         "1:4 a=1\n"},
        {"a: 1\na: 2\n", "1:4 a=1\n2:4 a=2\n"}, /* whose names they are decides on that */
        {"a: [1]\nb: {c: d}\ne: 1\n", "1:4 a! is a list; it is to be one text\n"
                                      "2:4 b! is a mapping; it is to be one text\n3:4 e=1\n"},
        {"? [a]\n: 1\n", "1:3 ! a list stands where a name is to be\n"},
        {"\"a\\0b\": 1\n", "1:1 ! a text stands where a name is to be\n"},
        {"a: \"b\\0c\"\n", "1:4 a! has a NUL byte in it\n"},
        {"- a\n", "1:1 ! a list stands where lines of \"name: answer\" are to be\n"},
        {"just so\n", "1:1 ! a text stands where lines of \"name: answer\" are to be\n"},
        {"a: &x 1\nb: *x\n", "1:4 ! anchors (&name) are not read; remove it\n"
                             "2:4 ! aliases (*name) are not read; write the value out\n"},
        {"a: 1\n---\nb: 1\n", "2:1 ! a second document begins here; keep one and drop the '---'\n"},
        {"a: \x1b\n", "1:4 ! character U+001B may not stand here; remove it\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_pairs(cases[i].yaml, strlen(cases[i].yaml), cases[i].pairs);
    assert_pairs("a: \0b\n", 6, "1:4 ! character U+0000 may not stand here; remove it\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
