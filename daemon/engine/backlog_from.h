/*
 * backlog_from: from which day the backlog of a plan is escalated, what was past due when it was
 * first imported: the configuration's day, or the one after the board has met.
 */
#ifndef CSID_ENGINE_BACKLOG_FROM_H
#define CSID_ENGINE_BACKLOG_FROM_H

#include "engine/engine.h"
#include "store/store.h"

/* DAY_NONE: not yet, as no meeting of a board of the kind board is recorded for the day of the
 * import or later. A cancelled one does not count. */
int backlog_from(struct store *s, const struct engine *engine, utc_t imported_at, day_t *ret,
                 struct err *e);

/* Each plan with a backlog that waits for a meeting which is not recorded, and how much of it is
 * overdue still; the slug lives during the call, `row` returns 0 to go on. */
int backlog_waiting(struct store *s, const struct engine *engine, day_t today,
                    int (*row)(void *arg, const char *plan, size_t count), void *arg,
                    struct err *e);

#endif
