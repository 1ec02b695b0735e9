/*
 * evidence: what shows that an action, or a part of it, is done. Added, never changed or deleted.
 */
#ifndef CSID_STORE_EVIDENCE_H
#define CSID_STORE_EVIDENCE_H

#include "plan/evidence.h"
#include "store/store.h"

/* Within a transaction, journalled as "action.evidence SLUG:REF"; part_id 0: of the whole action.
 */
int evidence_add(struct store *s, int64_t action_id, int64_t part_id, const struct evidence *v,
                 day_t effective, struct err *e);

struct evidence_row { /* texts live during the call */
    int64_t id;
    const char *part; /* label; NULL: of the whole action */
    const char *title, *link, *sha256, *who;
    day_t effective_on;
    utc_t recorded_at;
};
/* All of an action's, oldest first; `row` returns 0 to go on. */
int evidence_each(struct store *s, int64_t action_id,
                  int (*row)(void *arg, const struct evidence_row *r), void *arg, struct err *e);

#endif
