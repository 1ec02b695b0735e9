/* The chair's report: what belongs to the quarter, what to the one before and the next, as it stood
 * at the cut-off and was known at a time; and its text. */
#include "plan_fixture.h"

#include "base/text.h"
#include "calendar/workday.h"
#include "report/chair.h"
#include "store/deadline.h"
#include "store/record.h"

static struct holidays *holidays;
static struct engine engine = {.organisation = "London Borough of *Bromley*"};

static int group_setup(void **state)
{
    (void)state;
    if (holidays_parse(holidays_builtin, strlen(holidays_builtin), "england-and-wales", &holidays,
                       &e) < 0)
        return -1;
    engine.holidays = holidays;
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    holidays_free(holidays);
    return 0;
}

static int64_t action(struct fixture *f, const char *ref, const char *rating, day_t due)
{
    int64_t a = add(f, ref, 1);

    say(f, a, part(f, a, ""), rating, "in progress", due, on(1, 1));
    return a;
}

/* What is said of an action on a day, recorded now. */
static void rate(struct fixture *f, int64_t a, const char *rating, const char *status, day_t when)
{
    say(f, a, part(f, a, ""), rating, status, DAY_NONE, when);
}

static struct chair report(struct fixture *f, day_t as_at, utc_t known_at)
{
    static const char *const slugs[] = {"test"};
    struct chair c;

    OK(chair_make(f->s, &engine, slugs, 1, as_at, known_at, &c, &e));
    return c;
}

static int64_t put(struct fixture *f, enum record_kind kind, int64_t id, const char *const *sets)
{
    struct record r = {.kind = kind};

    if (id)
        OK(record_find(f->s, kind, id, &r, &e));
    for (; *sets; sets += 2) {
        free(*record_value(&r, sets[0]));
        *record_value(&r, sets[0]) = xstrdup(sets[1]);
    }
    OK(record_put(f->s, &r, &e));
    id = r.id;
    record_clear(&r);
    return id;
}
#define PUT(kind, id, ...) put(f, kind, id, (const char *const[]){__VA_ARGS__, NULL})

static int64_t deadline(struct fixture *f, const char *title, day_t due, day_t submitted)
{
    struct deadline d = {.title = xstrdup(title), .role_id = 1, .due_on = due};
    int64_t id;

    OK(deadline_add(f->s, &d, &id, &e));
    if (day_is(submitted))
        OK(deadline_submit(f->s, id, submitted, NULL, NULL, &e));
    free(d.title);
    return id;
}

static void expect_titles(const struct chair_deadlines *all, const char *expected)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < all->count; i++)
        text_addf(&t, "%s%s", i ? " " : "", all->items[i].title);
    assert_string_equal(t.s, expected);
    text_free(&t);
}

static void expect_line(const char *markdown, const char *line)
{
    char *whole = xasprintf("\n%s\n", line);

    if (!strstr(markdown, whole))
        fail_msg("no line \"%s\" in:\n%s", line, markdown);
    free(whole);
}

/* ---- the quarter ---- */

static void test_quarters(void **state)
{
    static const char *const table[][4] = {
        /* as at, since, until: whole months of a month's last day */
        {"2017-08-31", "2017-06-01", "2017-11-30"}, {"2017-11-30", "2017-09-01", "2018-02-28"},
        {"2018-02-28", "2017-12-01", "2018-05-31"}, {"2020-02-29", "2019-12-01", "2020-05-31"},
        {"2017-09-15", "2017-06-16", "2017-12-15"}, {"2017-08-30", "2017-05-31", "2017-11-29"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(table); i++) {
        char since[DAY_ISO], until[DAY_ISO];
        struct chair c;
        day_t as_at;

        assert_int_equal(day_parse_iso(table[i][0], &as_at), 0);
        c = report(f, as_at, UTC_NONE);
        assert_string_equal(day_iso(c.since, since), table[i][1]);
        assert_string_equal(day_iso(c.until, until), table[i][2]);
        assert_int_equal(chair_before_on(&c).n, c.since.n - 1);
        chair_clear(&c);
    }
}

static void test_out_of_the_calendar(void **state)
{
    static const char *const slugs[] = {"test"}, *const wrong[] = {"tset"};
    struct fixture *f = *state;
    struct chair c;

    REFUSED(chair_make(f->s, &engine, slugs, 1, day_from_ymd(9999, 12, 31), UTC_NONE, &c, &e),
            ERR_USAGE, "31 Dec 9999");
    REFUSED(chair_make(f->s, &engine, slugs, 1, day_from_ymd(1, 1, 1), UTC_NONE, &c, &e), ERR_USAGE,
            "no quarter");
    REFUSED(chair_make(f->s, &engine, wrong, 1, on(8, 31), UTC_NONE, &c, &e), ERR_NOTFOUND, "test");
}

/* ---- position and exceptions ---- */

static void test_position_and_change(void **state)
{
    struct fixture *f = *state;
    int64_t a, b, split;
    struct chair c;
    char *markdown;

    begin(f);
    a = action(f, "1.1", "red", on(5, 1));
    b = action(f, "1.2", "red", on(5, 1));
    action(f, "1.3", "amber", on(7, 1)); /* not due at the last cut-off */
    split = add(f, "1.4", 1);
    say(f, split, part(f, split, "a"), "amber", "in progress", on(5, 1), on(1, 1));
    say(f, split, part(f, split, "b"), "red", "in progress", on(5, 1), on(1, 1));
    rate(f, a, "blue", "complete", on(6, 2));
    commit(f);
    c = report(f, on(8, 31), UTC_NONE);
    markdown = chair_markdown(&c, 1);
    assert_int_equal(strncmp(markdown, "# Report of the chair of the improvement board\n\n", 48),
                     0);
    expect_line(markdown, "London Borough of \\*Bromley\\*: the quarter from 1 Jun 2017 to 31 Aug "
                          "2017.");
    expect_line(markdown, "## Position");
    expect_line(markdown, "**A plan**: 4 of 4 actions are due (100%).");
    expect_line(markdown, "- Red: 1½ (38%); 2½ (83%) at 31 May 2017, 1 fewer");
    expect_line(markdown, "- Amber: 1½ (37%); ½ (17%) at 31 May 2017, 1 more");
    expect_line(markdown, "- Green: 0 (0%); 0 (0%) at 31 May 2017, no change");
    expect_line(markdown, "- Blue: 1 (25%); 0 (0%) at 31 May 2017, 1 more");
    expect_line(markdown, "- Past due and not complete: 3; 3 at 31 May 2017, no change");
    assert_null(strstr(markdown, "Unrated"));
    free(markdown);
    chair_clear(&c);
    begin(f); /* a late correction: said of the past, recorded today */
    rate(f, b, "green", NULL, on(5, 2));
    commit(f);
    c = report(f, on(8, 31), (utc_t){f->now - 1});
    markdown = chair_markdown(&c, 3);
    expect_line(markdown, "#### Position");
    expect_line(markdown, "- Red: 1½ (38%); 2½ (83%) at 31 May 2017, 1 fewer");
    free(markdown);
    chair_clear(&c);
    c = report(f, on(8, 31), UTC_NONE);
    markdown = chair_markdown(&c, 1);
    expect_line(markdown, "- Red: ½ (13%); 1½ (50%) at 31 May 2017, 1 fewer");
    free(markdown);
    chair_clear(&c);
}

static void test_nothing_before(void **state)
{
    struct fixture *f = *state;
    int64_t a;
    struct chair c;
    char *markdown;

    begin(f);
    a = add(f, "1.1", 1);
    say(f, a, part(f, a, ""), NULL, "in progress", on(5, 1), on(8, 31));
    commit(f);
    c = report(f, on(8, 31), UTC_NONE);
    markdown = chair_markdown(&c, 1);
    assert_false(c.plans[0].has_before);
    expect_line(markdown, "- Red: 0 (0%)");
    expect_line(markdown, "- Unrated: 1 (100%)");
    expect_line(markdown,
                "Nothing had been recorded for 31 May 2017, so there is no change to show.");
    expect_line(markdown, "0 off track; 1 past due and not complete.");
    expect_line(markdown, "## Visits and letters\n\nNone in the quarter.");
    expect_line(markdown, "## Deadlines to come, until 30 Nov 2017\n\nNone is recorded.");
    free(markdown);
    chair_clear(&c);
}

static void test_the_ten_longest(void **state)
{
    struct fixture *f = *state;
    struct chair c;
    char *markdown;

    begin(f);
    for (int i = 1; i <= 14; i++) {
        char ref[8];

        snprintf(ref, sizeof ref, "1.%d", i);
        action(f, ref, "red", i < 12 ? on(7, 1 + i % 6) : i == 12 ? on(3, 1) : on(12, i));
    }
    action(f, "1.15", "amber", on(1, 1)); /* overdue, and no exception */
    commit(f);
    c = report(f, on(8, 31), UTC_NONE);
    assert_int_equal(c.plans[0].exceptions, 14);
    assert_int_equal(c.plans[0].longest_count, 10);
    /* days over: 12 most; of those as long over the first by ref */
    static const char *const refs[] = {"1.12", "1.6", "1.1", "1.7", "1.2",
                                       "1.8",  "1.3", "1.9", "1.4", "1.10"};
    for (size_t i = 0; i < COUNT(refs); i++)
        assert_string_equal(c.plans[0].longest[i].ref, refs[i]);
    markdown = chair_markdown(&c, 1);
    expect_line(markdown, "14 off track; 13 past due and not complete. The 10 longest over:");
    expect_line(markdown, "- **1\\.12** Do it — no owner, due 1 Mar 2017, 183 days over");
    free(markdown);
    chair_clear(&c);
    c = report(f, on(7, 3), UTC_NONE);
    markdown = chair_markdown(&c, 1);
    expect_line(markdown, "- **1\\.7** Do it — no owner, due 2 Jul 2017, 1 day over");
    free(markdown);
    chair_clear(&c);
}

/* ---- visits and inspections ---- */

static void expect_events(const struct chair *c, const char *expected)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < c->events.count; i++) {
        const struct chair_event *x = &c->events.items[i];
        char from[DAY_ISO], received[DAY_ISO], published[DAY_ISO];

        text_addf(&t, "%s %s %s %s %s %s\n", x->about, x->title, day_iso(x->from_on, from),
                  day_iso(x->received_on, received), day_iso(x->published_on, published),
                  x->finding ? x->finding : "-");
    }
    assert_string_equal(t.s, expected);
    text_free(&t);
}

static void test_visits_and_letters(void **state)
{
    struct fixture *f = *state;
    struct chair c;
    utc_t before_letter;
    char *markdown;

    begin(f);
    PUT(RECORD_VISIT, 0, "kind", "monitoring", "number", "2", "from_on", "2017-05-09", "to_on",
        "2017-05-10", "letter_received_on", "2017-06-09");
    PUT(RECORD_VISIT, 0, "kind", "monitoring", "number", "1", "from_on", "2017-02-22", "to_on",
        "2017-02-23", "letter_received_on", "2017-03-24");
    PUT(RECORD_VISIT, 0, "kind", "monitoring", "number", "3", "from_on", "2017-08-08", "to_on",
        "2017-08-09");
    PUT(RECORD_VISIT, 0, "kind", "peer", "from_on", "2017-05-30", "to_on", "2017-06-01");
    PUT(RECORD_VISIT, 0, "kind", "other", "from_on", "2017-09-01");
    PUT(RECORD_INSPECTION, 0, "framework", "sif", "from_on", "2016-04-11", "to_on", "2016-05-05",
        "received_on", "2016-06-27", "published_on", "2017-06-27");
    PUT(RECORD_JUDGEMENT, 0, "inspection", "1", "area", "Care leavers", "grade", "inadequate");
    PUT(RECORD_JUDGEMENT, 0, "inspection", "1", "area", "Adoption", "finding", "Much better");
    before_letter = (utc_t){f->now};
    commit(f);
    begin(f);
    PUT(RECORD_VISIT, 3, "letter_received_on", "2017-08-30", "letter_published_on", "2017-09-08",
        "finding", "Drift_and_delay");
    commit(f);
    c = report(f, on(8, 31), UTC_NONE);
    expect_events(&c, "inspection:1 SIF inspection 2016-04-11 2016-06-27 2017-06-27 Care leavers: "
                      "inadequate; Adoption: Much better\n"
                      "visit:1 Monitoring visit 2 2017-05-09 2017-06-09  -\n"
                      "visit:4 Peer visit 2017-05-30   -\n"
                      "visit:3 Monitoring visit 3 2017-08-08 2017-08-30  Drift_and_delay\n");
    markdown = chair_markdown(&c, 1);
    expect_line(markdown, "- **Monitoring visit 3**, 8 Aug 2017 to 9 Aug 2017; letter received 30 "
                          "Aug 2017: Drift\\_and\\_delay");
    expect_line(markdown, "- **Peer visit**, 30 May 2017 to 1 Jun 2017; letter not received");
    expect_line(markdown,
                "- **SIF inspection**, 11 Apr 2016 to 5 May 2016; report received 27 Jun 2016, "
                "published 27 Jun 2017: Care leavers: inadequate; Adoption: Much better");
    free(markdown);
    chair_clear(&c);
    c = report(f, on(8, 31), before_letter);
    expect_events(&c, "inspection:1 SIF inspection 2016-04-11 2016-06-27 2017-06-27 Care leavers: "
                      "inadequate; Adoption: Much better\n"
                      "visit:1 Monitoring visit 2 2017-05-09 2017-06-09  -\n"
                      "visit:4 Peer visit 2017-05-30   -\n"
                      "visit:3 Monitoring visit 3 2017-08-08   -\n");
    chair_clear(&c);
    c = report(f, on(3, 31), (utc_t){f->now - 3600}); /* of a time when nothing was recorded */
    expect_events(&c, "");
    chair_clear(&c);
}

/* ---- deadlines ---- */

static void test_deadlines(void **state)
{
    struct fixture *f = *state;
    struct chair c;
    char *markdown;

    begin(f);
    deadline(f, "early", on(9, 30), on(8, 31));
    deadline(f, "in-time", on(7, 1), on(7, 1));
    deadline(f, "late", on(5, 1), on(6, 1));
    deadline(f, "last-quarter", on(5, 1), on(5, 31));
    deadline(f, "sent-later", on(8, 30), on(9, 1));
    deadline(f, "due-today", on(8, 31), DAY_NONE);
    deadline(f, "missed", on(6, 1), DAY_NONE);
    deadline(f, "unsent", on(5, 31), DAY_NONE);
    deadline(f, "next", on(11, 30), DAY_NONE);
    deadline(f, "beyond", on(12, 1), DAY_NONE);
    commit(f);
    c = report(f, on(8, 31), UTC_NONE);
    expect_titles(&c.met, "late in-time early");
    expect_titles(&c.missed, "missed sent-later");
    expect_titles(&c.ahead, "due-today next");
    assert_int_equal(c.unsent_before, 1);
    markdown = chair_markdown(&c, 1);
    expect_line(markdown, "- late: due 1 May 2017, sent late, on 1 Jun 2017");
    expect_line(markdown, "- in\\-time: due 1 Jul 2017, sent in time, on 1 Jul 2017");
    expect_line(markdown, "- sent\\-later: due 30 Aug 2017, not recorded as sent");
    expect_line(markdown, "Due earlier and not recorded as sent: 1.");
    expect_line(markdown, "- next: due 30 Nov 2017, send by Thu 30 Nov 2017");
    free(markdown);
    chair_clear(&c);
}

static void test_ended(void **state)
{
    struct fixture *f = *state;
    struct deadline d;
    struct chair c;

    begin(f);
    deadline(f, "ended", on(10, 1), DAY_NONE);
    OK(deadline_find(f->s, 1, &d, &e));
    d.ended_on = on(8, 1);
    OK(deadline_update(f->s, &d, &e));
    deadline_clear(&d);
    commit(f);
    c = report(f, on(8, 31), UTC_NONE);
    assert_int_equal(c.met.count + c.missed.count + c.ahead.count + c.unsent_before, 0);
    chair_clear(&c);
}

static void test_long_lists_are_cut(void **state)
{
    struct fixture *f = *state;
    struct chair c;
    char *markdown;

    begin(f);
    for (int i = 0; i < 23; i++)
        deadline(f, "x", on(7, 1 + i), on(7, 1));
    commit(f);
    c = report(f, on(8, 31), UTC_NONE);
    assert_int_equal(c.met.count, 23);
    markdown = chair_markdown(&c, 1);
    expect_line(markdown, "- and 3 more");
    assert_null(strstr(markdown, "due 21 Jul"));
    assert_non_null(strstr(markdown, "due 20 Jul"));
    free(markdown);
    chair_clear(&c);
}

/* ---- what is expected ---- */

static void window(struct fixture *f, const char *title, day_t opens, day_t due, day_t ended,
                   const char *stated_by)
{
    struct deadline d = deadline_new();
    int64_t id;

    d.title = (char *)(uintptr_t)title;
    d.rule = (char *)(uintptr_t) "MV-NEXT";
    d.stated_by = (char *)(uintptr_t)stated_by;
    d.check_name = (char *)(uintptr_t) "windows";
    d.copy_to = d.ladder = (char *)(uintptr_t) "";
    d.role_id = 1;
    d.first_due_on = d.due_on = due;
    d.opens_on = opens;
    d.ended_on = ended;
    OK(deadline_insert(f->s, &d, &id, &e));
}

static void test_expected(void **state)
{
    struct fixture *f = *state;
    struct text t = TEXT_INIT;
    struct chair c;
    char *markdown;

    begin(f);
    window(f, "Open", on(11, 1), on(12, 9), DAY_NONE, NULL);
    window(f, "Passed", on(4, 1), on(5, 1), DAY_NONE, NULL);
    window(f, "Closed", on(8, 1), on(9, 1), on(8, 20), NULL);
    window(f, "Booked for later", on(8, 1), on(9, 30), on(9, 20), NULL);
    window(f, "Far", on(12, 1), on(12, 31), DAY_NONE, NULL);
    window(f, "Stated", on(11, 1), on(11, 30), DAY_NONE, "visit:2");
    PUT(RECORD_VISIT, 0, "kind", "monitoring", "number", "5", "from_on", "2017-10-30", "to_on",
        "2017-10-31");
    PUT(RECORD_VISIT, 0, "kind", "monitoring", "number", "6", "expected_from_on", "2017-11-01",
        "expected_to_on", "2017-11-30");
    PUT(RECORD_VISIT, 0, "kind", "peer", "expected_from_on", "2017-11-30");
    PUT(RECORD_VISIT, 0, "kind", "peer", "from_on", "2017-12-01");
    PUT(RECORD_INSPECTION, 0, "framework", "ilacs", "from_on", "2017-09-01", "to_on", "2017-09-05");
    commit(f);
    c = report(f, on(8, 31), UTC_NONE);
    text_clear(&t);
    for (size_t i = 0; i < c.expected.count; i++) {
        const struct chair_expected *x = &c.expected.items[i];

        text_addf(&t, "%s %s%s\n", x->about, x->title, x->booked ? " booked" : "");
    }
    assert_string_equal(t.s, "deadline:2 Passed\n"
                             "inspection:1 ILACS inspection booked\n"
                             "visit:1 Monitoring visit 5 booked\n"
                             "deadline:1 Open\n"
                             "deadline:6 Stated\n"
                             "visit:3 Peer visit\n");
    text_free(&t);
    markdown = chair_markdown(&c, 1);
    expect_line(markdown, "- Passed: expected 1 Apr 2017 to 1 May 2017, which has passed");
    expect_line(markdown, "- Open: expected 1 Nov 2017 to 9 Dec 2017, not booked");
    expect_line(markdown, "- Monitoring visit 5: 30 Oct 2017 to 31 Oct 2017");
    expect_line(markdown, "- Peer visit: expected 30 Nov 2017, not booked");
    free(markdown);
    chair_clear(&c);
}

/* ---- the draft ---- */

static void test_draft(void **state)
{
    struct fixture *f = *state;
    char *markdown;
    int64_t id;

    begin(f);
    action(f, "1.1", "red", on(5, 1));
    OK(plan_add(f->s, "another", "Another plan", "rag", &id, &e));
    commit(f);
    OK(chair_draft(f->s, &engine, "chair", on(8, 31), (utc_t){f->now}, &markdown, &e));
    assert_int_equal(strncmp(markdown, "## Report of", 12), 0);
    expect_line(markdown, "**A plan**: 1 of 1 actions are due (100%)."); /* of all plans held */
    expect_line(markdown, "**Another plan**: 0 of 0 actions are due (0%).");
    free(markdown);
    REFUSED(chair_draft(f->s, &engine, "board", on(8, 31), (utc_t){f->now}, &markdown, &e),
            ERR_NOTFOUND, "no report is called \"board\"");
}

static void test_draft_without_a_plan(void **state)
{
    char path[] = "/tmp/csid-chair-XXXXXX", *markdown, *wal, *shm;
    struct store *s;

    (void)state;
    assert_true(close(mkstemp(path)) == 0);
    OK(store_open(path, &s, &e));
    REFUSED(chair_draft(s, &engine, "chair", on(8, 31), (utc_t){0}, &markdown, &e), ERR_NOTFOUND,
            "no plan is held yet");
    store_close(s);
    wal = xasprintf("%s-wal", path);
    shm = xasprintf("%s-shm", path);
    unlink(path);
    unlink(wal);
    unlink(shm);
    free(wal);
    free(shm);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_quarters),
        TEST(test_out_of_the_calendar),
        TEST(test_position_and_change),
        TEST(test_nothing_before),
        TEST(test_the_ten_longest),
        TEST(test_visits_and_letters),
        TEST(test_deadlines),
        TEST(test_ended),
        TEST(test_long_lists_are_cut),
        TEST(test_expected),
        TEST(test_draft),
        cmocka_unit_test(test_draft_without_a_plan),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
