/* audits-missing, measures and risks over months of London's clock: who hears of what on which day,
 * and that nobody hears twice. */
#include "engine_world.h"
#include "engine/subject.h"
#include "engine/upkeep.h"
#include "engine/why.h"
#include "store/notice.h"
#include "store/record.h"

#define OFFICE "office@x.example"
#define OWNER  "owner@x.example"
#define MOST   10

#define TOLD                                                                                     \
    "SELECT substr(n.created_at, 1, 10), n.about, n.due_on, n.step, n.role FROM notice n WHERE " \
    "n.channel = 'mail' "

static void set_up(struct world *w)
{
    int64_t id;

    world_schedule(w, "audits", CHECK_AUDITS, "30 8 * * 1-5");
    world_schedule(w, "measures", CHECK_MEASURES, "30 8 * * 1-5");
    world_schedule(w, "risks", CHECK_RISKS, "30 8 * * 1-5");
    WRITE(w, at(w, "2015-01-01 09:00"), role_add(w->s, "lead", "Quality lead", 0, &id, &err));
    world_assign(w, ROLE_OFFICE, "The Office", OFFICE, "2015-01-01");
    world_assign(w, "lead", "The Lead", OWNER, "2015-01-01");
}

/* Sets fields of a record by "name=value", an empty value takes it away; id 0 adds one. */
static void put(struct world *w, const char *now, enum record_kind kind, int64_t id,
                const char *const sets[MOST])
{
    struct record r = {.kind = kind};

    if (id)
        OK(record_find(w->s, kind, id, &r, &err));
    for (size_t i = 0; i < MOST && sets[i]; i++) {
        char *name = xstrndup(sets[i], strcspn(sets[i], "=")), **value = record_value(&r, name);
        const char *given = sets[i] + strlen(name) + 1;

        free(*value);
        *value = *given ? xstrdup(given) : NULL;
        free(name);
    }
    WRITE(w, at(w, now), record_put(w->s, &r, &err));
    record_clear(&r);
}

#define PUT(w, now, kind, id, ...) put(w, now, kind, id, (const char *const[MOST]){__VA_ARGS__})

/* ---- audits ---- */

/* Of each month its fifth working day: after a bank holiday, over Easter, in a leap year. */
static void test_fifth_working_day(void **state)
{
    static const struct {
        const char *month, *first;
    } table[] = {
        {"2017-08", "2017-09-07"}, {"2017-12", "2018-01-08"}, {"2016-02", "2016-03-07"},
        {"2018-03", "2018-04-09"}, {"2017-04", "2017-05-08"}, {"2022-05", "2022-06-09"},
    };
    struct world *w = *state;

    set_up(w);
    for (size_t i = 0; i < COUNT(table); i++) {
        char *month = xasprintf("month=%s", table[i].month);
        struct upkeep_view v = {w->zone, w->holidays, day(table[i].first)};
        struct upkeeps all;

        PUT(w, "2015-01-01 09:00", RECORD_AUDIT, 0, "kind=deep-dive", month);
        OK(upkeeps_load(w->s, &v, CHECK_AUDITS, &all, &err));
        for (size_t k = 0; k < all.count; k++)
            if (all.items[k].id == (int64_t)i + 1)
                assert_int_equal(all.items[k].undone_on.n, day(table[i].first).n);
        upkeeps_clear(&all);
        free(month);
    }
}

static void test_audit(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-08-01 09:00", RECORD_AUDIT, 0, "kind=deep-dive", "month=2017-08", "owner=lead",
        "theme=Neglect");
    PUT(w, "2017-08-01 09:00", RECORD_AUDIT, 0, "kind=live", "planned_on=2017-09-20",
        "month=2017-08");
    PUT(w, "2017-08-01 09:00", RECORD_AUDIT, 0, "kind=external", "month=2017-08",
        "cancelled_on=2017-08-20");
    PUT(w, "2017-08-01 09:00", RECORD_AUDIT, 0, "kind=external", "month=2017-08", "learning=Much",
        "shared_on=2017-09-06");
    pass(w, at(w, "2017-08-01 12:00"), at(w, "2017-09-15 12:00"));
    PUT(w, "2017-09-15 13:00", RECORD_AUDIT, 1, "learning=Plans drift");
    pass(w, at(w, "2017-09-15 13:00"), at(w, "2017-09-25 12:00"));
    PUT(w, "2017-09-25 13:00", RECORD_AUDIT, 1, "shared_on=2017-09-25");
    pass(w, at(w, "2017-09-25 13:00"), at(w, "2017-10-14 12:00"));
    expect_lines(w, TOLD "ORDER BY n.id",
                 "2017-09-07 | audit:1 | 2017-08-31 | missing | lead\n"
                 "2017-09-14 | audit:1 | 2017-08-31 | missing+5wd | lead\n"
                 "2017-09-21 | audit:1 | 2017-08-31 | missing+10wd | lead\n"
                 /* planned for September, though of August; nobody owns it */
                 "2017-10-06 | audit:2 | 2017-09-30 | missing | programme-office\n"
                 "2017-10-13 | audit:2 | 2017-09-30 | missing+5wd | programme-office\n");
    expect_lines(w, "SELECT DISTINCT reason FROM notice WHERE about = 'audit:1' ORDER BY id",
                 "missing: neither what was learnt nor when it was shared is recorded\n"
                 "missing+5wd: neither what was learnt nor when it was shared is recorded\n"
                 "missing+10wd: not recorded as shared\n");
    expect_lines(w, "SELECT DISTINCT subject FROM message",
                 "Audit not recorded: Deep dive audit of Aug 2017: Neglect\n"
                 "Audit not recorded: Live audit of Aug 2017\n");
    expect_lines(w, "SELECT DISTINCT event, rule FROM notice",
                 "csi.audit.missing | audits-missing\n");
}

/* No earlier than it was recorded. */
static void test_audit_of_long_ago(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-09-04 09:00", RECORD_AUDIT, 0, "kind=live", "month=2016-02");
    pass(w, at(w, "2017-09-04 12:00"), at(w, "2017-09-12 12:00"));
    expect_lines(w, "SELECT substr(created_at, 1, 10), due_on, step FROM notice ORDER BY id",
                 "2017-09-05 | 2016-02-29 | missing\n2017-09-12 | 2016-02-29 | missing+5wd\n");
}

static void test_month_without_audit(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-07-01 09:00", RECORD_AUDIT, 0, "kind=monthly", "month=2017-06", "learning=A",
        "shared_on=2017-07-01");
    PUT(w, "2017-07-01 09:00", RECORD_AUDIT, 0, "kind=live", "month=2017-07", "learning=A",
        "shared_on=2017-07-01"); /* not a monthly one */
    pass(w, at(w, "2017-07-08 12:00"), at(w, "2017-08-21 12:00"));
    PUT(w, "2017-08-21 13:00", RECORD_AUDIT, 0, "kind=monthly", "planned_on=2017-08-30");
    pass(w, at(w, "2017-08-21 13:00"), at(w, "2017-08-31 12:00"));
    expect_lines(w, TOLD "ORDER BY n.id",
                 "2017-08-07 | audits:2017-07 | 2017-07-31 | missing | programme-office\n"
                 "2017-08-14 | audits:2017-07 | 2017-07-31 | missing+5wd | programme-office\n"
                 "2017-08-21 | audits:2017-07 | 2017-07-31 | missing+10wd | programme-office\n"
                 "2017-08-29 | audits:2017-07 | 2017-07-31 | missing+15wd | programme-office\n");
    expect_lines(w, "SELECT DISTINCT subject FROM message",
                 "No audit: Monthly audit of Jul 2017\n");
    /* August is planned; who records July ends it */
    PUT(w, "2017-09-01 09:00", RECORD_AUDIT, 3, "learning=A", "shared_on=2017-09-01");
    pass(w, at(w, "2017-09-01 12:00"), at(w, "2017-10-05 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM notice"), 4);
}

/* A year without one, and it is the habit no more; nor is it where none ever was. */
static void test_habit(void **state)
{
    static const struct {
        const char *last, *kind, *today;
        bool missed;
    } table[] = {
        {"2016-09", "kind=monthly", "2017-10-15", true},
        {"2016-09", "kind=monthly", "2017-11-15", false},
        {"2016-09", "kind=live", "2016-11-15", false},
        {"2016-09", "kind=monthly", "2016-10-15", false}, /* it is last month's */
        {"2016-11", "kind=monthly", "2016-11-15", false}, /* none in the past */
        {"2016-02", "kind=monthly", "2017-03-01", true},  /* a leap year's February */
        {"2016-02", "kind=monthly", "2017-04-01", false},
    };
    struct world *w = *state;

    set_up(w);
    for (size_t i = 0; i < COUNT(table); i++) {
        struct upkeep_view v = {w->zone, w->holidays, day(table[i].today)};
        char *month = xasprintf("month=%s", table[i].last);
        struct upkeeps all;
        bool missed = false;

        PUT(w, "2015-01-01 09:00", RECORD_AUDIT, i ? 1 : 0, table[i].kind, month);
        OK(upkeeps_load(w->s, &v, NULL, &all, &err));
        for (size_t k = 0; k < all.count; k++)
            missed |= all.items[k].kind == UPKEEP_MONTH;
        if (missed != table[i].missed)
            fail_msg("%zu", i);
        upkeeps_clear(&all);
        free(month);
    }
}

/* ---- measures ---- */

/* When a measure with that last value is found unfed: grace, months' ends, leap days. */
static void test_found_unfed(void **state)
{
    static const struct {
        const char *frequency, *last, *due, *found;
    } table[] = {
        {"frequency=1m", "2017-01-31", "2017-02-28", "2017-03-08"},
        {"frequency=1m", "2016-01-31", "2016-02-29", "2016-03-08"},
        {"frequency=1y", "2016-02-29", "2017-02-28", "2017-03-08"},
        {"frequency=1q", "2017-11-30", "2018-02-28", "2018-03-08"},
        {"frequency=2w", "2017-08-31", "2017-09-14", "2017-09-22"},
        {"frequency=1d", "2017-12-31", "2018-01-01", "2018-01-09"},
    };
    struct world *w = *state;

    set_up(w);
    for (size_t i = 0; i < COUNT(table); i++) {
        struct upkeep_view v = {w->zone, w->holidays, day("2018-06-01")};
        char *measure = xasprintf("measure=%zu", i + 1),
             *on = xasprintf("dated_on=%s", table[i].last);
        struct upkeeps all;

        PUT(w, "2015-01-01 09:00", RECORD_MEASURE, 0, "title=M", "polarity=higher",
            table[i].frequency);
        PUT(w, "2015-01-01 09:00", RECORD_VALUE, 0, measure, on, "value=0");
        OK(upkeeps_load(w->s, &v, CHECK_MEASURES, &all, &err));
        assert_int_equal(all.count, i + 1);
        assert_int_equal(all.items[i].due_on.n, day(table[i].due).n);
        assert_int_equal(all.items[i].undone_on.n, day(table[i].found).n);
        upkeeps_clear(&all);
        free(measure);
        free(on);
    }
}

static void test_unfed(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-07-10 09:00", RECORD_MEASURE, 0, "title=Timely", "frequency=1m", "polarity=higher",
        "owner=lead");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-06-30", "value=0");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-07-09", "value=1",
        "comparator=england"); /* of others */
    pass(w, at(w, "2017-07-10 12:00"), at(w, "2017-09-06 12:00"));
    PUT(w, "2017-09-06 13:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-08-31", "count=0",
        "out_of=0"); /* fed, though it is no figure */
    pass(w, at(w, "2017-09-06 13:00"), at(w, "2017-10-09 12:00"));
    PUT(w, "2017-10-09 13:00", RECORD_MEASURE, 1, "ended_on=2017-10-09");
    pass(w, at(w, "2017-10-09 13:00"), at(w, "2018-03-01 12:00"));
    expect_lines(w, TOLD "ORDER BY n.id",
                 "2017-08-07 | measure:1 | 2017-07-30 | unfed | lead\n"
                 "2017-08-07 | measure:1 | 2017-07-30 | unfed | programme-office\n"
                 "2017-09-04 | measure:1 | 2017-07-30 | unfed+28 | lead\n"
                 "2017-09-04 | measure:1 | 2017-07-30 | unfed+28 | programme-office\n"
                 "2017-10-09 | measure:1 | 2017-09-30 | unfed | lead\n"
                 "2017-10-09 | measure:1 | 2017-09-30 | unfed | programme-office\n");
    expect_lines(w, "SELECT DISTINCT reason FROM notice WHERE due_on = '2017-07-30' ORDER BY id",
                 "unfed: last value of 30 Jun 2017, next due on 30 Jul 2017\n"
                 "unfed+28: last value of 30 Jun 2017, next due on 30 Jul 2017\n");
    expect_lines(w, "SELECT DISTINCT subject, event FROM message",
                 "No value: Timely | csi.measure.not-fed\n");
}

/* One that was never fed is found as it is recorded, in London's day. */
static void test_never_fed(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-07-31T23:30:00Z", RECORD_MEASURE, 0, "title=Timely", "frequency=3m",
        "polarity=lower", "target=0");
    pass(w, at(w, "2017-08-01 08:00"), at(w, "2017-09-27 12:00"));
    expect_lines(w, TOLD "ORDER BY n.id",
                 "2017-08-01 | measure:1 | 2017-08-01 | unfed | programme-office\n"
                 "2017-08-29 | measure:1 | 2017-08-01 | unfed+28 | programme-office\n"
                 "2017-09-26 | measure:1 | 2017-08-01 | unfed+56 | programme-office\n");
    expect_lines(w, "SELECT DISTINCT reason FROM notice WHERE step = 'unfed'",
                 "unfed: no value is recorded\n");
}

static void test_off_target(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-07-10 09:00", RECORD_MEASURE, 0, "title=Timely", "frequency=1y", "polarity=higher",
        "owner=lead", "target=80");
    PUT(w, "2017-07-10 09:00", RECORD_MEASURE, 0, "title=Waiting", "frequency=1y", "polarity=lower",
        "target=0");
    PUT(w, "2017-07-10 09:00", RECORD_MEASURE, 0, "title=Aimless", "frequency=1y",
        "polarity=lower");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-06-30", "count=49",
        "out_of=80");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=2", "dated_on=2017-06-30", "value=0");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=3", "dated_on=2017-06-30", "value=9");
    pass(w, at(w, "2017-07-11 08:00"), at(w, "2017-08-01 12:00"));
    PUT(w, "2017-08-01 13:00", RECORD_VALUE, 1, "count=50"); /* put right: not said again */
    PUT(w, "2017-08-01 13:00", RECORD_VALUE, 0, "measure=2", "dated_on=2017-07-31", "value=0.5");
    PUT(w, "2017-08-01 13:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-09-30",
        "value=79.9999"); /* of a day to come */
    PUT(w, "2017-08-01 13:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-08-31", "count=0",
        "out_of=0"); /* of none */
    pass(w, at(w, "2017-08-02 08:00"), at(w, "2017-09-29 12:00"));
    expect_lines(w, TOLD "ORDER BY n.id",
                 "2017-07-11 | measure:1 | 2017-06-30 | off-target value:1 | lead\n"
                 "2017-07-11 | measure:1 | 2017-06-30 | off-target value:1 | programme-office\n"
                 "2017-08-02 | measure:2 | 2017-07-31 | off-target value:4 | programme-office\n");
    pass(w, at(w, "2017-09-30 08:00"), at(w, "2017-12-29 12:00"));
    expect_lines(w, "SELECT DISTINCT substr(created_at, 1, 10), reason FROM notice ORDER BY id",
                 "2017-07-11 | off-target: 61.25% of 30 Jun 2017 (49 of 80), the target is at "
                 "least 80\n"
                 "2017-08-02 | off-target: 0.5 of 31 Jul 2017, the target is at most 0\n"
                 "2017-10-02 | off-target: 80 of 30 Sep 2017, the target is at least 80\n");
    expect_lines(w, "SELECT DISTINCT event FROM message", "csi.measure.off-target\n");
}

/* ---- risks ---- */

static void test_review(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-05-31 09:00", RECORD_RISK, 0, "title=Staff leave", "likelihood=4", "impact=5",
        "owner=lead");
    PUT(w, "2017-05-31 09:00", RECORD_RISK, 0, "title=Money", "likelihood=1", "impact=1",
        "review_every=1m", "reviewed_on=2017-01-31");
    pass(w, at(w, "2017-06-01 08:00"), at(w, "2017-06-30 12:00"));
    PUT(w, "2017-06-30 13:00", RECORD_RISK, 2, "closed_on=2017-06-30");
    pass(w, at(w, "2017-06-30 13:00"), at(w, "2017-10-02 12:00"));
    PUT(w, "2017-10-02 13:00", RECORD_RISK, 1, "reviewed_on=2017-10-02");
    pass(w, at(w, "2017-10-02 13:00"), at(w, "2018-01-03 12:00"));
    expect_lines(w, TOLD "ORDER BY n.id",
                 "2017-06-01 | risk:2 | 2017-02-28 | review | programme-office\n"
                 "2017-06-29 | risk:2 | 2017-02-28 | review+28 | programme-office\n"
                 "2017-09-01 | risk:1 | 2017-08-31 | review | lead\n"
                 "2017-09-01 | risk:1 | 2017-08-31 | review | programme-office\n"
                 "2017-09-29 | risk:1 | 2017-08-31 | review+28 | lead\n"
                 "2017-09-29 | risk:1 | 2017-08-31 | review+28 | programme-office\n"
                 "2018-01-03 | risk:1 | 2018-01-02 | review | lead\n"
                 "2018-01-03 | risk:1 | 2018-01-02 | review | programme-office\n");
    expect_lines(w, "SELECT DISTINCT reason FROM notice WHERE step = 'review' ORDER BY id",
                 "review: last reviewed on 31 Jan 2017, next review due on 28 Feb 2017\n"
                 "review: never reviewed, recorded on 31 May 2017, next review due on 31 Aug 2017\n"
                 "review: last reviewed on 2 Oct 2017, next review due on 2 Jan 2018\n");
}

static void test_reply(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-06-01 09:00", RECORD_RISK, 0, "title=Staff leave", "likelihood=4", "impact=5",
        "review_every=1y", "referral=referred", "referred_to=The police", "referred_on=2017-06-01",
        "reply_due_on=2017-06-30");
    pass(w, at(w, "2017-06-01 12:00"), at(w, "2017-08-01 12:00"));
    PUT(w, "2017-08-01 13:00", RECORD_RISK, 1, "outcome=They will");
    pass(w, at(w, "2017-08-01 13:00"), at(w, "2017-12-01 12:00"));
    expect_lines(w, TOLD "ORDER BY n.id",
                 "2017-07-03 | risk:1 | 2017-06-30 | reply | programme-office\n"
                 "2017-07-31 | risk:1 | 2017-06-30 | reply+28 | programme-office\n");
    expect_lines(w, "SELECT DISTINCT event, reason FROM notice WHERE step = 'reply'",
                 "csi.risk.reply-overdue | reply: reply due on 30 Jun 2017\n");
}

/* ---- all of them ---- */

/* What was missed while csid was down is one mail, the steps before it rows. */
static void test_downtime(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-03-01 09:00", RECORD_RISK, 0, "title=R", "likelihood=4", "impact=5",
        "review_every=1m");
    tick(w, at(w, "2017-03-01 12:00"));
    tick(w, at(w, "2017-07-03 12:00"));
    expect_lines(w, "SELECT step, reason, message_id IS NULL FROM notice ORDER BY id",
                 "review+84 | review+84: never reviewed, recorded on 1 Mar 2017, next review due "
                 "on 1 Apr 2017 | 0\n"
                 "review | collapsed into review+84 | 1\n"
                 "review+28 | collapsed into review+84 | 1\n"
                 "review+56 | collapsed into review+84 | 1\n");
}

/* A role that nobody holds is a row; the office hears all the same. */
static void test_nobody(void **state)
{
    struct world *w = *state;
    int64_t id;

    set_up(w);
    WRITE(w, at(w, "2017-01-01 09:00"), role_add(w->s, "empty", "Empty", 0, &id, &err));
    PUT(w, "2017-09-01 09:00", RECORD_MEASURE, 0, "title=M", "frequency=1m", "polarity=lower",
        "owner=empty");
    pass(w, at(w, "2017-09-01 12:00"), at(w, "2017-09-05 12:00"));
    expect_lines(w, "SELECT role, channel, reason FROM notice ORDER BY id",
                 "empty | none | nobody holds the role Empty\n"
                 "programme-office | mail | unfed: no value is recorded\n");
}

static void test_hostile_texts(void **state)
{
    static const char evil[] =
        "title=**x** <b> [a](http://e.example)\n\nBcc: all@x.example\x1b[31m";
    struct world *w = *state;
    char *body;

    set_up(w);
    PUT(w, "2017-01-01 09:00", RECORD_RISK, 0, evil, "likelihood=1", "impact=1", "owner=lead",
        "referred_to=<script>", "referred_on=2017-01-01", "reply_due_on=2017-01-02");
    pass(w, at(w, "2017-01-03 08:00"), at(w, "2017-01-03 12:00"));
    assert_int_equal(sql_count(w, "SELECT count(*) FROM message"), 2);
    body = sql_lines(w, "SELECT CAST(body AS TEXT) FROM message");
    assert_null(strstr(body, "\nBcc:"));
    assert_non_null(strstr(body, "&lt;b&gt;"));
    assert_null(strchr(body, 0x1b));
    free(body);
}

static void test_webhooks(void **state)
{
    static const char *const events[] = {"csi.measure.off-target", "csi.risk.not-reviewed"};
    struct world *w = *state;

    w->webhooks[0] = (struct engine_webhook){.name = "board", .events = events, .event_count = 2};
    w->engine.webhook_count = 1;
    set_up(w);
    PUT(w, "2017-07-10 09:00", RECORD_MEASURE, 0, "title=The \"first\"", "frequency=1m",
        "polarity=higher", "owner=lead", "target=80");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-06-30", "value=1");
    PUT(w, "2017-07-10 09:00", RECORD_RISK, 0, "title=R", "likelihood=4", "impact=5");
    pass(w, at(w, "2017-07-10 08:00"), at(w, "2017-10-12 12:00"));
    expect_lines(
        w,
        "SELECT json_extract(CAST(body AS TEXT), '$.type'), "
        "json_extract(CAST(body AS TEXT), '$.data.items[0]') FROM message WHERE "
        "channel = 'webhook:board' ORDER BY id",
        "csi.measure.off-target | {\"about\":\"measure:1\",\"title\":\"The \\\"first\\\""
        "\",\"owner\":\"lead\",\"due_on\":\"2017-06-30\",\"step\":\"off-target value:1\","
        "\"fact\":\"1 of 30 Jun 2017, the target is at least 80\"}\n"
        "csi.risk.not-reviewed | {\"about\":\"risk:1\",\"title\":\"R\",\"owner\":null,"
        "\"due_on\":\"2017-10-10\",\"step\":\"review\",\"fact\":\"never reviewed, recorded "
        "on 10 Jul 2017, next review due on 10 Oct 2017\"}\n");
}

/* Ticked and run by hand at every hour of six weeks, the database opened anew on the way. */
static void test_nothing_twice(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-07-10 09:00", RECORD_AUDIT, 0, "kind=monthly", "month=2017-06");
    PUT(w, "2017-07-10 09:00", RECORD_MEASURE, 0, "title=M", "frequency=1m", "polarity=higher",
        "target=80");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-06-30", "value=1");
    PUT(w, "2017-07-10 09:00", RECORD_RISK, 0, "title=R", "likelihood=4", "impact=5",
        "review_every=2w");
    for (int hour = 0; hour < 42 * 24; hour++) {
        utc_t now = {at(w, "2017-07-10 10:00").s + hour * 3600};
        struct run_result result;

        tick(w, now);
        for (size_t i = 0; i < w->engine.schedule_count; i++)
            WRITE(w, now,
                  scheduler_run(w->s, &w->engine, w->schedules[i].name, now, &result, &err));
        if (hour % 50 == 0) {
            store_close(w->s);
            OK(store_open(w->path, &w->s, &err));
        }
    }
    /* by hand as the day begins in London, which is 23:00 of the day before */
    expect_lines(w, "SELECT substr(created_at, 1, 10), about, step FROM notice ORDER BY id",
                 "2017-07-10 | audit:1 | missing\n"
                 "2017-07-10 | measure:1 | off-target value:1\n"
                 /* counted from the first run that would have found it, on the 11th */
                 "2017-07-17 | audit:1 | missing+5wd\n"
                 "2017-07-24 | audit:1 | missing+10wd\n"
                 "2017-07-24 | risk:1 | review\n"
                 "2017-07-31 | audit:1 | missing+15wd\n"
                 "2017-08-06 | audits:2017-07 | missing\n"
                 "2017-08-06 | measure:1 | unfed\n"
                 "2017-08-07 | audit:1 | missing+20wd\n"
                 "2017-08-13 | audits:2017-07 | missing+5wd\n"
                 "2017-08-14 | audit:1 | missing+25wd\n"
                 "2017-08-20 | audits:2017-07 | missing+10wd\n");
}

/* ---- what can be put off ---- */

static void test_subjects(void **state)
{
    static const struct {
        const char *about, *wanted, *due; /* due NULL: refused with `code` */
        enum err_code code;
    } table[] = {
        {"measure:1", NULL, "2017-07-30", 0},
        {"measure:1", "2017-07-30", "2017-07-30", 0},
        {"measure:1", "2017-06-30", "2017-06-30", 0}, /* of the target that was missed */
        {"measure:1", "2017-06-29", NULL, ERR_CONFLICT},
        {"risk:1", NULL, "2017-07-20", 0}, /* the reply */
        {"risk:1", "2017-10-10", "2017-10-10", 0},
        {"risk:2", NULL, NULL, ERR_CONFLICT}, /* closed */
        {"audit:1", NULL, "2017-06-30", 0},
        {"audits:2017-07", NULL, "2017-07-31", 0},
        {"audits:2017-06", NULL, NULL, ERR_NOTFOUND},
        {"audits:", NULL, NULL, ERR_NOTFOUND},
        {"measure:9", NULL, NULL, ERR_NOTFOUND},
        {"measure:x", NULL, NULL, ERR_NOTFOUND},
        {"value:1", NULL, NULL, ERR_USAGE},
    };
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-07-10 09:00", RECORD_AUDIT, 0, "kind=monthly", "month=2017-06");
    PUT(w, "2017-07-10 09:00", RECORD_MEASURE, 0, "title=M", "frequency=1m", "polarity=higher",
        "target=80");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-06-30", "value=1");
    PUT(w, "2017-07-10 09:00", RECORD_RISK, 0, "title=R", "likelihood=4", "impact=5",
        "referred_on=2017-07-01", "reply_due_on=2017-07-20");
    PUT(w, "2017-07-10 09:00", RECORD_RISK, 0, "title=R", "likelihood=4", "impact=5",
        "closed_on=2017-07-09");
    for (size_t i = 0; i < COUNT(table); i++) {
        day_t wanted = table[i].wanted ? day(table[i].wanted) : DAY_NONE;
        struct subject x = {.due_on = DAY_NONE};
        int rc =
            subject_find(w->s, &w->engine, table[i].about, wanted, day("2017-08-08"), &x, &err);

        if (rc != (table[i].due ? 0 : -1))
            fail_msg("%zu: %s", i, rc ? err.text : "found");
        if (rc == 0)
            assert_int_equal(x.due_on.n, day(table[i].due).n);
        else
            assert_int_equal(err.code, table[i].code);
        subject_clear(&x);
    }
}

/* ---- why, and why not ---- */

static void expect_why_not(struct world *w, const char *now, const char *about, const char *to,
                           const char *expected)
{
    struct why_reasons r;
    struct text t = TEXT_INIT;

    text_clear(&t);
    OK(why_not(w->s, &w->engine, at(w, now), about, to, &r, &err));
    for (size_t i = 0; i < r.count; i++)
        text_addf(&t, "%s: %s\n", r.items[i].code, r.items[i].text);
    assert_string_equal(t.s, expected);
    why_reasons_clear(&r);
    text_free(&t);
}

static void test_why_not(void **state)
{
    struct world *w = *state;

    set_up(w);
    PUT(w, "2017-07-10 09:00", RECORD_AUDIT, 0, "kind=live", "month=2017-07", "owner=lead");
    PUT(w, "2017-07-10 09:00", RECORD_MEASURE, 0, "title=M", "frequency=1m", "polarity=higher");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-06-30", "value=1");
    PUT(w, "2017-07-10 09:00", RECORD_RISK, 0, "title=R", "likelihood=4", "impact=5",
        "closed_on=2017-07-09");
    tick(w, at(w, "2017-07-10 12:00"));
    expect_why_not(w, "2017-07-10 12:00", "measure:1", NULL,
                   "not-due: not due: the next is for Mon 7 Aug 2017 (unfed: last value of 30 Jun "
                   "2017, next due on 30 Jul 2017)\n");
    expect_why_not(w, "2017-07-10 12:00", "risk:1", NULL,
                   "closed: nothing more is told of it: it was closed on 9 Jul 2017\n");
    expect_why_not(w, "2017-07-10 12:00", "audit:1", "programme-office",
                   "not-concerned: it does not concern programme-office, but Quality lead\n");
    expect_why_not(w, "2017-07-10 12:00", "audit:1", "lead",
                   "not-due: not due: the next is for Mon 7 Aug 2017 (missing: neither what was "
                   "learnt nor when it was shared is recorded)\n");
    expect_why_not(w, "2017-07-10 12:00", "risk:7", NULL,
                   "no-subject: there is no risk:7 of which anybody is told: actions, deadlines, "
                   "visits, inspections, audits, measures and risks are\n");
}

static void test_facts(void **state)
{
    struct world *w = *state;
    struct why_facts f;
    bool seen = false;

    set_up(w);
    PUT(w, "2017-07-10 09:00", RECORD_MEASURE, 0, "title=M", "frequency=1m", "polarity=higher");
    PUT(w, "2017-07-10 09:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-06-30", "value=1");
    PUT(w, "2017-08-10 09:00", RECORD_VALUE, 0, "measure=1", "dated_on=2017-07-31", "value=2");
    OK(why_facts(w->s, &w->engine, "measure:1", at(w, "2017-08-07 08:30"),
                 at(w, "2017-08-11 12:00"), &f, &err));
    for (size_t i = 0; i < f.count; i++)
        if (strcmp(f.items[i].what, "latest value") == 0) {
            seen = true;
            assert_string_equal(f.items[i].then, "1 of 30 Jun 2017");
            assert_string_equal(f.items[i].now, "2 of 31 Jul 2017");
        }
    assert_true(seen);
    why_facts_clear(&f);
    OK(why_facts(w->s, &w->engine, "audits:2017-07", at(w, "2017-08-07 08:30"),
                 at(w, "2017-08-11 12:00"), &f, &err));
    assert_int_equal(f.count, 0);
    why_facts_clear(&f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fifth_working_day),
        TEST(test_audit),
        TEST(test_audit_of_long_ago),
        TEST(test_month_without_audit),
        TEST(test_habit),
        TEST(test_found_unfed),
        TEST(test_unfed),
        TEST(test_never_fed),
        TEST(test_off_target),
        TEST(test_review),
        TEST(test_reply),
        TEST(test_downtime),
        TEST(test_nobody),
        TEST(test_hostile_texts),
        TEST(test_webhooks),
        TEST(test_nothing_twice),
        TEST(test_subjects),
        TEST(test_why_not),
        TEST(test_facts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
