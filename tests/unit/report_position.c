/* The position and the exceptions: as published, and at the edges of a day. */
#include "plan_fixture.h"

#include "report/position.h"

static int64_t action(struct fixture *f, const char *ref, int number, const char *rating,
                      const char *status, day_t due)
{
    int64_t a = add(f, ref, number);

    say(f, a, part(f, a, ""), rating, status, due, on(8, 1));
    return a;
}

static struct position position(struct fixture *f, day_t as_at, utc_t known_at)
{
    struct position p;

    OK(position_make(f->s, "test", as_at, known_at, &p, &e));
    return p;
}

static void assert_count(struct fraction f, const char *text)
{
    char shown[FRACTION_TEXT];

    assert_string_equal(fraction_text(f, shown), text);
}

/* ---- as published ---- */

struct excepted {
    size_t count;
    char refs[512];
    int days;
    char update[64];
};

static int except(void *arg, const struct exception *x)
{
    struct excepted *seen = arg;
    size_t len = strlen(seen->refs);

    seen->count++;
    seen->days = x->days_over;
    snprintf(seen->refs + len, sizeof seen->refs - len, "%s%s%s", len ? " " : "", x->action->ref,
             x->part->label);
    snprintf(seen->update, sizeof seen->update, "%s", x->last_update ? x->last_update : "none");
    return 0;
}

static void test_bromley(void **state)
{
    static const struct {
        int count;
        const char *rating, *status;
        int month, day;
    } groups[] = {
        {23, "red", "in progress", 3, 31},
        {142, "amber", "in progress", 6, 30},
        {132, "blue", "complete", 7, 31},
        {1, "blue", "complete", 8, 31}, /* due on the very day: among the due, not past due */
        {8, "amber", "in progress", 12, 31},
    };
    struct fixture *f = *state;
    struct excepted seen = {0};
    struct fraction past_due;
    struct position p;
    char ref[16];
    int n = 0;

    begin(f);
    for (size_t i = 0; i < COUNT(groups); i++)
        for (int j = 0; j < groups[i].count; j++, n++) {
            snprintf(ref, sizeof ref, "%d.%d", 1 + n % 10, n);
            action(f, ref, 1 + n % 10, groups[i].rating, groups[i].status,
                   on(groups[i].month, groups[i].day));
        }
    commit(f);
    p = position(f, on(8, 31), UTC_NONE);
    assert_count(p.all.actions, "306");
    assert_count(p.all.due, "298");
    assert_int_equal(p.due_percent, 97);
    assert_count(p.all.counts[0], "23");
    assert_count(p.all.counts[1], "142");
    assert_count(p.all.counts[2], "0");
    assert_count(p.all.counts[3], "133");
    assert_int_equal(p.percents[0], 8);
    assert_int_equal(p.percents[1], 48);
    assert_int_equal(p.percents[3], 44);
    assert_count(p.all.overdue, "165");
    assert_int_equal(p.priority_count, 10);
    OK(exceptions_each(f->s, &f->plan, on(8, 31), UTC_NONE, except, &seen, &past_due, &e));
    assert_int_equal(seen.count, 23);
    assert_count(past_due, "165");
    position_clear(&p);
}

static void test_halves(void **state)
{
    struct fixture *f = *state;
    struct position p;
    int64_t a;

    begin(f);
    a = add(f, "2.14", 2);
    say(f, a, part(f, a, "a"), "blue", "complete", on(7, 21), on(1, 1));
    say(f, a, part(f, a, "b"), "green", "in progress", on(9, 21), on(1, 1));
    a = add(f, "2.15", 2);
    say(f, a, part(f, a, "a"), "red", "cancelled", on(7, 21), on(1, 1));
    say(f, a, part(f, a, "b"), NULL, "in progress", on(7, 21), on(1, 1));
    say(f, a, part(f, a, "c"), "red", "in progress", on(7, 21), on(1, 1));
    commit(f);
    p = position(f, on(8, 31), UTC_NONE);
    assert_count(p.all.actions, "1⅔"); /* a cancelled part is left out of both */
    assert_count(p.all.due, "1 1/6");
    assert_count(p.all.counts[3], "½");
    assert_count(p.all.counts[0], "⅓");
    assert_count(p.all.unrated, "⅓");
    assert_count(p.all.overdue, "⅔");
    assert_int_equal(p.percents[3], 43); /* 42.86, 28.57, 28.57 */
    assert_int_equal(p.percents[0], 29);
    assert_int_equal(p.unrated_percent, 28);
    position_clear(&p);
}

/* ---- at the edges ---- */

static void test_edges(void **state)
{
    static const struct {
        const char *status;
        int month, day; /* due */
        const char *actions, *due, *overdue;
    } cases[] = {
        {"in progress", 8, 30, "1", "1", "1"}, {"in progress", 8, 31, "1", "1", "0"},
        {"in progress", 9, 1, "1", "0", "0"},  {"in progress", 0, 0, "1", "0", "0"},
        {"complete", 8, 30, "1", "1", "0"},    {"completion proposed", 8, 30, "1", "1", "1"},
        {"embedded", 8, 31, "1", "1", "0"},    {"suspended", 8, 30, "1", "1", "0"},
        {"cancelled", 8, 30, "0", "0", "0"},   {"superseded", 8, 30, "0", "0", "0"},
        {"draft", 8, 30, "1", "1", "1"},
    };
    struct fixture *f = *state;
    char ref[8];

    begin(f);
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(ref, sizeof ref, "%zu", i);
        action(f, ref, (int)i, "red", cases[i].status,
               cases[i].month ? on(cases[i].month, cases[i].day) : DAY_NONE);
    }
    commit(f);
    struct position p = position(f, on(8, 31), UTC_NONE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_count(p.priorities[i].actions, cases[i].actions);
        assert_count(p.priorities[i].due, cases[i].due);
        assert_count(p.priorities[i].overdue, cases[i].overdue);
        assert_count(p.priorities[i].counts[0], cases[i].due);
    }
    position_clear(&p);
}

static void test_empty(void **state)
{
    struct fixture *f = *state;
    struct position p = position(f, on(8, 31), UTC_NONE);

    assert_count(p.all.actions, "0");
    assert_int_equal(p.due_percent, 0);
    assert_int_equal(p.percents[0] + p.percents[1] + p.percents[2] + p.unrated_percent, 0);
    position_clear(&p);
    begin(f);
    action(f, "1", 1, "red", "agreed", on(1, 1));
    commit(f);
    p = position(f, on(7, 31), UTC_NONE); /* before anything was said */
    assert_count(p.all.actions, "0");
    assert_int_equal(p.priority_count, 1);
    position_clear(&p);
    REFUSED(position_make(f->s, "tets", on(1, 1), UTC_NONE, &p, &e), ERR_NOTFOUND, "test");
}

static void test_another_plan(void **state)
{
    struct fixture *f = *state;
    struct plan other, first;
    struct position p;
    int64_t id;

    begin(f);
    OK(plan_add(f->s, "other", "Other", "rag", &id, &e));
    OK(plan_find(f->s, "other", &other, &e));
    action(f, "1", 1, "blue", "agreed", on(1, 1));
    first = f->plan;
    f->plan = other;
    action(f, "1", 1, "green", "agreed", on(1, 1));
    f->plan = first;
    action(f, "2", 1, "blue", "agreed", on(1, 1));
    commit(f);
    p = position(f, on(8, 31), UTC_NONE);
    assert_count(p.all.actions, "2");
    assert_count(p.all.counts[3], "2");
    position_clear(&p);
    OK(position_make(f->s, "other", on(8, 31), UTC_NONE, &p, &e));
    assert_count(p.all.actions, "1");
    assert_count(p.all.counts[2], "1"); /* green of the other's own scheme */
    position_clear(&p);
    plan_clear(&other);
}

static void test_exceptions(void **state)
{
    struct fixture *f = *state;
    struct excepted seen = {0};
    struct fraction past_due;
    int64_t a;

    begin(f);
    action(f, "9.1", 2, "red", "in progress", on(8, 30));
    action(f, "1.10", 1, "red", "in progress", on(12, 31)); /* due or not */
    action(f, "1.9", 1, "red", "suspended", on(1, 1));
    action(f, "1.1", 1, "red", "cancelled", on(1, 1));
    action(f, "1.2", 1, "amber", "in progress", on(1, 1));
    a = action(f, "9.2", 2, "red", "in progress", on(8, 1));
    OK(action_note(f->s, a, "Under way", on(8, 2), &e));
    OK(action_note(f->s, a, "Later", on(9, 2), &e));
    a = add(f, "9.3", 2);
    say(f, a, part(f, a, "a"), "red", "agreed", on(8, 11), on(8, 1));
    say(f, a, part(f, a, "b"), "amber", "agreed", on(8, 21), on(8, 1));
    commit(f);
    OK(exceptions_each(f->s, &f->plan, on(8, 31), UTC_NONE, except, &seen, &past_due, &e));
    assert_string_equal(seen.refs, "1.9 1.10 9.1 9.2 9.3a");
    assert_int_equal(seen.days, 20);
    assert_string_equal(seen.update, "none");
    assert_count(past_due, "4"); /* 9.1, 1.2, 9.2, both halves of 9.3 */
    memset(&seen, 0, sizeof seen);
    OK(exceptions_each(f->s, &f->plan, on(8, 9), UTC_NONE, except, &seen, &past_due, &e));
    assert_string_equal(seen.refs, "1.9 1.10 9.1 9.2 9.3a");
    assert_count(past_due, "2");
}

static int stop_at_once(void *arg, const struct exception *x)
{
    assert_string_equal(x->last_update, "Under way");
    ++*(int *)arg;
    return 1;
}

static void test_exceptions_stopped(void **state)
{
    struct fixture *f = *state;
    struct fraction past_due;
    int told = 0;
    int64_t a;

    begin(f);
    a = action(f, "1.1", 1, "red", "in progress", on(8, 30));
    OK(action_note(f->s, a, "Under way", on(8, 2), &e));
    action(f, "1.2", 1, "red", "in progress", on(8, 30));
    commit(f);
    OK(exceptions_each(f->s, &f->plan, on(8, 31), UTC_NONE, stop_at_once, &told, &past_due, &e));
    assert_int_equal(told, 1);
    assert_count(past_due, "2"); /* still all of them */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bromley),
        TEST(test_halves),
        TEST(test_edges),
        TEST(test_empty),
        TEST(test_another_plan),
        TEST(test_exceptions),
        TEST(test_exceptions_stopped),

    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
