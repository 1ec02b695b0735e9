/*
 * window: a deadline's row in which something is expected, a visit or a letter: how long it is
 * open, and on which days it is told. Steps are numbered: 0 is "opens", 1 "warn", then one every so
 * many days (`every`, 1 or more), "warn+7", "warn+14", … for as long as it is open. Pure.
 */
#ifndef CSID_PLAN_WINDOW_H
#define CSID_PLAN_WINDOW_H

#include "calendar/workday.h"
#include "plan/deadline.h"

#define WINDOW_OPENS 0
#define WINDOW_WARN  1

/* Whether what it expects is still without a date: not once it has an end, whatever day that is. */
bool window_is_open(const struct deadline *d);
/* From when on it is said that nothing is booked: its last day, where none is given. */
day_t window_warn_on(const struct deadline *d);

/* The day a step falls on: its own, or the working day after; DAY_NONE beyond the calendar. */
day_t window_day(const struct holidays *h, const struct deadline *d, int every, int step);
/* The last step whose day has come by `today`, -1 when none has. */
int window_latest(const struct holidays *h, const struct deadline *d, int every, day_t today);

#define WINDOW_STEP 16
const char *window_step(int every, int step, char ret[WINDOW_STEP]); /* "warn+7" */

#endif
