#include "calendar/when.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/date.h"
#include "calendar/shown.h"

#define OFFSET_MAX     99999 /* keeps sums far from overflow and counting below a few ms */
#define DURATION_MAX_S (36525 * INT64_C(86400))

/* ---- the units of offsets and recurrences ---- */

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
    {"", 1, step_days},      {"d", 1, step_days},      {"w", 7, step_days},
    {"m", 1, step_months},   {"q", 3, step_months},    {"y", 12, step_months},
    {"wd", 1, step_working}, {"clear", 1, step_clear},
};

static const struct unit *find_unit(const char *name)
{
    for (size_t i = 0; i < COUNT(units); i++)
        if (strcmp(name, units[i].name) == 0)
            return &units[i];
    return NULL;
}

/* ---- offsets ---- */

static bool lacks_sign(const struct parts *p)
{
    return strcmp(p->shape, "nw") == 0 && find_unit(p->word[0]);
}

static int refuse_no_sign(const struct parts *p, struct err *e)
{
    return err_set(e, ERR_USAGE, "an offset needs its sign, +%d%s or -%d%s", p->number[0],
                   p->word[0], p->number[0], p->word[0]);
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
        return err_set(
            e, ERR_USAGE,
            "an offset is a sign, a number and d, w, m, q, y, wd (working days) or clear "
            "(clear working days), as in +2w, -10wd or -5clear");
    if (p->number[0] > OFFSET_MAX)
        return err_set(e, ERR_USAGE, "an offset has five digits at most");
    if (p->number[0] == 0 && u->step == step_clear)
        return err_set(e, ERR_USAGE, "clear days are counted from 1 on");
    d = u->step(w, base, (p->shape[0] == '-' ? -p->number[0] : p->number[0]) * u->times);
    if (!day_is(d) || d.n < day_from_ymd(DATE_FIRST_YEAR, 1, 1).n)
        return err_set(e, ERR_USAGE, "it leads out of the years %d to 9999", DATE_FIRST_YEAR);
    *ret = d;
    return 0;
}

bool when_offset_is_working(const char *s)
{
    char *text = text_one_line(s);
    struct parts p = date_parts(text);
    const struct unit *u = find_unit(p.word[0]);

    free(text);
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
    struct parts p = date_parts(text);
    int r = lacks_sign(&p) ? refuse_no_sign(&p, e) : read_offset(&p, base, w, ret, e);

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
    int weekday = date_find_name(word, day_weekday_names, 7);

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(word, words[i].word) == 0) {
            *ret = day_add(today, words[i].days);
            return 0;
        }
    if (weekday < 0)
        return err_set(e, ERR_USAGE,
                       "it cannot be read; " DATE_FORMS ", today, tomorrow, fri, +2w or "
                       "-10wd");
    *ret = day_add(today, (weekday - day_weekday(today) + 6) % 7 + 1);
    return 0;
}

int when_date(const char *s, const struct when *w, day_t *ret, struct err *e)
{
    char *text = text_one_line(s);
    struct parts p = date_parts(text);
    int r;

    if (p.shape[0] == '+' || p.shape[0] == '-')
        r = read_offset(&p, w->today, w, ret, e);
    else if (lacks_sign(&p))
        r = refuse_no_sign(&p, e);
    else if (strcmp(p.shape, "w") == 0)
        r = read_word(p.word[0], w->today, ret, e);
    else
        r = date_read(text, ret, e);
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
    struct parts p = date_parts(text);
    int r = read_every(&p, ret_months, ret_days, e);

    if (r < 0)
        refuse("recurrence", text, e);
    free(text);
    return r;
}

day_t when_next(const char *every, day_t from)
{
    int months, days;
    struct err none;

    if (!day_is(from) || when_every(every, &months, &days, &none) < 0)
        return DAY_NONE;
    return months ? day_add_months(from, months) : day_add(from, days);
}

/* ---- instants and durations ---- */

/* hh:mm or hh:mm:ss. */
static int read_clock(const char *s, int32_t *ret, struct err *e)
{
    struct parts p = date_parts(s);
    bool seconds = strcmp(p.shape, "n:n:n") == 0;

    if ((!seconds && strcmp(p.shape, "n:n") != 0) || p.digits[0] != 2 || p.digits[1] != 2 ||
        (seconds && p.digits[2] != 2))
        return err_set(e, ERR_USAGE,
                       "a time is hh:mm or hh:mm:ss after a date, or all in UTC as in "
                       "2017-08-31T06:00:00Z");
    if (p.number[0] > 23 || p.number[1] > 59 || p.number[2] > 59)
        return err_set(e, ERR_USAGE,
                       "there is no time %02d:%02d:%02d; the day goes from 00:00 to "
                       "23:59:59",
                       p.number[0], p.number[1], p.number[2]);
    *ret = p.number[0] * 3600 + p.number[1] * 60 + p.number[2];
    return 0;
}

/* A reading of the clocks in z that names one instant, or the refusal that says what to write. */
static int read_wall(struct local l, const struct zone *z, utc_t *ret, struct err *e)
{
    char a[UTC_ISO], b[UTC_ISO];
    utc_t first, second;

    switch (zone_utc(z, l, &first, &second)) {
    case ZONE_GAP:
        return err_set(
            e, ERR_USAGE,
            "the clocks of %s go forward over that time; the first instant after it is %s",
            zone_name(z), utc_iso(first, a));
    case ZONE_FOLD:
        return err_set(e, ERR_USAGE, "the clocks of %s show that time twice; write %s or %s",
                       zone_name(z), utc_iso(first, a), utc_iso(second, b));
    default:
        *ret = first;
        return 0;
    }
}

/* Cuts `text` in two at the blank or T before the time. */
static int read_instant(char *text, const struct zone *z, utc_t *ret, struct err *e)
{
    char *colon = strchr(text, ':'), *at = colon;
    struct local l = {DAY_NONE, 0};
    utc_t second;

    if (utc_parse(text, ret) == 0)
        return 0;
    while (at && at > text && *at != ' ' && *at != 'T' && *at != 't')
        at--;
    if (colon) {
        *at = '\0';
        if (read_clock(at + 1, &l.second, e) < 0)
            return -1;
    }
    if (date_read(text, &l.day, e) < 0)
        return -1;
    if (colon)
        return read_wall(l, z, ret, e);
    zone_utc(z, l, ret, &second);
    return 0;
}

int when_instant(const char *s, const struct zone *z, utc_t *ret, struct err *e)
{
    char *text = text_one_line(s), *own = xstrdup(text);
    int r = read_instant(own, z, ret, e);

    if (r < 0)
        refuse("time", text, e);
    free(own);
    free(text);
    return r;
}

/* One number with its unit; *s is moved past it. -1 when there is none. */
static int64_t take_duration(const char **s)
{
    static const char letters[] = "smhdw";
    static const int seconds[] = {1, 60, 3600, 86400, 7 * 86400};
    const char *unit;
    int64_t n = 0;

    if (**s < '0' || **s > '9')
        return -1;
    for (; **s >= '0' && **s <= '9'; (*s)++)
        n = n <= DURATION_MAX_S ? n * 10 + **s - '0' : n;
    unit = **s ? strchr(letters, **s) : NULL;
    if (!unit)
        return -1;
    (*s)++;
    n = n <= DURATION_MAX_S ? n : DURATION_MAX_S + 1;
    return n * seconds[unit - letters];
}

int when_duration(const char *s, int64_t *ret_s, struct err *e)
{
    char *text = text_one_line(s);
    int64_t sum = 0, n = *text ? 0 : -1;

    for (const char *p = text; *p && n >= 0 && sum <= DURATION_MAX_S; sum += n)
        n = take_duration(&p);
    if (n < 0)
        err_set(e, ERR_USAGE,
                "a duration is a number with s, m, h, d or w, or a sum of them, as in 90s, 26h or "
                "1d12h");
    else if (sum < 1 || sum > DURATION_MAX_S)
        n = err_set(e, ERR_USAGE, "a duration is more than nothing and at most 36525d");
    if (n < 0)
        refuse("duration", text, e);
    else
        *ret_s = sum;
    free(text);
    return n < 0 ? -1 : 0;
}

/* ---- due dates of a plan ---- */

static int month_end(int year, int digits, int month, day_t *ret, struct err *e)
{
    int length = month >= 1 && month <= 12 ? day_month_length(year, month) : 31;

    return date_make(year, digits, month, length, ret, e);
}

static int due_year(const struct parts *p, day_t *ret, struct err *e)
{
    return month_end(p->number[0], p->digits[0], 12, ret, e);
}

static int due_year_month(const struct parts *p, day_t *ret, struct err *e)
{
    return month_end(p->number[0], p->digits[0], p->number[1], ret, e);
}

static int due_month(const struct parts *p, day_t *ret, struct err *e)
{
    int month = 0;

    if (date_find_month(p->word[0], &month, e) < 0)
        return -1;
    return month_end(p->number[0], p->digits[0], month, ret, e);
}

static int due_quarter(const struct parts *p, day_t *ret, struct err *e)
{
    if (strcmp(p->word[0], "q") != 0 || p->number[0] < 1 || p->number[0] > 4)
        return err_set(e, ERR_USAGE, "a quarter is Q1 to Q4 with its year, as in Q3 2016");
    return month_end(p->number[1], p->digits[1], p->number[0] * 3, ret, e);
}

/* "2017Q4", as programs write it. */
static int due_year_quarter(const struct parts *p, day_t *ret, struct err *e)
{
    struct parts turned = *p;

    turned.number[0] = p->number[1];
    turned.number[1] = p->number[0];
    turned.digits[1] = p->digits[0];
    return due_quarter(&turned, ret, e);
}

static int due_bare_quarter(const struct parts *p, day_t *ret, struct err *e)
{
    (void)p;
    (void)ret;
    return err_set(e, ERR_USAGE, "its year is missing; write it as in Q3 2016");
}

static const struct {
    struct date_form form;
    enum due_precision precision;
} periods[] = {
    {{"n", due_year}, DUE_YEAR},
    {{"n-n", due_year_month}, DUE_MONTH},
    {{"w n", due_month}, DUE_MONTH},
    {{"wn n", due_quarter}, DUE_QUARTER},
    {{"nwn", due_year_quarter}, DUE_QUARTER},
    {{"wn", due_bare_quarter}, DUE_QUARTER},
};

static const struct {
    const char *word;
    enum due_precision precision;
} undated[] = {
    {"", DUE_NONE},     {"tbc", DUE_NONE}, {"tba", DUE_NONE},        {"n/a", DUE_NONE},
    {"none", DUE_NONE}, {"-", DUE_NONE},   {"ongoing", DUE_ONGOING},
};

static int read_due(const char *text, day_t *ret, enum due_precision *ret_precision, struct err *e)
{
    struct parts p;

    for (size_t i = 0; i < COUNT(undated); i++)
        if (strcasecmp(text, undated[i].word) == 0) {
            *ret = DAY_NONE;
            *ret_precision = undated[i].precision;
            return 0;
        }
    if (strncasecmp(text, "end of ", 7) == 0) /* a period's last day it is anyway */
        text += 7;
    p = date_parts(text);
    for (size_t i = 0; i < COUNT(periods); i++)
        if (strcmp(p.shape, periods[i].form.shape) == 0) {
            if (periods[i].form.read(&p, ret, e) < 0)
                return -1;
            *ret_precision = periods[i].precision;
            return 0;
        }
    if (date_read(text, ret, e) < 0)
        return -1;
    *ret_precision = DUE_DAY;
    return 0;
}

int when_due(const char *s, day_t *ret, enum due_precision *ret_precision, struct err *e)
{
    char *text = text_one_line(s);
    int r = read_due(text, ret, ret_precision, e);

    if (r < 0)
        refuse("date", text, e);
    free(text);
    return r;
}
