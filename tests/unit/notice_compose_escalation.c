/* What the letters about escalations say: golden texts, as a plain mail shows them, and hostile
 * facts. */
#define ORGANISATION "City of Bradford"
#include "notice_letter.h"

static struct escalation_item late(const struct escalation_who *told, size_t count)
{
    return (struct escalation_item){.ref = "5.12",
                                    .title = "Train staff",
                                    .number = "5.12",
                                    .due_on = day("2017-12-15"),
                                    .days = 20,
                                    .owner = "Head of Care",
                                    .owner_name = "Ann Lee",
                                    .told = told,
                                    .told_count = count,
                                    .next = "Chair of the board",
                                    .next_name = "Cy Chair",
                                    .next_on = day("2018-01-24")};
}

static void test_one(void **state)
{
    const struct escalation_who told[] = {{"Head of Care", "Ann Lee", day("2017-12-18"), false},
                                          {"Manager", NULL, day("2017-12-21"), true}};
    struct escalation_item item = late(told, 2);
    struct letter l;

    (void)state;
    compose_escalation(footer("Executive", "p:5.12 level 3 of escalation:1", NULL), &item, 1, true,
                       &l);
    expect(&l, "Escalated to you: 5.12 is 20 days overdue: Train staff",
           "Please see to it: what is 20 days overdue has come up to you. It was not settled by "
           "who was told before.\n"
           "\n"
           "- 5.12 Train staff — due 15 Dec 2017, 20 days over.\n"
           "  Owner: Head of Care (Ann Lee)\n"
           "  Told so far: Head of Care (Ann Lee) on Mon 18 Dec 2017; Manager could not be told, "
           "tried Thu 21 Dec 2017\n"
           "  Next: Chair of the board (Cy Chair) is told on Wed 24 Jan 2018, unless it is "
           "complete or has a later date before.\n"
           "\n"
           "With a log-in to csid:\n"
           "\n"
           "- csictl action show 5.12: how it stands\n"
           "- csictl action extend 5.12 --to DATE --why TEXT: asks for a later date, which "
           "somebody else grants\n"
           "\n"
           "Without one: reply and say what will be done by when; the programme office records "
           "it.\n"
           "\n" RULE "\n"
           "Why you get this: you hold Executive, to which this is escalated.\n"
           "Next: as said above.\n"
           "Reference: p:5.12 level 3 of escalation:1 (csid for City of Bradford)\n");
}

static void test_several(void **state)
{
    struct escalation_item items[] = {late(NULL, 0), late(NULL, 0)};
    struct letter l;

    (void)state;
    items[0].owner = NULL;
    items[0].days = 1;
    items[1].deadline = true;
    items[1].ref = "deadline:3";
    items[1].number = "3";
    items[1].owner_name = NULL;
    items[1].next = NULL;
    compose_escalation(footer("Chair", "x", NULL), items, 2, false, &l);
    expect(&l, "Escalated to you: 2 matters, the longest 20 days overdue",
           "Please see to it: 2 overdue matters have come up to you. They were not settled by who "
           "was told before.\n"
           "\n"
           "- 5.12 Train staff — due 15 Dec 2017, 1 day over.\n"
           "  Owner: nobody\n"
           "  Told so far: nobody, for nobody owns it\n"
           "  Next: Chair of the board (Cy Chair) is told on Wed 24 Jan 2018, unless it is "
           "complete or has a later date before.\n"
           "- deadline:3 Train staff — due 15 Dec 2017, 20 days over.\n"
           "  Owner: Head of Care\n"
           "  Told so far: nobody, for nobody owns it\n"
           "  Next: nobody above you is told, unless it is recorded as sent before.\n"
           "\n"
           "With a log-in to csid:\n"
           "\n"
           "- csictl action show 5.12: how it stands\n"
           "- csictl action extend 5.12 --to DATE --why TEXT: asks for a later date, which "
           "somebody else grants\n"
           "- csictl deadline submit 3 --on DATE: records that it was sent\n"
           "\n"
           "Without one: reply and say what will be done by when, so that it can be recorded.\n"
           "\n" RULE "\n"
           "Why you get this: you hold Chair, to which this is escalated.\n"
           "Next: as said above of each.\n"
           "Reference: x (csid for City of Bradford)\n");
}

static void test_resolved(void **state)
{
    const struct resolved_item items[] = {{"5.12", "Train staff", "complete on 4 Jan 2018"},
                                          {"deadline:3", "Return", "submitted on 5 Jan 2018"}};
    struct letter l;

    (void)state;
    compose_resolved(footer("Executive", "x", NULL), items, 1, &l);
    expect(&l, "Resolved: 5.12 complete on 4 Jan 2018",
           "For your information: what was escalated to you is settled.\n"
           "\n"
           "- 5.12 Train staff — complete on 4 Jan 2018\n"
           "\n" RULE "\n"
           "Why you get this: you hold Executive, to which it was escalated.\n"
           "Next: nothing more of it.\n"
           "Reference: x (csid for City of Bradford)\n");
    compose_resolved(footer("Executive", "x", NULL), items, 2, &l);
    assert_string_equal(l.subject, "Resolved: 2 matters that were escalated to you");
    letter_clear(&l);
}

/* Whatever a title or a name holds, the letter keeps its lines. */
static void test_hostile(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile_titles); i++) {
        const char *t = hostile_titles[i];
        const struct escalation_who told = {t, t, day("2017-12-18"), false};
        struct escalation_item item = late(&told, 1);
        struct resolved_item done = {t, t, t};
        struct letter l;
        char *plain;

        item.ref = item.title = item.owner = item.owner_name = item.next = item.next_name = t;
        compose_escalation(footer(t, t, NULL), &item, 1, true, &l);
        assert_null(strpbrk(l.subject, "\r\n"));
        plain = plain_from_markdown(l.markdown);
        assert_non_null(strstr(plain, "\n  Told so far: "));
        assert_non_null(strstr(plain, "\nWithout one: reply"));
        assert_null(strstr(plain, "\nBcc:"));
        free(plain);
        letter_clear(&l);
        compose_resolved(footer(t, t, NULL), &done, 1, &l);
        assert_null(strpbrk(l.subject, "\r\n"));
        plain = plain_from_markdown(l.markdown);
        assert_null(strstr(plain, "\nBcc:"));
        assert_non_null(strstr(plain, "\nNext: nothing more of it.\n"));
        free(plain);
        letter_clear(&l);
    }
}

static void test_unread(void **state)
{
    struct compose_footer f = *footer("Executive", "x", NULL);
    struct escalation_item item = late(NULL, 0);
    struct letter l;

    (void)state;
    f.unread = true;
    compose_escalation(&f, &item, 1, true, &l);
    assert_string_equal(l.markdown, "");
    assert_string_equal(l.subject, "Escalated to you: 5.12 is 20 days overdue: Train staff");
    letter_clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),      cmocka_unit_test(test_several),
        cmocka_unit_test(test_resolved), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_unread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
