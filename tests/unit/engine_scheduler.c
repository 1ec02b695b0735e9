/* The scheduler: what a schedule owes after a first sight, a downtime, a clock set back, a change,
 * the nights the clock changes, and a check that fails. */
#include "engine_world.h"

#include "engine/spec.h"
#include "engine/suspect.h"

#define OCCURRENCES                                                                               \
    "SELECT schedule, nominal, fold, state, coalesce(covers_from, '-'), late_by FROM occurrence " \
    "ORDER BY id"

static void test_first_seen_has_no_past(void **state)
{
    struct world *w = *state;

    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    assert_false(tick(w, at(w, "2017-09-01 08:30")));
    assert_false(tick(w, at(w, "2017-09-01 08:31")));
    assert_false(tick(w, at(w, "2017-09-02T07:29:59Z")));
    assert_true(tick(w, at(w, "2017-09-02 08:30")));
    assert_false(tick(w, at(w, "2017-09-02 08:30")));
    expect_lines(w, OCCURRENCES, "deadlines | 2017-09-02T08:30 | 0 | done | - | 0\n");
}

static void test_catching_up(void **state)
{
    struct world *w = *state;

    world_schedule(w, "overdue", "actions-overdue", "30 8 * * 1-5");
    tick(w, at(w, "2017-09-01 06:00"));
    assert_true(tick(w, at(w, "2017-09-06 09:00")));
    expect_lines(w, OCCURRENCES,
                 "overdue | 2017-09-01T08:30 | 0 | coalesced | - | 433800\n"
                 "overdue | 2017-09-04T08:30 | 0 | coalesced | - | 174600\n"
                 "overdue | 2017-09-05T08:30 | 0 | coalesced | - | 88200\n"
                 "overdue | 2017-09-06T08:30 | 0 | done | 2017-09-01T08:30 | 1800\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE reason = "
                                  "'missed; the run of 2017-09-06T08:30 stands for it'"),
                     3);
    assert_false(tick(w, at(w, "2017-09-06 09:00")));
}

static void test_a_long_absence(void **state)
{
    struct world *w = *state;
    char *reason;

    world_schedule(w, "overdue", "actions-overdue", "* * * * *");
    tick(w, at(w, "2017-09-01 00:00"));
    assert_true(tick(w, at(w, "2017-09-04 00:00")));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence"), 1000);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE state = 'done' AND "
                                  "covers_from = '2017-09-01T00:01'"),
                     1);
    reason = sql_lines(w, "SELECT reason FROM occurrence ORDER BY id LIMIT 1");
    assert_string_equal(reason, "missed; the run of 2017-09-04T00:00 stands for it; 3320 before it "
                                "have no row of their own, from 2017-09-01T00:01\n");
    free(reason);
}

static void test_clock_set_back(void **state)
{
    struct world *w = *state;
    utc_t next;

    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    pass(w, at(w, "2017-09-01 09:00"), at(w, "2017-09-05 09:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence"), 4);
    OK(scheduler_next(w->s, &w->engine, at(w, "2017-09-02 08:00"), &next, &err));
    assert_int_equal(next.s, at(w, "2017-09-06 08:30").s);
    for (int i = 0; i < 4 * 24; i++)
        assert_false(tick(w, (utc_t){at(w, "2017-09-02 08:30").s + i * 3600}));
    assert_true(tick(w, at(w, "2017-09-06 08:30")));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE state = 'done'"), 5);
}

static void test_a_changed_schedule(void **state)
{
    struct world *w = *state;

    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    pass(w, at(w, "2017-09-01 09:00"), at(w, "2017-09-03 09:00"));
    w->engine.schedule_count = 0;
    world_schedule(w, "deadlines", "deadlines", "0 8 * * *");
    assert_false(tick(w, at(w, "2017-09-05 12:00")));
    assert_true(tick(w, at(w, "2017-09-06 08:00")));
    /* set back and changed again: the nominal times that have their row stay as they are */
    w->engine.schedule_count = 0;
    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    assert_false(tick(w, at(w, "2017-09-01 12:00")));
    assert_false(tick(w, at(w, "2017-09-03 12:00")));
    assert_false(tick(w, at(w, "2017-09-03 12:01")));
    assert_false(tick(w, at(w, "2017-09-04 08:30")));
    assert_true(tick(w, at(w, "2017-09-06 08:30")));
    expect_lines(w, "SELECT nominal, state FROM occurrence ORDER BY id",
                 "2017-09-02T08:30 | done\n2017-09-03T08:30 | done\n"
                 "2017-09-04T08:30 | skipped\n2017-09-05T08:30 | skipped\n"
                 "2017-09-06T08:00 | done\n2017-09-06T08:30 | done\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE reason = 'missed, and the "
                                  "schedule was changed before it could run'"),
                     2);
}

static void test_nights_the_clock_changes(void **state)
{
    struct world *w = *state;

    world_schedule(w, "civil", "deadlines", "30 1 * * *");
    world_schedule(w, "real", "deadlines", "*/30 * * * *");
    pass(w, at(w, "2026-03-28T23:59:00Z"), at(w, "2026-03-29T22:59:00Z"));
    expect_lines(w, "SELECT nominal, due_at FROM occurrence WHERE schedule = 'civil'",
                 "2026-03-29T01:30 | 2026-03-29T01:00:00Z\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE schedule = 'real'"), 46);
    sql_exec(w, "DELETE FROM occurrence");
    pass(w, at(w, "2026-10-24T22:59:00Z"), at(w, "2026-10-25T23:59:00Z"));
    expect_lines(w,
                 "SELECT nominal, due_at, state FROM occurrence WHERE schedule = 'civil' "
                 "AND nominal >= '2026-10-25'",
                 "2026-10-25T01:30 | 2026-10-25T00:30:00Z | done\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE schedule = 'real' "
                                  "AND nominal >= '2026-10-25'"),
                     50);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE fold = 1"), 2);
}

static void test_a_check_that_fails(void **state)
{
    struct world *w = *state;

    world_schedule(w, "overdue", "actions-overdue", "30 8 * * *");
    world_schedule(w, "visits", "visits-ahead", "30 8 * * *");
    world_schedule(w, "nothing", "no-such-check", "30 8 * * *");
    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    tick(w, at(w, "2017-09-01 06:00"));
    sql_exec(w, "ALTER TABLE entry RENAME TO entry_gone");
    assert_true(tick(w, at(w, "2017-09-01 08:30")));
    expect_lines(w, "SELECT schedule, state, reason FROM occurrence ORDER BY id",
                 "overdue | failed | database: no such table: entry\n"
                 "visits | done | -\n"
                 "nothing | failed | there is no check no-such-check\n"
                 "deadlines | done | -\n");
    assert_false(tick(w, at(w, "2017-09-01 08:31")));
    sql_exec(w, "ALTER TABLE entry_gone RENAME TO entry");
    assert_true(tick(w, at(w, "2017-09-02 08:30")));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE state = 'done'"), 5);
}

/* What cannot be written has not happened: it is tried again, and nothing is half there. */
static void test_a_full_disk(void **state)
{
    struct world *w = *state;
    struct deadline d = {.title = xstrdup("Report"), .due_on = day("2017-09-20")};
    struct role role;
    int64_t id;
    struct tick_result result;

    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    world_assign(w, ROLE_CHAIR, "The chair", "chair@example.org", "2017-08-01");
    OK(role_find(w->s, ROLE_CHAIR, day("2017-09-01"), &role, &err));
    d.role_id = role.id;
    for (int i = 0; i < 20; i++)
        WRITE(w, at(w, "2017-09-01 05:00"), deadline_add(w->s, &d, &id, &err));
    tick(w, at(w, "2017-09-01 06:00"));
    sql_exec(w, "PRAGMA max_page_count = 1"); /* as many as there are */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(scheduler_tick(w->s, &w->engine, at(w, "2017-09-01 08:30"), &result, &err),
                         -1);
        assert_int_equal(err.code, ERR_STORAGE);
        assert_false(result.ran);
        assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence"), 0);
        assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 0);
    }
    sql_exec(w, "PRAGMA max_page_count = 1000000");
    tick(w, at(w, "2017-09-01 08:31"));
    expect_lines(w, "SELECT nominal, state, late_by FROM occurrence",
                 "2017-09-01T08:30 | done | 60\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice WHERE role LIKE 'improvement%'"),
                     20);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 1); /* all to one person */
    role_clear(&role);
    deadline_clear(&d);
}

static void test_next(void **state)
{
    struct world *w = *state;
    struct cron_time t;
    utc_t next;

    OK(scheduler_next(w->s, &w->engine, at(w, "2017-09-01 06:00"), &next, &err));
    assert_false(utc_is(next));
    world_schedule(w, "late", "deadlines", "0 20 * * *");
    world_schedule(w, "early", "deadlines", "0 7 * * *");
    OK(scheduler_next(w->s, &w->engine, at(w, "2017-09-01 06:00"), &next, &err));
    assert_int_equal(next.s, at(w, "2017-09-01 07:00").s);
    tick(w, at(w, "2017-09-01 06:00"));
    /* what is past and not decided is due now */
    OK(scheduler_next(w->s, &w->engine, at(w, "2017-09-03 06:00"), &next, &err));
    assert_int_equal(next.s, at(w, "2017-09-01 07:00").s);
    assert_true(scheduler_next_of(&w->engine, &w->schedules[0], at(w, "2017-09-01 20:00"), &t));
    assert_int_equal(t.at.s, at(w, "2017-09-02 20:00").s);
    assert_null(scheduler_find(&w->engine, "Late"));
}

static void test_order_of_catching_up(void **state)
{
    struct world *w = *state;

    world_schedule(w, "evening", "deadlines", "0 20 * * *");
    world_schedule(w, "b", "deadlines", "0 7 * * *");
    world_schedule(w, "a", "deadlines", "0 7 * * *");
    tick(w, at(w, "2017-09-01 06:00"));
    tick(w, at(w, "2017-09-01 21:00"));
    expect_lines(w, "SELECT schedule FROM occurrence ORDER BY id", "b\na\nevening\n");
}

static void test_by_hand(void **state)
{
    struct world *w = *state;
    struct run_result result;

    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    OK(store_begin(w->s, "test", at(w, "2017-09-01 06:00"), &err));
    OK(scheduler_run(w->s, &w->engine, "deadlines", at(w, "2017-09-01 06:00"), &result, &err));
    assert_int_equal(
        scheduler_run(w->s, &w->engine, "deadlnies", at(w, "2017-09-01 06:00"), &result, &err), -1);
    OK(store_end(w->s, 0, &err));
    assert_int_equal(err.code, ERR_NOTFOUND);
    assert_string_equal(err.text, "no schedule deadlnies (did you mean deadlines?)");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence"), 0);
}

static void set_catchup(struct world *w, size_t i, enum catchup kind, const char *window)
{
    w->schedules[i].catchup = kind;
    w->schedules[i].window_s = catchup_window_default(kind);
    if (window)
        OK(catchup_window_read(window, &w->schedules[i].window_s, &err));
}

static void test_the_latest_within_a_window(void **state)
{
    struct world *w = *state;

    world_schedule(w, "digest", "deadlines", "30 8,20 * * *");
    set_catchup(w, 0, CATCHUP_LATEST, "24h");
    tick(w, at(w, "2017-09-01 06:00"));
    /* to the second: what is 24 hours late is within, a second more is not */
    assert_true(tick(w, at(w, "2017-09-03 20:30")));
    expect_lines(w, "SELECT nominal, state, reason, coalesce(covers_from, '-') FROM occurrence",
                 "2017-09-01T08:30 | expired | missed; later than its window of 24h | -\n"
                 "2017-09-01T20:30 | expired | missed; later than its window of 24h | -\n"
                 "2017-09-02T08:30 | expired | missed; later than its window of 24h | -\n"
                 "2017-09-02T20:30 | coalesced | missed; the run of 2017-09-03T20:30 stands for it "
                 "| -\n"
                 "2017-09-03T08:30 | coalesced | missed; the run of 2017-09-03T20:30 stands for it "
                 "| -\n"
                 "2017-09-03T20:30 | done | - | 2017-09-02T20:30\n");
    sql_exec(w, "DELETE FROM occurrence");
    w->schedules[0].window_s = 3600;
    tick(w, at(w, "2017-09-03 21:00")); /* a change: from here on */
    assert_false(tick(w, at(w, "2017-09-04 09:30:01")));
    assert_false(tick(w, at(w, "2017-09-04 09:30:02")));
    expect_lines(w, "SELECT nominal, state, late_by FROM occurrence",
                 "2017-09-04T08:30 | expired | 3601\n");
    assert_true(tick(w, at(w, "2017-09-04 20:30")));
}

static void test_all_within_a_window(void **state)
{
    struct world *w = *state;
    struct tick_result result;
    int64_t runs;

    world_schedule(w, "quarter", "deadlines", "@quarterly");
    world_schedule(w, "hourly", "deadlines", "@hourly");
    set_catchup(w, 0, CATCHUP_ALL, NULL);
    set_catchup(w, 1, CATCHUP_ALL, "7d");
    tick(w, at(w, "2017-01-01 06:00"));
    sql_exec(w, "DELETE FROM schedule WHERE name = 'hourly'");
    tick(w, at(w, "2018-12-24 06:00"));
    expect_lines(w, "SELECT nominal, state, late_by / 86400 FROM occurrence",
                 "2017-04-01T00:00 | expired | 632\n2017-07-01T00:00 | expired | 541\n"
                 "2017-10-01T00:00 | expired | 449\n2018-01-01T00:00 | done | 357\n"
                 "2018-04-01T00:00 | done | 267\n2018-07-01T00:00 | done | 176\n"
                 "2018-10-01T00:00 | done | 84\n");
    /* in pieces: an end in between, at any instant, loses none and repeats none */
    runs = sql_count(w, "SELECT count(*) FROM occurrence");
    OK(scheduler_tick(w->s, &w->engine, at(w, "2019-01-02 06:00"), &result, &err));
    assert_true(result.ran && result.more);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE schedule = 'hourly' AND "
                                  "state = 'done'"),
                     50);
    tick(w, at(w, "2019-01-02 06:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence"), runs + 9 * 24 + 1);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE schedule = 'hourly' AND "
                                  "state = 'done' AND late_by <= 7 * 86400"),
                     7 * 24 + 1);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM occurrence WHERE schedule = 'hourly' AND "
                                  "state = 'expired' AND late_by > 7 * 86400"),
                     2 * 24 - 1);
    assert_false(tick(w, at(w, "2019-01-02 06:00")));
}

static void test_no_catching_up(void **state)
{
    struct world *w = *state;

    world_schedule(w, "now-or-never", "deadlines", "0 * * * *");
    set_catchup(w, 0, CATCHUP_NONE, NULL);
    tick(w, at(w, "2017-09-01 06:30"));
    assert_true(tick(w, at(w, "2017-09-01 07:00")));
    assert_false(tick(w, at(w, "2017-09-01 09:10")));
    assert_true(tick(w, at(w, "2017-09-01 11:04"))); /* a busy minute is no downtime */
    expect_lines(w, "SELECT nominal, state, reason, late_by FROM occurrence",
                 "2017-09-01T07:00 | done | - | 0\n"
                 "2017-09-01T08:00 | skipped | missed; this schedule catches up with nothing | "
                 "4200\n"
                 "2017-09-01T09:00 | skipped | missed; this schedule catches up with nothing | "
                 "600\n"
                 "2017-09-01T10:00 | skipped | missed; this schedule catches up with nothing | "
                 "3840\n"
                 "2017-09-01T11:00 | done | - | 240\n");
}

/* Whatever of it changes, what it owed before has its rows, and only what is to come is new. */
static void test_each_change_of_a_schedule(void **state)
{
    struct world *w = *state;
    struct engine_schedule *sch = &w->schedules[0];
    struct zone *apia;

    OK(zone_load("Pacific/Apia", &apia, &err));
    world_schedule(w, "x", "deadlines", "30 8 * * *");
    tick(w, at(w, "2017-09-01 06:00"));
    sch->check = "visits-ahead";
    assert_false(tick(w, at(w, "2017-09-01 12:00")));
    set_catchup(w, 0, CATCHUP_ALL, NULL);
    assert_false(tick(w, at(w, "2017-09-02 12:00")));
    set_catchup(w, 0, CATCHUP_ALL, "2d");
    assert_false(tick(w, at(w, "2017-09-03 12:00")));
    w->engine.zone = apia;
    assert_false(tick(w, at(w, "2017-09-04 12:00")));
    assert_false(tick(w, at(w, "2017-09-04 18:00")));
    assert_true(tick(w, at(w, "2017-09-04T19:30:00Z"))); /* 08:30 of the 5th, 13 hours ahead */
    w->engine.zone = w->zone;
    expect_lines(w, "SELECT nominal, state FROM occurrence ORDER BY id",
                 "2017-09-01T08:30 | skipped\n2017-09-02T08:30 | skipped\n"
                 "2017-09-03T08:30 | skipped\n2017-09-04T08:30 | skipped\n"
                 "2017-09-05T08:30 | done\n");
    zone_free(apia);
}

static void test_what_dom_dow_means_can_change(void **state)
{
    struct world *w = *state;
    struct engine_schedule *sch = &w->schedules[0];

    world_schedule(w, "x", "deadlines", "@daily");
    sch->expr = "0 9 4 * MON";
    OK(cron_parse(sch->expr, CRON_BOTH_OR, &sch->cron, &err));
    tick(w, at(w, "2017-09-01 06:00"));
    OK(cron_parse(sch->expr, CRON_BOTH_AND, &sch->cron, &err));
    assert_false(tick(w, at(w, "2017-09-20 12:00"))); /* Mondays: 4, 11, 18 */
    expect_lines(w, "SELECT nominal, state FROM occurrence ORDER BY id",
                 "2017-09-04T09:00 | skipped\n2017-09-11T09:00 | skipped\n"
                 "2017-09-18T09:00 | skipped\n");
    assert_false(tick(w, at(w, "2017-10-04 12:00")));
    assert_true(tick(w, at(w, "2017-12-04 12:00")));
}

static void test_a_removed_schedule(void **state)
{
    struct world *w = *state;

    world_schedule(w, "x", "deadlines", "30 8 * * *");
    tick(w, at(w, "2017-09-01 06:00"));
    w->engine.schedule_count = 0;
    assert_false(tick(w, at(w, "2017-09-02 12:00")));
    assert_false(tick(w, at(w, "2017-09-04 12:00")));
    w->engine.schedule_count = 1; /* it comes back, and has no past */
    assert_false(tick(w, at(w, "2017-09-06 12:00")));
    assert_true(tick(w, at(w, "2017-09-07 08:30")));
    expect_lines(w, "SELECT nominal, state, reason FROM occurrence ORDER BY id",
                 "2017-09-01T08:30 | skipped | missed, and the schedule was taken out of the "
                 "configuration\n"
                 "2017-09-02T08:30 | skipped | missed, and the schedule was taken out of the "
                 "configuration\n"
                 "2017-09-07T08:30 | done | -\n");
}

static void hold(struct world *w, const char *now)
{
    OK(suspect_hold(w->s, &w->engine, at(w, now), &err));
}

static void test_a_suspect_clock(void **state)
{
    struct world *w = *state;

    world_schedule(w, "x", "deadlines", "30 8 * * *");
    pass(w, at(w, "2017-09-01 06:00"), at(w, "2017-09-01 09:00"));
    hold(w, "2017-09-04 09:00"); /* three days too far */
    hold(w, "2017-09-04 09:01");
    expect_lines(w, "SELECT nominal, state, reason FROM occurrence ORDER BY id",
                 "2017-09-01T08:30 | done | -\n"
                 "2017-09-02T08:30 | skipped | the clock is suspect\n"
                 "2017-09-03T08:30 | skipped | the clock is suspect\n"
                 "2017-09-04T08:30 | skipped | the clock is suspect\n");
    /* it is right again a day later: of those days only one has been */
    WRITE(w, at(w, "2017-09-02 09:00"),
          suspect_end(w->s, &w->engine, at(w, "2017-09-02 09:00"), "It was.", &err));
    assert_true(tick(w, at(w, "2017-09-02 09:00")));
    assert_true(tick(w, at(w, "2017-09-03 08:30")));
    expect_lines(w, "SELECT nominal, state, reason, late_by FROM occurrence ORDER BY id",
                 "2017-09-01T08:30 | done | - | 0\n"
                 "2017-09-02T08:30 | done | the clock was suspect | 1800\n"
                 "2017-09-03T08:30 | done | - | 0\n");
    /* accepted: caught up with as after a downtime */
    hold(w, "2017-09-06 09:00");
    WRITE(w, at(w, "2017-09-06 09:00"),
          suspect_end(w->s, &w->engine, at(w, "2017-09-06 09:00"), "It was.", &err));
    assert_true(tick(w, at(w, "2017-09-06 09:00")));
    expect_lines(
        w, "SELECT nominal, state, reason FROM occurrence WHERE nominal > '2017-09-04'",
        "2017-09-04T08:30 | coalesced | missed; the run of 2017-09-06T08:30 stands for it\n"
        "2017-09-05T08:30 | coalesced | missed; the run of 2017-09-06T08:30 stands for it\n"
        "2017-09-06T08:30 | done | the clock was suspect\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_seen_has_no_past),
        TEST(test_catching_up),
        TEST(test_a_long_absence),
        TEST(test_clock_set_back),
        TEST(test_a_changed_schedule),
        TEST(test_nights_the_clock_changes),
        TEST(test_a_check_that_fails),
        TEST(test_a_full_disk),
        TEST(test_next),
        TEST(test_order_of_catching_up),
        TEST(test_by_hand),
        TEST(test_the_latest_within_a_window),
        TEST(test_all_within_a_window),
        TEST(test_no_catching_up),
        TEST(test_each_change_of_a_schedule),
        TEST(test_what_dom_dow_means_can_change),
        TEST(test_a_removed_schedule),
        TEST(test_a_suspect_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
