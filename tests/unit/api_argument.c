/* What a request gives, held against the arguments a command takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/call.h"
#include "base/mem.h"

#define TAKES "ID [--text=TEXT] [--count=N] [--all] [--map=COLUMN=FIELD...] [--as-at=DATE]"

/* `want`: the arguments as JSON, or a part of the reason they are refused for. */
static void assert_args(const char *method, const char *id, const char *query, const char *body,
                        size_t body_len, const char *want)
{
    struct command command = {.words = "thing do", .arguments = TAKES};
    struct api_request rq = {.method = method, .body = body, .body_len = body_len};
    struct call c = {.command = &command, .rq = &rq, .args = json_object()};
    const char *values[] = {id}, *names[] = {"id"};
    struct err e = {0};
    json_t *wanted = json_loads(want, 0, NULL);
    char *got;

    if (call_read_args(&c, values, names, 1, query, &e) < 0) {
        if (wanted || !strstr(e.text, want) || e.code != ERR_USAGE)
            fail_msg("%s ? %s { %.80s: %s", id, query, body, e.text);
    } else {
        got = json_dumps(c.args, JSON_SORT_KEYS);
        if (!wanted || !json_equal(wanted, c.args))
            fail_msg("%s ? %s { %.80s: %s, not %s", id, query, body, got, want);
        free(got);
    }
    json_decref(wanted);
    json_decref(c.args);
}

static void test_query(void **state)
{
    static const struct {
        const char *id, *query, *want;
    } cases[] = {
        {"1", NULL, "{\"id\": \"1\"}"},
        {"1", "", "{\"id\": \"1\"}"},
        {"1", "&&=&=x&", "{\"id\": \"1\"}"},
        {"a%2Fb/tail", NULL, "{\"id\": \"a/b\"}"},
        {"a+b", "text=a+b%2B", "{\"id\": \"a+b\", \"text\": \"a b+\"}"},
        {"1", "text=a=b", "{\"id\": \"1\", \"text\": \"a=b\"}"},
        {"1", "te%78t=%C3%A9", "{\"id\": \"1\", \"text\": \"é\"}"},
        {"1", "text=", "{\"id\": \"1\", \"text\": \"\"}"},
        {"1", "text", "{\"id\": \"1\", \"text\": \"\"}"},
        {"1", "as_at=today", "{\"id\": \"1\", \"as_at\": \"today\"}"},
        {"1", "as-at=today", "no argument"},
        {"1", "all", "{\"id\": \"1\", \"all\": \"\"}"},
        {"1", "all=false", "{\"id\": \"1\", \"all\": \"false\"}"},
        {"1", "all=no", "neither true nor false"},
        {"1", "map=a=b&map=c=d", "{\"id\": \"1\", \"map\": [\"a=b\", \"c=d\"]}"},
        {"1", "text=a&text=b", "given twice"},
        {"1", "id=2", "given twice"},
        {"1", "count=-1", "no whole number"},
        {"1", "count=1.0", "no whole number"},
        {"1", "count=1000000000000000", "no whole number"},
        {"1", "count=999999999999999", "{\"id\": \"1\", \"count\": \"999999999999999\"}"},
        {"1", "other=1", "no argument \"other\""},
        {"%", NULL, "broken %"},
        {"%4", NULL, "broken %"},
        {"%00", NULL, "broken %"},
        {"%0", "text=1", "broken %"},
        {"%20", NULL, "id: is missing"},
        {"1", "text=%", "broken %"},
        {"1", "text=%f", "broken %"},
        {"1", "text=%g0", "broken %"},
        {"1", "%=1", "broken %"},
        {"1", "text=%ff",
         "{\"id\": \"1\", \"text\": \"\\ufffd\", \"#notes\": "
         "[\"text: 1 control characters became U+FFFD\"]}"},
        {"1", "format=csv&width=80&color=1&dry_run",
         "{\"id\": \"1\", \"#format\": \"csv\", \"#width\": \"80\", \"#color\": \"1\", "
         "\"#dry_run\": \"\"}"},
        {"1", "format=%ff", "{\"id\": \"1\", \"#format\": \"\\ufffd\"}"},
        {"1", "format=csv&format=json", "given twice"},
        {"1", "dry_run=yes", "neither true nor false"},
        {"1", "%23format=csv", "no argument"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_args("GET", cases[i].id, cases[i].query, NULL, 0, cases[i].want);
}

static void test_body(void **state)
{
    static const struct {
        const char *body, *want;
    } cases[] = {
        {"", "{\"id\": \"1\"}"},
        {"{}", "{\"id\": \"1\"}"},
        {"{\"text\": \" a\\r\\nb \"}", "{\"id\": \"1\", \"text\": \"a\\nb\"}"},
        {"{\"count\": 12, \"text\": 12}", "{\"id\": \"1\", \"count\": \"12\", \"text\": \"12\"}"},
        {"{\"all\": true}", "{\"id\": \"1\", \"all\": \"1\"}"},
        {"{\"all\": false}", "{\"id\": \"1\", \"all\": \"0\"}"},
        {"{\"all\": \"true\"}", "{\"id\": \"1\", \"all\": \"true\"}"},
        {"{\"all\": null}", "all: wants true or false"},
        {"{\"map\": [\"a=b\", \"c=d\"]}", "{\"id\": \"1\", \"map\": [\"a=b\", \"c=d\"]}"},
        {"{\"map\": []}", "{\"id\": \"1\"}"},
        {"{\"map\": \"a=b\"}", "{\"id\": \"1\", \"map\": [\"a=b\"]}"},
        {"{\"map\": [[]]}", "a list within a list"},
        {"{\"map\": [null]}", "a list of texts"},
        {"{\"map\": {}}", "a list of texts"},
        {"{\"text\": true}", "a text or a whole number"},
        {"{\"text\": null}", "a text or a whole number"},
        {"{\"count\": 1.0}", "a text or a whole number"},
        {"{\"count\": -9223372036854775808}", "no whole number"},
        {"{\"count\": 9223372036854775807}", "no whole number"},
        {"{\"count\": 9223372036854775808}", "no JSON object"},
        {"{\"id\": 2}", "given twice"},
        {"{\"text\": \"a\", \"text\": \"b\"}", "duplicate"},
        {"{\"format\": \"csv\"}", "no argument"},
        {"{\"#format\": \"csv\"}", "no argument"},
        {"[]", "no object"},
        {"{", "no JSON object"},
        {"{} {}", "no JSON object"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_args("POST", "1", NULL, cases[i].body, strlen(cases[i].body), cases[i].want);
    assert_args("GET", "1", NULL, "garbage", 7, "{\"id\": \"1\"}"); /* RFC 9110, 9.3.1 */
    assert_args("POST", "1", NULL, "{\"text\": \"\0\"}", 13, "no JSON object");
}

/* A body of brackets must end at a depth, not at the end of the stack. */
static void test_deep_body(void **state)
{
    size_t len = 1 << 20;
    char *body = xmalloc(len + 1);

    (void)state;
    memset(body, '[', len);
    body[len] = '\0';
    assert_args("POST", "1", NULL, body, len, "depth");
    free(body);
}

/* Characters count, not bytes; one too many is refused. */
static void test_length(void **state)
{
    struct text t = TEXT_INIT;

    (void)state;
    text_add(&t, "{\"text\": \"");
    for (int i = 0; i < CALL_TEXT_MAX + 1; i++)
        text_add(&t, "€");
    text_add(&t, "\"}");
    assert_args("POST", "1", NULL, t.s, t.len, "longer than 4000");
    text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_deep_body),
        cmocka_unit_test(test_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
