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

/* All that rules yield, by rule, what it is about and step; and those by hand whose source is an
 * instrument. As above. */
int deadline_each_ruled(struct store *s, int (*row)(void *arg, const struct deadline *d), void *arg,
                        struct err *e);

/* Within a transaction, journalled, a row as it is; series_id 0: the first of a series. */
int deadline_insert(struct store *s, const struct deadline *d, int64_t *ret_id, struct err *e);
/* The same for row d->id, where it differs; series and step stay. `what` for the journal:
 * "deadline.update". */
int deadline_write(struct store *s, const struct deadline *d, const char *what, struct err *e);

/* What one by hand is told by, to whom a copy goes, and when, unless said otherwise. */
#define DEADLINE_CHECK "deadlines"
#define DEADLINE_COPY  "director"

/* One by hand, the first of its series: takes title, every (checked with when_every), recipient,
 * source (NULL: none), copy_to (NULL: as usual), role_id and due_on of `d`. Within a transaction,
 * journalled. */
int deadline_add(struct store *s, const struct deadline *d, int64_t *ret_id, struct err *e);
/* Writes row d->id; where ended_on changes, what stands after it in its series ends with it. */
int deadline_update(struct store *s, const struct deadline *d, struct err *e);
/* Closes it and makes the next of its series stand. ERR_CONFLICT when it was submitted or ended
 * before. */
int deadline_submit(struct store *s, int64_t id, day_t on, const char *evidence_title,
                    const char *evidence_link, struct err *e);
/* Takes back what deadline_submit noted, for a wrong row or a wrong day; the next of its series
 * stays. ERR_CONFLICT when it was not submitted. */
int deadline_take_back(struct store *s, int64_t id, struct err *e);
/* Lets the next of every series stand whose last date has passed unsubmitted; and those that are
 * due by `until` (today or later) beside an earlier one, so that none is announced late. */
int deadline_roll(struct store *s, day_t today, day_t until, struct err *e);

#endif
