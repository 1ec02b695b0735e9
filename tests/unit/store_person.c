/* People, roles, and who holds which role between which dates. */
#include "plan_fixture.h"

static int64_t person(struct fixture *f, const char *name)
{
    char *email = xasprintf("%s@example.gov.uk", name);
    int64_t id;

    OK(person_ensure(f->s, name, email, &id, NULL, &e));
    free(email);
    return id;
}

static void test_people(void **state)
{
    struct fixture *f = *state;
    struct person *all, one;
    int64_t ann, same, bob;
    size_t count;
    bool is_new;

    begin(f);
    OK(person_add(f->s, "Ann", "ann@example.gov.uk", &ann, &e));
    OK(person_ensure(f->s, "Anne", "ANN@example.gov.uk", &same, &is_new, &e));
    assert_false(is_new);
    assert_int_equal(ann, same);
    REFUSED(person_add(f->s, "Other", "Ann@Example.gov.uk", &same, &e), ERR_CONFLICT, "already");
    OK(person_ensure(f->s, "Bob", NULL, &bob, &is_new, &e));
    assert_true(is_new);
    OK(person_ensure(f->s, "Bob", NULL, &same, &is_new, &e));
    assert_int_equal(bob, same);
    REFUSED(person_update(f->s, bob, NULL, "ann@example.gov.uk", &e), ERR_CONFLICT, "ann@");
    OK(person_update(f->s, ann, NULL, "ANN@example.gov.uk", &e)); /* one's own is free */
    OK(person_update(f->s, bob, "Robert", NULL, &e));
    commit(f);
    OK(person_find(f->s, ann, on(1, 1), &one, &e));
    assert_string_equal(one.name, "Ann");
    assert_string_equal(one.email, "ANN@example.gov.uk");
    assert_string_equal(one.roles, "");
    assert_int_equal(one.version, 2);
    person_clear(&one);
    REFUSED(person_find(f->s, 99, on(1, 1), &one, &e), ERR_NOTFOUND, "99");
    OK(person_all(f->s, on(1, 1), &all, &count, &e));
    assert_int_equal(count, 2);
    assert_string_equal(all[1].name, "Robert");
    assert_null(all[1].email);
    for (size_t i = 0; i < count; i++)
        person_clear(&all[i]);
    free(all);
}

static void test_slugs_of_titles(void **state)
{
    static const struct {
        const char *title, *slug;
    } cases[] = {
        {"Head of Leaving Care", "head-of-leaving-care"},
        {"head of leaving CARE", "head-of-leaving-care"}, /* the same role */
        {"Head of Leaving-Care", "head-of-leaving-care-2"},
        {"Head, of Leaving Care", "head-of-leaving-care-3"},
        {"Director of Children's Services", "director"}, /* it is there from the start */
        {"Children\xe2\x80\x99s Lead", "childrens-lead"},
        {"  (Interim) Head \xe2\x80\x93 QA ", "interim-head-qa"},
        {"Pennaeth \xc5\xb5yr", "pennaeth-yr"},
        {"\xe6\xbc\xa2", "role"},
        {"---", "role-2"},
        {"An extremely long title of an officer who answers for so very many things at once",
         "an-extremely-long-title-of-an-officer-who-answers-for-so-ve"},
    };
    struct fixture *f = *state;

    begin(f);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct role role;
        int64_t id;

        OK(role_ensure(f->s, cases[i].title, &id, NULL, &e));
        OK(role_find_id(f->s, id, on(1, 1), &role, &e));
        assert_string_equal(role.slug, cases[i].slug);
        role_clear(&role);
    }
    commit(f);
}

static void test_find(void **state)
{
    static const char *const words[] = {"programme-office", "Programme-Office", "programme office",
                                        "PROGRAMME OFFICE"};
    struct fixture *f = *state;
    struct role role;
    int64_t id;

    for (size_t i = 0; i < COUNT(words); i++) {
        OK(role_find(f->s, words[i], on(1, 1), &role, &e));
        assert_string_equal(role.slug, ROLE_OFFICE);
        assert_null(role.holder);
        role_clear(&role);
    }
    REFUSED(role_find(f->s, "directr", on(1, 1), &role, &e), ERR_NOTFOUND,
            "(did you mean director?)");
    REFUSED(role_find(f->s, "zzzzzzz", on(1, 1), &role, &e), ERR_NOTFOUND, "\"zzzzzzz\"");
    assert_null(strstr(e.text, "mean"));
    begin(f);
    REFUSED(role_add(f->s, "Director", "x", 0, &id, &e), ERR_CONFLICT, "director");
    REFUSED(role_add(f->s, "a role", "x", 0, &id, &e), ERR_USAGE, "a role");
    OK(role_find(f->s, "director", on(1, 1), &role, &e));
    OK(role_add(f->s, "head", "Head", role.id, &id, &e));
    role_clear(&role);
    commit(f);
    OK(role_find(f->s, "head", on(1, 1), &role, &e));
    assert_string_equal(role.reports_to, "director");
    role_clear(&role);
}

/* ---- holdings ---- */

struct given {
    const char *name;
    int from_month, from_day, to_month, to_day; /* month 0: none */
    const char *basis;
};

static day_t day_or_none(int month, int day)
{
    return month ? on(month, day) : DAY_NONE;
}

static bool assign(struct fixture *f, int64_t role, const struct given *g)
{
    bool changed;

    OK(role_assign(f->s, role, person(f, g->name), on(g->from_month, g->from_day),
                   day_or_none(g->to_month, g->to_day), g->basis, &changed, &e));
    return changed;
}

/* "ann 1 Jan 2017–28 Feb 2017 permanent; …" */
static char *holdings_of(struct fixture *f, int64_t role)
{
    struct holding *all;
    size_t count, len = 0;
    char *words = xcalloc(1, 1024), from[DAY_ISO], to[DAY_ISO];

    OK(role_holdings(f->s, role, &all, &count, &e));
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(words + len, 1024 - len, "%s%s %s..%s %s", i ? "; " : "",
                                all[i].name, day_iso(all[i].from_on, from) + 5,
                                day_is(all[i].to_on) ? day_iso(all[i].to_on, to) + 5 : "",
                                all[i].basis);
        holding_clear(&all[i]);
    }
    free(all);
    return words;
}

static const struct {
    struct given given[4];
    bool changed; /* by the last */
    const char *held;
} assignments[] = {
    {{{"ann", 1, 1, 0, 0, NULL}}, true, "ann 01-01.. permanent"},
    {{{"ann", 1, 1, 0, 0, NULL}, {"ann", 1, 1, 0, 0, NULL}}, false, "ann 01-01.. permanent"},
    {{{"ann", 1, 1, 0, 0, NULL}, {"ann", 5, 1, 0, 0, NULL}}, false, "ann 01-01.. permanent"},
    {{{"ann", 1, 1, 0, 0, "interim"}, {"ann", 5, 1, 0, 0, NULL}}, false, "ann 01-01.. interim"},
    {{{"ann", 1, 1, 0, 0, NULL}, {"bob", 3, 1, 0, 0, "acting"}},
     true,
     "ann 01-01..02-28 permanent; bob 03-01.. acting"},
    /* put right on the same day: the first never was */
    {{{"ann", 1, 1, 0, 0, NULL}, {"bob", 1, 1, 0, 0, NULL}}, true, "bob 01-01.. permanent"},
    /* a holding that begins later limits this one, also one with an end of its own */
    {{{"bob", 6, 1, 0, 0, NULL}, {"ann", 1, 1, 0, 0, NULL}},
     true,
     "ann 01-01..05-31 permanent; bob 06-01.. permanent"},
    {{{"bob", 6, 1, 0, 0, NULL}, {"ann", 1, 1, 8, 1, NULL}},
     true,
     "ann 01-01..05-31 permanent; bob 06-01.. permanent"},
    {{{"bob", 6, 1, 0, 0, NULL}, {"ann", 1, 1, 2, 1, NULL}},
     true,
     "ann 01-01..02-01 permanent; bob 06-01.. permanent"},
    {{{"cat", 9, 1, 0, 0, NULL}, {"bob", 6, 1, 0, 0, NULL}, {"ann", 1, 1, 0, 0, NULL}},
     true,
     "ann 01-01..05-31 permanent; bob 06-01..08-31 permanent; cat 09-01.. permanent"},
    /* into the middle of another's */
    {{{"ann", 1, 1, 12, 31, NULL}, {"bob", 6, 1, 6, 30, "interim"}},
     true,
     "ann 01-01..05-31 permanent; bob 06-01..06-30 interim"},
    /* after a gap */
    {{{"ann", 1, 1, 2, 1, NULL}, {"ann", 5, 1, 0, 0, NULL}},
     true,
     "ann 01-01..02-01 permanent; ann 05-01.. permanent"},
    /* from interim to permanent: on a later day a holding of its own, on the same day put right
     */
    {{{"ann", 1, 1, 0, 0, "interim"}, {"ann", 5, 1, 0, 0, "permanent"}},
     true,
     "ann 01-01..04-30 interim; ann 05-01.. permanent"},
    {{{"ann", 1, 1, 0, 0, "interim"}, {"ann", 1, 1, 0, 0, "acting"}}, true, "ann 01-01.. acting"},
    /* an end is given to what goes on */
    {{{"ann", 1, 1, 0, 0, NULL}, {"ann", 1, 1, 7, 1, NULL}}, true, "ann 01-01..07-01 permanent"},
    {{{"ann", 1, 1, 7, 1, NULL}, {"ann", 3, 1, 0, 0, NULL}}, false, "ann 01-01..07-01 permanent"},
    {{{"ann", 1, 1, 2, 1, NULL}, {"bob", 6, 1, 0, 0, NULL}, {"ann", 1, 15, 0, 0, NULL}},
     false,
     "ann 01-01..02-01 permanent; bob 06-01.. permanent"},
    {{{"ann", 1, 1, 2, 1, NULL}, {"bob", 6, 1, 0, 0, NULL}, {"ann", 1, 15, 9, 9, NULL}},
     true,
     "ann 01-01..05-31 permanent; bob 06-01.. permanent"},
    /* one day */
    {{{"ann", 1, 1, 1, 1, NULL}}, true, "ann 01-01..01-01 permanent"},
};

static void test_assign(void **state)
{
    struct fixture *f = *state;

    begin(f);
    for (size_t i = 0; i < COUNT(assignments); i++) {
        char slug[16], *held;
        bool changed = false;
        int64_t role;

        snprintf(slug, sizeof slug, "role-%zu", i);
        OK(role_add(f->s, slug, slug, 0, &role, &e));
        for (int j = 0; j < 4 && assignments[i].given[j].name; j++)
            changed = assign(f, role, &assignments[i].given[j]);
        held = holdings_of(f, role);
        if (strcmp(held, assignments[i].held) != 0)
            fail_msg("case %zu: %s", i, held);
        assert_int_equal(changed, assignments[i].changed);
        free(held);
    }
    commit(f);
}

static void test_refused(void **state)
{
    struct fixture *f = *state;
    struct role role;
    int64_t ann;

    begin(f);
    ann = person(f, "ann");
    OK(role_find(f->s, ROLE_CHAIR, on(1, 1), &role, &e));
    REFUSED(role_assign(f->s, role.id, ann, on(3, 1), on(2, 28), NULL, NULL, &e), ERR_USAGE,
            "before");
    REFUSED(role_assign(f->s, role.id, ann, on(3, 1), DAY_NONE, "locum", NULL, &e), ERR_USAGE,
            "permanent, interim or acting");
    REFUSED(role_assign(f->s, 999, ann, on(3, 1), DAY_NONE, NULL, NULL, &e), ERR_NOTFOUND, "999");
    commit(f);
    role_clear(&role);
}

static void test_holders_by_day(void **state)
{
    struct fixture *f = *state;
    const struct given ann = {"ann", 1, 1, 0, 0, NULL}, bob = {"bob", 3, 1, 3, 31, NULL};
    struct role role, *all;
    struct person who;
    size_t count;

    begin(f);
    OK(role_find(f->s, ROLE_CHAIR, on(1, 1), &role, &e));
    assign(f, role.id, &ann);
    assign(f, role.id, &bob);
    role_clear(&role);
    OK(role_find(f->s, ROLE_OFFICE, on(1, 1), &role, &e));
    assign(f, role.id, &bob);
    role_clear(&role);
    commit(f);
    OK(role_find(f->s, ROLE_CHAIR, on(2, 28), &role, &e));
    assert_string_equal(role.holder, "ann");
    role_clear(&role);
    OK(role_find(f->s, ROLE_CHAIR, on(3, 31), &role, &e));
    assert_string_equal(role.email, "bob@example.gov.uk");
    role_clear(&role);
    OK(role_find(f->s, ROLE_CHAIR, on(4, 1), &role, &e));
    assert_null(role.holder);
    role_clear(&role);
    OK(person_find(f->s, person(f, "bob"), on(3, 1), &who, &e));
    assert_string_equal(who.roles, "improvement-board-chair, programme-office");
    person_clear(&who);
    OK(role_all(f->s, on(3, 1), &all, &count, &e));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        role_clear(&all[i]);
    free(all);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_people), TEST(test_slugs_of_titles), TEST(test_find),
        TEST(test_assign), TEST(test_refused),         TEST(test_holders_by_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
