/*
 * renewed: silences of the same that follow upon one another, until it is held back for longer than
 * any one of them may hold it. Each has its end; together they have none.
 */
#ifndef CSID_ENGINE_RENEWED_H
#define CSID_ENGINE_RENEWED_H

#include "calendar/zone.h"
#include "store/store.h"

/* Calls `row` for each silence that holds at `now` and is one of such: what it matches in one line,
 * and the first and last day of all of them. The text lives during the call. */
int renewed_each(struct store *s, const struct zone *zone, utc_t now,
                 void (*row)(void *arg, int64_t id, const char *match, day_t from, day_t to),
                 void *arg, struct err *e);

#endif
