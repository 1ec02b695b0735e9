/* Escalations as the store keeps them: policies, chains, levels, who told the owner; and backlogs.
 */
#include "store_scratch.h"

#include "base/mem.h"
#include "store/action.h"
#include "store/backlog.h"
#include "store/escalation.h"
#include "store/notice.h"
#include "store/outbox.h"
#include "store/plan.h"

#define ABOUT "bromley-2016:5.12"
#define NOON  "T12:00:00Z"

static utc_t at(const char *iso)
{
    utc_t t = UTC_NONE;

    if (utc_parse(iso, &t) < 0)
        fail_msg("no time: %s", iso);
    return t;
}

static void as_of(const char *iso)
{
    OK(store_begin(s, "csid", at(iso), &e));
}

static void commit(void)
{
    OK(store_end(s, 0, &e));
}

static char *text(const char *t)
{
    return (char *)(uintptr_t)t;
}

static int64_t begin(const char *due, const char *role, const char *policy)
{
    struct escalation c = {.about = text(ABOUT),
                           .role = text(role),
                           .rule = text("actions-overdue"),
                           .due_on = day(due)};
    int64_t id;

    OK(escalation_begin(s, &c, policy, &id, &e));
    return id;
}

/* ---- policies ---- */

static void test_a_policy_is_pinned(void **state)
{
    struct escalation *list;
    size_t count;

    (void)state;
    as_of("2017-09-01" NOON);
    assert_int_equal(begin("2017-08-01", "owner", "owner +1"), 1);
    assert_int_equal(begin("2017-08-02", "owner", "owner +1"), 2);
    assert_int_equal(begin("2017-08-03", "owner", "none"), 3);
    assert_int_equal(begin("2017-08-04", "owner", "owner +1"), 4);
    commit();
    OK(escalation_about(s, ABOUT, &list, &count, &e));
    assert_int_equal(count, 4);
    assert_string_equal(list[1].policy, "owner +1");
    assert_string_equal(list[2].policy, "none");
    assert_string_equal(list[3].policy, "owner +1");
    escalations_free(list, count);
}

/* ---- chains ---- */

static void test_its_life(void **state)
{
    struct escalation_reached levels[] = {{1, 0, text("owner"), text("ann@x"), UTC_NONE, 0},
                                          {2, 0, text("manager"), NULL, UTC_NONE, 0},
                                          {3, 0, text("boss"), text("eve@x"), UTC_NONE, 0},
                                          {3, 1, text("boss"), text("eve@x"), UTC_NONE, 0}};
    struct escalation *list;
    size_t count;
    int64_t id;

    (void)state;
    as_of("2017-09-01" NOON);
    id = begin("2017-08-01", "owner", "owner +1");
    for (size_t i = COUNT(levels); i-- > 0;) { /* kept in their order, not as they were written */
        levels[i].at = at("2017-09-01" NOON);
        OK(escalation_reach(s, id, &levels[i], &e));
    }
    OK(escalation_hand_over(s, id, "other", &e));
    commit();
    OK(escalation_unsettled(s, "actions-overdue", &list, &count, &e));
    assert_int_equal(count, 1);
    assert_string_equal(list[0].role, "other");
    assert_false(utc_is(list[0].ended_at));
    assert_int_equal(list[0].reached_count, 4);
    assert_int_equal(list[0].reached[1].level, 2);
    assert_null(list[0].reached[1].address);
    assert_int_equal(list[0].reached[3].again, 1);
    escalations_free(list, count);

    as_of("2017-09-04" NOON);
    OK(escalation_end(s, id, "complete on 4 Sep 2017", false, &e));
    assert_int_equal(begin("2017-08-01", "other", "owner +1"), 2); /* reopened: another */
    commit();
    OK(escalation_unsettled(s, "actions-overdue", &list, &count, &e));
    assert_int_equal(count, 2);
    assert_string_equal(list[0].why, "complete on 4 Sep 2017");
    escalations_free(list, count);
    as_of("2017-09-05" NOON);
    OK(escalation_settle(s, id, &e));
    commit();
    OK(escalation_unsettled(s, "actions-overdue", &list, &count, &e));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].id, 2);
    escalations_free(list, count);
}

static void test_another_check_takes_it_over(void **state)
{
    struct escalation c = {.about = text(ABOUT),
                           .role = text("owner"),
                           .rule = text("other"),
                           .due_on = day("2017-08-01")};
    struct escalation *list;
    size_t count;
    int64_t id;

    (void)state;
    as_of("2017-09-01" NOON);
    begin("2017-08-01", "owner", "owner +1");
    OK(escalation_begin(s, &c, "none", &id, &e));
    assert_int_equal(id, 0);
    commit();
    OK(escalation_unsettled(s, "actions-overdue", &list, &count, &e));
    assert_int_equal(count, 0);
    escalations_free(list, count);
    OK(escalation_unsettled(s, "other", &list, &count, &e));
    assert_int_equal(count, 1);
    assert_string_equal(list[0].policy, "owner +1");
    escalations_free(list, count);
}

/* ---- the owner's first notice ---- */

static void tell(const char *event, const char *due, const char *step, const char *role,
                 const char *channel, bool mailed)
{
    struct outbox_message m = {.channel = text("mail"),
                               .recipient = text("ann@x.example"),
                               .event = text(event),
                               .subject = text("s"),
                               .message_id = xasprintf("<%s.%s.%s>", due, step, role),
                               .body = text("b"),
                               .body_len = 1,
                               .valid_until = UTC_NONE};
    struct notice n = {event, ABOUT, day(due), "actions-overdue", step, role, channel, "r", 0};
    int64_t id;

    if (mailed)
        OK(outbox_add(s, &m, &n.message_id, &e));
    OK(notice_add(s, &n, &id, &e));
    free(m.message_id);
}

static void test_when_the_owner_was_told(void **state)
{
    struct escalation_reached first;
    struct escalation *list;
    size_t count;

    (void)state;
    as_of("2017-08-31" NOON); /* before it began */
    tell("csi.action.overdue", "2017-08-01", "a", "owner", "mail", true);
    commit();
    as_of("2017-09-01" NOON);
    begin("2017-08-01", "owner", "owner +1");
    /* what is no telling of the owner that it is overdue */
    tell("csi.action.due-soon", "2017-08-01", "b", "owner", "mail", true);
    tell("csi.action.overdue", "2017-08-02", "c", "owner", "mail", true);
    tell("csi.action.overdue", "2017-08-01", "d", "director", "mail", true);
    tell("csi.action.overdue", "2017-08-01", "e", "owner", "held", false);
    tell("csi.action.overdue", "2017-08-01", "f", "owner", "mail", false);
    tell("csi.action.overdue", "2017-08-01", "g", "owner", "none", false);
    commit();
    OK(escalation_unsettled(s, "actions-overdue", &list, &count, &e));
    OK(escalation_owner_told(s, &list[0], &first, &e));
    assert_null(first.address);
    for (int i = 4; i < 6; i++) { /* whatever the step is called; the first counts */
        char iso[40], step[8];

        snprintf(iso, sizeof iso, "2017-09-0%d" NOON, i);
        snprintf(step, sizeof step, "T+%d", i);
        as_of(iso);
        tell("csi.action.overdue", "2017-08-01", step, "owner", "mail", true);
        commit();
    }
    OK(escalation_owner_told(s, &list[0], &first, &e));
    assert_string_equal(first.address, "ann@x.example");
    assert_int_equal(first.at.s, at("2017-09-04" NOON).s);
    as_of("2017-09-06" NOON);
    OK(escalation_reach(s, list[0].id, &first, &e));
    commit();
    free(first.address);
    free(first.role);
    escalations_free(list, count);
    OK(escalation_unsettled(s, "actions-overdue", &list, &count, &e));
    assert_int_equal(list[0].reached_count, 1);
    escalations_free(list, count);
    as_of("2017-09-06" NOON); /* its mail was cancelled: it was not told after all */
    OK(notice_void(s, first.notice, &e));
    commit();
    OK(escalation_unsettled(s, "actions-overdue", &list, &count, &e));
    assert_int_equal(list[0].reached_count, 0);
    OK(escalation_owner_told(s, &list[0], &first, &e));
    assert_int_equal(first.at.s, at("2017-09-05" NOON).s);
    as_of("2017-09-07" NOON);
    OK(escalation_reach(s, list[0].id, &first, &e)); /* anew, in its place */
    commit();
    free(first.address);
    free(first.role);
    escalations_free(list, count);
}

/* ---- backlogs ---- */

static void say(const struct plan *p, int64_t action, const char *label, const char *due,
                const char *status)
{
    struct said said = {.status = status,
                        .due = true,
                        .due_on = *due ? day(due) : DAY_NONE,
                        .due_precision = *due ? DUE_DAY : DUE_ONGOING,
                        .completed_on = DAY_NONE};
    int64_t part;

    OK(part_ensure(s, action, label, &part, NULL, &e));
    OK(part_say(s, p, action, part, &said, day("2017-08-31"), NULL, &e));
}

static void test_backlog(void **state)
{
    struct action_fields f = {.ref = "1", .title = "t", .start_on = DAY_NONE};
    struct plan p;
    int64_t id, action;
    utc_t when;

    (void)state;
    as_of("2017-09-01" NOON);
    OK(plan_add(s, "p", "P", "rag", &id, &e));
    OK(plan_find(s, "p", &p, &e));
    OK(priority_ensure(s, &p, 1, "Care", &f.priority_id, NULL, &e));
    OK(action_add(s, &p, &f, &action, &e));
    say(&p, action, "a", "2017-08-30", "in-progress");
    say(&p, action, "b", "2017-08-30", "in-progress"); /* the same date of another part */
    say(&p, action, "c", "2017-08-31", "in-progress"); /* not before the day it is as at */
    say(&p, action, "d", "2017-08-01", "complete");
    say(&p, action, "e", "2017-08-02", NULL);
    say(&p, action, "f", "", "in-progress");
    OK(backlog_note(s, id, "p", &e));
    commit();
    OK(backlog_imported_at(s, "p:1", day("2017-08-30"), &when, &e));
    assert_int_equal(when.s, at("2017-09-01" NOON).s);
    OK(backlog_imported_at(s, "p:1", day("2017-08-02"), &when, &e));
    assert_true(utc_is(when));
    OK(backlog_imported_at(s, "p:1", day("2017-08-31"), &when, &e));
    assert_false(utc_is(when));
    OK(backlog_imported_at(s, "p:1", day("2017-08-01"), &when, &e));
    assert_false(utc_is(when));
    OK(backlog_imported_at(s, "p:2", day("2017-08-30"), &when, &e));
    assert_false(utc_is(when));
    plan_clear(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_policy_is_pinned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_its_life, setup, teardown),
        cmocka_unit_test_setup_teardown(test_another_check_takes_it_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_when_the_owner_was_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_backlog, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
