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

#define CRON_SEARCH_YEARS 40
#define CRON_WEEKS        6 /* the last and the first to the fifth */

/* Whether a day must be of the month's and of the week's field, where both are restricted. */
enum cron_both { CRON_BOTH_REFUSED, CRON_BOTH_AND, CRON_BOTH_OR };

struct cron {
    uint64_t minutes; /* bit n: value n */
    uint32_t hours, days;
    bool last_day; /* L: of each month */
    uint16_t months;
    uint8_t weekdays;          /* bit 0 Sunday */
    uint8_t weeks[CRON_WEEKS]; /* likewise, the n-th of the month alone (MON#2); [0]: the last */
    enum cron_both both;       /* REFUSED where only one of the two fields is restricted */
    bool real_time;            /* '*' first in minute or hour */
};

enum cron_reason { CRON_ORDINARY, CRON_GAP, CRON_FOLD };

struct cron_time {
    utc_t at;                /* when it fires */
    struct local nominal;    /* its identity together with fold */
    int fold;                /* 1 only in the second pass of a real-time expression */
    enum cron_reason reason; /* FOLD: the nominal time occurs twice (either pass) */
};

/* Parses lists, ranges, steps, names (jan, mon; 7 is Sunday too), L (the last day of the month),
 * MON#2 and MON#L (the second, the last of the month) and @yearly @annually @quarterly @monthly
 * @weekly @daily @midnight @hourly. Refused with the reason (ERR_USAGE): @reboot, a~b, values out
 * of range, a step that can hit one value only, day and weekday both restricted unless `both` says
 * what that means, dates that never occur. */
int cron_parse(const char *expr, enum cron_both both, struct cron *ret, struct err *e);
/* "and", "or", "" for refused; other words are ERR_USAGE. */
const char *cron_both_name(enum cron_both both);
int cron_both_read(const char *s, enum cron_both *ret, struct err *e);
/* Whether it names that date. */
bool cron_is_day(const struct cron *c, int year, int month, int day);

/* The first occurrence at or after `from`, or the one following `after`; ordered by instant, then
 * nominal time. False when there is none within 40 years. */
bool cron_first(const struct cron *c, const struct zone *z, utc_t from, struct cron_time *ret);
bool cron_next(const struct cron *c, const struct zone *z, const struct cron_time *after,
               struct cron_time *ret);

#endif
