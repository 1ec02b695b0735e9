/* What Notify is asked with: its key, the token that Python makes of the same words, its Markdown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "notice/notify.h"

#define SERVICE "26785a09-ab16-4eb0-8407-a37497a57506"
#define SECRET  "3d844edf-8d35-48ac-975b-e847b4f122b0"

static struct err e;

static void test_key(void **state)
{
    static const struct {
        const char *key;
        bool good;
    } cases[] = {
        {"my_test_key-" SERVICE "-" SECRET, true}, /* the documentation's */
        {"a key - with dashes-" SERVICE "-" SECRET, true},
        {"k-" SERVICE "-" SECRET, true},
        {"-" SERVICE "-" SECRET, false},
        {SERVICE "-" SECRET, false},
        {"k" SERVICE "-" SECRET, false},
        {"k-" SERVICE SECRET, false},
        {"k-" SERVICE "_" SECRET, false},
        {"k-" SERVICE "-" SECRET " ", false},
        {"k-" SERVICE "-" SECRET "\n", false},
        {"k-26785A09-ab16-4eb0-8407-a37497a57506-" SECRET, false},
        {"k-26785g09-ab16-4eb0-8407-a37497a57506-" SECRET, false},
        {"k-26785a09ab-16-4eb0-8407-a37497a57506-" SECRET, false},
        {"k-" SERVICE, false},
        {"", false},
    };
    struct notify_key key;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if ((notify_key_parse(cases[i].key, &key, &e) == 0) != cases[i].good)
            fail_msg("\"%s\"", cases[i].key);
        if (cases[i].good)
            assert_string_equal(key.service, SERVICE);
        else
            assert_null(strstr(e.text, SECRET));
    }
    assert_int_equal(notify_key_parse(cases[1].key, &key, &e), 0);
    assert_string_equal(key.secret, SECRET);
}

/* b64(json) + "." + b64(hmac.new(secret, …, "sha256")) in Python, base64.urlsafe_b64encode without
 * = */
static void test_token(void **state)
{
    struct notify_key key;
    char *token;

    (void)state;
    assert_int_equal(notify_key_parse("k-" SERVICE "-" SECRET, &key, &e), 0);
    token = notify_token(&key, (utc_t){1568818578});
    assert_string_equal(token, "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiIyNjc4NWEwOS1"
                               "hYjE2LTRlYjAtODQwNy1hMzc0OTdhNTc1MDYiLCJpYXQiOjE1Njg4MTg1Nzh"
                               "9.YT_aQYNif0l3HaPwy62Cj9g0qsYzjnj1K5pLwkELiFw");
    free(token);
}

static void test_markdown(void **state)
{
    static const struct {
        const char *plain, *want;
    } cases[] = {
        {"", ""},
        {"A line.\n\nAnother.\n", "A line.\n\nAnother.\n"},
        {"no end", "no end"},
        /* ours stays */
        {"- an item\n  of two lines\n- another\n", "- an item\n  of two lines\n- another\n"},
        {"Draft\n=====\n", "Draft\n=====\n"},
        {"----------\n", "----------\n"},
        {"https://csi.example/v1/ack/a_b-c\n", "https://csi.example/v1/ack/a_b-c\n"},
        /* what only looks like it */
        {"# of actions\n", "\\# of actions\n"},
        {"  #12\n", "  \\#12\n"},
        {"5.12 Title\n", "5\\.12 Title\n"},
        {"- 5.12 Title, 5.13\n", "- 5\\.12 Title, 5.13\n"},
        {"1. First\n", "1\\. First\n"},
        {"2017\n", "2017\n"},
        {"-5 days\n", "\\-5 days\n"},
        {"--- | ---\n", "\\--- | ---\n"},
        {"* starred\n", "\\* starred\n"},
        {"^ inset\n", "\u200b^ inset\n"},
        {"- ^ inset\n", "- \u200b^ inset\n"},
        {"```\n", "\\```\n"},
        {"~~~\n", "\\~~~\n"},
        {"___\n", "\\___\n"},
        {"see [the page](https://evil.example)\n", "see \\[the page](https://evil.example)\n"},
        {"[key]: https://evil.example\n", "\\[key]: https://evil.example\n"},
        {"C:\\*.doc\n", "C:\\\\*.doc\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *got = notify_markdown(cases[i].plain);

        assert_string_equal(got, cases[i].want);
        free(got);
    }
}

static void test_request(void **state)
{
    char *got = notify_request(SERVICE, "a@b.example", "Two \"quotes\"", "a\nb\u200b", "<id@x>");

    (void)state;
    assert_string_equal(got, "{\"email_address\":\"a@b.example\",\"template_id\":\"" SERVICE
                             "\",\"personalisation\":{\"subject\":\"Two \\\"quotes\\\"\","
                             "\"body\":\"a\\nb\u200b\"},\"reference\":\"<id@x>\"}");
    free(got);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
