/* windows and letters-awaited over months of London's clock: who hears of what on which day, and
 * that nobody hears twice. */
#include "engine_world.h"
#include "store/notice.h"

#define DCS    "dcs@x.example"
#define OFFICE "office@x.example"
#define LEAD   "lead@x.example"

#define MAILS                                                                                    \
    "SELECT substr(m.created_at, 1, 10), m.recipient, group_concat(n.about || ' ' || n.step || " \
    "' ' || n.role) FROM message m JOIN notice n ON n.message_id = m.id WHERE m.channel = 'mail' "

struct window {
    const char *title, *opens, *due, *warn, *check, *about, *copy;
};

static int64_t insert(struct world *w, const struct window *given)
{
    struct deadline d = deadline_new();
    struct role role;
    int64_t id;

    OK(role_find(w->s, ROLE_DIRECTOR, day("2018-01-01"), &role, &err));
    d.role_id = role.id;
    role_clear(&role);
    d.title = text(given->title);
    d.rule = text("MV-FIRST");
    d.about = text(given->about ? given->about : "inspection:1");
    d.check_name = text(given->check ? given->check : CHECK_WINDOWS);
    d.copy_to = text(given->copy ? given->copy : DEADLINE_COPY);
    d.ladder = text(DEADLINE_LADDER);
    d.opens_on = given->opens ? day(given->opens) : DAY_NONE;
    d.first_due_on = d.due_on = day(given->due);
    d.warn_on = given->warn ? day(given->warn) : DAY_NONE;
    WRITE(w, at(w, "2018-01-01 09:00"), deadline_insert(w->s, &d, &id, &err));
    return id;
}

static void change(struct world *w, int64_t id, const char *now, const char *due, const char *ended)
{
    struct deadline d;

    OK(deadline_find(w->s, id, &d, &err));
    if (due)
        d.due_on = day(due);
    if (ended)
        d.ended_on = day(ended);
    WRITE(w, at(w, now), deadline_write(w->s, &d, "deadline.update", &err));
    deadline_clear(&d);
}

static void set_up(struct world *w)
{
    world_schedule(w, "windows", CHECK_WINDOWS, "30 8 * * 1-5");
    world_schedule(w, "letters", CHECK_LETTERS, "30 8 * * 1-5");
    world_assign(w, ROLE_DIRECTOR, "The Director", DCS, "2018-01-01");
    world_assign(w, ROLE_OFFICE, "The Office", OFFICE, "2018-01-01");
    tick(w, at(w, "2018-01-01 12:00"));
}

/* Opens on a Saturday, warns on Good Friday; Easter Monday and the May holiday are days off. */
static void test_steps(void **state)
{
    static const struct window first = {"First monitoring visit", "2018-02-03", "2018-04-20",
                                        .warn = "2018-03-30"};
    struct world *w = *state;

    set_up(w);
    insert(w, &first);
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-05-09 12:00"));
    expect_lines(w, MAILS "AND m.recipient = '" DCS "' GROUP BY m.id ORDER BY m.id",
                 "2018-02-05 | " DCS " | deadline:1 opens director\n"
                 "2018-04-03 | " DCS " | deadline:1 warn director\n"
                 "2018-04-06 | " DCS " | deadline:1 warn+7 director\n"
                 "2018-04-13 | " DCS " | deadline:1 warn+14 director\n"
                 "2018-04-20 | " DCS " | deadline:1 warn+21 director\n"
                 "2018-04-27 | " DCS " | deadline:1 warn+28 director\n"
                 "2018-05-04 | " DCS " | deadline:1 warn+35 director\n");
    expect_lines(w,
                 "SELECT count(*) FROM message a JOIN message b ON b.recipient = '" OFFICE
                 "' AND a.recipient = '" DCS "' AND a.created_at = b.created_at AND a.subject = "
                 "b.subject",
                 "7\n");
    expect_lines(w,
                 "SELECT subject FROM message WHERE recipient = '" DCS "' AND id IN "
                 "(1, 3, 9, 11) ORDER BY id",
                 "First monitoring visit may come from Sat 3 Feb 2018 to Fri 20 Apr 2018\n"
                 "Nothing booked: First monitoring visit, expected by Fri 20 Apr 2018\n"
                 "Nothing booked: First monitoring visit, expected by Fri 20 Apr 2018\n"
                 "Nothing booked: First monitoring visit, was expected by Fri 20 Apr 2018\n");
    expect_lines(w, "SELECT reason FROM notice WHERE id IN (1, 3)",
                 "opens: expected from Sat 3 Feb 2018 to Fri 20 Apr 2018\n"
                 "warn: nothing is booked, expected by Fri 20 Apr 2018\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice WHERE message_id IS NULL"), 0);
    expect_lines(w, "SELECT DISTINCT event, rule FROM notice", "csi.window.open | windows\n");
}

/* A mail waits no longer than until the next one overtakes it. */
static void test_worth_sending_until_the_next(void **state)
{
    static const struct window first = {"First monitoring visit", "2018-02-05", "2018-04-20",
                                        .warn = "2018-03-12"};
    struct world *w = *state;

    set_up(w);
    insert(w, &first);
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-03-13 12:00"));
    expect_lines(w, "SELECT valid_until FROM message WHERE recipient = '" DCS "'",
                 "2018-03-12T08:30:00Z\n2018-03-19T08:30:00Z\n");
}

/* All of one day in one mail to a person, what presses first; a role in which one is told already
 * makes no second. */
static void test_one_mail_by_all_roles(void **state)
{
    static const struct window all[] = {
        {"Re-inspection", "2018-02-05", "2018-12-31", .warn = NULL, .copy = "director lead lead"},
        {"First monitoring visit", "2018-01-08", "2018-04-20", .warn = "2018-02-05",
         .copy = "lead"},
        {"Action planning meeting", "2018-01-08", "2018-02-02", .warn = NULL, .copy = ""},
    };
    struct world *w = *state;
    int64_t id;

    set_up(w);
    WRITE(w, at(w, "2018-01-01 09:00"), role_add(w->s, "lead", "Improvement lead", 0, &id, &err));
    world_assign(w, "lead", "The Director", "DCS@x.example", "2018-01-01");
    for (size_t i = 0; i < COUNT(all); i++)
        insert(w, &all[i]);
    pass(w, at(w, "2018-02-02 12:00"), at(w, "2018-02-05 12:00"));
    expect_lines(w, MAILS "AND m.created_at > '2018-02-05' GROUP BY m.id ORDER BY m.id",
                 "2018-02-05 | " DCS " | deadline:2 warn director,deadline:2 warn lead,"
                 "deadline:1 opens director,deadline:1 opens lead\n"
                 "2018-02-05 | " OFFICE " | deadline:2 warn programme-office,"
                 "deadline:1 opens programme-office\n");
    expect_lines(w, "SELECT subject FROM message WHERE created_at > '2018-02-05' LIMIT 1",
                 "Nothing booked: First monitoring visit, expected by Fri 20 Apr 2018; and 1 "
                 "more\n");
}

static void test_downtime_collapses(void **state)
{
    static const struct window first = {"First monitoring visit", "2018-02-05", "2018-04-20",
                                        .warn = "2018-03-05"};
    struct world *w = *state;

    set_up(w);
    insert(w, &first);
    tick(w, at(w, "2018-03-28 12:00"));
    tick(w, at(w, "2018-03-28 13:00"));
    pass(w, at(w, "2018-03-28 13:00"), at(w, "2018-04-04 12:00"));
    expect_lines(w,
                 "SELECT step, reason, message_id IS NULL FROM notice WHERE role = 'director' "
                 "ORDER BY id",
                 "warn+21 | warn+21: nothing is booked, expected by Fri 20 Apr 2018 | 0\n"
                 "opens | collapsed into warn+21 | 1\n"
                 "warn | collapsed into warn+21 | 1\n"
                 "warn+7 | collapsed into warn+21 | 1\n"
                 "warn+14 | collapsed into warn+21 | 1\n"
                 /* 2 April is Easter Monday */
                 "warn+28 | warn+28: nothing is booked, expected by Fri 20 Apr 2018 | 0\n");
}

/* A year mistyped: no row for each week since the Romans left. */
/* Warned on 5, 12 and 19 March, then every ten days of the first warning: the 15th has passed. */
static void test_other_days_between_warnings(void **state)
{
    static const struct window one = {"First visit", "2018-02-05", "2018-06-20",
                                      .warn = "2018-03-05"};
    struct world *w = *state;

    w->webhooks[0] = (struct engine_webhook){.name = "board"};
    w->engine.webhook_count = 1;
    set_up(w);
    insert(w, &one);
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-03-19 12:00"));
    w->engine.policy.nothing_booked_days = 10;
    pass(w, at(w, "2018-03-19 12:00"), at(w, "2018-04-10 12:00"));
    for (size_t i = 0; i < 2; i++)
        expect_lines(
            w,
            i == 0 ? "SELECT substr(created_at, 1, 10), step FROM notice WHERE role = '" ROLE_OFFICE
                     "' AND message_id IS NOT NULL ORDER BY id"
                   : "SELECT substr(created_at, 1, 10), step FROM notice WHERE channel = "
                     "'webhook:board' AND event = 'csi.window.open' ORDER BY id",
            "2018-02-05 | opens\n2018-03-05 | warn\n2018-03-12 | warn+7\n"
            "2018-03-19 | warn+14\n2018-03-26 | warn+20\n2018-04-04 | warn+30\n");
    expect_lines(w,
                 "SELECT DISTINCT step, reason FROM notice WHERE message_id IS NULL AND channel = "
                 "'mail'",
                 "warn+10 | collapsed into warn+14\n");
}

static void test_an_absurd_date(void **state)
{
    static const struct window first = {"First monitoring visit", "0018-01-24", "0018-10-24",
                                        .warn = NULL};
    struct world *w = *state;

    set_up(w);
    insert(w, &first);
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-01-02 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 2);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice"), 2 + 2 * 520);
}

static void test_closed_and_changed(void **state)
{
    static const struct window all[] = {
        {"First monitoring visit", "2018-02-05", "2018-04-20", .warn = "2018-03-05"},
        {"Re-inspection", "2018-02-05", "2018-02-28", .warn = NULL},
    };
    struct world *w = *state;

    set_up(w);
    insert(w, &all[0]);
    insert(w, &all[1]);
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-02-06 12:00"));
    /* booked for a day to come; and told another window */
    change(w, 2, "2018-02-06 12:00", NULL, "2018-06-01");
    change(w, 1, "2018-02-06 12:00", "2018-05-31", NULL);
    pass(w, at(w, "2018-02-06 12:00"), at(w, "2018-03-05 12:00"));
    change(w, 1, "2018-03-06 12:00", NULL, "2018-03-20");
    pass(w, at(w, "2018-03-06 12:00"), at(w, "2018-08-31 12:00"));
    expect_lines(w,
                 "SELECT substr(created_at, 1, 10), about, due_on, step FROM notice WHERE "
                 "role = 'director' ORDER BY id",
                 "2018-02-05 | deadline:2 | 2018-02-28 | opens\n"
                 "2018-02-05 | deadline:1 | 2018-04-20 | opens\n"
                 "2018-02-07 | deadline:1 | 2018-05-31 | opens\n"
                 "2018-03-05 | deadline:1 | 2018-05-31 | warn\n");
}

static void test_what_is_none_of_ours(void **state)
{
    static const struct window all[] = {
        {"A deadline", NULL, "2018-02-05", .check = CHECK_WINDOWS},
        {"Another check's", "2018-02-05", "2018-02-05", .check = CHECK_DEADLINES},
    };
    struct world *w = *state;

    set_up(w);
    insert(w, &all[0]);
    insert(w, &all[1]);
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-03-05 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice"), 0);
}

static char *body_of(struct world *w, int64_t message)
{
    char *sql = xasprintf("SELECT replace(CAST(body AS TEXT), '=' || char(13) || char(10), '') "
                          "FROM message WHERE id = %d",
                          (int)message);
    char *body = sql_lines(w, sql);

    free(sql);
    return body;
}

static void test_letters(void **state)
{
    static const struct window all[] = {
        {"Letter after the visit of 31 Jan 2018", "2018-02-22", "2018-03-14",
         .check = CHECK_LETTERS, .about = "visit:3"},
        {"Letter about nothing known", "2018-02-22", "2018-03-14", .check = CHECK_LETTERS,
         .about = "visit:x"},
    };
    struct world *w = *state;
    char *body;

    set_up(w);
    insert(w, &all[0]);
    insert(w, &all[1]);
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-03-21 12:00"));
    expect_lines(w,
                 "SELECT substr(created_at, 1, 10), subject FROM message WHERE recipient = '" DCS
                 "' ORDER BY id",
                 "2018-02-22 | Letter after the visit of 31 Jan 2018 may come from Thu 22 Feb 2018 "
                 "to Wed 14 Mar 2018; and 1 more\n"
                 "2018-03-14 | Has it come? Letter after the visit of 31 Jan 2018, expected by Wed "
                 "14 Mar 2018; and 1 more\n"
                 "2018-03-21 | Has it come? Letter after the visit of 31 Jan 2018, was expected by "
                 "Wed 14 Mar 2018; and 1 more\n");
    body = body_of(w, 3);
    assert_non_null(strstr(body, "Letter after the visit of 31 Jan 2018 was expected between Thu "
                                 "22 Feb 2018 and Wed 14 Mar 2018"));
    assert_non_null(strstr(body, "csictl visit update 3 --letter-received-on DATE"));
    assert_null(strstr(body, "visit update x"));
    free(body);
    expect_lines(w,
                 "SELECT DISTINCT rule, reason FROM notice WHERE step = 'warn+7' AND "
                 "about = 'deadline:1'",
                 "letters-awaited | warn+7: not recorded as received, expected by Wed 14 Mar "
                 "2018\n");
    change(w, 1, "2018-03-22 12:00", NULL, "2018-03-22");
    change(w, 2, "2018-03-22 12:00", NULL, "2018-03-22");
    pass(w, at(w, "2018-03-22 12:00"), at(w, "2018-06-01 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 6);
}

/* Who cannot be told is a row, and told once there is someone; so is a role that is none. */
static void test_nobody(void **state)
{
    static const struct window first = {"First monitoring visit", "2018-02-05", "2018-04-20",
                                        .warn = "2018-03-05",
                                        .copy = "improvement-board-chair  vice-chair"};
    struct world *w = *state;

    set_up(w);
    w->engine.mail_administrator = "it@x.example";
    insert(w, &first);
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-02-06 12:00"));
    expect_lines(w, "SELECT role, channel, reason FROM notice WHERE channel = 'none' ORDER BY role",
                 "improvement-board-chair | none | nobody holds the role Chair of the improvement "
                 "board\n"
                 "vice-chair | none | there is no such role: csictl role add\n");
    expect_lines(w, "SELECT count(*), min(event) FROM message WHERE recipient = 'it@x.example'",
                 "1 | csi.daemon.trouble\n");
    world_assign(w, ROLE_CHAIR, "The Chair", LEAD, "2018-02-07");
    pass(w, at(w, "2018-02-06 12:00"), at(w, "2018-02-09 12:00"));
    expect_lines(w, MAILS "AND m.recipient = '" LEAD "' GROUP BY m.id",
                 "2018-02-07 | " LEAD " | deadline:1 opens improvement-board-chair\n");
}

static void test_webhooks(void **state)
{
    static const struct window all[] = {
        {"The \"first\" visit", "2018-02-05", "2018-04-20", .warn = "2018-03-05"},
        {"Letter", "2018-02-05", "2018-03-05", .check = CHECK_LETTERS, .about = "visit:1"},
    };
    static const char *const events[] = {"csi.window.open"};
    struct world *w = *state;

    w->webhooks[0] = (struct engine_webhook){.name = "board", .events = events, .event_count = 1};
    w->engine.webhook_count = 1;
    set_up(w);
    insert(w, &all[0]);
    insert(w, &all[1]);
    pass(w, at(w, "2018-01-01 12:00"), at(w, "2018-02-28 12:00"));
    expect_lines(w,
                 "SELECT json_extract(CAST(body AS TEXT), '$.type'), "
                 "json_extract(CAST(body AS TEXT), '$.data.items[0]') FROM message WHERE "
                 "channel = 'webhook:board' ORDER BY id",
                 "csi.window.open | {\"id\":1,\"title\":\"The \\\"first\\\" visit\",\"rule\":"
                 "\"MV-FIRST\",\"about\":\"inspection:1\",\"role\":\"director\",\"opens_on\":"
                 "\"2018-02-05\",\"due_on\":\"2018-04-20\",\"step\":\"opens\"}\n"
                 "csi.window.open | {\"id\":2,\"title\":\"Letter\",\"rule\":\"MV-FIRST\",\"about\":"
                 "\"visit:1\",\"role\":\"director\",\"opens_on\":\"2018-02-05\",\"due_on\":"
                 "\"2018-03-05\",\"step\":\"opens\"}\n");
}

/* Ticked and run by hand at every hour of six weeks, the database opened anew on the way. */
static void test_nothing_twice(void **state)
{
    static const struct window all[] = {
        {"First monitoring visit", "2018-02-05", "2018-03-05", .warn = NULL},
        {"Letter", "2018-02-07", "2018-02-28", .check = CHECK_LETTERS, .about = "visit:1"},
    };
    struct world *w = *state;

    set_up(w);
    insert(w, &all[0]);
    insert(w, &all[1]);
    for (int hour = 0; hour < 42 * 24; hour++) {
        utc_t now = {at(w, "2018-02-05 07:00").s + hour * 3600};
        struct run_result result;

        tick(w, now);
        WRITE(w, now, scheduler_run(w->s, &w->engine, "windows", now, &result, &err));
        WRITE(w, now, scheduler_run(w->s, &w->engine, "letters", now, &result, &err));
        if (hour % 50 == 0) {
            store_close(w->s);
            OK(store_open(w->path, &w->s, &err));
        }
    }
    expect_lines(w,
                 "SELECT substr(created_at, 1, 10), about, step FROM notice WHERE "
                 "role = 'programme-office' ORDER BY id",
                 "2018-02-05 | deadline:1 | opens\n2018-02-07 | deadline:2 | opens\n"
                 "2018-02-28 | deadline:2 | warn\n2018-03-05 | deadline:1 | warn\n"
                 "2018-03-07 | deadline:2 | warn+7\n2018-03-12 | deadline:1 | warn+7\n"
                 "2018-03-14 | deadline:2 | warn+14\n2018-03-19 | deadline:1 | warn+14\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 16);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_steps),
        TEST(test_worth_sending_until_the_next),
        TEST(test_one_mail_by_all_roles),
        TEST(test_downtime_collapses),
        TEST(test_other_days_between_warnings),
        TEST(test_an_absurd_date),
        TEST(test_closed_and_changed),
        TEST(test_what_is_none_of_ours),
        TEST(test_letters),
        TEST(test_nobody),
        TEST(test_webhooks),
        TEST(test_nothing_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
