/* The three checks, over months of London's clock: who is told what on which day, and that nobody
 * is told twice. */
#include "engine_world.h"
#include "store/action.h"
#include "store/record.h"

#define MAILS                                                                               \
    "SELECT substr(m.created_at, 1, 10), m.recipient, group_concat(n.step) FROM message m " \
    "JOIN notice n ON n.message_id = m.id WHERE m.channel = 'mail' "

static const char *const chair = "chair@board.example", *const director = "dcs@bromley.example";

static int64_t add_deadline(struct world *w, const char *now, const char *due, const char *every,
                            const char *role)
{
    struct deadline d = {.title = text("Chair's report to the Secretary of State"),
                         .every = text(every),
                         .recipient = text("Secretary of State"),
                         .role_id = role_id(w, role),
                         .due_on = day(due),
                         .ended_on = DAY_NONE};
    int64_t id;

    WRITE(w, at(w, now), deadline_add(w->s, &d, &id, &err));
    return id;
}

static void submit(struct world *w, int64_t id, const char *now, const char *on)
{
    WRITE(w, at(w, now), deadline_submit(w->s, id, day(on), NULL, NULL, &err));
}

static void set_up_deadlines(struct world *w)
{
    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    world_assign(w, ROLE_CHAIR, "The Chair", chair, "2017-08-01");
    world_assign(w, ROLE_DIRECTOR, "The Director", director, "2017-08-01");
}

/* ---- deadlines ---- */

static void test_four_quarters(void **state)
{
    static const char *const send_by[] = {"2017-09-29 12:00", "2017-12-29 12:00",
                                          "2018-03-29 12:00", "2018-06-29 12:00"};
    struct world *w = *state;
    char *copies, *mails, *at_director;

    set_up_deadlines(w);
    add_deadline(w, "2017-08-20 12:00", "2017-10-01", "3m", ROLE_CHAIR);
    tick(w, at(w, "2017-08-20 12:00"));
    for (size_t i = 0; i < COUNT(send_by); i++) {
        char on[DAY_ISO] = "";

        memcpy(on, send_by[i], 10);
        pass(w, at(w, i ? send_by[i - 1] : "2017-08-20 12:00"), at(w, send_by[i]));
        submit(w, (int64_t)i + 1, send_by[i], on);
    }
    pass(w, at(w, send_by[3]), at(w, "2018-08-15 12:00"));
    expect_lines(w, MAILS "AND m.recipient LIKE 'chair%' GROUP BY m.id ORDER BY m.id",
                 "2017-09-01 | chair@board.example | T-28\n"
                 "2017-09-15 | chair@board.example | T-14\n"
                 "2017-09-22 | chair@board.example | T-7\n"
                 "2017-09-28 | chair@board.example | T-1\n"
                 "2017-09-29 | chair@board.example | T-0\n"
                 "2017-12-01 | chair@board.example | T-28\n"
                 "2017-12-15 | chair@board.example | T-14\n"
                 "2017-12-22 | chair@board.example | T-7\n"
                 "2017-12-28 | chair@board.example | T-1\n"
                 "2017-12-29 | chair@board.example | T-0\n"
                 "2018-03-01 | chair@board.example | T-28\n"
                 "2018-03-15 | chair@board.example | T-14\n"
                 "2018-03-22 | chair@board.example | T-7\n"
                 "2018-03-28 | chair@board.example | T-1\n"
                 "2018-03-29 | chair@board.example | T-0\n"
                 "2018-06-01 | chair@board.example | T-28\n"
                 "2018-06-15 | chair@board.example | T-14\n"
                 "2018-06-22 | chair@board.example | T-7\n"
                 "2018-06-28 | chair@board.example | T-1\n"
                 "2018-06-29 | chair@board.example | T-0\n");
    /* the director's copies are mails of their own, on the same days */
    mails = sql_lines(w, "SELECT substr(created_at, 1, 10) FROM message WHERE recipient LIKE "
                         "'chair%' ORDER BY id");
    copies = sql_lines(w, "SELECT substr(created_at, 1, 10) FROM message WHERE recipient LIKE "
                          "'dcs%' ORDER BY id");
    assert_string_equal(copies, mails);
    at_director = sql_lines(w, "SELECT subject FROM message WHERE recipient LIKE 'dcs%' LIMIT 1");
    assert_string_equal(at_director,
                        "Copy: Chair's report to the Secretary of State: send by Fri 29 "
                        "Sep 2017 to Secretary of State\n");
    expect_lines(
        w, "SELECT DISTINCT subject FROM message WHERE recipient LIKE 'chair%'",
        "Chair's report to the Secretary of State: send by Fri 29 Sep 2017 to Secretary of "
        "State\n"
        "Chair's report to the Secretary of State: send by Fri 29 Dec 2017 to Secretary of "
        "State\n"
        "Chair's report to the Secretary of State: send by Thu 29 Mar 2018 to Secretary of "
        "State\n"
        "Chair's report to the Secretary of State: send by Fri 29 Jun 2018 to Secretary of "
        "State\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice WHERE message_id IS NULL"), 0);
    free(mails);
    free(copies);
    free(at_director);
}

static void test_overdue_deadline(void **state)
{
    struct world *w = *state;

    set_up_deadlines(w);
    add_deadline(w, "2017-09-28 12:00", "2017-10-01", "3m", ROLE_CHAIR);
    tick(w, at(w, "2017-09-28 12:00"));
    pass(w, at(w, "2017-09-28 12:00"), at(w, "2017-10-09 12:00"));
    expect_lines(w, MAILS "AND m.recipient LIKE 'chair%' GROUP BY m.id ORDER BY m.id",
                 "2017-09-29 | chair@board.example | T-0\n"
                 "2017-10-02 | chair@board.example | T+1\n"
                 "2017-10-09 | chair@board.example | T+1+5wd\n");
    expect_lines(w,
                 "SELECT step, reason FROM notice WHERE message_id IS NULL AND "
                 "role = 'improvement-board-chair' ORDER BY id",
                 "T-28 | collapsed into T-0\nT-14 | collapsed into T-0\n"
                 "T-7 | collapsed into T-0\nT-1 | collapsed into T-0\n");
    expect_lines(w, "SELECT DISTINCT event FROM message WHERE id > 2", "csi.deadline.missed\n");
    /* the next quarter stands beside the one that is overdue, and begins its own ladder */
    expect_lines(w, "SELECT id, series_id, step, due_on FROM deadline",
                 "1 | 1 | 0 | 2017-10-01\n2 | 1 | 1 | 2018-01-01\n");
    submit(w, 1, "2017-10-09 13:00", "2017-10-09");
    pass(w, at(w, "2017-10-04 13:00"), at(w, "2017-12-02 12:00"));
    expect_lines(w,
                 MAILS "AND m.recipient LIKE 'chair%' AND m.created_at > '2017-10-10' "
                       "GROUP BY m.id ORDER BY m.id",
                 "2017-12-01 | chair@board.example | T-28\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM deadline"), 2);
}

static void test_sent_early(void **state)
{
    struct world *w = *state;

    set_up_deadlines(w);
    add_deadline(w, "2017-08-20 12:00", "2017-10-01", "3m", ROLE_CHAIR);
    tick(w, at(w, "2017-08-20 12:00"));
    pass(w, at(w, "2017-08-20 12:00"), at(w, "2017-09-16 12:00"));
    submit(w, 1, "2017-09-16 12:00", "2017-09-16");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE recipient LIKE 'chair%'"), 2);
    pass(w, at(w, "2017-09-16 12:00"), at(w, "2017-11-30 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE recipient LIKE 'chair%'"), 2);
    pass(w, at(w, "2017-11-30 12:00"), at(w, "2017-12-01 12:00"));
    expect_lines(w,
                 MAILS "AND m.created_at > '2017-11' AND m.recipient LIKE 'chair%' GROUP BY m.id",
                 "2017-12-01 | chair@board.example | T-28\n");
}

static void test_after_a_long_absence(void **state)
{
    struct world *w = *state;

    set_up_deadlines(w);
    add_deadline(w, "2017-08-20 12:00", "2017-10-01", "3m", ROLE_CHAIR);
    tick(w, at(w, "2017-08-20 12:00"));
    /* csid was down from August to April: three quarters are owed, each said once that day */
    tick(w, at(w, "2018-04-10 12:00"));
    expect_lines(w,
                 "SELECT about, step, count(*) FROM notice WHERE message_id IS NOT NULL AND "
                 "role = 'improvement-board-chair' GROUP BY about ORDER BY id",
                 "deadline:1 | T+1+130wd | 1\ndeadline:2 | T+1+65wd | 1\n"
                 "deadline:3 | T+1+5wd | 1\n");
    expect_lines(w, "SELECT due_on FROM deadline",
                 "2017-10-01\n2018-01-01\n2018-04-01\n2018-07-01\n");
}

static void test_vacant_then_held(void **state)
{
    struct world *w = *state;

    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    world_assign(w, ROLE_DIRECTOR, "The Director", director, "2017-08-01");
    add_deadline(w, "2017-08-20 12:00", "2017-10-01", "3m", ROLE_CHAIR);
    tick(w, at(w, "2017-08-20 12:00"));
    pass(w, at(w, "2017-08-20 12:00"), at(w, "2017-09-16 12:00"));
    expect_lines(w,
                 "SELECT step, channel, reason FROM notice WHERE role = 'improvement-board-chair'",
                 "T-28 | none | nobody holds the role Chair of the improvement board\n"
                 "T-14 | none | nobody holds the role Chair of the improvement board\n");
    expect_lines(w, MAILS "GROUP BY m.id",
                 "2017-09-01 | dcs@bromley.example | T-28\n"
                 "2017-09-15 | dcs@bromley.example | T-14\n");
    world_assign(w, ROLE_CHAIR, "The Chair", chair, "2017-09-18");
    pass(w, at(w, "2017-09-18 06:00"), at(w, "2017-09-20 12:00"));
    expect_lines(w, MAILS "AND m.created_at > '2017-09-16' GROUP BY m.id",
                 "2017-09-18 | chair@board.example | T-14\n");
    pass(w, at(w, "2017-09-20 12:00"), at(w, "2017-09-22 12:00"));
    expect_lines(
        w, MAILS "AND m.created_at > '2017-09-19' GROUP BY m.id",
        "2017-09-22 | chair@board.example | T-7\n2017-09-22 | dcs@bromley.example | T-7\n");
}

static void test_director_owes_it(void **state)
{
    struct world *w = *state;

    set_up_deadlines(w);
    add_deadline(w, "2017-09-20 12:00", "2017-10-01", NULL, ROLE_DIRECTOR);
    tick(w, at(w, "2017-09-20 12:00"));
    pass(w, at(w, "2017-09-20 12:00"), at(w, "2017-09-21 12:00"));
    expect_lines(w, MAILS "GROUP BY m.id", "2017-09-21 | dcs@bromley.example | T-14\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE subject LIKE 'Copy:%'"), 0);
}

static void test_one_person_two_roles(void **state)
{
    struct world *w = *state;

    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    world_assign(w, ROLE_CHAIR, "One Person", "one@bromley.example", "2017-08-01");
    world_assign(w, ROLE_DIRECTOR, "One Person", "one@bromley.example", "2017-08-01");
    add_deadline(w, "2017-09-20 12:00", "2017-10-01", NULL, ROLE_CHAIR);
    tick(w, at(w, "2017-09-20 12:00"));
    pass(w, at(w, "2017-09-20 12:00"), at(w, "2017-09-21 12:00"));
    expect_lines(w, MAILS "GROUP BY m.id", "2017-09-21 | one@bromley.example | T-14,T-14\n");
}

static void test_moved_and_ended(void **state)
{
    struct world *w = *state;
    struct deadline d;

    set_up_deadlines(w);
    add_deadline(w, "2017-08-20 12:00", "2017-10-01", "3m", ROLE_CHAIR);
    tick(w, at(w, "2017-08-20 12:00"));
    pass(w, at(w, "2017-08-20 12:00"), at(w, "2017-09-02 12:00"));
    OK(deadline_find(w->s, 1, &d, &err));
    d.due_on = day("2017-09-15");
    WRITE(w, at(w, "2017-09-03 12:00"), deadline_update(w->s, &d, &err));
    pass(w, at(w, "2017-09-03 12:00"), at(w, "2017-09-04 12:00"));
    expect_lines(w,
                 "SELECT due_on, step, reason FROM notice WHERE "
                 "role = 'improvement-board-chair' ORDER BY id",
                 "2017-10-01 | T-28 | T-28: send by Fri 29 Sep 2017\n"
                 "2017-09-15 | T-14 | due changed: was 1 Oct 2017; T-14: send by Fri 15 Sep 2017\n"
                 "2017-09-15 | T-28 | collapsed into T-14\n");
    d.ended_on = day("2017-09-05");
    WRITE(w, at(w, "2017-09-05 06:00"), deadline_update(w->s, &d, &err));
    pass(w, at(w, "2017-09-05 06:00"), at(w, "2018-09-15 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 4);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM deadline"), 1);
    deadline_clear(&d);
}

/* ---- overdue actions ---- */

struct plan_of {
    struct plan plan;
    int64_t priority;
};

static struct plan_of add_plan(struct world *w, const char *slug)
{
    struct plan_of p;
    utc_t now = at(w, "2017-08-01 09:00");
    int64_t id;
    bool changed;

    WRITE(w, now, plan_add(w->s, slug, "Plan", "rag", &id, &err));
    OK(plan_find(w->s, slug, &p.plan, &err));
    WRITE(w, now, priority_ensure(w->s, &p.plan, 5, "Care", &p.priority, &changed, &err));
    return p;
}

static int64_t add_action(struct world *w, const struct plan_of *p, const char *ref,
                          const char *title, const char *owner, const char *due)
{
    utc_t now = at(w, "2017-08-01 09:00");
    struct action_fields fields = {.ref = ref, .title = title, .priority_id = p->priority};
    struct said said = {.rating = "amber",
                        .status = "in-progress",
                        .due = true,
                        .due_on = day(due),
                        .due_precision = DUE_DAY,
                        .completed_on = DAY_NONE};
    int64_t action, part;
    bool is_new, changed;

    fields.start_on = DAY_NONE;
    if (owner)
        WRITE(w, now, role_ensure(w->s, owner, &said.owner_id, &is_new, &err));
    WRITE(w, now, action_add(w->s, &p->plan, &fields, &action, &err));
    WRITE(w, now, part_ensure(w->s, action, "", &part, &is_new, &err));
    WRITE(w, now, part_say(w->s, &p->plan, action, part, &said, day("2017-08-01"), &changed, &err));
    return action;
}

static void complete(struct world *w, const struct plan_of *p, int64_t action, const char *on)
{
    struct said said = {.status = "complete", .completed_on = day(on)};
    char now[32];
    int64_t part;
    bool is_new, changed;

    snprintf(now, sizeof now, "%s 07:00", on);
    WRITE(w, at(w, now), part_ensure(w->s, action, "", &part, &is_new, &err));
    WRITE(w, at(w, now), part_say(w->s, &p->plan, action, part, &said, day(on), &changed, &err));
}

static void run_by_hand(struct world *w, const char *name, const char *now,
                        struct run_result *result)
{
    WRITE(w, at(w, now), scheduler_run(w->s, &w->engine, name, at(w, now), result, &err));
}

static void test_one_mail_a_day(void **state)
{
    struct world *w = *state;
    struct plan_of a = add_plan(w, "plan-a"), b = add_plan(w, "plan-b");
    struct run_result result;
    int64_t first;

    first = add_action(w, &a, "5.12", "Audit all care plans", "Head of Care", "2017-08-20");
    add_action(w, &a, "5.2", "Weekly return", "Head of Care", "2017-08-31");
    add_action(w, &a, "5.9", "Not yet", "Head of Care", "2017-09-01");
    add_action(w, &b, "1", "Another plan", "Head of Courts", "2016-12-31");
    add_action(w, &a, "5.3", "Somebody else's", "Head of Homes", "2017-08-30");
    world_assign(w, "head-of-care", "Ann Smith", "ann@bromley.example", "2017-08-01");
    world_assign(w, "head-of-courts", "Ann Smith", "Ann@bromley.example", "2017-08-01");
    world_assign(w, "head-of-homes", "Bob Jones", "bob@bromley.example", "2017-08-01");
    world_schedule(w, "overdue", "actions-overdue", "30 8 * * 1-5");
    world_schedule(w, "again", "actions-overdue", "0 9 * * 1-5");
    pass(w, at(w, "2017-09-01 06:00"), at(w, "2017-09-01 12:00"));
    expect_lines(w, "SELECT recipient, subject FROM message ORDER BY id",
                 "ann@bromley.example | 3 actions overdue, the longest by 244 days\n"
                 "bob@bromley.example | 1 action overdue, by 2 days\n");
    expect_lines(w,
                 "SELECT about, due_on, step, role, reason, message_id FROM notice "
                 "WHERE message_id IS NOT NULL ORDER BY id",
                 "plan-b:1 | 2016-12-31 | T+1+165wd | head-of-courts | new | 1\n"
                 "plan-a:5.12 | 2017-08-20 | T+1+5wd | head-of-care | new | 1\n"
                 "plan-a:5.2 | 2017-08-31 | T+1 | head-of-care | first: 1 day overdue | 1\n"
                 "plan-a:5.3 | 2017-08-30 | T+1 | head-of-homes | first: 2 days overdue | 2\n");
    /* what came before on the ladder is a row each, the repeats share one */
    expect_lines(w,
                 "SELECT rule, step, reason FROM notice WHERE about = 'plan-b:1' AND "
                 "message_id IS NULL ORDER BY id",
                 "actions-overdue | T+1 | collapsed into T+1+165wd\n"
                 "actions-overdue | T+1+160wd | collapsed into T+1+165wd\n"
                 "actions-due-soon | T-28 | collapsed into T+1+165wd\n"
                 "actions-due-soon | T-14 | collapsed into T+1+165wd\n"
                 "actions-due-soon | T-7 | collapsed into T+1+165wd\n"
                 "actions-due-soon | T-1 | collapsed into T+1+165wd\n"
                 "actions-due-soon | T-0 | collapsed into T+1+165wd\n");
    /* one closed and another come up: still one mail a day */
    complete(w, &a, first, "2017-09-01");
    add_action(w, &a, "5.4", "Imported at noon", "Head of Care", "2017-08-30");
    run_by_hand(w, "overdue", "2017-09-01 13:00", &result);
    assert_int_equal(result.messages, 0);
    assert_int_equal(result.findings, 4);
    /* nothing on Saturday and Sunday; on Monday what is open then */
    pass(w, at(w, "2017-09-01 13:00"), at(w, "2017-09-04 12:00"));
    expect_lines(w,
                 "SELECT about, reason FROM notice WHERE created_at > '2017-09-02' "
                 "AND message_id IS NOT NULL ORDER BY id",
                 "plan-a:5.4 | first: 5 days overdue\nplan-a:5.9 | first: 3 days overdue\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 3);
    plan_clear(&a.plan);
    plan_clear(&b.plan);
}

static void test_nobody_to_tell(void **state)
{
    struct world *w = *state;
    struct plan_of p = add_plan(w, "plan");
    struct run_result result;

    add_action(w, &p, "1", "Vacant", "Head of Care", "2017-08-20");
    add_action(w, &p, "2", "Nobody's", NULL, "2017-08-21");
    add_action(w, &p, "3", "No address", "Head of Homes", "2017-08-22");
    world_assign(w, "head-of-homes", "Bob Jones", NULL, "2017-08-01");
    world_schedule(w, "overdue", "actions-overdue", "30 8 * * *");
    run_by_hand(w, "overdue", "2017-09-01 08:00", &result);
    assert_int_equal(result.findings, 3);
    assert_int_equal(result.messages, 0);
    run_by_hand(w, "overdue", "2017-09-01 09:00", &result);
    assert_int_equal(result.notices, 0);
    expect_lines(
        w, "SELECT about, role, channel, reason FROM notice ORDER BY id",
        "plan:1 | head-of-care | none | nobody holds the role Head of Care\n"
        "plan:2 |  | none | nobody owns the action\n"
        "plan:3 | head-of-homes | none | Bob Jones, who holds the role Head of Homes, has no "
        "address\n");
    plan_clear(&p.plan);
}

static void test_webhooks(void **state)
{
    static const char *const events[] = {"csi.deadline.due", "csi.action.overdue"};
    struct world *w = *state;
    struct plan_of p = add_plan(w, "plan");
    struct run_result result;
    char *body;

    w->webhooks[0] =
        (struct engine_webhook){.name = "board", .events = events, .event_count = COUNT(events)};
    w->webhooks[1] = (struct engine_webhook){.name = "all", .events = NULL, .event_count = 0};
    w->engine.webhook_count = 2;
    for (int i = 0; i < 60; i++) {
        char *ref = xasprintf("1.%d", i);

        add_action(w, &p, ref, "A \"quoted\" title", "Head of Care", "2017-08-20");
        free(ref);
    }
    world_schedule(w, "overdue", "actions-overdue", "30 8 * * *");
    set_up_deadlines(w);
    add_deadline(w, "2017-09-01 06:00", "2017-10-01", NULL, ROLE_CHAIR);
    run_by_hand(w, "overdue", "2017-09-01 08:00", &result);
    run_by_hand(w, "overdue", "2017-09-01 09:00", &result);
    run_by_hand(w, "deadlines", "2017-09-01 08:00", &result);
    run_by_hand(w, "deadlines", "2017-09-01 09:00", &result);
    expect_lines(w,
                 "SELECT channel, recipient, event FROM message WHERE channel <> 'mail' "
                 "ORDER BY id",
                 "webhook:board | board | csi.action.overdue\n"
                 "webhook:all | all | csi.action.overdue\n"
                 "webhook:all | all | csi.daemon.trouble\n" /* nobody is head of care */
                 "webhook:board | board | csi.deadline.due\n"
                 "webhook:all | all | csi.deadline.due\n");
    body = sql_lines(w, "SELECT json_extract(CAST(body AS TEXT), '$.type'), "
                        "json_extract(CAST(body AS TEXT), '$.data.plan'), "
                        "json_extract(CAST(body AS TEXT), '$.data.as_at'), "
                        "json_extract(CAST(body AS TEXT), '$.data.count'), "
                        "json_array_length(CAST(body AS TEXT), '$.data.items'), "
                        "json_extract(CAST(body AS TEXT), '$.data.items[0]') "
                        "FROM message WHERE channel = 'webhook:board' ORDER BY id");
    assert_string_equal(
        body,
        "csi.action.overdue | plan | 2017-09-01 | 60 | 50 | "
        "{\"plan\":\"plan\",\"ref\":\"1.0\",\"title\":\"A \\\"quoted\\\" title\",\"owner\":"
        "\"head-of-care\",\"rating\":\"amber\",\"due_on\":\"2017-08-20\",\"days_overdue\":12}\n"
        "csi.deadline.due | - | 2017-09-01 | 1 | 1 | "
        "{\"id\":1,\"title\":\"Chair's report to the Secretary of State\",\"role\":"
        "\"improvement-board-chair\",\"to\":\"Secretary of State\",\"due_on\":\"2017-10-01\","
        "\"send_by\":\"2017-09-29\",\"state\":\"open\",\"step\":\"T-28\"}\n");
    free(body);
    plan_clear(&p.plan);
}

/* ---- visits ---- */

static void put_visit(struct world *w, int64_t id, const char *now, const char *kind,
                      const char *number, const char *from, const char *to)
{
    struct record r = {.kind = RECORD_VISIT, .id = id};

    *record_value(&r, "kind") = xstrdup(kind);
    *record_value(&r, "number") = xstrdup(number);
    *record_value(&r, "from_on") = xstrdup(from);
    *record_value(&r, "to_on") = xstrdup(to);
    WRITE(w, at(w, now), record_put(w->s, &r, &err));
    record_clear(&r);
}

static void test_visits(void **state)
{
    struct world *w = *state;

    world_schedule(w, "visits", "visits-ahead", "30 8 * * 1-5");
    world_assign(w, ROLE_DIRECTOR, "The Director", director, "2017-08-01");
    world_assign(w, ROLE_OFFICE, "The Office", "office@bromley.example", "2017-08-01");
    put_visit(w, 0, "2017-09-01 06:00", "monitoring", "5", "2017-10-30", "2017-10-31");
    put_visit(w, 0, "2017-09-01 06:00", "peer", NULL, "2017-10-30", NULL);
    pass(w, at(w, "2017-09-01 06:00"), at(w, "2017-11-30 12:00"));
    expect_lines(w, MAILS "GROUP BY m.id",
                 "2017-10-02 | dcs@bromley.example | T-28\n"
                 "2017-10-02 | office@bromley.example | T-28\n"
                 "2017-10-16 | dcs@bromley.example | T-14\n"
                 "2017-10-16 | office@bromley.example | T-14\n"
                 "2017-10-23 | dcs@bromley.example | T-7\n"
                 "2017-10-23 | office@bromley.example | T-7\n"
                 "2017-10-27 | dcs@bromley.example | T-1\n"
                 "2017-10-27 | office@bromley.example | T-1\n");
    expect_lines(w, "SELECT DISTINCT about FROM notice", "visit:1\n");
    expect_lines(w, "SELECT subject FROM message WHERE id IN (1, 7)",
                 "Monitoring visit 5 begins Mon 30 Oct 2017, in 28 days\n"
                 "Monitoring visit 5 begins Mon 30 Oct 2017, in 3 days\n");
}

static void test_a_visit_moves(void **state)
{
    struct world *w = *state;

    world_schedule(w, "visits", "visits-ahead", "30 8 * * 1-5");
    world_assign(w, ROLE_DIRECTOR, "Both", director, "2017-08-01");
    world_assign(w, ROLE_OFFICE, "Both", director, "2017-08-01");
    put_visit(w, 0, "2017-10-05 06:00", "monitoring", "5", "2017-10-20", "2017-10-20");
    pass(w, at(w, "2017-10-05 06:00"), at(w, "2017-10-06 12:00"));
    expect_lines(w, MAILS "GROUP BY m.id",
                 "2017-10-05 | dcs@bromley.example | T-28,T-28\n"
                 "2017-10-06 | dcs@bromley.example | T-14,T-14\n");
    put_visit(w, 1, "2017-10-06 13:00", "monitoring", "5", "2017-10-16", "2017-10-17");
    put_visit(w, 0, "2017-10-06 13:00", "monitoring", NULL, "2017-10-18", "2017-10-18");
    pass(w, at(w, "2017-10-06 13:00"), at(w, "2017-10-09 12:00"));
    expect_lines(
        w,
        "SELECT about, due_on, step, reason, message_id FROM notice WHERE "
        "created_at > '2017-10-07' AND role = 'director' ORDER BY id",
        "visit:1 | 2017-10-16 | T-7 | due changed: was 20 Oct 2017; T-7: begins in 7 days | "
        "3\n"
        "visit:2 | 2017-10-18 | T-14 | T-14: begins in 9 days | 3\n"
        "visit:1 | 2017-10-16 | T-28 | collapsed into T-7 | -\n"
        "visit:1 | 2017-10-16 | T-14 | collapsed into T-7 | -\n"
        "visit:2 | 2017-10-18 | T-28 | collapsed into T-14 | -\n");
    expect_lines(
        w, "SELECT subject FROM message WHERE id = 3",
        "2 visits or inspections ahead, first: Monitoring visit 5 begins Mon 16 Oct 2017, in "
        "7 days\n");
    /* said once, by the first that is mailed of the new day */
    pass(w, at(w, "2017-10-09 12:00"), at(w, "2017-10-13 12:00"));
    expect_lines(w,
                 "SELECT reason FROM notice WHERE about = 'visit:1' AND step = 'T-1' AND role = "
                 "'director'",
                 "T-1: begins in 3 days\n");
}

static void test_a_visit_that_has_begun(void **state)
{
    struct world *w = *state;

    world_schedule(w, "visits", "visits-ahead", "30 8 * * *");
    world_assign(w, ROLE_DIRECTOR, "The Director", director, "2017-08-01");
    put_visit(w, 0, "2017-10-05 06:00", "monitoring", "5", "2017-10-05", "2017-10-09");
    pass(w, at(w, "2017-10-05 06:00"), at(w, "2017-10-20 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice"), 0);
}

/* Restarted, ticked and run by hand at every hour of a month: nothing goes twice. */
static void test_nothing_twice(void **state)
{
    static const char *const names[] = {"overdue", "visits", "deadlines"};
    struct world *w = *state;
    struct plan_of p = add_plan(w, "plan");

    add_action(w, &p, "1", "Overdue", "Head of Care", "2017-08-20");
    world_assign(w, "head-of-care", "Ann Smith", "ann@bromley.example", "2017-08-01");
    world_assign(w, ROLE_OFFICE, "The Office", "office@bromley.example", "2017-08-01");
    world_schedule(w, "overdue", "actions-overdue", "30 8 * * 1-5");
    world_schedule(w, "visits", "visits-ahead", "30 8 * * 1-5");
    set_up_deadlines(w);
    put_visit(w, 0, "2017-09-01 06:00", "monitoring", "5", "2017-10-02", "2017-10-03");
    add_deadline(w, "2017-09-01 06:00", "2017-10-01", "3m", ROLE_CHAIR);
    for (int hour = 0; hour < 30 * 24; hour++) {
        utc_t now = {at(w, "2017-09-01 07:00").s + hour * 3600};
        struct run_result result;

        tick(w, now);
        for (size_t i = 0; i < COUNT(names); i++)
            WRITE(w, now, scheduler_run(w->s, &w->engine, names[i], now, &result, &err));
        if (hour % 50 == 0) {
            store_close(w->s);
            OK(store_open(w->path, &w->s, &err));
        }
    }
    /* as new on the 1st, then on the 5th, 12th, 19th and 26th, every five working days */
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE recipient LIKE 'ann%'"), 5);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE recipient LIKE 'chair%'"), 5);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE recipient LIKE 'office%'"),
                     4);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE recipient LIKE 'dcs%'"), 9);
    plan_clear(&p.plan);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_four_quarters),
        TEST(test_overdue_deadline),
        TEST(test_sent_early),
        TEST(test_after_a_long_absence),
        TEST(test_vacant_then_held),
        TEST(test_director_owes_it),
        TEST(test_one_person_two_roles),
        TEST(test_moved_and_ended),
        TEST(test_one_mail_a_day),
        TEST(test_nobody_to_tell),
        TEST(test_webhooks),
        TEST(test_visits),
        TEST(test_a_visit_moves),
        TEST(test_a_visit_that_has_begun),
        TEST(test_nothing_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
