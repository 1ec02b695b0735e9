/*
 * outbox_impl: what the files of the outbox share. Nobody else includes it.
 */
#ifndef CSID_STORE_OUTBOX_IMPL_H
#define CSID_STORE_OUTBOX_IMPL_H

#include "store/outbox.h"

/* SQL: what the index of what waits is of, so worded as there. */
#define OUTBOX_OPEN "state IN ('queued','retry','in-doubt','sending') "
/* SQL: whether nothing that was written before `m` for the same recipient still waits, and nothing
 * is under way to it. */
#define OUTBOX_ITS_TURN                                                         \
    "NOT EXISTS (SELECT 1 FROM message AS o WHERE o.channel = m.channel "       \
    "AND o.recipient = m.recipient AND o.id < m.id AND o." OUTBOX_OPEN ") AND " \
    "NOT EXISTS (SELECT 1 FROM message AS o WHERE o.state = 'sending' "         \
    "AND o.channel = m.channel AND o.recipient = m.recipient) "

/* Of what waits on a channel and is due by then the earliest that has its turn; 0 without. */
int outbox_first(struct store *s, const char *channel, utc_t by, int64_t *ret, struct err *e);
/* Moves a message to a state, if that state may follow its present one (else ERR_CONFLICT);
 * journalled. */
int outbox_become(struct store *s, const struct outbox_message *m, enum outbox_state state,
                  const char *reason, utc_t next_at, struct err *e);
/* Whether it may have arrived, for all that is known. */
int outbox_doubted(struct store *s, int64_t id, bool *ret, struct err *e);
/* Cancels what the gate stops; a row must not say so of what may have arrived. */
int outbox_pass_gate(struct store *s, const struct outbox_message *m,
                     const struct outbox_gate *gate, utc_t now, bool *ret_stopped, struct err *e);
/* Its time has passed. */
int outbox_expire(struct store *s, const struct outbox_message *m, struct err *e);
/* What waits on a held channel is claimed by nobody, and expires all the same. Opens its own
 * transaction. */
int outbox_expire_held(struct store *s, const char *channel, utc_t now, struct err *e);

#endif
