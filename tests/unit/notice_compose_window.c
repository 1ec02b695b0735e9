/* What the letters about windows and vacant roles say: golden texts, as a plain mail shows them,
 * and hostile facts. */
#define ORGANISATION "City of Bradford"
#include "notice_letter.h"

static struct window_item visit(bool opens)
{
    return (struct window_item){.title = "First monitoring visit",
                                .opens_on = day("2019-01-29"),
                                .due_on = day("2019-07-29"),
                                .opens = opens};
}

static struct window_item letter(bool opens)
{
    return (struct window_item){.title = "Letter after the visit of 31 Jan 2019",
                                .command = "csictl visit update 3 --letter-received-on DATE",
                                .opens_on = day("2019-02-22"),
                                .due_on = day("2019-03-14"),
                                .opens = opens};
}

/* ---- windows ---- */

static void test_nothing_booked(void **state)
{
    struct window_item items[] = {visit(false), visit(true)};
    struct letter l;

    (void)state;
    items[1].title = "Re-inspection";
    items[1].opens_on = items[1].due_on = day("2019-08-01");
    compose_windows(footer("Director", "deadline:3 warn+7", "2019-08-12"), items, 2,
                    day("2019-08-05"), &l);
    expect(&l,
           "Nothing booked: First monitoring visit, was expected by Mon 29 Jul 2019; and 1 more",
           "Please book it, or ask Ofsted: nothing is booked for First monitoring visit, was "
           "expected by Mon 29 Jul 2019.\n"
           "\n"
           "- First monitoring visit — expected from Tue 29 Jan 2019 to Mon 29 Jul 2019 (7 days "
           "past)\n"
           "- Re-inspection — expected on Thu 1 Aug 2019 (4 days past)\n"
           "\n"
           "When a day is fixed, reply with it, so that it can be recorded.\n"
           "\n" RULE "\n"
           "Why you get this: you hold Director, which hears of what is expected.\n"
           "Next: again on Mon 12 Aug 2019, unless a day is recorded before.\n"
           "Reference: deadline:3 warn+7 (csid for City of Bradford)\n");
}

/* The subject and the first line, as time goes by. */
static void test_as_time_goes_by(void **state)
{
    static const struct {
        const char *today, *subject, *first;
        bool opens, letters;
    } table[] = {
        {"2019-01-29", "First monitoring visit may come from Tue 29 Jan 2019 to Mon 29 Jul 2019",
         "For your information: First monitoring visit may come from Tue 29 Jan 2019 to Mon 29 Jul "
         "2019; nothing is booked.\n",
         true, false},
        {"2019-07-30",
         "First monitoring visit was expected from Tue 29 Jan 2019 to Mon 29 Jul "
         "2019",
         "For your information: First monitoring visit was expected from Tue 29 Jan 2019 to Mon 29 "
         "Jul 2019; nothing is booked.\n",
         true, false},
        {"2019-07-29", "Nothing booked: First monitoring visit, expected by Mon 29 Jul 2019",
         "Please book it, or ask Ofsted: nothing is booked for First monitoring visit, expected by "
         "Mon 29 Jul 2019.\n",
         false, false},
        {"2019-07-30", "Nothing booked: First monitoring visit, was expected by Mon 29 Jul 2019",
         "Please book it, or ask Ofsted: nothing is booked for First monitoring visit, was "
         "expected by Mon 29 Jul 2019.\n",
         false, false},
        {"2019-02-22",
         "Letter after the visit of 31 Jan 2019 may come from Fri 22 Feb 2019 to Thu 14 Mar 2019",
         "For your information: Letter after the visit of 31 Jan 2019 may come from Fri 22 Feb "
         "2019 to Thu 14 Mar 2019.\n",
         true, true},
        {"2019-03-13",
         "Has it come? Letter after the visit of 31 Jan 2019, expected by Thu 14 Mar "
         "2019",
         "Has it come? Letter after the visit of 31 Jan 2019 is expected between Fri 22 Feb 2019 "
         "and Thu 14 Mar 2019.\n",
         false, true},
        {"2019-03-14",
         "Has it come? Letter after the visit of 31 Jan 2019, expected by Thu 14 Mar "
         "2019",
         "Has it come? Letter after the visit of 31 Jan 2019 was expected between Fri 22 Feb 2019 "
         "and Thu 14 Mar 2019.\n",
         false, true},
        {"2019-03-15",
         "Has it come? Letter after the visit of 31 Jan 2019, was expected by Thu 14 Mar 2019",
         "Has it come? Letter after the visit of 31 Jan 2019 was expected between", false, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct window_item item = table[i].letters ? letter(table[i].opens) : visit(table[i].opens);
        struct letter l;
        char *plain;

        (table[i].letters ? compose_letters : compose_windows)(
            footer("Director", "deadline:3 s", NULL), &item, 1, day(table[i].today), &l);
        plain = plain_from_markdown(l.markdown);
        assert_string_equal(l.subject, table[i].subject);
        if (strncmp(plain, table[i].first, strlen(table[i].first)) != 0)
            fail_msg("%zu: %s", i, plain);
        free(plain);
        letter_clear(&l);
    }
}

static void test_letter_awaited(void **state)
{
    struct window_item items[] = {letter(false), letter(true)};
    struct letter l;

    (void)state;
    items[1].title = "Letter of which no visit is known";
    items[1].command = NULL;
    compose_letters(footer("Director and Programme office", "deadline:4 warn", "2019-03-21"), items,
                    2, day("2019-03-14"), &l);
    expect(&l,
           "Has it come? Letter after the visit of 31 Jan 2019, expected by Thu 14 Mar 2019; and "
           "1 more",
           "Has it come? Letter after the visit of 31 Jan 2019 was expected between Fri 22 Feb "
           "2019 and Thu 14 Mar 2019.\n"
           "\n"
           "- Letter after the visit of 31 Jan 2019 — expected from Fri 22 Feb 2019 to Thu 14 Mar "
           "2019\n"
           "  To record it: csictl visit update 3 --letter-received-on DATE\n"
           "- Letter of which no visit is known — expected from Fri 22 Feb 2019 to Thu 14 Mar "
           "2019 (has opened)\n"
           "\n"
           "When it has come, reply with the day, so that it can be recorded.\n"
           "\n" RULE "\n"
           "Why you get this: you hold Director and Programme office, which hears of what is "
           "expected.\n"
           "Next: again on Thu 21 Mar 2019, unless it is recorded as received before.\n"
           "Reference: deadline:4 warn (csid for City of Bradford)\n");
}

/* ---- vacancies ---- */

static void test_vacancies(void **state)
{
    struct vacancy owing[] = {vacancy_new(1, "chair", "Chair of the board", NULL),
                              vacancy_new(2, "head", "Head of Care", "Bob Jones")};
    struct vacancy owning = vacancy_new(2, "head", "Head of Care", "Bob Jones");
    struct letter l;

    (void)state;
    vacancy_add_duty(&owing[0], "deadline:1", "Quarterly report", day("2017-10-01"), false);
    vacancy_add_duty(&owing[0], "deadline:2", "Monitoring visit", day("2017-12-01"), true);
    vacancy_add_duty(&owing[1], "deadline:3", "Return", day("2017-11-01"), false);
    vacancy_add_action(&owning, day("2017-09-20"));
    vacancy_add_action(&owning, day("2017-08-20"));
    compose_vacancies(footer("Director", "vacancies 2017-09-01", "2017-09-08"), owing, 2, &owning,
                      1, "nobody holds the role Programme office", &l);
    expect(&l, "2 roles reach nobody, first: Chair of the board",
           "Please find someone for Chair of the board: nobody holds it, and it owes Quarterly "
           "report, due Sun 1 Oct 2017.\n"
           "\n"
           "What is owed, or to be heard of:\n"
           "\n"
           "- Chair of the board: nobody holds it\n"
           "  - Quarterly report: due Sun 1 Oct 2017\n"
           "  - Monitoring visit: expected by Fri 1 Dec 2017\n"
           "  - csictl role assign chair --name NAME --email ADDRESS\n"
           "- Head of Care: Bob Jones holds it but has no address\n"
           "  - Return: due Wed 1 Nov 2017\n"
           "  - csictl role assign head --name NAME --email ADDRESS\n"
           "\n"
           "Actions overdue or due within 28 days:\n"
           "\n"
           "- Head of Care: Bob Jones holds it but has no address\n"
           "  - 2 actions, the first due Sun 20 Aug 2017\n"
           "  - csictl role assign head --name NAME --email ADDRESS\n"
           "\n"
           "The last line of each is what to type once there is someone.\n"
           "\n"
           "Only you were told: nobody holds the role Programme office.\n"
           "\n" RULE "\n"
           "Why you get this: you hold Director, which hears of roles that reach nobody.\n"
           "Next: again on Fri 8 Sep 2017, or when one more joins, until each has someone with an "
           "address.\n"
           "Reference: vacancies 2017-09-01 (csid for City of Bradford)\n");
    vacancy_clear(&owing[0]);
    vacancy_clear(&owing[1]);
    vacancy_clear(&owning);
}

/* The first line of one that only hears, and of one that only owns. */
static void test_what_presses(void **state)
{
    struct vacancy hears = vacancy_new(1, "chair", "Chair", NULL);
    struct vacancy owns = vacancy_new(1, "chair", "Chair", NULL);
    struct letter l;

    (void)state;
    vacancy_add_duty(&hears, "deadline:2", "Visit", day("2017-12-01"), true);
    vacancy_add_action(&owns, day("2017-09-20"));
    compose_vacancies(footer("Director", "r", NULL), &hears, 1, NULL, 0, NULL, &l);
    assert_string_equal(l.subject, "A role reaches nobody: Chair");
    assert_non_null(strstr(l.markdown, "**Please find someone for Chair: nobody holds it, and it "
                                       "is to hear of Visit, expected by Fri 1 Dec 2017.**\n"));
    assert_null(strstr(l.markdown, "Actions overdue"));
    assert_null(strstr(l.markdown, "Only you"));
    letter_clear(&l);
    compose_vacancies(footer("Director", "r", NULL), NULL, 0, &owns, 1, NULL, &l);
    assert_non_null(strstr(l.markdown, "nobody holds it, and it owns 1 action, due Wed 20 Sep "
                                       "2017.**\n"));
    assert_null(strstr(l.markdown, "What is owed"));
    letter_clear(&l);
    vacancy_clear(&hears);
    vacancy_clear(&owns);
}

/* ---- hostile ---- */

static void build(const struct letter *l, int items, int codes)
{
    struct mail m = {.from = "csid <csi@x.example>",
                     .to = "a@x.example",
                     .reply_to = "",
                     .subject = l->subject,
                     .message_id = "id@x.example",
                     .markdown = l->markdown,
                     .date = {1504254600}};
    const char *html;
    size_t len;
    char *bytes;
    struct err e;

    if (mail_build(&m, &bytes, &len, &e) != 0)
        fail_msg("%s", e.text);
    assert_null(strstr(bytes, "\nBcc:"));
    html = strstr(bytes, "text/html");
    assert_non_null(html);
    assert_null(strstr(html, "<b>"));
    assert_null(strstr(html, "href"));
    assert_null(strstr(html, "<h1"));
    assert_true(strlen(l->subject) < 400);
    for (; (html = strstr(html, "<li>")); html += 4)
        items--;
    assert_int_equal(items, 0);
    for (html = strstr(bytes, "text/html"); (html = strstr(html, "<code>")); html += 6)
        codes--;
    assert_int_equal(codes, 0);
    free(bytes);
}

/* Whatever a title holds, it makes no markup, no header, no further entry of a list. */
static void test_hostile(void **state)
{
    char *huge = xcalloc(1, 4001);

    (void)state;
    memset(huge, 'x', 4000);
    for (size_t i = 0; i <= COUNT(hostile_titles); i++) {
        const char *title = i < COUNT(hostile_titles) ? hostile_titles[i] : huge;
        struct window_item item = letter(false);
        struct vacancy v = vacancy_new(1, "chair", title, title);
        struct letter letters[3];

        item.title = title;
        vacancy_add_duty(&v, "deadline:1", title, day("2017-10-01"), false);
        compose_windows(footer(title, title, NULL), &item, 1, day("2019-03-14"), &letters[0]);
        compose_letters(footer(title, title, NULL), &item, 1, day("2019-03-14"), &letters[1]);
        compose_vacancies(footer(title, title, NULL), &v, 1, &v, 1, title, &letters[2]);
        build(&letters[0], 1, 1);
        build(&letters[1], 1, 1);
        build(&letters[2], 6, 2);
        for (size_t k = 0; k < COUNT(letters); k++)
            letter_clear(&letters[k]);
        vacancy_clear(&v);
    }
    free(huge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_booked), cmocka_unit_test(test_as_time_goes_by),
        cmocka_unit_test(test_letter_awaited), cmocka_unit_test(test_vacancies),
        cmocka_unit_test(test_what_presses),   cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
