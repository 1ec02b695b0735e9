/* The state of an action on a date at its edges, challenges, and refs in their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/action.h"

static char label[] = "", label_a[] = "a", label_b[] = "b";

static struct part part_of(enum status status, day_t due)
{
    return (struct part){.label = label,
                         .known = true,
                         .rating = -1,
                         .status = status,
                         .due_on = due,
                         .completed_on = DAY_NONE};
}

static day_t on(int month, int day)
{
    return day_from_ymd(2017, month, day);
}

static void test_date_states(void **state)
{
    const struct {
        enum status status;
        day_t due;
        enum date_state state;
        int days;
    } cases[] = {
        {STATUS_IN_PROGRESS, on(8, 30), DATE_OVERDUE, 1},
        {STATUS_IN_PROGRESS, on(8, 31), DATE_DUE_TODAY, 0}, /* overdue begins the day after */
        {STATUS_IN_PROGRESS, on(9, 1), DATE_DUE_SOON, 0},
        {STATUS_IN_PROGRESS, on(9, 28), DATE_DUE_SOON, 0}, /* 28 days */
        {STATUS_IN_PROGRESS, on(9, 29), DATE_NOT_DUE, 0},
        {STATUS_IN_PROGRESS, DAY_NONE, DATE_NOT_DUE, 0}, /* ongoing is never overdue */
        {STATUS_IN_PROGRESS, day_from_ymd(2016, 8, 31), DATE_OVERDUE, 365},
        {STATUS_DRAFT, on(8, 1), DATE_OVERDUE, 30},
        {STATUS_COMPLETION_PROPOSED, on(8, 1), DATE_OVERDUE, 30}, /* still open */
        {STATUS_COMPLETE, on(8, 1), DATE_CLOSED, 0},
        {STATUS_VERIFIED, on(9, 1), DATE_CLOSED, 0},
        {STATUS_EMBEDDED, DAY_NONE, DATE_CLOSED, 0},
        {STATUS_CANCELLED, on(8, 1), DATE_CLOSED, 0},
        {STATUS_SUPERSEDED, on(8, 1), DATE_CLOSED, 0},
        {STATUS_SUSPENDED, on(8, 1), DATE_NOT_DUE, 0}, /* nothing is due while it lasts */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct part p = part_of(cases[i].status, cases[i].due);
        struct action a = {.parts = &p, .part_count = 1};

        if (part_date_state(&p, on(8, 31)) != cases[i].state)
            fail_msg("case %zu: %s", i, date_state_name(part_date_state(&p, on(8, 31))));
        assert_int_equal(part_days_overdue(&p, on(8, 31)), cases[i].days);
        assert_int_equal(action_date_state(&a, on(8, 31)), cases[i].state);
        assert_int_equal(action_days_overdue(&a, on(8, 31)), cases[i].days);
    }
}

static void test_of_the_whole(void **state)
{
    struct part parts[] = {part_of(STATUS_COMPLETE, on(1, 1)), part_of(STATUS_AGREED, on(9, 3)),
                           part_of(STATUS_AGREED, on(8, 20)), part_of(STATUS_AGREED, on(1, 1))};
    struct action a = {.parts = parts, .part_count = 4};

    (void)state;
    parts[3].known = false; /* not yet said on that day: as if it were not there */
    assert_int_equal(action_date_state(&a, on(8, 31)), DATE_OVERDUE);
    assert_int_equal(action_days_overdue(&a, on(8, 31)), 11);
    parts[2].status = STATUS_CANCELLED;
    assert_int_equal(action_date_state(&a, on(8, 31)), DATE_DUE_SOON);
    parts[1].due_on = DAY_NONE;
    assert_int_equal(action_date_state(&a, on(8, 31)), DATE_NOT_DUE);
    parts[1].status = STATUS_EMBEDDED;
    assert_int_equal(action_date_state(&a, on(8, 31)), DATE_CLOSED);
}

#define W(word) (char *)(word) /* read only, all of them */

static struct rating ratings[] = {
    {W("red"), W("Red"), W("▲"), W("red"), MEANING_OFF_TRACK},
    {W("amber"), W("Amber"), W("◆"), W("amber"), MEANING_AT_RISK},
    {W("green"), W("Green"), W("●"), W("green"), MEANING_ON_TRACK},
    {W("blue"), W("Blue"), W("■"), W("blue"), MEANING_COMPLETE},
};

static void test_challenges(void **state)
{
    static const struct scheme scheme = {W("brag"), ratings, COUNT(ratings)};
    const struct {
        int rating;
        enum status status;
        int due;
        const char *text; /* NULL: they agree */
        unsigned challenges;
        bool bare; /* there is no evidence */
    } cases[] = {
        {2, STATUS_IN_PROGRESS, 19, "Green, 12 days overdue, not complete", CHALLENGE_OVERDUE, 0},
        {2, STATUS_IN_PROGRESS, 30, "Green, 1 day overdue, not complete", CHALLENGE_OVERDUE, 0},
        {2, STATUS_IN_PROGRESS, 31, NULL, 0, 0},
        {3, STATUS_IN_PROGRESS, 31, "Blue, not complete", CHALLENGE_RATING, 0},
        {3, STATUS_COMPLETION_PROPOSED, 19, "Blue, 12 days overdue, not complete",
         CHALLENGE_OVERDUE, 0},
        {3, STATUS_COMPLETE, 19, NULL, 0, 0},
        {2, STATUS_COMPLETE, 19, NULL, 0, 0},
        {1, STATUS_IN_PROGRESS, 19, NULL, 0, 0},
        {0, STATUS_IN_PROGRESS, 19, NULL, 0, 0},
        {0, STATUS_COMPLETE, 19, "Red, status complete", CHALLENGE_STATUS, 0},
        {-1, STATUS_COMPLETE, 19, NULL, 0, 0},
        {2, STATUS_CANCELLED, 19, NULL, 0, 0},
        {2, STATUS_SUSPENDED, 19, NULL, 0, 0},
        {99, STATUS_COMPLETE, 19, NULL, 0, 0},
        /* nothing shows it */
        {3, STATUS_COMPLETE, 19, "complete, no evidence", CHALLENGE_EVIDENCE, 1},
        {-1, STATUS_VERIFIED, 19, "verified, no evidence", CHALLENGE_EVIDENCE, 1},
        {2, STATUS_EMBEDDED, 19, "embedded, no evidence", CHALLENGE_EVIDENCE, 1},
        {0, STATUS_COMPLETE, 19, "Red, status complete; complete, no evidence",
         CHALLENGE_STATUS | CHALLENGE_EVIDENCE, 1},
        {99, STATUS_COMPLETE, 19, "complete, no evidence", CHALLENGE_EVIDENCE, 1},
        {1, STATUS_COMPLETION_PROPOSED, 19, NULL, 0, 1},
        {3, STATUS_CANCELLED, 19, NULL, 0, 1},
        {3, STATUS_SUPERSEDED, 19, NULL, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct part p = part_of(cases[i].status, on(8, cases[i].due));
        struct action a = {.parts = &p, .part_count = 1};
        char *text;

        p.rating = cases[i].rating;
        p.evidence = !cases[i].bare;
        assert_int_equal(part_challenges(&p, &scheme, on(8, 31)), cases[i].challenges);
        text = action_challenge(&a, &scheme, on(8, 31));
        if (!text != !cases[i].text || (text && strcmp(text, cases[i].text) != 0))
            fail_msg("case %zu: %s", i, text ? text : "none");
        free(text);
    }
}

static void test_challenged_parts(void **state)
{
    static const struct scheme scheme = {W("brag"), ratings, COUNT(ratings)};
    struct part parts[] = {part_of(STATUS_AGREED, on(8, 30)), part_of(STATUS_AGREED, on(8, 1)),
                           part_of(STATUS_COMPLETE, on(8, 1))};
    struct action a = {.parts = parts, .part_count = 3};
    char *text;

    (void)state;
    parts[0].label = label_a;
    parts[0].rating = 2;
    parts[1].known = false;
    parts[1].rating = 2;
    parts[2].label = label_b;
    parts[2].rating = 0;
    text = action_challenge(&a, &scheme, on(8, 31));
    assert_string_equal(text, "a: Green, 1 day overdue, not complete; b: Red, status complete; "
                              "b: complete, no evidence");
    free(text);
}

static void test_refs_in_order(void **state)
{
    static const char *const refs[] = {
        "",         "1",       "1.1",   "1.2",   "1.9",  "1.10",
        "1.10.2",   "1.10.11", "1.10a", "1.10b", "1.99", "1.100",
        "1.999999", "2",       "2.01",  "10",    "10.1", "99999999999999999999",
        "A1",       "a2",      "A10",   "b1",
    };

    (void)state;
    for (size_t i = 0; i + 1 < COUNT(refs); i++) {
        char *a = action_ref_key(refs[i]), *b = action_ref_key(refs[i + 1]);

        if (strcmp(a, b) >= 0)
            fail_msg("%s (%s) does not come before %s (%s)", refs[i], a, refs[i + 1], b);
        free(a);
        free(b);
    }
}

static void test_refs_alike(void **state)
{
    char *a = action_ref_key("1.01A"), *b = action_ref_key("1.1a"), *zero = action_ref_key("0");
    char *long_key, digits[400];

    (void)state;
    assert_string_equal(a, b);
    assert_string_equal(zero, "00");
    memset(digits, '7', sizeof digits - 1);
    digits[sizeof digits - 1] = 0;
    long_key = action_ref_key(digits);
    assert_int_equal(strlen(long_key), sizeof digits + 1);
    free(a);
    free(b);
    free(zero);
    free(long_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_date_states),   cmocka_unit_test(test_of_the_whole),
        cmocka_unit_test(test_challenges),    cmocka_unit_test(test_challenged_parts),
        cmocka_unit_test(test_refs_in_order), cmocka_unit_test(test_refs_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
