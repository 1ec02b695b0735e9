#include "calendar/workday.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/shown.h"

__asm__(".pushsection .rodata\n"
        ".global holidays_builtin\n"
        "holidays_builtin:\n"
        ".incbin \"etc/bank-holidays.csv\"\n"
        ".byte 0\n"
        ".popsection\n");

static const char *const divisions[] = {"england-and-wales", "scotland", "northern-ireland"};

enum { EW = 1, SCO = 2, NI = 4, ALL = EW | SCO | NI };

struct holiday {
    day_t day;
    char *name;
};

struct holidays {
    unsigned division;         /* one of EW, SCO, NI */
    int first_year, last_year; /* the list is the whole truth from the one to the other */
    struct holiday *items;     /* by day */
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

/* The holiday's name by rule, or NULL. Weekdays are given out first: when Christmas Day is a Sunday
 * Boxing Day keeps its Monday and Christmas goes to the Tuesday. */
static const char *name_by_rule(unsigned division, day_t d)
{
    day_t days[COUNT(rules)];
    int year = year_of(d);

    for (size_t i = 0; i < COUNT(rules); i++) {
        days[i] = rules[i].divisions & division ? rule_day(&rules[i], year) : DAY_NONE;
        if (days[i].n == d.n)
            return rules[i].name;
    }
    for (size_t i = 0; i < COUNT(rules); i++) {
        day_t moved = days[i];

        if (!day_is(moved) || !is_weekend(moved))
            continue;
        while (is_weekend(moved) || is_taken(days, moved))
            moved = day_add(moved, 1);
        days[i] = moved;
        if (moved.n == d.n)
            return rules[i].substitute;
    }
    return NULL;
}

static int compare_days(const void *a, const void *b)
{
    const struct holiday *x = a, *y = b;

    return (x->day.n > y->day.n) - (x->day.n < y->day.n);
}

static void add(struct holidays *h, day_t d, const char *name)
{
    int year = year_of(d);

    h->items = xgrow(h->items, h->n, &h->cap, sizeof *h->items);
    h->items[h->n++] = (struct holiday){d, text_one_line(name)};
    if (h->n == 1 || year < h->first_year)
        h->first_year = year;
    if (h->n == 1 || year > h->last_year)
        h->last_year = year;
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
    if (strcmp(line, divisions[h->division / 2]) == 0)
        add(h, d, name);
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

/* EW, SCO or NI; 0 when the name is none of them. */
static unsigned division_bit(const char *name)
{
    for (unsigned i = 0; i < COUNT(divisions); i++)
        if (strcmp(name, divisions[i]) == 0)
            return 1u << i;
    return 0;
}

int holidays_parse(const char *csv, size_t len, const char *division, struct holidays **ret,
                   struct err *e)
{
    struct holidays *h;

    if (!division_bit(division))
        return err_set(e, ERR_USAGE,
                       "there is no such division; it is england-and-wales, scotland or "
                       "northern-ireland");
    if (len >= 3 && memcmp(csv, "\xef\xbb\xbf", 3) == 0) {
        csv += 3;
        len -= 3;
    }
    h = xcalloc(1, sizeof *h);
    h->division = division_bit(division);
    if (parse_lines(h, csv, len, e) < 0) {
        holidays_free(h);
        return -1;
    }
    if (h->n == 0) {
        holidays_free(h);
        return err_set(e, ERR_USAGE, "no holiday of %s is listed", division);
    }
    qsort(h->items, h->n, sizeof *h->items, compare_days);
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

int holidays_last_year(const struct holidays *h)
{
    return h->last_year;
}

const char *workday_why_not(const struct holidays *h, day_t d)
{
    struct holiday key = {d, NULL}, *found;
    int year = year_of(d);

    if (!day_is(d))
        return NULL;
    if (is_weekend(d))
        return day_weekday_names[day_weekday(d)];
    if (year < h->first_year || year > h->last_year)
        return name_by_rule(h->division, d);
    found = bsearch(&key, h->items, h->n, sizeof *h->items, compare_days);
    return found ? found->name : NULL;
}

/* `count` working days on in one direction; DAY_NONE beyond the calendar's end. */
static day_t walk(const struct holidays *h, day_t d, unsigned count, int step)
{
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
