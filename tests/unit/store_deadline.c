/* Deadlines and their series, and the occurrences of schedules, on a database of its own. */
#include "store_scratch.h"

#include "base/mem.h"
#include "base/text.h"
#include "store/deadline.h"
#include "store/schedule.h"

#define WRITE(call)                                          \
    do {                                                     \
        OK(store_begin(s, "test", (utc_t){1504254600}, &e)); \
        OK(store_end(s, call, &e));                          \
    } while (0)
#define REFUSED(call, wanted)                                \
    do {                                                     \
        OK(store_begin(s, "test", (utc_t){1504254600}, &e)); \
        assert_int_equal(store_end(s, call, &e), -1);        \
        assert_int_equal(e.code, wanted);                    \
    } while (0)

static int64_t add(const char *due, const char *every)
{
    struct deadline d = {
        .title = xstrdup("Report"), .every = xstrdup(every), .role_id = 1, .due_on = day(due)};
    int64_t id;

    WRITE(deadline_add(s, &d, &id, &e));
    deadline_clear(&d);
    return id;
}

static int list_row(void *arg, const struct deadline *d)
{
    char iso[DAY_ISO];

    text_addf(arg, "%d:%s:%s ", (int)d->id, day_iso(d->due_on, iso),
              deadline_state_name(deadline_state(d, day("2018-03-01"))));
    return 0;
}

static void expect(bool all, const char *until, const char *expected)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    OK(deadline_each(s, all, until ? day(until) : DAY_NONE, list_row, &t, &e));
    assert_string_equal(t.s, expected);
    text_free(&t);
}

static int journal_row(void *arg, const struct journal_row *r)
{
    text_addf(arg, "%s\n", r->what);
    return 0;
}

static void expect_journal(const char *expected)
{
    struct text t = TEXT_INIT;

    OK(journal_each(s, UTC_NONE, NULL, 0, 0, journal_row, &t, &e));
    assert_string_equal(t.s, expected);
    text_free(&t);
}

static void test_submitting(void **state)
{
    (void)state;
    add("2017-10-01", "3m");
    add("2018-04-01", NULL);
    WRITE(deadline_submit(s, 1, day("2017-10-20"), "Letter", "https://x.example/1", &e));
    WRITE(deadline_submit(s, 3, day("2017-11-01"), NULL, NULL, &e));
    WRITE(deadline_submit(s, 2, day("2017-11-01"), NULL, NULL, &e));
    REFUSED(deadline_submit(s, 1, day("2017-10-21"), NULL, NULL, &e), ERR_CONFLICT);
    assert_string_equal(e.text,
                        "deadline 1 was submitted on Fri 20 Oct 2017: if that is wrong, csictl "
                        "deadline submit 1 --on none takes it back");
    REFUSED(deadline_submit(s, 9, day("2017-10-21"), NULL, NULL, &e), ERR_NOTFOUND);
    REFUSED(deadline_submit(s, 4, DAY_NONE, NULL, NULL, &e), ERR_USAGE);
    /* never from the day it was sent on */
    expect(true, NULL,
           "1:2017-10-01:submitted 3:2018-01-01:submitted 2:2018-04-01:submitted "
           "4:2018-04-01:open ");
    expect(false, NULL, "4:2018-04-01:open ");
    expect_journal("deadline.add deadline:1\ndeadline.add deadline:2\n"
                   "deadline.submit deadline:1\ndeadline.add deadline:3\n"
                   "deadline.submit deadline:3\ndeadline.add deadline:4\n"
                   "deadline.submit deadline:2\n");
}

/* When a row was first written stays, whatever is changed of it. */
static void test_created(void **state)
{
    struct deadline d;

    (void)state;
    add("2017-10-01", NULL);
    WRITE(deadline_submit(s, 1, day("2017-10-20"), NULL, NULL, &e));
    OK(deadline_find(s, 1, &d, &e));
    assert_int_equal(d.created_at.s, 1504254600);
    OK(store_begin(s, "test", (utc_t){1504254660}, &e));
    d.submitted_on = DAY_NONE;
    OK(store_end(s, deadline_write(s, &d, "deadline.update", &e), &e));
    deadline_clear(&d);
    OK(deadline_find(s, 1, &d, &e));
    assert_int_equal(d.created_at.s, 1504254600);
    assert_int_equal(d.updated_at.s, 1504254660);
    deadline_clear(&d);
}

static void test_rolling(void **state)
{
    (void)state;
    add("2017-08-31", "1m");
    add("2017-08-31", NULL);
    WRITE(deadline_roll(s, day("2017-08-31"), day("2017-08-31"), &e));
    expect(true, NULL, "1:2017-08-31:overdue 2:2017-08-31:overdue ");
    WRITE(deadline_roll(s, day("2018-03-01"), day("2018-03-01"), &e));
    /* the 31st comes back after the short months */
    expect(false, NULL,
           "1:2017-08-31:overdue 2:2017-08-31:overdue 3:2017-09-30:overdue 4:2017-10-31:overdue "
           "5:2017-11-30:overdue 6:2017-12-31:overdue 7:2018-01-31:overdue 8:2018-02-28:overdue "
           "9:2018-03-31:open ");
    WRITE(deadline_roll(s, day("2018-03-01"), day("2018-03-01"), &e));
    expect(false, "2017-09-30", "1:2017-08-31:overdue 2:2017-08-31:overdue 3:2017-09-30:overdue ");
    /* what was overtaken makes no second next */
    WRITE(deadline_submit(s, 1, day("2018-03-01"), NULL, NULL, &e));
    expect(true, "2017-09-30", "1:2017-08-31:submitted 2:2017-08-31:overdue 3:2017-09-30:overdue ");
    WRITE(deadline_submit(s, 9, day("2018-03-01"), NULL, NULL, &e));
    expect(false, NULL,
           "2:2017-08-31:overdue 3:2017-09-30:overdue 4:2017-10-31:overdue 5:2017-11-30:overdue "
           "6:2017-12-31:overdue 7:2018-01-31:overdue 8:2018-02-28:overdue 10:2018-04-30:open ");
}

static void test_every(void **state)
{
    static const struct {
        const char *first, *every, *then;
    } table[] = {
        {"2018-03-01", "2w", "1:2018-03-01:submitted 2:2018-03-15:open "},
        {"2020-02-29", "1y", "1:2020-02-29:submitted 2:2021-02-28:open "},
        {"2018-03-31", "1q", "1:2018-03-31:submitted 2:2018-06-30:open "},
        {"9999-11-30", "6m", "1:9999-11-30:submitted "},
    };

    for (size_t i = 0; i < COUNT(table); i++) {
        add(table[i].first, table[i].every);
        WRITE(deadline_submit(s, 1, day("2018-02-01"), NULL, NULL, &e));
        expect(true, NULL, table[i].then);
        if (i + 1 < COUNT(table)) {
            teardown(state);
            setup(state);
        }
    }
}

static void test_ending(void **state)
{
    struct deadline d;

    (void)state;
    add("2017-10-01", "3m");
    WRITE(deadline_roll(s, day("2018-03-01"), day("2018-03-01"), &e));
    expect(false, NULL, "1:2017-10-01:overdue 2:2018-01-01:overdue 3:2018-04-01:open ");
    /* ends with the second: the third was never owed, the first still is */
    OK(deadline_find(s, 2, &d, &e));
    d.ended_on = day("2017-12-20");
    WRITE(deadline_update(s, &d, &e));
    deadline_clear(&d);
    expect(false, NULL, "1:2017-10-01:overdue ");
    expect(true, NULL, "1:2017-10-01:overdue 2:2018-01-01:ended 3:2018-04-01:ended ");
    REFUSED(deadline_submit(s, 2, day("2018-01-01"), NULL, NULL, &e), ERR_CONFLICT);
    WRITE(deadline_roll(s, day("2019-03-01"), day("2019-03-01"), &e));
    expect(false, NULL, "1:2017-10-01:overdue ");
}

static void test_ending_later(void **state)
{
    struct deadline d;

    (void)state;
    add("2018-04-01", "3m");
    OK(deadline_find(s, 1, &d, &e));
    d.ended_on = day("2018-10-01");
    WRITE(deadline_update(s, &d, &e));
    assert_int_equal(d.version, 1);
    deadline_clear(&d);
    /* until then it goes on: July is owed, the first of October no more */
    WRITE(deadline_submit(s, 1, day("2018-03-20"), NULL, NULL, &e));
    expect(false, NULL, "2:2018-07-01:open ");
    WRITE(deadline_submit(s, 2, day("2018-06-20"), NULL, NULL, &e));
    expect(false, NULL, "");
    assert_int_equal(deadline_find(s, 3, &d, &e), -1);
    assert_int_equal(e.code, ERR_NOTFOUND);
    OK(deadline_find(s, 2, &d, &e));
    assert_int_equal(d.version, 2);
    deadline_clear(&d);
}

static void test_refused(void **state)
{
    struct deadline d = {.role_id = 1, .due_on = day("2018-04-01")};
    int64_t id;

    (void)state;
    REFUSED(deadline_add(s, &d, &id, &e), ERR_USAGE);
    d.title = xstrdup("X");
    d.role_id = 4711;
    REFUSED(deadline_add(s, &d, &id, &e), ERR_CONFLICT);
    d.role_id = 1;
    d.due_on = DAY_NONE;
    REFUSED(deadline_add(s, &d, &id, &e), ERR_USAGE);
    expect(true, NULL, "");
    deadline_clear(&d);
}

/* ---- occurrences ---- */

static int occurrence_row(void *arg, const struct occurrence *o)
{
    text_addf(arg, "%s %s %d\n", o->nominal, o->state, o->fold);
    return 0;
}

static void test_occurrences(void **state)
{
    struct occurrence o = {.schedule = "a",
                           .nominal = "2017-09-01T08:30",
                           .state = "done",
                           .due_at = {1504251000},
                           .ran_at = {1504251000}};
    struct text t = TEXT_INIT;
    bool there;
    char *spec;
    utc_t at;

    (void)state;
    OK(schedule_decided(s, "a", &spec, &at, &e));
    assert_false(utc_is(at));
    assert_null(spec);
    WRITE(schedule_decide(s, "a", "x|y|z", (utc_t){1504251000}, &e));
    OK(schedule_decided(s, "a", &spec, &at, &e));
    assert_int_equal(at.s, 1504251000);
    assert_string_equal(spec, "x|y|z");
    free(spec);
    WRITE(schedule_forget(s, "a", &e));
    OK(schedule_decided(s, "a", &spec, &at, &e));
    assert_null(spec);
    WRITE(occurrence_add(s, &o, &e));
    REFUSED(occurrence_add(s, &o, &e), ERR_CONFLICT);
    o.fold = 1;
    OK(occurrence_exists(s, "a", o.nominal, 1, &there, &e));
    assert_false(there);
    WRITE(occurrence_add(s, &o, &e));
    OK(occurrence_exists(s, "a", o.nominal, 1, &there, &e));
    assert_true(there);
    o.state = "nonsense";
    o.nominal = "2017-09-02T08:30";
    REFUSED(occurrence_add(s, &o, &e), ERR_CONFLICT);
    OK(occurrence_each(s, "a", 1, occurrence_row, &t, &e));
    assert_string_equal(t.s, "2017-09-01T08:30 done 1\n");
    text_free(&t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_submitting),   TEST(test_rolling), TEST(test_every),       TEST(test_ending),
        TEST(test_ending_later), TEST(test_refused), TEST(test_occurrences), TEST(test_created),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
