/* coverage: what keeps something owed from reaching somebody, or from a way to the chair; and when
 * the administrator is told of it. */
#include "engine_world.h"
#include "engine/finding.h"
#include "engine/gaps.h"
#include "store/action.h"
#include "store/silence.h"

#define NOW   "2018-02-05 06:00"
#define ADMIN "admin@x.example"

#define MAILS                                                                                  \
    "SELECT substr(m.created_at, 1, 10), m.recipient, group_concat(n.about || ' ' || n.step) " \
    "FROM message m JOIN notice n ON n.message_id = m.id WHERE m.channel = 'mail' GROUP BY m.id"

static void add_role(struct world *w, const char *slug, const char *title, const char *above)
{
    int64_t id;

    WRITE(w, at(w, NOW), role_add(w->s, slug, title, above ? role_id(w, above) : 0, &id, &err));
}

static void report_to(struct world *w, const char *slug, const char *above)
{
    char *sql = xasprintf("UPDATE role SET reports_to = (SELECT id FROM role WHERE slug = '%s') "
                          "WHERE slug = '%s'",
                          above, slug);

    sql_exec(w, sql);
    free(sql);
}

static void deadline(struct world *w, const char *title, const char *role, const char *opens,
                     const char *check)
{
    struct deadline d = deadline_new();
    int64_t id;

    d.role_id = role_id(w, role);
    d.title = text(title);
    d.check_name = text(check);
    d.copy_to = text(DEADLINE_COPY);
    d.ladder = text(DEADLINE_LADDER);
    d.opens_on = opens ? day(opens) : DAY_NONE;
    d.first_due_on = d.due_on = day("2018-04-01");
    WRITE(w, at(w, NOW), deadline_insert(w->s, &d, &id, &err));
}

/* In parts "a" and so on where there are several. */
static void action(struct world *w, const char *ref, const char *owner, const char *accountable,
                   const char *status, int parts)
{
    utc_t now = at(w, NOW);
    struct action_fields fields = {.ref = ref, .title = "Do it", .start_on = DAY_NONE};
    struct said said = {.rating = "amber",
                        .status = status,
                        .due = true,
                        .due_on = day("2019-12-01"),
                        .due_precision = DUE_DAY,
                        .completed_on = DAY_NONE};
    struct plan plan;
    int64_t action, part, id;

    if (plan_find(w->s, "plan", &plan, &err) < 0) {
        WRITE(w, now, plan_add(w->s, "plan", "Plan", "rag", &id, &err));
        OK(plan_find(w->s, "plan", &plan, &err));
    }
    WRITE(w, now, priority_ensure(w->s, &plan, 1, "Care", &fields.priority_id, NULL, &err));
    fields.accountable_id = accountable ? role_id(w, accountable) : 0;
    said.owner_id = owner ? role_id(w, owner) : 0;
    WRITE(w, now, action_add(w->s, &plan, &fields, &action, &err));
    for (int i = 0; i < parts; i++) {
        const char label[] = {parts > 1 ? (char)('a' + i) : '\0', '\0'};

        WRITE(w, now, part_ensure(w->s, action, label, &part, NULL, &err));
        WRITE(w, now, part_say(w->s, &plan, action, part, &said, day("2018-01-01"), NULL, &err));
    }
    plan_clear(&plan);
}

static void hold(struct world *w, const char *slug)
{
    char *email = xasprintf("%s@x.example", slug);

    world_assign(w, slug, slug, email, "2018-01-01");
    free(email);
}

/* What csid ships runs, and those who are always there are. */
static void set_up(struct world *w)
{
    world_schedule(w, "overdue", CHECK_OVERDUE, "30 8 * * 1-5");
    world_schedule(w, "deadlines", CHECK_DEADLINES, "30 8 * * *");
    world_schedule(w, "windows", CHECK_WINDOWS, "30 8 * * 1-5");
    hold(w, ROLE_CHAIR);
    hold(w, ROLE_DIRECTOR);
    hold(w, ROLE_OFFICE);
    add_role(w, "lead", "Lead", NULL);
    add_role(w, "head", "Head of Care", NULL);
}

/* ---- finding ---- */

static void expect_gaps(struct world *w, size_t obligations, const char *expected)
{
    struct roster roster = {0};
    struct text t = TEXT_INIT;
    struct gaps g;

    OK(role_all(w->s, day("2018-02-05"), &roster.roles, &roster.count, &err));
    OK(gaps_find(w->s, &w->engine, &roster, at(w, NOW), &g, &err));
    text_clear(&t);
    for (size_t i = 0; i < g.count; i++)
        text_addf(&t, "%s %zu: %s\n", g.items[i].about, g.items[i].obligations, g.items[i].what);
    assert_string_equal(t.s, expected);
    assert_int_equal(g.obligations, obligations);
    text_free(&t);
    gaps_clear(&g);
    roster_free(&roster);
}

static void test_nothing_owed(void **state)
{
    struct world *w = *state;

    world_schedule(w, "coverage", "coverage", "15 3 * * *");
    expect_gaps(w, 0, "");
    pass(w, at(w, NOW), at(w, "2018-02-08 06:00"));
    expect_lines(w, "SELECT count(*) FROM notice", "0\n");
}

static void test_empty_roles_in_one_line_each(void **state)
{
    struct world *w = *state;

    set_up(w);
    for (int i = 0; i < 12; i++) {
        char ref[8];

        snprintf(ref, sizeof ref, "1.%d", i);
        action(w, ref, "lead", "head", "in-progress", 1);
    }
    action(w, "2.1", "lead", NULL, "complete", 1);
    action(w, "2.2", "lead", NULL, "cancelled", 1);
    action(w, "2.3", "lead", NULL, "suspended", 1);
    deadline(w, "Return", "lead", NULL, CHECK_DEADLINES);
    deadline(w, "Report", ROLE_CHAIR, NULL, CHECK_DEADLINES);
    deadline(w, "Visit", ROLE_DIRECTOR, "2018-01-01", CHECK_WINDOWS);
    expect_gaps(w, 16,
                "role:lead 14: 13 actions and 1 deadline of Lead: nobody holds it\n"
                "role:head 12: 12 that escalate to Head of Care: nobody holds it\n");
    world_assign(w, "head", "No Address", NULL, "2018-01-01");
    world_assign(w, "lead", "Ann", "ann@x.example", "2018-02-06"); /* not today */
    expect_gaps(w, 16,
                "role:lead 14: 13 actions and 1 deadline of Lead: nobody holds it\n"
                "role:head 12: 12 that escalate to Head of Care: No Address holds it but has no "
                "address\n");
    hold(w, "lead");
    hold(w, "head");
    expect_gaps(w, 16, "");
}

static void test_unowned(void **state)
{
    struct world *w = *state;

    set_up(w);
    action(w, "1", NULL, NULL, "draft", 3);
    action(w, "2", ROLE_OFFICE, NULL, "agreed", 2);
    expect_gaps(w, 5, "run:coverage 3: 3 actions: nobody owns them\n");
}

/* Without a chair all ends nowhere; what the chair owes itself is the chair's own. */
static void test_no_chair(void **state)
{
    struct world *w = *state;

    world_schedule(w, "deadlines", CHECK_DEADLINES, "30 8 * * *");
    hold(w, ROLE_DIRECTOR);
    hold(w, ROLE_OFFICE);
    deadline(w, "Return", ROLE_DIRECTOR, NULL, CHECK_DEADLINES);
    deadline(w, "Quarter", ROLE_CHAIR, NULL, CHECK_DEADLINES);
    expect_gaps(w, 2,
                "role:" ROLE_CHAIR " 2: 1 deadline of Chair of the improvement board, and 1 that "
                "escalates to it: nobody holds it\n");
}

/* The line is followed to its end; one obligation counts once for a role, however often it stands
 * above it. */
static void test_the_whole_line(void **state)
{
    struct world *w = *state;

    set_up(w);
    add_role(w, "assistant", "Assistant director", NULL);
    report_to(w, "head", "lead");
    report_to(w, "lead", "assistant");
    report_to(w, "assistant", ROLE_DIRECTOR);
    hold(w, "head");
    action(w, "1", "head", "assistant", "in-progress", 2);
    expect_gaps(w, 2,
                "role:assistant 2: 2 that escalate to Assistant director: nobody holds it\n"
                "role:lead 2: 2 that escalate to Lead: nobody holds it\n");
}

static void test_circles(void **state)
{
    struct world *w = *state;

    set_up(w);
    add_role(w, "alone", "Alone", NULL);
    hold(w, "lead");
    hold(w, "head");
    hold(w, "alone");
    report_to(w, "alone", "alone");
    report_to(w, ROLE_OFFICE, "lead"); /* leads into a circle, and is none of it */
    report_to(w, "lead", "head");
    report_to(w, "head", "lead");
    action(w, "1", "lead", NULL, "in-progress", 1);
    action(w, "2", "head", NULL, "in-progress", 1);
    action(w, "3", ROLE_OFFICE, NULL, "in-progress", 2);
    action(w, "4", "alone", NULL, "in-progress", 1);
    expect_gaps(w, 5,
                "role:head 4: Head of Care and Lead report to one another in a circle\n"
                "role:alone 1: Alone reports to itself\n");
}

static void test_no_schedule(void **state)
{
    struct world *w = *state;

    set_up(w);
    action(w, "1", ROLE_OFFICE, NULL, "in-progress", 1);
    deadline(w, "Return", ROLE_OFFICE, NULL, CHECK_DEADLINES);
    deadline(w, "Papers", ROLE_OFFICE, NULL, "board-papers");
    deadline(w, "Papers", ROLE_OFFICE, NULL, "board-papers");
    deadline(w, "Letter", ROLE_OFFICE, "2018-01-01", CHECK_LETTERS);
    w->schedules[0].check = "visits-ahead"; /* in place of actions-overdue */
    expect_gaps(w, 5,
                "check:board-papers 2: 2 obligations: no schedule runs the check board-papers, "
                "which tells of them\n"
                "check:actions-overdue 1: 1 obligation: no schedule runs the check "
                "actions-overdue, which tells of it\n"
                "check:letters-awaited 1: 1 obligation: no schedule runs the check "
                "letters-awaited, which tells of it\n");
}

static int64_t silence(struct world *w, const char *match, const char *from, const char *until)
{
    struct silence x = {.start_at = at(w, from), .end_at = at(w, until), .comment = text("moving")};
    int64_t id;

    OK(silence_match_add(&x.match, match, &err));
    WRITE(w, at(w, from), silence_add(w->s, &x, &id, &err));
    silence_match_clear(&x.match);
    return id;
}

/* Each is bounded, but not all of them together. */
static void test_silences_without_end(void **state)
{
    struct world *w = *state;
    int64_t ended;

    set_up(w);
    silence(w, "role=lead", "2018-01-08 06:00", "2018-02-08 06:00"); /* 31 days, alone */
    silence(w, "role=head", "2018-01-01 06:00", "2018-01-20 06:00");
    silence(w, "role=head", "2018-01-21 06:00", "2018-02-10 06:00"); /* after a break */
    expect_gaps(w, 0, "");
    silence(w, "role=head", "2018-01-19 06:00", "2018-01-22 06:00");
    expect_gaps(w, 0,
                "silence:3 0: role=head is held back from 1 Jan 2018 to 10 Feb 2018, by silences "
                "that follow upon one another\n");
    ended = silence(w, "about=deadline:*", "2018-01-01 06:00", "2018-02-01 06:00");
    silence(w, "about=deadline:*", "2018-01-25 06:00", "2018-02-20 06:00");
    WRITE(w, at(w, "2018-01-20 06:00"), silence_end(w->s, ended, &err));
    expect_gaps(w, 0,
                "silence:3 0: role=head is held back from 1 Jan 2018 to 10 Feb 2018, by silences "
                "that follow upon one another\n");
}

/* ---- telling ---- */

static void set_up_nights(struct world *w)
{
    set_up(w);
    hold(w, ROLE_ADMINISTRATOR);
    world_schedule(w, "coverage", "coverage", "15 3 * * *");
    w->engine.schedule_count = 4;
    action(w, "1", "lead", NULL, "in-progress", 1);
}

static void test_again_weekly_and_at_once_when_one_joins(void **state)
{
    struct world *w = *state;

    set_up_nights(w);
    pass(w, at(w, "2018-02-05 02:00"), at(w, "2018-02-14 12:00"));
    action(w, "2", "lead", NULL, "in-progress", 1); /* the same gap, grown */
    pass(w, at(w, "2018-02-14 12:00"), at(w, "2018-02-15 12:00"));
    action(w, "3", "head", NULL, "in-progress", 1);
    pass(w, at(w, "2018-02-15 12:00"), at(w, "2018-02-17 12:00"));
    hold(w, "lead"); /* one mended is no news */
    pass(w, at(w, "2018-02-17 12:00"), at(w, "2018-02-25 12:00"));
    hold(w, "head");
    pass(w, at(w, "2018-02-25 12:00"), at(w, "2018-04-01 12:00"));
    expect_lines(w, MAILS,
                 "2018-02-05 | administrator@x.example | role:lead empty 2018-02-05\n"
                 "2018-02-12 | administrator@x.example | role:lead empty 2018-02-12\n"
                 "2018-02-16 | administrator@x.example | role:lead empty 2018-02-16,role:head "
                 "empty 2018-02-16\n"
                 "2018-02-23 | administrator@x.example | role:head empty 2018-02-23\n");
    expect_lines(w, "SELECT DISTINCT event, rule, role, reason FROM notice WHERE id = 1",
                 "csi.coverage.gap | coverage | administrator | 1 action of Lead: nobody holds "
                 "it\n");
    expect_lines(w, "SELECT subject FROM message WHERE id = 3",
                 "csid: 2 gaps in who is told, first: 2 actions of Lead: nobody holds it\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE id = 3 AND "
                                  "CAST(body AS TEXT) LIKE '%role assign lead --name%'"),
                     1);
}

/* mail.administrator goes before whoever holds the role. */
static void test_who_is_told(void **state)
{
    struct world *w = *state;

    set_up_nights(w);
    w->engine.mail_administrator = ADMIN;
    pass(w, at(w, "2018-02-05 02:00"), at(w, "2018-02-05 12:00"));
    expect_lines(w, MAILS, "2018-02-05 | " ADMIN " | role:lead empty 2018-02-05\n");
}

/* One row a week stands for all of it. */
static void test_nobody_to_tell(void **state)
{
    struct world *w = *state;

    set_up_nights(w);
    sql_exec(w, "DELETE FROM holding WHERE role_id = (SELECT id FROM role WHERE slug = "
                "'administrator')");
    action(w, "2", "head", NULL, "in-progress", 1);
    pass(w, at(w, "2018-02-05 02:00"), at(w, "2018-02-13 12:00"));
    expect_lines(w, "SELECT substr(created_at, 1, 10), channel, about, reason FROM notice",
                 "2018-02-05 | none | run:coverage | nobody holds the role csid administrator, who "
                 "is to hear of 2 gaps: csictl check run coverage --dry-run\n"
                 "2018-02-12 | none | run:coverage | nobody holds the role csid administrator, who "
                 "is to hear of 2 gaps: csictl check run coverage --dry-run\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 0);
}

static void test_webhook(void **state)
{
    static const char *const events[] = {"csi.coverage.gap"};
    struct world *w = *state;

    set_up_nights(w);
    w->webhooks[0] = (struct engine_webhook){.name = "board", .events = events, .event_count = 1};
    w->engine.webhook_count = 1;
    pass(w, at(w, "2018-02-05 02:00"), at(w, "2018-02-07 12:00"));
    expect_lines(w,
                 "SELECT json_extract(CAST(body AS TEXT), '$.type'), "
                 "json_extract(CAST(body AS TEXT), '$.data.items') FROM message WHERE channel = "
                 "'webhook:board'",
                 "csi.coverage.gap | [{\"about\":\"role:lead\",\"kind\":\"empty\",\"role\":"
                 "\"lead\",\"text\":\"1 action of Lead: nobody holds it\",\"obligations\":1}]\n");
}

/* By hand the list is had whether it was told before or not. */
static void test_listed_by_hand(void **state)
{
    struct world *w = *state;
    struct finding_list found = {0};
    struct run_result result;

    set_up_nights(w);
    for (int i = 0; i < 2; i++) {
        finding_list_clear(&found);
        WRITE(w, at(w, NOW),
              scheduler_check_listed(w->s, &w->engine, "coverage", at(w, NOW), &result, &found,
                                     &err));
        assert_int_equal(result.findings, 1);
        assert_int_equal(result.messages, i == 0);
        assert_int_equal(found.count, 1);
        assert_string_equal(found.items[0].about, "role:lead");
        assert_string_equal(found.items[0].what,
                            "1 action of Lead: nobody holds it: csictl role assign lead --name "
                            "NAME --email ADDRESS");
    }
    finding_list_clear(&found);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_owed),
        TEST(test_empty_roles_in_one_line_each),
        TEST(test_unowned),
        TEST(test_no_chair),
        TEST(test_the_whole_line),
        TEST(test_circles),
        TEST(test_no_schedule),
        TEST(test_silences_without_end),
        TEST(test_again_weekly_and_at_once_when_one_joins),
        TEST(test_who_is_told),
        TEST(test_nobody_to_tell),
        TEST(test_webhook),
        TEST(test_listed_by_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
