/* Which refusals mark an address, what that does to the message, and how a mark goes. */
#include "store_scratch.h"

#include "store/bounce.h"
#include "store/outbox.h"

#define AT ((utc_t){1504254600})

static int64_t sent_mail(const char *to)
{
    struct outbox_message m = {.channel = (char *)(uintptr_t) "mail",
                               .recipient = (char *)(uintptr_t)to,
                               .event = (char *)(uintptr_t) "csi.test",
                               .subject = (char *)(uintptr_t) "Subject",
                               .message_id = (char *)(uintptr_t)to,
                               .body = (char *)(uintptr_t) "x",
                               .body_len = 1,
                               .valid_until = UTC_NONE};
    int64_t id, attempt;

    OK(store_begin(s, "test", AT, &e));
    OK(store_end(s, outbox_add(s, &m, &id, &e), &e));
    assert_int_equal(outbox_claim(s, "mail", NULL, 0, AT, &m, &attempt, &e), 1);
    outbox_message_clear(&m);
    OK(outbox_finish(s, attempt, OUTBOX_ACCEPTED, "250", UTC_NONE, AT, &e));
    return id;
}

static int count(void *arg, const struct bounce_row *r)
{
    (void)r;
    ++*(int *)arg;
    return 0;
}

static int marked(void)
{
    int n = 0;

    OK(bounce_each(s, count, &n, &e));
    return n;
}

/* RFC 3463: 5.1.0 to 5.1.6 and 5.1.10 are the address, 5.2.1 a mailbox that is no
 * more; the rest is about the mail, the server or its rules. */
static void test_which_refusals_mark(void **state)
{
    static const struct {
        const char *status;
        bool marks;
    } cases[] = {
        {"5.0.0", true},   {"5.1.0", true},   {"5.1.1", true},   {"5.1.2", true},  {"5.1.3", true},
        {"5.1.6", true},   {"5.1.10", true},  {"5.2.1", true},   {"5.1.7", false}, {"5.1.8", false},
        {"5.2.2", false},  {"5.2.3", false},  {"5.3.0", false},  {"5.4.4", false}, {"5.5.2", false},
        {"5.6.0", false},  {"5.7.1", false},  {"5.7.26", false}, {"5.1.4", true},  {"5.1.9", false},
        {"5.1.20", false}, {"5.1.90", false}, {"5.1.11", false}, {"5.1.", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outbox_message m;
        char to[40];
        bool marks;
        int64_t id;

        snprintf(to, sizeof to, "p%zu@x.example", i);
        id = sent_mail(to);
        OK(store_begin(s, "test", AT, &e));
        OK(store_end(s, bounce_failed(s, id, cases[i].status, "no", &marks, &e), &e));
        OK(outbox_read(s, id, &m, &e));
        assert_int_equal(m.state, OUTBOX_FAILED);
        outbox_message_clear(&m);
        if (marks != cases[i].marks || marked() != marks)
            fail_msg("%s: %d", cases[i].status, marked());
        OK(store_begin(s, "test", AT, &e));
        OK(store_end(s, cases[i].marks ? bounce_clear(s, to, &e) : 0, &e));
        assert_int_equal(marked(), 0);
    }
}

static void test_a_mark_knows_no_case_and_goes_once(void **state)
{
    int64_t id;

    (void)state;
    id = sent_mail("Ann@x.example");
    OK(store_begin(s, "test", AT, &e));
    OK(bounce_failed(s, id, "5.1.1", "no such user", NULL, &e));
    OK(bounce_failed(s, id, "5.1.1", "again", NULL, &e)); /* its report comes after the refusal */
    OK(bounce_clear(s, "ANN@X.EXAMPLE", &e));
    assert_int_equal(bounce_clear(s, "ann@x.example", &e), -1);
    assert_int_equal(e.code, ERR_NOTFOUND);
    OK(store_end(s, 0, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_which_refusals_mark, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_mark_knows_no_case_and_goes_once, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
