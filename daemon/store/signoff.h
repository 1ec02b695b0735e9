/*
 * signoff: the moves of sign-off made: the status of an action's parts with what shows it. Which
 * move may be made when is plan/signoff's to say; who proposed may not verify is said here.
 */
#ifndef CSID_STORE_SIGNOFF_H
#define CSID_STORE_SIGNOFF_H

#include "plan/evidence.h"
#include "plan/signoff.h"
#include "store/action.h"

struct signoff_wish {
    enum signoff move;
    const char *ref;  /* how messages call the action */
    const char *part; /* label; NULL: every part of which the move may be made */
    day_t effective;  /* no day to come */
    const char *note; /* a progress note that goes with it; NULL: none */
    const struct evidence *evidence;
    size_t evidence_count;
};
/* Within a transaction, in its name, journalled as "action.complete SLUG:REF" and so on. What is
 * asked for a part that closes is refused by itself. ERR_NOTFOUND: no such part; ERR_CONFLICT: the
 * move may not be made of it as it stood on that day, or its status changed after it; ERR_DENIED:
 * who proposed would verify. */
int signoff_make(struct store *s, const struct plan *p, int64_t action_id,
                 const struct signoff_wish *w, struct err *e);

#endif
