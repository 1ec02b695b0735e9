/* The agenda: what is on it, for whom, in which period, and what is said of each. */
#include "plan_fixture.h"

#include "base/text.h"
#include "calendar/zone.h"
#include "report/agenda.h"
#include "store/deadline.h"
#include "store/record.h"

#define OFFICER "head-of-service"
#define MOST    8

static struct holidays *holidays;
static struct zone *london;

static struct agenda_query on_day(day_t today)
{
    return (struct agenda_query){.today = today,
                                 .from = DAY_NONE,
                                 .until = DAY_NONE,
                                 .kinds = AGENDA_ALL,
                                 .holidays = holidays,
                                 .zone = london};
}

static const char *or_dash(const char *s)
{
    return s ? s : "-";
}

/* One line an item: 2017-10-01..2017-10-02 deadline:1 what role state (note) */
static char *lines_of(struct fixture *f, const struct agenda_query *q)
{
    struct text t = TEXT_INIT;
    struct agenda a;

    text_clear(&t);
    OK(agenda_make(f->s, q, &a, &e));
    for (size_t i = 0; i < a.count; i++) {
        const struct agenda_item *item = &a.items[i];
        char on[DAY_ISO], to[DAY_ISO];

        text_addf(&t, "%s%s%s %s %s: %s; %s, %s%s (%s)\n", day_iso(item->on, on) + 5,
                  day_is(item->to) ? ".." : "", day_is(item->to) ? day_iso(item->to, to) + 5 : "",
                  agenda_kind_name(item->kind), item->about, item->what, or_dash(item->role),
                  item->state, item->dropped ? " dropped" : "", or_dash(item->note));
    }
    agenda_clear(&a);
    return text_take(&t);
}

static void expect(struct fixture *f, const struct agenda_query *q, const char *want)
{
    char *got = lines_of(f, q);

    assert_string_equal(got, want);
    free(got);
}

static void expect_for(struct fixture *f, struct agenda_query q, const char *role, const char *want)
{
    q.role = role;
    expect(f, &q, want);
}

/* ---- what is there ---- */

static int64_t role_id(struct fixture *f, const char *slug)
{
    struct role role;
    int64_t id;

    OK(role_find(f->s, slug, DAY_NONE, &role, &e));
    id = role.id;
    role_clear(&role);
    return id;
}

static struct deadline owed(struct fixture *f, const char *title, const char *role, day_t due)
{
    struct deadline d = deadline_new();

    d.title = xstrdup(title);
    d.role_id = role_id(f, role);
    d.first_due_on = d.due_on = due;
    d.check_name = xstrdup("deadlines");
    d.copy_to = xstrdup("director");
    d.ladder = xstrdup("28 14 7 1 0");
    return d;
}

static void keep(struct fixture *f, struct deadline *d)
{
    int64_t id;

    begin(f);
    OK(deadline_insert(f->s, d, &id, &e));
    commit(f);
    deadline_clear(d);
}

/* A record of "name=value". */
static void record(struct fixture *f, enum record_kind kind, const char *const sets[MOST])
{
    struct record r = {.kind = kind};

    for (size_t i = 0; i < MOST && sets[i]; i++) {
        char *name = xstrndup(sets[i], strcspn(sets[i], "="));

        *record_value(&r, name) = xstrdup(sets[i] + strlen(name) + 1);
        free(name);
    }
    begin(f);
    OK(record_put(f->s, &r, &e));
    commit(f);
    record_clear(&r);
}

#define RECORD(kind, ...) record(f, kind, (const char *const[MOST]){__VA_ARGS__})

/* ---- deadlines ---- */

static void add_deadlines(struct fixture *f)
{
    struct deadline d = owed(f, "Quarter", ROLE_CHAIR, on(10, 1)); /* a Sunday */

    d.recipient = xstrdup("Secretary of State");
    keep(f, &d);
    d = owed(f, "Missed", ROLE_OFFICE, on(8, 1));
    keep(f, &d);
    d = owed(f, "Sent", ROLE_CHAIR, on(9, 20));
    d.submitted_on = on(8, 30);
    keep(f, &d);
    d = owed(f, "Lifted", ROLE_CHAIR, on(9, 15));
    d.ended_on = on(8, 31);
    d.ended_why = xstrdup("instrument:1");
    keep(f, &d);
    d = owed(f, "Far", ROLE_CHAIR, on(12, 31));
    free(d.copy_to);
    d.copy_to = xstrdup("director-of-finance programme-office");
    keep(f, &d);
}

#define MISSED \
    "08-01 deadline deadline:2: Missed; programme-office, overdue (send by Tue 1 Aug 2017)\n"
#define LIFTED                                                                             \
    "09-15 deadline deadline:4: Lifted; improvement-board-chair, ended dropped (ended on " \
    "Thu 31 Aug 2017: instrument:1)\n"
#define SENT                                                                                 \
    "09-20 deadline deadline:3: Sent; improvement-board-chair, submitted (submitted on Wed " \
    "30 Aug 2017)\n"
#define QUARTER                                                                              \
    "10-01 deadline deadline:1: Quarter; improvement-board-chair, open (send by Fri 29 Sep " \
    "2017)\n"
#define FAR \
    "12-31 deadline deadline:5: Far; improvement-board-chair, open (send by Fri 29 Dec 2017)\n"

static void test_deadlines(void **state)
{
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(9, 1));

    add_deadlines(f);
    expect(f, &q, MISSED QUARTER FAR);
    q.until = on(10, 1);
    expect(f, &q, MISSED QUARTER);
    q.until = on(9, 30);
    expect(f, &q, MISSED);
    q.dropped = true;
    expect(f, &q, MISSED LIFTED);
    q.from = on(8, 1); /* as it was */
    q.until = DAY_NONE;
    expect(f, &q, MISSED LIFTED SENT QUARTER FAR);
    q.dropped = false;
    expect(f, &q, MISSED SENT QUARTER FAR);
    q.from = on(8, 2);
    expect(f, &q, SENT QUARTER FAR);
    q.from = on(9, 21);
    expect(f, &q, QUARTER FAR);
}

static void test_deadlines_for(void **state)
{
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(9, 1));

    add_deadlines(f);
    expect_for(f, q, ROLE_CHAIR, QUARTER FAR);
    expect_for(f, q, ROLE_OFFICE, MISSED FAR);       /* owes the one, has a copy of the other */
    expect_for(f, q, ROLE_DIRECTOR, MISSED QUARTER); /* not whose slug only begins like it */
    expect_for(f, q, "nobody", "");
}

static void test_windows(void **state)
{
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(9, 1));
    struct deadline d = owed(f, "Visit", ROLE_DIRECTOR, on(11, 30));

    d.opens_on = on(10, 15);
    d.warn_on = on(11, 1);
    keep(f, &d);
    d = owed(f, "Over", ROLE_DIRECTOR, on(8, 15));
    d.opens_on = on(7, 1);
    keep(f, &d);
    d = owed(f, "Closed", ROLE_DIRECTOR, on(10, 31));
    d.opens_on = on(7, 1);
    d.ended_on = on(8, 20);
    keep(f, &d);
    q.until = on(10, 14);
    expect(f, &q,
           "07-01..08-15 window deadline:2: Over; director, overdue (until Tue 15 Aug 2017; "
           "nothing is booked)\n");
    q.until = on(10, 15);
    expect(f, &q,
           "07-01..08-15 window deadline:2: Over; director, overdue (until Tue 15 Aug 2017; "
           "nothing is booked)\n"
           "10-15..11-30 window deadline:1: Visit; director, open (until Thu 30 Nov 2017; a "
           "warning from Wed 1 Nov 2017 if nothing is booked)\n");
    q.today = on(11, 30);
    q.until = DAY_NONE;
    q.kinds = AGENDA_BIT(AGENDA_WINDOW);
    q.from = on(11, 30); /* its last day */
    expect(f, &q,
           "10-15..11-30 window deadline:1: Visit; director, open (until Thu 30 Nov 2017; "
           "nothing is booked)\n");
    q.from = on(12, 1);
    expect(f, &q, "");
    q.from = DAY_NONE;
    q.kinds = AGENDA_BIT(AGENDA_DEADLINE);
    expect(f, &q, "");
}

/* ---- actions ---- */

static void owned(struct fixture *f, int64_t action, const char *label, const char *status,
                  day_t due, const char *owner)
{
    struct said said = {.status = status,
                        .due = true,
                        .due_on = due,
                        .due_precision = DUE_DAY,
                        .owner_id = owner ? role_id(f, owner) : 0,
                        .completed_on = DAY_NONE};
    bool changed;

    OK(part_say(f->s, &f->plan, action, part(f, action, label), &said, on(1, 1), &changed, &e));
}

static void add_actions(struct fixture *f)
{
    int64_t id;

    begin(f);
    OK(role_add(f->s, OFFICER, "Head of service", 0, &id, &e));
    owned(f, add(f, "1.1", 1), "", "in progress", on(8, 1), OFFICER);
    owned(f, add(f, "1.2", 1), "", "complete", on(9, 10), OFFICER);
    id = add(f, "1.3", 1);
    owned(f, id, "a", "complete", on(9, 5), OFFICER);
    owned(f, id, "b", "in progress", on(10, 20), NULL);
    owned(f, id, "c", "in progress", on(9, 30), ROLE_DIRECTOR);
    owned(f, add(f, "1.4", 1), "", "cancelled", on(9, 12), OFFICER);
    owned(f, add(f, "1.5", 1), "", "suspended", on(9, 14), OFFICER);
    owned(f, add(f, "1.6", 1), "", "suspended", on(8, 14), OFFICER); /* nothing is due of it */
    owned(f, add(f, "1.7", 1), "", "completion proposed", on(9, 1), OFFICER);
    add(f, "1.8", 1);
    commit(f);
}

static void test_actions(void **state)
{
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(9, 1));

    add_actions(f);
    expect(f, &q,
           "08-01 action test:1.1: Do it; head-of-service, overdue (-)\n"
           "09-01 action test:1.7: Do it; head-of-service, due-today (-)\n"
           "09-14 action test:1.5: Do it; head-of-service, not-due (-)\n"
           "09-30 action test:1.3: Do it; director, not-due (-)\n");
    q.dropped = true;
    q.from = on(9, 2);
    q.until = on(9, 13);
    expect(f, &q, "09-12 action test:1.4: Do it; head-of-service, cancelled dropped (-)\n");
}

/* The row of a part that is the role's own; of an action it answers for, of any. */
static void test_actions_for(void **state)
{
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(9, 1));
    struct action_fields fields = {.accountable_id = role_id(f, ROLE_DIRECTOR),
                                   .start_on = DAY_NONE};
    struct plan plan;
    int64_t id;

    add_actions(f);
    expect_for(f, q, ROLE_DIRECTOR, "09-30 action test:1.3: Do it; director, not-due (-)\n");
    begin(f);
    OK(action_find(f->s, "1.1", NULL, &id, &plan, &e));
    OK(action_set(f->s, &plan, id, &fields, NULL, &e));
    plan_clear(&plan);
    commit(f);
    expect_for(f, q, ROLE_DIRECTOR,
               "08-01 action test:1.1: Do it; head-of-service, overdue (-)\n"
               "09-30 action test:1.3: Do it; director, not-due (-)\n");
    q.until = on(9, 1);
    expect_for(f, q, OFFICER,
               "08-01 action test:1.1: Do it; head-of-service, overdue (-)\n"
               "09-01 action test:1.7: Do it; head-of-service, due-today (-)\n");
    expect_for(f, q, ROLE_CHAIR, "");
}

/* ---- records ---- */

static void test_visits(void **state)
{
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(10, 31));
    struct deadline d;
    const char *want =
        "10-15 window visit:4: Visit expected; -, open (-)\n"
        "10-30..10-31 visit visit:1: Monitoring visit 5; -, today (until Tue 31 Oct "
        "2017: Care leavers)\n"
        "11-06..11-10 inspection inspection:1: ILACS inspection; -, ahead (until "
        "Fri 10 Nov 2017)\n"
        "11-20..12-20 window visit:3: Peer visit expected; -, open (until Wed 20 Dec "
        "2017)\n";

    RECORD(RECORD_VISIT, "kind=monitoring", "number=5", "from_on=2017-10-30", "to_on=2017-10-31",
           "scope=Care leavers");
    RECORD(RECORD_VISIT, "kind=focused", "from_on=2017-10-01"); /* past */
    RECORD(RECORD_VISIT, "kind=peer", "expected_from_on=2017-11-20", "expected_to_on=2017-12-20");
    RECORD(RECORD_VISIT, "kind=other", "expected_from_on=2017-10-15"); /* nobody knows to when */
    RECORD(RECORD_INSPECTION, "framework=ilacs", "from_on=2017-11-06", "to_on=2017-11-10");
    expect(f, &q, want);
    expect_for(f, q, ROLE_DIRECTOR, want);
    expect_for(f, q, ROLE_OFFICE, want);
    expect_for(f, q, ROLE_CHAIR, "");
    /* the window that the visit states is a deadline's: it stands once */
    d = owed(f, "Peer review", ROLE_DIRECTOR, on(12, 20));
    d.opens_on = on(11, 20);
    d.stated_by = xstrdup("visit:3");
    keep(f, &d);
    q.from = on(11, 11);
    expect(f, &q,
           "11-20..12-20 window deadline:1: Peer review; director, open (until Wed 20 Dec 2017)\n");
}

static void add_boards(struct fixture *f)
{
    RECORD(RECORD_BOARD, "title=Board", "kind=board", "chair=" ROLE_CHAIR);
    RECORD(RECORD_BOARD, "title=Panel", "kind=panel");
    RECORD(RECORD_MEMBER, "board=1", "role=" ROLE_OFFICE, "invited_on=2017-09-10",
           "left_on=2017-10-20");
    RECORD(RECORD_MEMBER, "board=1", "name=Somebody");
    RECORD(RECORD_MEETING, "board=1", "held_on=2017-09-08", "papers_due_on=2017-09-01", "at=14:00",
           "place=Civic Centre", "title=First", "author=" ROLE_DIRECTOR);
    RECORD(RECORD_MEETING, "board=1", "held_on=2017-10-20", "at=09:30");
    RECORD(RECORD_MEETING, "board=1", "held_on=2017-10-21", "place=Here");
    RECORD(RECORD_MEETING, "board=2", "held_on=2017-10-01", "papers_due_on=2017-09-20",
           "cancelled_on=2017-08-31");
    RECORD(RECORD_DECISION, "title=To spend", "decided_on=2017-10-15", "board=1",
           "owner=" ROLE_DIRECTOR);
    RECORD(RECORD_DECISION, "title=To save", "decided_on=2017-10-16");
}

#define PAPERS1                                                                                    \
    "09-01 papers meeting:1: Papers: Board: First; director, today (for the meeting of Fri 8 Sep " \
    "2017)\n"
#define MEETING1                                                                           \
    "09-08 meeting meeting:1: Board: First; improvement-board-chair, ahead (14:00, Civic " \
    "Centre)\n"
#define PAPERS4                                                                              \
    "09-20 papers meeting:4: Papers: Panel; -, cancelled dropped (for the meeting of Sun 1 " \
    "Oct 2017)\n"
#define MEETING4 "10-01 meeting meeting:4: Panel; -, cancelled dropped (-)\n"
#define SPEND    "10-15 decision decision:1: To spend; director, ahead (Board)\n"
#define SAVE     "10-16 decision decision:2: To save; -, ahead (-)\n"
#define MEETING2 "10-20 meeting meeting:2: Board; improvement-board-chair, ahead (09:30)\n"
#define MEETING3 "10-21 meeting meeting:3: Board; improvement-board-chair, ahead (Here)\n"

static void test_meetings(void **state)
{
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(9, 1));

    add_boards(f);
    expect(f, &q, PAPERS1 MEETING1 SPEND SAVE MEETING2 MEETING3);
    expect_for(f, q, ROLE_CHAIR, PAPERS1 MEETING1 SPEND MEETING2 MEETING3);
    expect_for(f, q, ROLE_DIRECTOR, PAPERS1 MEETING1 SPEND);
    expect_for(f, q, ROLE_OFFICE, SPEND MEETING2); /* a member from 10 Sep to 20 Oct */
    expect_for(f, q, ROLE_ADMINISTRATOR, "");
    q.dropped = true;
    expect(f, &q, PAPERS1 MEETING1 PAPERS4 MEETING4 SPEND SAVE MEETING2 MEETING3);
}

/* The planning meeting after an inspection, on a day of its own. */
static void test_planning(void **state)
{
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(9, 1));
    const char *want = "09-20 planning inspection:1: Action planning meeting; -, ahead (SIF "
                       "inspection)\n";

    RECORD(RECORD_INSPECTION, "framework=sif", "from_on=2017-08-07", "to_on=2017-08-11",
           "planning_on=2017-09-20");
    RECORD(RECORD_INSPECTION, "framework=sif", "from_on=2017-08-07", "to_on=2017-08-11");
    expect(f, &q, want);
    expect_for(f, q, ROLE_OFFICE, want);
    expect_for(f, q, ROLE_CHAIR, "");
    q.kinds = AGENDA_BIT(AGENDA_INSPECTION);
    expect(f, &q, "");
    q.kinds = AGENDA_BIT(AGENDA_PLANNING);
    expect(f, &q, want);
    q.from = on(9, 21);
    expect(f, &q, "");
}

static void add_upkeep(struct fixture *f)
{
    RECORD(RECORD_AUDIT, "kind=monthly", "month=2017-07", "owner=" ROLE_DIRECTOR);
    RECORD(RECORD_AUDIT, "kind=deep-dive", "planned_on=2017-09-12", "theme=Neglect");
    RECORD(RECORD_AUDIT, "kind=live", "planned_on=2017-09-13", "cancelled_on=2017-08-31");
    RECORD(RECORD_AUDIT, "kind=live", "planned_on=2017-08-30", "learning=Much",
           "shared_on=2017-09-01");
    RECORD(RECORD_MEASURE, "title=Timely", "frequency=1m", "polarity=higher", "target=90");
    RECORD(RECORD_VALUE, "measure=1", "dated_on=2017-08-31", "value=1"); /* off target: no day */
    RECORD(RECORD_MEASURE, "title=Over", "frequency=1m", "polarity=higher", "ended_on=2017-08-31");
    RECORD(RECORD_VALUE, "measure=2", "dated_on=2017-08-15", "value=1");
    RECORD(RECORD_RISK, "title=Staff leave", "likelihood=4", "impact=5", "owner=" ROLE_DIRECTOR,
           "reviewed_on=2017-06-30", "reply_due_on=2017-09-15");
}

#define AUDIT1                                                                                    \
    "07-31 audit audit:1: Monthly audit of Jul 2017; director, overdue (neither what was learnt " \
    "nor when it was shared is recorded)\n"
#define AUDIT2                                                                              \
    "09-12 audit audit:2: Deep dive audit of Sep 2017: Neglect; -, open (neither what was " \
    "learnt nor when it was shared is recorded)\n"
#define AUDIT3                                                                          \
    "09-13 audit audit:3: Live audit of Sep 2017; -, closed dropped (was cancelled on " \
    "31 Aug 2017)\n"
#define AUDIT4                                                             \
    "08-30 audit audit:4: Live audit of Aug 2017; -, done (was shared on " \
    "1 Sep 2017)\n"
#define OVER  "09-15 measure measure:2: Over; -, closed dropped (ended on 31 Aug 2017)\n"
#define REPLY "09-15 reply risk:1: Staff leave; director, open (reply due on 15 Sep 2017)\n"
#define TIMELY                                                                             \
    "09-30 measure measure:1: Timely; -, open (last value of 31 Aug 2017, next due on 30 " \
    "Sep 2017)\n"
#define REVIEW                                                                            \
    "09-30 risk risk:1: Staff leave; director, open (last reviewed on 30 Jun 2017, next " \
    "review due on 30 Sep 2017)\n"

static void test_upkeep(void **state)
{
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(9, 1));

    add_upkeep(f);
    expect(f, &q, AUDIT1 AUDIT2 REPLY TIMELY REVIEW);
    expect_for(f, q, ROLE_DIRECTOR, AUDIT1 REPLY REVIEW);
    expect_for(f, q, ROLE_OFFICE, AUDIT2 REPLY TIMELY REVIEW);
    expect_for(f, q, ROLE_CHAIR, "");
    q.dropped = true;
    expect(f, &q, AUDIT1 AUDIT2 AUDIT3 OVER REPLY TIMELY REVIEW);
    q.from = on(8, 1);
    q.until = on(9, 12);
    expect(f, &q, AUDIT4 AUDIT2);
    q = on_day(on(10, 2)); /* what is undone stays, on its day */
    q.until = on(9, 20);
    q.kinds = AGENDA_BIT(AGENDA_REPLY);
    expect(f, &q,
           "09-15 reply risk:1: Staff leave; director, overdue (reply due on 15 Sep 2017)\n");
}

/* What a calendar goes by: names that stay, versions, times. */
static void test_keys(void **state)
{
    static const struct {
        const char *key;
        int minute, version;
    } want[] = {{"papers-1", -1, 1},   {"meeting-1", 14 * 60, 1}, {"decision-1", -1, 1},
                {"decision-2", -1, 1}, {"meeting-2", 570, 1},     {"meeting-3", -1, 1}};
    struct fixture *f = *state;
    struct agenda_query q = on_day(on(9, 1));
    struct agenda a;

    add_boards(f);
    OK(agenda_make(f->s, &q, &a, &e));
    assert_int_equal(a.count, COUNT(want));
    for (size_t i = 0; i < a.count; i++) {
        assert_string_equal(a.items[i].key, want[i].key);
        assert_int_equal(a.items[i].minute, want[i].minute);
        assert_int_equal(a.items[i].version, want[i].version);
        assert_true(a.items[i].updated_at.s > 1483228800 && a.items[i].updated_at.s <= f->now);
    }
    assert_string_equal(a.items[1].place, "Civic Centre");
    agenda_clear(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_deadlines),   TEST(test_deadlines_for), TEST(test_windows),  TEST(test_actions),
        TEST(test_actions_for), TEST(test_visits),        TEST(test_meetings), TEST(test_keys),
        TEST(test_planning),    TEST(test_upkeep),
    };
    int rc;

    if (holidays_parse(holidays_builtin, strlen(holidays_builtin), "england-and-wales", &holidays,
                       &e) < 0 ||
        zone_load("Europe/London", &london, &e) < 0)
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    holidays_free(holidays);
    zone_free(london);
    return rc;
}
