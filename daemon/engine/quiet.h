/*
 * quiet: what hours and days without delivery mean for one run of a schedule: whether it is within
 * them, and up to which day it must speak because the next run outside them would be too late.
 */
#ifndef CSID_ENGINE_QUIET_H
#define CSID_ENGINE_QUIET_H

#include "engine/checks.h"

/* Sets run->through and run->quiet_until of a run whose schedule, time and day are set. What the
 * run finds while it is quiet is held and told by the next run that is not; where no run of the
 * schedule ever is, nothing is held. */
void quiet_look(struct check_run *run, const struct engine_schedule *sch);

/* The day as of which steps towards `last` are judged: today, or `last` itself where it would have
 * passed before the next run that is not quiet. */
day_t quiet_day(const struct check_run *run, day_t last);
/* Whether the notice of something due on `due` waits for the next run. */
bool quiet_holds(const struct check_run *run, day_t due);

#endif
