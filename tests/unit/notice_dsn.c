/* Reports about deliveries: what real servers write, what RFC 3464 allows, and mails that are
 * damaged in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "notice/dsn.h"
#include "notice/verp.h"

static struct err e;

#define HEAD(more)                                                  \
    "From: MAILER-DAEMON@mx.x.example (Mail Delivery System)\nTo: " \
    "csi+1-0123456789abcdef@b.example\n"                            \
    "MIME-Version: 1.0\n" more "\n"
#define REPORT "Content-Type: multipart/report; report-type=delivery-status; boundary=\"E/1\"\n"
#define STATUS "--E/1\nContent-Type: message/delivery-status\n"
#define GROUP(action, status) \
    "Final-Recipient: rfc822; ann@x.example\nAction: " action "\nStatus: " status "\n"
#define PLAIN(groups) HEAD(REPORT) STATUS "\nReporting-MTA: dns; mx\n\n" groups "--E/1--\n"

static const struct {
    const char *what, *mail;
    const char *want; /* ACTION STATUS FINAL SAID|… MESSAGE-ID, or "-" and what it is instead */
} cases[] = {
    {"as Postfix writes one",
     HEAD(REPORT) "preamble\n--E/1\nContent-Description: Notification\n\nI'm sorry.\n" STATUS
                  "\nReporting-MTA: dns; mx.x.example\nX-Postfix-Queue-ID: 4B\nArrival-Date: x\n\n"
                  "Final-Recipient: rfc822; ann@x.example\nOriginal-Recipient: "
                  "rfc822;ann@x.example\n"
                  "Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; y\n"
                  "Diagnostic-Code: smtp; 550 5.1.1 <ann@x.example>: Recipient address\n    "
                  "rejected\n"
                  "\n--E/1\nContent-Type: message/rfc822\n\nMessage-ID: "
                  "<1@b.example>\n\nbody\n--E/1--\n",
     "0 5.1.1 ann@x.example 550 5.1.1 <ann@x.example>: Recipient address    rejected|1@b.example"},
    {"CRLF",
     "To: a@b.example\r\nContent-Type: multipart/report;\r\n report-type=delivery-status;\r\n"
     "\tboundary=e\r\n\r\n--e\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n\r\n"
     "Final-Recipient: rfc822;c@d.example\r\nAction: failed\r\nStatus: 5.0.0\r\n--e--\r\n",
     "0 5.0.0 c@d.example |"},
    {"an mbox's line before it",
     "From MAILER-DAEMON Fri Sep  1 08:30:00 2017\n" PLAIN(GROUP("failed", "5.1.1")),
     "0 5.1.1 ann@x.example |"},
    {"base64",
     HEAD(REPORT) STATUS
     "Content-Transfer-Encoding: base64\n\n"
     "UmVwb3J0aW5nLU1UQTogZG5zOyBteAoKRmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGFubkB4LmV4\n"
     "YW1wbGUKQWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQo=\n--E/1--\n",
     "0 5.1.1 ann@x.example |"},
    {"quoted-printable",
     HEAD(REPORT) STATUS
     "Content-Transfer-Encoding: Quoted-Printable\n\nReporting-MTA: dns; mx\n\n"
     "Final-Recipient: rfc822; ann=40x.exa=\nmple\nAction: failed\nStatus: 5=2E1.1\n--E/1--\n",
     "0 5.1.1 ann@x.example |"},
    {"several, each with a group",
     PLAIN(GROUP(
         "failed",
         "5.1.1") "\nFinal-Recipient: rfc822; bob@x.example\nAction: relayed\nStatus: 2.0.0\n"),
     "0 5.1.1 ann@x.example |3 2.0.0 bob@x.example |"},
    {"comments and case",
     PLAIN("final-recipient: RFC822 ; <ann@x.example>\nACTION: (so) Failed (for good)\n"
           "status: 5.1.1 (no such user)\n"),
     "0 5.1.1 ann@x.example |"},
    {"a group without a status",
     PLAIN("Final-Recipient: rfc822; a@b\nAction: failed\n\n" GROUP("delayed", "4.4.7")),
     "1 4.4.7 ann@x.example |"},
    {"status of four parts", PLAIN(GROUP("failed", "5.1.1.1")), "-does not say what became"},
    {"status 6", PLAIN(GROUP("failed", "6.1.1")), "-does not say what became"},
    {"status with letters", PLAIN(GROUP("failed", "5.1.x")), "-does not say what became"},
    {"status 5..1", PLAIN(GROUP("failed", "5..11")), "-does not say what became"},
    {"an action of its own", PLAIN(GROUP("vanished", "5.1.1")), "-does not say what became"},
    {"wrapped by what checks for viruses",
     HEAD("Content-Type: multipart/mixed; boundary=outer\n") "--outer\n" REPORT "\n" STATUS
                                                             "\nA: b\n\n" GROUP(
                                                                 "failed",
                                                                 "5.1.1") "--E/"
                                                                          "1--\n--outer\nContent-"
                                                                          "Type: "
                                                                          "text/"
                                                                          "plain\n\nclean\n--outer-"
                                                                          "-\n",
     "0 5.1.1 ann@x.example |"},
    {"a boundary that begins another's",
     HEAD("Content-Type: multipart/mixed; boundary=E\n") "--E\n" REPORT "\n" STATUS
                                                         "\nA: b\n\n" GROUP(
                                                             "failed", "5.1.1") "--E/1--\n--E--\n",
     "0 5.1.1 ann@x.example |"},
    {"only a copy of a report, forwarded",
     HEAD("Content-Type: multipart/mixed; boundary=o\n") "--o\nContent-Type: "
                                                         "message/rfc822\n\n" PLAIN(
                                                             GROUP("failed", "5.1.1")) "--o--\n",
     "-no report"},
    {"status without a report around it",
     HEAD("Content-Type: multipart/mixed; boundary=\"E/1\"\n") STATUS
     "\nA: b\n\n" GROUP("failed", "5.1.1") "--E/1--\n",
     "-no report"},
    {"that it was read",
     HEAD(
         "Content-Type: multipart/report; report-type=disposition-notification; boundary=\"E/1\"\n")
         STATUS "\nA: b\n\n" GROUP("failed", "5.1.1") "--E/1--\n",
     "-no report"},
    {"headers alone",
     HEAD(REPORT) STATUS "\nA: b\n\n" GROUP(
         "failed", "5.1.1") "--E/1\nContent-Type: text/rfc822-headers\n\nmessage-id: "
                            "<2@b.example>\n--E/1--\n",
     "0 5.1.1 ann@x.example |2@b.example"},
    {"an end that is missing", HEAD(REPORT) STATUS "\nA: b\n\n" GROUP("failed", "5.1.1"),
     "0 5.1.1 ann@x.example |"},
    {"no boundary",
     HEAD("Content-Type: multipart/report; report-type=delivery-status\n") STATUS "\nA: b\n",
     "-does not say what became"},
    {"a vacation", HEAD("Auto-Submitted: auto-replied (vacation)\n") "I am away.\n",
     "-automatic reply"},
    {"a person", HEAD("") "What is this?\n", "-no report"},
    {"nothing", "", "-no mail"},
    {"one line", "hello", "-no mail"},
};

static char *told(const char *mail, size_t len)
{
    struct text t = TEXT_INIT;
    struct dsn d;

    text_clear(&t);
    if (dsn_read(mail, len, &d, &e) < 0) {
        text_addf(&t, "-%s", e.text);
        return text_take(&t);
    }
    assert_true(d.count > 0);
    for (size_t i = 0; i < d.count; i++)
        text_addf(&t, "%d %s %s %s|", d.recipients[i].action, d.recipients[i].status,
                  d.recipients[i].final ? d.recipients[i].final : d.recipients[i].original,
                  d.recipients[i].said);
    text_add(&t, d.message_id ? d.message_id : "");
    dsn_clear(&d);
    return text_take(&t);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *got = told(cases[i].mail, strlen(cases[i].mail));
        bool fits = cases[i].want[0] == '-'
                        ? got[0] == '-' && strstr(got, cases[i].want + 1) != NULL
                        : strcmp(got, cases[i].want) == 0;

        if (!fits)
            fail_msg("%s: %s", cases[i].what, got);
        free(got);
    }
}

/* Cut anywhere, with any byte another, with lines twice: it is read or refused, and what is read is
 * bounded and has what a report must have. */
static void test_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = strlen(cases[i].mail);

        for (size_t at = 0; at < len; at++) {
            static const char others[] = {'\0', '\n', '\r', '"', ';',       '(',
                                          '\\', ' ',  '=',  '-', (char)0xff};
            char *mail = xmalloc(len), *cut = xmalloc(at + 1);

            memcpy(cut, cases[i].mail, at);
            free(told(cut, at));
            free(cut);
            for (size_t k = 0; k < COUNT(others); k++) {
                memcpy(mail, cases[i].mail, len);
                mail[at] = others[k];
                free(told(mail, len));
            }
            free(mail);
        }
    }
}

/* As deep, as many and as long as they come. */
static void test_bounds(void **state)
{
    struct text deep = TEXT_INIT, many = TEXT_INIT, colons = TEXT_INIT;
    struct dsn d;

    (void)state;
    text_add(&deep, HEAD("Content-Type: multipart/mixed; boundary=b\n"));
    for (int i = 0; i < 20000; i++)
        text_add(&deep, "--b\nContent-Type: multipart/mixed; boundary=b\n\n");
    free(told(deep.s, deep.len));
    text_add(&many, HEAD(REPORT) STATUS "\nA: b\n\n");
    for (int i = 0; i < 9000; i++)
        text_add(&many, GROUP("failed", "5.1.1") "\n");
    assert_int_equal(dsn_read(many.s, many.len, &d, &e), 0);
    assert_int_equal(d.count, 1000);
    dsn_clear(&d);
    for (int i = 0; i < 100000; i++)
        text_add(&colons, "To: a@b, c@d\n ");
    free(told(colons.s, colons.len));
    text_free(&deep);
    text_free(&many);
    text_free(&colons);
}

static void test_about(void **state)
{
    static const char mail[] =
        HEAD(REPORT) STATUS "\nA: b\n\nOriginal-Recipient: rfc822;ann+2Bx@x.example\n" GROUP(
            "relayed", "2.0.0") "\nFinal-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: "
                                "5.1.1\n--E/1--\n";
    struct dsn d;

    (void)state;
    assert_int_equal(dsn_read(mail, strlen(mail), &d, &e), 0);
    assert_int_equal(d.to_count, 1);
    assert_string_equal(d.to[0], "csi+1-0123456789abcdef@b.example");
    assert_ptr_equal(dsn_about(&d, "ANN+x@x.example"), &d.recipients[0]); /* xtext */
    assert_ptr_equal(dsn_about(&d, "bob@X.example"), &d.recipients[1]);
    assert_null(dsn_about(&d, "list@x.example"));
    dsn_clear(&d);
}

static void test_verp(void **state)
{
    static const char *const bad[] = {"",
                                      "@",
                                      "a@b",
                                      "+@b",
                                      "a+@b",
                                      "a+1@b",
                                      "a+1-@b",
                                      "a+1-0123@b",
                                      "a+1-0123456789abcdeg@b",
                                      "a+-0123456789abcdef@b",
                                      "a+1-0123456789abcdef",
                                      "a+1-0123456789abcdef0@b",
                                      "a+0-0123456789abcdef@b",
                                      "a+1234567890123456-0123456789abcdef@b",
                                      "a+1 0123456789abcdef@b"};
    char *made = verp_address("secret", "csi+x@b.example", 0x1f4, "id@b.example"),
         *upper = xstrdup(made);
    char *longest =
        verp_address("secret", "123456789012345678901234567890@b.example", 0xfffffffffffffff, "id");
    int64_t named = 0;

    (void)state;
    /* printf 'csid bounce\n1f4\nid@b.example' | openssl dgst -sha256 -hmac secret */
    assert_string_equal(made, "csi+x+1f4-4d38156f3d497666@b.example");
    for (char *p = upper; *p; p++)
        *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
    assert_true(verp_read(upper, &named) && named == 0x1f4);
    assert_true(verp_is("secret", upper, 0x1f4, "id@b.example"));
    assert_false(verp_is("other", made, 0x1f4, "id@b.example"));
    assert_false(verp_is("secret", made, 0x1f5, "id@b.example"));
    assert_false(verp_is("secret", made, 0x1f4, "id2@b.example"));
    for (size_t i = 0; i < COUNT(bad); i++)
        if (verp_read(bad[i], &named))
            fail_msg("%s", bad[i]);
    assert_true(strcspn(longest, "@") <= 64);
    assert_true(verp_read(longest, &named) && named == 0xfffffffffffffff);
    free(made);
    free(upper);
    free(longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_damaged),
                                       cmocka_unit_test(test_bounds), cmocka_unit_test(test_about),
                                       cmocka_unit_test(test_verp)};

    return cmocka_run_group_tests_name("notice_dsn", tests, NULL, NULL);
}
