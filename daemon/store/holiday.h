/*
 * holiday: the bank holidays that were imported, by division. What is in force is engine/holidays'
 * question: a list may be built in, and the configuration may name one.
 */
#ifndef CSID_STORE_HOLIDAY_H
#define CSID_STORE_HOLIDAY_H

#include "calendar/workday.h"
#include "store/store.h"

/* All that was imported for a division (one of holidays_divisions); *ret NULL when nothing was.
 * Caller frees. */
int holiday_read(struct store *s, const char *division, struct holidays **ret, struct err *e);
/* Within a transaction, journalled: in the years that `list` has, the days of its division are
 * those of the list from now on. */
int holiday_write(struct store *s, const struct holidays *list, struct err *e);

#endif
