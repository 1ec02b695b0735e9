#include "plan/deadline.h"

#include <stdlib.h>

#include "calendar/when.h"

void deadline_clear(struct deadline *d)
{
    free(d->title);
    free(d->every);
    free(d->recipient);
    free(d->source);
    free(d->role);
    free(d->role_title);
    free(d->evidence_title);
    free(d->evidence_link);
    *d = (struct deadline){0};
}

const char *deadline_state_name(enum deadline_state s)
{
    static const char *const names[] = {
        [DEADLINE_OPEN] = "open",
        [DEADLINE_OVERDUE] = "overdue",
        [DEADLINE_SUBMITTED] = "submitted",
        [DEADLINE_ENDED] = "ended",
    };

    return names[s];
}

enum deadline_state deadline_state(const struct deadline *d, day_t today)
{
    if (day_is(d->submitted_on))
        return DEADLINE_SUBMITTED;
    if (day_is(d->ended_on) && (d->ended_on.n <= today.n || d->ended_on.n <= d->due_on.n))
        return DEADLINE_ENDED;
    return d->due_on.n < today.n ? DEADLINE_OVERDUE : DEADLINE_OPEN;
}

int deadline_next(const struct deadline *d, day_t *ret, struct err *e)
{
    day_t due = DAY_NONE;
    int months, days;
    int64_t n;

    if (!d->every) {
        *ret = DAY_NONE;
        return 0;
    }
    if (when_every(d->every, &months, &days, e) < 0)
        return -1;
    n = (d->step + 1) * (months ? months : days);
    if (n <= INT32_MAX / 2)
        due = months ? day_add_months(d->first_due_on, (int)n) : day_add(d->first_due_on, (int)n);
    if (day_is(due) && day_is(d->ended_on) && d->ended_on.n <= due.n)
        due = DAY_NONE;
    *ret = due;
    return 0;
}
