/* A ladder that changes between two runs changes what is to come, and nothing else: each case tells
 * an action, a deadline, a visit and an endpoint of one and the same date, Wednesday 15 November
 * 2017, by one ladder until noon of a day and by another from then on. No holiday is near. */
#include "engine_world.h"
#include "engine/tell.h"
#include "store/action.h"
#include "store/plan.h"
#include "store/record.h"

#define DUE  "2017-11-15"
#define LAST "2017-12-08"

static const struct {
    const char *name, *before, *changed_on, *after;
    const char *ahead, *overdue; /* what is told until its date, and then */
    const char *back_on;         /* when it is as before; NULL: never */
} table[] = {
    {"nothing changes", "28 14 7 1 +1 every 5", "2017-11-02", "28 14 7 1 +1 every 5",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n2017-11-08 T-7\n2017-11-14 T-1\n",
     "2017-11-16 T+1\n2017-11-23 T+1+5wd\n2017-11-30 T+1+10wd\n2017-12-07 T+1+15wd\n"},
    {"a step is inserted before the one that was told", "14 7", "2017-11-02", "21 14 7",
     .ahead = "2017-11-01 T-14\n2017-11-08 T-7\n", ""},
    {"a step takes the place of the one that was told", "28 14 7", "2017-11-02", "28 21 7",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n2017-11-08 T-7\n", ""},
    {"the first step goes, and one comes before it", "14 7", "2017-11-02", "28 7",
     .ahead = "2017-11-01 T-14\n2017-11-08 T-7\n", ""},
    {"steps are inserted that are to come", "28 14 7", "2017-11-02", "28 14 12 7 2",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n2017-11-03 T-12\n2017-11-08 T-7\n2017-11-13 T-2\n",
     ""},
    {"a step is inserted for the next run's day", "28 14 7", "2017-11-02", "28 12 7",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n2017-11-03 T-12\n2017-11-08 T-7\n", ""},
    {"the step that was told goes", "28 14 7", "2017-11-01", "28 7",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n2017-11-08 T-7\n", ""},
    {"a step to come goes", "28 14 7", "2017-11-02", "28 14 1",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n2017-11-14 T-1\n", ""},
    {"a step comes a day sooner", "28 14 7", "2017-11-02", "28 15 7",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n2017-11-08 T-7\n", ""},
    {"a step comes a day later", "28 14 7", "2017-11-01", "28 13 7",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n2017-11-02 T-13\n2017-11-08 T-7\n", ""},
    {"a step of the same working day takes its place", "28 11 7", "2017-11-04", "28 12 7",
     .ahead = "2017-10-18 T-28\n2017-11-03 T-11\n2017-11-08 T-7\n", ""},
    {"all steps before the date go", "28 14 7", "2017-11-02", "+1",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n", "2017-11-16 T+1\n"},
    {"all steps before the date go, and come back", "28 14 7 +1", "2017-11-02", "+1",
     .ahead = "2017-10-18 T-28\n2017-11-01 T-14\n2017-11-08 T-7\n", "2017-11-16 T+1\n",
     .back_on = "2017-11-05"},
    {"all steps after the date go, and come back", "7 +1 every 5", "2017-11-17", "7",
     .ahead = "2017-11-08 T-7\n",
     "2017-11-16 T+1\n2017-11-23 T+1+5wd\n2017-11-30 T+1+10wd\n"
     "2017-12-07 T+1+15wd\n",
     .back_on = "2017-11-20"},
    {"steps move to working days no more", "28 10 7", "2017-11-04", "28 10 7 on any day",
     .ahead = "2017-10-18 T-28\n2017-11-03 T-10\n2017-11-08 T-7\n", ""},
    {"what comes again does so on other days", "7 +1 every 5", "2017-11-24", "7 +1 every 4",
     .ahead = "2017-11-08 T-7\n",
     "2017-11-16 T+1\n2017-11-23 T+1+5wd\n2017-11-28 T+1+8wd\n2017-12-04 T+1+12wd\n"
     "2017-12-08 T+1+16wd\n"},
    {"it counts all days, not working days", "7 +1 every 5", "2017-11-24",
     "7 +1 every 5 on any day", .ahead = "2017-11-08 T-7\n",
     "2017-11-16 T+1\n2017-11-23 T+1+5wd\n2017-11-26 T+1+10d\n2017-12-01 T+1+15d\n"
     "2017-12-06 T+1+20d\n"},
    {"it counts working days, not all days", "7 +1 every 5 on any day", "2017-11-21",
     "7 +1 every 2", .ahead = "2017-11-08 T-7\n",
     "2017-11-16 T+1\n2017-11-21 T+1+5d\n2017-11-22 T+1+4wd\n2017-11-24 T+1+6wd\n"
     "2017-11-28 T+1+8wd\n2017-11-30 T+1+10wd\n2017-12-04 T+1+12wd\n2017-12-06 T+1+14wd\n"
     "2017-12-08 T+1+16wd\n"},
    {"the first step after the date comes sooner", "7 +3", "2017-11-21", "7 +2 every 10",
     .ahead = "2017-11-08 T-7\n", "2017-11-20 T+3\n2017-12-01 T+2+10wd\n"},
};

static void use(struct world *w, const char *ladder)
{
    for (int i = 0; i < POLICY_KINDS; i++)
        OK(ladder_parse(ladder, &w->engine.policy.ladders[i], &err));
}

static void add_action(struct world *w, utc_t now)
{
    struct said said = {.status = "in-progress",
                        .due = true,
                        .due_on = day(DUE),
                        .due_precision = DUE_DAY,
                        .completed_on = DAY_NONE};
    struct action_fields fields = {.ref = "1.1", .title = "Do it", .start_on = DAY_NONE};
    struct plan plan;
    int64_t id, part;

    WRITE(w, now, plan_add(w->s, "plan", "Plan", "rag", &id, &err));
    OK(plan_find(w->s, "plan", &plan, &err));
    WRITE(w, now, priority_ensure(w->s, &plan, 1, "Care", &fields.priority_id, NULL, &err));
    WRITE(w, now, role_add(w->s, "head", "Head of Care", 0, &said.owner_id, &err));
    WRITE(w, now, action_add(w->s, &plan, &fields, &id, &err));
    WRITE(w, now, part_ensure(w->s, id, "", &part, NULL, &err));
    WRITE(w, now, part_say(w->s, &plan, id, part, &said, day("2017-09-01"), NULL, &err));
    plan_clear(&plan);
}

/* At noon of that day. */
static void say_status(struct world *w, const char *on, const char *status)
{
    struct said said = {.status = status, .due_on = DAY_NONE, .completed_on = DAY_NONE};
    char *noon = xasprintf("%s 12:00", on);
    struct plan plan;

    OK(plan_find(w->s, "plan", &plan, &err));
    WRITE(w, at(w, noon), part_say(w->s, &plan, 1, 1, &said, day(on), NULL, &err));
    plan_clear(&plan);
    free(noon);
}

static void add_deadline(struct world *w, utc_t now)
{
    struct deadline d = deadline_new();
    int64_t id;

    d.title = text("Return");
    d.recipient = text("Department");
    d.check_name = text(CHECK_DEADLINES);
    d.ladder = text(DEADLINE_LADDER);
    d.copy_to = text("programme-office no-such-role");
    d.role_id = role_id(w, ROLE_CHAIR);
    d.first_due_on = d.due_on = day(DUE);
    WRITE(w, now, deadline_insert(w->s, &d, &id, &err));
}

static void add_visit(struct world *w, utc_t now)
{
    struct record r = {.kind = RECORD_VISIT};

    *record_value(&r, "kind") = xstrdup("monitoring");
    *record_value(&r, "number") = xstrdup("5");
    *record_value(&r, "from_on") = xstrdup(DUE);
    WRITE(w, now, record_put(w->s, &r, &err));
    record_clear(&r);
}

static void set_up(struct world *w)
{
    static const char *const events[] = {EVENT_DEADLINE_DUE, EVENT_DEADLINE_MISSED,
                                         EVENT_VISIT_AHEAD};
    utc_t now = at(w, "2017-09-01 09:00");

    world_schedule(w, "overdue", CHECK_OVERDUE, "30 8 * * *");
    world_schedule(w, "due-soon", CHECK_DUE_SOON, "30 8 * * *");
    world_schedule(w, "deadlines", CHECK_DEADLINES, "30 8 * * *");
    world_schedule(w, "visits", CHECK_VISITS, "30 8 * * *");
    w->webhooks[0] =
        (struct engine_webhook){.name = "board", .events = events, .event_count = COUNT(events)};
    w->engine.webhook_count = 1;
    add_action(w, now);
    world_assign(w, "head", "The Head", "head@x.example", "2017-09-01");
    world_assign(w, ROLE_CHAIR, "The Chair", "chair@x.example", "2017-09-01");
    world_assign(w, ROLE_OFFICE, "The Office", "po@x.example", "2017-09-01");
    world_assign(w, ROLE_DIRECTOR, "The Director", "dcs@x.example", "2017-09-01");
    add_deadline(w, now);
    add_visit(w, now);
}

/* What reached that role, or that endpoint, about one of the three, in the order of sending. */
static void expect(struct world *w, size_t i, const char *whose, bool overdue, const char *expected)
{
    char *sql = xasprintf("SELECT substr(created_at, 1, 10) || ' ' || step FROM notice WHERE %s "
                          "AND message_id IS NOT NULL AND created_at %s '" DUE "' ORDER BY id",
                          whose, overdue ? ">=" : "<");
    char *found = sql_lines(w, sql);

    if (strcmp(found, expected) != 0)
        fail_msg("%s, %s:\n%sis not\n%s", table[i].name, whose, found, expected);
    free(found);
    free(sql);
}

static void live(struct world *w, size_t i)
{
    char *changed = xasprintf("%s 12:00", table[i].changed_on), *back;
    utc_t from = at(w, "2017-10-01 12:00"), to = at(w, changed);

    use(w, table[i].before);
    pass(w, from, to);
    use(w, table[i].after);
    from = to;
    if (table[i].back_on) {
        back = xasprintf("%s 12:00", table[i].back_on);
        to = at(w, back);
        pass(w, from, to);
        use(w, table[i].before);
        from = to;
        free(back);
    }
    pass(w, from, at(w, LAST " 12:00"));
    free(changed);
}

static void test_what_is_told(void **state)
{
    static const char *const dated[] = {"rule LIKE 'actions-%' AND role = 'head'",
                                        "about = 'deadline:1' AND role = '" ROLE_CHAIR "'",
                                        "about = 'deadline:1' AND role = '" ROLE_OFFICE "'",
                                        "about = 'deadline:1' AND channel = 'webhook:board'"};
    static const char *const begins[] = {"about = 'visit:1' AND role = '" ROLE_OFFICE "'",
                                         "about = 'visit:1' AND channel = 'webhook:board'"};

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        void *fresh = NULL;
        struct world *w;

        world_setup(&fresh);
        w = fresh;
        set_up(w);
        live(w, i);
        for (size_t k = 0; k < COUNT(dated); k++) {
            expect(w, i, dated[k], false, table[i].ahead);
            expect(w, i, dated[k], true, table[i].overdue);
        }
        for (size_t k = 0; k < COUNT(begins); k++)
            expect(w, i, begins[k], false, table[i].ahead);
        world_teardown(&fresh);
    }
}

/* What has passed has a row that says so, once, and is nobody's trouble where nobody holds the role
 * any more; what is to come is. */
static void test_what_is_not_told_has_its_row(void **state)
{
    struct world *w = *state;

    set_up(w);
    w->engine.mail_administrator = "it@x.example";
    use(w, "14 7");
    pass(w, at(w, "2017-10-01 12:00"), at(w, "2017-11-01 12:00"));
    sql_exec(w, "UPDATE holding SET to_on = '2017-11-01'");
    use(w, "21 7");
    pass(w, at(w, "2017-11-01 12:00"), at(w, "2017-11-07 12:00"));
    expect_lines(
        w,
        "SELECT about, role, step, channel, reason FROM notice WHERE message_id IS NULL "
        "AND role <> 'no-such-role' AND event <> 'csi.daemon.trouble' ORDER BY about, role",
        "deadline:1 | improvement-board-chair | T-21 | mail | collapsed into T-14\n"
        "deadline:1 | programme-office | T-21 | mail | collapsed into T-14\n"
        "plan:1.1 | head | T-21 | mail | collapsed into T-14\n"
        "visit:1 | director | T-21 | mail | collapsed into T-14\n"
        "visit:1 | programme-office | T-21 | mail | collapsed into T-14\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE recipient = 'it@x.example' "
                                  "AND created_at > '2017-11-01T12:00:00Z' AND body LIKE '%T-21%'"),
                     0);
    pass(w, at(w, "2017-11-07 12:00"), at(w, "2017-11-08 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice WHERE channel = 'none' AND step = "
                                  "'T-7' AND role <> 'no-such-role'"),
                     5);
}

/* What is reopened is news, whatever its ladder has become. */
static void test_reopened(void **state)
{
    struct world *w = *state;

    set_up(w);
    use(w, "14 7");
    pass(w, at(w, "2017-10-01 12:00"), at(w, "2017-11-01 12:00"));
    say_status(w, "2017-11-02", "complete");
    use(w, "21 7");
    pass(w, at(w, "2017-11-02 12:00"), at(w, "2017-11-03 12:00"));
    say_status(w, "2017-11-04", "in-progress");
    pass(w, at(w, "2017-11-04 12:00"), at(w, "2017-11-07 12:00"));
    expect_lines(w,
                 "SELECT substr(created_at, 1, 10), step, reason FROM notice WHERE role = 'head' "
                 "AND message_id IS NOT NULL ORDER BY id",
                 "2017-11-01 | T-14 | first: due Wed 15 Nov 2017\n"
                 "2017-11-04 | reopened-2017-11-02 | reopened: it was closed on 2 Nov 2017\n");
}

/* A holiday that is added moves a step to the day on which the one before it was told: no ladder
 * has changed, and it is told. */
static void test_a_step_that_moves_is_told(void **state)
{
    struct world *w = *state;
    char *list = xasprintf("%sengland-and-wales,2017-11-15,One-off day\n", holidays_builtin);
    struct holidays *after;

    set_up(w);
    use(w, "1 0");
    pass(w, at(w, "2017-10-01 12:00"), at(w, "2017-11-14 08:40"));
    OK(holidays_parse(list, strlen(list), "england-and-wales", &after, &err));
    w->engine.holidays = after;
    pass(w, at(w, "2017-11-14 08:40"), at(w, "2017-11-15 12:00"));
    expect(w, 0, "role = '" ROLE_CHAIR "' AND step = 'T-0'", true, "2017-11-15 T-0\n");
    w->engine.holidays = w->holidays;
    holidays_free(after);
    free(list);
}

/* Two roles of one date: who was told nothing of it hears the step that the others were spared. */
static void test_who_was_told_nothing_hears_it(void **state)
{
    struct world *w = *state;

    set_up(w);
    use(w, "14 7");
    pass(w, at(w, "2017-10-01 12:00"), at(w, "2017-11-01 12:00"));
    use(w, "21 7");
    sql_exec(w, "UPDATE deadline SET copy_to = 'programme-office head'");
    pass(w, at(w, "2017-11-01 12:00"), at(w, "2017-11-03 12:00"));
    expect_lines(w,
                 "SELECT role, step FROM notice WHERE about = 'deadline:1' AND channel = 'mail' "
                 "AND message_id IS NOT NULL ORDER BY id",
                 "improvement-board-chair | T-14\nprogramme-office | T-14\nhead | T-21\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_told),
        TEST(test_what_is_not_told_has_its_row),
        TEST(test_reopened),
        TEST(test_a_step_that_moves_is_told),
        TEST(test_who_was_told_nothing_hears_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
