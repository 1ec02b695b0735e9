/* The wizard's table: that every question leads to a field there is, hangs on one before it, and
 * can be answered; and answers held to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/wizard.h"
#include "base/mem.h"
#include "plan/slug.h"
#include "store/role.h"

static const struct wizard_question *question(size_t i)
{
    return &wizard_questions[i];
}

/* Calls `look` for every word of a list with blanks or bars between. */
static void each_word(const char *list, void (*look)(const void *arg, const char *word),
                      const void *arg)
{
    char *copy = xstrdup(list), *rest = copy, *word;

    while ((word = strsep(&rest, " |")))
        if (*word)
            look(arg, word);
    free(copy);
}

/* ---- the table ---- */

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++) {
        const char *name = question(i)->name;

        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
        assert_int_equal(wizard_find(name), i); /* the first of that name */
        assert_true(*question(i)->question && *question(i)->help);
        /* the command's own arguments are kept beside the answers */
        assert_null(strstr("answers write_answers yes dry_run", name));
    }
    assert_int_equal(wizard_find("framewor"), WIZARD_QUESTIONS);
    assert_int_equal(wizard_find(""), WIZARD_QUESTIONS);
}

static void test_fields(void **state)
{
    static const enum field_type types[][2] = {
        [WIZARD_CHOICE] = {FIELD_CODE},
        [WIZARD_DATE] = {FIELD_DAY},
        [WIZARD_PERIOD] = {FIELD_DAY, FIELD_DAY},
        [WIZARD_EVERY] = {FIELD_PERIOD},
        [WIZARD_TEXT] = {FIELD_TEXT},
        [WIZARD_LIST] = {FIELD_TEXT, FIELD_CODE},
    };

    (void)state;
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++) {
        const struct wizard_question *q = question(i);
        size_t fields = q->type == WIZARD_PERIOD || q->type == WIZARD_LIST ? 2 : 1;

        assert_int_equal(q->type == WIZARD_PERSON, q->part == WIZARD_PART_role);
        if (q->part == WIZARD_PART_role) {
            assert_true(strcmp(q->field, ROLE_CHAIR) == 0 || strcmp(q->field, ROLE_DIRECTOR) == 0 ||
                        strcmp(q->field, ROLE_OFFICE) == 0);
            continue;
        }
        for (size_t k = 0; k < fields; k++) {
            assert_non_null(wizard_field(q, k));
            assert_int_equal(wizard_field(q, k)->type, types[q->type][k]);
        }
        assert_null(wizard_field(q, fields));
    }
}

/* Everything but TEXT and REF must come from a question or be given. */
static bool is_set(enum wizard_part part, const struct record_field *f)
{
    if (f == record_parent(wizard_parts[part].kind) || strstr(wizard_parts[part].given, f->name))
        return true;
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++)
        for (size_t k = 0; question(i)->part == part && k < 2; k++)
            if (wizard_field(question(i), k) == f)
                return true;
    return false;
}

static void look_at_key(const void *arg, const char *word)
{
    enum wizard_part part = *(const enum wizard_part *)arg;
    const struct record_field *f = record_field_find(wizard_parts[part].kind, word, strlen(word));

    assert_non_null(f);
    assert_true(is_set(part, f));
}

static void look_at_given(const void *arg, const char *word)
{
    enum wizard_part part = *(const enum wizard_part *)arg;
    size_t len = strcspn(word, "=");
    const struct record_field *f = record_field_find(wizard_parts[part].kind, word, len);

    assert_non_null(f);
    assert_true(word[len] == '=' && word[len + 1]);
    if (f->type == FIELD_CODE)
        assert_true(wizard_lists(f->limit, word + len + 1));
}

/* A record that has its key has all that it must have. */
static void test_parts(void **state)
{
    (void)state;
    for (enum wizard_part p = 0; p < WIZARD_PARTS; p++) {
        const struct record_def *def = record_def(wizard_parts[p].kind);

        assert_true(*wizard_parts[p].key);
        each_word(wizard_parts[p].key, look_at_key, &p);
        each_word(wizard_parts[p].given, look_at_given, &p);
        for (size_t i = 0; i < def->count; i++)
            if (def->fields[i].need == NEED_NEEDED || def->fields[i].need == NEED_SUBJECT)
                assert_true(is_set(p, &def->fields[i]));
    }
}

static void look_at_choice(const void *arg, const char *word)
{
    const struct wizard_question *q = arg;
    const struct record_field *f = wizard_field(q, q->type == WIZARD_LIST);
    char *slug = slug_of(word, SLUG_MAX);

    assert_string_equal(slug, word); /* so that it can be typed */
    if (*f->limit && strcmp(word, "none") != 0)
        assert_true(wizard_lists(f->limit, word));
    free(slug);
}

static void look_at_condition(const void *arg, const char *word)
{
    assert_true(wizard_lists(wizard_choices(arg), word));
    assert_string_not_equal(word, "none");
}

static void test_conditions_and_choices(void **state)
{
    (void)state;
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++) {
        const struct wizard_question *q = question(i);

        if (q->type == WIZARD_CHOICE || q->type == WIZARD_LIST) {
            assert_true(*wizard_choices(q));
            each_word(wizard_choices(q), look_at_choice, q);
        }
        if (*q->offered && q->type == WIZARD_CHOICE)
            assert_true(wizard_lists(wizard_choices(q), q->offered));
        if (*q->only_if) {
            assert_true(strchr(q->only_if, '=') && wizard_condition(q->only_if) < i);
            each_word(strchr(q->only_if, '=') + 1, look_at_condition,
                      question(wizard_condition(q->only_if)));
        }
        if (*q->after) {
            assert_true(wizard_find(q->after) < i);
            assert_int_equal(question(wizard_find(q->after))->type, WIZARD_DATE);
        }
    }
}

static void test_lists(void **state)
{
    (void)state;
    assert_true(wizard_lists("a bb c", "bb"));
    assert_true(wizard_lists("a|bb", "a"));
    assert_true(wizard_lists("bb", "bb"));
    assert_false(wizard_lists("a bb c", "b"));
    assert_false(wizard_lists("a bb c", "bbb"));
    assert_false(wizard_lists("", "a"));
    assert_false(wizard_lists("a", ""));
}

/* ---- answers ---- */

#define LEAST                                                                          \
    "\"framework\": \"ilacs\", \"inspected_from\": \"2018-09-17\", \"inspected_to\": " \
    "\"2018-09-28\""

/* Reads a body; what is wrong with it as "name: reason\n" each. */
static char *read_body(const char *body, struct wizard *w)
{
    struct api_request rq = {.body = body, .body_len = strlen(body)};
    struct call c = {.rq = &rq, .args = json_object(), .when = {day_from_ymd(2018, 11, 1), NULL}};
    struct text t = TEXT_INIT;
    struct err e;

    text_clear(&t);
    if (wizard_read(&c, w, &e) < 0)
        text_addf(&t, "! %s\n", e.text);
    for (size_t i = 0; i < w->fault_count; i++)
        text_addf(&t, "%s: %s\n", w->faults[i].name, w->faults[i].reason);
    json_decref(c.args);
    return text_take(&t);
}

static void test_faults(void **state)
{
    static const struct {
        const char *body, *faults;
    } cases[] = {
        {"{" LEAST "}", ""},
        {"{}", "framework: is missing\ninspected_from: is missing\ninspected_to: is missing\n"},
        {"{" LEAST ", \"issued\": \"Improvement notice\"}", "issued_on: is missing\n"},
        {"{" LEAST ", \"issued\": \"none\", \"issued_on\": \"1 Dec 2018\"}",
         "issued_on: goes only with issued: improvement-notice or statutory-direction\n"},
        /* what hangs on a faulty answer is only looked at for itself */
        {"{" LEAST ", \"issued\": \"notice\", \"issued_on\": \"1 Dec 2018\"}",
         "issued: \"notice\" is none of: none, improvement-notice, statutory-direction\n"},
        {"{" LEAST ", \"issued\": \"notice\", \"issued_on\": \"1 Dec\"}",
         "issued: \"notice\" is none of: none, improvement-notice, statutory-direction\n"
         "issued_on: date \"1 Dec\": the year is missing; write it as 2017-09-26, 26/9/2017 or 26 "
         "Sep 2017\n"},
        {"{" LEAST ", \"report_every\": \"3m\"}", "report_every: goes only with first_report_on\n"},
        {"{" LEAST ", \"bord\": \"x\"}", "bord: is none of the questions; did you mean board?\n"},
        {"{" LEAST ", \"\": \"x\", \"a\\nb\": \"x\"}",
         ": is none of the questions\na b: is none of the questions\n"},
        {"{" LEAST ", \"board\": \"\", \"chair\": \"  \", \"received_on\": \"\"}", ""},
        {"[1]", "! the body is JSON, but no object\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct wizard w = {0};
        char *got = read_body(cases[i].body, &w);

        if (strcmp(got, cases[i].faults) != 0)
            fail_msg("%s:\n%s\nnot\n%s", cases[i].body, got, cases[i].faults);
        free(got);
        wizard_clear(&w);
    }
}

/* "first second" of each value. */
static void assert_values(const char *name, const char *answer, const char *want)
{
    char *body = xasprintf("{" LEAST ", \"board\": \"B\", \"%s\": \"%s\"}", name, answer);
    struct text t = TEXT_INIT;
    struct wizard w = {0};
    char *faults = read_body(body, &w);
    const struct wizard_answer *a = &w.answers[wizard_find(name)];

    assert_string_equal(faults, "");
    text_clear(&t);
    for (size_t i = 0; i < a->count; i++)
        text_addf(&t, "%s%s%s%s", i ? "|" : "", a->values[i].first, a->values[i].second ? " " : "",
                  a->values[i].second ? a->values[i].second : "");
    assert_string_equal(t.s, want);
    text_free(&t);
    wizard_clear(&w);
    free(faults);
    free(body);
}

static void test_values(void **state)
{
    (void)state;
    assert_values("visit_expected", "Jan 2019", "2019-01-01 2019-01-31");
    assert_values("visit_expected", "Feb 2020", "2020-02-01 2020-02-29");
    assert_values("visit_expected", "Q1 2019", "2019-01-01 2019-03-31");
    assert_values("visit_expected", "2019", "2019-01-01 2019-12-31");
    assert_values("visit_expected", "21/1/2019", "2019-01-21 2019-01-21");
    assert_values("visit_expected", "+2w", "2018-11-15 2018-11-15");
    assert_values("visit_expected", "Sep 2018", "2018-09-01 2018-09-30"); /* its end counts */
    assert_values("visit_expected", "tbc", "");
    assert_values("received_on", "yesterday", "2018-10-31");
    assert_values("issued", " NONE ", "");
    assert_values("appointed", "none", "");
    assert_values("chair", "Jo Smith <jo@x.example>", "Jo Smith jo@x.example");
    assert_values("board_every", "6w", "6w");
    assert_values("judgements", "A: good", "A good");
    assert_values("judgements", " A : Good ;; B: x: Requires improvement;\\n C:inadequate\\n",
                  "A good|B: x requires-improvement|C inadequate");
    assert_values("judgements", ";\\n;", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),  cmocka_unit_test(test_fields),
        cmocka_unit_test(test_parts),  cmocka_unit_test(test_conditions_and_choices),
        cmocka_unit_test(test_lists),  cmocka_unit_test(test_faults),
        cmocka_unit_test(test_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
