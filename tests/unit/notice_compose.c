/* What the mails of the checks say: golden texts, as a plain mail shows them, and hostile facts. */
#define ORGANISATION "London Borough of Bromley"
#include "notice_letter.h"

static struct deadline_facts chairs(const char *today)
{
    return (struct deadline_facts){
        .title = "Chair's report to the Secretary of State",
        .recipient = "Secretary of State",
        .source = "Direction of 12 Sep 2017",
        .role = "Chair of the improvement board",
        .holder = "A. Chair",
        .why_not_due = "Sunday",
        .due_on = day("2017-10-01"),
        .send_by = day("2017-09-29"),
        .due_was = DAY_NONE,
        .today = day(today),
    };
}

static void test_actions(void **state)
{
    struct action_item items[] = {
        {"5.12", "", "Audit all care plans", "Amber", "repeat", day("2017-08-20"), -12},
        {"5.2", "a, b", "Weekly return", NULL, "new", day("2017-08-31"), -1},
        {"6.1", "", "Visit plan", "Green", NULL, day("2017-09-02"), 1},
        {"6.2", "", "Rota", NULL, "T-14", day("2017-09-15"), 14},
    };
    struct letter l;
    char *also;

    (void)state;
    compose_actions(
        footer("Head of Care and Head of Courts", "actions-overdue 2017-09-01", "2017-09-04"),
        items, 4, false, &l);
    expect(&l, "2 actions overdue, the longest by 12 days",
           "Please act today: 2 actions you own are past their due dates. Complete each, or reply "
           "with what stands in the way and when it will be done.\n"
           "\n"
           "Overdue\n"
           "\n"
           "- 5.12 Audit all care plans — due 20 Aug 2017, 12 days over, Amber (repeat)\n"
           "- 5.2 Weekly return (part a, b) — due 31 Aug 2017, 1 day over (new)\n"
           "\n"
           "Due within 7 days\n"
           "\n"
           "- 6.1 Visit plan — due 2 Sep 2017, tomorrow, Green\n"
           "\n"
           "Due within 28 days\n"
           "\n"
           "- 6.2 Rota — due 15 Sep 2017, in 14 days (T-14)\n"
           "\n" RULE "\n"
           "Why you get this: you hold Head of Care and Head of Courts, which owns them; today "
           "because of 3, marked in brackets.\n"
           "Next: again on Mon 4 Sep 2017, for what is still open then and has no new date.\n"
           "Reference: actions-overdue 2017-09-01 (csid for London Borough of Bromley)\n");
    compose_actions(footer("Head of Care", "actions-overdue 2017-09-01", NULL), items + 1, 1, true,
                    &l);
    assert_string_equal(l.subject, "Copy: 1 action overdue, by 1 day");
    assert_non_null(strstr(l.markdown, "For your information; who owns them was told the same."));
    letter_clear(&l);
    compose_actions(footer("Head of Care", "actions-due-soon 2017-09-01", NULL), items + 2, 2,
                    false, &l);
    assert_string_equal(l.subject, "2 actions due soon, the first on Sat 2 Sep 2017");
    assert_non_null(strstr(l.markdown, "Please see that it is done by Sat 2 Sep 2017: actions you "
                                       "own are due soon."));
    letter_clear(&l);
    also = compose_also(items + 1, 2);
    assert_string_equal(also, "\n# Also yours, told at other times\n\n**Overdue**\n\n"
                              "- **5\\.2** Weekly return (part a, b) — due 31 Aug 2017, 1 day over "
                              "(new)\n\n**Due within 7 days**\n\n"
                              "- **6\\.1** Visit plan — due 2 Sep 2017, tomorrow, Green\n");
    free(also);
}

static void test_visits(void **state)
{
    struct visit_item items[] = {
        {"Monitoring visit 5", "T-28", day("2017-10-30"), day("2017-10-31"), DAY_NONE},
        {"ILACS inspection", "T-14", day("2017-11-06"), day("2017-11-06"), day("2017-11-13")},
    };
    struct letter l;

    (void)state;
    compose_visits(footer("Programme office", "visit:1 T-28", "2017-10-16"), "10 and 3 days before",
                   items, 2, day("2017-10-02"), &l);
    expect(
        &l,
        "2 visits or inspections ahead, first: Monitoring visit 5 begins Mon 30 Oct 2017, in 28 "
        "days",
        "Please see that everyone who is needed is free from Mon 30 Oct 2017: Monitoring visit 5 "
        "begins in 28 days.\n"
        "\n"
        "- Monitoring visit 5 — Mon 30 Oct 2017 to Tue 31 Oct 2017, in 28 days (T-28)\n"
        "- ILACS inspection — Mon 6 Nov 2017, in 35 days (T-14, changed, was Mon 13 Nov 2017)\n"
        "\n" RULE "\n"
        "Why you get this: you hold Programme office, which is told 10 and 3 days before.\n"
        "Next: again on Mon 16 Oct 2017, unless the dates change.\n"
        "Reference: visit:1 T-28 (csid for London Borough of Bromley)\n");
    compose_visits(footer("Programme office", "visit:1 T-1", NULL), "1 day before", items, 1,
                   day("2017-10-29"), &l);
    assert_string_equal(l.subject, "Monitoring visit 5 begins Mon 30 Oct 2017, tomorrow");
    letter_clear(&l);
}

static void test_deadline(void **state)
{
    struct deadline_facts f = chairs("2017-09-15");
    struct letter l;

    (void)state;
    compose_deadline(footer(f.role, "deadline:1 T-14", "2017-09-22"), &f, &l);
    expect(
        &l,
        "Chair's report to the Secretary of State: send by Fri 29 Sep 2017 to Secretary of State",
        "Send by Fri 29 Sep 2017, in 14 days: Chair's report to the Secretary of State, to "
        "Secretary of State.\n"
        "\n"
        "Not recorded as sent. When it has gone, reply with the date, so that it can be "
        "recorded.\n"
        "\n"
        "- Due: Sun 1 Oct 2017\n"
        "- Send by: Fri 29 Sep 2017, because 1 Oct 2017 is a Sunday\n"
        "- Owed by: Chair of the improvement board, A. Chair\n"
        "- Source: Direction of 12 Sep 2017\n"
        "\n" RULE "\n"
        "Why you get this: you hold Chair of the improvement board, which owes it.\n"
        "Next: a reminder on Fri 22 Sep 2017, unless it is recorded as sent before.\n"
        "Reference: deadline:1 T-14 (csid for London Borough of Bromley)\n");
}

static void test_deadline_that_moved(void **state)
{
    struct deadline_facts f = chairs("2017-09-15");
    struct letter l;

    (void)state;
    f.due_was = day("2017-10-15");
    compose_deadline(footer(f.role, "deadline:1 T-14", NULL), &f, &l);
    assert_non_null(strstr(l.markdown, "\n- Due: Sun 1 Oct 2017 (changed, was Sun 15 Oct 2017)\n"
                                       "- Send by: Fri 29 Sep 2017, because"));
    letter_clear(&l);
}

/* What a rule says of it, and the draft of the report, which stands last. */
static void test_deadline_with_draft(void **state)
{
    struct deadline_facts f = chairs("2017-09-01");
    struct letter l;

    (void)state;
    f.source = NULL;
    f.citation = "Education Act 1996 s497A(4B)";
    f.missed = "The direction is not met; the Secretary of State may direct further";
    f.draft = "## Report\n\n- Red: 23\n- Amber: 142\n";
    f.draft_on = f.cut_on = day("2017-08-31");
    compose_deadline(footer(f.role, "deadline:1 T-28", "2017-09-15"), &f, &l);
    expect(
        &l,
        "Chair's report to the Secretary of State: send by Fri 29 Sep 2017 to Secretary of State",
        "Send by Fri 29 Sep 2017, in 28 days: Chair's report to the Secretary of State, to "
        "Secretary of State.\n"
        "\n"
        "Not recorded as sent. When it has gone, reply with the date, so that it can be "
        "recorded.\n"
        "If it is missed: The direction is not met; the Secretary of State may direct further\n"
        "A draft of it stands below, figures as at 31 Aug 2017.\n"
        "\n"
        "- Due: Sun 1 Oct 2017\n"
        "- Send by: Fri 29 Sep 2017, because 1 Oct 2017 is a Sunday\n"
        "- Owed by: Chair of the improvement board, A. Chair\n"
        "- Rests on: Education Act 1996 s497A(4B)\n"
        "\n"
        "Draft of the report\n"
        "===================\n"
        "\n"
        "Figures cut off at 31 Aug 2017. A draft to be edited: csid sends it to nobody.\n"
        "\n"
        "Report\n"
        "------\n"
        "\n"
        "- Red: 23\n"
        "- Amber: 142\n"
        "\n" RULE "\n"
        "Why you get this: you hold Chair of the improvement board, which owes it.\n"
        "Next: a reminder on Fri 15 Sep 2017, unless it is recorded as sent before.\n"
        "Reference: deadline:1 T-28 (csid for London Borough of Bromley)\n");
}

static void expect_within(const struct deadline_facts *f, const char *const *lines, size_t count)
{
    struct letter l;
    char *plain;

    compose_deadline(footer("Chair", "deadline:1", NULL), f, &l);
    plain = plain_from_markdown(l.markdown);
    for (size_t i = 0; i < count; i++)
        if (!strstr(plain, lines[i]))
            fail_msg("no \"%s\" in:\n%s", lines[i], plain);
    free(plain);
    letter_clear(&l);
}

static void test_draft_situations(void **state)
{
    static const char *const
        early[] = {"figures as at 1 Sep 2017.",
                   "Figures cut off at 1 Sep 2017; the report is to have "
                   "those of 30 Sep 2017. A draft to be edited"},
        *const none[] = {"There is no draft of it, see below.",
                         "It could not be made: no plan is held\n\n---"},
        *const past[] = {"Past when it was recorded: was it sent? Chair's report to the "
                         "Secretary of State, to Secretary of State, was due Sun 1 Oct "
                         "2017.\n",
                         ("Not recorded as sent. Reply with the day it went, or that it "
                          "never did, so that it can be recorded.\nIf it was missed: Trouble\n"),
                         "Next: nothing more is planned."};
    struct deadline_facts f = chairs("2017-09-01");
    struct letter l;

    (void)state;
    f.draft = "text\n";
    f.draft_on = day("2017-09-01");
    f.cut_on = day("2017-09-30");
    expect_within(&f, early, COUNT(early));
    f.draft = NULL;
    f.no_draft = "no plan is held";
    expect_within(&f, none, COUNT(none));
    f = chairs("2018-09-01");
    f.past = true;
    f.missed = "Trouble";
    expect_within(&f, past, COUNT(past));
    f.copy = true;
    compose_deadline(footer("Chair", "deadline:1", NULL), &f, &l);
    assert_string_equal(l.subject, "Copy: Was it sent? Chair's report to the Secretary of State, "
                                   "due Sun 1 Oct 2017, to Secretary of State");
    assert_null(strstr(l.markdown, "Reply with"));
    letter_clear(&l);
}

/* The first line and the footer's second, for each situation. */
static void test_deadline_situations(void **state)
{
    static const struct {
        const char *today, *next, *subject, *first, *footer;
        bool copy, nobody, holiday;
    } table[] = {
        {"2017-09-29", "2017-10-02", "X: send by Fri 29 Sep 2017 to Y",
         "Send by Fri 29 Sep 2017, today: X, to Y.",
         "Next: it is overdue, and said so from Mon 2 Oct 2017 on, unless", false, false, false},
        {"2017-09-28", "2017-09-29", "X: send by Fri 29 Sep 2017 to Y",
         "Send by Fri 29 Sep 2017, tomorrow: X, to Y.", "Next: a reminder on Fri 29 Sep 2017",
         false, false, false},
        {"2017-09-30", "2017-10-02", "X: send by Fri 29 Sep 2017 to Y",
         "Send it now, it was to go by Fri 29 Sep 2017: X, to Y.", "Next: it is overdue", false,
         false, false},
        {"2017-10-02", "2017-10-03", "Overdue by 1 day: X, due Sun 1 Oct 2017, to Y",
         "Send it now, it is overdue by 1 day: X, to Y.",
         "said so from Tue 3 Oct 2017 on, unless it is recorded as sent before", false, false,
         false},
        {"2017-10-12", NULL, "Overdue by 11 days: X, due Sun 1 Oct 2017, to Y",
         "Send it now, it is overdue by 11 days: X, to Y.", "Next: nothing more is planned.", false,
         false, false},
        {"2017-09-15", "2017-09-22", "Copy: X: send by Fri 29 Sep 2017 to Y",
         "For your information; A. Chair was told: Send by Fri 29 Sep 2017, in 14 days: X, to Y.",
         "who gets a copy of every such reminder", true, false, false},
        {"2017-09-15", "2017-09-22", "Copy: X: send by Fri 29 Sep 2017 to Y",
         "Please find someone to see to this: nobody holds the role Chair, so only copies went "
         "out. "
         "Send by "
         "Fri 29 Sep 2017, in 14 days: X, to Y.",
         "gets a copy", true, true, false},
        {"2017-09-15", "2017-09-22", "X: send by Fri 29 Sep 2017 to Y",
         "- Send by: Fri 29 Sep 2017, because 1 Oct 2017 is no working day (Good Friday)",
         "Next:", false, false, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct deadline_facts f = chairs(table[i].today);
        struct letter l;
        char *plain;

        f.title = "X";
        f.recipient = "Y";
        f.copy = table[i].copy;
        f.holder = table[i].nobody ? NULL : f.holder;
        f.nobody = "nobody holds the role Chair";
        f.why_not_due = table[i].holiday ? "Good Friday" : f.why_not_due;
        compose_deadline(footer("Chair", "deadline:1", table[i].next), &f, &l);
        plain = plain_from_markdown(l.markdown);
        assert_string_equal(l.subject, table[i].subject);
        if (!strstr(plain, table[i].first))
            fail_msg("%zu: no \"%s\" in:\n%s", i, table[i].first, plain);
        if (i != 5 && !strstr(plain, table[i].footer))
            fail_msg("%zu: no \"%s\" in:\n%s", i, table[i].footer, plain);
        free(plain);
        letter_clear(&l);
    }
}

/* Whatever a title holds, it makes no markup, no header and no second line. */
static void test_hostile(void **state)
{
    char *huge = xcalloc(1, 4001);

    (void)state;
    memset(huge, 'x', 4000);
    for (size_t i = 0; i <= COUNT(hostile_titles); i++) {
        const char *title = i < COUNT(hostile_titles) ? hostile_titles[i] : huge;
        struct action_item item = {"1.1", title, title, title, "new", day("2017-08-20"), -12};
        struct deadline_facts f = chairs("2017-09-15");
        struct letter letters[2];

        f.title = f.recipient = f.source = f.role = f.holder = title;
        f.citation = f.missed = f.no_draft = title;
        compose_actions(footer(title, title, NULL), &item, 1, false, &letters[0]);
        compose_deadline(footer(title, title, NULL), &f, &letters[1]);
        for (size_t k = 0; k < COUNT(letters); k++) {
            struct mail m = {.from = "csid <csi@x.example>",
                             .to = "a@x.example",
                             .reply_to = "",
                             .subject = letters[k].subject,
                             .message_id = "id@x.example",
                             .markdown = letters[k].markdown,
                             .date = {1504254600}};
            size_t len, lines = 0;
            char *bytes, *html;
            struct err e;

            if (mail_build(&m, &bytes, &len, &e) != 0)
                fail_msg("title %zu: %s", i, e.text);
            assert_null(strstr(bytes, "\nBcc:"));
            html = strstr(bytes, "text/html");
            assert_non_null(html);
            assert_null(strstr(html, "<b>"));
            assert_null(strstr(html, "href"));
            assert_null(strstr(html, "<code"));
            assert_null(strstr(k == 0 ? html : strstr(html, "</h1>"), "<h1"));
            assert_true(strlen(letters[k].subject) < 400);
            for (const char *p = letters[k].markdown; (p = strchr(p, '\n')); p++)
                lines++;
            assert_int_equal(lines, k == 0 ? 11 : 21);
            free(bytes);
            letter_clear(&letters[k]);
        }
    }
    free(huge);
}

/* Cut between characters, never within one. */
static void test_cut(void **state)
{
    char title[603] = "x";
    struct deadline_facts f = chairs("2017-09-15");
    struct letter l;

    (void)state;
    for (int i = 0; i < 300; i++)
        memcpy(title + 1 + 2 * i, "é", 3);
    f.title = title;
    compose_deadline(footer("Chair", "deadline:1", NULL), &f, &l);
    assert_true(utf8_valid(l.subject, strlen(l.subject)));
    assert_true(utf8_valid(l.markdown, strlen(l.markdown)));
    assert_non_null(strstr(l.subject, "é…: send by Fri 29 Sep 2017 to Secretary of State"));
    letter_clear(&l);
}

static void test_reassigned(void **state)
{
    const struct reassigned_item items[] = {
        {"5.12", "Audit all care plans", "Head of Care (Ann Lee)", day("2017-08-20"), false},
        {NULL, "Return to the Department", "nobody", day("2017-09-02"), false},
        {NULL, "First monitoring visit", "Ann Lee", day("2017-10-02"), true},
        {"5.13", "Undated", "Ann Lee", DAY_NONE, false},
    };
    struct letter l;

    (void)state;
    compose_reassigned(footer("Head of Homes", "a:5.12 2017-09-01", NULL), items, 4,
                       day("2017-09-01"), &l);
    expect(
        &l, "Now yours: 2 actions and 2 deadlines",
        "From today these are with you: 2 actions and 2 deadlines. See that each is done by its "
        "date, or reply where one should not be yours.\n"
        "\n"
        "- 5.12 Audit all care plans — due Sun 20 Aug 2017, 12 days over; before with Head of "
        "Care (Ann Lee)\n"
        "- Return to the Department — due Sat 2 Sep 2017, tomorrow; before with nobody\n"
        "- First monitoring visit — expected by Mon 2 Oct 2017, in 31 days; before with Ann Lee\n"
        "- 5.13 Undated — without a date; before with Ann Lee\n"
        "\n" RULE "\n"
        "Why you get this: you hold Head of Homes, which has them now.\n"
        "Next: what is due is told by its date.\n"
        "Reference: a:5.12 2017-09-01 (csid for London Borough of Bromley)\n");
    compose_reassigned(footer("Head of Homes", "deadline:1 2017-09-01", NULL), items + 1, 1,
                       day("2017-09-01"), &l);
    assert_string_equal(l.subject, "Now yours: 1 deadline");
    assert_non_null(strstr(l.markdown, "From today this is with you: 1 deadline."));
    letter_clear(&l);
    for (size_t i = 0; i < COUNT(hostile_titles); i++) {
        const struct reassigned_item hostile = {hostile_titles[i], hostile_titles[i],
                                                hostile_titles[i], day("2017-09-02"), false};

        compose_reassigned(footer(hostile_titles[i], "x", NULL), &hostile, 1, day("2017-09-01"),
                           &l);
        assert_null(strpbrk(l.subject, "\r\n"));
        assert_null(strstr(l.markdown, "\n- of things"));
        assert_null(strstr(l.markdown, "\nBcc:"));
        letter_clear(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_visits),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_deadline_that_moved),
        cmocka_unit_test(test_deadline_situations),
        cmocka_unit_test(test_deadline_with_draft),
        cmocka_unit_test(test_draft_situations),
        cmocka_unit_test(test_reassigned),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
