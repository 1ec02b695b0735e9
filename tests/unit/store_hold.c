/* What holds a reminder back, as the store keeps it: acknowledgements, snoozes, silences. */
#include "store_scratch.h"

#include "base/mem.h"
#include "store/hold.h"
#include "store/meta.h"
#include "store/silence.h"

#define ABOUT "bromley-2016:5.12"

#define REFUSED(call, why, words)                      \
    do {                                               \
        assert_int_equal((call), -1);                  \
        assert_int_equal(e.code, why);                 \
        if (!strstr(e.text, words))                    \
            fail_msg("%s says \"%s\"", #call, e.text); \
    } while (0)

static utc_t at(const char *iso)
{
    utc_t t = UTC_NONE;

    if (utc_parse(iso, &t) < 0)
        fail_msg("no time: %s", iso);
    return t;
}

static void as(const char *who, const char *iso)
{
    OK(store_begin(s, who, at(iso), &e));
}

static void commit(void)
{
    OK(store_end(s, 0, &e));
}

/* ---- acknowledgements ---- */

static void acknowledge(const char *due, const char *back, const char *link)
{
    struct acknowledgement a = {
        .about = ABOUT, .due_on = day(due), .back_on = day(back), .link = link};
    int64_t id;

    OK(ack_add(s, &a, &id, &e));
}

static void holds_until(const char *due, const char *today, const char *until)
{
    day_t back;

    OK(ack_in_force(s, ABOUT, day(due), day(today), &back, &e));
    assert_int_equal(back.n, until ? day(until).n : DAY_NONE.n);
}

static void test_acknowledged_until_that_day(void **state)
{
    (void)state;
    as("ann", "2017-09-01T08:00:00Z");
    acknowledge("2017-09-29", "2017-09-10", NULL);
    commit();
    holds_until("2017-09-29", "2017-09-01", "2017-09-10");
    holds_until("2017-09-29", "2017-09-09", "2017-09-10");
    holds_until("2017-09-29", "2017-09-10", NULL); /* back on that day */
    holds_until("2017-09-30", "2017-09-05", NULL); /* another date is another reminder */
    as("bob", "2017-09-02T08:00:00Z");
    acknowledge("2017-09-29", "2017-09-04", NULL); /* the latest counts, sooner too */
    commit();
    holds_until("2017-09-29", "2017-09-03", "2017-09-04");
    holds_until("2017-09-29", "2017-09-04", NULL);
}

static void test_a_link_works_once(void **state)
{
    struct acknowledgement a = {
        .about = ABOUT, .due_on = day("2017-09-29"), .back_on = day("2017-09-10"), .link = "beef"};
    int64_t id;

    (void)state;
    OK(ack_check_link(s, "beef", &e));
    as("www", "2017-09-01T08:00:00Z");
    acknowledge("2017-09-29", "2017-09-08", "beef");
    REFUSED(ack_add(s, &a, &id, &e), ERR_GONE, "back on Friday 8 September 2017");
    commit();
    REFUSED(ack_check_link(s, "beef", &e), ERR_GONE, "used");
    OK(ack_check_link(s, "bee", &e));
}

static void test_snoozed_until_that_day(void **state)
{
    struct snooze z = {.address = "Ann@x.example", .about = ABOUT, .until_on = day("2017-09-10")};
    static const struct {
        const char *address, *about, *today;
        bool held;
    } table[] = {
        {"Ann@x.example", ABOUT, "2017-09-01", true},
        {"ann@X.EXAMPLE", ABOUT, "2017-09-09", true},
        {"ann@x.example", ABOUT, "2017-09-10", false},
        {"bob@x.example", ABOUT, "2017-09-01", false},
        {"ann@x.example", "deadline:1", "2017-09-01", false},
    };
    int64_t id;

    (void)state;
    as("bob", "2017-09-01T08:00:00Z");
    OK(snooze_add(s, &z, &id, &e));
    commit();
    for (size_t i = 0; i < COUNT(table); i++) {
        day_t until;

        OK(snooze_in_force(s, table[i].address, table[i].about, day(table[i].today), &until, &e));
        assert_int_equal(until.n, table[i].held ? z.until_on.n : DAY_NONE.n);
    }
}

/* ---- silences ---- */

static int64_t silence(const char *match, const char *from, const char *until, bool two,
                       const char *second)
{
    struct silence x = {.start_at = at(from),
                        .end_at = at(until),
                        .comment = (char *)"on leave",
                        .two = two,
                        .second = (char *)second};
    int64_t id;

    OK(silence_match_add(&x.match, match, &e));
    OK(silence_add(s, &x, &id, &e));
    silence_match_clear(&x.match);
    return id;
}

static const struct silence_subject action = {
    .about = ABOUT, .event = "csi.action.overdue", .role = "head-of-care"};
static const struct silence_subject statutory = {.about = "deadline:1",
                                                 .event = "csi.deadline.missed",
                                                 .role = "head-of-care",
                                                 .statutory = true};

static void held_by(const struct silence_subject *subject, const char *when, int64_t id)
{
    struct silence_hold hold;

    OK(silence_matching(s, subject, at(when), &hold, &e));
    assert_int_equal(hold.id, id);
    if (id)
        assert_string_equal(hold.comment, "on leave");
    free(hold.comment);
}

static void test_silent_between_its_instants(void **state)
{
    (void)state;
    as("ann", "2017-09-01T08:00:00Z");
    silence("role=head-of-*", "2017-09-02T07:30:00Z", "2017-09-05T23:00:00Z", false, NULL);
    commit();
    held_by(&action, "2017-09-02T07:29:59Z", 0);
    held_by(&action, "2017-09-02T07:30:00Z", 1);
    held_by(&action, "2017-09-05T22:59:59Z", 1);
    held_by(&action, "2017-09-05T23:00:00Z", 0);
    held_by(&statutory, "2017-09-03T00:00:00Z", 0); /* one person cannot */
}

static void test_ended(void **state)
{
    (void)state;
    as("ann", "2017-09-01T08:00:00Z");
    silence("role=head-of-care", "2017-09-01T08:00:00Z", "2017-09-05T23:00:00Z", false, NULL);
    commit();
    as("bob", "2017-09-03T08:00:00Z");
    OK(silence_end(s, 1, &e));
    REFUSED(silence_end(s, 1, &e), ERR_CONFLICT, "ended by bob");
    REFUSED(silence_confirm(s, 1, &e), ERR_CONFLICT, "ended by bob");
    REFUSED(silence_end(s, 2, &e), ERR_NOTFOUND, "silence list");
    commit();
    held_by(&action, "2017-09-03T07:59:59Z", 1); /* as it stood then */
    held_by(&action, "2017-09-03T08:00:00Z", 0);
    as("bob", "2017-09-06T08:00:00Z");
    silence("role=head-of-care", "2017-09-01T08:00:00Z", "2017-09-05T23:00:00Z", false, NULL);
    REFUSED(silence_end(s, 2, &e), ERR_CONFLICT, "over");
    commit();
}

static void test_statutory_takes_two(void **state)
{
    (void)state;
    as("ann", "2017-09-01T08:00:00Z");
    silence("role=head-of-care", "2017-09-01T08:00:00Z", "2017-09-05T23:00:00Z", true, NULL);
    REFUSED(silence_confirm(s, 1, &e), ERR_DENIED, "second person");
    commit();
    held_by(&statutory, "2017-09-01T09:00:00Z", 0);
    held_by(&action, "2017-09-01T09:00:00Z", 0); /* not even what one person could hold */
    as("bob", "2017-09-02T08:00:00Z");
    OK(silence_confirm(s, 1, &e));
    REFUSED(silence_confirm(s, 1, &e), ERR_CONFLICT, "confirmed by bob");
    commit();
    held_by(&statutory, "2017-09-01T09:00:00Z", 0); /* as it stood then */
    held_by(&statutory, "2017-09-02T08:00:00Z", 1);
    held_by(&action, "2017-09-02T08:00:00Z", 1);
}

static void test_second_by_name(void **state)
{
    (void)state;
    as("ann", "2017-09-01T08:00:00Z");
    silence("role=head-of-care", "2017-09-01T08:00:00Z", "2017-09-05T23:00:00Z", true, "bob");
    silence("role=head-of-care", "2017-09-01T08:00:00Z", "2017-09-05T23:00:00Z", false, NULL);
    commit();
    as("cid", "2017-09-01T08:00:00Z");
    REFUSED(silence_confirm(s, 1, &e), ERR_DENIED, "for bob");
    REFUSED(silence_confirm(s, 2, &e), ERR_CONFLICT, "waits for nobody");
    commit();
    as("bob", "2017-09-01T08:00:00Z");
    OK(silence_confirm(s, 1, &e));
    commit();
    held_by(&statutory, "2017-09-01T08:00:00Z", 1);
}

static int count(void *arg, const struct silence *x)
{
    (void)x;
    ++*(int *)arg;
    return 0;
}

static void test_listed(void **state)
{
    int live = 0, all = 0;

    (void)state;
    as("ann", "2017-09-01T08:00:00Z");
    silence("role=a", "2017-08-01T08:00:00Z", "2017-09-01T08:00:00Z", false, NULL); /* over */
    silence("role=b", "2017-09-01T08:00:00Z", "2017-09-02T08:00:00Z", false, NULL); /* holds */
    silence("role=c", "2017-09-03T08:00:00Z", "2017-09-04T08:00:00Z", false, NULL); /* ahead */
    silence("role=d", "2017-09-01T08:00:00Z", "2017-09-04T08:00:00Z", true, NULL);  /* asked */
    silence("role=e", "2017-09-01T08:00:00Z", "2017-09-04T08:00:00Z", false, NULL);
    OK(silence_end(s, 5, &e));
    commit();
    OK(silence_each(s, false, at("2017-09-01T08:00:00Z"), count, &live, &e));
    OK(silence_each(s, true, at("2017-09-01T08:00:00Z"), count, &all, &e));
    assert_int_equal(live, 3);
    assert_int_equal(all, 5);
}

/* ---- the secret of links ---- */

static int find_secret(void *arg, const struct journal_row *r)
{
    const char *secret = arg;

    assert_null(strstr(r->what, secret));
    if (r->after)
        assert_null(strstr(r->after, secret));
    return 0;
}

static void test_secret_is_made_once(void **state)
{
    char *first, *again, *there;

    (void)state;
    OK(meta_link_secret(s, &there, &e));
    assert_null(there);
    as("csid", "2017-09-01T08:00:00Z");
    OK(meta_link_secret_ensure(s, &first, &e));
    OK(meta_link_secret_ensure(s, &again, &e));
    commit();
    OK(meta_link_secret(s, &there, &e));
    assert_int_equal(strlen(first), 64);
    assert_string_equal(first, again);
    assert_string_equal(first, there);
    OK(journal_each(s, UTC_NONE, NULL, 0, 0, find_secret, first, &e));
    free(first);
    free(again);
    free(there);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_acknowledged_until_that_day),
        TEST(test_a_link_works_once),
        TEST(test_snoozed_until_that_day),
        TEST(test_silent_between_its_instants),
        TEST(test_ended),
        TEST(test_statutory_takes_two),
        TEST(test_second_by_name),
        TEST(test_listed),
        TEST(test_secret_is_made_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
