/* What is looked at again before it goes: every cause by which a reminder is no longer so, of every
 * kind of subject, statutory or not; what is left of a message then, and what counts as told. */
#include "engine_world.h"
#include "engine/recheck.h"
#include "engine/subject.h"
#include "store/action.h"
#include "store/hold.h"
#include "store/notice.h"
#include "store/plan.h"
#include "store/record.h"
#include "store/silence.h"

#define ANN "ann@x.example"
#define CY  "cy@x.example"
#define NOW "2017-09-01 08:30"
#define DUE "2017-09-15"

/* ---- a world with one of each kind ---- */

enum kind { ACTION, DEADLINE, BOARD_PAPER, VISIT, WINDOW, KINDS };
static const struct {
    const char *event, *rule, *about, *role;
    bool statutory;
} kinds[KINDS] = {
    [ACTION] = {"csi.action.overdue", CHECK_OVERDUE, "a:5.12", "head-of-care", false},
    [DEADLINE] = {"csi.deadline.due", CHECK_DEADLINES, "deadline:1", "head-of-care", true},
    [BOARD_PAPER] = {"csi.deadline.due", "board-papers", "deadline:2", "head-of-care", false},
    [VISIT] = {"csi.visit.ahead", CHECK_VISITS, "visit:1", ROLE_DIRECTOR, false},
    [WINDOW] = {"csi.window.open", CHECK_WINDOWS, "deadline:3", "head-of-care", false},
};

static struct plan plan;
static int64_t action, part;

static void say(struct world *w, struct said said, const char *on)
{
    said.completed_on = DAY_NONE;
    WRITE(w, at(w, NOW), part_say(w->s, &plan, action, part, &said, day(on), NULL, &err));
}

static void add_action(struct world *w)
{
    struct action_fields fields = {.ref = "5.12", .title = "Do it", .start_on = DAY_NONE};
    struct said said = {.status = "in-progress",
                        .due = true,
                        .due_on = day(DUE),
                        .due_precision = DUE_DAY,
                        .due_text = NULL};
    utc_t now = at(w, NOW);
    int64_t id;

    WRITE(w, now, plan_add(w->s, "a", "Plan", "rag", &id, &err));
    OK(plan_find(w->s, "a", &plan, &err));
    WRITE(w, now, priority_ensure(w->s, &plan, 1, "Care", &fields.priority_id, NULL, &err));
    WRITE(w, now, role_ensure(w->s, "Head of Care", &said.owner_id, NULL, &err));
    WRITE(w, now, action_add(w->s, &plan, &fields, &action, &err));
    WRITE(w, now, part_ensure(w->s, action, "", &part, NULL, &err));
    say(w, said, "2017-08-01");
}

static void add_deadline(struct world *w, const char *check, const char *opens)
{
    struct deadline d = deadline_new();
    int64_t id;

    d.title = text("Return");
    d.role_id = role_id(w, "head-of-care");
    d.first_due_on = d.due_on = day(DUE);
    d.check_name = text(check);
    d.opens_on = opens ? day(opens) : DAY_NONE;
    d.copy_to = text(ROLE_DIRECTOR);
    d.ladder = text("28 14 7 1 0");
    WRITE(w, at(w, NOW), deadline_insert(w->s, &d, &id, &err));
}

static void set_visit(struct world *w, int64_t id, const char *from)
{
    struct record r = {.kind = RECORD_VISIT};

    if (id)
        OK(record_find(w->s, RECORD_VISIT, id, &r, &err));
    free(*record_value(&r, "kind"));
    free(*record_value(&r, "from_on"));
    free(*record_value(&r, "to_on"));
    *record_value(&r, "kind") = xstrdup("monitoring");
    *record_value(&r, "from_on") = xstrdup(from);
    *record_value(&r, "to_on") = xstrdup(from);
    WRITE(w, at(w, NOW), record_put(w->s, &r, &err));
    record_clear(&r);
}

static int setup(void **state)
{
    struct world *w;

    world_setup(state);
    w = *state;
    add_action(w);
    world_assign(w, "head-of-care", "Ann", ANN, "2017-08-01");
    world_assign(w, ROLE_DIRECTOR, "Ann", ANN, "2017-08-01");
    add_deadline(w, CHECK_DEADLINES, NULL);
    add_deadline(w, "board-papers", NULL);
    add_deadline(w, CHECK_WINDOWS, "2017-08-20");
    set_visit(w, 0, DUE);
    return 0;
}

static int teardown(void **state)
{
    plan_clear(&plan);
    return world_teardown(state);
}

/* ---- messages ---- */

static int64_t add_message(struct world *w, const char *channel, const char *to)
{
    static int count;
    char *id = xasprintf("id-%d@x", ++count);
    struct outbox_message m = {.channel = text(channel),
                               .recipient = text(to),
                               .event = text("csi.digest"),
                               .subject = text("Subject"),
                               .message_id = id,
                               .body = text("body"),
                               .body_len = 4,
                               .valid_until = UTC_NONE};
    int64_t row;

    WRITE(w, at(w, NOW), outbox_add(w->s, &m, &row, &err));
    free(id);
    return row;
}

static struct notice notice_of(enum kind k, const char *role, int64_t message)
{
    return (struct notice){.event = kinds[k].event,
                           .about = kinds[k].about,
                           .due_on = day(DUE),
                           .rule = kinds[k].rule,
                           .step = "T-14",
                           .role = role ? role : kinds[k].role,
                           .channel = "mail",
                           .reason = "T-14",
                           .message_id = message};
}

static void add_notice(struct world *w, enum kind k, const char *role, int64_t message)
{
    struct notice n = notice_of(k, role, message);
    int64_t id;

    WRITE(w, at(w, NOW), notice_add(w->s, &n, &id, &err));
}

/* What the courier does: the message that goes, 0 without; what was stopped has become cancelled.
 */
static int64_t claim(struct world *w, const char *channel, const char *now)
{
    struct recheck recheck = {w->s, &w->engine};
    const struct outbox_gate gate = {recheck_why_not, &recheck};
    struct outbox_message m;
    int64_t attempt, id;
    int found = outbox_claim(w->s, channel, &gate, 0, at(w, now), &m, &attempt, &err);

    if (found < 0)
        fail_msg("claim: %s", err.text);
    id = found ? m.id : 0;
    if (found)
        outbox_message_clear(&m);
    return id;
}

static bool told(struct world *w, enum kind k, const char *role)
{
    struct notice n = notice_of(k, role, 0);
    bool there;

    OK(notice_exists(w->s, &n, &there, &err));
    return there;
}

/* ---- what becomes of the world ---- */

static void nothing(struct world *w, enum kind k)
{
    (void)w;
    (void)k;
}

/* Completed, submitted, begun, booked. */
static void close_it(struct world *w, enum kind k)
{
    struct deadline d;

    if (k == ACTION) {
        say(w, (struct said){.status = "complete", .due_on = DAY_NONE}, "2017-09-01");
        return;
    }
    if (k == VISIT) {
        set_visit(w, 1, "2017-08-31");
        return;
    }
    OK(deadline_find(w->s, k == DEADLINE ? 1 : k == BOARD_PAPER ? 2 : 3, &d, &err));
    if (k == WINDOW) {
        d.ended_on = day("2017-09-20"); /* it has any end: booked for after it */
        free(d.ended_why);
        d.ended_why = xstrdup("visit:1");
        WRITE(w, at(w, NOW), deadline_write(w->s, &d, "deadline.update", &err));
    } else {
        WRITE(w, at(w, NOW), deadline_submit(w->s, d.id, day("2017-09-01"), NULL, NULL, &err));
    }
    deadline_clear(&d);
}

static void move_it(struct world *w, enum kind k)
{
    struct deadline d;

    if (k == ACTION) {
        say(w, (struct said){.due = true, .due_on = day("2017-10-02"), .due_precision = DUE_DAY},
            "2017-09-01");
        return;
    }
    if (k == VISIT) {
        set_visit(w, 1, "2017-10-02");
        return;
    }
    OK(deadline_find(w->s, k == DEADLINE ? 1 : k == BOARD_PAPER ? 2 : 3, &d, &err));
    d.due_on = day("2017-10-02");
    WRITE(w, at(w, NOW), deadline_write(w->s, &d, "deadline.update", &err));
    deadline_clear(&d);
}

/* Another role has it; what is announced to a fixed role stays with that. */
static void pass_on(struct world *w, enum kind k)
{
    struct deadline d;
    int64_t other;

    WRITE(w, at(w, NOW), role_ensure(w->s, "Head of Homes", &other, NULL, &err));
    if (k == ACTION) {
        say(w, (struct said){.owner_id = other, .due_on = DAY_NONE}, "2017-09-01");
        return;
    }
    if (k == VISIT)
        return;
    OK(deadline_find(w->s, k == DEADLINE ? 1 : k == BOARD_PAPER ? 2 : 3, &d, &err));
    d.role_id = other;
    WRITE(w, at(w, NOW), deadline_write(w->s, &d, "deadline.update", &err));
    deadline_clear(&d);
}

static void change_holder(struct world *w, enum kind k)
{
    world_assign(w, kinds[k].role, "Cy", CY, "2017-09-01");
}

static void leave_vacant(struct world *w, enum kind k)
{
    (void)k;
    sql_exec(w, "UPDATE holding SET to_on = '2017-08-31'");
}

static void acknowledge(struct world *w, enum kind k)
{
    const struct acknowledgement a = {
        .about = kinds[k].about, .due_on = day(DUE), .back_on = day("2017-09-06")};
    int64_t id;

    WRITE(w, at(w, NOW), ack_add(w->s, &a, &id, &err));
}

static void snooze(struct world *w, enum kind k)
{
    const struct snooze z = {
        .address = ANN, .about = kinds[k].about, .until_on = day("2017-09-06")};
    int64_t id;

    WRITE(w, at(w, NOW), snooze_add(w->s, &z, &id, &err));
}

static int64_t silence(struct world *w, bool two)
{
    struct silence x = {.start_at = at(w, "2017-09-01 08:00"),
                        .end_at = at(w, "2017-09-06 08:00"),
                        .comment = text("On leave"),
                        .two = two};
    int64_t id;

    OK(silence_match_add(&x.match, "to=" ANN, &err));
    WRITE(w, at(w, NOW), silence_add(w->s, &x, &id, &err));
    silence_match_clear(&x.match);
    return id;
}

static void silence_alone(struct world *w, enum kind k)
{
    (void)k;
    silence(w, false);
}

static void silence_unconfirmed(struct world *w, enum kind k)
{
    (void)k;
    silence(w, true);
}

static void silence_by_two(struct world *w, enum kind k)
{
    int64_t id = silence(w, true);

    (void)k;
    OK(store_begin(w->s, "another", at(w, NOW), &err));
    OK(store_end(w->s, silence_confirm(w->s, id, &err), &err));
}

/* ---- the table ---- */

#define ALL "ADBVW" /* by the first letters of the kinds */
static const char letters[KINDS] = {'A', 'D', 'B', 'V', 'W'};

/* Of which kinds the reminder is stopped, and what the reason says. */
static const struct {
    const char *name;
    void (*change)(struct world *w, enum kind k);
    const char *stopped;
    const char *says[KINDS]; /* NULL: as the last one given before it */
} causes[] = {
    {"nothing", nothing, "", {NULL}},
    {"closed",
     close_it,
     ALL,
     {"action 5.12 is complete since 1 Sep 2017", "deadline:1 was submitted on 1 Sep 2017",
      "deadline:2 was submitted on 1 Sep 2017", "visit:1 began on 31 Aug 2017",
      "deadline:3 ended on 20 Sep 2017, by visit:1"}},
    {"due on another day",
     move_it,
     ALL,
     {"action 5.12 is due on 2 Oct 2017 by now, no longer on 15 Sep 2017",
      "deadline:1 is due on 2 Oct 2017 by now, no longer on 15 Sep 2017",
      "deadline:2 is due on 2 Oct 2017 by now, no longer on 15 Sep 2017",
      "visit:1 is due on 2 Oct 2017 by now, no longer on 15 Sep 2017",
      "deadline:3 is due on 2 Oct 2017 by now, no longer on 15 Sep 2017"}},
    {"another role has it",
     pass_on,
     "ADBW",
     {"action 5.12 is with Head of Homes now, no longer with Head of Care",
      "deadline:1 is with Head of Homes now, no longer with Head of Care",
      "deadline:2 is with Head of Homes now, no longer with Head of Care", NULL,
      "deadline:3 is with Head of Homes now, no longer with Head of Care"}},
    {"another holder",
     change_holder,
     ALL,
     {"who holds the role Head of Care is Cy <cy@x.example> now", NULL, NULL,
      "who holds the role Director of Children's Services is Cy <cy@x.example> now",
      "who holds the role Head of Care is Cy <cy@x.example> now"}},
    {"vacant",
     leave_vacant,
     ALL,
     {"nobody holds the role Head of Care", NULL, NULL,
      "nobody holds the role Director of Children's Services",
      "nobody holds the role Head of Care"}},
    {"acknowledged",
     acknowledge,
     "ABVW",
     {"action 5.12: acknowledged, until Wed 6 Sep 2017", NULL,
      "deadline:2: acknowledged, until Wed 6 Sep 2017",
      "visit:1: acknowledged, until Wed 6 Sep 2017",
      "deadline:3: acknowledged, until Wed 6 Sep 2017"}},
    {"snoozed",
     snooze,
     ALL,
     {"action 5.12: snoozed, until Wed 6 Sep 2017", "deadline:1: snoozed, until Wed 6 Sep 2017",
      "deadline:2: snoozed, until Wed 6 Sep 2017", "visit:1: snoozed, until Wed 6 Sep 2017",
      "deadline:3: snoozed, until Wed 6 Sep 2017"}},
    {"silenced by one",
     silence_alone,
     "ABVW",
     {"action 5.12: silence:1 holds it: On leave", NULL, "deadline:2: silence:1 holds it: On leave",
      "visit:1: silence:1 holds it: On leave", "deadline:3: silence:1 holds it: On leave"}},
    {"silenced, a second person awaited", silence_unconfirmed, "", {NULL}},
    {"silenced by two",
     silence_by_two,
     ALL,
     {"action 5.12: silence:1 holds it: On leave", "deadline:1: silence:1 holds it: On leave",
      "deadline:2: silence:1 holds it: On leave", "visit:1: silence:1 holds it: On leave",
      "deadline:3: silence:1 holds it: On leave"}},
};

static const char *says(size_t cause, enum kind k)
{
    while (!causes[cause].says[k])
        k--;
    return causes[cause].says[k];
}

static void check(size_t cause, enum kind k)
{
    bool stopped = strchr(causes[cause].stopped, letters[k]) != NULL;
    struct world *w;
    void *state;
    int64_t m;

    setup(&state);
    w = state;
    m = add_message(w, "mail", ANN);
    add_notice(w, k, NULL, m);
    assert_true(told(w, k, NULL));
    causes[cause].change(w, k);
    if ((claim(w, "mail", NOW) != 0) == stopped)
        fail_msg("%s, %s: %s", causes[cause].name, kinds[k].about, stopped ? "goes" : "stopped");
    if (told(w, k, NULL) == stopped)
        fail_msg("%s, %s: told", causes[cause].name, kinds[k].about);
    if (stopped) {
        char *line = xasprintf("cancelled | %s | 0\n", says(cause, k));

        expect_lines(w, "SELECT state, reason, attempts FROM message", line);
        free(line);
    }
    teardown(&state);
}

static void test_every_cause_of_every_kind(void **state)
{
    (void)state;
    for (size_t cause = 0; cause < COUNT(causes); cause++)
        for (enum kind k = 0; k < KINDS; k++)
            check(cause, k);
}

static void test_what_is_statutory(void **state)
{
    (void)state;
    for (enum kind k = 0; k < KINDS; k++)
        assert_int_equal(subject_is_statutory(kinds[k].rule, kinds[k].event, ""),
                         kinds[k].statutory);
}

/* ---- several in one message ---- */

static void test_one_that_stands_lets_all_go(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN);

    add_notice(w, ACTION, NULL, m);
    add_notice(w, DEADLINE, NULL, m);
    close_it(w, ACTION);
    assert_int_equal(claim(w, "mail", NOW), m);
    assert_true(told(w, ACTION, NULL) && told(w, DEADLINE, NULL));
}

static void test_each_kind_of_cause_is_named_once(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN);

    for (enum kind k = 0; k < KINDS; k++)
        add_notice(w, k, NULL, m);
    add_notice(w, DEADLINE, ROLE_DIRECTOR, m);
    close_it(w, ACTION);
    close_it(w, DEADLINE);
    move_it(w, BOARD_PAPER);
    acknowledge(w, WINDOW);
    change_holder(w, VISIT);
    assert_int_equal(claim(w, "mail", NOW), 0);
    expect_lines(w, "SELECT reason FROM message",
                 "action 5.12 is complete since 1 Sep 2017, and 2 more are closed; deadline:2 is "
                 "due on 2 Oct 2017 by now, no longer on 15 Sep 2017; who holds the role Director "
                 "of Children's Services is Cy <cy@x.example> now; deadline:3: acknowledged, until "
                 "Wed 6 Sep 2017\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice WHERE channel = 'mail'"), 0);
}

/* It goes to who still holds one of the roles, and whoever holds the other is told anew. */
static void test_in_what_goes_a_role_handed_over_is_void(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN);

    add_notice(w, DEADLINE, NULL, m);
    add_notice(w, DEADLINE, ROLE_DIRECTOR, m);
    world_assign(w, ROLE_DIRECTOR, "Cy", CY, "2017-09-01");
    assert_int_equal(claim(w, "mail", NOW), m);
    assert_true(told(w, DEADLINE, NULL));
    assert_false(told(w, DEADLINE, ROLE_DIRECTOR));
}

/* Who gets copies of what others own hears of it as they do. */
static void test_copies_of_actions(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN);

    add_notice(w, ACTION, ROLE_DIRECTOR, m);
    w->engine.policy.copy_actions = "programme-office director";
    assert_int_equal(claim(w, "mail", NOW), m);
    sql_exec(w, "UPDATE message SET state = 'queued', next_at = created_at");
    w->engine.policy.copy_actions = "programme-office";
    assert_int_equal(claim(w, "mail", NOW), 0);
    expect_lines(w, "SELECT reason FROM message",
                 "action 5.12 is with Head of Care now, no longer with Director of Children's "
                 "Services\n");
}

static void test_copies_of_what_is_closed(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN);

    add_notice(w, ACTION, ROLE_DIRECTOR, m);
    w->engine.policy.copy_actions = "director";
    close_it(w, ACTION);
    assert_int_equal(claim(w, "mail", NOW), 0);
    expect_lines(w, "SELECT reason FROM message", "action 5.12 is complete since 1 Sep 2017\n");
}

/* ---- what is left alone ---- */

static void test_what_is_no_reminder(void **state)
{
    struct world *w = *state;
    int64_t none = add_message(w, "mail", ANN), hook, trouble, id;
    struct notice n;

    assert_int_equal(claim(w, "mail", NOW), none);
    sql_exec(w, "UPDATE message SET state = 'accepted'");
    hook = add_message(w, "webhook:board", "board");
    n = notice_of(ACTION, "", hook);
    n.channel = "webhook:board";
    WRITE(w, at(w, NOW), notice_add(w->s, &n, &id, &err));
    trouble = add_message(w, "mail", ANN);
    n = notice_of(ACTION, ROLE_ADMINISTRATOR, trouble);
    n.event = "csi.daemon.trouble";
    n.about = "run:overdue";
    WRITE(w, at(w, NOW), notice_add(w->s, &n, &id, &err));
    close_it(w, ACTION);
    leave_vacant(w, ACTION);
    assert_int_equal(claim(w, "webhook:board", NOW), hook);
    assert_int_equal(claim(w, "mail", NOW), trouble);
}

static void test_what_cannot_be_judged_goes(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN), id;
    struct notice n = notice_of(ACTION, NULL, m);

    n.about = "deadline:x";
    WRITE(w, at(w, NOW), notice_add(w->s, &n, &id, &err));
    assert_int_equal(claim(w, "mail", NOW), m);
}

static void test_what_is_not_there_any_more(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN), id;
    struct notice n = notice_of(ACTION, NULL, m);

    n.about = "a:9.99";
    WRITE(w, at(w, NOW), notice_add(w->s, &n, &id, &err));
    assert_int_equal(claim(w, "mail", NOW), 0);
    expect_lines(w, "SELECT reason FROM message", "there is no a:9.99 any more\n");
}

/* Whether it arrived is not known, by this attempt or by one before. */
static void test_what_may_have_gone_out(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN), count;

    add_notice(w, ACTION, NULL, m);
    assert_int_equal(claim(w, "mail", NOW), m);
    OK(outbox_recover(w->s, at(w, NOW), &count, &err));
    close_it(w, ACTION);
    assert_int_equal(claim(w, "mail", NOW), m);
    OK(outbox_finish(w->s, 2, OUTBOX_RETRY, "451", at(w, NOW), at(w, NOW), &err));
    assert_int_equal(claim(w, "mail", NOW), m);
    assert_true(told(w, ACTION, NULL));
}

static void test_what_a_server_refused_for_now_is_looked_at(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN);

    add_notice(w, ACTION, NULL, m);
    assert_int_equal(claim(w, "mail", NOW), m);
    OK(outbox_finish(w->s, 1, OUTBOX_RETRY, "451", at(w, NOW), at(w, NOW), &err));
    close_it(w, ACTION);
    assert_int_equal(claim(w, "mail", NOW), 0);
    expect_lines(w, "SELECT state, attempts FROM message", "cancelled | 1\n");
}

/* ---- by hand ---- */

static int retry(struct world *w, int64_t m, const char *now)
{
    OK(store_begin(w->s, "test", at(w, now), &err));
    return store_end(w->s, recheck_retry(w->s, &w->engine, m, at(w, now), &err), &err);
}

static void test_retry(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN);

    add_notice(w, ACTION, NULL, m);
    acknowledge(w, ACTION);
    assert_int_equal(claim(w, "mail", NOW), 0);
    assert_int_equal(retry(w, m, "2017-09-05 08:30"), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.text, "not sent again, for it is no longer so: action 5.12: "
                                  "acknowledged, until Wed 6 Sep 2017");
    expect_lines(w, "SELECT state FROM message", "cancelled\n");
    assert_false(told(w, ACTION, NULL)); /* nothing of it was kept */
    OK(retry(w, m, "2017-09-06 08:30"));
    assert_true(told(w, ACTION, NULL));
    assert_int_equal(claim(w, "mail", "2017-09-06 08:30"), m);
}

static void test_retry_of_what_was_told_anew(void **state)
{
    struct world *w = *state;
    int64_t m = add_message(w, "mail", ANN), again;

    add_notice(w, ACTION, NULL, m);
    acknowledge(w, ACTION);
    assert_int_equal(claim(w, "mail", NOW), 0);
    again = add_message(w, "mail", ANN);
    add_notice(w, ACTION, NULL, again);
    assert_int_equal(claim(w, "mail", "2017-09-06 08:30"), again);
    assert_int_equal(retry(w, m, "2017-09-06 08:31"), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.text, "it was told anew since: csictl notice show 2");
}

/* A cancelled one can be cancelled again, and both stay as they are. */
static void test_cancelled_twice(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 2; i++) {
        int64_t m = add_message(w, "mail", ANN);

        add_notice(w, ACTION, NULL, m);
        if (i == 0)
            acknowledge(w, ACTION);
        assert_int_equal(claim(w, "mail", NOW), 0);
    }
    expect_lines(w, "SELECT channel, message_id FROM notice", "void:1 | 1\nvoid:2 | 2\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cause_of_every_kind),
        cmocka_unit_test(test_what_is_statutory),
        TEST(test_one_that_stands_lets_all_go),
        TEST(test_each_kind_of_cause_is_named_once),
        TEST(test_in_what_goes_a_role_handed_over_is_void),
        TEST(test_copies_of_actions),
        TEST(test_copies_of_what_is_closed),
        TEST(test_what_is_no_reminder),
        TEST(test_what_cannot_be_judged_goes),
        TEST(test_what_is_not_there_any_more),
        TEST(test_what_may_have_gone_out),
        TEST(test_what_a_server_refused_for_now_is_looked_at),
        TEST(test_retry),
        TEST(test_retry_of_what_was_told_anew),
        TEST(test_cancelled_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
