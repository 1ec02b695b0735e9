/* One person by all the roles they hold: who is written to, of what, by which roles, and that
 * nothing goes to them twice. */
#include "engine_world.h"
#include "engine/people.h"

#define ANN "ann@x.example"
#define BOB "bob@x.example"

/* ---- people_each ---- */

static int list_reader(void *arg, const struct reader *who, struct err *e)
{
    struct text *t = arg;

    (void)e;
    text_add(t, tell_reachable(who->roles[0]) ? who->roles[0]->email : "nobody");
    for (size_t i = 0; i < who->count; i++)
        text_addf(t, " %s", who->roles[i]->slug);
    text_add(t, "\n");
    return 0;
}

static void test_each_person_once(void **state)
{
    static const char *const slugs[] = {"d", "a", "c", "b", "e", "f"};
    static const char *const emails[] = {BOB, ANN, NULL, "ANN@X.example", BOB, NULL};
    struct role roles[COUNT(slugs)];
    const struct role *asked[COUNT(slugs)];
    struct text t = TEXT_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(slugs); i++) {
        roles[i] = (struct role){.slug = (char *)(uintptr_t)slugs[i],
                                 .email = (char *)(uintptr_t)emails[i]};
        asked[i] = &roles[i];
    }
    OK(people_each(asked, COUNT(asked), list_reader, &t, &err));
    assert_string_equal(t.s, BOB " d e\n" ANN " a b\nnobody c\nnobody f\n");
    text_free(&t);
}

static int refuse(void *arg, const struct reader *who, struct err *e)
{
    ++*(int *)arg;
    return err_set(e, ERR_CONFLICT, "%s", who->roles[0]->slug);
}

static void test_a_failure_ends_it(void **state)
{
    struct role roles[] = {{.slug = (char *)(uintptr_t) "a"}, {.slug = (char *)(uintptr_t) "b"}};
    const struct role *asked[] = {&roles[0], &roles[1]};
    int calls = 0;

    (void)state;
    assert_int_equal(people_each(asked, 2, refuse, &calls, &err), -1);
    assert_int_equal(calls, 1);
    assert_string_equal(err.text, "a");
}

/* ---- people_tell ---- */

/* Each finding is about its number and concerns the roles of its letter and after. */
struct told {
    struct check_run run;
    char abouts[3][8];
    struct text *log;
};

static bool from_letter_on(const void *arg, size_t item, const struct role *role)
{
    (void)arg;
    return role->slug[1] == '\0' && role->slug[0] >= (char)('a' + item);
}

static struct notice plain_notice(const void *arg, size_t item, const struct role *role)
{
    const struct told *t = arg;

    return (struct notice){.event = "csi.test",
                           .about = t->abouts[item],
                           .due_on = t->run.today,
                           .rule = "test",
                           .step = "now",
                           .role = role->slug,
                           .reason = "test"};
}

static struct letter log_letter(const void *arg, const struct news *news, const char **ret_thread,
                                utc_t *ret_until)
{
    const struct told *t = arg;

    (void)ret_thread;
    text_addf(t->log, "%s: %s;", news->who.roles[0]->email, news->footer.roles);
    for (size_t i = 0; i < news->count; i++)
        text_addf(t->log, " %zu", news->items[i]);
    text_addf(t->log, "; %s\n", news->footer.reference);
    *ret_until = (utc_t){t->run.now.s + 86400};
    return (struct letter){xstrdup("Subject"), xstrdup("Text\n")};
}

static int log_overtaken(const void *arg, size_t item, const struct notice *n, struct err *e)
{
    const struct told *t = arg;

    (void)e;
    text_addf(t->log, "before %zu for %s\n", item, n->role);
    return 0;
}

static char *tell(struct world *w, const char *now, bool overtake)
{
    struct text log = TEXT_INIT;
    struct told t = {.run = {.store = w->s,
                             .engine = &w->engine,
                             .schedule = "test",
                             .check = "test",
                             .now = at(w, now),
                             .today = day("2017-09-01")},
                     .abouts = {"item:0", "item:1", "item:2"},
                     .log = &log};
    struct findings f = {3,
                         &t,
                         from_letter_on,
                         plain_notice,
                         log_letter,
                         .overtake = overtake ? log_overtaken : NULL};
    struct roster roster;

    text_clear(&log);
    OK(roster_load(&t.run, &roster, &err));
    WRITE(w, t.run.now, people_tell(&t.run, &roster, &f, &err));
    roster_free(&roster);
    for (size_t i = 0; i < t.run.trouble.count; i++) {
        text_addf(&log, "trouble: %s\n", t.run.trouble.lines[i]);
        free(t.run.trouble.lines[i]);
    }
    free(t.run.trouble.lines);
    return text_take(&log);
}

static void expect_told(struct world *w, const char *now, bool overtake, const char *expected)
{
    char *found = tell(w, now, overtake);

    assert_string_equal(found, expected);
    free(found);
}

static void add_role(struct world *w, const char *slug, const char *title)
{
    int64_t id;

    WRITE(w, at(w, "2017-08-01 09:00"), role_add(w->s, slug, title, 0, &id, &err));
}

static void test_news_only_and_by_the_roles_that_concern(void **state)
{
    struct world *w = *state;

    add_role(w, "a", "Role A");
    add_role(w, "b", "Role B");
    add_role(w, "c", "Role C");
    world_assign(w, "a", "Ann", ANN, "2017-08-01");
    world_assign(w, "c", "Ann", ANN, "2017-08-01");
    world_assign(w, ROLE_DIRECTOR, "Ann", ANN, "2017-08-01"); /* concerned by nothing */
    expect_told(w, "2017-09-01 08:00", true,
                ANN ": Role A and Role C; 0 1 2; item:0 now\n"
                    "before 0 for a\nbefore 0 for c\nbefore 1 for c\nbefore 2 for c\n"
                    "trouble: b, about item:0: nobody holds the role Role B\n"
                    "trouble: b, about item:1: nobody holds the role Role B\n");
    expect_lines(w, "SELECT count(*), recipient FROM message", "1 | " ANN "\n");
    expect_told(w, "2017-09-01 09:00", true, "");
    /* somebody comes: what could not be told is told, and nobody else hears of it again */
    world_assign(w, "b", "Bob", BOB, "2017-09-01");
    expect_told(w, "2017-09-01 10:00", false, BOB ": Role B; 0 1; item:0 now\n");
    /* to whom only one of two roles is new, the mail speaks of that one */
    add_role(w, "d", "Role D");
    world_assign(w, "d", "Bob", BOB, "2017-09-01");
    expect_told(w, "2017-09-01 11:00", false, BOB ": Role D; 0 1 2; item:0 now\n");
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_person_once),
        cmocka_unit_test(test_a_failure_ends_it),
        TEST(test_news_only_and_by_the_roles_that_concern),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
