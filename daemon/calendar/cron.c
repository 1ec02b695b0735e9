#include "calendar/cron.h"

#define DAY_MINUTES 1440

bool cron_is_day(const struct cron *c, int year, int month, int day)
{
    int length = day_month_length(year, month);
    uint8_t weekday = (uint8_t)(1 << day_weekday(day_from_ymd(year, month, day)));
    bool of_month = c->days >> day & 1 || (c->last_day && day == length);
    bool of_week =
        (c->weekdays | c->weeks[(day + 6) / 7] | (day + 7 > length ? c->weeks[0] : 0)) & weekday;

    if (!(c->months >> month & 1))
        return false;
    return c->both == CRON_BOTH_OR ? of_month || of_week : of_month && of_week;
}

/* The first hour and minute of a day at or after the minute `from` of that day. */
static bool first_minute(const struct cron *c, int from, int *ret)
{
    for (int hour = from / 60; hour < 24; hour++) {
        if (!(c->hours >> hour & 1))
            continue;
        for (int minute = hour == from / 60 ? from % 60 : 0; minute < 60; minute++)
            if (c->minutes >> minute & 1) {
                *ret = hour * 60 + minute;
                return true;
            }
    }
    return false;
}

/* The first matching reading of a wall clock at or after `from`, up to the day `last`. */
static bool next_reading(const struct cron *c, struct local from, day_t last, struct local *ret)
{
    int minute = (from.second + 59) / 60;

    for (day_t d = from.day; day_is(d) && d.n <= last.n; minute = 0) {
        int year, month, day;

        day_to_ymd(d, &year, &month, &day);
        if (!(c->months >> month & 1)) {
            d = day_add(d, day_month_length(year, month) - day + 1);
            continue;
        }
        if (cron_is_day(c, year, month, day) && first_minute(c, minute, &minute)) {
            *ret = (struct local){d, minute * 60};
            return true;
        }
        d = day_add(d, 1);
    }
    return false;
}

static day_t search_end(day_t from)
{
    day_t end = day_add_months(from, CRON_SEARCH_YEARS * 12);

    return day_is(end) ? end : day_from_ymd(9999, 12, 31);
}

/* Civil time: readings in their own order; their first instants never run backwards. What has its
 * first pass before `from` has been, so a fold's second pass brings nothing. */
static bool civil_first(const struct cron *c, const struct zone *z, struct local reading,
                        utc_t from, struct cron_time *ret)
{
    static const enum cron_reason reasons[] = {
        [ZONE_UNIQUE] = CRON_ORDINARY, [ZONE_GAP] = CRON_GAP, [ZONE_FOLD] = CRON_FOLD};
    day_t last = search_end(reading.day);

    while (next_reading(c, reading, last, &reading)) {
        utc_t first, second;
        enum zone_fit fit = zone_utc(z, reading, &first, &second);

        if (first.s >= from.s) {
            *ret = (struct cron_time){first, reading, 0, reasons[fit]};
            return true;
        }
        reading.second += 60;
    }
    return false;
}

/* Real time: within a stretch of constant offset readings and instants run side by side. */
static bool real_first(const struct cron *c, const struct zone *z, utc_t from,
                       struct cron_time *ret)
{
    day_t last = search_end(zone_today(z, from));

    for (;;) {
        struct local now = zone_local(z, from), reading;
        utc_t until = zone_next_change(z, from), at, first, second;
        enum zone_fit fit;

        if (!next_reading(c, now, last, &reading))
            return false;
        at.s = from.s + (int64_t)(reading.day.n - now.day.n) * DAY_MINUTES * 60 + reading.second -
               now.second;
        if (utc_is(until) && at.s >= until.s) {
            from = until;
            continue;
        }
        fit = zone_utc(z, reading, &first, &second);
        *ret = (struct cron_time){at, reading, fit == ZONE_FOLD && at.s == second.s,
                                  fit == ZONE_FOLD ? CRON_FOLD : CRON_ORDINARY};
        return true;
    }
}

bool cron_first(const struct cron *c, const struct zone *z, utc_t from, struct cron_time *ret)
{
    struct local before;

    if (!day_is(zone_today(z, from)))
        return false;
    if (c->real_time)
        return real_first(c, z, from, ret);
    /* At a gap's end the readings inside the gap fire too: look from the reading a second before.
     */
    before = zone_local(z, (utc_t){from.s - 1});
    before.second++;
    return civil_first(c, z, before, from, ret);
}

bool cron_next(const struct cron *c, const struct zone *z, const struct cron_time *after,
               struct cron_time *ret)
{
    struct local reading = after->nominal;

    if (c->real_time)
        return cron_first(c, z, (utc_t){after->at.s + 1}, ret);
    reading.second += 60;
    return civil_first(c, z, reading, after->at, ret);
}
