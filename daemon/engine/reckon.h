/*
 * reckon: where so many of a rule's units from a day fall, and how that came about in words. Pure.
 */
#ifndef CSID_ENGINE_RECKON_H
#define CSID_ENGINE_RECKON_H

#include "base/text.h"
#include "calendar/workday.h"
#include "engine/rule.h"

/* The day of receipt is day 0; months clamp; clear days leave out both ends (n negative: before); n
 * month-ends from a day is the last of the month n months on. DAY_NONE past the calendar's end. */
day_t reckon(enum rule_unit unit, int n, day_t from, const struct holidays *h);
/* The day on which step `step` (0: the first) of a rule falls, and a period that comes back; months
 * are counted from `from`, so that the 31st comes back after February. DAY_NONE: past the
 * calendar's end. */
day_t reckon_step(const struct rule *r, const char *every, int64_t step, day_t from,
                  const struct holidays *h);
day_t reckon_roll(enum rule_roll roll, day_t d, const struct holidays *h);

/* "70 working days from 24 Oct 2018, stepping over 25, 26 Dec, 1 Jan"; n may be a range to `to`. */
void reckon_say(struct text *t, enum rule_unit unit, int n, int to, day_t from,
                const struct holidays *h);

#endif
