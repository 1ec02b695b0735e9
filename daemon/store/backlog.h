/*
 * backlog: what was past due when its plan was first imported, by subject and due date. Written
 * once, with the plan; what is added or moved later is none of it.
 */
#ifndef CSID_STORE_BACKLOG_H
#define CSID_STORE_BACKLOG_H

#include "store/store.h"

/* Within the transaction that imported the plan, journalled as "plan.backlog SLUG": what of it was
 * open and due before the day it was imported as at. */
int backlog_note(struct store *s, int64_t plan_id, const char *slug, struct err *e);
/* When the plan was imported whose backlog holds the subject with that date; UTC_NONE: none does.
 */
int backlog_imported_at(struct store *s, const char *about, day_t due_on, utc_t *ret,
                        struct err *e);

#endif
