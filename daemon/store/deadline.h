/*
 * deadline: what is owed, one row per date; lets the next row of a series stand in time.
 */
#ifndef CSID_STORE_DEADLINE_H
#define CSID_STORE_DEADLINE_H

#include "plan/deadline.h"
#include "store/store.h"

/* Soonest first; unless `all` only those not submitted and owed at their date (the state of one
 * that ended unsent since is "ended"); due by `until` (DAY_NONE: any). The deadline lives during
 * the call; `row` returns 0 to go on. */
int deadline_each(struct store *s, bool all, day_t until,
                  int (*row)(void *arg, const struct deadline *d), void *arg, struct err *e);
int deadline_find(struct store *s, int64_t id, struct deadline *ret, struct err *e);

/* Within a transaction, journalled. Texts NULL: none. `every` was checked with when_every. */
int deadline_add(struct store *s, const struct deadline *d, int64_t *ret_id, struct err *e);
/* Replaces title, due_on, role_id, recipient, source, ended_on of row d->id. */
int deadline_update(struct store *s, const struct deadline *d, struct err *e);
/* Closes it and makes the next of its series stand. ERR_CONFLICT when it was submitted or ended
 * before. */
int deadline_submit(struct store *s, int64_t id, day_t on, const char *evidence_title,
                    const char *evidence_link, struct err *e);
/* Lets the next of every series stand whose last date has passed unsubmitted; and those that are
 * due by `until` (today or later) beside an earlier one, so that none is announced late. */
int deadline_roll(struct store *s, day_t today, day_t until, struct err *e);

#endif
