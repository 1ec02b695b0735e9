/* The checks that ask for something (an update, evidence, a decision), over months of London's
 * clock: who is asked for what on which day, and not more often. */
#include "engine_world.h"
#include "engine/recheck.h"
#include "engine/tell.h"
#include "plan/evidence.h"
#include "store/action.h"
#include "store/evidence.h"
#include "store/extension.h"
#include "store/hold.h"

#define OWNER  "owner@x.example"
#define EXEC   "exec@x.example"
#define OFFICE "office@x.example"

/* By day and person: what is told of which action. */
#define TOLD                                                                                    \
    "SELECT substr(n.created_at, 1, 10), substr(m.recipient, 1, instr(m.recipient, '@') - 1), " \
    "group_concat(substr(n.about, 6) || ': ' || n.reason, '; ') FROM notice n "                 \
    "JOIN message m ON m.id = n.message_id WHERE m.channel = 'mail' GROUP BY m.id ORDER BY m.id"

static struct plan plan;
static int64_t owner, accountable;

/* Owner, executive and office; a Tuesday is 2 January. */
static void set_up(struct world *w)
{
    utc_t now = at(w, "2018-01-01 09:00");
    int64_t id;

    WRITE(w, now, plan_add(w->s, "plan", "A plan", "rag", &id, &err));
    OK(plan_find(w->s, NULL, &plan, &err));
    WRITE(w, now, role_add(w->s, "head-of-care", "Head of Care", 0, &owner, &err));
    WRITE(w, now, role_add(w->s, "executive", "Executive", 0, &accountable, &err));
    world_assign(w, "head-of-care", "Owner", OWNER, "2018-01-01");
    world_assign(w, "executive", "Exec", EXEC, "2018-01-01");
    world_assign(w, ROLE_OFFICE, "Office", OFFICE, "2018-01-01");
}

static void tear_down(void)
{
    plan_clear(&plan);
}

struct given { /* "" and NULL: not said */
    const char *ref, *status, *rating, *due;
    bool ownerless, unanswered; /* no owner; nobody accountable */
};

static void add_in(struct world *w, const struct given *g, const char *label, day_t on)
{
    struct said said = {.status = g->status,
                        .rating = g->rating,
                        .due = g->due != NULL,
                        .due_on = g->due ? day(g->due) : DAY_NONE,
                        .owner_id = g->ownerless ? 0 : owner,
                        .completed_on = DAY_NONE};
    struct action_fields f = {.ref = g->ref,
                              .title = "Do it",
                              .accountable_id = g->unanswered ? 0 : accountable,
                              .start_on = DAY_NONE};
    struct plan found = {0};
    int64_t id, part;
    struct err missing;

    OK(priority_ensure(w->s, &plan, 1, "P", &f.priority_id, NULL, &err));
    if (action_find(w->s, g->ref, NULL, &id, &found, &missing) < 0)
        OK(action_add(w->s, &plan, &f, &id, &err));
    plan_clear(&found);
    OK(part_ensure(w->s, id, label, &part, NULL, &err));
    OK(part_say(w->s, &plan, id, part, &said, on, NULL, &err));
}

static void add(struct world *w, const char *now, const struct given *g)
{
    OK(store_begin(w->s, "test", at(w, now), &err));
    add_in(w, g, "", zone_today(w->zone, at(w, now)));
    OK(store_end(w->s, 0, &err));
}

static int64_t find(struct world *w, const char *ref)
{
    struct plan p;
    int64_t id;

    OK(action_find(w->s, ref, NULL, &id, &p, &err));
    plan_clear(&p);
    return id;
}

static void say(struct world *w, const char *now, const char *ref, const char *status,
                const char *rating)
{
    struct given g = {ref, status, rating, NULL, true, false};

    add(w, now, &g);
}

static void note(struct world *w, const char *now, const char *ref)
{
    utc_t t = at(w, now);

    WRITE(w, t, action_note(w->s, find(w, ref), "Slipping", zone_today(w->zone, t), &err));
}

static void show(struct world *w, const char *now, const char *ref)
{
    struct evidence v = {text("Audit"), text("/audit"), NULL};
    utc_t t = at(w, now);

    WRITE(w, t, evidence_add(w->s, find(w, ref), 0, &v, zone_today(w->zone, t), &err));
}

/* ---- no-update ---- */

static void test_no_update(void **state)
{
    static const struct given all[] = {
        {"1.1", "in-progress", "amber", "2018-12-31", false, false},
        {"1.2", "in-progress", NULL, NULL, true, false}, /* of nobody, undated */
        {"1.3", "agreed", NULL, "2018-12-31", false, false},
        {"1.4", "complete", NULL, "2018-12-31", false, false},
        {"1.5", "completion-proposed", NULL, "2018-12-31", false, false},
    };
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "no-update", CHECK_NO_UPDATE, "30 8 * * *");
    for (size_t i = 0; i < COUNT(all); i++)
        add(w, "2018-01-01 10:00", &all[i]);
    tick(w, at(w, "2018-01-01 12:00"));
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-01-28 12:00"));
    expect_lines(w, TOLD, "");
    pass(w, at(w, "2018-01-28 12:00"), at(w, "2018-02-10 12:00"));
    note(w, "2018-02-10 13:00", "1.1");
    pass(w, at(w, "2018-02-10 13:00"), at(w, "2018-03-20 12:00"));
    expect_lines(w, TOLD,
                 "2018-01-29 | owner | 1.1: no update since 1 Jan 2018\n"
                 "2018-01-29 | office | 1.2: no update since 1 Jan 2018; it is nobody's\n"
                 "2018-02-26 | office | 1.2: no update since 1 Jan 2018; it is nobody's\n"
                 "2018-03-10 | owner | 1.1: no update since 10 Feb 2018\n");
    tear_down();
}

/* Each of them, on the day before it would be asked. */
static void test_what_is_an_update(void **state)
{
    static const struct given all[] = {
        {"1.1", "in-progress", "amber", "2018-12-31", false, false},
        {"1.2", "in-progress", "amber", "2018-12-31", false, false},
        {"1.3", "in-progress", "amber", "2018-12-31", false, false},
        {"1.4", "in-progress", "amber", "2018-12-31", false, false},
    };
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "no-update", CHECK_NO_UPDATE, "30 8 * * *");
    for (size_t i = 0; i < COUNT(all); i++)
        add(w, "2018-01-01 10:00", &all[i]);
    tick(w, at(w, "2018-01-01 12:00"));
    note(w, "2018-01-28 10:00", "1.1");
    say(w, "2018-01-28 10:00", "1.2", NULL, "red");
    show(w, "2018-01-28 10:00", "1.3");
    say(w, "2018-01-28 10:00", "1.4", NULL, "amber"); /* the same again is none */
    pass(w, at(w, "2018-01-28 12:00"), at(w, "2018-02-24 12:00"));
    expect_lines(w, TOLD, "2018-01-29 | owner | 1.4: no update since 1 Jan 2018\n");
    tear_down();
}

/* ---- evidence-missing ---- */

static void test_evidence_missing(void **state)
{
    static const struct given all[] = {
        {"1.1", "complete", "green", "2018-12-31", false, false},
        {"1.2", "embedded", "green", NULL, false, false},
        {"1.3", "completion-proposed", "green", "2018-12-31", false, false},
        {"1.4", "cancelled", "green", "2018-12-31", false, false},
        {"1.5", "complete", "green", "2018-12-31", false, false},
    };
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "evidence", CHECK_EVIDENCE, "30 8 * * 1-5");
    for (size_t i = 0; i < COUNT(all); i++)
        add(w, "2018-01-01 10:00", &all[i]);
    show(w, "2018-01-01 11:00", "1.5");
    tick(w, at(w, "2018-01-01 12:00"));
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-01-10 12:00"));
    say(w, "2018-01-10 13:00", "1.1", "verified", NULL); /* is no reason to ask again */
    pass(w, at(w, "2018-01-10 13:00"), at(w, "2018-02-01 12:00"));
    show(w, "2018-02-01 13:00", "1.2");
    pass(w, at(w, "2018-02-01 13:00"), at(w, "2018-03-01 12:00"));
    expect_lines(w, TOLD,
                 "2018-01-02 | owner | 1.1: complete since 1 Jan 2018, no evidence; "
                 "1.2: embedded since 1 Jan 2018, no evidence\n"
                 "2018-01-30 | owner | 1.1: verified since 1 Jan 2018, no evidence; "
                 "1.2: embedded since 1 Jan 2018, no evidence\n"
                 "2018-02-27 | owner | 1.1: verified since 1 Jan 2018, no evidence\n");
    tear_down();
}

/* A run that was missed or made by hand moves the next one back, not forward. */
static void test_not_more_often(void **state)
{
    static const struct given one = {"1.1", "complete", "green", NULL, false, false};
    struct run_result result;
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "evidence", CHECK_EVIDENCE, "30 8 * * 2");
    add(w, "2018-01-01 10:00", &one);
    tick(w, at(w, "2018-01-01 12:00"));
    for (int i = 0; i < 2; i++)
        WRITE(w, at(w, "2018-01-01 13:00"),
              scheduler_check(w->s, &w->engine, CHECK_EVIDENCE, at(w, "2018-01-01 13:00"), &result,
                              &err));
    assert_int_equal(result.findings, 1);
    assert_int_equal(result.messages, 0);
    pass(w, at(w, "2018-01-01 13:00"), at(w, "2018-02-01 12:00"));
    tick(w, at(w, "2018-03-01 12:00")); /* down for a month: one run stands for all */
    pass(w, at(w, "2018-03-01 12:00"), at(w, "2018-03-28 12:00"));
    expect_lines(w, "SELECT substr(created_at, 1, 10) FROM message ORDER BY id",
                 "2018-01-01\n2018-01-30\n2018-03-01\n");
    tear_down();
}

/* ---- challenges ---- */

static void test_challenges(void **state)
{
    static const struct given all[] = {
        {"1.1", "in-progress", "green", "2018-01-15", false, false}, /* green is complete in rag */
        {"1.2", "complete", "red", "2018-01-15", false, false},
        {"1.3", "in-progress", "amber", "2018-01-03", false, false}, /* no challenge */
    };
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "challenges", CHECK_CHALLENGES, "30 8 * * 2");
    for (size_t i = 0; i < COUNT(all); i++)
        add(w, "2018-01-01 10:00", &all[i]);
    show(w, "2018-01-01 10:00", "1.2");
    tick(w, at(w, "2018-01-01 12:00"));
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-02-28 12:00"));
    /* put right, and at odds once more: another challenge */
    say(w, "2018-02-28 13:00", "1.1", NULL, "amber");
    pass(w, at(w, "2018-02-28 13:00"), at(w, "2018-03-07 12:00"));
    say(w, "2018-03-07 13:00", "1.1", NULL, "green");
    pass(w, at(w, "2018-03-07 13:00"), at(w, "2018-04-30 12:00"));
    expect_lines(w, TOLD,
                 "2018-01-02 | owner | 1.1: Green, not complete; 1.2: Red, status complete\n"
                 "2018-01-02 | office | 1.1: Green, not complete; 1.2: Red, status complete\n"
                 /* overdue by now: it disagrees in another way */
                 "2018-01-16 | owner | 1.1: Green, 1 day overdue, not complete\n"
                 "2018-01-16 | office | 1.1: Green, 1 day overdue, not complete\n"
                 "2018-03-13 | owner | 1.1: Green, 57 days overdue, not complete\n"
                 "2018-03-13 | office | 1.1: Green, 57 days overdue, not complete\n");
    expect_lines(w, "SELECT DISTINCT subject FROM message WHERE recipient = '" OFFICE "' LIMIT 1",
                 "Copy: 2 actions whose rating or status the record does not bear out\n");
    tear_down();
}

/* Missing evidence is a challenge like others; its owner is not told of it twice. */
static void test_challenged_for_evidence(void **state)
{
    static const struct given one = {"1.1", "complete", "green", NULL, false, false};
    static const struct given two = {"1.2", "in-progress", "green", NULL, false, false};
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "challenges", CHECK_CHALLENGES, "30 8 * * *");
    add(w, "2018-01-01 10:00", &one);
    tick(w, at(w, "2018-01-01 12:00"));
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-01-02 12:00"));
    world_schedule(w, "evidence", CHECK_EVIDENCE, "30 8 * * *");
    tick(w, at(w, "2018-01-02 13:00"));
    say(w, "2018-01-02 13:00", "1.1", "verified", NULL);
    add(w, "2018-01-02 13:00", &two);
    pass(w, at(w, "2018-01-02 13:00"), at(w, "2018-01-03 12:00"));
    expect_lines(w, TOLD,
                 "2018-01-02 | owner | 1.1: complete, no evidence\n"
                 "2018-01-02 | office | 1.1: complete, no evidence\n"
                 /* a contradiction stands before what only lacks its evidence */
                 "2018-01-03 | owner | 1.2: Green, not complete; "
                 "1.1: verified since 1 Jan 2018, no evidence\n"
                 "2018-01-03 | office | 1.2: Green, not complete; 1.1: verified, no evidence\n");
    tear_down();
}

static void test_parts_together(void **state)
{
    static const struct given one = {"1.1", "complete", "green", NULL, false, false};
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "evidence", CHECK_EVIDENCE, "30 8 * * *");
    OK(store_begin(w->s, "test", at(w, "2018-01-01 10:00"), &err));
    add_in(w, &one, "a", day("2018-01-01"));
    add_in(w, &one, "b", day("2018-01-01"));
    OK(store_end(w->s, 0, &err));
    tick(w, at(w, "2018-01-01 12:00"));
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-01-02 12:00"));
    expect_lines(w, TOLD, "2018-01-02 | owner | 1.1: complete since 1 Jan 2018, no evidence\n");
    expect_lines(w, "SELECT instr(CAST(body AS TEXT), '(part a, b)') > 0 FROM message", "1\n");
    tear_down();
}

/* ---- completions-waiting ---- */

static void test_completions(void **state)
{
    static const struct given all[] = {
        {"1.1", "completion-proposed", "green", NULL, false, false},
        {"1.2", "completion-proposed", "green", NULL, false, true}, /* nobody answers for it */
        {"1.3", "complete", "green", NULL, false, false},
        {"1.4", "verified", "green", NULL, false, false},
    };
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "completions", CHECK_COMPLETIONS, "30 8 * * *");
    for (size_t i = 0; i < COUNT(all); i++)
        add(w, "2018-03-23 10:00", &all[i]); /* a Friday; Good Friday is the 30th */
    tick(w, at(w, "2018-03-23 12:00"));
    pass(w, at(w, "2018-03-23 12:00"), at(w, "2018-04-10 12:00"));
    say(w, "2018-04-10 13:00", "1.1", "complete", NULL);
    say(w, "2018-04-10 13:00", "1.3", "verified", NULL);
    say(w, "2018-04-10 13:00", "1.2", "in-progress", NULL);
    pass(w, at(w, "2018-04-10 13:00"), at(w, "2018-04-17 12:00"));
    expect_lines(
        w, TOLD,
        "2018-04-03 | exec | 1.1: proposed on 23 Mar 2018, not approved\n"
        "2018-04-03 | office | 1.2: proposed on 23 Mar 2018, not approved; it is nobody's; "
        "1.3: complete since 23 Mar 2018, not verified\n"
        "2018-04-10 | exec | 1.1: proposed on 23 Mar 2018, not approved\n"
        "2018-04-10 | office | 1.2: proposed on 23 Mar 2018, not approved; it is nobody's; "
        "1.3: complete since 23 Mar 2018, not verified\n"
        "2018-04-17 | office | 1.1: complete since 10 Apr 2018, not verified\n");
    tear_down();
}

/* ---- extensions-waiting ---- */

static int64_t ask(struct world *w, const char *now, const char *ref, const char *to)
{
    utc_t t = at(w, now);
    int64_t id;

    WRITE(w, t,
          extension_ask(w->s, find(w, ref), NULL, day(to), "Late data", zone_today(w->zone, t), &id,
                        &err));
    return id;
}

static void test_extensions(void **state)
{
    static const struct given one = {"1.1", "in-progress", "amber", "2018-02-28", false, false};
    static const struct given two = {"1.2", "in-progress", "amber", "2018-02-28", false, true};
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "extensions", CHECK_EXTENSIONS, "30 8 * * 1-5");
    add(w, "2018-01-01 10:00", &one);
    add(w, "2018-01-01 10:00", &two);
    tick(w, at(w, "2018-01-01 12:00"));
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-01-02 09:00"));
    ask(w, "2018-01-02 10:00", "1.1", "2018-03-31");
    ask(w, "2018-01-02 10:00", "1.2", "2018-03-31");
    pass(w, at(w, "2018-01-02 12:00"), at(w, "2018-01-03 12:00"));
    /* another request is told though the action was yesterday */
    ask(w, "2018-01-03 13:00", "1.1", "2018-04-30");
    pass(w, at(w, "2018-01-03 13:00"), at(w, "2018-01-10 12:00"));
    WRITE(w, at(w, "2018-01-10 13:00"), extension_refuse(w->s, 2, "No", day("2018-01-10"), &err));
    pass(w, at(w, "2018-01-10 13:00"), at(w, "2018-01-12 12:00"));
    expect_lines(
        w,
        "SELECT substr(n.created_at, 1, 10), n.role, n.about, substr(n.reason, 1, 31), n.step FROM "
        "notice n ORDER BY n.id",
        "2018-01-03 | executive | plan:1.1 | from 28 Feb 2018 to 31 Mar 2018 | 1 2018-01-03\n"
        "2018-01-03 | programme-office | plan:1.1 | from 28 Feb 2018 to 31 Mar 2018 | 1 "
        "2018-01-03\n"
        "2018-01-03 | programme-office | plan:1.2 | from 28 Feb 2018 to 31 Mar 2018 | 2 "
        "2018-01-03\n"
        "2018-01-04 | executive | plan:1.1 | from 28 Feb 2018 to 30 Apr 2018 | 3 2018-01-04\n"
        "2018-01-04 | programme-office | plan:1.1 | from 28 Feb 2018 to 30 Apr 2018 | 3 "
        "2018-01-04\n"
        "2018-01-10 | programme-office | plan:1.2 | from 28 Feb 2018 to 31 Mar 2018 | 2 "
        "2018-01-10\n"
        "2018-01-11 | executive | plan:1.1 | from 28 Feb 2018 to 30 Apr 2018 | 3 2018-01-11\n"
        "2018-01-11 | programme-office | plan:1.1 | from 28 Feb 2018 to 30 Apr 2018 | 3 "
        "2018-01-11\n");
    tear_down();
}

/* ---- holding, and nobody there ---- */

static void test_acknowledged_by_its_owner(void **state)
{
    static const struct given one = {"1.1", "in-progress", "amber", "2018-12-31", false, false};
    struct acknowledgement ack = {
        .about = "plan:1.1", .due_on = day("2018-12-31"), .back_on = day("2018-02-05")};
    struct world *w = *state;
    int64_t id;

    set_up(w);
    world_schedule(w, "no-update", CHECK_NO_UPDATE, "30 8 * * *");
    add(w, "2018-01-01 10:00", &one);
    tick(w, at(w, "2018-01-01 12:00"));
    WRITE(w, at(w, "2018-01-28 12:00"), ack_add(w->s, &ack, &id, &err));
    pass(w, at(w, "2018-01-28 12:00"), at(w, "2018-02-10 12:00"));
    expect_lines(w, TOLD, "2018-02-05 | owner | 1.1: no update since 1 Jan 2018\n");
    tear_down();
}

/* One line of trouble, not one an action; and told when somebody comes. */
static void test_nobody_there(void **state)
{
    struct world *w = *state;
    char ref[8];

    set_up(w);
    world_schedule(w, "evidence", CHECK_EVIDENCE, "30 8 * * *");
    w->engine.mail_administrator = "admin@x.example";
    sql_exec(w,
             "UPDATE holding SET to_on = '2018-01-01' WHERE role_id = (SELECT id FROM role WHERE "
             "slug = 'head-of-care')");
    for (int i = 1; i <= 60; i++) {
        struct given g = {ref, "complete", "green", NULL, false, false};

        snprintf(ref, sizeof ref, "1.%d", i);
        add(w, "2018-01-01 10:00", &g);
    }
    tick(w, at(w, "2018-01-01 12:00"));
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-01-20 12:00"));
    expect_lines(w, "SELECT recipient, subject FROM message",
                 "admin@x.example | csid: 5 things could not be done\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice WHERE channel = 'none'"), 60);
    world_assign(w, "head-of-care", "Owner", OWNER, "2018-01-20");
    pass(w, at(w, "2018-01-20 12:00"), at(w, "2018-01-21 12:00"));
    expect_lines(w, "SELECT recipient, subject FROM message WHERE id > 1",
                 OWNER " | 60 actions complete without evidence\n");
    tear_down();
}

/* ---- the endpoints, and the order within a digest ---- */

static void test_webhook_once_a_run(void **state)
{
    static const struct given one = {"1.1", "complete", "red", NULL, false, false};
    static const char *const wants[] = {EVENT_ACTION_CHALLENGED};
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "challenges", CHECK_CHALLENGES, "30 8 * * *");
    w->webhooks[0] = (struct engine_webhook){.name = "board", .events = wants, .event_count = 1};
    w->engine.webhook_count = 1;
    add(w, "2018-01-01 10:00", &one);
    tick(w, at(w, "2018-01-01 12:00"));
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-01-05 12:00"));
    expect_lines(
        w, "SELECT event, CAST(body AS TEXT) FROM message WHERE channel = 'webhook:board'",
        "csi.action.challenged | {\"type\":\"csi.action.challenged\",\"timestamp\":\"2018-01-02T08:"
        "30:00Z\",\"data\":{\"plan\":\"plan\",\"as_at\":\"2018-01-02\",\"count\":1,\"items\":[{"
        "\"plan\":\"plan\",\"ref\":\"1.1\",\"part\":null,\"title\":\"Do it\",\"role\":"
        "\"head-of-care\",\"what\":\"Red, status complete; complete, no evidence\"}]}}\n");
    tear_down();
}

static void test_behind_what_is_due(void **state)
{
    static const struct given one = {"1.1", "complete", "green", "2017-01-01", false, false};
    static const struct given two = {"1.2", "in-progress", "amber", "2017-12-31", false, false};
    struct world *w = *state;

    set_up(w);
    world_schedule(w, "evidence", CHECK_EVIDENCE, "30 8 * * *");
    world_schedule(w, "overdue", CHECK_OVERDUE, "30 8 * * *");
    add(w, "2018-01-01 10:00", &one);
    add(w, "2018-01-01 10:00", &two);
    tick(w, at(w, "2018-01-01 12:00"));
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-01-02 12:00"));
    expect_lines(w, "SELECT substr(subject, 1, 27) FROM message WHERE recipient = '" OWNER "'",
                 "2 matters: 1 action overdue\n");
    tear_down();
}

/* ---- a mail that waited ---- */

static char *why_void(struct world *w, const char *now)
{
    struct recheck r = {w->s, &w->engine};
    struct outbox_message m;
    char *why = NULL;

    OK(outbox_read(w->s, sql_count(w, "SELECT max(id) FROM message"), &m, &err));
    OK(store_begin(w->s, "test", at(w, now), &err));
    OK(recheck_why_not(&r, &m, at(w, now), &why, &err));
    store_undo(w->s);
    outbox_message_clear(&m);
    return why;
}

/* By check: an action of which something is asked, and what was done before the mail could go. */
static void test_looked_at_again(void **state)
{
    static const struct {
        const char *check;
        struct given given;
        const char *status, *rating; /* what is said of it */
        bool shown;                  /* evidence is given */
    } cases[] = {
        {CHECK_COMPLETIONS,
         {"1.4", "completion-proposed", NULL, NULL, false, false},
         "complete",
         NULL,
         false},
        {CHECK_NO_UPDATE, {"1.1", "in-progress", "amber", NULL, false, false}, NULL, "red", false},
        {CHECK_EVIDENCE, {"1.2", "complete", "green", NULL, false, false}, NULL, NULL, true},
        {CHECK_CHALLENGES,
         {"1.3", "in-progress", "green", NULL, false, false},
         NULL,
         "amber",
         false},
    };
    struct world *w = *state;

    set_up(w);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *ref = cases[i].given.ref;
        struct run_result result;
        char *why;

        add(w, "2018-01-01 10:00", &cases[i].given); /* alone in its mail */
        WRITE(w, at(w, "2018-02-01 08:30"),
              scheduler_check(w->s, &w->engine, cases[i].check, at(w, "2018-02-01 08:30"), &result,
                              &err));
        assert_true(result.messages > 0);
        why = why_void(w, "2018-02-01 09:00");
        if (why)
            fail_msg("%s: %s", cases[i].check, why);
        if (cases[i].shown)
            show(w, "2018-02-01 10:00", ref);
        else
            say(w, "2018-02-01 10:00", ref, cases[i].status, cases[i].rating);
        why = why_void(w, "2018-02-01 11:00");
        if ((!why || !strstr(why, ref) || !strstr(why, "nothing more is asked")))
            fail_msg("%s: %s", cases[i].check, why ? why : "goes");
        free(why);
        say(w, "2018-02-01 12:00", ref, "cancelled", NULL);
        sql_exec(w, "DELETE FROM notice; DELETE FROM message");
    }
    tear_down();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_update),          TEST(test_what_is_an_update),
        TEST(test_evidence_missing),   TEST(test_not_more_often),
        TEST(test_challenges),         TEST(test_challenged_for_evidence),
        TEST(test_parts_together),     TEST(test_completions),
        TEST(test_extensions),         TEST(test_acknowledged_by_its_owner),
        TEST(test_nobody_there),       TEST(test_webhook_once_a_run),
        TEST(test_behind_what_is_due), TEST(test_looked_at_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
