#include "calendar/workday.h"

#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/mem.h"
#include "base/text.h"
#include "calendar/shown.h"

EMBED(holidays_builtin, "etc/bank-holidays.csv");

const char *const holidays_divisions[HOLIDAYS_DIVISIONS] = {"england-and-wales", "scotland",
                                                            "northern-ireland"};

enum { EW = 1, SCO = 2, NI = 4, ALL = EW | SCO | NI };

#define LEAP_WEEKS 600000 /* more than the calendar has: days do not overflow */

struct holiday {
    day_t day;
    char *name;
};

struct holidays {
    unsigned division;     /* one of EW, SCO, NI */
    struct holiday *items; /* by day, each day once */
    size_t n, cap;
};

/* What the years outside the list are made of. FIXED ones on a weekend go to the next free weekday.
 */
static const struct rule {
    enum { FIXED, EASTER, FIRST_MONDAY, LAST_MONDAY } kind;
    int month, day; /* EASTER: day is counted from Easter Sunday */
    unsigned divisions;
    const char *name, *substitute;
} rules[] = {
#define NAME(text) text, text " (substitute day)"
    {FIXED, 1, 1, ALL, NAME("New Year's Day")},
    {FIXED, 1, 2, SCO, NAME("2nd January")},
    {FIXED, 3, 17, NI, NAME("St Patrick's Day")},
    {EASTER, 0, -2, ALL, NAME("Good Friday")},
    {EASTER, 0, 1, EW | NI, NAME("Easter Monday")},
    {FIRST_MONDAY, 5, 0, ALL, NAME("Early May bank holiday")},
    {LAST_MONDAY, 5, 0, ALL, NAME("Spring bank holiday")},
    {FIXED, 7, 12, NI, NAME("Battle of the Boyne (Orangemen's Day)")},
    {FIRST_MONDAY, 8, 0, SCO, NAME("Summer bank holiday")},
    {LAST_MONDAY, 8, 0, EW | NI, NAME("Summer bank holiday")},
    {FIXED, 11, 30, SCO, NAME("St Andrew's Day")},
    {FIXED, 12, 25, ALL, NAME("Christmas Day")},
    {FIXED, 12, 26, ALL, NAME("Boxing Day")},
#undef NAME
};

static int year_of(day_t d)
{
    int year, month, day;

    day_to_ymd(d, &year, &month, &day);
    return year;
}

static bool is_weekend(day_t d)
{
    int weekday = day_weekday(d);

    return weekday == 0 || weekday == 6;
}

static day_t monday_on_or_after(day_t d)
{
    return day_add(d, (8 - day_weekday(d)) % 7);
}

static day_t rule_day(const struct rule *r, int year)
{
    switch (r->kind) {
    case EASTER:
        return day_add(day_easter(year), r->day);
    case FIRST_MONDAY:
        return monday_on_or_after(day_from_ymd(year, r->month, 1));
    case LAST_MONDAY:
        return monday_on_or_after(day_from_ymd(year, r->month, 25)); /* May, August: 31 days */
    default:
        return day_from_ymd(year, r->month, r->day);
    }
}

static bool is_taken(const day_t days[], day_t d)
{
    for (size_t i = 0; i < COUNT(rules); i++)
        if (days[i].n == d.n)
            return true;
    return false;
}

/* The holidays of a year by rule, DAY_NONE for those of other divisions. Weekdays are given out
 * first: when Christmas Day is a Sunday Boxing Day keeps its Monday and Christmas goes to the
 * Tuesday. */
static void days_by_rule(unsigned division, int year, day_t ret[COUNT(rules)])
{
    for (size_t i = 0; i < COUNT(rules); i++)
        ret[i] = rules[i].divisions & division ? rule_day(&rules[i], year) : DAY_NONE;
    for (size_t i = 0; i < COUNT(rules); i++) {
        day_t moved = ret[i];

        if (!day_is(moved) || !is_weekend(moved))
            continue;
        while (is_weekend(moved) || is_taken(ret, moved))
            moved = day_add(moved, 1);
        ret[i] = moved;
    }
}

/* The holiday's name by rule; NULL for any other day, and for one that moved to a weekday. */
static const char *name_by_rule(unsigned division, day_t d)
{
    day_t days[COUNT(rules)];
    int year = year_of(d);

    days_by_rule(division, year, days);
    for (size_t i = 0; i < COUNT(rules); i++)
        if (days[i].n == d.n)
            return rule_day(&rules[i], year).n == d.n ? rules[i].name : rules[i].substitute;
    return NULL;
}

/* EW, SCO or NI; 0 when the name is none of them. */
static unsigned division_bit(const char *name)
{
    for (unsigned i = 0; i < HOLIDAYS_DIVISIONS; i++)
        if (strcmp(name, holidays_divisions[i]) == 0)
            return 1u << i;
    return 0;
}

struct holidays *holidays_new(const char *division)
{
    struct holidays *h;

    if (!division_bit(division))
        return NULL;
    h = xcalloc(1, sizeof *h);
    h->division = division_bit(division);
    return h;
}

/* The place of the first listed day that is not before d. */
static size_t place_of(const struct holidays *h, day_t d)
{
    size_t low = 0, high = h->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (h->items[middle].day.n < d.n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool holidays_add(struct holidays *h, day_t d, const char *name)
{
    size_t at = place_of(h, d);

    if (at < h->n && h->items[at].day.n == d.n)
        return false;
    h->items = xgrow(h->items, h->n, &h->cap, sizeof *h->items);
    memmove(h->items + at + 1, h->items + at, (h->n - at) * sizeof *h->items);
    h->items[at] = (struct holiday){d, text_one_line(name)};
    h->n++;
    return true;
}

struct holidays *holidays_over(const struct holidays *base, const struct holidays *over)
{
    struct holidays *h = xcalloc(1, sizeof *h);

    h->division = base->division;
    for (size_t i = 0; i < base->n; i++)
        if (!holidays_list_year(over, year_of(base->items[i].day)))
            holidays_add(h, base->items[i].day, base->items[i].name);
    for (size_t i = 0; i < over->n; i++)
        holidays_add(h, over->items[i].day, over->items[i].name);
    return h;
}

/* Takes one line "division,date,name" apart in place. */
static int parse_line(struct holidays *h, char *line, struct err *e)
{
    char *date = strchr(line, ','), *name = date ? strchr(date + 1, ',') : NULL, *text;
    day_t d;

    if (!name) {
        text = text_one_line(line);
        err_set(e, ERR_USAGE, "\"%.*s\" is no holiday; write division,YYYY-MM-DD,name",
                shown(text, SHOWN_MAX), text);
        free(text);
        return -1;
    }
    *date++ = *name++ = '\0';
    if (strcmp(line, "division") == 0)
        return 0;
    if (day_parse_iso(date, &d) < 0) {
        text = text_one_line(date);
        err_set(e, ERR_USAGE, "\"%.*s\" is no date; write it as 2026-12-25", shown(text, SHOWN_MAX),
                text);
        free(text);
        return -1;
    }
    if (strcmp(line, holidays_division(h)) == 0)
        holidays_add(h, d, name);
    return 0;
}

static int parse_lines(struct holidays *h, const char *csv, size_t len, struct err *e)
{
    const char *end = csv + len;

    for (unsigned number = 1; csv < end; number++) {
        const char *stop = memchr(csv, '\n', (size_t)(end - csv));
        size_t length = (size_t)((stop ? stop : end) - csv);
        char *line = xstrndup(csv, length);
        int r;

        line[strcspn(line, "\r")] = '\0';
        r = *line == '\0' || *line == '#' ? 0 : parse_line(h, line, e);
        free(line);
        if (r < 0)
            return err_within(e, "line %u", number);
        csv += length + 1;
    }
    return 0;
}

int holidays_parse(const char *csv, size_t len, const char *division, struct holidays **ret,
                   struct err *e)
{
    struct holidays *h = holidays_new(division);

    if (!h)
        return err_set(e, ERR_USAGE,
                       "there is no such division; it is england-and-wales, scotland or "
                       "northern-ireland");
    if (len >= 3 && memcmp(csv, "\xef\xbb\xbf", 3) == 0) {
        csv += 3;
        len -= 3;
    }
    if (parse_lines(h, csv, len, e) < 0) {
        holidays_free(h);
        return -1;
    }
    if (h->n == 0) {
        holidays_free(h);
        return err_set(e, ERR_USAGE, "no holiday of %s is listed", division);
    }
    *ret = h;
    return 0;
}

void holidays_free(struct holidays *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n; i++)
        free(h->items[i].name);
    free(h->items);
    free(h);
}

const char *holidays_division(const struct holidays *h)
{
    return holidays_divisions[h->division / 2];
}

size_t holidays_count(const struct holidays *h)
{
    return h->n;
}

const char *holidays_at(const struct holidays *h, size_t i, day_t *ret)
{
    *ret = h->items[i].day;
    return h->items[i].name;
}

int holidays_last_year(const struct holidays *h)
{
    return h->n ? year_of(h->items[h->n - 1].day) : 0;
}

bool holidays_list_year(const struct holidays *h, int year)
{
    size_t at = place_of(h, day_from_ymd(year, 1, 1));

    return at < h->n && year_of(h->items[at].day) == year;
}

/* The same of the day's year, whose neighbours in the list stand before and at `at`. */
static bool lists_year_of(const struct holidays *h, day_t d, size_t at)
{
    int year = year_of(d);

    return (at < h->n && year_of(h->items[at].day) == year) ||
           (at > 0 && year_of(h->items[at - 1].day) == year);
}

const char *workday_why_not(const struct holidays *h, day_t d)
{
    size_t at;

    if (!day_is(d))
        return NULL;
    if (is_weekend(d))
        return day_weekday_names[day_weekday(d)];
    at = place_of(h, d);
    if (at < h->n && h->items[at].day.n == d.n)
        return h->items[at].name;
    return lists_year_of(h, d, at) ? NULL : name_by_rule(h->division, d);
}

/* Mondays to Fridays after `from`, up to `to`. */
static int weekdays_between(day_t from, day_t to)
{
    int days = to.n - from.n, left = days % 7, count = days / 7 * 5;

    for (int i = 0; i < left; i++)
        count += !is_weekend(day_add(to, -i));
    return count;
}

static int holidays_by_rule(const struct holidays *h, int year, day_t from, day_t to)
{
    day_t days[COUNT(rules)];
    int count = 0;

    days_by_rule(h->division, year, days);
    for (size_t i = 0; i < COUNT(rules); i++)
        count += day_is(days[i]) && days[i].n > from.n && days[i].n <= to.n;
    return count;
}

int workday_between(const struct holidays *h, day_t from, day_t to)
{
    int count;

    if (to.n <= from.n)
        return 0;
    count = weekdays_between(from, to);
    for (size_t i = place_of(h, day_add(from, 1)); i < h->n && h->items[i].day.n <= to.n; i++)
        count -= !is_weekend(h->items[i].day);
    for (int year = year_of(from); year <= year_of(to); year++)
        if (!holidays_list_year(h, year))
            count -= holidays_by_rule(h, year, from, to);
    return count;
}

/* Whole weeks on, in which fewer than `count` working days can lie: *count are left. */
static day_t leap(const struct holidays *h, day_t d, unsigned *count, int step)
{
    unsigned weeks = (*count - 1) / 5;
    day_t far = weeks < LEAP_WEEKS ? day_add(d, step * 7 * (int)weeks) : DAY_NONE;
    day_t before = day_add(far, -1);

    if (!day_is(before))
        return DAY_NONE;
    *count -= (unsigned)(step > 0 ? workday_between(h, d, far)
                                  : workday_between(h, before, day_add(d, -1)));
    return far;
}

/* `count` working days on in one direction; DAY_NONE beyond the calendar's end. */
static day_t walk(const struct holidays *h, day_t d, unsigned count, int step)
{
    day_t far = d;

    while (count > 5 && day_is(far)) {
        far = leap(h, d, &count, step);
        d = day_is(far) ? far : d;
    }
    while (count > 0 && day_is(d)) {
        d = day_add(d, step);
        count -= workday_is(h, d);
    }
    return d;
}

static unsigned magnitude(int n)
{
    return n < 0 ? 0u - (unsigned)n : (unsigned)n;
}

day_t workday_add(const struct holidays *h, day_t d, int n)
{
    return walk(h, d, magnitude(n), n < 0 ? -1 : 1);
}

day_t workday_clear(const struct holidays *h, day_t d, int n)
{
    int step = n < 0 ? 1 : -1;

    return day_add(walk(h, d, magnitude(n), step), step);
}

day_t workday_on_or_before(const struct holidays *h, day_t d)
{
    while (day_is(d) && !workday_is(h, d))
        d = day_add(d, -1);
    return d;
}

day_t workday_on_or_after(const struct holidays *h, day_t d)
{
    while (day_is(d) && !workday_is(h, d))
        d = day_add(d, 1);
    return d;
}
