/* Mails: what is refused, what never happens to a line, and that the bytes follow from the input.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "notice/message.h"
#include "notice/mime.h"
#include "notice/plain.h"

static const struct mail usual = {
    .from = "csid <csid@bromley.example>",
    .to = "anna@bromley.example",
    .to_name = "Anna Smith",
    .reply_to = "",
    .subject = "2 actions overdue",
    .message_id = "0123456789abcdef@bromley.example",
    .markdown = "Hello\n",
    .date = {1504254600},
};

/* RFC 5322 and 2045 in what a line may be: CRLF ended, 7-bit, no controls, at most 78 bytes. */
static void check_lines(const char *s, size_t len, size_t most)
{
    size_t line = 0;

    assert_int_equal(strlen(s), len);
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\r' && s[i + 1] == '\n') {
            assert_true(line <= most);
            line = 0;
            i++;
            continue;
        }
        assert_true(s[i] >= 0x20 && s[i] < 0x7f);
        if (line == 0) {
            assert_true(s[i] != '.');
            assert_int_not_equal(strncmp(s + i, "From ", 5), 0);
        }
        line++;
    }
    assert_true(len >= 2 && strcmp(s + len - 2, "\r\n") == 0);
}

static char *build(const struct mail *m)
{
    struct err e = {0};
    char *s = NULL;
    size_t len = 0;

    if (mail_build(m, &s, &len, &e) != 0)
        fail_msg("refused: %s", e.text);
    check_lines(s, len, MIME_LINE);
    return s;
}

static void test_usual(void **state)
{
    char *s = build(&usual), *again = build(&usual);

    (void)state;
    assert_string_equal(s, again);
    assert_non_null(strstr(s, "Date: Fri, 01 Sep 2017 08:30:00 +0000\r\n"));
    assert_non_null(strstr(s, "From: csid <csid@bromley.example>\r\n"));
    assert_non_null(strstr(s, "To: Anna Smith <anna@bromley.example>\r\n"));
    assert_non_null(strstr(s, "Subject: 2 actions overdue\r\n"));
    assert_non_null(strstr(s, "Message-ID: <0123456789abcdef@bromley.example>\r\n"));
    assert_non_null(strstr(s, "Auto-Submitted: auto-generated\r\n"));
    assert_null(strstr(s, "In-Reply-To"));
    assert_null(strstr(s, "Reply-To"));
    free(s);
    free(again);
}

static const char *const hostile[] = {"a\r\nBcc: x@y.example",
                                      "a\nb",
                                      "a\rb",
                                      "\x01",
                                      "a\tb",
                                      "a\x7f",
                                      "a\xc2\x85z",
                                      "\xff\xfe",
                                      "a\xc3"};

static void test_hostile_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        for (int field = 0; field < 7; field++) {
            struct mail m = usual;
            const char **fields[] = {&m.from,    &m.to,         &m.to_name,    &m.reply_to,
                                     &m.subject, &m.message_id, &m.in_reply_to};
            struct err e = {0};
            char *s = NULL;
            size_t len = 7;

            *fields[field] = hostile[i];
            assert_int_equal(mail_build(&m, &s, &len, &e), -1);
            assert_int_equal(e.code, ERR_USAGE);
            assert_null(s);
            assert_int_equal(len, 7);
        }
    }
}

static void test_refused_fields(void **state)
{
    static const struct {
        size_t field;
        const char *value, *word;
    } cases[] = {
        {offsetof(struct mail, subject), "", "Subject"},
        {offsetof(struct mail, message_id), "no-at", "Message-ID"},
        {offsetof(struct mail, message_id), "a b@c", "Message-ID"},
        {offsetof(struct mail, message_id), "a>@c", "Message-ID"},
        {offsetof(struct mail, in_reply_to), "x", "In-Reply-To"},
        {offsetof(struct mail, to), "A <a@b.example>", "To"},
        {offsetof(struct mail, from), "nobody", "From"},
        {offsetof(struct mail, reply_to), "nobody", "Reply-To"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct mail m = usual;
        struct err e = {0};
        char *s;
        size_t len;

        *(const char **)((char *)&m + cases[i].field) = cases[i].value;
        assert_int_equal(mail_build(&m, &s, &len, &e), -1);
        assert_ptr_equal(strstr(e.text, cases[i].word), e.text);
    }
}

static const struct {
    const char *text, *name, *addr; /* addr NULL: refused */
} addresses[] = {
    {"a@b.example", "", "a@b.example"},
    {"  a@b.example  ", "", "a@b.example"},
    {"Anna Smith <a@b.example>", "Anna Smith", "a@b.example"},
    {"\"Smith, Anna\" <a@b.example>", "Smith, Anna", "a@b.example"},
    {"\"A \\\"B\\\" \\\\\" <a@b.example>", "A \"B\" \\", "a@b.example"},
    {"<a@b.example>", "", "a@b.example"},
    {"Änne Öl <a@b.example>", "Änne Öl", "a@b.example"},
    {"o'brien+x@b-c.example", "", "o'brien+x@b-c.example"},
    {"root@localhost", "", "root@localhost"},
    {"", NULL, NULL},
    {"nobody", NULL, NULL},
    {"@b.example", NULL, NULL},
    {"a@", NULL, NULL},
    {"a@@b.example", NULL, NULL},
    {"a@b@c.example", NULL, NULL},
    {"a..b@c.example", NULL, NULL},
    {".a@c.example", NULL, NULL},
    {"a.@c.example", NULL, NULL},
    {"a@c..example", NULL, NULL},
    {"a@.example", NULL, NULL},
    {"a@example.", NULL, NULL},
    {"a@-b.example", NULL, NULL},
    {"a@b-.example", NULL, NULL},
    {"a b@c.example", NULL, NULL},
    {"\"a b\"@c.example", NULL, NULL},
    {"a(x)@c.example", NULL, NULL},
    {"a@[127.0.0.1]", NULL, NULL},
    {"a@b.example, c@d.example", NULL, NULL},
    {"a@b.example;c@d.example", NULL, NULL},
    {"ä@b.example", NULL, NULL},
    {"a@b.exämple", NULL, NULL},
    {"A <a@b.example> x", NULL, NULL},
    {"A <a@b.example", NULL, NULL},
    {"A <x> <a@b.example>", NULL, NULL},
    {"\"A <a@b.example>", NULL, NULL},
    {"A\" <a@b.example>", NULL, NULL},
    {"a@b.example\r\nRCPT TO:<c@d.example>", NULL, NULL},
    {"<a@b.example> SIZE=1", NULL, NULL},
    {"-oQ@b.example>", NULL, NULL},
};

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct err e = {0};
        char *name = NULL, *addr = NULL;
        int rc = mail_address(addresses[i].text, &name, &addr, &e);

        if (rc != (addresses[i].addr ? 0 : -1))
            fail_msg("%s: %d %s", addresses[i].text, rc, e.text);
        if (rc == 0) {
            assert_string_equal(name, addresses[i].name);
            assert_string_equal(addr, addresses[i].addr);
        } else {
            assert_int_equal(e.code, ERR_USAGE);
            assert_null(strpbrk(e.text, "\r\n"));
        }
        free(name);
        free(addr);
    }
}

static char *repeat(const char *unit, size_t times)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    while (times--)
        text_add(&t, unit);
    return text_take(&t);
}

static void test_address_length(void **state)
{
    char *local = repeat("x", 64), *label = repeat("y", 61);
    char *fits = xasprintf("%s@%s.%s.%s", local, label, label, label);
    char *over = xasprintf("%s@%s.%s.%s.abc", local, label, label, label);
    char *local_over = xasprintf("x%s@a.example", local), *name, *addr;
    struct err e;

    (void)state;
    assert_int_equal(strlen(fits), 250);
    assert_int_equal(mail_address(fits, &name, &addr, &e), 0);
    free(name);
    free(addr);
    assert_int_equal(strlen(over), 254);
    assert_int_equal(mail_address(over, &name, &addr, &e), 0);
    free(name);
    free(addr);
    free(over);
    over = xasprintf("%s@%s.%s.%s.abcd", local, label, label, label);
    assert_int_equal(mail_address(over, &name, &addr, &e), -1);
    assert_int_equal(mail_address(local_over, &name, &addr, &e), -1);
    free(local);
    free(label);
    free(fits);
    free(over);
    free(local_over);
}

/* Characters of one to four bytes pushed one byte at a time over every fold. */
static void test_fold_edges(void **state)
{
    static const char *const units[] = {"x", "é", "€", "😀", "\xd7\xa9", "😀é", "=?UTF-8?B?"};

    (void)state;
    for (size_t u = 0; u < COUNT(units); u++) {
        for (size_t shift = 0; shift < 80; shift++) {
            char *pad = repeat("a", shift), *run = repeat(units[u], 90);
            char *both = xasprintf("%s%s", pad, run), *s;
            struct mail m = usual;

            m.subject = m.to_name = m.markdown = both;
            s = build(&m);
            free(pad);
            free(run);
            free(both);
            free(s);
        }
    }
}

static void test_line_starts(void **state)
{
    struct text t = TEXT_INIT;

    (void)state;
    mime_quoted_printable(&t, ".\n..\nFrom here\n>From\nFromage\n.\nend ");
    assert_string_equal(t.s, "=2E\r\n=2E.\r\n=46rom here\r\n>From\r\nFromage\r\n=2E\r\nend=20\r\n");
    text_clear(&t);
    mime_quoted_printable(&t, "");
    assert_string_equal(t.s, "");
    text_clear(&t);
    mime_quoted_printable(&t, "a=b\ttab\n\nx \n");
    assert_string_equal(t.s, "a=3Db=09tab\r\n\r\nx=20\r\n");
    text_free(&t);
    /* a soft break must not leave a dot or a From at the start of the next line */
    for (size_t shift = 60; shift < 80; shift++) {
        char *pad = repeat("a", shift), *s;

        s = xasprintf("%s.From .. From ", pad);
        text_clear(&t);
        mime_quoted_printable(&t, s);
        check_lines(t.s, t.len, 76);
        free(pad);
        free(s);
    }
    text_free(&t);
}

static void test_long_and_mixed(void **state)
{
    char *word = repeat("unbroken", 2000), *rtl = repeat("\xe2\x80\xaeשלום ", 300);
    char *markdown = xasprintf("# %s\n\n%s\n\n- %s\n\n.\nFrom \n", word, rtl, word);
    struct mail m = usual;
    char *s;

    (void)state;
    m.markdown = markdown;
    m.subject = word;
    s = build(&m);
    free(s);
    m.subject = rtl;
    m.to_name = word;
    m.reply_to = "\"A, B\" <a@b.example>";
    m.in_reply_to = "thread@b.example";
    s = build(&m);
    assert_non_null(strstr(s, "Reply-To: \"A, B\" <a@b.example>\r\n"));
    assert_non_null(strstr(s, "References: <thread@b.example>\r\n"));
    free(s);
    free(word);
    free(rtl);
    free(markdown);
}

static void test_longest_address(void **state)
{
    char *local = repeat("x", 64), *label = repeat("y", 61);
    char *addr = xasprintf("%s@%s.%s.%s", local, label, label, label), *id = NULL, *s = NULL;
    struct mail m = usual;
    struct err e;
    size_t len;

    (void)state;
    m.from = m.to = m.reply_to = addr;
    m.message_id = m.in_reply_to = id = mail_message_id(addr);
    assert_int_equal(mail_build(&m, &s, &len, &e), 0);
    check_lines(s, len, 998);
    free(local);
    free(label);
    free(addr);
    free(id);
    free(s);
}

static void test_message_id(void **state)
{
    char *a = mail_message_id("csid <csid@bromley.example>");
    char *b = mail_message_id("csid <csid@bromley.example>"), *c = mail_message_id("junk");

    (void)state;
    assert_string_not_equal(a, b);
    assert_string_equal(strchr(a, '@'), "@bromley.example");
    assert_int_equal(strchr(a, '@') - a, 32);
    assert_string_equal(strchr(c, '@'), "@localhost");
    free(a);
    free(b);
    free(c);
}

static void test_html_is_safe(void **state)
{
    struct mail m = usual;
    char *s, *html;

    (void)state;
    m.subject = "</title><b>";
    m.markdown = "<script>alert(1)</script>\n\n[x](javascript:alert)\n\n![y](data:text/html,z)\n";
    s = build(&m);
    html = strstr(s, "text/html");
    assert_non_null(html);
    assert_non_null(strstr(html, "<title>&lt;/title>&lt;b></title>"));
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "javascript:"));
    assert_null(strstr(html, "data:text"));
    free(s);
}

/* Whatever a title holds, it comes out of the plain rendering as it went in. */
static void test_escape(void **state)
{
    static const char *const texts[] = {
        "# no heading",
        "1. no list",
        "1) none",
        "- none",
        "+ none",
        "*none*",
        "__none__",
        "`none`",
        "[x](http://y)",
        "<b>x</b>",
        "a | b",
        "\\",
        "\\*",
        "&amp; &#65;",
        "===",
        "---",
        "~~~",
        "> no quote",
        "![x](y)",
        "http://x.example/_a_",
        "5-year 10% £3 (a)",
        "<!-- x -->",
        "a  b",
        "<a@b.example>",
        "😀 שלום",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char *escaped = markdown_escape(texts[i]), *plain = plain_from_markdown(escaped);
        char *want = xasprintf("%s\n", texts[i]);

        assert_string_equal(plain, want);
        free(escaped);
        free(plain);
        free(want);
    }
}

static void test_escape_is_one_line(void **state)
{
    char *s = markdown_escape("a\r\n\r\n# b\x1b[31m\n\n    c\xe2\x80\xae");

    (void)state;
    assert_null(strpbrk(s, "\r\n\x1b"));
    assert_null(strstr(s, "\xe2\x80\xae"));
    free(s);
}

static void test_plain(void **state)
{
    static const struct {
        const char *markdown, *want;
    } cases[] = {
        {"", ""},
        {"one\ntwo\n\nthree  \nfour", "one\ntwo\n\nthree\nfour\n"},
        {"# Überdue\n\ntext", "Überdue\n=======\n\ntext\n"},
        {"a\n\n## B\n### C\nd", "a\n\nB\n-\n\nC\n\nd\n"},
        {"- a\n- b\n\nc", "- a\n- b\n\nc\n"},
        {"- a\n  more\n  - b\n    - c\n- d", "- a\n  more\n  - b\n    - c\n- d\n"},
        {"- a\n\n- b", "- a\n\n- b\n"},
        {"9. a\n10. b\n    x", "9. a\n10. b\n    x\n"},
        {"-\n- x", "-\n- x\n"},
        {"> quoted\n> *more*\n>\n> end", "> quoted\n> more\n\n> end\n"},
        {"```\ncode\n\n  x\n```\nafter", "    code\n\n      x\n\nafter\n"},
        {"[text](http://x.example) <http://y.example>",
         "text <http://x.example> http://y.example\n"},
        {"![alt](pic)", "alt\n"},
        {"a `co*de*` **b** _c_", "a co*de* b c\n"},
        {"<div>\nraw\n</div>\n\nx <i>y</i>", "x y\n"},
        {"a\n\n***\n\nb", "a\n\n----------------------------------------\n\nb\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *s = plain_from_markdown(cases[i].markdown);

        assert_string_equal(s, cases[i].want);
        free(s);
    }
}

static void test_deep_nesting(void **state)
{
    char *quotes = repeat(">", 3000), *lists = repeat("- ", 3000), *s;

    (void)state;
    s = plain_from_markdown(quotes);
    free(s);
    s = plain_from_markdown(lists);
    free(s);
    free(quotes);
    free(lists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_refused_fields),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_address_length),
        cmocka_unit_test(test_fold_edges),
        cmocka_unit_test(test_line_starts),
        cmocka_unit_test(test_long_and_mixed),
        cmocka_unit_test(test_longest_address),
        cmocka_unit_test(test_message_id),
        cmocka_unit_test(test_html_is_safe),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_escape_is_one_line),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_deep_nesting),
    };

    return cmocka_run_group_tests_name("notice_message", tests, NULL, NULL);
}
