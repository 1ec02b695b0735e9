#include "calendar/date.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const char *take_number(const char *s, int *ret, int *ret_digits)
{
    for (; isdigit((unsigned char)*s); s++, (*ret_digits)++)
        *ret = *ret < 10000000 ? *ret * 10 + *s - '0' : 99999999;
    return s;
}

static const char *take_word(const char *s, char ret[12])
{
    size_t n = 0;

    for (; isalpha((unsigned char)*s); s++)
        if (n < 11)
            ret[n++] = (char)tolower((unsigned char)*s);
    return s;
}

struct parts date_parts(const char *s)
{
    struct parts p = {0};
    size_t n = 0, numbers = 0, words = 0;

    while (*s) {
        bool number = isdigit((unsigned char)*s), word = isalpha((unsigned char)*s);

        if (n + 1 == sizeof p.shape || (number && numbers == COUNT(p.number)) ||
            (word && words == COUNT(p.word)))
            return (struct parts){0};
        p.shape[n++] = number ? 'n' : word ? 'w' : *s;
        if (number) {
            s = take_number(s, &p.number[numbers], &p.digits[numbers]);
            numbers++;
        } else if (word) {
            s = take_word(s, p.word[words++]);
        } else {
            s += *s == ' ' ? strspn(s, " ") : 1;
        }
    }
    return p;
}

int date_find_name(const char *word, const char *const names[], int count)
{
    size_t len = strlen(word);

    for (int i = 0; i < count && len >= 3; i++)
        if (strncasecmp(names[i], word, len) == 0)
            return i;
    return -1;
}

int date_find_month(const char *word, int *ret, struct err *e)
{
    int i = date_find_name(word, day_month_names, 12);

    if (i < 0)
        return err_set(e, ERR_USAGE, "\"%s\" is no month; " DATE_FORMS, word);
    *ret = i + 1;
    return 0;
}

static int check_year(int year, int digits, struct err *e)
{
    if (digits != 4)
        return err_set(e, ERR_USAGE, "the year needs four digits; " DATE_FORMS);
    if (year < DATE_FIRST_YEAR)
        return err_set(e, ERR_USAGE, "the year %04d is before %d", year, DATE_FIRST_YEAR);
    return 0;
}

int date_make(int year, int digits, int month, int day, day_t *ret, struct err *e)
{
    if (check_year(year, digits, e) < 0)
        return -1;
    if (month < 1 || month > 12)
        return err_set(e, ERR_USAGE, "there is no month %d", month);
    if (day < 1 || day > day_month_length(year, month))
        return err_set(e, ERR_USAGE, "there is no day %d: %s %d has %d days", day,
                       day_month_names[month - 1], year, day_month_length(year, month));
    *ret = day_from_ymd(year, month, day);
    return 0;
}

static int read_iso(const struct parts *p, day_t *ret, struct err *e)
{
    if (p->digits[0] != 4 || p->digits[1] != 2 || p->digits[2] != 2)
        return err_set(e, ERR_USAGE, "with hyphens a date is year-month-day in full; " DATE_FORMS);
    return date_make(p->number[0], 4, p->number[1], p->number[2], ret, e);
}

static int read_day_first(const struct parts *p, day_t *ret, struct err *e)
{
    if (p->digits[0] == 4)
        return err_set(e, ERR_USAGE, "with the year first a date has hyphens; " DATE_FORMS);
    if (p->digits[2] == 4 && p->number[1] > 12 && p->number[1] <= 31 && p->number[0] <= 12)
        return err_set(e, ERR_USAGE, "there is no month %d: dates are day first, so write %d/%d/%d",
                       p->number[1], p->number[1], p->number[0], p->number[2]);
    return date_make(p->number[2], p->digits[2], p->number[1], p->number[0], ret, e);
}

static int named(const struct parts *p, const char *month_name, day_t *ret, struct err *e)
{
    int month = 0;

    if (date_find_month(month_name, &month, e) < 0)
        return -1;
    return date_make(p->number[1], p->digits[1], month, p->number[0], ret, e);
}

static int read_named(const struct parts *p, day_t *ret, struct err *e)
{
    return named(p, p->word[0], ret, e);
}

static int read_with_weekday(const struct parts *p, day_t *ret, struct err *e)
{
    int weekday = date_find_name(p->word[0], day_weekday_names, 7);
    char text[DAY_TEXT];
    day_t d;

    if (weekday < 0)
        return err_set(e, ERR_USAGE, "\"%s\" is no day of the week; " DATE_FORMS, p->word[0]);
    if (named(p, p->word[1], &d, e) < 0)
        return -1;
    if (day_weekday(d) != weekday)
        return err_set(e, ERR_USAGE, "%s is a %s, not a %s", day_short(d, text),
                       day_weekday_names[day_weekday(d)], day_weekday_names[weekday]);
    *ret = d;
    return 0;
}

static int refuse_month_first(const struct parts *p, day_t *ret, struct err *e)
{
    int month = 0;

    (void)ret;
    if (date_find_month(p->word[0], &month, e) < 0)
        return -1;
    return err_set(e, ERR_USAGE, "dates are day first; write %d %s %d", p->number[0],
                   day_month_names[month - 1], p->number[1]);
}

static int refuse_no_year(const struct parts *p, day_t *ret, struct err *e)
{
    (void)p, (void)ret;
    return err_set(e, ERR_USAGE, "the year is missing; " DATE_FORMS);
}

/* 1 to 5, -1 for the last, 0 when the word is no place in a month. */
static int ordinal(const struct parts *p)
{
    static const struct {
        const char *word, *ending; /* after the number */
    } places[] = {
        {"first", "st"}, {"second", "nd"}, {"third", "rd"}, {"fourth", "th"}, {"fifth", "th"}};

    if (strcmp(p->word[0], "last") == 0 && p->shape[0] == 'w')
        return -1;
    for (int i = 0; i < (int)COUNT(places); i++)
        if (p->shape[0] == 'n' ? p->number[0] == i + 1 && strcmp(p->word[0], places[i].ending) == 0
                               : strcmp(p->word[0], places[i].word) == 0)
            return i + 1;
    return 0;
}

/* The nth of that weekday in the month; DAY_NONE when it has no fifth. */
static day_t nth_weekday(int year, int month, int weekday, int nth)
{
    int length = day_month_length(year, month), day;

    if (nth < 0)
        day = length - (day_weekday(day_from_ymd(year, month, length)) - weekday + 7) % 7;
    else
        day = 1 + (weekday - day_weekday(day_from_ymd(year, month, 1)) + 7) % 7 + 7 * (nth - 1);
    return day > length ? DAY_NONE : day_from_ymd(year, month, day);
}

/* "third Fri of Sep 2017", with or without the "of"; "3rd" for "third". */
static int read_nth(const struct parts *p, day_t *ret, struct err *e)
{
    size_t year = p->shape[0] == 'n', of = strcmp(p->word[2], "of") == 0;
    int nth = ordinal(p), weekday = date_find_name(p->word[1], day_weekday_names, 7), month = 0;
    day_t d;

    if (nth == 0 || weekday < 0)
        return err_set(e, ERR_USAGE,
                       "it cannot be read; " DATE_FORMS ", or as in third Fri of Sep 2017");
    if (date_find_month(p->word[2 + of], &month, e) < 0 ||
        date_make(p->number[year], p->digits[year], month, 1, &d, e) < 0)
        return -1;
    d = nth_weekday(p->number[year], month, weekday, nth);
    if (!day_is(d))
        return err_set(e, ERR_USAGE, "%s %d has no fifth %s", day_month_names[month - 1],
                       p->number[year], day_weekday_names[weekday]);
    *ret = d;
    return 0;
}

static const struct date_form forms[] = {
    {"n-n-n", read_iso},
    {"n/n/n", read_day_first},
    {"n.n.n", read_day_first},
    {"n w n", read_named},
    {"n-w-n", read_named},
    {"w n w n", read_with_weekday},
    {"w, n w n", read_with_weekday},
    {"w n n", refuse_month_first},
    {"w n, n", refuse_month_first},
    {"w w w w n", read_nth},
    {"w w w n", read_nth},
    {"nw w w w n", read_nth},
    {"nw w w n", read_nth},
    {"n/n", refuse_no_year},
    {"n.n", refuse_no_year},
    {"n w", refuse_no_year},
    {"w n w", refuse_no_year},
};

int date_read(const char *s, day_t *ret, struct err *e)
{
    struct parts p = date_parts(s);

    for (size_t i = 0; i < COUNT(forms); i++)
        if (strcmp(p.shape, forms[i].shape) == 0)
            return forms[i].read(&p, ret, e);
    return err_set(e, ERR_USAGE, "it cannot be read; " DATE_FORMS);
}
