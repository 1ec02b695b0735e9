/* vacancies: which roles are found to reach nobody, who is told of them, when again, and when no
 * more. */
#include "engine_world.h"
#include "engine/vacant.h"
#include "store/action.h"

#define DCS    "dcs@x.example"
#define OFFICE "office@x.example"

#define MAILS                                                                                  \
    "SELECT substr(m.created_at, 1, 10), m.recipient, group_concat(n.about || ' ' || n.step) " \
    "FROM message m JOIN notice n ON n.message_id = m.id WHERE m.channel = 'mail' "

static void add_role(struct world *w, const char *slug, const char *title)
{
    int64_t id;

    WRITE(w, at(w, "2018-01-01 09:00"), role_add(w->s, slug, title, 0, &id, &err));
}

/* opens NULL: a deadline, else a window with copies to `copy`. */
static void insert(struct world *w, const char *now, const char *title, const char *role,
                   const char *opens, const char *due, const char *copy)
{
    struct deadline d = deadline_new();
    int64_t id;

    d.role_id = role_id(w, role);
    d.title = text(title);
    d.check_name = text(opens ? CHECK_WINDOWS : CHECK_DEADLINES);
    d.copy_to = text(copy);
    d.ladder = text(DEADLINE_LADDER);
    d.opens_on = opens ? day(opens) : DAY_NONE;
    d.first_due_on = d.due_on = day(due);
    WRITE(w, at(w, now), deadline_insert(w->s, &d, &id, &err));
}

static void end(struct world *w, int64_t id, const char *now)
{
    struct deadline d;

    OK(deadline_find(w->s, id, &d, &err));
    d.ended_on = day("2018-01-01");
    WRITE(w, at(w, now), deadline_write(w->s, &d, "deadline.end", &err));
    deadline_clear(&d);
}

static void submit(struct world *w, int64_t id, const char *now)
{
    WRITE(w, at(w, now), deadline_submit(w->s, id, day("2018-02-05"), NULL, NULL, &err));
}

static void set_up(struct world *w)
{
    world_schedule(w, "vacancies", "vacancies", "30 8 * * 1-5");
    add_role(w, "lead", "Improvement lead");
    add_role(w, "head", "Head of Care");
    tick(w, at(w, "2018-02-05 06:00"));
}

static void staff(struct world *w)
{
    world_assign(w, ROLE_OFFICE, "The Office", OFFICE, "2018-01-01");
    world_assign(w, ROLE_DIRECTOR, "The Director", DCS, "2018-01-01");
}

/* ---- finding ---- */

static int64_t add_action(struct world *w, const char *ref, const char *due, const char *status,
                          const char *owner)
{
    utc_t now = at(w, "2018-01-01 09:00");
    struct action_fields fields = {.ref = ref, .title = "Do it", .start_on = DAY_NONE};
    struct said said = {.rating = "amber",
                        .status = status,
                        .due = true,
                        .due_on = day(due),
                        .due_precision = DUE_DAY,
                        .completed_on = DAY_NONE};
    struct plan plan;
    int64_t action, part, id;

    if (plan_find(w->s, "plan", &plan, &err) < 0) {
        WRITE(w, now, plan_add(w->s, "plan", "Plan", "rag", &id, &err));
        OK(plan_find(w->s, "plan", &plan, &err));
    }
    WRITE(w, now, priority_ensure(w->s, &plan, 1, "Care", &fields.priority_id, NULL, &err));
    said.owner_id = role_id(w, owner);
    WRITE(w, now, action_add(w->s, &plan, &fields, &action, &err));
    for (int i = 0; i < 2; i++) { /* an action is counted once, whatever its parts */
        WRITE(w, now, part_ensure(w->s, action, i ? "b" : "a", &part, NULL, &err));
        WRITE(w, now, part_say(w->s, &plan, action, part, &said, day("2018-01-01"), NULL, &err));
    }
    plan_clear(&plan);
    return action;
}

static void put_vacancy(struct text *t, const struct vacancy *v)
{
    char iso[DAY_ISO];

    text_addf(t, "%s (%s) %s:", v->slug, v->holder ? v->holder : "-", day_iso(v->first_on, iso));
    for (size_t i = 0; i < v->count; i++)
        text_addf(t, " %s%s %s %s;", v->duties[i].window ? "window " : "", v->duties[i].about,
                  v->duties[i].title, day_iso(v->duties[i].due_on, iso));
    if (v->actions)
        text_addf(t, " %zu actions", v->actions);
    text_add(t, "\n");
}

static void expect_found(struct world *w, const char *today, const char *owing, const char *owning)
{
    struct text found = TEXT_INIT;
    struct vacancies v;
    struct role *roles;
    size_t count;

    OK(role_all(w->s, day(today), &roles, &count, &err));
    OK(vacant_find(w->s, roles, count, day(today), &v, &err));
    text_clear(&found);
    for (size_t i = 0; i < v.owing_count; i++)
        put_vacancy(&found, &v.owing[i]);
    assert_string_equal(found.s, owing);
    text_clear(&found);
    for (size_t i = 0; i < v.owning_count; i++)
        put_vacancy(&found, &v.owning[i]);
    assert_string_equal(found.s, owning);
    text_free(&found);
    vacant_clear(&v);
    for (size_t i = 0; i < count; i++)
        role_clear(&roles[i]);
    free(roles);
}

static void test_found_by_deadlines_and_windows(void **state)
{
    static const char *const now = "2018-02-05 06:00";
    struct world *w = *state;

    set_up(w);
    world_assign(w, "head", "No Address", NULL, "2018-01-01");
    expect_found(w, "2018-02-05", "", "");
    insert(w, now, "Overdue", "lead", NULL, "2018-02-02", "director");
    insert(w, now, "Far", "lead", NULL, "2019-02-02", "director");
    insert(w, now, "Return", "head", NULL, "2018-02-02", "director");
    insert(w, now, "Visit", ROLE_DIRECTOR, "2018-01-01", "2018-03-01", "head nobody-of-that-name");
    insert(w, now, "Closed", "lead", "2018-01-01", "2018-01-15", "head");
    insert(w, now, "Sent", "lead", NULL, "2018-02-02", "director");
    insert(w, now, "Ended", "lead", NULL, "2018-02-02", "director");
    end(w, 5, now);
    submit(w, 6, now);
    end(w, 7, now);
    expect_found(w, "2018-02-05",
                 "head (No Address) 2018-02-02: deadline:3 Return 2018-02-02; window deadline:4 "
                 "Visit 2018-03-01;\n"
                 "lead (-) 2018-02-02: deadline:1 Overdue 2018-02-02; deadline:2 Far 2019-02-02;\n"
                 "director (-) 2018-03-01: window deadline:4 Visit 2018-03-01;\n"
                 "programme-office (-) 2018-03-01: window deadline:4 Visit 2018-03-01;\n",
                 "");
    /* who holds a role only from tomorrow does not hold it */
    world_assign(w, "lead", "Ann", "ann@x.example", "2018-02-06");
    world_assign(w, "head", "Bob", "bob@x.example", "2018-02-05");
    staff(w);
    expect_found(w, "2018-02-05",
                 "lead (-) 2018-02-02: deadline:1 Overdue 2018-02-02; deadline:2 Far "
                 "2019-02-02;\n",
                 "");
    expect_found(w, "2018-02-06", "", "");
}

static void test_found_by_actions(void **state)
{
    struct world *w = *state;

    set_up(w);
    add_action(w, "1", "2018-02-04", "in-progress", "head"); /* overdue */
    add_action(w, "2", "2018-02-05", "in-progress", "head"); /* today */
    add_action(w, "3", "2018-03-05", "in-progress", "head"); /* in 28 days */
    add_action(w, "4", "2018-03-06", "in-progress", "head");
    add_action(w, "5", "2018-02-01", "complete", "head");
    add_action(w, "6", "2018-02-03", "in-progress", "lead");
    add_action(w, "7", "2018-02-03", "in-progress", ROLE_OFFICE);
    staff(w);
    expect_found(w, "2018-02-05", "",
                 "lead (-) 2018-02-03: 1 actions\nhead (-) 2018-02-04: 3 actions\n");
}

/* ---- telling ---- */

static void test_again_after_seven_days_and_at_once_when_one_joins(void **state)
{
    struct world *w = *state;

    set_up(w);
    staff(w);
    insert(w, "2018-02-05 06:00", "Return", "lead", NULL, "2018-04-01", "director");
    pass(w, at(w, "2018-02-05 06:00"), at(w, "2018-02-14 12:00"));
    /* another obligation of the same role; then another role */
    insert(w, "2018-02-14 13:00", "Report", "lead", NULL, "2018-05-01", "director");
    pass(w, at(w, "2018-02-14 13:00"), at(w, "2018-02-16 12:00"));
    insert(w, "2018-02-16 13:00", "Minutes", "head", NULL, "2018-03-01", "director");
    pass(w, at(w, "2018-02-16 13:00"), at(w, "2018-02-26 12:00"));
    expect_lines(w, MAILS "AND m.recipient = '" OFFICE "' GROUP BY m.id",
                 "2018-02-05 | " OFFICE " | deadline:1 lead 2018-02-05\n"
                 "2018-02-12 | " OFFICE " | deadline:1 lead 2018-02-12\n"
                 "2018-02-15 | " OFFICE " | deadline:1 lead 2018-02-15,deadline:2 lead 2018-02-15\n"
                 "2018-02-19 | " OFFICE " | deadline:3 head 2018-02-19,deadline:1 lead 2018-02-19,"
                 "deadline:2 lead 2018-02-19\n"
                 "2018-02-26 | " OFFICE " | deadline:3 head 2018-02-26,deadline:1 lead 2018-02-26,"
                 "deadline:2 lead 2018-02-26\n");
    expect_lines(
        w, "SELECT count(*), count(DISTINCT subject) FROM message WHERE recipient = '" DCS "'",
        "5 | 2\n");
    expect_lines(w, "SELECT DISTINCT subject FROM message",
                 "A role reaches nobody: Improvement lead\n"
                 "2 roles reach nobody, first: Head of Care\n");
    expect_lines(w, "SELECT DISTINCT event, rule, reason FROM notice WHERE about = 'deadline:1'",
                 "csi.role.vacant | vacancies | nobody holds the role Improvement lead; it owes "
                 "Return, due Sun 1 Apr 2018\n");
    world_assign(w, "lead", "Ann", "ann@x.example", "2018-02-27");
    world_assign(w, "head", "Ann", "ann@x.example", "2018-02-27");
    pass(w, at(w, "2018-02-27 06:00"), at(w, "2018-06-01 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 10);
}

static void run_by_hand(struct world *w, const char *now)
{
    struct run_result result;

    WRITE(w, at(w, now), scheduler_run(w->s, &w->engine, "vacancies", at(w, now), &result, &err));
}

/* One that joins on the day of a mail makes a second, which says all. */
static void test_twice_a_day(void **state)
{
    struct world *w = *state;

    set_up(w);
    staff(w);
    insert(w, "2018-02-05 06:00", "Return", "lead", NULL, "2018-04-01", "director");
    run_by_hand(w, "2018-02-05 07:00");
    run_by_hand(w, "2018-02-05 08:00");
    insert(w, "2018-02-05 09:00", "Report", "lead", NULL, "2018-05-01", "director");
    run_by_hand(w, "2018-02-05 10:00");
    run_by_hand(w, "2018-02-05 11:00");
    expect_lines(w, MAILS "GROUP BY m.id",
                 "2018-02-05 | " OFFICE " | deadline:1 lead 2018-02-05\n"
                 "2018-02-05 | " DCS " | deadline:1 lead 2018-02-05\n"
                 "2018-02-05 | " OFFICE " | deadline:2 lead 2018-02-05\n"
                 "2018-02-05 | " DCS " | deadline:2 lead 2018-02-05\n");
    assert_int_equal(sql_count(w, "SELECT instr(CAST(body AS TEXT), 'Return') > 0 FROM message "
                                  "WHERE id = 3"),
                     1);
}

/* Actions come and go under one owner without a mail each; another owner is one. */
static void test_owners_of_actions(void **state)
{
    struct world *w = *state;

    set_up(w);
    staff(w);
    add_action(w, "1", "2018-02-20", "in-progress", "head");
    pass(w, at(w, "2018-02-05 06:00"), at(w, "2018-02-06 12:00"));
    add_action(w, "2", "2018-02-01", "in-progress", "head");
    pass(w, at(w, "2018-02-06 12:00"), at(w, "2018-02-07 12:00"));
    add_action(w, "3", "2018-02-22", "in-progress", "lead");
    pass(w, at(w, "2018-02-07 12:00"), at(w, "2018-02-15 12:00"));
    expect_lines(w, MAILS "AND m.recipient = '" OFFICE "' GROUP BY m.id",
                 "2018-02-05 | " OFFICE " | role:head head 2018-02-05\n"
                 "2018-02-08 | " OFFICE " | role:head head 2018-02-08,role:lead lead 2018-02-08\n"
                 "2018-02-15 | " OFFICE " | role:head head 2018-02-15,role:lead lead 2018-02-15\n");
    expect_lines(w, "SELECT reason FROM notice WHERE id = 3",
                 "nobody holds the role Head of Care; it owns 2 actions, the first due Thu 1 Feb "
                 "2018\n");
}

static void test_one_person_one_mail(void **state)
{
    struct world *w = *state;

    set_up(w);
    world_assign(w, ROLE_OFFICE, "One Person", DCS, "2018-01-01");
    world_assign(w, ROLE_DIRECTOR, "One Person", DCS, "2018-01-01");
    insert(w, "2018-02-05 06:00", "Return", "lead", NULL, "2018-04-01", "director");
    pass(w, at(w, "2018-02-05 06:00"), at(w, "2018-02-06 12:00"));
    expect_lines(w, "SELECT recipient FROM message", DCS "\n");
    expect_lines(w, "SELECT role FROM notice ORDER BY id", "programme-office\ndirector\n");
}

/* Of the two that should hear of it one does, and is told that the other cannot be. */
static void test_only_one_can_be_told(void **state)
{
    struct world *w = *state;

    set_up(w);
    world_assign(w, ROLE_DIRECTOR, "The Director", DCS, "2018-01-01");
    w->engine.mail_administrator = "it@x.example";
    insert(w, "2018-02-05 06:00", "Return", "lead", NULL, "2018-04-01", "director");
    pass(w, at(w, "2018-02-05 06:00"), at(w, "2018-02-06 12:00"));
    expect_lines(w,
                 "SELECT recipient, instr(replace(CAST(body AS TEXT), '=' || char(13) || char(10), "
                 "''), 'Only you were told: nobody holds the role Programme office.') > 0 FROM "
                 "message",
                 DCS " | 1\n");
}

static void test_neither_can_be_told(void **state)
{
    struct world *w = *state;

    set_up(w);
    w->engine.mail_administrator = "it@x.example";
    insert(w, "2018-02-05 06:00", "Return", "lead", NULL, "2018-04-01", "director");
    pass(w, at(w, "2018-02-05 06:00"), at(w, "2018-02-13 12:00"));
    expect_lines(w, "SELECT substr(created_at, 1, 10), recipient, event FROM message",
                 "2018-02-05 | it@x.example | csi.daemon.trouble\n"
                 "2018-02-12 | it@x.example | csi.daemon.trouble\n");
    expect_lines(w,
                 "SELECT about, step, role, reason FROM notice WHERE channel = 'none' AND "
                 "created_at < '2018-02-06'",
                 "deadline:1 | lead 2018-02-05 | programme-office | nobody holds the role "
                 "Improvement lead; it owes Return, due Sun 1 Apr 2018: csictl role assign lead "
                 "--name NAME --email ADDRESS\n");
    /* it is told as soon as there is someone */
    world_assign(w, ROLE_OFFICE, "The Office", OFFICE, "2018-02-14");
    pass(w, at(w, "2018-02-13 12:00"), at(w, "2018-02-15 12:00"));
    expect_lines(w, MAILS "AND m.recipient = '" OFFICE "' GROUP BY m.id",
                 "2018-02-14 | " OFFICE " | deadline:1 lead 2018-02-14\n");
}

static void test_webhooks(void **state)
{
    static const char *const events[] = {"csi.role.vacant"};
    struct world *w = *state;

    w->webhooks[0] = (struct engine_webhook){.name = "board", .events = events, .event_count = 1};
    w->engine.webhook_count = 1;
    set_up(w);
    staff(w);
    insert(w, "2018-02-05 06:00", "Return", "lead", NULL, "2018-04-01", "director");
    insert(w, "2018-02-05 06:00", "Visit", "lead", "2018-02-01", "2018-05-01", "director");
    add_action(w, "1", "2018-02-20", "in-progress", "lead");
    pass(w, at(w, "2018-02-05 06:00"), at(w, "2018-02-12 12:00"));
    run_by_hand(w, "2018-02-12 13:00");
    expect_lines(w, "SELECT substr(created_at, 1, 10) FROM message WHERE channel = 'webhook:board'",
                 "2018-02-05\n2018-02-12\n");
    expect_lines(
        w,
        "SELECT json_extract(CAST(body AS TEXT), '$.data.count'), "
        "json_extract(CAST(body AS TEXT), '$.data.items') FROM message WHERE "
        "channel = 'webhook:board' LIMIT 1",
        "2 | [{\"role\":\"lead\",\"title\":\"Improvement lead\",\"holder\":null,\"first_on\":"
        "\"2018-04-01\",\"actions\":0,\"duties\":[{\"about\":\"deadline:1\",\"title\":\"Return\","
        "\"due_on\":\"2018-04-01\",\"window\":false},{\"about\":\"deadline:2\",\"title\":\"Visit\","
        "\"due_on\":\"2018-05-01\",\"window\":true}]},{\"role\":\"lead\",\"title\":\"Improvement "
        "lead\",\"holder\":null,\"first_on\":\"2018-02-20\",\"actions\":1,\"duties\":[]}]\n");
}

static void test_nothing_twice(void **state)
{
    struct world *w = *state;

    set_up(w);
    staff(w);
    insert(w, "2018-02-05 06:00", "Return", "lead", NULL, "2018-04-01", "director");
    add_action(w, "1", "2018-02-20", "in-progress", "head");
    for (int hour = 0; hour < 20 * 24; hour++) {
        utc_t now = {at(w, "2018-02-05 07:00").s + hour * 3600};
        struct run_result result;

        tick(w, now);
        WRITE(w, now, scheduler_run(w->s, &w->engine, "vacancies", now, &result, &err));
        if (hour % 50 == 0) {
            store_close(w->s);
            OK(store_open(w->path, &w->s, &err));
        }
    }
    expect_lines(w, "SELECT substr(created_at, 1, 10), count(*) FROM message GROUP BY 1",
                 "2018-02-05 | 2\n2018-02-12 | 2\n2018-02-19 | 2\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_found_by_deadlines_and_windows),
        TEST(test_found_by_actions),
        TEST(test_again_after_seven_days_and_at_once_when_one_joins),
        TEST(test_twice_a_day),
        TEST(test_owners_of_actions),
        TEST(test_one_person_one_mail),
        TEST(test_only_one_can_be_told),
        TEST(test_neither_can_be_told),
        TEST(test_webhooks),
        TEST(test_nothing_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
