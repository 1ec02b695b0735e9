/* One list of holidays over another, and what that changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/revise.h"

static day_t date(const char *iso)
{
    day_t d = DAY_NONE;

    assert_int_equal(day_parse_iso(iso, &d), 0);
    return d;
}

static struct holidays *built_in(void)
{
    struct holidays *h;
    struct err e;

    assert_int_equal(
        holidays_parse(holidays_builtin, strlen(holidays_builtin), "england-and-wales", &h, &e), 0);
    return h;
}

/* The days of one year of a list, one left out and one put in (NULL: none). */
static struct holidays *year_with(const struct holidays *from, int year, const char *without,
                                  const char *with, const char *name)
{
    struct holidays *h = holidays_new("england-and-wales");
    int y, m, of_month;
    day_t d;

    for (size_t i = 0; i < holidays_count(from); i++) {
        const char *is = holidays_at(from, i, &d);

        day_to_ymd(d, &y, &m, &of_month);
        if (y == year && (!without || d.n != date(without).n))
            assert_true(holidays_add(h, d, is));
    }
    if (with)
        assert_true(holidays_add(h, date(with), name));
    return h;
}

static char *told(const struct holidays *before, const struct holidays *after,
                  const struct holidays *years)
{
    struct text t = TEXT_INIT;
    struct revision *all;
    size_t count = holidays_revise(before, after, years, &all);

    text_clear(&t);
    for (size_t i = 0; i < count; i++) {
        char was[DAY_ISO], is[DAY_ISO];

        text_addf(&t, "%s %s>%s %s>%s\n", revision_name(&all[i]),
                  day_is(all[i].was) ? day_iso(all[i].was, was) : "",
                  day_is(all[i].is) ? day_iso(all[i].is, is) : "",
                  all[i].name_was ? all[i].name_was : "", all[i].name ? all[i].name : "");
    }
    free(all);
    return text_take(&t);
}

static void test_revisions(void **state)
{
    static const struct {
        int year;
        const char *without, *with, *name, *told;
    } cases[] = {
        {2017, NULL, NULL, NULL, ""},
        {2017, NULL, "2017-09-29", "Day of thanks", "added >2017-09-29 >Day of thanks\n"},
        {2017, "2017-05-01", NULL, NULL, "dropped 2017-05-01> Early May bank holiday>\n"},
        {2017, "2017-05-01", "2017-05-05", "Early May bank holiday (VE day)",
         "moved 2017-05-01>2017-05-05 Early May bank holiday>Early May bank holiday (VE day)\n"},
        {2017, "2017-05-29", "2017-05-02", "Spring bank holiday",
         "moved 2017-05-29>2017-05-02 Spring bank holiday>Spring bank holiday\n"},
        {2017, "2017-05-01", "2017-05-02", "May Day",
         "dropped 2017-05-01> Early May bank holiday>\nadded >2017-05-02 >May Day\n"},
        {2017, "2017-12-25", "2017-12-25", "Xmas",
         "renamed 2017-12-25>2017-12-25 Christmas Day>Xmas\n"},
        {2017, NULL, "2017-09-30", "On a Saturday", ""},
    };
    struct holidays *base = built_in();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct holidays *over =
            year_with(base, cases[i].year, cases[i].without, cases[i].with, cases[i].name);
        struct holidays *both = holidays_over(base, over);
        char *is = told(base, both, over), *back;

        assert_string_equal(is, cases[i].told);
        back = told(both, both, over);
        assert_string_equal(back, "");
        free(is);
        free(back);
        holidays_free(both);
        holidays_free(over);
    }
    holidays_free(base);
}

static void test_other_years_stay(void **state)
{
    struct holidays *base = built_in(), *over = year_with(base, 2017, NULL, NULL, NULL), *both;

    (void)state;
    assert_true(holidays_add(over, date("2040-12-25"), "Christmas Day"));
    assert_false(holidays_add(over, date("2040-12-25"), "again"));
    assert_true(holidays_add(over, date("2012-06-05"), "One day of 2012"));
    both = holidays_over(base, over);
    assert_string_equal(holidays_division(both), "england-and-wales");
    for (day_t d = date("2005-01-01"); d.n < date("2045-01-01").n; d.n++) {
        int year, month, of_month;
        const struct holidays *from;
        const char *a, *b = workday_why_not(both, d);

        day_to_ymd(d, &year, &month, &of_month);
        from = year == 2017 || year == 2040 || year == 2012 ? over : base;
        a = workday_why_not(from, d);
        if ((a == NULL) != (b == NULL) || (a && strcmp(a, b) != 0))
            fail_msg("day %d: %s, %s", d.n, a ? a : "works", b ? b : "works");
        assert_int_equal(holidays_list_year(both, year),
                         (year >= 2011 && year <= 2028) || year == 2040);
    }
    assert_int_equal(holidays_last_year(both), 2040);
    assert_int_equal(holidays_count(both), holidays_count(base) + 2 - 9);
    holidays_free(both);
    holidays_free(over);
    holidays_free(base);
}

static void test_a_year_by_rule_is_compared_too(void **state)
{
    struct holidays *base = built_in(), *over = holidays_new("england-and-wales"), *both;
    struct holidays *nobody = holidays_new("england");
    char *is;

    (void)state;
    assert_null(nobody);
    assert_true(holidays_add(over, date("2033-12-27"), "Christmas Day (substitute day)"));
    both = holidays_over(base, over);
    is = told(base, both, over);
    assert_non_null(strstr(is, "dropped 2033-04-15> Good Friday>\n"));
    assert_null(strstr(is, "2033-12-27"));
    free(is);
    holidays_free(both);
    holidays_free(over);
    over = holidays_new("scotland");
    assert_int_equal(holidays_last_year(over), 0);
    assert_false(holidays_list_year(over, 2017));
    assert_string_equal(workday_why_not(over, date("2017-01-03")),
                        "New Year's Day (substitute day)");
    holidays_free(over);
    holidays_free(base);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revisions),
        cmocka_unit_test(test_other_years_stay),
        cmocka_unit_test(test_a_year_by_rule_is_compared_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
