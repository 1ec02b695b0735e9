/* What makes a notice the same notice, when what it hangs on changes under it: the holder of a
 * role, a date, the zone, the length of a series. */
#include "engine_world.h"
#include "store/action.h"
#include "store/plan.h"

#define MAILS                                                                               \
    "SELECT substr(m.created_at, 1, 10), m.recipient, group_concat(n.step) FROM message m " \
    "JOIN notice n ON n.message_id = m.id WHERE m.channel = 'mail' "

static void add_deadline(struct world *w, const char *now, const char *due, const char *every)
{
    struct role role;
    struct deadline d = {.title = (char *)(uintptr_t) "Return",
                         .every = (char *)(uintptr_t)every,
                         .due_on = day(due),
                         .ended_on = DAY_NONE};
    int64_t id;

    OK(role_find(w->s, ROLE_CHAIR, day("2017-09-01"), &role, &err));
    d.role_id = role.id;
    WRITE(w, at(w, now), deadline_add(w->s, &d, &id, &err));
    role_clear(&role);
}

static void submit(struct world *w, int64_t id, const char *on)
{
    char now[32];

    snprintf(now, sizeof now, "%s 12:00", on);
    WRITE(w, at(w, now), deadline_submit(w->s, id, day(on), NULL, NULL, &err));
}

static void set_up(struct world *w)
{
    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    world_assign(w, ROLE_CHAIR, "The Chair", "chair@board.example", "2017-08-01");
}

/* ---- series shorter than their ladder ---- */

/* 28 February less 28 days is 31 January, the day on which the date before it is due. */
static void test_a_month_shorter_than_its_ladder(void **state)
{
    struct world *w = *state;

    set_up(w);
    add_deadline(w, "2018-01-20 12:00", "2018-01-31", "1m");
    pass(w, at(w, "2018-01-30 12:00"), at(w, "2018-01-31 12:00"));
    expect_lines(w, "SELECT about, due_on, step FROM notice WHERE message_id IS NOT NULL",
                 "deadline:1 | 2018-01-31 | T-0\ndeadline:2 | 2018-02-28 | T-28\n");
}

static void test_every_week(void **state)
{
    struct world *w = *state;

    set_up(w);
    add_deadline(w, "2018-03-01 12:00", "2018-04-24", "1w"); /* Tuesdays */
    pass(w, at(w, "2018-03-26 12:00"), at(w, "2018-04-10 12:00"));
    submit(w, 1, "2018-04-10");
    pass(w, at(w, "2018-04-10 12:00"), at(w, "2018-05-01 12:00"));
    expect_lines(w,
                 "SELECT substr(created_at, 1, 10), step FROM notice WHERE message_id IS NOT NULL "
                 "AND due_on = '2018-05-01'",
                 "2018-04-03 | T-28\n2018-04-17 | T-14\n2018-04-24 | T-7\n2018-04-30 | T-1\n"
                 "2018-05-01 | T-0\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice WHERE reason LIKE 'collapsed%' AND "
                                  "due_on > '2018-04-24'"),
                     0);
}

/* ---- holders ---- */

static int64_t add_overdue(struct world *w, const char *slug, const char *ref, const char *owner)
{
    utc_t now = at(w, "2017-08-01 09:00");
    struct action_fields fields = {.ref = ref, .title = "Do it", .start_on = DAY_NONE};
    struct said said = {.rating = "amber",
                        .due = true,
                        .due_on = day("2017-08-20"),
                        .due_precision = DUE_DAY,
                        .completed_on = DAY_NONE};
    struct plan plan;
    int64_t action, part, id;

    if (plan_find(w->s, slug, &plan, &err) < 0) {
        WRITE(w, now, plan_add(w->s, slug, "Plan", "rag", &id, &err));
        OK(plan_find(w->s, slug, &plan, &err));
    }
    WRITE(w, now, priority_ensure(w->s, &plan, 1, "Care", &fields.priority_id, NULL, &err));
    if (owner)
        WRITE(w, now, role_ensure(w->s, owner, &said.owner_id, NULL, &err));
    WRITE(w, now, action_add(w->s, &plan, &fields, &action, &err));
    WRITE(w, now, part_ensure(w->s, action, "", &part, NULL, &err));
    WRITE(w, now, part_say(w->s, &plan, action, part, &said, day("2017-08-01"), NULL, &err));
    plan_clear(&plan);
    return action;
}

static void by_hand(struct world *w, const char *name, const char *now, struct run_result *ret)
{
    WRITE(w, at(w, now), scheduler_run(w->s, &w->engine, name, at(w, now), ret, &err));
}

static void test_holder_changes_at_noon(void **state)
{
    struct world *w = *state;
    struct run_result result;

    add_overdue(w, "a", "1", "Head of Care");
    add_overdue(w, "b", "1", "Head of Homes");
    world_assign(w, "head-of-care", "Ann", "ann@x.example", "2017-08-01");
    world_assign(w, "head-of-homes", "Bob", "bob@x.example", "2017-08-01");
    world_schedule(w, "overdue", "actions-overdue", "30 8 * * *");
    tick(w, at(w, "2017-09-01 06:00"));
    tick(w, at(w, "2017-09-01 08:30"));
    world_assign(w, "head-of-care", "Cy", "cy@x.example", "2017-09-01");
    by_hand(w, "overdue", "2017-09-01 13:00", &result);
    assert_int_equal(result.messages, 0);
    tick(w, at(w, "2017-09-04 08:30")); /* the next step is on the 5th: 28 August is a holiday */
    tick(w, at(w, "2017-09-05 08:30"));
    expect_lines(w,
                 "SELECT substr(m.created_at, 1, 10), m.recipient, n.about, n.reason FROM message "
                 "m JOIN notice n ON n.message_id = m.id",
                 "2017-09-01 | ann@x.example | a:1 | new\n"
                 "2017-09-01 | bob@x.example | b:1 | new\n"
                 "2017-09-05 | bob@x.example | b:1 | repeat: 16 days overdue\n"
                 "2017-09-05 | cy@x.example | a:1 | repeat: 16 days overdue\n");
}

/* What a second run of the same instant finds in trouble is told too. */
static void test_trouble_twice_at_one_instant(void **state)
{
    struct world *w = *state;
    struct run_result result;

    w->engine.mail_administrator = "admin@x.example";
    world_schedule(w, "overdue", "actions-overdue", "30 8 * * *");
    add_overdue(w, "a", "1", NULL);
    by_hand(w, "overdue", "2017-09-01 08:30", &result);
    assert_int_equal(result.messages, 1);
    add_overdue(w, "a", "2", NULL);
    by_hand(w, "overdue", "2017-09-01 08:30", &result);
    assert_int_equal(result.messages, 1);
    by_hand(w, "overdue", "2017-09-01 08:30", &result);
    assert_int_equal(result.messages, 0);
}

/* ---- the zone ---- */

static void test_zone_changes(void **state)
{
    struct world *w = *state;
    struct zone *other;

    set_up(w);
    pass(w, at(w, "2017-09-01 06:00"), at(w, "2017-09-01 10:00"));
    OK(zone_load("America/New_York", &other, &err));
    w->engine.zone = other;
    pass(w, at(w, "2017-09-01 10:00"), at(w, "2017-09-02 16:00"));
    expect_lines(w, "SELECT nominal, due_at FROM occurrence",
                 "2017-09-01T08:30 | 2017-09-01T07:30:00Z\n"
                 "2017-09-02T08:30 | 2017-09-02T12:30:00Z\n");
    w->engine.zone = w->zone;
    zone_free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_month_shorter_than_its_ladder),
        TEST(test_every_week),
        TEST(test_holder_changes_at_noon),
        TEST(test_trouble_twice_at_one_instant),
        TEST(test_zone_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
