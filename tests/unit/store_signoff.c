/* Sign-off in the database: parts, days, who may verify, what closes with it, and evidence as at a
 * day. */
#include "plan_fixture.h"

#include "store/evidence.h"
#include "store/extension.h"
#include "store/signoff.h"
#include "store/sql.h"

static int64_t action;

/* In somebody's name, on a day of 2017 at noon. */
static void as(struct fixture *f, const char *who, int month, int day)
{
    f->now = (int64_t)on(month, day).n * 86400 + 43200;
    OK(store_begin(f->s, who, (utc_t){f->now}, &e));
}

/* In progress since January, due on 1 September; split into `labels`, "" for not at all. */
static void with_action(struct fixture *f, const char *labels)
{
    begin(f);
    action = add(f, "5.12", 5);
    do {
        char label[2] = {*labels, '\0'};

        say(f, action, part(f, action, label), "amber", "in-progress", on(9, 1), on(1, 1));
    } while (*labels && *++labels);
    commit(f);
}

static int move(struct fixture *f, enum signoff m, const char *label, day_t effective)
{
    struct evidence shown = {text_one_line("Audit"), text_one_line("/audit"), NULL};
    struct signoff_wish w = {.move = m,
                             .ref = "5.12",
                             .part = label,
                             .effective = effective,
                             .evidence = &shown,
                             .evidence_count = m == SIGNOFF_COMPLETE};
    int rc = signoff_make(f->s, &f->plan, action, &w, &e);

    evidence_clear(&shown);
    return rc;
}

/* It is made on that day with effect from then. */
static void made(struct fixture *f, const char *who, enum signoff m, int month, int day)
{
    as(f, who, month, day);
    OK(move(f, m, NULL, on(month, day)));
    commit(f);
}

static void refused(struct fixture *f, const char *who, enum signoff m, const char *label,
                    day_t effective, enum err_code code, const char *words)
{
    as(f, who, 12, 1);
    REFUSED(move(f, m, label, effective), code, words);
    store_undo(f->s);
}

static int add_state(void *arg, const struct action *a)
{
    struct text *t = arg;
    char day[DAY_ISO];

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (!p->known)
            continue;
        text_addf(t, "%s%s%s%s since %s", t->len ? ", " : "", p->label, *p->label ? ": " : "",
                  status_name(p->status), day_iso(p->status_on, day));
        if (day_is(p->completed_on))
            text_addf(t, " completed %s", day_iso(p->completed_on, day));
        text_addf(t, " %zu", p->evidence);
    }
    return 0;
}

static void is(struct fixture *f, day_t as_at, const char *expected)
{
    struct action_query q = {.action_id = action, .as_at = as_at, .known_at = UTC_NONE};
    struct text t = TEXT_INIT;

    OK(action_each(f->s, &q, add_state, &t, &e));
    assert_string_equal(t.s, expected);
    text_free(&t);
    /* all at once gives the same */
    t = (struct text)TEXT_INIT;
    q.action_id = 0;
    OK(action_each(f->s, &q, add_state, &t, &e));
    assert_string_equal(t.s, expected);
    text_free(&t);
}

static void test_the_way(void **state)
{
    struct fixture *f = *state;

    with_action(f, "");
    made(f, "ann", SIGNOFF_COMPLETE, 8, 1);
    is(f, on(8, 1), "completion-proposed since 2017-08-01 1");
    is(f, on(7, 31), "in-progress since 2017-01-01 0");
    made(f, "ann", SIGNOFF_APPROVE, 8, 3); /* of one's own proposal */
    made(f, "bob", SIGNOFF_VERIFY, 8, 7);
    is(f, on(8, 7), "verified since 2017-08-07 completed 2017-08-03 1");
    made(f, "ann", SIGNOFF_EMBED, 9, 1);
    is(f, on(12, 1), "embedded since 2017-09-01 completed 2017-08-03 1");
    made(f, "bob", SIGNOFF_REOPEN, 10, 1);
    is(f, on(10, 1), "in-progress since 2017-10-01 1");
    /* what was so before still is */
    is(f, on(9, 1), "embedded since 2017-09-01 completed 2017-08-03 1");
    made(f, "bob", SIGNOFF_COMPLETE, 10, 2);
    made(f, "bob", SIGNOFF_APPROVE, 10, 3);
    is(f, on(12, 1), "complete since 2017-10-03 completed 2017-10-03 2");
    refused(f, "bob", SIGNOFF_VERIFY, NULL, on(12, 1), ERR_DENIED, "bob proposed that 5.12");
    made(f, "ann", SIGNOFF_VERIFY, 10, 5);
}

static void test_who_may_not_verify(void **state)
{
    static const struct {
        const char *said[2][2]; /* by whom, which status */
        const char *who;
        const char *words; /* NULL: may */
    } cases[] = {
        {{{"ann", "completion-proposed"}, {"bob", "complete"}}, "ann", "ann proposed"},
        {{{"ann", "completion-proposed"}, {"bob", "complete"}}, "bob", NULL},
        {{{"ann", "completion-proposed"}, {"bob", "complete"}}, "cat", NULL},
        {{{"ann", "complete"}}, "ann", "ann said"}, /* not by the way round it */
        {{{"ann", "complete"}}, "bob", NULL},
        {{{"root", "complete"}}, "root", "root said"},
    };
    struct fixture *f = *state;

    with_action(f, "");
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t k = 0; k < 2 && cases[i].said[k][0]; k++) {
            as(f, cases[i].said[k][0], 8, 1);
            say(f, action, part(f, action, ""), NULL, cases[i].said[k][1], DAY_NONE, on(8, 1));
            commit(f);
        }
        as(f, cases[i].who, 8, 2);
        if (cases[i].words)
            REFUSED(move(f, SIGNOFF_VERIFY, NULL, on(8, 2)), ERR_DENIED, cases[i].words);
        else
            OK(move(f, SIGNOFF_VERIFY, NULL, on(8, 2)));
        store_undo(f->s);
        made(f, "zoe", SIGNOFF_REOPEN, 8, 1);
    }
}

static void test_parts(void **state)
{
    struct fixture *f = *state;

    with_action(f, "abc");
    as(f, "ann", 8, 1);
    OK(move(f, SIGNOFF_COMPLETE, "b", on(8, 1)));
    OK(move(f, SIGNOFF_APPROVE, NULL, on(8, 1))); /* the one that stands there */
    commit(f);
    is(f, on(8, 1),
       "a: in-progress since 2017-01-01 0, b: complete since 2017-08-01 completed "
       "2017-08-01 1, c: in-progress since 2017-01-01 0");
    refused(f, "ann", SIGNOFF_APPROVE, "a", on(8, 2), ERR_CONFLICT, "part a: 5.12 is in-progress");
    refused(f, "ann", SIGNOFF_COMPLETE, "b", on(8, 2), ERR_CONFLICT, "part b: 5.12 is complete");
    refused(f, "ann", SIGNOFF_COMPLETE, "d", on(8, 2), ERR_NOTFOUND, "no part \"d\"");
    made(f, "ann", SIGNOFF_COMPLETE, 8, 2); /* the other two; its evidence is the whole's */
    is(f, on(8, 2),
       "a: completion-proposed since 2017-08-02 1, b: complete since 2017-08-01 "
       "completed 2017-08-01 2, c: completion-proposed since 2017-08-02 1");
}

static void test_days(void **state)
{
    struct fixture *f = *state;

    with_action(f, "");
    refused(f, "ann", SIGNOFF_COMPLETE, NULL, day_from_ymd(2016, 12, 31), ERR_CONFLICT,
            "begins later");
    as(f, "ann", 8, 10);
    OK(move(f, SIGNOFF_COMPLETE, NULL, on(8, 1))); /* recorded late */
    commit(f);
    refused(f, "bob", SIGNOFF_APPROVE, NULL, on(7, 31), ERR_CONFLICT, "is in-progress");
    made(f, "bob", SIGNOFF_REOPEN, 8, 20);
    /* an entry before the last would change nothing */
    refused(f, "bob", SIGNOFF_APPROVE, NULL, on(8, 19), ERR_CONFLICT,
            "is in-progress from Sunday 20 August 2017 on: say --effective 2017-08-20");
    made(f, "ann", SIGNOFF_COMPLETE, 8, 25);
    refused(f, "bob", SIGNOFF_APPROVE, NULL, on(8, 2), ERR_CONFLICT, "--effective 2017-08-25");
}

static void test_closing_refuses_what_was_asked(void **state)
{
    struct fixture *f = *state;
    struct extension x;
    int64_t id;

    with_action(f, "");
    as(f, "ann", 8, 1);
    OK(extension_ask(f->s, action, NULL, on(12, 31), "late data", on(8, 1), &id, &e));
    OK(move(f, SIGNOFF_COMPLETE, NULL, on(8, 1)));
    commit(f);
    OK(extension_find(f->s, id, &x, &e));
    assert_int_equal(x.state, EXTENSION_ASKED); /* proposed is open */
    extension_clear(&x);
    made(f, "bob", SIGNOFF_APPROVE, 8, 2);
    OK(extension_find(f->s, id, &x, &e));
    assert_int_equal(x.state, EXTENSION_REFUSED);
    assert_string_equal(x.decided_by, "csid");
    extension_clear(&x);
}

static int add_evidence(void *arg, const struct evidence_row *r)
{
    char day[DAY_ISO];

    text_addf(arg, "%s %s %s %s %s %s\n", day_iso(r->effective_on, day), r->part ? r->part : "-",
              r->title, r->link, r->sha256 ? r->sha256 : "-", r->who);
    return 0;
}

static int add_what(void *arg, const struct journal_row *r)
{
    text_addf(arg, "%s %s\n", r->who, r->what);
    return 0;
}

static void test_evidence(void **state)
{
    struct evidence v = {text_one_line("Audit"), text_one_line("/audit"), text_one_line("00ff")};
    struct action_query q = {.as_at = on(12, 1), .known_at = UTC_NONE};
    struct fixture *f = *state;
    struct text t = TEXT_INIT;
    int64_t seq;

    with_action(f, "ab");
    OK(journal_seq(f->s, &seq, &e));
    as(f, "ann", 8, 1);
    OK(evidence_add(f->s, action, part(f, action, "b"), &v, on(7, 1), &e));
    OK(evidence_add(f->s, action, 0, &v, on(8, 1), &e));
    commit(f);
    evidence_clear(&v);
    OK(evidence_each(f->s, action, add_evidence, &t, &e));
    assert_string_equal(t.s, "2017-07-01 b Audit /audit 00ff ann\n"
                             "2017-08-01 - Audit /audit 00ff ann\n");
    text_clear(&t);
    OK(journal_each(f->s, UTC_NONE, NULL, seq, 0, add_what, &t, &e));
    assert_string_equal(t.s, "ann action.evidence test:5.12\nann action.evidence test:5.12\n");
    text_free(&t);
    /* as at a day, and as known by a time */
    is(f, on(6, 30), "a: in-progress since 2017-01-01 0, b: in-progress since 2017-01-01 0");
    is(f, on(7, 1), "a: in-progress since 2017-01-01 0, b: in-progress since 2017-01-01 1");
    is(f, on(8, 1), "a: in-progress since 2017-01-01 1, b: in-progress since 2017-01-01 2");
    q.known_at = (utc_t){f->now - 1};
    OK(action_each(f->s, &q, add_state, &t, &e));
    assert_string_equal(t.s,
                        "a: in-progress since 2017-01-01 0, b: in-progress since 2017-01-01 0");
    text_free(&t);
}

/* A status said again holds since it was first said; another in between begins it anew. */
static void test_since_when(void **state)
{
    struct fixture *f = *state;

    with_action(f, "");
    begin(f);
    say(f, action, part(f, action, ""), "green", NULL, DAY_NONE, on(2, 1));
    say(f, action, part(f, action, ""), NULL, "suspended", DAY_NONE, on(3, 1));
    say(f, action, part(f, action, ""), NULL, "in-progress", DAY_NONE, on(4, 1));
    commit(f);
    is(f, on(2, 28), "in-progress since 2017-01-01 0");
    is(f, on(3, 31), "suspended since 2017-03-01 0");
    is(f, on(4, 1), "in-progress since 2017-04-01 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_may_not_verify, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_days, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closing_refuses_what_was_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_evidence, setup, teardown),
        cmocka_unit_test_setup_teardown(test_since_when, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
