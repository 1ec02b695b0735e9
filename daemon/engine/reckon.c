#include "engine/reckon.h"

#include <stdlib.h>

#include "base/mem.h"
#include "calendar/when.h"

static bool is_months(enum rule_unit unit)
{
    return unit == UNIT_MONTHS || unit == UNIT_YEARS || unit == UNIT_MONTH_ENDS;
}

static day_t month_end(day_t d)
{
    int year, month, day;

    if (!day_is(d))
        return DAY_NONE;
    day_to_ymd(d, &year, &month, &day);
    return day_from_ymd(year, month, day_month_length(year, month));
}

static day_t add_months(enum rule_unit unit, int64_t months, day_t from)
{
    day_t d = months > -INT16_MAX * 4 && months < INT16_MAX * 4 ? day_add_months(from, (int)months)
                                                                : DAY_NONE;

    return unit == UNIT_MONTH_ENDS ? month_end(d) : d;
}

day_t reckon(enum rule_unit unit, int n, day_t from, const struct holidays *h)
{
    switch (unit) {
    case UNIT_WORKING_DAYS:
        return workday_add(h, from, n);
    case UNIT_WEEKS:
        return day_add(from, 7 * n);
    case UNIT_CLEAR_DAYS: /* both ends are left out */
        return n ? day_add(from, n < 0 ? n - 1 : n + 1) : from;
    case UNIT_CLEAR_WORKING_DAYS:
        return n ? workday_clear(h, from, -n) : from;
    case UNIT_MONTHS:
    case UNIT_YEARS:
    case UNIT_MONTH_ENDS:
        return add_months(unit, unit == UNIT_YEARS ? 12 * n : n, from);
    default:
        return day_add(from, n);
    }
}

day_t reckon_step(const struct rule *r, const char *every, int64_t step, day_t from,
                  const struct holidays *h)
{
    day_t first = reckon(r->unit, r->offset, from, h);
    int months, days;
    struct err ignored; /* `every` was read before */

    if (!step || !every || when_every(every, &months, &days, &ignored) < 0)
        return first;
    if (months && is_months(r->unit))
        return add_months(r->unit, (r->unit == UNIT_YEARS ? 12 : 1) * r->offset + step * months,
                          from);
    if (step > INT16_MAX)
        return DAY_NONE;
    return months ? day_add_months(first, (int)step * months) : day_add(first, (int)step * days);
}

day_t reckon_roll(enum rule_roll roll, day_t d, const struct holidays *h)
{
    return roll == ROLL_PRECEDING   ? workday_on_or_before(h, d)
           : roll == ROLL_FOLLOWING ? workday_on_or_after(h, d)
                                    : d;
}

/* ---- in words ---- */

static const char *unit_word(enum rule_unit unit, int n)
{
    static const char *const one[RULE_UNITS] = {
        "day", "working day", "week", "month", "year", "clear day", "clear working day", "month"};
    static const char *const many[RULE_UNITS] = {
        "days",       "working days",       "weeks", "months", "years",
        "clear days", "clear working days", "months"};

    return abs(n) == 1 ? one[unit] : many[unit];
}

#define SKIPPED_MAX 12

/* Bank holidays on the way, not week-ends: "25, 26 Dec, 1 Jan", the month after its last day. */
static void say_skipped(struct text *t, day_t from, day_t to, const struct holidays *h)
{
    day_t first = from.n < to.n ? day_add(from, 1) : to,
          last = from.n < to.n ? to : day_add(from, -1);
    int count = 0, in_month = 0;

    for (day_t d = first; d.n <= last.n; d = day_add(d, 1)) {
        int weekday = day_weekday(d), year, month, day;

        if (weekday == 0 || weekday == 6 || workday_is(h, d))
            continue;
        day_to_ymd(d, &year, &month, &day);
        if (count++ == SKIPPED_MAX) {
            text_add(t, " …");
            break;
        }
        if (in_month && in_month != month)
            text_addf(t, " %.3s", day_month_names[in_month - 1]);
        text_addf(t, "%s%d", count == 1 ? ", stepping over " : ", ", day);
        in_month = month;
    }
    if (in_month)
        text_addf(t, " %.3s", day_month_names[in_month - 1]);
}

void reckon_say(struct text *t, enum rule_unit unit, int n, int to, day_t from,
                const struct holidays *h)
{
    char day[DAY_TEXT];
    day_t end = reckon(unit, to, from, h);
    int year, month, last;

    if (unit == UNIT_MONTH_ENDS)
        text_add(t, to || n ? "the end of the month " : "the end of the month of ");
    if (to != n)
        text_addf(t, "%d to ", abs(n));
    if (to || n)
        text_addf(t, "%d %s %s ", abs(to), unit_word(unit, to), to < 0 ? "before" : "from");
    text_add(t, day_short(from, day));
    if ((unit != UNIT_WORKING_DAYS && unit != UNIT_CLEAR_WORKING_DAYS) || !day_is(end))
        return;
    say_skipped(t, from, end, h);
    day_to_ymd(end.n > from.n ? end : from, &year, &month, &last);
    if (!holidays_list_year(h, year))
        text_addf(t, "; bank holidays of %d computed by rule", year);
}
