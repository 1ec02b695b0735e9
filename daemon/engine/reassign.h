/*
 * reassign: what has another owner after a change: actions that another role owns now, and all that
 * hangs on a role which somebody else holds now. Whoever has it is told at once, in one mail that
 * lists it. A role that was vacant and is filled is none of this: the next run makes good what it
 * missed.
 */
#ifndef CSID_ENGINE_REASSIGN_H
#define CSID_ENGINE_REASSIGN_H

#include "engine/engine.h"
#include "store/store.h"

#define EVENT_ACTION_REASSIGNED "csi.action.reassigned"

/* Who owned what before the change. */
struct ownership;
int ownership_note(struct store *s, const struct engine *engine, utc_t now, struct ownership **ret,
                   struct err *e);
void ownership_free(struct ownership *o); /* NULL is fine */
/* The last notice before it: what reassign_tell writes comes after. */
int64_t ownership_notice(const struct ownership *o);

/* Within the transaction of the change, after it: mails, notices and webhook calls about what is
 * open and was somebody else's. Nobody is told the same twice in a day. */
int reassign_tell(const struct ownership *before, struct err *e);

#endif
