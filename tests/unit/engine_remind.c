/* Reminders by what the deadline's row says: its ladder, its copies, its check, its draft, and what
 * had passed when it was recorded. */
#include "engine/moved.h"
#include "engine_world.h"
#include "notice/mime.h"

#define TOLD                                                                                  \
    "SELECT substr(m.created_at, 1, 10), m.recipient, group_concat(n.role || ' ' || n.step) " \
    "FROM message m JOIN notice n ON n.message_id = m.id WHERE m.channel = 'mail' "

/* What a rule yields for the chair; a test changes what it is about. */
static struct deadline chairs(struct world *w)
{
    struct deadline d = deadline_new();

    d.title = text("Chair's report to the Secretary of State");
    d.recipient = text("Secretary of State");
    d.rule = text("CHAIR-QTR");
    d.about = text("instrument:1");
    d.check_name = text("deadlines");
    d.copy_to = text("director programme-office");
    d.ladder = text("28 14 7 1 0");
    d.role_id = role_id(w, ROLE_CHAIR);
    d.first_due_on = d.due_on = day("2017-10-01");
    return d;
}

static int64_t insert(struct world *w, const char *now, const struct deadline *d)
{
    int64_t id;

    WRITE(w, at(w, now), deadline_insert(w->s, d, &id, &err));
    return id;
}

static void set_up(struct world *w)
{
    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    world_assign(w, ROLE_CHAIR, "The Chair", "chair@board.example", "2017-08-01");
    world_assign(w, ROLE_DIRECTOR, "The Director", "dcs@bromley.example", "2017-08-01");
    world_assign(w, ROLE_OFFICE, "The Office", "po@bromley.example", "2017-08-01");
    tick(w, at(w, "2017-08-20 12:00"));
}

/* The bytes of the last mail to that address; caller frees. */
static char *last_mail(struct world *w, const char *to, size_t *ret_len)
{
    sqlite3_stmt *stmt;
    char *bytes;

    assert_int_equal(sqlite3_prepare_v2(sql_handle(w->s),
                                        "SELECT body FROM message WHERE recipient = ? "
                                        "ORDER BY id DESC LIMIT 1",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(stmt, 1, to, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    *ret_len = (size_t)sqlite3_column_bytes(stmt, 0);
    bytes = xstrndup(sqlite3_column_blob(stmt, 0), *ret_len);
    sqlite3_finalize(stmt);
    return bytes;
}

static char *last_text(struct world *w, const char *to)
{
    size_t len;
    char *bytes = last_mail(w, to, &len), *plain = mime_plain_part(bytes, len);

    assert_non_null(plain);
    free(bytes);
    return plain;
}

static void expect_text(struct world *w, const char *to, const char *words, bool there)
{
    char *plain = last_text(w, to);

    if ((strstr(plain, words) != NULL) != there)
        fail_msg("%s \"%s\" in:\n%s", there ? "no" : "there is", words, plain);
    free(plain);
}

static void expect_header(struct world *w, const char *to, const char *line, bool there)
{
    size_t len;
    char *bytes = last_mail(w, to, &len), *end = strstr(bytes, "\r\n\r\n");

    assert_non_null(end);
    *end = '\0';
    if ((strstr(bytes, line) != NULL) != there)
        fail_msg("%s \"%s\" in:\n%s", there ? "no" : "there is", line, bytes);
    free(bytes);
}

/* ---- whose copies, which ladder, which check ---- */

static void test_copies(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    insert(w, "2017-08-20 12:00", &d);
    pass(w, at(w, "2017-08-20 12:00"), at(w, "2017-09-02 12:00"));
    expect_lines(w, TOLD "GROUP BY m.id ORDER BY m.id",
                 "2017-09-01 | chair@board.example | improvement-board-chair T-28\n"
                 "2017-09-01 | dcs@bromley.example | director T-28\n"
                 "2017-09-01 | po@bromley.example | programme-office T-28\n");
    expect_text(w, "po@bromley.example", "For your information; The Chair was told: Send by", true);
    expect_header(w, "chair@board.example", "\r\nReply-To: po@bromley.example\r\n", true);
    expect_header(w, "dcs@bromley.example", "\r\nReply-To: office@bromley.example\r\n", true);
}

static void test_one_person_one_mail(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    world_assign(w, ROLE_OFFICE, "The Director", "dcs@bromley.example", "2017-08-10");
    d.copy_to = text("director director programme-office improvement-board-chair");
    insert(w, "2017-08-20 12:00", &d);
    pass(w, at(w, "2017-08-20 12:00"), at(w, "2017-09-02 12:00"));
    expect_lines(w, TOLD "GROUP BY m.id ORDER BY m.id",
                 "2017-09-01 | chair@board.example | improvement-board-chair T-28\n"
                 "2017-09-01 | dcs@bromley.example | director T-28,programme-office T-28\n");
    expect_text(w, "dcs@bromley.example",
                "you hold Director of Children's Services and Programme office, which gets a copy",
                true);
    /* who owes it and gets a copy reads it as who owes it, and answers to the configuration's */
    world_assign(w, ROLE_CHAIR, "The Director", "dcs@bromley.example", "2017-09-10");
    pass(w, at(w, "2017-09-10 12:00"), at(w, "2017-09-16 12:00"));
    expect_lines(w, TOLD "AND m.created_at > '2017-09-11' GROUP BY m.id ORDER BY m.id",
                 "2017-09-15 | dcs@bromley.example | improvement-board-chair T-14,director "
                 "T-14,programme-office T-14\n");
    expect_text(w, "dcs@bromley.example", "which owes it.", true);
    expect_header(w, "dcs@bromley.example", "\r\nReply-To: office@bromley.example\r\n", true);
}

static void test_copies_to_nobody(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    w->engine.mail_administrator = "it@bromley.example";
    d.copy_to = text("no-such-role administrator");
    insert(w, "2017-08-20 12:00", &d);
    pass(w, at(w, "2017-08-20 12:00"), at(w, "2017-09-14 12:00"));
    expect_lines(
        w, "SELECT role, step, channel, reason FROM notice WHERE about = 'deadline:1' ORDER BY id",
        "no-such-role | T-28 | none | there is no role no-such-role\n"
        "improvement-board-chair | T-28 | mail | T-28: send by Fri 29 Sep 2017\n"
        "administrator | T-28 | none | nobody holds the role csid administrator\n");
    /* said once, and no copy where none is wanted */
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message WHERE recipient LIKE 'it%'"), 1);
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 2);
}

static void test_own_ladder(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    d.copy_to = text("");
    d.ladder = text("60 10 3");
    d.due_on = d.first_due_on = day("2017-11-15");
    insert(w, "2017-08-20 12:00", &d);
    pass(w, at(w, "2017-08-20 12:00"), at(w, "2017-11-17 12:00"));
    /* 16 Sep, 5 Nov and 12 Nov 2017 are no working days */
    expect_lines(w, TOLD "GROUP BY m.id ORDER BY m.id",
                 "2017-09-15 | chair@board.example | improvement-board-chair T-60\n"
                 "2017-11-03 | chair@board.example | improvement-board-chair T-10\n"
                 "2017-11-10 | chair@board.example | improvement-board-chair T-3\n"
                 "2017-11-16 | chair@board.example | improvement-board-chair T+1\n");
}

static void test_unreadable_ladder(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    w->engine.mail_administrator = "it@bromley.example";
    d.copy_to = text("");
    d.ladder = text("tomorrow");
    insert(w, "2017-08-20 12:00", &d);
    pass(w, at(w, "2017-08-31 12:00"), at(w, "2017-09-01 12:00"));
    expect_lines(w, TOLD "AND m.recipient LIKE 'chair%' GROUP BY m.id",
                 "2017-09-01 | chair@board.example | improvement-board-chair T-28\n");
    expect_text(w, "it@bromley.example",
                "deadline:1: reminded as deadlines usually are, for its own ladder cannot be read: "
                "\"tomorrow\" is no number of days from 0 to 366",
                true);
}

static void test_each_check_its_own(void **state)
{
    struct world *w = *state;
    struct deadline papers = chairs(w), window = chairs(w), publication = chairs(w);

    set_up(w);
    world_schedule(w, "papers", "board-papers", "30 8 * * 1-5");
    world_schedule(w, "publication", "committee-publication", "30 8 * * *");
    tick(w, at(w, "2017-08-20 12:00"));
    papers.copy_to = window.copy_to = publication.copy_to = text("");
    papers.check_name = text("board-papers");
    publication.check_name = text("committee-publication");
    window.opens_on = day("2017-09-01");
    papers.ladder = publication.ladder = text("7");
    papers.due_on = publication.due_on = day("2017-09-06");
    insert(w, "2017-08-20 12:00", &papers);
    insert(w, "2017-08-20 12:00", &publication);
    insert(w, "2017-08-20 12:00", &window);
    pass(w, at(w, "2017-08-20 12:00"), at(w, "2017-09-11 12:00"));
    expect_lines(w, "SELECT about, rule, step FROM notice WHERE message_id IS NOT NULL ORDER BY id",
                 "deadline:1 | board-papers | T-7\n"
                 "deadline:2 | committee-publication | T-7\n"
                 "deadline:1 | board-papers | T+1\n"
                 "deadline:2 | committee-publication | T+1\n");
}

/* After the last step it is said when the schedule next comes round once it is overdue. */
static void test_next_on_a_day_it_runs(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    w->schedules[0].check = "board-papers";
    OK(cron_parse("30 8 * * 1-5", CRON_BOTH_REFUSED, &w->schedules[0].cron, &err));
    d.check_name = text("board-papers");
    d.due_on = day("2017-09-15");
    insert(w, "2017-09-15 06:00", &d);
    tick(w, at(w, "2017-09-15 06:00"));
    tick(w, at(w, "2017-09-15 08:30"));
    expect_text(w, "chair@board.example", "Next: it is overdue, and said so from Mon 18 Sep 2017",
                true);
}

/* What moves with the holidays goes by the same ladder and copies; a window has nothing to move. */
static void test_moved(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);
    char *list = xasprintf("%sengland-and-wales,2017-11-03,One-off day\n", holidays_builtin);
    struct check_run run = {.store = w->s,
                            .engine = &w->engine,
                            .schedule = "2017-08-21",
                            .check = "holidays",
                            .now = at(w, "2017-08-21 12:00"),
                            .today = day("2017-08-21")};
    struct moved_deadlines m = {0};
    struct revision revision = {0};
    struct holidays *after;

    set_up(w);
    d.copy_to = text("programme-office");
    d.ladder = text("10 3");
    d.due_on = d.first_due_on = day("2017-11-15");
    insert(w, "2017-08-20 12:00", &d);
    d.opens_on = day("2017-11-03");
    insert(w, "2017-08-20 12:00", &d);
    OK(holidays_parse(list, strlen(list), "england-and-wales", &after, &err));
    OK(moved_find(&run, w->holidays, after, &(struct settled){0}, &m, &err));
    assert_int_equal(m.count, 1);
    assert_int_equal(m.items[0].count, 1);
    assert_int_equal(m.items[0].dates[0].before, 10);
    assert_int_equal(m.items[0].dates[0].is.n, day("2017-11-02").n);
    WRITE(w, run.now, moved_tell(&run, &m, &revision, 0, &err));
    expect_lines(w, "SELECT recipient FROM message ORDER BY id",
                 "chair@board.example\npo@bromley.example\n");
    moved_clear(&m);
    holidays_free(after);
    free(list);
}

/* ---- the draft ---- */

static char asked[80];

static int make_draft(struct store *s, const struct engine *engine, const char *report, day_t as_at,
                      utc_t now, char **ret, struct err *e)
{
    char iso[DAY_ISO];

    (void)s;
    (void)engine;
    assert_true(utc_is(now));
    snprintf(asked, sizeof asked, "%s as at %s", report, day_iso(as_at, iso));
    if (strcmp(report, "chair") != 0)
        return err_set(e, ERR_FAILED, "the *figures* are gone");
    *ret = xstrdup("## Position\n\n- Red: 23\n");
    return 0;
}

static void test_draft(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    w->engine.draft = make_draft;
    d.draft = text("chair");
    d.citation = text("Education Act 1996 s497A(4B)");
    d.missed = text("The direction is not met");
    insert(w, "2017-08-20 12:00", &d);
    pass(w, at(w, "2017-08-31 12:00"), at(w, "2017-09-01 12:00"));
    assert_string_equal(asked, "chair as at 2017-08-31");
    expect_text(w, "chair@board.example",
                "Not recorded as sent. When it has gone, reply with the date, so that it can be "
                "recorded.\nIf it is missed: The direction is not met\nA draft of it stands "
                "below, figures as at 31 Aug 2017.\n",
                true);
    expect_text(w, "chair@board.example", "- Rests on: Education Act 1996 s497A(4B)\n", true);
    expect_text(w, "chair@board.example", "Position\n--------\n\n- Red: 23\n\n-----", true);
    /* copies say what follows, and have no draft */
    expect_text(w, "dcs@bromley.example", "Not recorded as sent.\nIf it is missed: ", true);
    expect_text(w, "dcs@bromley.example", "- Red: 23", false);
}

static void test_draft_cut(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    w->engine.draft = make_draft;
    d.draft = text("chair");
    d.data_on = day("2017-09-15");
    insert(w, "2017-08-20 12:00", &d);
    pass(w, at(w, "2017-08-31 12:00"), at(w, "2017-09-01 12:00"));
    assert_string_equal(asked, "chair as at 2017-09-01"); /* its day has not come */
    expect_text(w, "chair@board.example",
                "Figures cut off at 1 Sep 2017; the report is to have those of 15 Sep 2017.", true);
    pass(w, at(w, "2017-09-01 12:00"), at(w, "2017-09-22 12:00"));
    assert_string_equal(asked, "chair as at 2017-09-15");
    expect_text(w, "chair@board.example", "Figures cut off at 15 Sep 2017. A draft", true);
}

static void test_draft_fails(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    w->engine.draft = make_draft;
    w->engine.mail_administrator = "it@bromley.example";
    d.draft = text("another");
    insert(w, "2017-08-20 12:00", &d);
    pass(w, at(w, "2017-08-31 12:00"), at(w, "2017-09-01 12:00"));
    expect_text(w, "chair@board.example", "Send by Fri 29 Sep 2017, in 28 days", true);
    expect_text(w, "chair@board.example", "It could not be made: the *figures* are gone\n", true);
    expect_text(w, "it@bromley.example",
                "deadline:1: the draft of its report could not be made: the *figures* are gone",
                true);
    w->engine.draft = NULL;
    pass(w, at(w, "2017-09-01 12:00"), at(w, "2017-09-15 12:00"));
    expect_text(w, "chair@board.example", "It could not be made: no report is called \"another\"",
                true);
}

/* ---- what had passed when it was recorded ---- */

/* Each mail is worth sending until the run that tells its next step: on Sunday 1 Oct it is due, so
 * T-0 stands on Friday, and what is overdue is told on Monday and then every five working days. */
static void test_worth_sending_until_the_next_step(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    insert(w, "2017-08-20 12:00", &d);
    pass(w, at(w, "2017-08-20 12:00"), at(w, "2017-10-03 12:00"));
    expect_lines(w,
                 "SELECT n.step, m.valid_until FROM message m JOIN notice n ON n.message_id = m.id "
                 "WHERE n.role = '" ROLE_CHAIR "' AND n.event = 'csi.deadline.due'",
                 "T-28 | 2017-09-15T07:30:00Z\nT-14 | 2017-09-22T07:30:00Z\n"
                 "T-7 | 2017-09-28T07:30:00Z\nT-1 | 2017-09-29T07:30:00Z\n"
                 "T-0 | 2017-10-02T07:30:00Z\n");
}

static void test_past(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);
    int64_t id;

    set_up(w);
    w->engine.draft = make_draft;
    *asked = '\0';
    d.draft = text("chair");
    insert(w, "2017-10-05 12:00", &d);
    d.rule = NULL; /* by hand: said daily, as ever */
    id = insert(w, "2017-10-05 12:00", &d);
    assert_int_equal(id, 2);
    pass(w, at(w, "2017-10-05 12:00"), at(w, "2017-10-08 12:00"));
    expect_lines(
        w, "SELECT about, role, step, reason FROM notice WHERE about = 'deadline:1' ORDER BY id",
        "deadline:1 | improvement-board-chair | recorded | past when it was recorded on 5 "
        "Oct 2017: was it sent?\n"
        "deadline:1 | director | recorded | past when it was recorded on 5 Oct 2017: was "
        "it sent?\n"
        "deadline:1 | programme-office | recorded | past when it was recorded on 5 Oct "
        "2017: was it sent?\n");
    expect_lines(w,
                 "SELECT subject FROM message WHERE id = (SELECT message_id FROM notice "
                 "WHERE about = 'deadline:1' AND role = 'improvement-board-chair')",
                 "Was it sent? Chair's report to the Secretary of State, due Sun 1 Oct 2017, to "
                 "Secretary of State\n"); /* a breach of the same day goes by itself */
    expect_lines(w,
                 "SELECT step FROM notice WHERE about = 'deadline:2' AND message_id IS NOT NULL "
                 "AND role = 'improvement-board-chair'",
                 "T+1\n");
    assert_string_equal(asked, "chair as at 2017-08-31"); /* for the second alone */
    /* a month later it still may go; submitted, it says nothing more */
    assert_int_equal(sql_count(w, "SELECT valid_until > '2017-11-01' FROM message WHERE subject "
                                  "LIKE '%Was it sent%' LIMIT 1"),
                     1);
}

/* The day of its recording counts in London, not in UTC; due on that day it is not past. */
static void test_past_by_the_local_day(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    set_up(w);
    d.copy_to = text("");
    d.due_on = day("2017-09-05");
    insert(w, "2017-09-06 00:10", &d); /* 23:10 UTC of the day before */
    insert(w, "2017-09-05 23:50", &d);
    sql_exec(w, "UPDATE deadline SET series_id = 90 WHERE id = 2");
    pass(w, at(w, "2017-09-06 00:20"), at(w, "2017-09-08 12:00"));
    expect_lines(w, "SELECT about, step FROM notice WHERE message_id IS NOT NULL ORDER BY id",
                 "deadline:1 | recorded\n"
                 "deadline:2 | T+1\n");
}

static void test_past_and_vacant(void **state)
{
    struct world *w = *state;
    struct deadline d = chairs(w);

    world_schedule(w, "deadlines", "deadlines", "30 8 * * *");
    tick(w, at(w, "2017-10-05 06:00"));
    d.copy_to = text("");
    insert(w, "2017-10-05 12:00", &d);
    pass(w, at(w, "2017-10-05 12:00"), at(w, "2017-10-07 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 0);
    world_assign(w, ROLE_CHAIR, "The Chair", "chair@board.example", "2017-10-08");
    pass(w, at(w, "2017-10-08 06:00"), at(w, "2017-10-20 12:00"));
    expect_lines(w, TOLD "GROUP BY m.id",
                 "2017-10-08 | chair@board.example | improvement-board-chair recorded\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_copies),
        TEST(test_one_person_one_mail),
        TEST(test_copies_to_nobody),
        TEST(test_own_ladder),
        TEST(test_unreadable_ladder),
        TEST(test_each_check_its_own),
        TEST(test_next_on_a_day_it_runs),
        TEST(test_moved),
        TEST(test_draft),
        TEST(test_draft_cut),
        TEST(test_draft_fails),
        TEST(test_worth_sending_until_the_next_step),
        TEST(test_past),
        TEST(test_past_by_the_local_day),
        TEST(test_past_and_vacant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
