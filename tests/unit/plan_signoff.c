/* Sign-off: every move from every status, what is said where one may not be made, and who it was
 * that said that an action is complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/signoff.h"

#define PROPOSE "csictl action complete 5.12 --evidence TITLE=LINK"
#define APPROVE "csictl action approve 5.12"
#define VERIFY  "csictl action verify 5.12"
#define EMBED   "csictl action embed 5.12"
#define REOPEN  "csictl action reopen 5.12 --why TEXT"
#define RESUME  "csictl action update 5.12 --status in-progress"
#define NOTHING "nothing is left"

/* NULL: it may be made; else the words that say what to do. */
static const char *const expected[STATUS_COUNT][SIGNOFF_COUNT] = {
    /* complete, approve, verify, embed, reopen */
    [STATUS_DRAFT] = {NULL, PROPOSE, PROPOSE, PROPOSE, PROPOSE},
    [STATUS_AGREED] = {NULL, PROPOSE, PROPOSE, PROPOSE, PROPOSE},
    [STATUS_IN_PROGRESS] = {NULL, PROPOSE, PROPOSE, PROPOSE, PROPOSE},
    [STATUS_COMPLETION_PROPOSED] = {APPROVE, NULL, APPROVE, APPROVE, NULL},
    [STATUS_COMPLETE] = {VERIFY, VERIFY, NULL, VERIFY, NULL},
    [STATUS_VERIFIED] = {EMBED, EMBED, EMBED, NULL, NULL},
    [STATUS_EMBEDDED] = {NOTHING, NOTHING, NOTHING, NOTHING, NULL},
    [STATUS_SUSPENDED] = {RESUME, RESUME, RESUME, RESUME, NULL},
    [STATUS_SUPERSEDED] = {REOPEN, REOPEN, REOPEN, REOPEN, NULL},
    [STATUS_CANCELLED] = {REOPEN, REOPEN, REOPEN, REOPEN, NULL},
};

static void test_every_pair(void **state)
{
    (void)state;
    for (int from = 0; from < STATUS_COUNT; from++)
        for (int m = 0; m < SIGNOFF_COUNT; m++) {
            char *why = signoff_refusal((enum signoff)m, (enum status)from, "5.12");
            const char *want = expected[from][m];

            assert_int_equal(signoff_may((enum signoff)m, (enum status)from), want == NULL);
            if (!why != !want || (why && (!strstr(why, want) || strncmp(why, "5.12 is ", 8) != 0 ||
                                          !strstr(why, status_name((enum status)from)))))
                fail_msg("%s at %s: %s", signoff_name((enum signoff)m),
                         status_name((enum status)from), why ? why : "may");
            free(why);
        }
}

static void test_words(void **state)
{
    static const struct {
        enum signoff move;
        const char *name;
        enum status to;
    } moves[] = {
        {SIGNOFF_COMPLETE, "complete", STATUS_COMPLETION_PROPOSED},
        {SIGNOFF_APPROVE, "approve", STATUS_COMPLETE},
        {SIGNOFF_VERIFY, "verify", STATUS_VERIFIED},
        {SIGNOFF_EMBED, "embed", STATUS_EMBEDDED},
        {SIGNOFF_REOPEN, "reopen", STATUS_IN_PROGRESS},
    };
    char *why;

    (void)state;
    assert_int_equal(COUNT(moves), SIGNOFF_COUNT);
    for (size_t i = 0; i < COUNT(moves); i++) {
        assert_string_equal(signoff_name(moves[i].move), moves[i].name);
        assert_int_equal(signoff_to(moves[i].move), moves[i].to);
    }
    /* to propose again is mostly meant as more evidence */
    why = signoff_refusal(SIGNOFF_COMPLETE, STATUS_COMPLETE, "5.12");
    assert_string_equal(why,
                        "5.12 is complete: csictl action verify 5.12; for more evidence csictl "
                        "action update 5.12 --evidence TITLE=LINK");
    free(why);
    why = signoff_refusal(SIGNOFF_REOPEN, STATUS_AGREED, "REF");
    assert_string_equal(
        why, "REF is agreed, so it is open: csictl action complete REF --evidence TITLE=LINK");
    free(why);
}

static void test_next(void **state)
{
    static const char *const next[STATUS_COUNT] = {
        [STATUS_DRAFT] = PROPOSE,       [STATUS_AGREED] = PROPOSE,
        [STATUS_IN_PROGRESS] = PROPOSE, [STATUS_COMPLETION_PROPOSED] = APPROVE,
        [STATUS_COMPLETE] = VERIFY,     [STATUS_VERIFIED] = EMBED,
    };

    (void)state;
    for (int at = 0; at < STATUS_COUNT; at++) {
        char *typed = signoff_next((enum status)at, "5.12");

        if (!typed != !next[at] || (typed && strcmp(typed, next[at]) != 0))
            fail_msg("%s: %s", status_name((enum status)at), typed ? typed : "nothing");
        free(typed);
    }
}

static void test_claims(void **state)
{
    static const struct {
        struct {
            enum status status;
            const char *who;
        } said[5];
        const char *who; /* NULL: nobody says that it is complete */
        bool proposed;
    } cases[] = {
        {{{STATUS_IN_PROGRESS, "ann"}}, NULL, false},
        {{{STATUS_COMPLETION_PROPOSED, "ann"}}, "ann", true},
        {{{STATUS_COMPLETION_PROPOSED, "ann"}, {STATUS_COMPLETE, "bob"}}, "ann", true},
        /* set outright */
        {{{STATUS_COMPLETE, "bob"}}, "bob", false},
        {{{STATUS_COMPLETE, "bob"}, {STATUS_VERIFIED, "cat"}}, "bob", false},
        /* taken back, and said again by somebody else */
        {{{STATUS_COMPLETION_PROPOSED, "ann"}, {STATUS_IN_PROGRESS, "bob"}}, NULL, false},
        {{{STATUS_COMPLETION_PROPOSED, "ann"},
          {STATUS_COMPLETE, "bob"},
          {STATUS_IN_PROGRESS, "bob"},
          {STATUS_COMPLETION_PROPOSED, "cat"}},
         "cat",
         true},
        {{{STATUS_COMPLETION_PROPOSED, "ann"}, {STATUS_COMPLETION_PROPOSED, "bob"}}, "bob", true},
        {{{STATUS_COMPLETE, "ann"}, {STATUS_CANCELLED, "bob"}}, NULL, false},
        {{{STATUS_COMPLETE, "ann"}, {STATUS_SUSPENDED, "bob"}, {STATUS_COMPLETE, "cat"}},
         "cat",
         false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct signoff_claim c = {0};

        for (size_t k = 0; k < COUNT(cases[i].said) && cases[i].said[k].who; k++)
            signoff_note(&c, cases[i].said[k].status, cases[i].said[k].who);
        if (!c.who != !cases[i].who || (c.who && strcmp(c.who, cases[i].who) != 0) ||
            c.proposed != cases[i].proposed)
            fail_msg("case %zu: %s", i, c.who ? c.who : "nobody");
        signoff_claim_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_claims),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
