/* Policies of escalation as text, and the next level for what has come so far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/escalation.h"

#define USUAL \
    "owner +1, line-manager +3, accountable +7, improvement-board-chair +14, then every 1m"

static struct err err;

static struct escalation_policy parsed(const char *text)
{
    struct escalation_policy p;

    if (escalation_parse(text, &p, &err) < 0)
        fail_msg("\"%s\": %s", text, err.text);
    return p;
}

static void test_spellings(void **state)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {USUAL, USUAL},
        {"none", "none"},
        {"  none ", "none"},
        {"owner +1", "owner +1"},
        {"owner+1,line-manager+3", "owner +1, line-manager +3"},
        {" Owner +1 ,\tLINE-MANAGER  +3", "owner +1, line-manager +3"},
        {"owner +366, director +007", "owner +366, director +7"},
        {"owner +1, none +1", "owner +1, none +1"}, /* a role may be called so */
        {"owner +1, a +1, b +1, c +1, d +1, e +1, f +1, g +1",
         "owner +1, a +1, b +1, c +1, d +1, e +1, f +1, g +1"},
        {"owner +1, director +5, then every 2w", "owner +1, director +5, then every 2w"},
        {"owner +1, director +5, then every   1q", "owner +1, director +5, then every 3m"},
        {"owner +1, director +5, then every 10d", "owner +1, director +5, then every 10d"},
        {"owner +1, director +5, then every 12m", "owner +1, director +5, then every 1y"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct escalation_policy p = parsed(cases[i].text);
        char *text = escalation_text(&p), *again;

        assert_string_equal(text, cases[i].printed);
        p = parsed(text);
        again = escalation_text(&p);
        assert_string_equal(again, text);
        free(text);
        free(again);
    }
}

static void test_faults(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "is empty: write none, or such as owner +1"},
        {"   ", "is empty"},
        {",", "\"\": wants a role and working days"},
        {"owner +1,", "\"\": wants a role and working days"},
        {"owner +1,,director +2", "\"\": wants a role and working days"},
        {"nobody", "\"nobody\": wants a role and working days"},
        {"owner", "\"owner\": wants a role and working days, such as line-manager +3"},
        {"owner 1", "wants a role and working days"},
        {"+1", "\"\" is neither owner, line-manager, accountable nor a role's slug"},
        {"owner +", "\"+\" is no number of working days from 1 to 366"},
        {"owner +0", "\"+0\" is no number"},
        {"owner +367", "\"+367\" is no number"},
        {"owner +-1", "\"+-1\" is no number"},
        {"owner + 1", "\"+ 1\" is no number"},
        {"owner +1d", "\"+1d\" is no number"},
        {"owner +99999999999999999999", "is no number"},
        {"owner ++1", "is neither"},
        {"director +1", "begins with director: the first level is the owner, owner +1"},
        {"line-manager +3, owner +1", "begins with line-manager"},
        {"owner +1, owner +2", "names owner twice"},
        {"owner +1, director +2, Director +3", "names director twice"},
        {"owner +1, line manager +3", "\"line manager\" is neither"},
        {"owner +1, -x +3", "\"-x\" is neither"},
        {"owner +1, \xff +3", "is neither"},
        {"owner +1, a +1, b +1, c +1, d +1, e +1, f +1, g +1, h +1", "has more than 8 levels"},
        {"then every 1m", "repeats what goes to nobody but the owner"},
        {"owner +1, then every 1m", "repeats what goes to nobody but the owner"},
        {"owner +1, director +2, then every", "then every: "},
        {"owner +1, director +2, then every month", "then every: "},
        {"owner +1, director +2, then every 0m", "then every: "},
        {"owner +1, director +2, then every 1m, chair +3", "which stands last"},
        {"owner +1, director +2, then every 1m,", "which stands last"},
        {"none, owner +1", "\"none\": wants a role"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct escalation_policy p = {.count = 77};

        if (escalation_parse(cases[i].text, &p, &err) == 0)
            fail_msg("\"%s\" was read", cases[i].text);
        assert_int_equal(err.code, ERR_USAGE);
        assert_int_equal(p.count, 77);
        if (!strstr(err.text, cases[i].says))
            fail_msg("\"%s\": %s", cases[i].text, err.text);
    }
}

static void test_long_text(void **state)
{
    char text[5000] = "owner +1, ";
    struct escalation_policy p;

    (void)state;
    memset(text + 10, 'x', sizeof text - 11);
    text[sizeof text - 1] = '\0';
    assert_int_equal(escalation_parse(text, &p, &err), -1);
    assert_true(strlen(err.text) < 200);
}

/* ---- the next level ---- */

#define A RUNG_ABSENT
#define S RUNG_SAME
#define E RUNG_EMPTY
#define O RUNG_OPEN

static day_t on(const char *iso)
{
    day_t d = DAY_NONE;

    if (*iso && day_parse_iso(iso, &d) < 0)
        fail_msg("no date: %s", iso);
    return d;
}

static void test_next(void **state)
{
    static const struct {
        enum escalation_rung rungs[4];
        size_t reached, told;
        bool empty;
        const char *reached_on, *told_on;
        size_t level;
        const char *due;
        bool repeat, last;
    } cases[] = {
        /* the owner, on the day that was reckoned before */
        {{O, O, O, O}, 0, 0, false, "", "2017-09-04", 1, "2017-09-04", false, false},
        {{E, O, O, O}, 0, 0, false, "", "2017-09-04", 1, "2017-09-04", false, false},
        /* nobody owns it: the next counts in full from the day the owner would have been told */
        {{A, O, O, O}, 0, 0, false, "", "2017-09-04", 2, "2017-09-07", false, false},
        {{A, A, O, O}, 0, 0, false, "", "2017-09-04", 3, "2017-09-13", false, false},
        /* each from the day that the one before was told, over Christmas too */
        {{O, O, O, O}, 1, 1, false, "2017-09-04", "2017-09-04", 2, "2017-09-07", false, false},
        {{O, O, O, O}, 2, 2, false, "2017-12-21", "2017-12-21", 3, "2018-01-04", false, false},
        {{O, O, O, O}, 3, 3, false, "2017-12-21", "2017-12-21", 4, "2018-01-15", false, true},
        {{O, O, O, O}, 1, 1, false, "2018-03-28", "2018-03-28", 2, "2018-04-04", false, false},
        /* passed over without shortening the next */
        {{O, A, O, O}, 1, 1, false, "2017-09-04", "2017-09-04", 3, "2017-09-13", false, false},
        {{O, S, S, O}, 1, 1, false, "2017-09-04", "2017-09-04", 4, "2017-09-22", false, true},
        /* behind an empty one at once, whatever lies between */
        {{E, O, O, O}, 1, 0, true, "2017-09-04", "2017-09-04", 2, "2017-09-04", false, false},
        {{O, E, O, O}, 2, 1, true, "2017-09-07", "2017-09-04", 3, "2017-09-07", false, false},
        {{O, E, A, O}, 2, 1, true, "2017-09-07", "2017-09-04", 4, "2017-09-07", false, true},
        {{O, E, E, O}, 1, 1, false, "2017-09-04", "2017-09-04", 2, "2017-09-07", false, false},
        /* the last that there is, though empty */
        {{O, A, A, E}, 1, 1, false, "2017-09-04", "2017-09-04", 4, "2017-09-22", false, true},
        {{O, E, S, S}, 1, 1, false, "2017-09-04", "2017-09-04", 2, "2017-09-07", false, true},
        /* again, by calendar months from the last telling, on a working day */
        {{O, O, O, O}, 4, 4, false, "2017-09-22", "2017-09-22", 4, "2017-10-23", true, true},
        {{O, O, O, O}, 4, 4, false, "2018-01-31", "2018-01-31", 4, "2018-02-28", true, true},
        {{O, O, O, S}, 3, 3, false, "2017-09-13", "2017-09-13", 3, "2017-10-13", true, true},
        {{O, O, A, A}, 2, 2, false, "2017-09-13", "2017-09-13", 2, "2017-10-13", true, true},
        /* to the owner alone nothing is repeated */
        {{O, A, A, S}, 1, 1, false, "2017-09-04", "2017-09-04", 0, "", false, false},
        {{A, A, A, A}, 0, 0, false, "", "2017-09-04", 0, "", false, false},
        {{E, A, A, A}, 1, 0, true, "2017-09-04", "2017-09-04", 0, "", false, false},
    };
    struct escalation_policy p = parsed(USUAL);
    struct holidays *h;

    (void)state;
    assert_int_equal(
        holidays_parse(holidays_builtin, strlen(holidays_builtin), "england-and-wales", &h, &err),
        0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct escalation_state at = {cases[i].reached, cases[i].empty, on(cases[i].reached_on),
                                      cases[i].told, on(cases[i].told_on)};
        struct escalation_next n = escalation_next(&p, h, &at, cases[i].rungs);
        char due[DAY_ISO];

        if (n.level != cases[i].level || strcmp(day_iso(n.due, due), cases[i].due) != 0 ||
            n.repeat != cases[i].repeat || n.last != cases[i].last)
            fail_msg("case %zu: level %zu on %s, repeat %d, last %d", i, n.level, due, n.repeat,
                     n.last);
    }
    holidays_free(h);
}

static void test_next_without_repeat(void **state)
{
    struct escalation_policy p = parsed("owner +1, director +2"), weekly, none = parsed("none");
    struct escalation_state at = {2, false, on("2017-09-22"), 2, on("2017-09-22")};
    struct holidays *h = holidays_new("england-and-wales");

    (void)state;
    assert_int_equal(escalation_next(&p, h, &at, (enum escalation_rung[]){O, O}).level, 0);
    weekly = parsed("owner +1, director +2, then every 2w");
    assert_int_equal(escalation_next(&weekly, h, &at, (enum escalation_rung[]){O, O}).due.n,
                     on("2017-10-06").n);
    assert_int_equal(escalation_next(&none, h, &(struct escalation_state){0}, NULL).level, 0);
    holidays_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings),           cmocka_unit_test(test_faults),
        cmocka_unit_test(test_long_text),           cmocka_unit_test(test_next),
        cmocka_unit_test(test_next_without_repeat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
