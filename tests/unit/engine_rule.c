/* What the texts of a rule mean, and which field is at fault when they mean nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "engine/rule.h"

static struct err e;

/* A faultless rule, with up to three fields set otherwise ("": left out). */
struct change {
    enum rule_field field;
    const char *value;
};

static struct rule_text with(const struct change *changes, size_t count)
{
    struct rule_text t = {.pack = xstrdup("ilacs")};

    t.values[RULE_id] = xstrdup("STMT-70");
    t.values[RULE_title] = xstrdup("Statement of proposed action");
    t.values[RULE_from] = xstrdup("inspection.received_on inspection.published_on");
    t.values[RULE_role] = xstrdup("director");
    t.values[RULE_citation] = xstrdup("Education and Inspections Act 2006 s137");
    for (size_t i = 0; i < count && changes[i].value; i++) {
        free(t.values[changes[i].field]);
        t.values[changes[i].field] = *changes[i].value ? xstrdup(changes[i].value) : NULL;
    }
    return t;
}

static void test_faultless(void **state)
{
    static const struct change changes[] = {
        {RULE_if, "inspection.framework=sif|ilacs judgement.grade=inadequate"},
        {RULE_offset, "70"},
        {RULE_unit, "working-days"},
        {RULE_every, "instrument.every 3m"},
        {RULE_role, "home.registered_person director"},
        {RULE_roll, "preceding"},
        {RULE_calendar, "scotland"},
        {RULE_in_force_from, "2007-04-01"},
    };
    struct rule_text t = with(changes, COUNT(changes));
    enum rule_field field;
    struct rule r;

    (void)state;
    if (rule_read(&t, &r, &field, &e) < 0)
        fail_msg("%s", e.text);
    assert_int_equal(r.from.count, 2);
    assert_string_equal(r.from.items[1].field->name, "published_on");
    assert_int_equal(r.conditions.count, 2);
    assert_string_equal(r.conditions.items[0].words, "|sif|ilacs|");
    assert_int_equal(r.offset, 70);
    assert_int_equal(r.unit, UNIT_WORKING_DAYS);
    assert_string_equal(r.every_else, "3m");
    assert_int_equal(r.every.count, 1);
    assert_string_equal(r.role_else, "director");
    assert_int_equal(r.roll, ROLL_PRECEDING);
    assert_string_equal(r.calendar, "scotland");
    assert_false(r.window);
    assert_string_equal(r.check, "deadlines");
    rule_clear(&r);
    rule_text_clear(&t);
}

static void test_window(void **state)
{
    static const struct change changes[] = {
        {RULE_opens, "3"}, {RULE_offset, "9"}, {RULE_unit, "months"}};
    struct rule_text t = with(changes, COUNT(changes));
    enum rule_field field;
    struct rule r;

    (void)state;
    if (rule_read(&t, &r, &field, &e) < 0)
        fail_msg("%s", e.text);
    assert_true(r.window);
    assert_int_equal(r.warn, 9); /* from its end on, unless said otherwise */
    assert_string_equal(r.check, "windows");
    rule_clear(&r);
    rule_text_clear(&t);
}

static void test_faults(void **state)
{
    static const struct {
        struct change changes[3];
        enum rule_field at;
        const char *says;
    } table[] = {
        {{{RULE_id, ""}}, RULE_id, "missing"},
        {{{RULE_citation, ""}}, RULE_citation, "missing"},
        {{{RULE_id, "stmt"}}, RULE_id, "A to Z"},
        {{{RULE_id, "STMT-"}}, RULE_id, "A to Z"},
        {{{RULE_id, "A23456789012345678901234567890123"}}, RULE_id, "at most 32"},
        {{{RULE_title, "two\nlines"}}, RULE_title, "one line"},
        {{{RULE_from, "inspection"}}, RULE_from, "no such field"},
        {{{RULE_from, "inspection.recieved_on"}}, RULE_from, "no such field"},
        {{{RULE_from, "child.born_on"}}, RULE_from, "no kind of record"},
        {{{RULE_from, "inspection.framework"}}, RULE_from, "is no date"},
        {{{RULE_from, "inspection.from_on visit.to_on"}}, RULE_from, "one kind"},
        {{{RULE_from, "visit.from_on visit.to_on visit.expected_from_on visit.expected_to_on "
                      "visit.letter_expected_on"}},
         RULE_from,
         "more than 4"},
        {{{RULE_if, "visit.kind"}}, RULE_if, "no \"=\""},
        {{{RULE_if, "visit.kind=unannounced"}}, RULE_if, "none of: monitoring"},
        {{{RULE_if, "visit.kind=monitoring|unannounced"}}, RULE_if, "none of: monitoring"},
        {{{RULE_offset, "seventy"}}, RULE_offset, "whole number"},
        {{{RULE_offset, "1000"}}, RULE_offset, "from -999 to 999"},
        {{{RULE_offset, "99999999999999999999"}}, RULE_offset, "whole number"},
        {{{RULE_offset, " 7"}}, RULE_offset, "whole number"},
        {{{RULE_unit, "business-days"}}, RULE_unit, "none of: days, working-days"},
        {{{RULE_roll, "forward"}}, RULE_roll, "none of: none, preceding"},
        {{{RULE_calendar, "wales"}}, RULE_calendar, "none of: england-and-wales"},
        {{{RULE_every, "quarterly"}}, RULE_every, "3m"},
        {{{RULE_every, "3m instrument.every"}}, RULE_every, "to be the last"},
        {{{RULE_every, "inspection.from_on 3m"}}, RULE_every, "is no period"},
        {{{RULE_times, "2"}}, RULE_times, "every"},
        {{{RULE_every, "6m"}, {RULE_times, "-2"}}, RULE_times, "every"},
        {{{RULE_opens, "9"}, {RULE_offset, "3"}}, RULE_opens, "after offset"},
        {{{RULE_warn, "4"}}, RULE_warn, "for windows"},
        {{{RULE_opens, "0"}, {RULE_offset, "3"}, {RULE_every, "3m"}}, RULE_every, "come back"},
        {{{RULE_unit, "month-ends"}, {RULE_every, "2w"}}, RULE_every, "months"},
        {{{RULE_per, "visit"}}, RULE_per, "with a board"},
        {{{RULE_per, "resolution"}}, RULE_per, "has no board"},
        {{{RULE_stated_by, "visit.from_on inspection.from_on"}}, RULE_stated_by, "the same"},
        {{{RULE_stated_by, "visit.from_on visit.to_on visit.from_on"}}, RULE_stated_by, "one date"},
        {{{RULE_role, "Director!"}}, RULE_role, ""},
        {{{RULE_role, "inspection.from_on"}}, RULE_role, "is no role"},
        {{{RULE_copy, "a b c d e"}}, RULE_copy, "more than 4"},
        {{{RULE_ladder, "7 14"}}, RULE_ladder, "fall"},
        {{{RULE_ladder, "7 7"}}, RULE_ladder, "fall"},
        {{{RULE_ladder, "-1"}}, RULE_ladder, "number of days"},
        {{{RULE_ladder, "400"}}, RULE_ladder, "number of days"},
        {{{RULE_draft, "committee"}}, RULE_draft, "none of: chair"},
        {{{RULE_cut, "today"}}, RULE_cut, "none of: previous-month-end"},
        {{{RULE_in_force_from, "2007"}}, RULE_in_force_from, "no date"},
        {{{RULE_in_force_from, "2018-01-01"}, {RULE_in_force_to, "2017-12-31"}},
         RULE_in_force_to,
         "before in_force_from"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct rule_text t = with(table[i].changes, 3);
        enum rule_field field;
        struct rule r;

        if (rule_read(&t, &r, &field, &e) == 0)
            fail_msg("case %zu is taken", i);
        if (field != table[i].at || !strstr(e.text, table[i].says))
            fail_msg("case %zu: %s: %s", i, rule_field_names[field], e.text);
        rule_text_clear(&t);
    }
}

static void test_between_rules(void **state)
{
    static const struct change first[] = {{RULE_id, "A"}, {RULE_from, "rule:STMT-70"}};
    static const struct change second[] = {{RULE_id, "B"}, {RULE_from, "rule:A"}};
    static const struct change third[] = {{RULE_id, "C"}, {RULE_from, "rule:NONE"}};
    struct rule_text items[] = {with(NULL, 0), with(first, 2), with(second, 2)};
    struct rule_texts all = {.items = items, .count = 2};
    size_t at;

    (void)state;
    assert_int_equal(rule_check_all(&all, &at, &e), 0);
    all.count = 3;
    assert_int_equal(rule_check_all(&all, &at, &e), -1);
    assert_int_equal(at, 2);
    assert_non_null(strstr(e.text, "rule A counts from a rule itself"));
    rule_text_clear(&items[2]);
    items[2] = with(third, 2);
    assert_int_equal(rule_check_all(&all, &at, &e), -1);
    assert_non_null(strstr(e.text, "no rule NONE"));
    for (size_t i = 0; i < COUNT(items); i++)
        rule_text_clear(&items[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faultless),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_between_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
