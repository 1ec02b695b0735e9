/*
 * watch: whether the clock can be trusted. It is suspect once it was set back by 3 hours or more,
 * or forward by more than 36, against the time that really passed while csid ran: then nothing is
 * checked and nothing sent until it is right again or an administrator accepts it. A gap across a
 * restart is downtime.
 */
#ifndef CSID_SERVICE_WATCH_H
#define CSID_SERVICE_WATCH_H

#include "engine/engine.h"
#include "service/clock.h"
#include "store/store.h"

struct watch;

/* One that was suspect stays so over a restart of csid, not of the machine, and not on a test
 * clock. Both stay the caller's. Close with watch_close. */
int watch_open(const struct clock *clock, struct store *store, struct watch **ret, struct err *e);
void watch_close(struct watch *w);

/* Looks, at the latest before anything is done by the clock; no transaction may be under way. What
 * begins or ends is journalled, and an end is told to the administrator. -1 when that cannot be
 * written: it holds all the same, and the next look writes it. */
int watch_look(struct watch *w, const struct engine *engine, struct err *e);
/* The same once `who` has said that the clock is right. */
int watch_accept(struct watch *w, const struct engine *engine, const char *who, struct err *e);
/* Why the clock is suspect and what to do, NULL when it is not. */
const char *watch_suspect(const struct watch *w);

#endif
