/*
 * recheck: whether a message that waits is still so on the day it could go. A reminder of what is
 * closed, due on another day, held back or for who no longer holds its role is void; a message of
 * which nothing else is left is cancelled. What is no reminder says what has happened, which stays
 * so. Knows no socket; the courier asks when it claims.
 */
#ifndef CSID_ENGINE_RECHECK_H
#define CSID_ENGINE_RECHECK_H

#include "engine/engine.h"
#include "store/outbox.h"

struct recheck {
    struct store *store;
    const struct engine *engine;
};

/* Within the transaction that claims it, for struct outbox_gate; `arg` is a struct recheck. *ret
 * NULL: something in the message is still so, and it goes whole, its bytes being final. Else why
 * nothing is, each kind of cause in words. Notices that do not count as told then are void: all of
 * a message that is stopped, and of one that goes those of a role that somebody else holds now. */
int recheck_why_not(void *arg, const struct outbox_message *m, utc_t now, char **ret,
                    struct err *e);

/* By hand, within a transaction: the message is queued again, the same bytes, and its notices count
 * as told. ERR_CONFLICT: it cannot be in its state, what it says is no longer so, or was told anew
 * since. */
int recheck_retry(struct store *s, const struct engine *engine, int64_t message, utc_t now,
                  struct err *e);

#endif
