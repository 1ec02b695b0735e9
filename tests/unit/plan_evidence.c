/* Evidence as people type it: what is taken, what is refused and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "plan/evidence.h"

#define SUM "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"

static void test_taken(void **state)
{
    static const struct {
        const char *text, *title, *link, *sha256;
    } cases[] = {
        {"Audit=https://x.example/a", "Audit", "https://x.example/a", NULL},
        {"Audit of May=http://x", "Audit of May", "http://x", NULL},
        {"  Audit  =HTTPS://X.example/?q=1&r=2", "Audit", "HTTPS://X.example/?q=1&r=2", NULL},
        {"Audit=/share/May 2017/audit.pdf", "Audit", "/share/May 2017/audit.pdf", NULL},
        {"Audit=\\\\server\\share\\a b.docx", "Audit", "\\\\server\\share\\a b.docx", NULL},
        {"Audit=https://x.example/a#page=2", "Audit", "https://x.example/a#page=2", NULL},
        {"Audit=https://x.example/\xc3\xa9", "Audit", "https://x.example/\xc3\xa9", NULL},
        {"Audit=/a#sha256=" SUM, "Audit", "/a", SUM},
        {"Audit=https://x/"
         "a#sha256=98EA6E4F216F2FB4B69FFF9B3A44842C38686CA685F3F55DC48C5D3FB1107BE4",
         "Audit", "https://x/a", SUM},
        {"Two\nlines=/a", "Two lines", "/a", NULL},
        {"\xe2\x80\xae"
         "evil=/a",
         "\xef\xbf\xbd"
         "evil",
         "/a", NULL}, /* a direction mark */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct evidence v;
        struct err e;

        if (evidence_read(cases[i].text, &v, &e) != 0)
            fail_msg("%s: %s", cases[i].text, e.text);
        assert_string_equal(v.title, cases[i].title);
        assert_string_equal(v.link, cases[i].link);
        if (!v.sha256 != !cases[i].sha256 || (v.sha256 && strcmp(v.sha256, cases[i].sha256) != 0))
            fail_msg("%s: %s", cases[i].text, v.sha256 ? v.sha256 : "none");
        evidence_clear(&v);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "TITLE=LINK"},
        {"Audit", "TITLE=LINK"},
        {"Audit=", "TITLE=LINK"},
        {"=https://x", "TITLE=LINK"},
        {"   =https://x", "TITLE=LINK"},
        {"Audit=x.example/a", "begin with"},
        {"Audit=javascript:alert(1)", "begin with"},
        {"Audit=ftp://x/a", "begin with"},
        {"Audit=file:///etc/passwd", "begin with"},
        {"Audit= https://x", "begin with"},
        {"Audit=https:/x", "begin with"},
        {"Audit=https://", "no host"},
        {"Audit=https:///a", "no host"},
        {"Audit=https://#sha256=" SUM, "no host"},
        {"Audit=https://x/a b", "blank"},
        {"Audit=https://x/\"onclick=\"", "blank"},
        {"Audit=https://x/<script>", "blank"},
        {"Audit=https://x/a\nBcc: b@x", "cannot be seen"},
        {"Audit=/a\tb", "cannot be seen"},
        {"Audit=/a\x01", "cannot be seen"},
        {"Audit=/a\x7f", "cannot be seen"},
        {"Audit=/a\xef\xbf\xbd", "cannot be seen"}, /* a control stood there */
        {"Audit=/a\xe2\x80\xae"
         "fdp.exe",
         "cannot be seen"},
        {"Audit=/a#sha256=", "64"},
        {"Audit=/a#sha256=98ea", "64"},
        {"Audit=/a#sha256=" SUM "0", "64"},
        {"Audit=/a#sha256=z8ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4", "64"},
        {"Audit=/a#sha256=" SUM "#sha256=" SUM, "64"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct evidence v = {0};
        struct err e;

        if (evidence_read(cases[i].text, &v, &e) == 0)
            fail_msg("%s: taken", cases[i].text);
        if (e.code != ERR_USAGE || !strstr(e.text, cases[i].why))
            fail_msg("%s: %s", cases[i].text, e.text);
        assert_null(v.title);
    }
}

static void test_length(void **state)
{
    struct text t = TEXT_INIT;
    struct evidence v;
    struct err e;

    (void)state;
    text_add(&t, "Audit=/");
    while (t.len < strlen("Audit=") + EVIDENCE_LINK_MAX)
        text_add(&t, "a");
    assert_int_equal(evidence_read(t.s, &v, &e), 0);
    evidence_clear(&v);
    text_add(&t, "a");
    assert_int_equal(evidence_read(t.s, &v, &e), -1);
    assert_non_null(strstr(e.text, "longer"));
    text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
