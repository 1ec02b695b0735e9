/* The states of a message: names there and back, and the whole table of transitions by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "notice/outbox_state.h"

/* Rows and columns in the order of the enum; x: may follow. */
static const char *const allowed[OUTBOX_STATES] = {
    /*  qsarDfECHL: queued sending accepted retry in-doubt failed expired cancelled held collapsed
     */
    [OUTBOX_QUEUED] = ".x...xxxxx",   [OUTBOX_SENDING] = "x.xxxx..x.",
    [OUTBOX_ACCEPTED] = "x....x....", [OUTBOX_RETRY] = ".x...xxxx.",
    [OUTBOX_IN_DOUBT] = ".x...xxxx.", [OUTBOX_FAILED] = "x.........",
    [OUTBOX_EXPIRED] = "x....x....",  [OUTBOX_CANCELLED] = "x....x....",
    [OUTBOX_HELD] = "x....xxxx.",     [OUTBOX_COLLAPSED] = "..........",
};

static void test_table(void **state)
{
    (void)state;
    for (int from = 0; from < OUTBOX_STATES; from++) {
        assert_int_equal(strlen(allowed[from]), OUTBOX_STATES);
        for (int to = 0; to < OUTBOX_STATES; to++) {
            bool want = allowed[from][to] == 'x';

            if (outbox_may_become(from, to) != want)
                fail_msg("%s to %s", outbox_state_name(from), outbox_state_name(to));
        }
    }
}

static void test_names(void **state)
{
    static const struct {
        const char *word;
        int want;
    } words[] = {{"in-doubt", OUTBOX_IN_DOUBT},
                 {"In Doubt", OUTBOX_IN_DOUBT},
                 {"IN_DOUBT", OUTBOX_IN_DOUBT},
                 {"", -1},
                 {"sendin", -1},
                 {"sendingg", -1},
                 {"in-doubt ", -1},
                 {"nothing", -1}};

    (void)state;
    for (int i = 0; i < OUTBOX_STATES; i++)
        assert_int_equal(outbox_state_parse(outbox_state_name(i)), i);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_int_equal(outbox_state_parse(words[i].word), words[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_names)};

    return cmocka_run_group_tests_name("notice_outbox_state", tests, NULL, NULL);
}
