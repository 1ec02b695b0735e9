/* Importing plans: the two that are published, again and changed; dates that lie back; parts;
 * roles; size. */
#include "engine_import.h"

#include "plan/fraction.h"
#include "store/action.h"
#include "store/person.h"
#include "store/role.h"

/* ---- the plans as published ---- */

struct tally {
    struct fraction all, due, ratings[4];
    day_t as_at;
};

static int count_action(void *arg, const struct standing *f)
{
    struct tally *t = arg;
    int64_t known = 0;

    for (size_t i = 0; i < f->part_count; i++)
        known += f->parts[i].known;
    for (size_t i = 0; i < f->part_count; i++) {
        struct fraction share = known ? fraction_part(known) : FRACTION_ZERO;

        if (!f->parts[i].known)
            continue;
        t->all = fraction_add(t->all, share);
        if (!day_is(f->parts[i].due_on) || f->parts[i].due_on.n > t->as_at.n)
            continue;
        t->due = fraction_add(t->due, share);
        assert_in_range(f->parts[i].rating, 0, 3);
        t->ratings[f->parts[i].rating] = fraction_add(t->ratings[f->parts[i].rating], share);
    }
    return 0;
}

static void expect_figures(struct fixture *f, const char *as_at, double all, double due, double a,
                           double b, double c)
{
    struct tally t = {FRACTION_ZERO,
                      FRACTION_ZERO,
                      {FRACTION_ZERO, FRACTION_ZERO, FRACTION_ZERO, FRACTION_ZERO},
                      day(as_at)};
    struct action_query q = {.as_at = t.as_at, .known_at = UTC_NONE};

    OK(standing_each(f->s, &q, false, count_action, &t, &e));
    assert_true(fraction_number(t.all) == all);
    assert_true(fraction_number(t.due) == due);
    assert_true(fraction_number(t.ratings[0]) == a);
    assert_true(fraction_number(t.ratings[1]) == b);
    assert_true(fraction_number(t.ratings[2]) == c);
}

static void test_2016(void **state)
{
    struct fixture *f = *state;
    struct import_options o = {.file = "Bromley 2016.csv", .as_at = day("2017-08-31")};
    size_t len;
    char *csv = read_all("tests/data/bromley-2016.csv", &len);
    int before;

    OK(import_bytes(f, &o, csv, len));
    expect_counts(f, 306, 0, 0, 0);
    assert_true(f->result.new_plan);
    assert_int_equal(f->result.rows, 306);
    assert_int_equal(f->result.note_count, 0);
    assert_string_equal(f->result.plan, "bromley-2016");
    expect_change(f, 0, "1.01", "new");
    expect_figures(f, "2017-08-31", 306, 298, 23, 142, 133);
    expect_figures(f, "2017-08-30", 0, 0, 0, 0, 0);
    expect(f, "SELECT title FROM plan", "Bromley 2016");
    expect(f, "SELECT name FROM scheme s JOIN plan p ON p.scheme_id = s.id", "rag");
    expect(f, "SELECT count(*) FROM recommendation", "23");
    expect(f, "SELECT group_concat(number) FROM (SELECT number FROM priority ORDER BY number)",
           "1,2,3,4,5,6,7,8,9,10");
    expect(f,
           "SELECT count(*) FROM holding h JOIN person p ON p.id = h.person_id JOIN role r ON r.id "
           "= h.role_id WHERE p.name = r.title AND h.from_on = '2017-08-31' AND h.to_on IS NULL",
           "10");
    expect(f, "SELECT count(*) FROM part WHERE label = ''", "306");
    expect(f, "SELECT count(*) FROM entry WHERE due_precision = 'day' AND due_text IS NULL", "306");
    expect(f, "SELECT count(*) FROM action_update", "306");

    before = written(f);
    OK(import_bytes(f, &o, csv, len));
    expect_counts(f, 0, 0, 306, 0);
    assert_false(f->result.new_plan);
    assert_int_equal(written(f), before);
    /* a month later the same is still so */
    o.as_at = day("2017-09-30");
    OK(import_bytes(f, &o, csv, len));
    expect_counts(f, 0, 0, 306, 0);
    assert_int_equal(written(f), before);
    free(csv);
}

static void test_2012(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("bromley-2012", "2013-03-01");
    size_t len;
    char *csv = read_all("tests/data/bromley-2012.csv", &len);
    int before;

    OK(import_bytes(f, &o, csv, len));
    expect_counts(f, 56, 0, 0, 0);
    assert_int_equal(f->result.rows, 57);
    expect_figures(f, "2013-12-31", 56, 56, 21.5, 28.5, 6);
    expect(f, "SELECT name FROM scheme s JOIN plan p ON p.scheme_id = s.id", "progress");
    expect(f,
           "SELECT group_concat(label) FROM part WHERE action_id = (SELECT id FROM action WHERE "
           "ref = '2.14')",
           "a,b");
    before = written(f);
    OK(import_bytes(f, &o, csv, len));
    expect_counts(f, 0, 0, 56, 0);
    assert_int_equal(written(f), before);
    free(csv);
}

/* ---- what changes ---- */

#define HEAD "ref,part,priority,action,owner,owner_email,due,rating,status,completed,progress\n"

static void test_update(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    int before;

    import_clean_file(f, &o,
                      HEAD "1.1,,1,Train staff,Head of A,a@x.org,2017-03-31,amber,in "
                           "progress,,Under way\n"
                           "1.2,,1,Audit cases,Head of A,a@x.org,Dec 2017,amber,,,\n"
                           "1.3,,1,Keep on,Head of A,a@x.org,Ongoing,,,,\n");
    expect(f, "SELECT group_concat(status) FROM entry", "in-progress,in-progress,agreed");
    expect(f, "SELECT due_on || due_precision || due_text FROM entry WHERE part_id = 2",
           "2017-12-31monthDec 2017");
    o.as_at = day("2017-06-01");
    import_clean_file(f, &o,
                      HEAD "1.1,,2,Train all staff,Head of B,,30/6/2017,Green,Complete,2017-05-"
                           "20,Done\n"
                           "1.2,,1,Audit cases,Head of A,a@x.org,Q1 2018,,,,\n");
    expect_counts(f, 0, 2, 0, 1);
    expect_change(f, 0, "1.1",
                  "action Train staff → Train all staff; priority 1 → 2; rating amber → green; "
                  "status in-progress → complete; due 2017-03-31 → 2017-06-30; owner Head of A → "
                  "Head of B; completed no date → 2017-05-20; progress noted");
    expect_change(f, 1, "1.2", "rating amber → none; due Dec 2017 → Q1 2018");
    /* what held in March holds in March still */
    expect(f,
           "SELECT rating || due_on FROM entry WHERE part_id = 1 AND effective_on <= "
           "'2017-05-31'",
           "amber2017-03-31");
    expect(f, "SELECT original_due_on FROM action WHERE ref = '1.1'", "2017-03-31");
    before = written(f);
    import_clean_file(f, &o, HEAD "1.2,,1,Audit cases,Head of A,,Q1 2018,,,,\n");
    expect_counts(f, 0, 0, 1, 2);
    assert_int_equal(written(f), before);
}

/* An old spreadsheet that turns up late fills the past and leaves the present. */
static void test_late(void **state)
{
    struct fixture *f = *state;
    struct import_options june = options("p", "2017-06-01"), may = options("p", "2017-05-01");
    const char *new = HEAD "1,,1,A,Head,h@x.org,2017-12-31,green,complete,2017-05-25,Done\n";
    const char *old = HEAD "1,,1,A,Head,h@x.org,2017-06-30,red,in progress,,Slipping\n";
    int before;

    import_clean_file(f, &june, new);
    import_clean_file(f, &may, old);
    expect_counts(f, 0, 1, 0, 0);
    before = written(f);
    import_clean_file(f, &may, old);
    expect_counts(f, 0, 0, 1, 0);
    import_clean_file(f, &june, new);
    expect_counts(f, 0, 0, 1, 0);
    assert_int_equal(written(f), before);
    expect_figures(f, "2017-05-31", 1, 0, 0, 0, 0);
    expect_figures(f, "2017-12-31", 1, 1, 0, 0, 1);
    expect(f,
           "SELECT group_concat(from_on || ifnull(to_on, '')) FROM (SELECT * FROM holding "
           "ORDER BY from_on)",
           "2017-05-012017-05-31,2017-06-01");
}

/* A file without a column says nothing about it. */
static void test_fewer_columns(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    int before;

    import_clean_file(f, &o,
                      "ref,priority,priority title,action,success measure,recommendation,owner,"
                      "accountable,start,due,rating,status\n"
                      "1,3,Help,A,M,\"7; 3,7\",Own,Acc,2016-01-01,2017-01-01,red,suspended\n");
    before = written(f);
    import_clean_file(f, &o, "ref,action\n1,A\n");
    expect_counts(f, 0, 0, 1, 0);
    assert_int_equal(written(f), before);
    import_clean_file(f, &o, "ref,action,success measure,recommendation\n1,A,,\"3, 8\"\n");
    expect_change(f, 0, "1", "success measure M → none; recommendations 3, 7 → 3, 8");
    expect(f, "SELECT number || title FROM priority", "3Help");
    expect(f, "SELECT start_on FROM action", "2016-01-01");
}

static void test_parts(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    const char *split = HEAD "1,b,1,,Two,,2017-05-01,green,complete,,All of b\n"
                             "1,a,1,Whole,One,,2017-04-01,red,,,Some of a\n";
    int before;

    import_clean_file(f, &o, HEAD "1,,1,Whole,One,,2017-04-01,amber,,,Begun\n");
    o.as_at = day("2017-04-15");
    import_clean_file(f, &o, split);
    expect_counts(f, 0, 1, 0, 0);
    expect_change(f, 0, "1",
                  "b: rating none → green; b: status none → complete; b: due none → 2017-05-01; "
                  "b: owner nobody → Two; a: rating none → red; a: status none → in-progress; a: "
                  "due none → 2017-04-01; a: owner nobody → One; progress noted");
    expect(f, "SELECT text FROM action_update ORDER BY id DESC", "b: All of b\na: Some of a");
    before = written(f);
    import_clean_file(f, &o, split);
    expect_counts(f, 0, 0, 1, 0);
    assert_int_equal(written(f), before);
    expect_figures(f, "2017-04-14", 1, 1, 0, 1, 0);
    expect_figures(f, "2017-12-31", 1, 1, 0.5, 0, 0.5);
    assert_int_equal(import_text(f, &o, HEAD "1,,1,Whole,One,,2017-04-01,amber,,,\n"), -1);
    assert_string_equal(f->result.faults[0].reason,
                        "1 is split into parts in the plan: say which part this is");
}

/* A file of before the split says what held then; one that lacks a part leaves it, and says so. */
static void test_parts_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-04-15");
    char *notes;

    import_clean_file(f, &o,
                      HEAD "1,a,1,Whole,One,,2017-04-01,red,,,\n"
                           "1,b,1,,One,,2017-04-01,green,,,\n");
    o.as_at = day("2017-03-01");
    import_clean_file(f, &o, HEAD "1,,1,Whole,One,,2017-04-01,amber,,,\n");
    expect_figures(f, "2017-04-14", 1, 1, 0, 1, 0);
    expect_figures(f, "2017-04-15", 1, 1, 0.5, 0, 0.5);
    o.as_at = day("2017-05-01");
    OK(import_text(f, &o, HEAD "1,a,1,Whole,One,,2017-04-01,red,,,\n"));
    expect_counts(f, 0, 0, 1, 0);
    notes = told(f->result.notes, f->result.note_count);
    assert_string_equal(notes, "2 part: part b of 1 stands in the plan but not in the file; it is "
                               "left alone\n");
    free(notes);
    expect_figures(f, "2017-05-01", 1, 1, 0.5, 0, 0.5);
}

/* ---- roles ---- */

static void test_roles(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("p", "2017-03-01");
    char *notes;

    import_clean_file(f, &o,
                      HEAD "1,,1,A,Head of  A,,,,,,\n"
                           "2,,1,B,HEAD OF A,\"Ann Ash <Ann@x.org>\",,,,,\n"
                           "3,,1,C,Head of A,ann@X.org,,,,,\n"
                           "4,,1,D,Director of Children's Services,d@x.org,,,,,\n");
    expect(f, "SELECT group_concat(title) FROM role WHERE id > 4", "Head of A");
    expect(f, "SELECT name || email FROM person ORDER BY id", "Ann AshAnn@x.org");
    expect(f, "SELECT group_concat(role_id) FROM holding", "2,5");
    o.as_at = day("2017-06-01");
    OK(import_text(f, &o, HEAD "1,,1,A,Head of A,bob@x.org,,,,,\n"));
    expect_counts(f, 0, 0, 1, 3);
    notes = told(f->result.notes, f->result.note_count);
    assert_string_equal(notes, "2 owner_email: Head of A is held by bob@x.org from 1 Jun 2017 on, "
                               "no longer by Ann Ash\n");
    free(notes);
    expect(f, "SELECT to_on FROM holding WHERE role_id = 5 ORDER BY id", "2017-05-31");
}

/* ---- which plan ---- */

static void test_names(void **state)
{
    static const struct {
        const char *plan, *file, *title, *slug, *called;
    } cases[] = {
        {NULL, "Bromley 2016.csv", NULL, "bromley-2016", "Bromley 2016"},
        {NULL, "__BCP (v17) plan.final.CSV", NULL, "bcp-v17-plan-final", "Bcp V17 Plan Final"},
        {NULL, "plan", "My  plan\n", "plan", "My plan"},
        {NULL, ".csv", NULL, "csv", "Csv"},
        {"Devon-15", "x.csv", NULL, "devon-15", "Devon 15"},
        {"torbay", NULL,
         "Torbay's \xe2\x80\xae"
         "plan",
         "torbay",
         "Torbay's \xef\xbf\xbd"
         "plan"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct import_options o = {.plan = cases[i].plan,
                                   .file = cases[i].file,
                                   .title = cases[i].title,
                                   .as_at = day("2017-01-01")};
        char *sql = xasprintf("SELECT title FROM plan WHERE slug = '%s'", cases[i].slug);

        import_clean_file(f, &o, "ref,priority,action\n1,1,A\n");
        assert_string_equal(f->result.plan, cases[i].slug);
        assert_true(f->result.new_plan);
        expect(f, sql, cases[i].called);
        import_clean_file(f, &o, "ref,priority,action\n1,1,A\n");
        expect_counts(f, 0, 0, 1, 0);
        free(sql);
    }
}

static void test_scheme(void **state)
{
    static const struct {
        const char *ratings[3], *scheme;
    } cases[] = {
        {{"Red", "GREEN", ""}, "rag"},
        {{"red", "blue", "amber"}, "brag"},
        {{"Significant progress", "limited", "Achieved"}, "progress"},
        {{"", "", ""}, "rag"},
    };
    struct fixture *f = *state;
    struct import_options o = options("x", "2017-01-01");

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *plan = xasprintf("p%zu", i), *sql, *csv;

        sql = xasprintf("SELECT name FROM scheme s JOIN plan p ON p.scheme_id = s.id WHERE slug = "
                        "'%s'",
                        plan);
        csv = xasprintf("rating,ref,action,priority\n%s,1,A,1\n%s,2,B,1\n%s,3,C,1\n",
                        cases[i].ratings[0], cases[i].ratings[1], cases[i].ratings[2]);
        o.plan = plan;
        import_clean_file(f, &o, csv);
        expect(f, sql, cases[i].scheme);
        free(plan);
        free(sql);
        free(csv);
    }
    o = options("p0", "2017-01-01");
    o.scheme = "brag";
    assert_int_equal(import_text(f, &o, "ref,action,priority\n1,A,1\n"), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    o.scheme = "RAG";
    import_clean_file(f, &o, "ref,action,priority\n1,A,1\n");
    o = options("new", "2017-01-01");
    o.scheme = "BRAG";
    import_clean_file(f, &o, "ref,action,priority,rating\n1,A,1,red\n");
    expect(f, "SELECT name FROM scheme s JOIN plan p ON p.scheme_id = s.id WHERE slug = 'new'",
           "brag");
}

/* ---- size ---- */

static void test_ten_thousand(void **state)
{
    struct fixture *f = *state;
    struct import_options o = options("big", "2017-01-01");
    struct text t = TEXT_INIT;
    int before;

    text_add(&t, HEAD);
    for (int i = 0; i < 10000; i++)
        text_addf(&t,
                  "%d.%d,,%d,Action number %d,Head of %d,head%d@example.gov.uk,2017-%02d-%02d,%s,,,"
                  "Note %d\n",
                  i / 100, i % 100, i / 1000 + 1, i, i % 500, i % 500, i % 12 + 1, i % 28 + 1,
                  i % 3 ? "amber" : "red", i);
    import_clean_file(f, &o, t.s);
    expect_counts(f, 10000, 0, 0, 0);
    expect(f, "SELECT count(*) FROM entry", "10000");
    before = written(f);
    import_clean_file(f, &o, t.s);
    expect_counts(f, 0, 0, 10000, 0);
    assert_int_equal(written(f), before);
    text_free(&t);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_2016),          TEST(test_2012),         TEST(test_update),
        TEST(test_late),          TEST(test_parts),        TEST(test_parts_come_and_go),
        TEST(test_fewer_columns), TEST(test_roles),        TEST(test_names),
        TEST(test_scheme),        TEST(test_ten_thousand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
