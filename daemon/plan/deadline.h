/*
 * deadline: what is owed by a date, and the series it belongs to. A series goes on from its own
 * first date, never from the day something was submitted. Pure.
 */
#ifndef CSID_PLAN_DEADLINE_H
#define CSID_PLAN_DEADLINE_H

#include <stdint.h>

#include "base/err.h"
#include "calendar/day.h"

struct deadline {
    int64_t id, series_id, step, role_id, version;
    char *title, *every, *recipient, *source; /* NULL where not given (title always is) */
    char *role, *role_title;
    day_t first_due_on, due_on, submitted_on, ended_on; /* DAY_NONE where there is none */
    char *evidence_title, *evidence_link;
};
void deadline_clear(struct deadline *d);

enum deadline_state { DEADLINE_OPEN, DEADLINE_OVERDUE, DEADLINE_SUBMITTED, DEADLINE_ENDED };
const char *deadline_state_name(enum deadline_state s); /* "overdue" */

/* Its state on that day. A series may be ended from a day to come: what is due before it is owed
 * until then. */
enum deadline_state deadline_state(const struct deadline *d, day_t today);

/* When the next of its series is due: steps are counted from the first date, so that the 31st comes
 * back after February. DAY_NONE where the series goes no further: due once, ended by then, or past
 * the calendar's end. ERR_USAGE when `every` cannot be read. */
int deadline_next(const struct deadline *d, day_t *ret, struct err *e);

#endif
