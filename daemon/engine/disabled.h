/*
 * disabled: endpoints that the courier has given up, because they said so or took no call for five
 * days: the administrator is told of each, once. What waits for it stays where it is.
 */
#ifndef CSID_ENGINE_DISABLED_H
#define CSID_ENGINE_DISABLED_H

#include "engine/engine.h"
#include "store/store.h"

/* Tells of those of which nothing was told yet, each in a transaction of its own. *ret_told:
 * something was written. */
int disabled_tell(struct store *s, const struct engine *engine, utc_t now, bool *ret_told,
                  struct err *e);

#endif
