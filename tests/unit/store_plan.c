/* Plans and priorities, and actions found by what people type. */
#include "plan_fixture.h"

static void test_find(void **state)
{
    static const struct {
        const char *ref, *plan;
        const char *found; /* NULL: not found */
        const char *says;
    } cases[] = {
        {"5.12", NULL, "5.12", ""},
        {"test:5.12", NULL, "5.12", ""},
        {"TEST:5.12", NULL, "5.12", ""},
        {"5.12", "test", "5.12", ""},
        {"5.1", NULL, "5.01", ""}, /* alike, and the only one */
        {"5.01", NULL, "5.01", ""},
        {"6.1", NULL, NULL, "no action \"6.1\" in test"}, /* 6.01 and 6.001 are */
        {"A-7", NULL, "a-7", ""},
        {"x:y", NULL, "x:y", ""},
        {"test:x:y", NULL, "x:y", ""},
        {"5.13", NULL, NULL, "did you mean 5.12?"},
        {"", NULL, NULL, "no action"},
        {":5.12", NULL, NULL, "no action"},
        {"5.12", "tset", NULL, "no plan \"tset\" (did you mean test?)"},
    };
    static const char *const refs[] = {"5.12", "5.01", "a-7", "x:y", "6.01", "6.001"};
    struct fixture *f = *state;
    int64_t ids[COUNT(refs)], id;
    struct plan plan;

    begin(f);
    for (size_t i = 0; i < COUNT(refs); i++)
        ids[i] = add(f, refs[i], 5);
    commit(f);
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (!cases[i].found) {
            REFUSED(action_find(f->s, cases[i].ref, cases[i].plan, &id, &plan, &e), ERR_NOTFOUND,
                    cases[i].says);
            continue;
        }
        OK(action_find(f->s, cases[i].ref, cases[i].plan, &id, &plan, &e));
        for (size_t j = 0; j < COUNT(refs); j++)
            if (id == ids[j] && strcmp(refs[j], cases[i].found) != 0)
                fail_msg("%s finds %s", cases[i].ref, refs[j]);
        assert_int_equal(plan.id, f->plan.id);
        plan_clear(&plan);
    }
}

static void test_several_plans(void **state)
{
    struct fixture *f = *state;
    int64_t id;
    struct plan plan;

    begin(f);
    add(f, "5.12", 5);
    OK(plan_add(f->s, "Other-2012", "Another", "rag", &id, &e));
    REFUSED(plan_add(f->s, "other-2012", "Another", "rag", &id, &e), ERR_CONFLICT, "other-2012");
    REFUSED(plan_add(f->s, "third", "x", "gar", &id, &e), ERR_NOTFOUND, "rag, brag, progress");
    REFUSED(plan_add(f->s, "-x", "x", "rag", &id, &e), ERR_USAGE, "\"-x\"");
    REFUSED(plan_add(f->s, "a b", "x", "rag", &id, &e), ERR_USAGE, "\"a b\"");
    REFUSED(plan_add(f->s, "", "x", "rag", &id, &e), ERR_USAGE, "1 to 64");
    commit(f);
    REFUSED(action_find(f->s, "5.12", "-", &id, &plan, &e), ERR_USAGE, "other-2012, test");
    OK(action_find(f->s, "test:5.12", "-", &id, &plan, &e));
    plan_clear(&plan);
    OK(plan_find(f->s, "OTHER-2012", &plan, &e));
    assert_int_equal(plan.scheme.count, 3);
    assert_string_equal(plan.scheme.ratings[2].symbol, "●");
    plan_clear(&plan);
}

static void test_priorities(void **state)
{
    struct fixture *f = *state;
    struct priority *found;
    int64_t id, again;
    size_t count;
    bool changed;

    begin(f);
    OK(priority_ensure(f->s, &f->plan, 2, "Second", &id, &changed, &e));
    assert_true(changed);
    OK(priority_ensure(f->s, &f->plan, 1, NULL, &again, &changed, &e));
    OK(priority_ensure(f->s, &f->plan, 2, NULL, &again, &changed, &e));
    assert_false(changed);
    OK(priority_ensure(f->s, &f->plan, 2, "", &again, &changed, &e));
    assert_false(changed);
    OK(priority_ensure(f->s, &f->plan, 2, "Other", &again, &changed, &e));
    assert_true(changed);
    assert_int_equal(id, again);
    OK(plan_retitle(f->s, &f->plan, "A better title", &e));
    commit(f);
    OK(plan_priorities(f->s, f->plan.id, &found, &count, &e));
    assert_int_equal(count, 2);
    assert_int_equal(found[0].number, 1);
    assert_string_equal(found[1].title, "Other");
    priorities_free(found, count);
    plan_clear(&f->plan);
    OK(plan_find(f->s, "", &f->plan, &e));
    assert_string_equal(f->plan.title, "A better title");
    assert_int_equal(f->plan.version, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_find),
        TEST(test_several_plans),
        TEST(test_priorities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
