/*
 * ladder: on which days a date is announced and, once it has passed, spoken of again; and by when a
 * thing must go that is due on one. Steps before a date move to the working day before, steps after
 * it to the working day after; the date itself never moves. Pure.
 */
#ifndef CSID_PLAN_LADDER_H
#define CSID_PLAN_LADDER_H

#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"
#include "calendar/workday.h"

#define LADDER_STEPS_MAX 12
#define LADDER_DAYS_MAX  366

struct ladder {
    int days[LADDER_STEPS_MAX]; /* before the date, falling: 28, 14, 7, 1, 0 */
    size_t count;
    int after[LADDER_STEPS_MAX]; /* days after the date, rising: 1 */
    size_t after_count;
    int every; /* then so many working days after the one before, for good; 0: no more */
};

extern const struct ladder ladder_visit; /* 28, 14, 7, 1: once it has begun nobody needs telling */

/* Reads "28 14 7 1 0 +1 every 5": days before the date, falling; days after it, rising; working
 * days between repeats, which follow a day after. At least one step, 0 to 366 days. ERR_USAGE. */
int ladder_parse(const char *text, struct ladder *ret, struct err *e);
/* The same back. Caller frees. */
char *ladder_text(const struct ladder *l);

/* The last day on which something due on `due` can be sent: that day, or the working day before. */
day_t ladder_send_by(const struct holidays *h, day_t due);
/* The day a step falls on: that many days before `date`, or the working day before that. */
day_t ladder_day(const struct holidays *h, day_t date, int days);
/* Index of the last step whose day has come by `today`, -1 when none has. */
int ladder_latest(const struct ladder *l, const struct holidays *h, day_t date, day_t today);
/* The last date on which something can be due whose first step has come by `today`, steps counted
 * from the day it must be sent by; DAY_NONE where the calendar ends before. */
day_t ladder_horizon(const struct ladder *l, const struct holidays *h, day_t today);

/* ---- steps after the date: number i from 0, those that come again counted on ---- */

/* The day of a step: so many days after `due`, or the working day after that; DAY_NONE without. */
day_t ladder_after_day(const struct ladder *l, const struct holidays *h, day_t due, int i);
/* The last step whose day has come by `today`, -1 when none has. */
int ladder_after_latest(const struct ladder *l, const struct holidays *h, day_t due, day_t today);

#define LADDER_STEP 24
const char *ladder_step(int days, char ret[LADDER_STEP]); /* "T-28" */
const char *ladder_after_step(const struct ladder *l, int i,
                              char ret[LADDER_STEP]); /* "T+1", "T+1+5wd" */

#endif
