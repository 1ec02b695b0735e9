/* Which form an answer takes (RFC 9110, 12.5.1), and its values in CSV (RFC 4180). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/call.h"
#include "base/mem.h"

#define NONE (-1)

static void test_forms(void **state)
{
    static const struct {
        const char *accept, *format;
        int want;
    } cases[] = {
        {NULL, NULL, FORM_JSON},
        {"", NULL, FORM_JSON},
        {"*/*", NULL, FORM_JSON},
        {"application/*", NULL, FORM_JSON},
        {"text/*", NULL, FORM_TEXT},
        {"Text/CSV", NULL, FORM_CSV},
        {"text/csv;header=present", NULL, FORM_CSV},
        {"text/csv ; q=0.5 , text/plain; q=0.4", NULL, FORM_CSV},
        {"text/csv;\tq=0.5,\ttext/plain;q=0.6", NULL, FORM_TEXT},
        {"text/csv;q=0.5,text/plain;q=0.50", NULL, FORM_CSV}, /* of equals the first */
        {"text/html, text/*;q=0.1", NULL, FORM_TEXT},
        {"application/json;q=0, */*", NULL, FORM_TEXT}, /* the more precise range counts */
        {"*/*, application/json;q=0", NULL, FORM_TEXT},
        {"text/plain;q=0, text/*", NULL, FORM_CSV},
        {"*/*;q=0", NULL, NONE},
        {"text/csv;q=nan", NULL, NONE},
        {"text/csv;q=-1", NULL, NONE},
        {"text/csv;q=", NULL, NONE},
        {"text/html", NULL, NONE},
        {"text/csvx", NULL, NONE},
        {"text", NULL, NONE},
        {",,;,, ;q=1", NULL, NONE},
        {"text/html", "csv", FORM_CSV},
        {"text/csv", "JSON", FORM_JSON},
        {"text/csv", "", FORM_CSV},
        {NULL, "text", FORM_TEXT},
        {NULL, "html", NONE},
        {NULL, "csv ", NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct form form = {.name = FORM_JSON};
        struct err e = {0};
        int rc = answer_form(cases[i].accept, cases[i].format, false, &form, &e);
        int got = rc < 0 ? NONE : (int)form.name;

        if (got != cases[i].want || (rc < 0 && e.code != ERR_TYPE))
            fail_msg("%s, %s: %d, not %d (%s)", cases[i].accept, cases[i].format, got,
                     cases[i].want, e.text);
    }
}

/* A form that a handler makes is there for those answers alone that have one. */
static void test_made_form(void **state)
{
    static const struct {
        const char *accept, *format;
        int made, not_made;
    } cases[] = {
        {"text/markdown", NULL, FORM_MARKDOWN, NONE},
        {"text/markdown, */*;q=0.1", NULL, FORM_MARKDOWN, FORM_JSON},
        {"text/markdown;q=0.1, text/csv", NULL, FORM_CSV, FORM_CSV},
        {"text/*", NULL, FORM_TEXT, FORM_TEXT},
        {NULL, NULL, FORM_JSON, FORM_JSON},
        {"text/csv", "markdown", FORM_MARKDOWN, NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int made = 0; made < 2; made++) {
            struct form form = {.name = FORM_JSON};
            struct err e = {0};
            int rc = answer_form(cases[i].accept, cases[i].format, made, &form, &e);

            assert_int_equal(rc < 0 ? NONE : (int)form.name,
                             made ? cases[i].made : cases[i].not_made);
            assert_true(rc == 0 || e.code == ERR_TYPE);
        }
}

static const struct column columns[] = {
    {"text", "TEXT", KIND_TEXT, true},
    {"bar", "", KIND_BAR, false},
    {"count.red", "RED", KIND_FRACTION, false},
    {"on", "ON", KIND_DAY, false},
    {"yes", "YES", KIND_YES, false},
    {"list", "LIST", KIND_TEXT, false},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), NULL}};
static const struct view view = {list, 1, 0};

static void assert_csv(json_t *row, const char *want)
{
    json_t *answer = json_pack("{s:[o]}", "items", row);
    struct call c = {.answer = answer, .view = &view, .form = {FORM_CSV, 0, false}};
    const char *type;
    char *body;
    size_t len;

    answer_render(&c, &body, &len, &type);
    assert_string_equal(type, "text/csv; charset=utf-8; header=present");
    assert_int_equal(len, strlen(body));
    assert_memory_equal(body, "text,count.red,on,yes,list\r\n", 28);
    assert_string_equal(body + 28, want);
    free(body);
    json_decref(answer);
}

static void test_csv(void **state)
{
    (void)state;
    assert_csv(json_pack("{s:s, s:{s:f}, s:s, s:b, s:[s,s]}", "text", "plain", "count", "red", 21.5,
                         "on", "2017-09-01", "yes", 1, "list", "a", "b"),
               "plain,21.5,2017-09-01,yes,\"a, b\"\r\n");
    assert_csv(json_pack("{s:s, s:{s:i}, s:n, s:b, s:[]}", "text", "a \"b\", c\nd", "count", "red",
                         7, "on", "yes", 0, "list"),
               "\"a \"\"b\"\", c\nd\",7,,no,\r\n");
    assert_csv(json_object(), ",,,,\r\n");
}

/* The reply of a server may be any bytes; its member is there all the same. */
static void test_bytes_that_are_no_text(void **state)
{
    json_t *o = json_object();

    (void)state;
    put_text(o, "reply", "550 \xff no");
    put_textf(o, "why", "%s: %.4s", "cut", "ab\xe2\x82\xac");
    put_textf(o, "empty", "%s", "");
    put_text(o, "none", NULL);
    assert_string_equal(json_string_value(json_object_get(o, "reply")), "550 \ufffd no");
    assert_string_equal(json_string_value(json_object_get(o, "why")), "cut: ab\ufffd\ufffd");
    assert_string_equal(json_string_value(json_object_get(o, "empty")), "");
    assert_true(json_is_null(json_object_get(o, "none")));
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_made_form),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_bytes_that_are_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
