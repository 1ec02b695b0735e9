/* Text, its cleaning, and digests: the published vectors (FIPS 180-4, RFC 4231, RFC 4648) and every
 * kind of byte that somebody could send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

#define FFFD "\xef\xbf\xbd"

static void test_buffer(void **state)
{
    struct text t = TEXT_INIT;
    char *taken;

    (void)state;
    taken = text_take(&t); /* nothing was added, and it is a text all the same */
    assert_string_equal(taken, "");
    free(taken);
    for (int i = 0; i < 1000; i++)
        text_addf(&t, "%d,", i);
    assert_int_equal(t.len, 3890);
    assert_int_equal(strlen(t.s), 3890);
    assert_memory_equal(t.s + 3890 - 8, "998,999,", 8);
    text_clear(&t);
    assert_string_equal(t.s, "");
    text_add_bytes(&t, "a\0b", 3);
    text_add_bytes(&t, NULL, 0);
    text_add(&t, "c");
    assert_int_equal(t.len, 4);
    assert_memory_equal(t.s, "a\0bc", 5);
    taken = text_take(&t);
    assert_int_equal(t.len, 0);
    text_add(&t, "next");
    assert_memory_equal(taken, "a\0bc", 5);
    free(taken);
    text_free(&t);
    text_free(&t);
}

static void test_json(void **state)
{
    static const char *const cases[][2] = {
        {NULL, "null"},
        {"", "\"\""},
        {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
        {"line\nnext\tcell\r", "\"line\\nnext\\u0009cell\\u000d\""},
        {"\x1b[31m\x01\x7f", "\"\\u001b[31m\\u0001\\u007f\""},
        {"21½ €", "\"21½ €\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text t = TEXT_INIT;

        text_add_json(&t, cases[i][0]);
        assert_string_equal(t.s, cases[i][1]);
        text_free(&t);
    }
}

/* Every code point there is, encoded here by the book, and read back. */
static void test_every_character(void **state)
{
    (void)state;
    for (unsigned c = 0; c <= 0x110000; c++) {
        char s[4];
        size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        bool good = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        unsigned code = 0;

        for (size_t i = len; i-- > 1;)
            s[i] = (char)(0x80 | (c >> 6 * (len - 1 - i) & 0x3f));
        s[0] = (char)(len == 1 ? c : (0xf00u >> len & 0xff) | c >> 6 * (len - 1));
        if (utf8_char(s, len, &code) != (good ? len : 0) || (good && code != c))
            fail_msg("U+%04X", c);
        if (utf8_char(s, len - 1, NULL) != 0)
            fail_msg("U+%04X cut", c);
    }
}

static void test_bytes_that_are_no_utf8(void **state)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc3",
        "\xc3(",
        "\xe2\x82",
        "\xe2(\xac",
        "\xe2\x82(",
        "\xf0\x9f\x98",
        "a\xffz",
        "caf\xe9",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (utf8_valid(bad[i], strlen(bad[i])))
            fail_msg("case %zu", i);
    assert_true(utf8_valid("", 0));
    assert_true(utf8_valid("a\0b", 3));
    assert_true(utf8_valid("21½ € 😀", strlen("21½ € 😀")));
}

static void test_cleaning(void **state)
{
    static const struct {
        const char *text;
        size_t len; /* 0: strlen */
        const char *clean, *line;
        size_t replaced;
    } cases[] = {
        {"", 0, "", "", 0},
        {"  \t\r\n ", 0, "", "", 0},
        {" Head of Care \n", 0, "Head of Care", "Head of Care", 0},
        {"one\r\ntwo\nthree\tfour", 0, "one\ntwo\nthree\tfour", "one two three four", 0},
        {"a\rb", 0, "a" FFFD "b", "a" FFFD "b", 1},
        {"a\r", 0, "a" FFFD, "a" FFFD, 1},
        {"a\r\r\nb", 0, "a" FFFD "\nb", "a" FFFD " b", 1},
        {"a\x1b[31mb", 0, "a" FFFD "[31mb", "a" FFFD "[31mb", 1},
        {"a\0b", 3, "a" FFFD "b", "a", 1},
        {"\xc2\x9b"
         "31m",
         0, FFFD "31m", FFFD "31m", 1}, /* CSI in one character */
        {"\x7f", 0, FFFD, FFFD, 1},
        {"caf\xe9", 0, "caf" FFFD, "caf" FFFD, 1},
        {"\xf0\x9f\x98", 0, FFFD FFFD FFFD, FFFD FFFD FFFD, 3},
        {"\xed\xa0\x80", 0, FFFD FFFD FFFD, FFFD FFFD FFFD, 3},
        {"a\xe2\x80\xae"
         "b\xe2\x81\xa6"
         "c",
         0,
         "a\xe2\x80\xae"
         "b\xe2\x81\xa6"
         "c",
         "a" FFFD "b" FFFD "c", 0}, /* direction marks, U+202E and U+2066 */
        {"21½ – “fine” 😀", 0, "21½ – “fine” 😀", "21½ – “fine” 😀", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = cases[i].len ? cases[i].len : strlen(cases[i].text), replaced = 99;
        char *clean = text_clean(cases[i].text, len, &replaced);
        char *line = text_one_line(cases[i].text), *again = text_clean(clean, strlen(clean), NULL);

        assert_string_equal(clean, cases[i].clean);
        assert_string_equal(line, cases[i].line);
        assert_int_equal(replaced, cases[i].replaced);
        assert_string_equal(again, clean);
        free(clean);
        free(line);
        free(again);
    }
}

/* Whatever the bytes, what comes out is valid, without controls, and cleaning it changes nothing.
 */
static void test_cleaning_any_bytes(void **state)
{
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char bytes[25] = {0};
        char *clean, *line;

        for (size_t i = 0; i < sizeof bytes - 1; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = (char)(seed >> 24 ? seed >> 24 : 1);
        }
        clean = text_clean(bytes, sizeof bytes, NULL);
        line = text_one_line(bytes);
        assert_true(utf8_valid(clean, strlen(clean)));
        assert_true(utf8_valid(line, strlen(line)));
        for (const char *p = line; *p; p++)
            assert_true((unsigned char)*p >= ' ' && *p != 0x7f);
        free(clean);
        free(line);
    }
}

static void test_distance(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } cases[] = {
        {"", "", 0},
        {"", "plan", 4},
        {"plan", "", 4},
        {"plan", "plan", 0},
        {"PLAN", "plan", 0},
        {"plna", "plan", 2},
        {"statsu", "status", 2},
        {"staus", "status", 1},
        {"kitten", "sitting", 3},
        {"flaw", "lawn", 2},
        {"a", "b", 1},
    };
    char long_word[65];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(text_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(text_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
    memset(long_word, 'a', sizeof long_word);
    long_word[64] = '\0';
    assert_int_equal(text_distance(long_word, "a"), UINT_MAX);
    assert_int_equal(text_distance("a", long_word), UINT_MAX);
    long_word[63] = '\0';
    assert_int_equal(text_distance("", long_word), 63);
    assert_int_equal(text_distance(long_word, "a"), 62);
}

static void hex_of(const unsigned char *bytes, size_t len, char *ret)
{
    for (size_t i = 0; i < len; i++)
        snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

/* FIPS 180-4, from the examples NIST published with it. */
static void test_sha256(void **state)
{
    static const char *const cases[][2] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
         "lmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    char hex[SHA256_HEX], *million = xmalloc(1000000);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        digest_sha256_hex(cases[i][0], strlen(cases[i][0]), hex);
        assert_string_equal(hex, cases[i][1]);
    }
    memset(million, 'a', 1000000);
    digest_sha256_hex(million, 1000000, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

/* RFC 4231 section 4. */
static void test_hmac_sha256(void **state)
{
    static const struct {
        int key_byte; /* -1: 01, 02, 03 …; 0: the key is "Jefe" */
        size_t key_len;
        int data_byte; /* 0: the data are the text */
        size_t data_len;
        const char *data, *sum;
    } cases[] = {
        {0x0b, 20, 0, 0, "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {0, 4, 0, 0, "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {0xaa, 20, 0xdd, 50, "",
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {-1, 25, 0xcd, 50, "", "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {0x0c, 20, 0, 0, "Test With Truncation", "a3b6167473100ee06e0c796c2955552b"},
        {0xaa, 131, 0, 0, "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {0xaa, 131, 0, 0,
         "This is a test using a larger than block-size key and a larger than block-size data. The "
         "key needs to be hashed before being used by the HMAC algorithm.",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char key[131], data[256], sum[SHA256_BYTES];
        size_t len = cases[i].data_byte ? cases[i].data_len : strlen(cases[i].data);
        char hex[SHA256_HEX];

        for (size_t k = 0; k < sizeof key; k++)
            key[k] = (unsigned char)(cases[i].key_byte < 0 ? (int)k + 1 : cases[i].key_byte);
        if (cases[i].key_byte == 0)
            memcpy(key, "Jefe", 4);
        memcpy(data, cases[i].data, strlen(cases[i].data));
        if (cases[i].data_byte)
            memset(data, cases[i].data_byte, len);
        digest_hmac_sha256(key, cases[i].key_len, data, len, sum);
        hex_of(sum, sizeof sum, hex);
        assert_memory_equal(hex, cases[i].sum, strlen(cases[i].sum));
    }
}

/* RFC 4648 section 10. */
static void test_base64(void **state)
{
    static const char *const cases[][2] = {
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xfb\xff\xbf", "+/+/"},
    };
    char *empty = digest_base64("", 0);

    (void)state;
    assert_string_equal(empty, "");
    free(empty);
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = 0;
        char *text = digest_base64(cases[i][0], strlen(cases[i][0]));
        unsigned char *back = digest_unbase64(cases[i][1], &len);

        assert_string_equal(text, cases[i][1]);
        assert_non_null(back);
        assert_int_equal(len, strlen(cases[i][0]));
        assert_memory_equal(back, cases[i][0], len);
        free(text);
        free(back);
    }
}

static void test_texts_that_are_no_base64(void **state)
{
    static const char *const bad[] = {
        "Zg",       "Zg=",        "Z",        "=",      "==",           "====",     "Zg=a",
        "Z===",     "Zm9v=",      "Zm9v====", "Zm9-",   "Zm9_",         "Zm 9",     "Zm9\n",
        "Zg==Zg==", "Zm\xc3\xa9", " Zm9v",    "Zm9v\n", "Zm9v\n\n\n\n", "    Zm9v", "Zm9v\r\n  ",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        size_t len = 42;

        if (digest_unbase64(bad[i], &len))
            fail_msg("\"%s\"", bad[i]);
        assert_int_equal(len, 42);
    }
}

static void test_random(void **state)
{
    char a[33], b[33];

    (void)state;
    digest_random_hex(16, a);
    digest_random_hex(16, b);
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_string_not_equal(a, b);
}

static void test_errors(void **state)
{
    struct err e;
    char *huge = xmalloc(5001);

    (void)state;
    memset(huge, 'x', 5000);
    huge[5000] = '\0';
    assert_int_equal(err_set(&e, ERR_NOTFOUND, "no action %s", "5.12"), -1);
    assert_int_equal(err_within(&e, "line %d", 3), -1);
    assert_string_equal(e.text, "line 3: no action 5.12");
    assert_int_equal(e.code, ERR_NOTFOUND);
    assert_int_equal(err_http_status(e.code), 404);
    assert_string_equal(err_slug(e.code), "not-found");
    assert_int_equal(err_http_status(ERR_NONE), 200);
    err_set(&e, ERR_FAILED, "%s", huge);
    err_within(&e, "%s", huge);
    err_within(&e, "outermost");
    assert_true(strlen(e.text) < ERR_TEXT_MAX);
    assert_memory_equal(e.text, "outermost: xxx", 14);
    free(huge);
}

static void test_words(void **state)
{
    (void)state;
    assert_true(text_has_word("yes no", "yes"));
    assert_true(text_has_word("yes no", "no"));
    assert_true(text_has_word("noyes no-no no", "no"));
    assert_false(text_has_word("yes no", "n"));
    assert_false(text_has_word("yes no", "yes no more"));
    assert_false(text_has_word("yes-no", "no"));
    assert_false(text_has_word("yes no", ""));
    assert_false(text_has_word("", "yes"));
    assert_false(text_has_word("", ""));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_bytes_that_are_no_utf8),
        cmocka_unit_test(test_cleaning),
        cmocka_unit_test(test_cleaning_any_bytes),
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac_sha256),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_texts_that_are_no_base64),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
