/* What the letters about audits, measures and risks say: golden texts, as a plain mail shows them,
 * and hostile facts. */
#define ORGANISATION "City of Bradford"
#include "notice_letter.h"

static const struct upkeep_item unfed = {
    "No value",
    "record the value that is missing",
    "Assessments within 45 days",
    "last value of 30 Jun 2017, next due on 30 Jul 2017",
    "csictl value add 3 --on DATE --value NUMBER",
    "Head of Assessment",
};

static void test_several(void **state)
{
    struct upkeep_item items[] = {unfed, unfed, unfed};
    struct letter l;

    (void)state;
    items[1] = (struct upkeep_item){.subject = "Off target",
                                    .ask = "say what is to be done, for the target is missed",
                                    .title = "Waiting",
                                    .fact = "0.5 of 31 Jul 2017, the target is at most 0"};
    compose_upkeep(footer("Head of Assessment", "measure:3 unfed", "2017-09-04"), items, 3, &l);
    expect(&l, "No value: Assessments within 45 days; and 2 more",
           "Please record the value that is missing: Assessments within 45 days. 2 more stand "
           "below.\n"
           "\n"
           "- Assessments within 45 days — last value of 30 Jun 2017, next due on 30 Jul 2017; "
           "owned by Head of Assessment\n"
           "  To record it: csictl value add 3 --on DATE --value NUMBER\n"
           "- Waiting — 0.5 of 31 Jul 2017, the target is at most 0\n"
           "- Assessments within 45 days — last value of 30 Jun 2017, next due on 30 Jul 2017; "
           "owned by Head of Assessment\n"
           "  To record it: csictl value add 3 --on DATE --value NUMBER\n"
           "\n"
           "Or reply with it, so that it can be recorded.\n"
           "\n" RULE "\n"
           "Why you get this: you hold Head of Assessment, which owns it or hears of it.\n"
           "Next: again on Mon 4 Sep 2017, unless it is recorded before.\n"
           "Reference: measure:3 unfed (csid for City of Bradford)\n");
}

static void test_one(void **state)
{
    struct letter l;

    (void)state;
    compose_upkeep(footer("Director", "measure:3 unfed", NULL), &unfed, 1, &l);
    assert_string_equal(l.subject, "No value: Assessments within 45 days");
    assert_non_null(strstr(l.markdown, "45 days.**\n\n"));
    assert_non_null(strstr(l.markdown, "Next: nothing more of this."));
    letter_clear(&l);
}

static void test_hostile(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hostile_titles); i++) {
        struct upkeep_item item = unfed;
        struct letter l;
        char *plain;

        item.title = item.owner = hostile_titles[i];
        compose_upkeep(footer("Director", "measure:3 unfed", NULL), &item, 1, &l);
        plain = plain_from_markdown(l.markdown);
        assert_null(strpbrk(l.subject, "\r\n\x1b"));
        assert_null(strstr(plain, "\nBcc:"));
        assert_null(strchr(plain, 0x1b));
        /* the list has the one item, the letter the one rule */
        assert_null(strstr(strstr(plain, "\n- ") + 1, "\n- "));
        assert_null(strstr(strstr(plain, RULE) + 1, RULE));
        free(plain);
        letter_clear(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
