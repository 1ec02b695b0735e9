/* Which form an answer takes (RFC 9110, 12.5.1), its values in CSV (RFC 4180), and its page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/call.h"
#include "base/mem.h"

#define NONE (-1)

static void assert_form(unsigned flags, const char *accept, const char *format, int want)
{
    struct command command = {.flags = flags};
    struct form form = {.name = FORM_JSON};
    struct err e = {0};
    int rc = answer_form(&command, accept, format, &form, &e);
    int got = rc < 0 ? NONE : (int)form.name;

    if (got != want || (rc < 0 && e.code != ERR_TYPE))
        fail_msg("%x, %s, %s: %d, not %d (%s)", flags, accept, format, got, want, e.text);
}

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
        {"text/html, text/*;q=0.1", NULL, FORM_HTML},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", NULL, FORM_HTML},
        {"image/png, text/*;q=0.1", NULL, FORM_TEXT},
        {"application/json;q=0, */*", NULL, FORM_TEXT}, /* the more precise range counts */
        {"*/*, application/json;q=0", NULL, FORM_TEXT},
        {"text/plain;q=0, text/*", NULL, FORM_CSV},
        {"*/*;q=0", NULL, NONE},
        {"text/csv;q=nan", NULL, NONE},
        {"text/csv;q=-1", NULL, NONE},
        {"text/csv;q=", NULL, NONE},
        {"text/calendar", NULL, NONE},
        {"text/calendar, application/json;q=0.1", NULL, FORM_JSON},
        {"text/csvx", NULL, NONE},
        {"text", NULL, NONE},
        {",,;,, ;q=1", NULL, NONE},
        {"text/html", "csv", FORM_CSV},
        {"text/csv", "JSON", FORM_JSON},
        {"text/csv", "", FORM_CSV},
        {NULL, "text", FORM_TEXT},
        {NULL, "html", FORM_HTML},
        {NULL, "ics", NONE},
        {NULL, "csv ", NONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_form(0, cases[i].accept, cases[i].format, cases[i].want);
}

/* What has dates can be a calendar; a route for calendar programs is nothing else, whatever a
 * browser would like better. */
static void test_calendar_forms(void **state)
{
    (void)state;
    assert_form(COMMAND_CALENDAR, NULL, NULL, FORM_JSON);
    assert_form(COMMAND_CALENDAR, "text/*", NULL, FORM_TEXT);
    assert_form(COMMAND_CALENDAR, "text/calendar, */*;q=0.5", NULL, FORM_ICS);
    assert_form(COMMAND_CALENDAR, NULL, "ICS", FORM_ICS);
    assert_form(COMMAND_CALENDAR, NULL, "html", FORM_HTML);
    assert_form(COMMAND_ROUTE, "text/calendar", NULL, NONE);
    assert_form(COMMAND_ROUTE | COMMAND_CALENDAR, NULL, NULL, FORM_ICS);
    assert_form(COMMAND_ROUTE | COMMAND_CALENDAR, "text/html, */*;q=0.1", NULL, FORM_ICS);
    assert_form(COMMAND_ROUTE | COMMAND_CALENDAR, "text/*", NULL, FORM_ICS);
    assert_form(COMMAND_ROUTE | COMMAND_CALENDAR, "application/json", NULL, NONE);
    assert_form(COMMAND_ROUTE | COMMAND_CALENDAR, NULL, "json", NONE);
}

/* Markdown is there of reports alone. */
static void test_made_form(void **state)
{
    (void)state;
    assert_form(COMMAND_MARKDOWN, "text/markdown", NULL, FORM_MARKDOWN);
    assert_form(0, "text/markdown", NULL, NONE);
    assert_form(COMMAND_MARKDOWN, "text/markdown, */*;q=0.1", NULL, FORM_MARKDOWN);
    assert_form(0, "text/markdown, */*;q=0.1", NULL, FORM_JSON);
    assert_form(COMMAND_MARKDOWN, "text/markdown;q=0.1, text/csv", NULL, FORM_CSV);
    assert_form(COMMAND_MARKDOWN, "text/*", NULL, FORM_TEXT);
    assert_form(COMMAND_MARKDOWN, NULL, NULL, FORM_JSON);
    assert_form(COMMAND_MARKDOWN, "text/csv", "markdown", FORM_MARKDOWN);
    assert_form(0, NULL, "markdown", NONE);
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

/* ---- HTML ---- */

static char *page(json_t *answer, const struct view *of)
{
    struct call c = {.answer = answer, .view = of, .form = {FORM_HTML, 0, false}};
    const char *type;
    char *body;
    size_t len;

    answer_render(&c, &body, &len, &type);
    assert_string_equal(type, "text/html; charset=utf-8");
    assert_int_equal(len, strlen(body));
    json_decref(answer);
    return body;
}

static void test_page_of_a_list(void **state)
{
    char *body =
        page(json_pack("{s:[{s:s, s:{s:f}, s:s}], s:[s]}", "items", "text", "<b>&'\"</b>\n\x1b",
                       "count", "red", 21.5, "on", "2017-09-01", "notes", "<i>"),
             &view);

    (void)state;
    assert_non_null(strstr(body, "<!DOCTYPE html>\n<html lang=\"en-GB\">"));
    assert_non_null(strstr(body, "<tbody role=\"rowgroup\">\n<tr role=\"row\">\n"
                                 "<th scope=\"row\" role=\"rowheader\" data-label=\"TEXT\">"
                                 "&lt;b&gt;&amp;&#39;&quot;&lt;/b&gt;\n\ufffd</th>\n"
                                 "<td role=\"cell\" class=\"number\" data-label=\"RED\">21½</td>\n"
                                 "<td role=\"cell\" data-label=\"ON\">1 Sep 2017</td>\n"
                                 "<td role=\"cell\" data-label=\"YES\"></td>\n"
                                 "<td role=\"cell\" data-label=\"LIST\"></td>\n</tr>\n</tbody>"));
    assert_non_null(strstr(body, "<p>Note: &lt;i&gt;</p>"));
    assert_null(strstr(body, "<b>"));
    assert_null(strstr(body, "<script"));
    free(body);
}

static void test_page_of_an_object(void **state)
{
    static const struct section fields[] = {{"T & T", NULL, columns, COUNT(columns), NULL}};
    static const struct section none[] = {{NULL, "items", columns, COUNT(columns), "None & none."}};
    static const struct view object = {fields, 1, 0}, empty = {none, 1, 0};
    char *body = page(json_pack("{s:s, s:s}", "text", "a < b", "on", "2017-09-01"), &object);

    (void)state;
    assert_non_null(strstr(body, "<caption>T &amp; T</caption>"));
    assert_non_null(strstr(body, "<th scope=\"row\" role=\"rowheader\">TEXT</th>\n"
                                 "<td role=\"cell\">a &lt; b</td>"));
    assert_null(strstr(body, ">YES<")); /* nothing is said of it */
    free(body);
    body = page(json_pack("{s:[]}", "items"), &empty);
    assert_non_null(strstr(body, "<p>None &amp; none.</p>"));
    assert_null(strstr(body, "<table"));
    free(body);
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
        cmocka_unit_test(test_calendar_forms),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_page_of_a_list),
        cmocka_unit_test(test_page_of_an_object),
        cmocka_unit_test(test_bytes_that_are_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
