/* Extensions: who may grant, what replaces what, and what closing a part does to a request. */
#include "plan_fixture.h"

#include "store/extension.h"

static int64_t action, whole;

/* In somebody's name, on a day of 2017 at noon. */
static day_t as(struct fixture *f, const char *who, int month, int day)
{
    day_t today = on(month, day);

    f->now = (int64_t)today.n * 86400 + 43200;
    OK(store_begin(f->s, who, (utc_t){f->now}, &e));
    return today;
}

/* After a refusal everything that was tried is taken back. */
static void undo(struct fixture *f)
{
    store_undo(f->s);
}

/* 5.12, due on 1 September. */
static void with_action(struct fixture *f)
{
    begin(f);
    action = add(f, "5.12", 5);
    whole = part(f, action, "");
    say(f, action, whole, "red", "in-progress", on(9, 1), on(1, 1));
    commit(f);
}

static int64_t ask(struct fixture *f, const char *who, int month, int day, day_t to)
{
    day_t today = as(f, who, month, day);
    int64_t id;

    OK(extension_ask(f->s, action, NULL, to, "late data", today, &id, &e));
    commit(f);
    return id;
}

static struct extension look(struct fixture *f, int64_t id)
{
    struct extension x;

    OK(extension_find(f->s, id, &x, &e));
    return x;
}

static void is_refused(struct fixture *f, int64_t id, const char *by, const char *why)
{
    struct extension x = look(f, id);

    assert_int_equal(x.state, EXTENSION_REFUSED);
    assert_string_equal(x.decided_by, by);
    assert_string_equal(x.why, why);
    extension_clear(&x);
}

struct dues {
    day_t due, original;
};

static int note_dues(void *arg, const struct action *a)
{
    struct dues *d = arg;

    d->due = a->parts[0].due_on;
    d->original = a->original_due_on;
    return 1;
}

static struct dues dues(struct fixture *f, day_t as_at)
{
    struct action_query q = {.action_id = action, .as_at = as_at, .known_at = UTC_NONE};
    struct dues d = {DAY_NONE, DAY_NONE};

    OK(action_each(f->s, &q, note_dues, &d, &e));
    return d;
}

static void test_granted(void **state)
{
    struct fixture *f = *state;
    struct extension x;
    day_t today;
    int64_t id, open;

    with_action(f);
    id = ask(f, "ann", 8, 20, on(9, 30));
    OK(extension_open(f->s, whole, &open, &e));
    assert_int_equal(open, id);
    assert_int_equal(dues(f, on(12, 31)).due.n, on(9, 1).n); /* asking changes nothing */
    today = as(f, "bob", 8, 25);
    OK(extension_grant(f->s, id, today, &e));
    commit(f);
    assert_int_equal(dues(f, on(8, 24)).due.n, on(9, 1).n); /* what held before still does */
    assert_int_equal(dues(f, on(8, 25)).due.n, on(9, 30).n);
    assert_int_equal(dues(f, on(12, 31)).original.n, on(9, 1).n);
    OK(extension_open(f->s, whole, &open, &e));
    assert_int_equal(open, 0);
    x = look(f, id);
    assert_int_equal(x.state, EXTENSION_GRANTED);
    assert_string_equal(x.asked_by, "ann");
    assert_string_equal(x.decided_by, "bob");
    assert_int_equal(x.asked_on.n, on(8, 20).n);
    assert_int_equal(x.from_on.n, on(9, 1).n);
    assert_int_equal(x.decided_on.n, on(8, 25).n);
    extension_clear(&x);
}

static void test_twice(void **state)
{
    struct fixture *f = *state;
    day_t today;
    int64_t id;

    with_action(f);
    id = ask(f, "ann", 8, 20, on(9, 30));
    today = as(f, "bob", 8, 25);
    OK(extension_grant(f->s, id, today, &e));
    commit(f);
    id = ask(f, "ann", 9, 20, on(10, 31)); /* again, from where it is due by then */
    today = as(f, "bob", 9, 21);
    OK(extension_grant(f->s, id, today, &e));
    commit(f);
    assert_int_equal(dues(f, on(12, 31)).due.n, on(10, 31).n);
    assert_int_equal(dues(f, on(12, 31)).original.n, on(9, 1).n); /* for ever */
    today = as(f, "bob", 9, 22);
    REFUSED(extension_grant(f->s, id, today, &e), ERR_CONFLICT,
            "was granted on 21 Sep 2017 by bob");
    REFUSED(extension_refuse(f->s, id, "no", today, &e), ERR_CONFLICT, "was granted");
    undo(f);
}

static void test_who_asked_does_not_grant(void **state)
{
    struct fixture *f = *state;
    day_t today;
    int64_t id;

    with_action(f);
    id = ask(f, "root", 8, 20, on(9, 30));
    today = as(f, "root", 8, 20);
    REFUSED(extension_grant(f->s, id, today, &e), ERR_DENIED, "somebody else");
    undo(f);
    today = as(f, "root", 8, 20);
    OK(extension_refuse(f->s, id, "not needed", today, &e)); /* to take it back is fine */
    commit(f);
    is_refused(f, id, "root", "not needed");
    today = as(f, "bob", 8, 21);
    REFUSED(extension_grant(f->s, id, today, &e), ERR_CONFLICT, "refused on 20 Aug 2017 by root");
    undo(f);
}

static void test_newest_replaces(void **state)
{
    struct fixture *f = *state;
    int64_t first, second, open;

    with_action(f);
    first = ask(f, "ann", 8, 20, on(9, 30));
    second = ask(f, "bob", 8, 21, on(10, 15));
    is_refused(f, first, "bob", "replaced by a request for 15 Oct 2017");
    OK(extension_open(f->s, whole, &open, &e));
    assert_int_equal(open, second);
}

static void test_closed_meanwhile(void **state)
{
    static const char *const closing[] = {"complete", "verified", "cancelled", "superseded"};
    struct fixture *f = *state;
    int64_t id;

    with_action(f);
    for (size_t i = 0; i < COUNT(closing); i++) {
        id = ask(f, "ann", 8, 20, on(9, 30));
        as(f, "bob", 8, 22);
        say(f, action, whole, NULL, closing[i], DAY_NONE, on(8, 21));
        commit(f);
        is_refused(f, id, "csid", "closed meanwhile");
        as(f, "bob", 8, 22);
        REFUSED(extension_ask(f->s, action, NULL, on(9, 30), "x", on(8, 22), &id, &e), ERR_CONFLICT,
                "closed");
        say(f, action, whole, NULL, "in-progress", DAY_NONE, on(8, 21)); /* reopened */
        commit(f);
    }
}

/* From a day to come it is not closed yet; on that day nothing is granted any more. */
static void test_closed_from_a_day_to_come(void **state)
{
    struct fixture *f = *state;
    day_t today;
    int64_t id, open;

    with_action(f);
    id = ask(f, "ann", 8, 20, on(9, 30));
    as(f, "bob", 8, 20);
    say(f, action, whole, NULL, "complete", DAY_NONE, on(8, 24));
    commit(f);
    OK(extension_open(f->s, whole, &open, &e));
    assert_int_equal(open, id);
    today = as(f, "bob", 8, 24);
    REFUSED(extension_grant(f->s, id, today, &e), ERR_CONFLICT, "closed meanwhile");
    undo(f);
    today = as(f, "bob", 8, 23);
    OK(extension_grant(f->s, id, today, &e));
    commit(f);
}

static void test_moved_or_passed_meanwhile(void **state)
{
    struct fixture *f = *state;
    day_t today;
    int64_t id;

    with_action(f);
    id = ask(f, "ann", 8, 20, on(9, 30));
    today = as(f, "bob", 10, 1);
    REFUSED(extension_grant(f->s, id, today, &e), ERR_CONFLICT, "30 September 2017 has passed");
    say(f, action, whole, NULL, NULL, on(9, 15), on(9, 30));
    REFUSED(extension_grant(f->s, id, today, &e), ERR_CONFLICT, "15 September 2017 by now");
    commit(f);
    today = as(f, "bob", 9, 29); /* on the last day it can still be granted */
    OK(extension_grant(f->s, id, today, &e));
    commit(f);
}

static void test_what_cannot_be_asked(void **state)
{
    struct fixture *f = *state;
    int64_t id, undated;
    day_t today;

    with_action(f);
    today = as(f, "ann", 9, 10);
    REFUSED(extension_ask(f->s, action, NULL, on(9, 1), "x", today, &id, &e), ERR_USAGE,
            "later day");
    REFUSED(extension_ask(f->s, action, NULL, on(8, 31), "x", today, &id, &e), ERR_USAGE, "later");
    REFUSED(extension_ask(f->s, action, NULL, on(9, 9), "x", today, &id, &e), ERR_USAGE, "passed");
    OK(extension_ask(f->s, action, NULL, on(9, 10), "x", today, &id, &e));
    REFUSED(extension_ask(f->s, action, "a", on(9, 30), "x", today, &id, &e), ERR_NOTFOUND,
            "\"a\"");
    undated = add(f, "5.13", 5);
    say(f, undated, part(f, undated, ""), "red", "in-progress", DAY_NONE, on(1, 1));
    REFUSED(extension_ask(f->s, undated, NULL, on(9, 30), "x", today, &id, &e), ERR_CONFLICT,
            "no due date");
    REFUSED(extension_grant(f->s, 99, today, &e), ERR_NOTFOUND, "extension list");
    commit(f);
}

/* Of a split action one part is put off; the only one that is open needs no name. */
static void test_parts(void **state)
{
    struct fixture *f = *state;
    int64_t split, a, b, first, second, open;
    day_t today = as(f, "ann", 8, 20);

    split = add(f, "5.14", 5);
    a = part(f, split, "a");
    b = part(f, split, "b");
    say(f, split, a, "red", "in-progress", on(9, 1), on(1, 1));
    say(f, split, b, "red", "in-progress", on(9, 2), on(1, 1));
    REFUSED(extension_ask(f->s, split, NULL, on(9, 30), "x", today, &first, &e), ERR_CONFLICT,
            "--part");
    OK(extension_ask(f->s, split, "a", on(9, 30), "x", today, &first, &e));
    OK(extension_ask(f->s, split, "b", on(9, 30), "x", today, &second, &e));
    OK(extension_open(f->s, a, &open, &e));
    assert_int_equal(open, first); /* of another part, so it stays */
    say(f, split, b, NULL, "complete", DAY_NONE, on(8, 19));
    OK(extension_open(f->s, b, &open, &e));
    assert_int_equal(open, 0);
    OK(extension_ask(f->s, split, NULL, on(10, 1), "x", today, &second, &e));
    OK(extension_open(f->s, a, &open, &e));
    assert_int_equal(open, second);
    commit(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_granted),
        TEST(test_twice),
        TEST(test_who_asked_does_not_grant),
        TEST(test_newest_replaces),
        TEST(test_closed_meanwhile),
        TEST(test_closed_from_a_day_to_come),
        TEST(test_moved_or_passed_meanwhile),
        TEST(test_what_cannot_be_asked),
        TEST(test_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
