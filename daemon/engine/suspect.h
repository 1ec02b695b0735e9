/*
 * suspect: what the engine does while the clock cannot be trusted. Nothing runs and nothing is
 * decided; what comes due has a row that says why, and that gives way to what becomes of it once
 * the clock is right or accepted.
 */
#ifndef CSID_ENGINE_SUSPECT_H
#define CSID_ENGINE_SUSPECT_H

#include "engine/engine.h"
#include "store/store.h"

/* In place of a tick. */
int suspect_hold(struct store *s, const struct engine *engine, utc_t now, struct err *e);
/* Within a transaction, at its end: what only a wrong clock called due loses its row, and the
 * administrator is told in `text`. The next tick catches up with what really was. */
int suspect_end(struct store *s, const struct engine *engine, utc_t now, const char *text,
                struct err *e);

#endif
