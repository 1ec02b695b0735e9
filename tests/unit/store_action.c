/* The history of actions: what holds on a day, what was known by a time, late corrections, parts.
 */
#include "plan_fixture.h"

#include "store/sql.h"

/* A copy of what a test looks at. */
struct seen {
    bool found;
    int rating, days_overdue;
    enum status status;
    day_t due, completed, original;
    int64_t version;
    size_t parts, known;
    char owner[64], due_text[64], recommendations[64], refs[256];
    enum due_precision precision;
};

static int look(void *arg, const struct action *a)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->refs);

    snprintf(seen->refs + len, sizeof seen->refs - len, "%s%s", len ? " " : "", a->ref);
    seen->found = true;
    seen->original = a->original_due_on;
    seen->version = a->version;
    seen->parts = a->part_count;
    seen->known = 0;
    snprintf(seen->recommendations, sizeof seen->recommendations, "%s", a->recommendations);
    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (!p->known)
            continue;
        seen->known++;
        seen->rating = p->rating;
        seen->status = p->status;
        seen->due = p->due_on;
        seen->completed = p->completed_on;
        seen->precision = p->due_precision;
        snprintf(seen->owner, sizeof seen->owner, "%s", p->owner ? p->owner : "");
        snprintf(seen->due_text, sizeof seen->due_text, "%s", p->due_text ? p->due_text : "");
    }
    return 0;
}

static struct seen at(struct fixture *f, int64_t action, day_t as_at, int64_t known_at)
{
    struct action_query q = {.plan_id = f->plan.id,
                             .action_id = action,
                             .as_at = as_at,
                             .known_at = known_at ? (utc_t){known_at} : UTC_NONE};
    struct seen seen = {0};

    OK(action_each(f->s, &q, look, &seen, &e));
    return seen;
}

static void test_overlay(void **state)
{
    struct fixture *f = *state;
    int64_t a, p;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    assert_true(say(f, a, p, "red", "in progress", on(6, 30), on(1, 10)));
    assert_true(say(f, a, p, "amber", NULL, DAY_NONE, on(2, 1)));
    assert_true(say(f, a, p, NULL, "complete", DAY_NONE, on(3, 1)));
    commit(f);
    assert_false(at(f, a, on(1, 9), 0).found); /* nothing was said of it yet */
    assert_int_equal(at(f, a, on(1, 10), 0).rating, 0);
    assert_int_equal(at(f, a, on(1, 31), 0).rating, 0);
    assert_int_equal(at(f, a, on(2, 1), 0).rating, 1);
    assert_int_equal(at(f, a, on(2, 1), 0).due.n, on(6, 30).n); /* said in January, still so */
    assert_int_equal(at(f, a, on(2, 28), 0).status, STATUS_IN_PROGRESS);
    assert_int_equal(at(f, a, on(3, 1), 0).status, STATUS_COMPLETE);
    assert_int_equal(at(f, a, on(3, 1), 0).rating, 1); /* status never touches the rating */
    assert_int_equal(at(f, a, on(3, 1), 0).completed.n, on(3, 1).n);
    assert_false(day_is(at(f, a, on(2, 28), 0).completed));
}

static void test_late_correction(void **state)
{
    struct fixture *f = *state;
    int64_t a, p, before;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    say(f, a, p, "red", "in progress", on(6, 30), on(1, 10));
    say(f, a, p, "green", NULL, DAY_NONE, on(3, 10));
    commit(f);
    before = f->now;
    begin(f);
    say(f, a, p, "amber", NULL, DAY_NONE, on(2, 10)); /* recorded last, effective before */
    commit(f);
    assert_int_equal(at(f, a, on(2, 20), 0).rating, 1);
    assert_int_equal(at(f, a, on(3, 20), 0).rating, 2);      /* the later effective date wins */
    assert_int_equal(at(f, a, on(2, 20), before).rating, 0); /* as it was published */
    assert_int_equal(at(f, a, on(2, 20), f->now).rating, 1);
    assert_false(at(f, a, on(2, 20), before - 1).found);
}

static void test_same_day(void **state)
{
    struct fixture *f = *state;
    int64_t a, p;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    say(f, a, p, "red", "agreed", DAY_NONE, on(1, 10));
    say(f, a, p, "amber", NULL, DAY_NONE, on(1, 10));
    say(f, a, p, "green", NULL, DAY_NONE, on(1, 10));
    commit(f);
    assert_int_equal(at(f, a, on(1, 10), 0).rating, 2); /* the latest recorded, in one second too */
    begin(f);
    say(f, a, p, "red", NULL, DAY_NONE, on(1, 10));
    commit(f);
    assert_int_equal(at(f, a, on(1, 10), 0).rating, 0);
    assert_int_equal(at(f, a, on(1, 10), f->now - 60).rating, 2);
}

static void test_only_what_differs(void **state)
{
    struct fixture *f = *state;
    int64_t a, p;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    assert_true(say(f, a, p, "Red", "In Progress", on(6, 30), on(1, 10)));
    assert_false(say(f, a, p, "red", "in-progress", on(6, 30), on(1, 10)));
    assert_false(say(f, a, p, "RED", NULL, DAY_NONE, on(5, 5)));
    assert_false(say(f, a, p, NULL, NULL, DAY_NONE, on(5, 5)));
    assert_true(say(f, a, p, "red", NULL, DAY_NONE, on(1, 9))); /* the day before it was unrated */
    assert_true(say(f, a, p, "", NULL, DAY_NONE, on(5, 5)));
    assert_false(say(f, a, p, "", NULL, DAY_NONE, on(5, 6)));
    commit(f);
    assert_int_equal(at(f, a, on(5, 4), 0).rating, 0);
    assert_int_equal(at(f, a, on(5, 5), 0).rating, -1); /* taken away */
    assert_int_equal(at(f, a, on(5, 5), 0).version, 4); /* three changes */
}

static void test_never_rated(void **state)
{
    struct fixture *f = *state;
    int64_t a, p;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    assert_false(say(f, a, p, "", NULL, DAY_NONE, on(1, 1)));
    assert_true(say(f, a, p, "", "draft", DAY_NONE, on(1, 1)));
    commit(f);
    assert_int_equal(at(f, a, on(1, 1), 0).rating, -1);
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    struct action_fields fields = {.ref = "1.1", .title = "x", .start_on = DAY_NONE};
    struct said said = {.completed_on = DAY_NONE};
    int64_t a, p, id;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    said.rating = "purple";
    REFUSED(part_say(f->s, &f->plan, a, p, &said, on(1, 1), NULL, &e), ERR_USAGE,
            "no rating \"purple\" in the scheme brag: there are red, amber, green, blue");
    said.rating = NULL;
    said.status = "done";
    REFUSED(part_say(f->s, &f->plan, a, p, &said, on(1, 1), NULL, &e), ERR_USAGE, "\"done\"");
    REFUSED(action_add(f->s, &f->plan, &fields, &id, &e), ERR_USAGE, "priority");
    fields.priority_id = priority(f, 1);
    REFUSED(action_add(f->s, &f->plan, &fields, &id, &e), ERR_CONFLICT, "test:1.1");
    fields.ref = "";
    REFUSED(action_add(f->s, &f->plan, &fields, &id, &e), ERR_USAGE, "ref");
    fields.ref = "12345678901234567890123456789012345678901234567890123456789012345";
    REFUSED(action_add(f->s, &f->plan, &fields, &id, &e), ERR_USAGE, "64");
    commit(f);
    assert_false(at(f, a, on(1, 1), 0).found);
}

static void test_due_dates(void **state)
{
    struct fixture *f = *state;
    struct said said = {.due = true,
                        .due_on = DAY_NONE,
                        .due_precision = DUE_ONGOING,
                        .due_text = "Ongoing",
                        .completed_on = DAY_NONE};
    struct seen seen;
    int64_t a, p;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    OK(part_say(f->s, &f->plan, a, p, &said, on(1, 1), NULL, &e));
    commit(f);
    seen = at(f, a, on(1, 1), 0);
    assert_false(day_is(seen.due) || day_is(seen.original));
    assert_string_equal(seen.due_text, "Ongoing");
    begin(f);
    said = (struct said){.due = true,
                         .due_on = on(6, 30),
                         .due_precision = DUE_QUARTER,
                         .due_text = "End of Q2",
                         .completed_on = DAY_NONE};
    OK(part_say(f->s, &f->plan, a, p, &said, on(2, 1), NULL, &e));
    say(f, a, p, NULL, NULL, on(9, 30), on(3, 1));
    say(f, a, p, NULL, NULL, on(3, 31), on(1, 15)); /* a late correction is no first date */
    commit(f);
    seen = at(f, a, on(2, 1), 0);
    assert_int_equal(seen.precision, DUE_QUARTER);
    assert_string_equal(seen.due_text, "End of Q2");
    seen = at(f, a, on(3, 1), 0);
    assert_int_equal(seen.due.n, on(9, 30).n);
    assert_string_equal(seen.due_text, "");         /* a plain day takes the old wording with it */
    assert_int_equal(seen.original.n, on(6, 30).n); /* the first ever given */
}

static void test_completed(void **state)
{
    struct fixture *f = *state;
    struct said said = {.status = "complete", .completed_on = on(2, 20)};
    int64_t a, p;
    bool changed;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    OK(part_say(f->s, &f->plan, a, p, &said, on(3, 1), NULL, &e));
    OK(part_say(f->s, &f->plan, a, p, &said, on(3, 1), &changed, &e));
    assert_false(changed);
    assert_false(say(f, a, p, NULL, "complete", DAY_NONE, on(4, 1)));
    assert_true(say(f, a, p, NULL, "verified", DAY_NONE, on(4, 1)));
    assert_true(say(f, a, p, NULL, "in progress", DAY_NONE, on(5, 1))); /* reopened */
    assert_true(say(f, a, p, NULL, "complete", DAY_NONE, on(6, 1)));
    commit(f);
    assert_int_equal(at(f, a, on(3, 1), 0).completed.n, on(2, 20).n);
    assert_int_equal(at(f, a, on(4, 1), 0).completed.n, on(2, 20).n);
    assert_false(day_is(at(f, a, on(5, 1), 0).completed));
    assert_int_equal(at(f, a, on(6, 1), 0).completed.n, on(6, 1).n);
}

static void test_parts(void **state)
{
    struct fixture *f = *state;
    int64_t a, whole, first, second, id;
    bool is_new;

    begin(f);
    a = add(f, "1.1", 1);
    whole = part(f, a, "");
    say(f, a, whole, "red", "in progress", on(6, 30), on(1, 1));
    first = part(f, a, "a");
    second = part(f, a, "b");
    OK(part_ensure(f->s, a, "a", &id, &is_new, &e));
    assert_false(is_new);
    assert_int_equal(id, first);
    say(f, a, first, "green", NULL, DAY_NONE, on(2, 1));
    say(f, a, second, "blue", "complete", DAY_NONE, on(3, 1));
    commit(f);
    assert_int_equal(at(f, a, on(1, 31), 0).parts, 3);
    assert_int_equal(at(f, a, on(1, 31), 0).known, 1);
    assert_int_equal(at(f, a, on(1, 31), 0).rating, 0);
    assert_int_equal(at(f, a, on(2, 1), 0).known, 1); /* split: the whole counts no more */
    assert_int_equal(at(f, a, on(2, 1), 0).rating, 2);
    assert_int_equal(at(f, a, on(3, 1), 0).known, 2);
}

static void test_too_many_parts(void **state)
{
    struct fixture *f = *state;
    int64_t a, id;
    char label[8];

    begin(f);
    a = add(f, "1.1", 1);
    part(f, a, "");
    for (int i = 0; i < 26; i++) {
        snprintf(label, sizeof label, "%c", 'a' + i);
        part(f, a, label);
    }
    REFUSED(part_ensure(f->s, a, "aa", &id, NULL, &e), ERR_REFUSED, "26");
    part(f, a, "z");
    commit(f);
}

static void test_owner(void **state)
{
    struct fixture *f = *state;
    struct said said = {.completed_on = DAY_NONE};
    int64_t a, p, old, new;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    OK(role_ensure(f->s, "Head of Leaving Care", &old, NULL, &e));
    OK(role_ensure(f->s, "Head of Care", &new, NULL, &e));
    said.owner_id = old;
    OK(part_say(f->s, &f->plan, a, p, &said, on(1, 1), NULL, &e));
    said.owner_id = new;
    OK(part_say(f->s, &f->plan, a, p, &said, on(2, 1), NULL, &e));
    commit(f);
    assert_string_equal(at(f, a, on(1, 31), 0).owner, "head-of-leaving-care");
    assert_string_equal(at(f, a, on(2, 1), 0).owner, "head-of-care");
}

static void test_order(void **state)
{
    static const char *const refs[] = {"2.1", "1.10", "1.9", "1.10a", "10.1", "1.1"};
    struct fixture *f = *state;
    struct action_query q = {
        .plan_id = f->plan.id, .as_at = on(1, 1), .known_at = UTC_NONE, .by_priority = true};
    struct seen seen = {0};

    begin(f);
    for (size_t i = 0; i < COUNT(refs); i++) {
        int64_t a = add(f, refs[i], i == 5 ? 3 : 1 + (int)(i % 2));

        say(f, a, part(f, a, ""), NULL, "agreed", DAY_NONE, on(1, 1));
    }
    commit(f);
    assert_string_equal(at(f, 0, on(1, 1), 0).refs, "1.1 1.9 1.10 1.10a 2.1 10.1");
    OK(action_each(f->s, &q, look, &seen, &e));
    assert_string_equal(seen.refs, "1.9 2.1 10.1 1.10 1.10a 1.1");
}

struct journalled {
    size_t count;
    char last[1024];
};

static int keep(void *arg, const struct journal_row *r)
{
    struct journalled *j = arg;

    j->count++;
    snprintf(j->last, sizeof j->last, "%s | %s | %s", r->what, r->before ? r->before : "-",
             r->after ? r->after : "-");
    return 0;
}

static void test_fields(void **state)
{
    static const char *const some[] = {"10", "3", "3"}, *const others[] = {"7"};
    struct fixture *f = *state;
    struct action_fields fields = {.ref = "1.1",
                                   .title = "Old",
                                   .start_on = DAY_NONE,
                                   .recommendations = some,
                                   .recommendation_count = 3};
    struct journalled j = {0};
    struct seen seen;
    bool changed;
    int64_t a;

    begin(f);
    fields.priority_id = priority(f, 1);
    OK(action_add(f->s, &f->plan, &fields, &a, &e));
    say(f, a, part(f, a, ""), "red", "agreed", DAY_NONE, on(1, 1));
    OK(action_set(f->s, &f->plan, a, &fields, &changed, &e));
    assert_false(changed);
    assert_string_equal(at(f, a, on(1, 1), 0).recommendations, "3, 10");
    fields = (struct action_fields){.title = "New", .start_on = DAY_NONE};
    OK(action_set(f->s, &f->plan, a, &fields, &changed, &e));
    assert_true(changed);
    fields = (struct action_fields){.success_measure = "", .start_on = DAY_NONE};
    OK(action_set(f->s, &f->plan, a, &fields, &changed, &e));
    assert_false(changed);
    fields = (struct action_fields){
        .start_on = DAY_NONE, .recommendations = others, .recommendation_count = 1};
    OK(action_set(f->s, &f->plan, a, &fields, &changed, &e));
    assert_true(changed);
    commit(f);
    seen = at(f, a, on(1, 1), 0);
    assert_string_equal(seen.recommendations, "7");
    /* the journal tells them from the first: one row a change */
    OK(journal_each(f->s, UTC_NONE, "test:1.1", 0, 1, keep, &j, &e));
    assert_non_null(strstr(j.last, "\"recommendations\":\"3, 10\""));
    OK(journal_each(f->s, UTC_NONE, "test:1.1", 0, 0, keep, &j, &e));
    assert_int_equal(j.count, 1 + 4);
    assert_ptr_equal(strstr(j.last, "action.update test:1.1 | {"), j.last);
    assert_non_null(strstr(j.last, "\"recommendations\":\"3, 10\"} | {"));
    assert_non_null(strstr(j.last, "\"recommendations\":\"7\"}"));
    assert_int_equal(seen.version, 4); /* added, said, retitled, answers another */
}

static void test_notes(void **state)
{
    struct fixture *f = *state;
    char *note;
    day_t day;
    int64_t a;

    begin(f);
    a = add(f, "1.1", 1);
    OK(action_note_at(f->s, a, on(12, 31), UTC_NONE, &note, &day, &e));
    assert_null(note);
    OK(action_note(f->s, a, "in March", on(3, 1), &e));
    OK(action_note(f->s, a, "in January", on(1, 1), &e));
    commit(f);
    OK(action_note_at(f->s, a, on(12, 31), UTC_NONE, &note, &day, &e));
    assert_string_equal(note, "in March");
    free(note);
    OK(action_note_at(f->s, a, on(2, 1), UTC_NONE, &note, &day, &e));
    assert_string_equal(note, "in January");
    assert_int_equal(day.n, on(1, 1).n);
    free(note);
    OK(action_note_at(f->s, a, on(2, 1), (utc_t){f->now - 1}, &note, &day, &e));
    assert_null(note);
}

struct told {
    size_t count;
    day_t days[8];
    char words[256];
};

static int tell(void *arg, const struct history_row *r)
{
    struct told *t = arg;
    size_t len = strlen(t->words);

    t->days[t->count++ % 8] = r->effective_on;
    snprintf(t->words + len, sizeof t->words - len, "%s,%s,%s,%s,%s;", r->part ? r->part : "-",
             r->rating ? r->rating : "-", r->status ? r->status : "-", r->owner ? r->owner : "-",
             r->note ? r->note : "-");
    assert_string_equal(r->who, "tester");
    return 0;
}

static void test_history(void **state)
{
    struct fixture *f = *state;
    struct told told = {0};
    int64_t a, p;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    say(f, a, p, "red", "agreed", DAY_NONE, on(2, 1));
    OK(action_note(f->s, a, "begun", on(1, 15), &e));
    commit(f);
    begin(f);
    say(f, a, p, "amber", NULL, DAY_NONE, on(1, 1));
    say(f, a, p, "blue", NULL, DAY_NONE, on(2, 1));
    commit(f);
    OK(action_history(f->s, a, tell, &told, &e));
    assert_string_equal(told.words, ",amber,-,-,-;-,-,-,-,begun;,red,agreed,-,-;,blue,-,-,-;");
}

static void test_journal(void **state)
{
    struct fixture *f = *state;
    struct journalled j = {0};
    char expected[512];
    int64_t a, p;

    begin(f);
    a = add(f, "1.1", 1);
    p = part(f, a, "");
    say(f, a, p, "red", NULL, DAY_NONE, on(1, 1));
    say(f, a, p, "blue", NULL, DAY_NONE, on(1, 2));
    say(f, a, p, "blue", NULL, DAY_NONE, on(1, 3)); /* nothing new: no row */
    commit(f);
    OK(journal_each(f->s, UTC_NONE, "test:1.1", 0, 0, keep, &j, &e));
    assert_int_equal(j.count, 3);
    snprintf(expected, sizeof expected,
             "action.update test:1.1 | {\"effective_on\":\"2017-01-02\",\"part_id\":%lld,"
             "\"rating\":\"red\"} | {\"effective_on\":\"2017-01-02\",\"part_id\":%lld,"
             "\"rating\":\"blue\"}",
             (long long)p, (long long)p);
    assert_string_equal(j.last, expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_overlay),     TEST(test_late_correction),
        TEST(test_same_day),    TEST(test_only_what_differs),
        TEST(test_never_rated), TEST(test_refusals),
        TEST(test_due_dates),   TEST(test_completed),
        TEST(test_parts),       TEST(test_too_many_parts),
        TEST(test_owner),       TEST(test_order),
        TEST(test_fields),      TEST(test_notes),
        TEST(test_history),     TEST(test_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
