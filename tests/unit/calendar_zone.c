/* Time zones. The file under test is included, so that bytes can be handed to its reader that no
 * tzdata has; its readings of real zones are held against zoneinfo by the system tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "calendar/zone.c"

static struct zone *loaded(const char *name)
{
    struct zone *z = NULL;
    struct err e;

    if (zone_load(name, &z, &e) < 0)
        fail_msg("%s", e.text);
    return z;
}

static utc_t instant(const char *s)
{
    utc_t t = UTC_NONE;

    if (utc_parse(s, &t) < 0)
        fail_msg("%s", s);
    return t;
}

/* "2026-03-29T01:30" */
static struct local reading(const char *s)
{
    char with_seconds[32];
    utc_t t;

    snprintf(with_seconds, sizeof with_seconds, "%s:00Z", s);
    t = instant(with_seconds);
    return split(t.s);
}

static void assert_instant(utc_t t, const char *s)
{
    char iso[UTC_ISO];

    assert_string_equal(utc_iso(t, iso), s);
}

static void test_readings(void **state)
{
    static const struct {
        const char *zone, *utc, *local;
        int32_t offset;
    } cases[] = {
        {"Europe/London", "2017-09-26T08:30:00Z", "2017-09-26T09:30", 3600},
        {"Europe/London", "2026-03-29T00:59:59Z", "2026-03-29T00:59", 0},
        {"Europe/London", "2026-03-29T01:00:00Z", "2026-03-29T02:00", 3600},
        {"Europe/London", "2026-10-25T00:59:59Z", "2026-10-25T01:59", 3600},
        {"Europe/London", "2026-10-25T01:00:00Z", "2026-10-25T01:00", 0},
        {"Europe/London", "1970-01-01T00:00:00Z", "1970-01-01T01:00", 3600},
        {"Europe/London", "1800-01-01T00:00:00Z", "1799-12-31T23:58", -75},
        {"Europe/London", "2500-07-01T00:00:00Z", "2500-07-01T01:00", 3600},
        {"Europe/London", "9999-12-31T23:59:59Z", "9999-12-31T23:59", 0},
        {"Europe/Dublin", "2090-01-01T00:00:00Z", "2090-01-01T00:00", 0},
        {"Europe/Dublin", "2090-07-01T00:00:00Z", "2090-07-01T01:00", 3600},
        {"Australia/Lord_Howe", "2090-01-01T00:00:00Z", "2090-01-01T11:00", 39600},
        {"Australia/Lord_Howe", "2090-07-01T00:00:00Z", "2090-07-01T10:30", 37800},
        {"Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T05:45", 20700},
        {"Etc/GMT+5", "2026-01-01T00:00:00Z", "2025-12-31T19:00", -18000},
        {"UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:00", 0},
    };
    char text[LOCAL_ISO];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone *z = loaded(cases[i].zone);
        utc_t t = instant(cases[i].utc);

        assert_string_equal(zone_name(z), cases[i].zone);
        assert_int_equal(zone_offset(z, t), cases[i].offset);
        assert_string_equal(local_iso(zone_local(z, t), text), cases[i].local);
        assert_int_equal(zone_today(z, t).n, reading(cases[i].local).day.n);
        zone_free(z);
    }
}

static void test_gaps_and_folds(void **state)
{
    static const struct {
        const char *zone, *local;
        enum zone_fit fit;
        const char *first, *second;
    } cases[] = {
        {"Europe/London", "2026-03-29T00:59", ZONE_UNIQUE, "2026-03-29T00:59:00Z",
         "2026-03-29T00:59:00Z"},
        {"Europe/London", "2026-03-29T01:00", ZONE_GAP, "2026-03-29T01:00:00Z",
         "2026-03-29T01:00:00Z"},
        {"Europe/London", "2026-03-29T01:59", ZONE_GAP, "2026-03-29T01:00:00Z",
         "2026-03-29T01:00:00Z"},
        {"Europe/London", "2026-03-29T02:00", ZONE_UNIQUE, "2026-03-29T01:00:00Z",
         "2026-03-29T01:00:00Z"},
        {"Europe/London", "2026-10-25T01:00", ZONE_FOLD, "2026-10-25T00:00:00Z",
         "2026-10-25T01:00:00Z"},
        {"Europe/London", "2026-10-25T01:59", ZONE_FOLD, "2026-10-25T00:59:00Z",
         "2026-10-25T01:59:00Z"},
        {"Europe/London", "2026-10-25T02:00", ZONE_UNIQUE, "2026-10-25T02:00:00Z",
         "2026-10-25T02:00:00Z"},
        {"Europe/London", "2400-10-29T01:30", ZONE_FOLD, "2400-10-29T00:30:00Z",
         "2400-10-29T01:30:00Z"}, /* by the footer */
        {"Pacific/Apia", "2011-12-30T12:00", ZONE_GAP, "2011-12-30T10:00:00Z",
         "2011-12-30T10:00:00Z"}, /* a day that never was */
        {"Pacific/Apia", "2011-12-31T00:00", ZONE_UNIQUE, "2011-12-30T10:00:00Z",
         "2011-12-30T10:00:00Z"},
        {"Pacific/Kwajalein", "1993-08-21T12:00", ZONE_GAP, "1993-08-21T12:00:00Z",
         "1993-08-21T12:00:00Z"},
        {"Africa/Cairo", "2026-04-24T00:30", ZONE_GAP, "2026-04-23T22:00:00Z",
         "2026-04-23T22:00:00Z"}, /* midnight itself is left out */
        {"Australia/Lord_Howe", "2026-04-05T01:45", ZONE_FOLD, "2026-04-04T14:45:00Z",
         "2026-04-04T15:15:00Z"}, /* half an hour */
        {"Europe/Dublin", "2026-10-25T01:30", ZONE_FOLD, "2026-10-25T00:30:00Z",
         "2026-10-25T01:30:00Z"},
    };
    utc_t first, second;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone *z = loaded(cases[i].zone);

        assert_int_equal(zone_utc(z, reading(cases[i].local), &first, &second), cases[i].fit);
        assert_instant(first, cases[i].first);
        assert_instant(second, cases[i].second);
        zone_free(z);
    }
}

static void test_changes(void **state)
{
    static const char *const london[] = {
        "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2027-03-28T01:00:00Z",
        "2027-10-31T01:00:00Z", "2028-03-26T01:00:00Z",
    };
    struct zone *z = loaded("Europe/London"), *utc = loaded("UTC"), *fixed = loaded("Etc/GMT-3");
    utc_t t = instant("2026-01-01T00:00:00Z");
    int n = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(london); i++) {
        t = zone_next_change(z, t);
        assert_instant(t, london[i]);
    }
    for (t = instant("2030-01-01T00:00:00Z"); utc_is(t = zone_next_change(z, t)); n++)
        assert_int_not_equal(zone_offset(z, t), zone_offset(z, (utc_t){t.s - 1}));
    assert_int_equal(n, 2 * 171); /* to the end of 2200 */
    assert_false(utc_is(zone_next_change(utc, (utc_t){0})));
    assert_false(utc_is(zone_next_change(fixed, instant("2026-01-01T00:00:00Z"))));
    zone_free(z);
    zone_free(utc);
    zone_free(fixed);
}

static void test_ends_of_time(void **state)
{
    static const int64_t far[] = {INT64_MIN,    INT64_MIN + 1, -62135596801,
                                  253402300800, INT64_MAX - 1, INT64_MAX};
    struct zone *z = loaded("America/New_York");
    char text[LOCAL_ISO];
    utc_t first, second;

    (void)state;
    for (size_t i = 0; i < COUNT(far); i++) {
        assert_false(day_is(zone_local(z, (utc_t){far[i]}).day));
        zone_offset(z, (utc_t){far[i]});
        zone_next_change(z, (utc_t){far[i]});
    }
    assert_false(day_is(zone_local(z, (utc_t){-62135596800}).day)); /* still year 0 there */
    zone_utc(z, (struct local){DAY_NONE, 0}, &first, &second);
    assert_false(utc_is(first) || utc_is(second));
    zone_utc(z, reading("9999-12-31T23:59"), &first, &second);
    zone_utc(z, reading("0001-01-01T00:00"), &first, &second);
    assert_string_equal(local_iso((struct local){DAY_NONE, 0}, text), "");
    zone_free(z);
}

static void test_names_that_are_none(void **state)
{
    static const char *const none[] = {
        "",
        "/etc/localtime",
        "../zoneinfo/Europe/London",
        "Europe/../Europe/London",
        "Europe",
        "Europe/",
        "Europe/Londn",
        "europe/London",
        "zone.tab",
        "tzdata.zi",
        "right/Europe/London",
        "Europe/London\n",
        "Europe/London\x1b[31m",
        "EST5EDT,M3.2.0,M11.1.0",
        "Europe\\London",
        ".",
        "Europe/London.tab",
        "%s%n",
        "Europe/LondonEurope/LondonEurope/LondonEurope/LondonEurope/LondonEurope/London",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(none); i++) {
        struct zone *z = NULL;
        struct err e = {0};

        if (zone_load(none[i], &z, &e) == 0)
            fail_msg("\"%s\" was loaded", none[i]);
        assert_null(z);
        assert_int_equal(e.code, ERR_USAGE);
        assert_null(strpbrk(e.text, "\n\x1b"));
    }
}

/* ---- bytes ---- */

static size_t put_header(unsigned char *p, unsigned times, unsigned types)
{
    memset(p, 0, HEADER);
    memcpy(p, "TZif2", 5);
    p[35] = (unsigned char)times;
    p[39] = (unsigned char)types;
    return HEADER;
}

/* A file of two transitions (an hour forward at 0, back at 1000) and a footer. */
static size_t make_file(unsigned char *p, const char *footer)
{
    static const unsigned char table[] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0, 0, 0, 0, 3, 232, 1, 0, /* times and their types */
        0, 0, 0, 0, 0, 0, 0, 0, 14, 16, 1, 0,                     /* two types */
    };
    size_t n = put_header(p, 0, 0);

    n += put_header(p + n, 2, 2);
    memcpy(p + n, table, sizeof table);
    n += sizeof table;
    memcpy(p + n, footer, strlen(footer));
    return n + strlen(footer);
}

static bool reads(const unsigned char *p, size_t len, struct zone **ret)
{
    unsigned char *own = xmalloc(len + 1); /* so that a byte too far is found */
    struct zone *z = xcalloc(1, sizeof *z);
    bool ok;

    memcpy(own, p, len);
    own = realloc(own, len ? len : 1);
    ok = read_file(z, own, len);
    free(own);
    if (ok && ret)
        *ret = z;
    else
        zone_free(z);
    return ok;
}

static void test_every_cut_and_every_byte(void **state)
{
    unsigned char p[256], damaged[256];
    size_t len = make_file(p, "\nGMT0BST,M3.5.0/1,M10.5.0\n");
    struct zone *z = NULL;

    (void)state;
    assert_true(reads(p, len, &z));
    assert_int_equal(zone_offset(z, (utc_t){500}), 3600);
    assert_int_equal(zone_offset(z, (utc_t){-1}), 0);
    assert_int_equal(zone_offset(z, (utc_t){1000}), 0);
    assert_int_equal(zone_offset(z, instant("2017-07-01T00:00:00Z")), 3600);
    zone_free(z);
    for (size_t cut = 0; cut < len; cut++)
        assert_false(reads(p, cut, NULL));
    for (size_t at = 0; at < len; at++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(damaged, p, len);
            damaged[at] ^= (unsigned char)(1 << bit);
            if (reads(damaged, len, &z)) { /* whatever it says now, asking must be safe */
                zone_next_change(z, (utc_t){0});
                zone_local(z, instant("2050-01-01T00:00:00Z"));
                zone_free(z);
            }
        }
}

static void test_footers(void **state)
{
    static const struct {
        const char *footer;
        bool good;
    } cases[] = {
        {"\n\n", true},
        {"\n<+0330>-3:30\n", true},
        {"\nEST5EDT,M3.2.0,M11.1.0\n", true},
        {"\nEST5EDT4,J60/167:59:59,365/-167\n", true},
        {"\n<-02>2<-01>,M3.5.0/-1,M10.5.0/0\n", true},
        {"\nEST5EDT\n", false}, /* whose rule? */
        {"\nEST5EDT,M3.2.0\n", false},
        {"\nEST5EDT,M13.2.0,M11.1.0\n", false},
        {"\nEST5EDT,M3.6.0,M11.1.0\n", false},
        {"\nEST5EDT,M3.2.7,M11.1.0\n", false},
        {"\nEST5EDT,J0,J365\n", false},
        {"\nEST5EDT,0,366\n", false},
        {"\nEST5EDT,M3.2.0/168,M11.1.0\n", false},
        {"\nEST27\n", false},
        {"\nE5\n", false},
        {"\n<EST5\n", false},
        {"\nEST\n", false},
        {"\nEST5 \n", false},
        {"\nEST5EDT,M3.2.0,M11.1.0x\n", false},
        {"\nEST99999999999\n", false},
        {"EST5\n", false},
        {"\nEST5", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char p[256];

        if (reads(p, make_file(p, cases[i].footer), NULL) != cases[i].good)
            fail_msg("%s", cases[i].footer);
    }
}

/* RFC 8536 section 3.3.1: daylight saving all the year, and a zone whose summer is over New Year.
 */
static void test_rules_over_new_year(void **state)
{
    unsigned char p[256];
    struct zone *z = NULL;
    int changes = 0;

    (void)state;
    assert_true(reads(p, make_file(p, "\nXXX3EDT4,0/0,J365/23\n"), &z));
    for (utc_t t = instant("2017-01-01T00:00:00Z"); t.s < instant("2021-01-01T00:00:00Z").s;
         t.s += 1800)
        assert_int_equal(zone_offset(z, t), -4 * 3600);
    assert_false(utc_is(zone_next_change(z, instant("2017-06-01T00:00:00Z"))));
    zone_free(z);
    assert_true(reads(p, make_file(p, "\nAAA-10BBB,M10.1.0,M4.1.0/3\n"), &z));
    for (utc_t t = instant("2017-01-01T00:00:00Z"); t.s < instant("2021-01-01T00:00:00Z").s;
         t.s += 1800)
        changes += zone_offset(z, t) != zone_offset(z, (utc_t){t.s - 1800});
    assert_int_equal(changes, 8);
    assert_int_equal(zone_offset(z, instant("2018-01-01T00:00:00Z")), 11 * 3600);
    zone_free(z);
}

/* Jn never counts 29 February, n does. */
static void test_days_of_the_year(void **state)
{
    static const struct {
        const char *footer, *utc;
        bool summer;
    } cases[] = {
        {"\nAAA0BBB,J59/0,J60/0\n", "2017-02-27T23:59:59Z", false},
        {"\nAAA0BBB,J59/0,J60/0\n", "2017-02-28T00:00:00Z", true},
        {"\nAAA0BBB,J59/0,J60/0\n", "2017-02-28T23:00:00Z", false},
        {"\nAAA0BBB,J59/0,J60/0\n", "2016-02-28T00:00:00Z", true},
        {"\nAAA0BBB,J59/0,J60/0\n", "2016-02-29T22:59:59Z", true},
        {"\nAAA0BBB,J59/0,J60/0\n", "2016-02-29T23:00:00Z", false},
        {"\nAAA0BBB,58/0,59/0\n", "2017-02-28T22:59:59Z", true},
        {"\nAAA0BBB,58/0,59/0\n", "2017-02-28T23:00:00Z", false},
        {"\nAAA0BBB,58/0,59/0\n", "2016-02-28T22:59:59Z", true},
        {"\nAAA0BBB,58/0,59/0\n", "2016-02-28T23:00:00Z", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned char p[256];
        struct zone *z = NULL;

        assert_true(reads(p, make_file(p, cases[i].footer), &z));
        if ((zone_offset(z, instant(cases[i].utc)) != 0) != cases[i].summer)
            fail_msg("%s", cases[i].utc);
        zone_free(z);
    }
}

/* The clock goes back before it has shown what it left out: the gap's end is still the first. */
static void test_a_gap_cut_short(void **state)
{
    unsigned char p[256];
    struct zone *z = NULL;
    utc_t first, second;
    day_t epoch = {0};

    (void)state;
    assert_true(reads(p, make_file(p, "\n\n"), &z));
    assert_int_equal(zone_utc(z, (struct local){epoch, 500}, &first, &second), ZONE_GAP);
    assert_int_equal(first.s, 0);
    assert_int_equal(zone_utc(z, (struct local){epoch, 1800}, &first, &second), ZONE_UNIQUE);
    assert_int_equal(first.s, 1800);
    assert_int_equal(zone_utc(z, (struct local){epoch, 3900}, &first, &second), ZONE_FOLD);
    assert_int_equal(first.s, 300);
    assert_int_equal(second.s, 3900);
    zone_free(z);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_gaps_and_folds),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_ends_of_time),
        cmocka_unit_test(test_names_that_are_none),
        cmocka_unit_test(test_every_cut_and_every_byte),
        cmocka_unit_test(test_footers),
        cmocka_unit_test(test_rules_over_new_year),
        cmocka_unit_test(test_days_of_the_year),
        cmocka_unit_test(test_a_gap_cut_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
