/* Links that acknowledge: the token that Python makes of the same words, and what is no token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "notice/link.h"

#define SECRET "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
/* base64.urlsafe_b64encode(text + hmac.new(secret, b"csid ack\\n" + text, "sha256").digest()) */
static const char token[] =
    "MjAxNy0wOS0xNVQwNzozMDowMFoKMjAxNy0wOS0yOQpjaGFpckBib2FyZC5leGFtcGxlCmJyb21s"
    "ZXktMjAxNjo1LjEymMrSQLbkgFuhAB1_wpEIXwC2G3pL70oeVFrFhLGPa2s";

static struct err e;

static utc_t at(const char *iso)
{
    utc_t t = UTC_NONE;

    assert_int_equal(utc_parse(iso, &t), 0);
    return t;
}

static struct link example(void)
{
    return (struct link){at("2017-09-15T07:30:00Z"), "bromley-2016:5.12", day_from_ymd(2017, 9, 29),
                         "chair@board.example"};
}

static char *made(const struct link *l)
{
    char *url = notice_link(SECRET, "https://csi.bromley.example", l), *only;

    assert_memory_equal(url, "https://csi.bromley.example/v1/ack/", 35);
    only = xstrdup(url + 35);
    free(url);
    return only;
}

static void test_as_python_makes_it(void **state)
{
    static const char *const bases[] = {"https://x.example/csid", "https://x.example/csid/"};
    struct link l = example();
    char *mine = made(&l), *url;

    (void)state;
    assert_string_equal(mine, token);
    free(mine);
    for (size_t i = 0; i < COUNT(bases); i++) {
        url = notice_link(SECRET, bases[i], &l);
        assert_memory_equal(url, "https://x.example/csid/v1/ack/MjAx", 34);
        free(url);
    }
    assert_null(notice_link(SECRET, "", &l));
}

static void test_read(void **state)
{
    struct link_read l;

    (void)state;
    assert_int_equal(link_read(SECRET, token, at("2017-09-01T08:00:00Z"), &l, &e), 0);
    assert_string_equal(l.link.about, "bromley-2016:5.12");
    assert_string_equal(l.link.address, "chair@board.example");
    assert_int_equal(l.link.due_on.n, day_from_ymd(2017, 9, 29).n);
    assert_int_equal(l.link.expires_at.s, at("2017-09-15T07:30:00Z").s);
    assert_int_equal(strlen(l.used), 64);
    link_clear(&l);
}

static void test_expires_at_its_second(void **state)
{
    static const struct {
        const char *now;
        enum err_code code;
    } table[] = {
        {"2017-09-15T07:29:00Z", ERR_NONE}, {"2017-09-15T07:29:59Z", ERR_NONE},
        {"2017-09-15T07:30:00Z", ERR_GONE}, {"2017-09-15T07:31:00Z", ERR_GONE},
        {"2027-01-01T00:00:00Z", ERR_GONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct link_read l = {0};

        e = (struct err){0};
        assert_int_equal(link_read(SECRET, token, at(table[i].now), &l, &e),
                         table[i].code ? -1 : 0);
        assert_int_equal(e.code, table[i].code);
        link_clear(&l);
    }
}

static void refused(const char *secret, const char *text)
{
    struct link_read l;

    assert_int_equal(link_read(secret, text, at("2017-09-01T08:00:00Z"), &l, &e), -1);
    if (e.code != ERR_DENIED)
        fail_msg("\"%s\": %s", text, e.text);
}

/* Every byte of it counts, in any other letter; so does every byte that is missing or added. */
static void test_tampered(void **state)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. %\n";
    char other[sizeof token + 2];

    (void)state;
    for (size_t i = 0; i < strlen(token); i++)
        for (size_t k = 0; k < strlen(letters); k++) {
            memcpy(other, token, sizeof token);
            other[i] = letters[k];
            if (letters[k] != token[i])
                refused(SECRET, other);
        }
    for (size_t len = 0; len < strlen(token); len++) {
        memcpy(other, token, len);
        other[len] = '\0';
        refused(SECRET, other);
    }
    for (size_t k = 0; k < strlen(letters); k++) {
        memcpy(other, token, sizeof token);
        other[strlen(token)] = letters[k];
        other[strlen(token) + 1] = '\0';
        refused(SECRET, other);
    }
}

static void test_of_another_secret(void **state)
{
    (void)state;
    refused(NULL, token); /* nothing was ever signed */
    refused("", token);
    refused(SECRET "0", token);
    refused("another", token);
}

/* A reference that holds a line's end shifts no field. */
static void test_hostile_reference(void **state)
{
    struct link l = example();
    struct link_read read;
    char *mine;

    (void)state;
    l.about = "a:1\n2099-01-01\nmallory@x.example\ndeadline:1";
    mine = made(&l);
    assert_int_equal(link_read(SECRET, mine, at("2017-09-01T08:00:00Z"), &read, &e), 0);
    assert_string_equal(read.link.about, l.about);
    assert_string_equal(read.link.address, l.address);
    link_clear(&read);
    free(mine);
}

/* No two links are used up by one use. */
static void test_each_is_used_by_itself(void **state)
{
    struct link l = example();
    struct link_read first, second;
    char *mine;

    (void)state;
    l.address = "other@board.example";
    mine = made(&l);
    assert_int_equal(link_read(SECRET, token, at("2017-09-01T08:00:00Z"), &first, &e), 0);
    assert_int_equal(link_read(SECRET, mine, at("2017-09-01T08:00:00Z"), &second, &e), 0);
    assert_string_not_equal(first.used, second.used);
    link_clear(&first);
    link_clear(&second);
    free(mine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_python_makes_it),     cmocka_unit_test(test_read),
        cmocka_unit_test(test_expires_at_its_second),  cmocka_unit_test(test_tampered),
        cmocka_unit_test(test_of_another_secret),      cmocka_unit_test(test_hostile_reference),
        cmocka_unit_test(test_each_is_used_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
