/*
 * ladder: on which days a date is announced and, once it has passed, spoken of again; and by when a
 * thing must go that is due on one. Steps before a date move to the working day before, steps after
 * it to the working day after; the date itself never moves. Pure.
 */
#ifndef CSID_PLAN_LADDER_H
#define CSID_PLAN_LADDER_H

#include <stdbool.h>
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
    int every;    /* then so many working days after the one before, for good; 0: no more */
    bool any_day; /* steps stay on the day they fall on, and what comes again counts all days */
};

/* Reads "28 14 7 1 0 +1 every 5": days before the date, falling; days after it, rising; working
 * days between repeats, which follow a day after; then "on any day" where nothing is to move to a
 * working day. At least one step, 0 to 366 days. ERR_USAGE. */
int ladder_parse(const char *text, struct ladder *ret, struct err *e);
/* The same back. Caller frees. */
char *ladder_text(const struct ladder *l);

/* Its days before the date, of which it has one at least, in words: "28, 14 and 1 days before", "1
 * day before". Caller frees. */
char *ladder_before_text(const struct ladder *l);

/* The last day on which something due on `due` can be sent: that day, or the working day before. */
day_t ladder_send_by(const struct holidays *h, day_t due);
/* The day from which the steps of an action due on `due` are counted: the day itself, or the
 * working day before. */
day_t ladder_action_day(const struct ladder *l, const struct holidays *h, day_t due);
/* The day a step falls on: that many days before `date`, or the working day before that. */
day_t ladder_day(const struct ladder *l, const struct holidays *h, day_t date, int days);
/* Index of the last step whose day has come by `today`, -1 when none has. */
int ladder_latest(const struct ladder *l, const struct holidays *h, day_t date, day_t today);
/* The last date on which something can be due whose first step has come by `today`, steps counted
 * from the day it must be sent by; DAY_NONE where the calendar ends before. */
day_t ladder_horizon(const struct ladder *l, const struct holidays *h, day_t today);

#define LADDER_STEP 24
const char *ladder_step(int days, char ret[LADDER_STEP]); /* "T-28" */

/* ---- all steps: a place is the number of a step, before the date and then after it ---- */

/* The last place whose day has come by `today`: of what is due on `due` and must be sent by
 * `send_by`; -1 when none has, and between the date and the first step after it. */
int ladder_place(const struct ladder *l, const struct holidays *h, day_t send_by, day_t due,
                 day_t today);
/* The day of a place: so many days before `send_by` or after `due`; DAY_NONE where there is no such
 * step. */
day_t ladder_place_day(const struct ladder *l, const struct holidays *h, day_t send_by, day_t due,
                       int place);
/* "T-28", "T+1", "T+1+5wd" */
const char *ladder_place_step(const struct ladder *l, int place, char ret[LADDER_STEP]);

#endif
