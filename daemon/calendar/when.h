/*
 * when: dates as people type them. No two-digit years, no American order; a reader that cannot be
 * sure refuses and says what to type.
 */
#ifndef CSID_CALENDAR_WHEN_H
#define CSID_CALENDAR_WHEN_H

#include "base/err.h"
#include "calendar/day.h"
#include "calendar/workday.h"
#include "calendar/zone.h"

struct when { /* what a relative word is read against */
    day_t today;
    const struct holidays *holidays;
};

/* A date: 2017-09-26, 26/9/2017, 26.9.2017, 26 Sep 2017, 26 September 2017, "Tue 26 Sep 2017" (a
 * wrong weekday is refused), third Fri of Sep 2017 (first or 1st to fifth, last), today, tomorrow,
 * yesterday, fri (the next one, never today), friday, or an offset from today as in when_offset.
 * ERR_USAGE says what is wrong and what would be read.
 */
int when_date(const char *s, const struct when *w, day_t *ret, struct err *e);

/* An offset from `base`: +3, +3d, +2w, +3m, +1q, +1y, +70wd (working days), -5clear (clear working
 * days), the sign needed. ERR_USAGE for anything else or a result outside 1900 to 9999. */
int when_offset(const char *s, day_t base, const struct when *w, day_t *ret, struct err *e);
/* Whether an offset counts working days, so that the days it stepped over are worth telling. */
bool when_offset_is_working(const char *s);

/* A recurrence "3m", "6m", "1y", "2w", "1q" as months or days (the other is 0). */
int when_every(const char *s, int *ret_months, int *ret_days, struct err *e);
/* The day one recurrence after `from`; DAY_NONE where it is none, or the calendar ends before. */
day_t when_next(const char *every, day_t from);

/* An instant: RFC 3339 ("2017-08-31T06:00:00Z"), or a wall time in z ("2017-08-31 07:00",
 * "2017-08-31T07:00[:00]"), or a date (its first instant in z). ERR_USAGE otherwise. */
int when_instant(const char *s, const struct zone *z, utc_t *ret, struct err *e);

/* A duration "90s", "15m", "26h", "365d", "2w" or a sum "1d12h", in seconds, above 0. */
int when_duration(const char *s, int64_t *ret_s, struct err *e);

/* A due date as a plan states it: a date as above without relative words, or only a month ("Dec
 * 2016", "December 2016", "2016-12"), a quarter ("Q3 2016", "2016Q3": calendar quarter), a year
 * ("2016"), or undated ("Ongoing", "", "TBC"). The day is the period's last; DAY_NONE where
 * undated. */
enum due_precision { DUE_DAY, DUE_MONTH, DUE_QUARTER, DUE_YEAR, DUE_ONGOING, DUE_NONE };
int when_due(const char *s, day_t *ret, enum due_precision *ret_precision, struct err *e);

#endif
