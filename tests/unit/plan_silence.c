/* How long a reminder may be held back, and which notices a silence matches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "plan/silence.h"

static struct err e;

static day_t day(const char *iso)
{
    day_t d;

    if (day_parse_iso(iso, &d) < 0)
        fail_msg("no date: %s", iso);
    return d;
}

/* Worked out on a printed calendar. */
static void test_acknowledgement_at_most(void **state)
{
    static const struct {
        const char *due, *today, *latest;
    } table[] = {
        {"2017-09-30", "2017-09-01", "2017-09-15"}, /* 14 days */
        {"2017-09-15", "2017-09-01", "2017-09-15"}, /* both at once */
        {"2017-09-14", "2017-09-01", "2017-09-14"}, /* the due date */
        {"2017-09-01", "2017-09-01", "2017-09-01"}, /* today */
        {"2017-08-31", "2017-09-01", "2017-09-15"}, /* overdue since yesterday */
        {"2001-01-01", "2017-09-01", "2017-09-15"}, /* for long */
        {"2017-12-31", "2017-09-20", "2017-10-04"}, /* across a month of 30 days */
        {"2018-12-31", "2018-02-20", "2018-03-06"}, /* of 28 */
        {"2020-12-31", "2020-02-20", "2020-03-05"}, /* of 29 */
        {"2018-02-01", "2017-12-25", "2018-01-08"}, /* across a year's end */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(ack_latest(day(table[i].due), day(table[i].today)).n,
                         day(table[i].latest).n);
}

static void test_matching(void **state)
{
    static const struct silence_subject action = {.about = "bromley-2016:5.12",
                                                  .event = "csi.action.overdue",
                                                  .role = "head-of-care",
                                                  .address = "Ann.Lee@Bromley.example",
                                                  .plan = "bromley-2016",
                                                  .rule = "actions-overdue"};
    static const struct {
        const char *match;
        bool matches;
    } table[] = {
        {"about=bromley-2016:5.12", true},
        {"about=bromley-2016:5.1", false},
        {"about=bromley-2016:5.123", false},
        {"about=bromley-2016:5.*", true},
        {"about=bromley-2016:5.1*", true},
        {"about=bromley-2016:5.12*", true},
        {"about=bromley-2016:5.12.*", false},
        {"about=bromley-2016:*", true},
        {"about=Bromley-2016:5.12", false},
        {"about=*", true},
        {"about=deadline:*", false},
        {"event=csi.action.overdue", true},
        {"event=csi.*", true},
        {"event=csi.action", false},
        {"role=head-of-care", true},
        {"role=head-of-*", true},
        {"role=head", false},
        {"to=ann.lee@bromley.example", true},
        {"to=ANN.LEE@BROMLEY.EXAMPLE", true},
        {"to=ann.*", true},
        {"to=ann.lee@bromley.exampl", false},
        {"plan=bromley-2016", true},
        {"plan=bromley-2012", false},
        {"rule=actions-overdue", true},
        {"rule=deadlines", false},
        {"role=head-of-care\nevent=csi.action.overdue", true},
        {"role=head-of-care\nevent=csi.deadline.due", false},
        {"role=head-of-legal\nevent=csi.action.overdue", false},
        {"", false}, /* nothing said, nothing held */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct silence_match m;

        assert_int_equal(silence_match_parse(table[i].match, &m, &e), 0);
        if (silence_matches(&m, &action) != table[i].matches)
            fail_msg("%s", table[i].match);
        silence_match_clear(&m);
    }
}

/* What a notice has not, no value fits; not even any. */
static void test_what_is_not_there(void **state)
{
    static const struct silence_subject nobody = {.about = "deadline:3",
                                                  .event = "csi.deadline.due"};
    static const char *const texts[] = {"plan=*", "to=*", "role=*", "rule=*", "to=a@b.example"};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct silence_match m;

        assert_int_equal(silence_match_parse(texts[i], &m, &e), 0);
        assert_false(silence_matches(&m, &nobody));
        silence_match_clear(&m);
    }
}

static void test_kept_and_read_again(void **state)
{
    struct silence_match m = {0}, again;
    char *text;

    (void)state;
    assert_int_equal(silence_match_add(&m, "role=head-of-care", &e), 0);
    assert_int_equal(silence_match_add(&m, "about=a-plan:5 = x", &e), 0); /* = in a value */
    text = silence_match_text(&m);
    assert_string_equal(text, "about=a-plan:5 = x\nrole=head-of-care");
    assert_int_equal(silence_match_parse(text, &again, &e), 0);
    assert_string_equal(again.values[SILENCE_ABOUT], "a-plan:5 = x");
    assert_string_equal(again.values[SILENCE_ROLE], "head-of-care");
    assert_null(again.values[SILENCE_TO]);
    assert_true(silence_wants(&again, SILENCE_ROLE, "head-of-care"));
    assert_false(silence_wants(&again, SILENCE_TO, "a@b.example")); /* nothing said of it */
    silence_match_clear(&again);
    silence_match_clear(&m);
    free(text);
}

static void test_refused(void **state)
{
    char over[220];
    const struct {
        const char *text, *word;
    } table[] = {
        {"", "FIELD=VALUE"},
        {"role", "FIELD=VALUE"},
        {"=x", "FIELD=VALUE"},
        {"rol=x", "FIELD=VALUE"},
        {"Role=x", "FIELD=VALUE"},
        {"role =x", "FIELD=VALUE"},
        {"role=", "1 to 200"},
        {over, "1 to 200"},
        {"role=*x", "at the end"},
        {"role=a*b", "at the end"},
        {"role=a**", "at the end"},
        {"role=a\nto=b", "control"},
        {"role=a\x1b[2J", "control"},
        {"about=5.12", "as notices do"},
        {"about=5.*", "as notices do"},
        {"about=action:5.12", "as notices do"},
        {"about=bromley*", "as notices do"},
        {"to=b@c.example", "twice"},
    };
    struct silence_match m = {0};

    (void)state;
    memset(over, 'a', sizeof over);
    memcpy(over, "role=", 5);
    over[5 + 201] = '\0';
    assert_int_equal(silence_match_add(&m, "to=a@b.example", &e), 0);
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(silence_match_add(&m, table[i].text, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        if (!strstr(e.text, table[i].word))
            fail_msg("%s: %s", table[i].text, e.text);
    }
    over[5 + 200] = '\0'; /* as long as it may be */
    assert_int_equal(silence_match_add(&m, over, &e), 0);
    silence_match_clear(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acknowledgement_at_most),
        cmocka_unit_test(test_matching),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_kept_and_read_again),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
