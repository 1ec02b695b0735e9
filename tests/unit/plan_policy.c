/* The policy of reminders: its defaults, a deadline's ladder, and the hours and days on which
 * nothing is delivered, over midnight, weekends, Christmas and the ends of a day. */
#include "england.h"
#include "plan/policy.h"

static struct local local(const char *text)
{
    struct local l;
    char iso[DAY_ISO];

    memcpy(iso, text, 10);
    iso[10] = '\0';
    if (day_parse_iso(iso, &l.day) < 0)
        fail_msg("no date: %s", text);
    l.second = (atoi(text + 11) * 60 + atoi(text + 14)) * 60;
    return l;
}

static void test_usual(void **state)
{
    struct policy p = policy_usual();

    (void)state;
    for (int i = 0; i < POLICY_KINDS; i++) {
        char *text = ladder_text(&p.ladders[i]);

        assert_string_equal(text, policy_default(i));
        free(text);
    }
    assert_string_equal(policy_key(POLICY_board_papers), "board_papers");
    assert_false(policy_is_quiet(&p, england, local("2017-12-25 03:00"), NULL));
}

static void test_deadline(void **state)
{
    static const struct {
        const char *check, *own, *ladder;
    } table[] = {
        {"deadlines", DEADLINE_LADDER, "28 14 7 1 0 +1 every 5"},
        {"deadlines", "10 5", "10 5 +1 every 5"},
        {"deadlines", "10 5 +2", "10 5 +2"},
        {"deadlines", "0 +1 every 1", "0 +1 every 1"},
        {"board-papers", "7", "7 +3"},
        {"committee-publication", DEADLINE_LADDER, "9"},
        {"committee-publication", "7", "7"},
    };
    struct policy p = policy_usual();
    struct ladder l;
    struct err e;

    (void)state;
    assert_int_equal(ladder_parse("5 +3", &p.ladders[POLICY_board_papers], &e), 0);
    assert_int_equal(ladder_parse("9", &p.ladders[POLICY_committee_publication], &e), 0);
    for (size_t i = 0; i < COUNT(table); i++) {
        char *text;

        assert_int_equal(policy_deadline(&p, table[i].check, table[i].own, &l, &e), 0);
        text = ladder_text(&l);
        assert_string_equal(text, table[i].ladder);
        free(text);
    }
    assert_int_equal(policy_deadline(&p, "deadlines", "soon", &l, &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
}

static void test_quiet_text(void **state)
{
    static const struct {
        const char *text;
        int from, to;
    } good[] = {
        {"", 0, 0},
        {"20:00-07:00", 1200, 420},
        {"00:00-06:30", 0, 390},
        {"18:00-24:00", 1080, 0},
    };
    static const char *const bad[] = {"8-20",        "20:00",        "20:00-",      "-07:00",
                                      "20:00-07:0",  "20:00 -07:00", "24:01-07:00", "20:60-07:00",
                                      "aa:00-07:00", "07:00-07:00",  "00:00-24:00", "20:00-07:00x",
                                      "20:00-\n7:00"};
    int from, to;
    struct err e;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(policy_quiet_parse(good[i].text, &from, &to, &e), 0);
        assert_int_equal(from, good[i].from);
        assert_int_equal(to, good[i].to);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        if (policy_quiet_parse(bad[i], &from, &to, &e) != -1 || e.code != ERR_USAGE)
            fail_msg("\"%s\" was taken", bad[i]);
}

static void test_quiet(void **state)
{
    static const struct {
        const char *hours;
        bool days;
        const char *at, *end; /* NULL: not quiet */
    } table[] = {
        {"20:00-07:00", false, "2017-09-01 08:30", NULL},
        {"20:00-07:00", false, "2017-09-01 19:59", NULL},
        {"20:00-07:00", false, "2017-09-01 20:00", "2017-09-02 07:00"},
        {"20:00-07:00", false, "2017-09-01 23:59", "2017-09-02 07:00"},
        {"20:00-07:00", false, "2017-09-02 00:00", "2017-09-02 07:00"},
        {"20:00-07:00", false, "2017-09-02 06:59", "2017-09-02 07:00"},
        {"20:00-07:00", false, "2017-09-02 07:00", NULL},
        {"12:00-13:00", false, "2017-09-02 12:30", "2017-09-02 13:00"},
        {"18:00-24:00", false, "2017-12-31 18:00", "2018-01-01 00:00"},
        {"00:00-06:30", false, "2017-09-02 00:00", "2017-09-02 06:30"},
        /* Friday evening to Monday morning; over the August bank holiday to Tuesday */
        {"20:00-07:00", true, "2017-09-01 21:00", "2017-09-04 07:00"},
        {"20:00-07:00", true, "2017-09-02 12:00", "2017-09-04 07:00"},
        {"20:00-07:00", true, "2017-08-26 12:00", "2017-08-29 07:00"},
        {"", true, "2017-09-02 08:30", "2017-09-04 00:00"},
        {"", true, "2017-09-04 00:00", NULL},
        {"", true, "2017-12-23 08:30", "2017-12-27 00:00"},
        {"", true, "2017-12-25 08:30", "2017-12-27 00:00"},
        /* the hours begin on a day off and end on a working day */
        {"18:00-24:00", true, "2017-09-03 19:00", "2017-09-04 00:00"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct policy p = policy_usual();
        struct local end;
        char iso[LOCAL_ISO], expected[LOCAL_ISO];
        bool quiet;
        struct err e;

        assert_int_equal(policy_quiet_parse(table[i].hours, &p.quiet_from, &p.quiet_to, &e), 0);
        p.quiet_days = table[i].days;
        quiet = policy_is_quiet(&p, england, local(table[i].at), &end);
        if (quiet != (table[i].end != NULL))
            fail_msg("row %zu: %s is %squiet", i, table[i].at, quiet ? "" : "not ");
        if (quiet)
            assert_string_equal(local_iso(end, iso), local_iso(local(table[i].end), expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_quiet_text),
        cmocka_unit_test(test_quiet),
    };

    return cmocka_run_group_tests(tests, england_setup, england_teardown);
}
