/* Ratings found by the words people write, and what each status stands for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/scheme.h"

#define W(word) (char *)(word) /* read only, all of them */

static struct rating ratings[] = {
    {W("achieved"), W("Achieved"), W("●"), W("green"), MEANING_COMPLETE},
    {W("significant"), W("Significant progress"), W("◆"), W("amber"), MEANING_ON_TRACK},
    {W("limited"), W("Limited progress or risk"), W("▲"), W("red"), MEANING_OFF_TRACK},
};
static const struct scheme scheme = {W("progress"), ratings, COUNT(ratings)};

static void test_ratings(void **state)
{
    static const struct {
        const char *word;
        int index;
    } cases[] = {
        {"achieved", 0},
        {"ACHIEVED", 0},
        {"significant", 1},
        {"Significant Progress", 1},
        {"significant-progress", 1},
        {"  significant   progress ", 1},
        {"significantprogress", 1},
        {"limited_progress_or_risk", 2},
        {"", -1},
        {" - ", -1},
        {"achieve", -1},
        {"achievedd", -1},
        {"progress", -1},
        {"green", -1},
        {"achieved\n", -1},
        {"ächieved", -1},
    };
    const struct scheme none = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (scheme_rating(&scheme, cases[i].word) != cases[i].index)
            fail_msg("\"%s\" gives %d", cases[i].word, scheme_rating(&scheme, cases[i].word));
    assert_int_equal(scheme_rating(&none, "red"), -1);
}

static void test_meanings(void **state)
{
    (void)state;
    for (int i = 0; i < MEANING_COUNT; i++)
        assert_int_equal(meaning_parse(meaning_name((enum meaning)i)), i);
    assert_int_equal(meaning_parse("Off Track"), MEANING_OFF_TRACK);
    assert_int_equal(meaning_parse("off"), -1);
    assert_int_equal(meaning_parse(""), -1);
}

static void test_statuses(void **state)
{
    static const struct {
        const char *word;
        bool open, complete, counts;
    } cases[] = {
        {"draft", true, false, true},
        {"Agreed", true, false, true},
        {"In Progress", true, false, true},
        {"completion proposed", true, false, true}, /* still open until it is approved */
        {"complete", false, true, true},
        {"verified", false, true, true},
        {"embedded", false, true, true},
        {"suspended", true, false, true},
        {"superseded", false, false, false},
        {"cancelled", false, false, false},
    };

    (void)state;
    assert_int_equal(COUNT(cases), STATUS_COUNT);
    for (size_t i = 0; i < COUNT(cases); i++) {
        int parsed = status_parse(cases[i].word);

        if (parsed < 0)
            fail_msg("no status %s", cases[i].word);
        assert_int_equal(status_parse(status_name((enum status)parsed)), parsed);
        assert_int_equal(status_is_open((enum status)parsed), cases[i].open);
        assert_int_equal(status_is_complete((enum status)parsed), cases[i].complete);
        assert_int_equal(status_counts((enum status)parsed), cases[i].counts);
    }
    assert_int_equal(status_parse("done"), -1);
    assert_int_equal(status_parse(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ratings),
        cmocka_unit_test(test_meanings),
        cmocka_unit_test(test_statuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
