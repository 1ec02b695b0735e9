/*
 * origin: whether the database is where it belongs. It remembers the machine and the path it was
 * last used at, and a file beside it remembers the last that was sent from it: a copy on another
 * machine or under another name, and an older backup put in its place, are known by them. From a
 * copy nothing goes out until it is adopted.
 */
#ifndef CSID_SERVICE_ORIGIN_H
#define CSID_SERVICE_ORIGIN_H

#include <stdbool.h>

#include "calendar/day.h"
#include "store/store.h"

struct origin;

/* Compares; a database that remembers nothing yet is told where it is. The store stays the
 * caller's. Close with origin_close. */
int origin_open(struct store *store, utc_t now, struct origin **ret, struct err *e);
void origin_close(struct origin *o);

/* What the copy differs in and what to do, NULL when it is none. */
const char *origin_copy(const struct origin *o);
/* From now on this is where it belongs, says `who`; with `hold` what waits is held. Of a database
 * that is no copy nothing changes. */
int origin_adopt(struct origin *o, const char *who, bool hold, utc_t now, struct err *e);
/* Brings the file beside the database up to date; what cannot be written is logged, once. */
void origin_mark(struct origin *o);

#endif
