/*
 * cron: five-field expressions and the instants they name in a zone, with these rules for the
 * nights the clock changes. Hour and minute both without a leading '*': civil times; one in a gap
 * fires at the first instant after it under its own nominal time; one in a fold in the first pass
 * only. '*' first in hour or minute: real time; every matching wall reading that really occurs,
 * both passes of a fold (the second with fold = 1), none in a gap.
 */
#ifndef CSID_CALENDAR_CRON_H
#define CSID_CALENDAR_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/zone.h"

struct cron {
    uint64_t minutes; /* bit n: value n */
    uint32_t hours, days;
    uint16_t months;
    uint8_t weekdays; /* bit 0 Sunday */
    bool real_time;   /* '*' first in minute or hour */
};

enum cron_reason { CRON_ORDINARY, CRON_GAP, CRON_FOLD };

struct cron_time {
    utc_t at;                /* when it fires */
    struct local nominal;    /* its identity together with fold */
    int fold;                /* 1 only in the second pass of a real-time expression */
    enum cron_reason reason; /* FOLD: the nominal time occurs twice (either pass) */
};

/* Parses lists, ranges, steps, names (jan, mon; 7 is Sunday too) and @yearly @annually @quarterly
 * @monthly @weekly @daily @midnight @hourly. Refused with the reason (ERR_USAGE): @reboot, a~b,
 * values out of range, a step that can hit one value only, day and weekday both restricted, dates
 * that never occur. */
int cron_parse(const char *expr, struct cron *ret, struct err *e);

/* The first occurrence at or after `from`, or the one following `after`; ordered by instant, then
 * nominal time. False when there is none within 40 years. */
bool cron_first(const struct cron *c, const struct zone *z, utc_t from, struct cron_time *ret);
bool cron_next(const struct cron *c, const struct zone *z, const struct cron_time *after,
               struct cron_time *ret);

#endif
