/* The page that asks for something about actions: one, several, more than anybody reads, a copy,
 * and titles that are no titles. */
#define ORGANISATION "London Borough of Bromley"
#include "notice_letter.h"

static const struct ask evidence = {
    .please = "Please send the evidence",
    .of = " complete without evidence",
    .how = "Reply with a title and a link for each.",
    .why = ", which owns them.",
    .unless = ", of what has none until then.",
    .command = "csictl action list --challenged --owner head-of-care",
};

static void test_several(void **state)
{
    static const struct ask_item items[] = {
        {"5.1", "", "Agree it", "complete since 1 Aug 2017, no evidence"},
        {"5.2", "a, b", "Do it", "verified since 2 Aug 2017, no evidence"},
    };
    struct letter l;

    (void)state;
    compose_ask(footer("Head of Care", "test:5.1 2017-09-05", "2017-10-03"), &evidence, items, 2,
                &l);
    expect(&l, "2 actions complete without evidence",
           "Please send the evidence: 2 actions complete without evidence. Reply with a title and "
           "a link for each.\n"
           "\n"
           "- 5.1 Agree it — complete since 1 Aug 2017, no evidence\n"
           "- 5.2 Do it (part a, b) — verified since 2 Aug 2017, no evidence\n"
           "\n"
           "All of them: csictl action list --challenged --owner head-of-care\n"
           "\n" RULE "\n"
           "Why you get this: you hold Head of Care, which owns them.\n"
           "Next: again on Tue 3 Oct 2017, of what has none until then.\n"
           "Reference: test:5.1 2017-09-05 (csid for London Borough of Bromley)\n");
}

static void test_a_copy(void **state)
{
    static const struct ask_item item = {"5.1", "", "Agree it", "Green, not complete"};
    struct ask copy = evidence;
    struct letter l;

    (void)state;
    copy.copy = true;
    compose_ask(footer("Programme office", "test:5.1 green", NULL), &copy, &item, 1, &l);
    expect(&l, "Copy: 1 action complete without evidence",
           "For your information: 1 action complete without evidence.\n"
           "\n"
           "- 5.1 Agree it — Green, not complete\n"
           "\n"
           "All of them: csictl action list --challenged --owner head-of-care\n"
           "\n" RULE "\n"
           "Why you get this: you hold Programme office, which gets a copy.\n"
           "Next: nothing more unless it changes.\n"
           "Reference: test:5.1 green (csid for London Borough of Bromley)\n");
}

static size_t occurrences(const char *text, const char *word)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        n++;
    return n;
}

static void test_fifty_are_shown(void **state)
{
    static const struct {
        size_t count, shown;
        const char *more; /* NULL: all are there */
    } cases[] = {{50, 50, NULL}, {51, 50, "and 1 more"}, {133, 50, "and 83 more"}};
    struct ask_item items[133];

    (void)state;
    for (size_t i = 0; i < COUNT(items); i++)
        items[i] = (struct ask_item){"5.1", "", "Agree it", "no evidence"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct letter l;
        char *subject = xasprintf("%zu actions complete without evidence", cases[i].count);

        compose_ask(footer("Head of Care", "x", NULL), &evidence, items, cases[i].count, &l);
        assert_string_equal(l.subject, subject);
        assert_int_equal(occurrences(l.markdown, "Agree it"), cases[i].shown);
        if (cases[i].more)
            assert_non_null(strstr(l.markdown, cases[i].more));
        else
            assert_null(strstr(l.markdown, " more\n"));
        free(subject);
        letter_clear(&l);
    }
}

static void test_hostile(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile_titles); i++) {
        struct ask_item item = {hostile_titles[i], hostile_titles[i], hostile_titles[i],
                                hostile_titles[i]};
        struct letter l;
        char *plain;

        compose_ask(footer("Head of Care", "x", NULL), &evidence, &item, 1, &l);
        plain = plain_from_markdown(l.markdown);
        assert_null(strchr(l.subject, '\n'));
        assert_null(strchr(l.markdown, '\x1b'));
        assert_null(strstr(l.markdown, "\nBcc:"));
        assert_non_null(strstr(plain, "\nWhy you get this: you hold Head of Care, which owns"));
        assert_int_equal(occurrences(plain, "\n- "), 1); /* no item of its own making */
        free(plain);
        letter_clear(&l);
    }
}

/* In a forecast nobody reads it: only what can be refused is made. */
static void test_unread(void **state)
{
    static const struct ask_item item = {"5.1", "", "Agree it", "no evidence"};
    struct compose_footer f = *footer("Head of Care", "x", NULL);
    struct letter l;

    (void)state;
    f.unread = true;
    compose_ask(&f, &evidence, &item, 1, &l);
    expect(&l, "1 action complete without evidence", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several),         cmocka_unit_test(test_a_copy),
        cmocka_unit_test(test_fifty_are_shown), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_unread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
