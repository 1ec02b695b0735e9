#include "calendar/when.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/shown.h"

#define FIRST_YEAR 1900
#define OFFSET_MAX 99999        /* keeps sums far from overflow and counting below a few ms */
#define DURATION_MAX_S (36525 * INT64_C(86400))
#define DAY_SECONDS 86400

#define FORMS "write it as 2017-09-26, 26/9/2017 or 26 Sep 2017"

/* A text taken apart: its shape has n for a number, w for a word, one blank for any, and every
 * other byte as itself, so that "26 Sep 2017" is "n w n" and a table tells who reads it. */
struct parts {
    char shape[16];
    int number[4], digits[4];
    char word[3][12];
};

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

/* The parts of s; a text too long for any date has the shape "". */
static struct parts take_apart(const char *s)
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

/* The place of a name that begins with `word` (three letters at least), or -1. */
static int find_name(const char *word, const char *const names[], int count)
{
    size_t len = strlen(word);

    for (int i = 0; i < count && len >= 3; i++)
        if (strncasecmp(names[i], word, len) == 0)
            return i;
    return -1;
}

static int find_month(const char *word, int *ret, struct err *e)
{
    int i = find_name(word, day_month_names, 12);

    if (i < 0)
        return err_set(e, ERR_USAGE, "\"%s\" is no month; " FORMS, word);
    *ret = i + 1;
    return 0;
}

static int check_year(int year, int digits, struct err *e)
{
    if (digits != 4)
        return err_set(e, ERR_USAGE, "the year needs four digits; " FORMS);
    if (year < FIRST_YEAR)
        return err_set(e, ERR_USAGE, "the year %04d is before %d", year, FIRST_YEAR);
    return 0;
}

static int make_date(int year, int digits, int month, int day, day_t *ret, struct err *e)
{
    if (check_year(year, digits, e) < 0)
        return -1;
    if (month > 12 && month <= 31 && day >= 1 && day <= 12)
        return err_set(e, ERR_USAGE, "there is no month %d: dates are day first, so write %d/%d/%d",
                       month, month, day, year);
    if (month < 1 || month > 12)
        return err_set(e, ERR_USAGE, "there is no month %d", month);
    if (day < 1 || day > day_month_length(year, month))
        return err_set(e, ERR_USAGE, "there is no day %d: %s %d has %d days", day,
                       day_month_names[month - 1], year, day_month_length(year, month));
    *ret = day_from_ymd(year, month, day);
    return 0;
}

/* ---- dates that stand by themselves ---- */

static int read_iso(const struct parts *p, day_t *ret, struct err *e)
{
    if (p->digits[0] != 4 || p->digits[1] != 2 || p->digits[2] != 2)
        return err_set(e, ERR_USAGE, "with hyphens a date is year-month-day in full; " FORMS);
    return make_date(p->number[0], 4, p->number[1], p->number[2], ret, e);
}

static int read_day_first(const struct parts *p, day_t *ret, struct err *e)
{
    if (p->digits[0] == 4)
        return err_set(e, ERR_USAGE, "with the year first a date has hyphens; " FORMS);
    return make_date(p->number[2], p->digits[2], p->number[1], p->number[0], ret, e);
}

static int named(const struct parts *p, const char *month_name, day_t *ret, struct err *e)
{
    int month;

    if (find_month(month_name, &month, e) < 0)
        return -1;
    return make_date(p->number[1], p->digits[1], month, p->number[0], ret, e);
}

static int read_named(const struct parts *p, day_t *ret, struct err *e)
{
    return named(p, p->word[0], ret, e);
}

static int read_with_weekday(const struct parts *p, day_t *ret, struct err *e)
{
    int weekday = find_name(p->word[0], day_weekday_names, 7);
    char text[DAY_TEXT];
    day_t d;

    if (weekday < 0)
        return err_set(e, ERR_USAGE, "\"%s\" is no day of the week; " FORMS, p->word[0]);
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
    (void)ret;
    return err_set(e, ERR_USAGE, "dates are day first; write %d %s %d", p->number[0], p->word[0],
                   p->number[1]);
}

static int refuse_no_year(const struct parts *p, day_t *ret, struct err *e)
{
    (void)p, (void)ret;
    return err_set(e, ERR_USAGE, "the year is missing; " FORMS);
}

static int refuse_no_sign(const struct parts *p, day_t *ret, struct err *e)
{
    (void)ret;
    return err_set(e, ERR_USAGE, "an offset needs its sign, +%d%s or -%d%s", p->number[0],
                   p->word[0], p->number[0], p->word[0]);
}

static const struct form {
    const char *shape;
    int (*read)(const struct parts *p, day_t *ret, struct err *e);
} forms[] = {
    {"n-n-n", read_iso},
    {"n/n/n", read_day_first},
    {"n.n.n", read_day_first},
    {"n w n", read_named},
    {"n-w-n", read_named},
    {"w n w n", read_with_weekday},
    {"w, n w n", read_with_weekday},
    {"w n n", refuse_month_first},
    {"w n, n", refuse_month_first},
    {"n/n", refuse_no_year},
    {"n.n", refuse_no_year},
    {"n w", refuse_no_year},
    {"w n w", refuse_no_year},
    {"nw", refuse_no_sign},
};

/* A date without relative words. */
static int read_date(const char *s, day_t *ret, struct err *e)
{
    struct parts p = take_apart(s);

    for (size_t i = 0; i < COUNT(forms); i++)
        if (strcmp(p.shape, forms[i].shape) == 0)
            return forms[i].read(&p, ret, e);
    return err_set(e, ERR_USAGE, "it cannot be read; " FORMS);
}

/* ---- offsets ---- */

static day_t step_days(const struct when *w, day_t d, int n)
{
    (void)w;
    return day_add(d, n);
}

static day_t step_months(const struct when *w, day_t d, int n)
{
    (void)w;
    return day_add_months(d, n);
}

static day_t step_working(const struct when *w, day_t d, int n)
{
    return workday_add(w->holidays, d, n);
}

static day_t step_clear(const struct when *w, day_t d, int n)
{
    return workday_clear(w->holidays, d, -n);
}

static const struct unit {
    const char *name;
    int times;
    day_t (*step)(const struct when *w, day_t d, int n);
} units[] = {
    {"", 1, step_days},    {"d", 1, step_days},   {"w", 7, step_days},      {"m", 1, step_months},
    {"q", 3, step_months}, {"y", 12, step_months}, {"wd", 1, step_working}, {"clear", 1, step_clear},
};

static const struct unit *find_unit(const char *name)
{
    for (size_t i = 0; i < COUNT(units); i++)
        if (strcmp(name, units[i].name) == 0)
            return &units[i];
    return NULL;
}

static bool is_offset(const struct parts *p)
{
    return (p->shape[0] == '+' || p->shape[0] == '-') &&
           (strcmp(p->shape + 1, "n") == 0 || strcmp(p->shape + 1, "nw") == 0);
}

static int read_offset(const struct parts *p, day_t base, const struct when *w, day_t *ret,
                       struct err *e)
{
    const struct unit *u = find_unit(p->word[0]);
    day_t d;

    if (!is_offset(p) || !u)
        return err_set(e, ERR_USAGE,
                       "an offset is a sign, a number and d, w, m, q, y, wd (working days) or clear "
                       "(clear working days), as in +2w, -10wd or -5clear");
    if (p->number[0] > OFFSET_MAX)
        return err_set(e, ERR_USAGE, "an offset has five digits at most");
    if (p->number[0] == 0 && u->step == step_clear)
        return err_set(e, ERR_USAGE, "clear days are counted from 1 on");
    d = u->step(w, base, (p->shape[0] == '-' ? -p->number[0] : p->number[0]) * u->times);
    if (!day_is(d) || d.n < day_from_ymd(FIRST_YEAR, 1, 1).n)
        return err_set(e, ERR_USAGE, "it leads out of the years %d to 9999", FIRST_YEAR);
    *ret = d;
    return 0;
}

bool when_offset_is_working(const char *s)
{
    struct parts p = take_apart(s);
    const struct unit *u = find_unit(p.word[0]);

    return is_offset(&p) && u && (u->step == step_working || u->step == step_clear);
}

/* ---- what a reader is handed: the trimmed text, and a refusal that repeats it ---- */

static int refuse(const char *what, const char *text, struct err *e)
{
    return err_within(e, "%s \"%.*s\"", what, shown(text, SHOWN_MAX), text);
}

int when_offset(const char *s, day_t base, const struct when *w, day_t *ret, struct err *e)
{
    char *text = text_one_line(s);
    struct parts p = take_apart(text);
    int r = strcmp(p.shape, "nw") == 0 ? refuse_no_sign(&p, ret, e)
                                       : read_offset(&p, base, w, ret, e);

    if (r < 0)
        refuse("offset", text, e);
    free(text);
    return r;
}

/* today, tomorrow, yesterday and weekdays. */
static int read_word(const char *word, day_t today, day_t *ret, struct err *e)
{
    static const struct {
        const char *word;
        int days;
    } words[] = {{"yesterday", -1}, {"today", 0}, {"tomorrow", 1}};
    int weekday = find_name(word, day_weekday_names, 7);

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(word, words[i].word) == 0) {
            *ret = day_add(today, words[i].days);
            return 0;
        }
    if (weekday < 0)
        return err_set(e, ERR_USAGE, "it cannot be read; " FORMS ", today, tomorrow, fri, +2w or "
                       "-10wd");
    *ret = day_add(today, (weekday - day_weekday(today) + 6) % 7 + 1);
    return 0;
}

int when_date(const char *s, const struct when *w, day_t *ret, struct err *e)
{
    char *text = text_one_line(s);
    struct parts p = take_apart(text);
    int r;

    if (p.shape[0] == '+' || p.shape[0] == '-')
        r = read_offset(&p, w->today, w, ret, e);
    else if (strcmp(p.shape, "w") == 0)
        r = read_word(p.word[0], w->today, ret, e);
    else
        r = read_date(text, ret, e);
    if (r < 0)
        refuse("date", text, e);
    free(text);
    return r;
}

static int read_every(const struct parts *p, int *ret_months, int *ret_days, struct err *e)
{
    const struct unit *u = find_unit(p->word[0]);
    bool months;
    int n;

    if (strcmp(p->shape, "nw") != 0 || !u || (u->step != step_days && u->step != step_months))
        return err_set(e, ERR_USAGE,
                       "a recurrence is a number and d, w, m, q or y, as in 3m, 6m, 1y or 2w");
    months = u->step == step_months;
    n = p->number[0] > OFFSET_MAX ? INT32_MAX : p->number[0] * u->times;
    if (n < 1 || n > (months ? 1200 : 36525))
        return err_set(e, ERR_USAGE, "a recurrence is more than nothing and at most 100 years");
    *ret_months = months ? n : 0;
    *ret_days = months ? 0 : n;
    return 0;
}

int when_every(const char *s, int *ret_months, int *ret_days, struct err *e)
{
    char *text = text_one_line(s);
    struct parts p = take_apart(text);
    int r = read_every(&p, ret_months, ret_days, e);

    if (r < 0)
        refuse("recurrence", text, e);
    free(text);
    return r;
}
