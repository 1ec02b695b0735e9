/* What the store keeps of endpoints: since when one fails, whether its end was told, what expires
 * while it is held, and what is sent it again. */
#include "store_scratch.h"

#include "base/mem.h"
#include "store/channel.h"
#include "store/outbox.h"

#define HOOK "webhook:board"

static utc_t at(int64_t seconds)
{
    return (utc_t){1504254600 + seconds};
}

/* ---- failing ---- */

static void fails(int64_t now, int64_t want)
{
    utc_t since;

    OK(store_begin(s, "csid", at(now), &e));
    OK(channel_fails(s, HOOK, at(now), &since, &e));
    OK(store_end(s, 0, &e));
    assert_int_equal(since.s, at(want).s);
}

static void answers(void)
{
    OK(store_begin(s, "csid", at(0), &e));
    OK(store_end(s, channel_answers(s, HOOK, &e), &e));
}

static void test_failing(void **state)
{
    struct channel c;

    (void)state;
    OK(channel_read(s, HOOK, &c, &e));
    assert_false(c.held || utc_is(c.since) || utc_is(c.failing_since));
    answers(); /* of one that was never heard of */
    fails(10, 10);
    fails(20, 10);
    OK(channel_read(s, HOOK, &c, &e));
    assert_false(c.held);
    assert_int_equal(c.failing_since.s, at(10).s);
    channel_clear(&c);
    answers();
    fails(30, 30);
    OK(channel_hold(s, HOOK, CHANNEL_BY_ENDPOINT, "gone", at(40), &e));
    OK(channel_read(s, HOOK, &c, &e));
    assert_true(c.held);
    assert_string_equal(c.held_by, "endpoint");
    assert_string_equal(c.reason, "gone");
    assert_int_equal(c.failing_since.s, at(30).s);
    channel_clear(&c);
    OK(channel_release(s, HOOK, at(50), &e));
    OK(channel_read(s, HOOK, &c, &e));
    assert_false(c.held || utc_is(c.failing_since));
    assert_null(c.held_by);
    channel_clear(&c);
    fails(60, 60);
}

static void expect_untold(const char *want)
{
    char *name, *reason;

    OK(channel_untold(s, &name, &reason, &e));
    if (want)
        assert_string_equal(name, want);
    else
        assert_null(name);
    free(name);
    free(reason);
}

static void test_told_once(void **state)
{
    (void)state;
    OK(channel_hold(s, "mail", CHANNEL_BY_FAULT, "535", at(0), &e));
    OK(channel_hold(s, "webhook:hand", CHANNEL_BY_HAND, "me", at(0), &e));
    expect_untold(NULL);
    OK(channel_hold(s, HOOK, CHANNEL_BY_ENDPOINT, "gone", at(0), &e));
    for (int round = 0; round < 2; round++) {
        expect_untold(HOOK);
        OK(store_begin(s, "csid", at(1), &e));
        OK(store_end(s, channel_told(s, HOOK, &e), &e));
        expect_untold(NULL);
        OK(channel_release(s, HOOK, at(2), &e));
        expect_untold(NULL);
        OK(channel_hold(s, HOOK, CHANNEL_BY_ENDPOINT, "gone again", at(3), &e));
    }
}

/* ---- messages ---- */

static int64_t add(const char *channel, const char *id, int64_t now, utc_t until)
{
    const struct outbox_message m = {.channel = (char *)channel,
                                     .recipient = (char *)id, /* so that none waits for another */
                                     .event = (char *)"csi.test",
                                     .subject = (char *)"A test",
                                     .message_id = (char *)id,
                                     .body = (char *)"{}",
                                     .body_len = 2,
                                     .format = (char *)"slack",
                                     .valid_until = until};
    int64_t row;

    OK(store_begin(s, "csid", at(now), &e));
    OK(store_end(s, outbox_add(s, &m, &row, &e), &e));
    return row;
}

static void attempt(const char *channel, int64_t now, enum outbox_state outcome)
{
    struct outbox_message m;
    int64_t t;

    assert_int_equal(outbox_claim(s, channel, NULL, 0, at(now), &m, &t, &e), 1);
    assert_string_equal(m.format, "slack");
    outbox_message_clear(&m);
    OK(outbox_finish(s, t, outcome, "HTTP", at(now + 1000), at(now), &e));
}

static void expect(int64_t id, enum outbox_state state, int attempts)
{
    struct outbox_message m;

    OK(outbox_read(s, id, &m, &e));
    assert_string_equal(outbox_state_name(m.state), outbox_state_name(state));
    assert_int_equal(m.attempts, attempts);
    outbox_message_clear(&m);
}

static void test_expires_while_held(void **state)
{
    int64_t soon = add(HOOK, "a", 0, at(100)), late = add(HOOK, "b", 0, at(200)),
            ever = add(HOOK, "c", 0, UTC_NONE), other = add("webhook:other", "d", 0, at(100)), t;
    struct outbox_message m;

    (void)state;
    OK(channel_hold(s, HOOK, CHANNEL_BY_ENDPOINT, "gone", at(1), &e));
    assert_int_equal(outbox_claim(s, HOOK, NULL, 0, at(99), &m, &t, &e), 0);
    expect(soon, OUTBOX_QUEUED, 0);
    assert_int_equal(outbox_claim(s, HOOK, NULL, 0, at(100), &m, &t, &e), 0);
    expect(soon, OUTBOX_EXPIRED, 0);
    expect(late, OUTBOX_QUEUED, 0);
    expect(ever, OUTBOX_QUEUED, 0);
    expect(other, OUTBOX_QUEUED, 0);
}

static size_t redeliver(int64_t since, int64_t now)
{
    size_t count = 99;

    OK(store_begin(s, "ann", at(now), &e));
    OK(store_end(s, outbox_redeliver(s, HOOK, at(since), &count, &e), &e));
    return count;
}

static void test_redeliver(void **state)
{
    int64_t accepted = add(HOOK, "a", 0, at(1000)), failed, waiting, mail;

    (void)state;
    attempt(HOOK, 10, OUTBOX_ACCEPTED);
    failed = add(HOOK, "b", 20, at(50));
    attempt(HOOK, 30, OUTBOX_FAILED);
    waiting = add(HOOK, "c", 40, UTC_NONE);
    attempt(HOOK, 40, OUTBOX_RETRY);
    mail = add("mail", "d", 40, UTC_NONE);
    attempt("mail", 40, OUTBOX_ACCEPTED);
    assert_int_equal(redeliver(31, 100), 0);
    assert_int_equal(redeliver(30, 100), 1); /* it failed then, though it is older */
    expect(failed, OUTBOX_QUEUED, 0);
    expect(accepted, OUTBOX_ACCEPTED, 1);
    attempt(HOOK, 110, OUTBOX_FAILED); /* past its time, yet wanted */
    assert_int_equal(redeliver(10, 200), 2);
    expect(accepted, OUTBOX_QUEUED, 0);
    expect(failed, OUTBOX_QUEUED, 0);
    expect(waiting, OUTBOX_RETRY, 1);
    expect(mail, OUTBOX_ACCEPTED, 1);
    assert_int_equal(redeliver(0, 300), 0);
    OK(store_begin(s, "ann", at(300), &e));
    assert_int_equal(outbox_retry(s, mail, &e), -1); /* of a mail nothing is taken back */
    assert_int_equal(e.code, ERR_CONFLICT);
    store_undo(s);
    expect(mail, OUTBOX_ACCEPTED, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_failing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_expires_while_held, setup, teardown),
        cmocka_unit_test_setup_teardown(test_redeliver, setup, teardown),
    };

    return cmocka_run_group_tests_name("store_endpoint", tests, NULL, NULL);
}
