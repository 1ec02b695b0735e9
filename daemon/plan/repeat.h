/*
 * repeat: on which days something that stays undone is spoken of: when it is found, and then again
 * and again; what falls on a day off is said on the working day after. Pure.
 */
#ifndef CSID_PLAN_REPEAT_H
#define CSID_PLAN_REPEAT_H

#include <stdbool.h>

#include "calendar/workday.h"

struct repeat {
    int days;     /* between one time and the next; 0: it is said once */
    bool working; /* they are working days */
};

/* The day of a step, number 0 when it is found; DAY_NONE where there is none, or the calendar ends
 * before. */
day_t repeat_day(const struct repeat *r, const struct holidays *h, day_t found, int step);
/* The last step whose day has come by `today`, -1 when none has. */
int repeat_latest(const struct repeat *r, const struct holidays *h, day_t found, day_t today);

#define REPEAT_STEP 48
/* "unfed", "unfed+28", "missing+5wd". */
const char *repeat_step(const struct repeat *r, const char *word, int step, char ret[REPEAT_STEP]);

#endif
