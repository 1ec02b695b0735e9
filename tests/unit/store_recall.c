/* What a copy keeps of the plans is what the database says, whatever is written, taken back, or
 * takes effect on a later day; a store on a file keeps nothing. */
#include "plan_fixture.h"

#include "base/text.h"
#include "store/sql.h"
#include "store/store_impl.h"

static void put_part(struct text *t, const struct part *p)
{
    text_addf(t, " [%s %d %d %d due %d %d %s by %lld done %d]", p->label, p->known, p->rating,
              (int)p->status, (int)p->due_precision, p->due_on.n, p->due_text ? p->due_text : "-",
              (long long)p->owner_id, p->completed_on.n);
}

static int put_action(void *arg, const struct action *a)
{
    struct text *t = arg;

    text_addf(t, "%s:%s v%lld %s / %s, %s, %s, %s", a->plan, a->ref, (long long)a->version,
              a->title, a->success_measure ? a->success_measure : "-", a->priority_title,
              a->accountable_title ? a->accountable_title : "-", a->recommendations);
    for (size_t i = 0; i < a->part_count; i++) {
        put_part(t, &a->parts[i]);
        text_addf(t, "%s", a->parts[i].owner_title ? a->parts[i].owner_title : "");
    }
    text_add(t, "\n");
    return 0;
}

static int put_standing(void *arg, const struct standing *st)
{
    text_addf(arg, "%lld %lld %lld %lld", (long long)st->action_id, (long long)st->plan_id,
              (long long)st->priority_id, (long long)st->accountable_id);
    for (size_t i = 0; i < st->part_count; i++)
        put_part(arg, &st->parts[i]);
    text_add(arg, "\n");
    return 0;
}

/* All there is, by what is kept, or (`known`) by a query that is never kept. */
static char *all(struct store *s, day_t as_at, bool known)
{
    const struct action_query q = {.as_at = as_at,
                                   .known_at = known ? (utc_t){253402300799} : UTC_NONE};
    struct text t = TEXT_INIT;

    text_clear(&t);
    OK(action_each(s, &q, put_action, &t, &e));
    OK(standing_each(s, &q, true, put_standing, &t, &e));
    return text_take(&t);
}

static void expect_true(struct store *s, int month, int day)
{
    char *kept = all(s, on(month, day), false), *read = all(s, on(month, day), true);

    assert_string_equal(kept, read);
    free(kept);
    free(read);
}

static void expect_true_for_a_year(struct store *s)
{
    for (int month = 1; month <= 12; month++)
        for (int day = 1; day <= 28; day += 3)
            expect_true(s, month, day);
    expect_true(s, 2, 1); /* back again */
}

static struct store *copy_of(struct fixture *f)
{
    struct store *copy;

    OK(store_copy(f->s, &copy, &e));
    return copy;
}

static void fill(struct fixture *f)
{
    begin(f);
    for (int i = 0; i < 5; i++) {
        char ref[8];
        int64_t a, p;

        snprintf(ref, sizeof ref, "1.%d", i);
        a = add(f, ref, 1 + i % 2);
        p = part(f, a, i == 3 ? "a" : "");
        say(f, a, p, "red", "in progress", on(6, 1 + i), on(1, 10));
        say(f, a, p, "amber", NULL, on(9, 1 + i), on(5, 1 + i)); /* from a day to come */
        if (i == 4)
            say(f, a, p, NULL, "complete", DAY_NONE, on(7, 1));
    }
    commit(f);
}

static void test_days_that_pass(void **state)
{
    struct fixture *f = *state;
    struct store *copy;

    fill(f);
    copy = copy_of(f);
    expect_true_for_a_year(copy);
    store_close(copy);
    expect_true_for_a_year(f->s);
    assert_null(f->s->recall);
}

/* Each kind of writing, in and out of a transaction, and taken back. */
static void test_what_is_written(void **state)
{
    static const char *const statements[] = {
        "UPDATE action SET title = 'Another' WHERE ref = '1.1'",
        "UPDATE plan SET slug = 'other'",
        "UPDATE priority SET title = 'Named anew' WHERE number = 2",
        "UPDATE rating SET code = 'blau' WHERE code = 'amber'",
        "INSERT INTO role (slug, title) VALUES ('lead', 'Lead')",
        "UPDATE action SET accountable_id = (SELECT id FROM role WHERE slug = 'lead')",
        "UPDATE role SET title = 'Leader' WHERE slug = 'lead'",
        "INSERT INTO recommendation (plan_id, ref) VALUES (1, '7')",
        "INSERT INTO action_recommendation SELECT id, 1 FROM action WHERE ref = '1.2'",
        "INSERT INTO part (action_id, label) SELECT id, 'z' FROM action WHERE ref = '1.0'",
        "INSERT INTO entry SELECT id, '2017-03-01', 1, '2017-01-01T00:00:00Z', 'x', 'red', "
        "'draft', "
        "'day', '2017-04-01', 'April', 1, NULL FROM part WHERE label = 'z'",
        "UPDATE entry SET due_on = '2017-08-08' WHERE due_on = '2017-06-02'",
        "DELETE FROM entry WHERE effective_on = '2017-07-01'",
    };
    struct fixture *f = *state;
    struct store *copy;

    fill(f);
    copy = copy_of(f);
    for (size_t i = 0; i < COUNT(statements) * 3; i++) {
        const struct query q = {statements[i / 3], true};
        bool part = i % 3 == 1;

        expect_true(copy, 8, 1);
        OK(store_begin(copy, "tester", (utc_t){f->now}, &e));
        if (part)
            OK(store_part_begin(copy, &e));
        OK(sql_run(copy, &q, &e, ""));
        expect_true(copy, 8, 1);
        if (part) {
            assert_int_equal(store_part_end(copy, -1, &e), -1);
            expect_true(copy, 8, 1);
        }
        if (i % 3 == 2)
            OK(store_end(copy, 0, &e));
        else
            store_undo(copy);
        /* each query has its place by its address: this one's must not be taken for the next */
        for (size_t k = 0; k < CACHE_SLOTS; k++)
            if (copy->cache[k].query == &q) {
                sqlite3_finalize(copy->cache[k].stmt);
                copy->cache[k] = (struct cached){0};
            }
        expect_true(copy, 8, 1);
    }
    expect_true_for_a_year(copy);
    store_close(copy);
}

/* What a forecast supposes goes through the functions that every change does. */
static void test_what_is_said(void **state)
{
    struct fixture *f = *state;
    struct store *file = f->s, *copy;
    int64_t a, p;

    fill(f);
    copy = f->s = copy_of(f);
    expect_true(copy, 4, 1);
    begin(f);
    a = add(f, "2.1", 2);
    expect_true(copy, 4, 1);
    p = part(f, a, "");
    say(f, a, p, "red", "draft", on(5, 5), on(3, 1));
    expect_true(copy, 4, 1);
    commit(f);
    begin(f);
    say(f, a, p, NULL, "complete", DAY_NONE, on(4, 1));
    store_undo(copy);
    expect_true(copy, 4, 1);
    store_close(copy);
    f->s = file;
}

/* What is in use stays while it is, whatever happens meanwhile. */
struct nested {
    struct fixture *f;
    struct text t;
    int depth;
};

static int look_within(void *arg, const struct action *a)
{
    struct nested *n = arg;

    if (n->depth++ == 0) {
        expect_true(n->f->s, 4, 1); /* read by two at once, then by the first alone */
        begin(n->f);
        add(n->f, "9.9", 2);
        commit(n->f);
        expect_true(n->f->s, 4, 1);
    }
    return put_action(&n->t, a);
}

static void test_while_it_is_read(void **state)
{
    const struct action_query q = {.as_at = on(4, 1), .known_at = UTC_NONE};
    struct nested n = {.f = *state};
    struct store *file = n.f->s;
    struct text before = TEXT_INIT;

    fill(n.f);
    n.f->s = copy_of(n.f);
    OK(action_each(n.f->s, &q, put_action, &before, &e));
    OK(action_each(n.f->s, &q, look_within, &n, &e));
    assert_string_equal(n.t.s, before.s);
    expect_true(n.f->s, 4, 1);
    text_free(&before);
    text_free(&n.t);
    store_close(n.f->s);
    n.f->s = file;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_days_that_pass),
        TEST(test_what_is_written),
        TEST(test_what_is_said),
        TEST(test_while_it_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
