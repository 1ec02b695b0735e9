/* Why a reader is told of an action on a day: each case a short life of one action and its role,
 * all of them lived on London's clock at once, and every reason that its owner is given. The ladder
 * is "28 7 0 +1 every 5"; who is told hears at 08:30 on working days, what happens does so at
 * 07:00. */
#include "engine_world.h"
#include "store/action.h"
#include "store/plan.h"

#define FIRST_DAY "2017-08-31"
#define LAST_DAY  "2017-11-10"

enum what { END, DUE, STATUS, HELD_FROM, PART_A, PART_B, STATUS_A, OWNER, UNTELL };
struct event {
    const char *on;
    enum what what;
    const char *value; /* a due date, a status, the first day of its holder, of an owner: a role */
};
static const struct {
    const char *name;
    struct event events[6];
    const char *reasons; /* up to the last that the case is about */
} table[] = {
    {"it stood before its first step",
     {{"2017-09-01", DUE, "2017-10-09"}},
     "2017-09-11 T-28 first: due Mon 9 Oct 2017\n2017-10-02 T-7 T-7: due Mon 9 Oct 2017\n"
     "2017-10-09 T-0 T-0: due Mon 9 Oct 2017\n2017-10-10 T+1 T+1: 1 day overdue\n"
     "2017-10-17 T+1+5wd repeat: 8 days overdue\n"},
    {"it was added when its first step had passed",
     {{"2017-09-04", DUE, "2017-09-20"}},
     "2017-09-04 T-28 new\n2017-09-13 T-7 T-7: due Wed 20 Sep 2017\n"},
    {"it was added on the day of its first step",
     {{"2017-09-11", DUE, "2017-10-09"}},
     "2017-09-11 T-28 new\n2017-10-02 T-7 T-7: due Mon 9 Oct 2017\n"},
    {"it was added when it was overdue",
     {{"2017-09-04", DUE, "2017-09-01"}},
     "2017-09-04 T+1 new\n2017-09-11 T+1+5wd repeat: 10 days overdue\n"},
    {"nobody held its role until after its first step",
     {{"2017-09-01", DUE, "2017-10-09"}, {"2017-10-03", HELD_FROM, "2017-10-03"}},
     "2017-10-03 T-7 new\n2017-10-09 T-0 T-0: due Mon 9 Oct 2017\n"},
    {"who held its role since long ago was not known until then",
     {{"2017-09-01", DUE, "2017-10-09"}, {"2017-10-03", HELD_FROM, "2017-01-01"}},
     "2017-10-03 T-7 first: due Mon 9 Oct 2017\n2017-10-09 T-0 T-0: due Mon 9 Oct 2017\n"},
    {"another role owns it",
     {{"2017-09-01", DUE, "2017-10-09"}, {"2017-10-03", OWNER, "heir"}},
     "2017-09-11 T-28 first: due Mon 9 Oct 2017\n2017-10-02 T-7 T-7: due Mon 9 Oct 2017\n"
     "2017-10-03 T-7 new\n2017-10-09 T-0 T-0: due Mon 9 Oct 2017\n"},
    {"its date moved before anybody was told of it",
     {{"2017-09-01", DUE, "2017-12-31"}, {"2017-09-05", DUE, "2017-10-09"}},
     "2017-09-11 T-28 first: due Mon 9 Oct 2017\n2017-10-02 T-7 T-7: due Mon 9 Oct 2017\n"},
    {"its date moved after it was told, and back",
     {{"2017-09-01", DUE, "2017-10-09"},
      {"2017-09-12", DUE, "2017-11-06"},
      {"2017-10-10", DUE, "2017-10-09"}},
     "2017-09-11 T-28 first: due Mon 9 Oct 2017\n2017-10-09 T-28 due changed: was 9 Oct 2017\n"
     "2017-10-10 T+1 due changed: was 6 Nov 2017\n2017-10-17 T+1+5wd repeat: 8 days overdue\n"},
    {"it was complete when it was added, and is reopened",
     {{"2017-09-01", STATUS, "complete"},
      {"2017-09-01", DUE, "2017-09-01"},
      {"2017-09-05", STATUS, "in-progress"}},
     "2017-09-05 T+1 reopened: it was closed on 1 Sep 2017\n"
     "2017-09-11 T+1+5wd repeat: 10 days overdue\n"},
    {"it was reopened long before its first step",
     {{"2017-09-01", STATUS, "complete"},
      {"2017-09-01", DUE, "2017-10-09"},
      {"2017-09-05", STATUS, "in-progress"}},
     "2017-09-11 T-28 first: due Mon 9 Oct 2017\n2017-10-02 T-7 T-7: due Mon 9 Oct 2017\n"},
    {"it was closed and reopened between two steps",
     {{"2017-09-01", DUE, "2017-08-31"},
      {"2017-09-04", STATUS, "complete"},
      {"2017-09-05", STATUS, "in-progress"}},
     "2017-09-01 T+1 new\n2017-09-05 reopened-2017-09-04 reopened: it was closed on 4 Sep 2017\n"
     "2017-09-08 T+1+5wd repeat: 8 days overdue\n"},
    {"it was reopened on the day of a step",
     {{"2017-09-01", DUE, "2017-08-31"},
      {"2017-09-04", STATUS, "complete"},
      {"2017-09-08", STATUS, "in-progress"}},
     "2017-09-01 T+1 new\n2017-09-08 T+1+5wd reopened: it was closed on 4 Sep 2017\n"
     "2017-09-15 T+1+10wd repeat: 15 days overdue\n"},
    {"of two parts the first is complete: no date has changed",
     {{"2017-09-01", PART_A, "2017-10-09"},
      {"2017-09-01", PART_B, "2017-11-06"},
      {"2017-09-12", STATUS_A, "complete"}},
     "2017-09-11 T-28 first: due Mon 9 Oct 2017\n2017-10-09 T-28 first: due Mon 6 Nov 2017\n"},
    {"what was mailed reached nobody, and is told anew",
     {{"2017-09-04", DUE, "2017-09-01"}, {"2017-09-05", UNTELL, NULL}},
     "2017-09-05 T+1 new\n2017-09-11 T+1+5wd repeat: 10 days overdue\n"},
};

static struct plan plan;
static int64_t priority;
static int64_t actions[COUNT(table)], owners[COUNT(table)];

static void say(struct world *w, size_t i, const char *label, const struct event *ev)
{
    struct said said = {.due_on = DAY_NONE, .completed_on = DAY_NONE};
    int64_t part;

    if (ev->what == DUE || ev->what == PART_A || ev->what == PART_B) {
        said.due = true;
        said.due_on = day(ev->value);
        said.owner_id = owners[i];
    } else if (ev->what == OWNER) {
        said.owner_id = role_id(w, ev->value);
    } else {
        said.status = ev->value;
    }
    OK(part_ensure(w->s, actions[i], label, &part, NULL, &err));
    OK(part_say(w->s, &plan, actions[i], part, &said, day(ev->on), NULL, &err));
}

static void add(struct world *w, size_t i, const struct event *ev)
{
    char *ref = xasprintf("1.%02zu", i);
    struct action_fields fields = {
        .ref = ref, .title = table[i].name, .priority_id = priority, .start_on = DAY_NONE};
    struct event begin = {ev->on, STATUS, "in-progress"};

    OK(action_add(w->s, &plan, &fields, &actions[i], &err));
    say(w, i, "", &begin);
    free(ref);
}

/* Each role has a person of its own, since long ago unless a case says otherwise. */
static void hold(struct world *w, size_t i, utc_t now, const char *from)
{
    char *email = xasprintf("owner-%zu@x.example", i);
    int64_t person;

    WRITE(w, now, person_ensure(w->s, "Owner", email, &person, NULL, &err));
    WRITE(w, now,
          role_assign(w->s, owners[i], person, day(from), DAY_NONE, "permanent", NULL, &err));
    free(email);
}

static const char *label_of(enum what what)
{
    return what == PART_A || what == STATUS_A ? "a" : what == PART_B ? "b" : "";
}

static void happen(struct world *w, size_t i, const struct event *ev, utc_t now)
{
    if (ev->what == HELD_FROM) {
        hold(w, i, now, ev->value);
        return;
    }
    OK(store_begin(w->s, "test", now, &err));
    if (ev->what == UNTELL) {
        char *sql = xasprintf("UPDATE notice SET channel = 'void:' || message_id WHERE about = "
                              "'plan:1.%02zu' AND message_id IS NOT NULL",
                              i);

        sql_exec(w, sql);
        free(sql);
    } else {
        if (!actions[i])
            add(w, i, ev);
        say(w, i, label_of(ev->what), ev);
    }
    OK(store_end(w->s, 0, &err));
}

static bool waits_for_a_holder(size_t i)
{
    for (const struct event *ev = table[i].events; ev->what != END; ev++)
        if (ev->what == HELD_FROM)
            return true;
    return false;
}

static void set_up(struct world *w)
{
    utc_t now = at(w, "2017-08-30 09:00");
    int64_t id;

    OK(ladder_parse("28 7 0 +1 every 5", &w->engine.policy.ladders[POLICY_actions], &err));
    WRITE(w, now, plan_add(w->s, "plan", "Plan", "rag", &id, &err));
    OK(plan_find(w->s, "plan", &plan, &err));
    WRITE(w, now, priority_ensure(w->s, &plan, 1, "Care", &priority, NULL, &err));
    WRITE(w, now, role_add(w->s, "heir", "Heir", 0, &id, &err));
    world_assign(w, "heir", "Heir", "heir@x.example", "2017-01-01");
    for (size_t i = 0; i < COUNT(table); i++) {
        char *slug = xasprintf("owner-%zu", i);

        WRITE(w, now, role_add(w->s, slug, slug, 0, &owners[i], &err));
        if (!waits_for_a_holder(i))
            hold(w, i, now, "2017-01-01");
        free(slug);
    }
    world_schedule(w, "overdue", CHECK_OVERDUE, "30 8 * * 1-5");
    world_schedule(w, "due-soon", CHECK_DUE_SOON, "30 8 * * 1-5");
}

/* All of them, day by day. */
static void live(struct world *w)
{
    for (day_t today = day(FIRST_DAY); today.n <= day(LAST_DAY).n; today = day_add(today, 1)) {
        char iso[DAY_ISO], clock[DAY_ISO + 8];
        utc_t morning, night;

        day_iso(today, iso);
        snprintf(clock, sizeof clock, "%s 07:00", iso);
        morning = at(w, clock);
        snprintf(clock, sizeof clock, "%s 23:00", iso);
        night = at(w, clock);
        for (size_t i = 0; i < COUNT(table); i++)
            for (const struct event *ev = table[i].events; ev->what != END; ev++)
                if (strcmp(ev->on, iso) == 0)
                    happen(w, i, ev, morning);
        pass(w, morning, night);
    }
}

/* What was told of it, each message once, as far as the case says. */
static void expect(struct world *w, size_t i)
{
    char *sql = xasprintf("SELECT substr(created_at, 1, 10) || ' ' || step || ' ' || reason "
                          "FROM notice WHERE about = 'plan:1.%02zu' AND channel = 'mail' AND "
                          "message_id IS NOT NULL ORDER BY id",
                          i);
    char *found = sql_lines(w, sql);
    size_t len = strlen(table[i].reasons);

    if (strncmp(found, table[i].reasons, len) != 0)
        fail_msg("%s:\n%sis not\n%s", table[i].name, found, table[i].reasons);
    free(found);
    free(sql);
}

static void test_why_now(void **state)
{
    struct world *w = *state;

    set_up(w);
    live(w);
    for (size_t i = 0; i < COUNT(table); i++)
        expect(w, i);
    plan_clear(&plan);
}

/* What is stored is printed beside the action. */
static void test_it_is_printed(void **state)
{
    static const char *const marks[][2] = {{"plan:1.00", "(first)"}, {"plan:1.01", "(new)"}};
    struct world *w = *state;

    memset(actions, 0, sizeof actions);
    set_up(w);
    live(w);
    for (size_t i = 0; i < COUNT(marks); i++) {
        char *sql = xasprintf("SELECT CAST(m.body AS TEXT) FROM notice n JOIN message m ON m.id = "
                              "n.message_id WHERE n.about = '%s' ORDER BY n.id LIMIT 1",
                              marks[i][0]);
        char *body = sql_lines(w, sql);

        if (!strstr(body, marks[i][1]))
            fail_msg("no %s in %s", marks[i][1], body);
        free(body);
        free(sql);
    }
    plan_clear(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_why_now, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_it_is_printed, world_setup, world_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
