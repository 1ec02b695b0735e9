/* What the end of a dialogue means: the published table, case by case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "courier/verdict.h"

/* CURLcodes as libcurl numbers them */
enum {
    OK = 0,
    RESOLVE = 6,
    CONNECT = 7,
    TIMEOUT = 28,
    SEND = 55,
    RECV = 56,
    NO_TLS = 64,
    LOGIN = 67,
    BAD_CERT = 60,
    ABORTED = 42,
    GOT_NOTHING = 52
};

static const struct {
    struct smtp_end end;
    enum verdict want;
} cases[] = {
    {{OK, 250, STEP_BODY, false, false}, VERDICT_ACCEPTED},
    {{OK, 251, STEP_BODY, true, false}, VERDICT_ACCEPTED},
    /* 250 is not enough: of whom is it? */
    {{RECV, 250, STEP_BODY, false, false}, VERDICT_IN_DOUBT},
    {{RECV, 250, STEP_RCPT, false, false}, VERDICT_RETRY},
    {{OK, 250, STEP_RCPT, false, false}, VERDICT_RETRY},
    /* lost after the go-ahead */
    {{RECV, 354, STEP_BODY, false, false}, VERDICT_IN_DOUBT},
    {{TIMEOUT, 354, STEP_BODY, false, false}, VERDICT_IN_DOUBT},
    {{SEND, 354, STEP_BODY, true, false}, VERDICT_IN_DOUBT},
    {{GOT_NOTHING, 354, STEP_BODY, true, false}, VERDICT_IN_DOUBT},
    {{ABORTED, 354, STEP_BODY, false, false}, VERDICT_IN_DOUBT},
    /* refused for good */
    {{SEND, 550, STEP_BODY, false, false}, VERDICT_FAILED},
    {{SEND, 554, STEP_DATA, false, false}, VERDICT_FAILED},
    {{SEND, 550, STEP_RCPT, true, false}, VERDICT_REFUSED},
    {{OK, 599, STEP_BODY, false, false}, VERDICT_FAILED},
    /* later */
    {{SEND, 451, STEP_BODY, false, false}, VERDICT_RETRY},
    {{SEND, 421, STEP_BODY, true, false}, VERDICT_RETRY},
    {{SEND, 452, STEP_RCPT, false, false}, VERDICT_RETRY},
    {{SEND, 452, STEP_RCPT, true, false}, VERDICT_RETRY},
    {{SEND, 421, STEP_RCPT, false, false}, VERDICT_RETRY},
    {{SEND, 450, STEP_MAIL, false, false}, VERDICT_RETRY},
    {{RECV, 0, STEP_MAIL, false, false}, VERDICT_RETRY},
    {{TIMEOUT, 0, STEP_DATA, false, false}, VERDICT_RETRY},
    /* a kept connection that had died */
    {{SEND, 421, STEP_MAIL, true, false}, VERDICT_AGAIN},
    {{SEND, 0, STEP_CONNECT, true, false}, VERDICT_AGAIN},
    {{RECV, 0, STEP_MAIL, true, false}, VERDICT_AGAIN},
    {{TIMEOUT, 0, STEP_RCPT, true, false}, VERDICT_AGAIN},
    /* csid ends: what the server cannot have is in no doubt, all else is */
    {{ABORTED, 0, STEP_CONNECT, false, false}, VERDICT_STOPPED},
    {{ABORTED, 250, STEP_MAIL, true, false}, VERDICT_STOPPED},
    {{ABORTED, 0, STEP_DATA, false, false}, VERDICT_STOPPED},
    {{ABORTED, 354, STEP_BODY, false, false}, VERDICT_IN_DOUBT},
    {{ABORTED, 250, STEP_BODY, false, false}, VERDICT_IN_DOUBT},
    /* the channel's fault */
    {{SEND, 550, STEP_MAIL, false, false}, VERDICT_HOLD},
    {{SEND, 530, STEP_MAIL, true, false}, VERDICT_HOLD},
    {{LOGIN, 535, STEP_AUTH, false, false}, VERDICT_HOLD},
    {{LOGIN, 0, STEP_HELLO, false, false}, VERDICT_HOLD},
    {{NO_TLS, 250, STEP_HELLO, false, false}, VERDICT_HOLD},
    {{NO_TLS, 454, STEP_STARTTLS, false, false}, VERDICT_HOLD},
    {{1, 0, STEP_CONNECT, false, false}, VERDICT_HOLD},
    {{3, 0, STEP_CONNECT, false, false}, VERDICT_HOLD},
    {{ABORTED, 0, STEP_MAIL, false, true}, VERDICT_HOLD},
    {{OK, 250, STEP_BODY, false, true}, VERDICT_HOLD},
    /* the channel's trouble */
    {{LOGIN, 454, STEP_AUTH, false, false}, VERDICT_DOWN},
    {{CONNECT, 0, STEP_CONNECT, false, false}, VERDICT_DOWN},
    {{RESOLVE, 0, STEP_CONNECT, false, false}, VERDICT_DOWN},
    {{TIMEOUT, 0, STEP_CONNECT, false, false}, VERDICT_DOWN},
    {{8, 421, STEP_CONNECT, false, false}, VERDICT_DOWN},
    {{8, 554, STEP_CONNECT, false, false}, VERDICT_DOWN},
    {{9, 421, STEP_HELLO, false, false}, VERDICT_DOWN},
    {{BAD_CERT, 220, STEP_STARTTLS, false, false}, VERDICT_DOWN},
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct smtp_end *end = &cases[i].end;

        if (verdict_smtp(end) != cases[i].want)
            fail_msg("curl %d, %d to %s%s: %d, not %d", end->curl, end->code,
                     verdict_step_name(end->step), end->reused ? " (kept)" : "",
                     (int)verdict_smtp(end), (int)cases[i].want);
    }
}

/* Over everything that can be said: only a 2xx to the message, and no curl error, is delivery; and
 * nothing is ever thought undelivered for good after the go-ahead but by a 5xx. */
static void test_never(void **state)
{
    (void)state;
    for (int curl = 0; curl < 100; curl++) {
        for (int code = 0; code < 600; code++) {
            for (int step = STEP_CONNECT; step <= STEP_BODY; step++) {
                for (int reused = 0; reused < 2; reused++) {
                    struct smtp_end end = {curl, code, (enum smtp_step)step, reused, false};
                    enum verdict v = verdict_smtp(&end);

                    assert_int_equal(v == VERDICT_ACCEPTED,
                                     curl == 0 && step == STEP_BODY && code / 100 == 2);
                    if (v == VERDICT_FAILED)
                        assert_true(code >= 500 && step >= STEP_DATA);
                    if (v == VERDICT_REFUSED) /* it marks the address */
                        assert_true(code >= 500 && step == STEP_RCPT);
                    if (step == STEP_BODY)
                        assert_true(v != VERDICT_AGAIN && v != VERDICT_DOWN &&
                                    v != VERDICT_STOPPED);
                    if (v == VERDICT_AGAIN)
                        assert_true(reused);
                }
            }
        }
    }
}

static void test_steps(void **state)
{
    static const struct {
        const char *line;
        int want;
    } lines[] = {
        {"EHLO csid\r\n", STEP_HELLO},
        {"helo x", STEP_HELLO},
        {"STARTTLS\r\n", STEP_STARTTLS},
        {"AUTH PLAIN\r\n", STEP_AUTH},
        {"MAIL FROM:<a@b>\r\n", STEP_MAIL},
        {"RCPT TO:<a@b>\r\n", STEP_RCPT},
        {"DATA\r\n", STEP_DATA},
        {"DATABASE=\r\n", -1},
        {"QUIT\r\n", -1},
        {"", -1},
        {"AGNzaWQ=\r\n", -1},
        {"MAILx", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_int_equal(verdict_step(lines[i].line), lines[i].want);
}

#define NOON 1504267200 /* 1 Sep 2017, 12:00 UTC */

static void test_notify(void **state)
{
    static const struct {
        struct notify_end end;
        enum verdict want;
        int64_t wait;
    } of[] = {
        /* it was to take the message */
        {{.status = 201}, VERDICT_ACCEPTED, 0},
        {{.status = 200}, VERDICT_IN_DOUBT, 0}, /* of whom is it? */
        {{.status = 202}, VERDICT_IN_DOUBT, 0},
        {{.status = 429, .error = NOTIFY_RATE}, VERDICT_DOWN, 60},
        {{.status = 429, .error = NOTIFY_OTHER}, VERDICT_DOWN, 60},
        {{.status = 429, .error = NOTIFY_LIMIT}, VERDICT_DOWN, 43200},
        {{.status = 403, .error = NOTIFY_CLOCK}, VERDICT_DOWN, 0},
        {{.status = 403, .error = NOTIFY_OTHER}, VERDICT_HOLD, 0},
        {{.status = 401}, VERDICT_HOLD, 0},
        {{.status = 404}, VERDICT_HOLD, 0},
        {{.status = 302}, VERDICT_HOLD, 0},
        {{.status = 400}, VERDICT_FAILED, 0},
        {{.status = 413}, VERDICT_FAILED, 0},
        {{.status = 408}, VERDICT_RETRY, 0},
        {{.status = 500}, VERDICT_RETRY, 0},
        {{.status = 502}, VERDICT_IN_DOUBT, 0},
        {{.status = 503}, VERDICT_DOWN, 0},
        {{.status = 504}, VERDICT_IN_DOUBT, 0},
        {{.curl = TIMEOUT, .sent = true}, VERDICT_IN_DOUBT, 0},
        {{.curl = RECV, .sent = true}, VERDICT_IN_DOUBT, 0},
        {{.curl = TIMEOUT, .sent = false}, VERDICT_DOWN, 0},
        {{.curl = RESOLVE}, VERDICT_DOWN, 0},
        {{.curl = BAD_CERT}, VERDICT_DOWN, 0},
        /* it was only asked */
        {{.status = 200, .asking = true, .found = true}, VERDICT_ACCEPTED, 0},
        {{.status = 200, .asking = true}, VERDICT_DOWN, 0},
        {{.status = 201, .asking = true}, VERDICT_DOWN, 0},
        {{.status = 429, .asking = true, .error = NOTIFY_RATE}, VERDICT_DOWN, 60},
        {{.status = 403, .asking = true, .error = NOTIFY_CLOCK}, VERDICT_DOWN, 0},
        {{.status = 403, .asking = true}, VERDICT_HOLD, 0},
        {{.status = 400, .asking = true}, VERDICT_HOLD, 0},
        {{.status = 500, .asking = true}, VERDICT_DOWN, 0},
        {{.curl = TIMEOUT, .asking = true, .sent = true}, VERDICT_DOWN, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(of); i++) {
        int64_t wait = -1;
        enum verdict got = verdict_notify(&of[i].end, NOON, &wait);

        if (got != of[i].want || wait != of[i].wait)
            fail_msg("case %zu: %d in %lld s", i, (int)got, (long long)wait);
    }
}

/* Nothing that may have been taken is ever called untaken, and what is asked fails no message. */
static void test_notify_never(void **state)
{
    int64_t wait;

    (void)state;
    for (int status = 0; status < 600; status++) {
        struct notify_end end = {.status = status, .sent = true};
        enum verdict posted = verdict_notify(&end, NOON, &wait), asked;

        end.asking = true;
        asked = verdict_notify(&end, NOON, &wait);
        assert_int_equal(posted == VERDICT_ACCEPTED, status == 201);
        if (posted == VERDICT_FAILED)
            assert_int_equal(status / 100, 4);
        assert_true(asked == VERDICT_DOWN || asked == VERDICT_HOLD);
    }
}

static void test_notify_error(void **state)
{
    (void)state;
    assert_int_equal(notify_error("RateLimitError", ""), NOTIFY_RATE);
    assert_int_equal(notify_error("TooManyRequestsError", ""), NOTIFY_LIMIT);
    assert_int_equal(notify_error("AuthError",
                                  "Error: Your system clock must be accurate to within "
                                  "30 seconds"),
                     NOTIFY_CLOCK);
    assert_int_equal(notify_error("AuthError", "Invalid token: API key not found"), NOTIFY_OTHER);
    assert_int_equal(notify_error("", ""), NOTIFY_OTHER);
}

static void test_http(void **state)
{
    (void)state;
    for (long status = 0; status < 600; status++) {
        enum verdict want = status / 100 == 2 ? VERDICT_ACCEPTED
                            : status == 410   ? VERDICT_GONE
                                              : VERDICT_RETRY;

        assert_int_equal(verdict_http(status), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),       cmocka_unit_test(test_never),
        cmocka_unit_test(test_steps),       cmocka_unit_test(test_http),
        cmocka_unit_test(test_notify),      cmocka_unit_test(test_notify_never),
        cmocka_unit_test(test_notify_error)};

    return cmocka_run_group_tests_name("courier_verdict", tests, NULL, NULL);
}
