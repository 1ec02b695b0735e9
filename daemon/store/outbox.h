/*
 * outbox: messages and their attempts, moved from state to state. One transaction writes the domain
 * change, the notice and the message; attempts are committed before any network I/O. "Opens its own
 * transaction" means: unless one is under way, so that several steps can be committed at once.
 */
#ifndef CSID_STORE_OUTBOX_H
#define CSID_STORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/day.h"
#include "notice/outbox_state.h"
#include "store/store.h"

struct outbox_message {
    int64_t id;
    char *channel, *recipient, *event, *subject, *message_id;
    char *redirected_to; /* a mail: where it goes instead; NULL: to its recipient */
    char *body;
    size_t body_len;
    char *format; /* of a webhook's body, see notice/webhook_format; NULL: a mail, or standard */
    char *sha256; /* of the body, hexadecimal; NULL: written by schema 4 or before */
    enum outbox_state state;
    char *reason;                                    /* NULL without one */
    utc_t created_at, next_at, valid_until, sent_at; /* UTC_NONE where there is none */
    int attempts;
};
/* The address that a mail goes to: where it is redirected, or its recipient. */
static inline const char *outbox_goes_to(const struct outbox_message *m)
{
    return m->redirected_to ? m->redirected_to : m->recipient;
}
void outbox_message_clear(struct outbox_message *m); /* frees the texts inside */

/* Caller clears it. ERR_NOTFOUND. */
int outbox_read(struct store *s, int64_t id, struct outbox_message *ret, struct err *e);

/* Within a transaction: queues a message for the time `now` of the transaction. Only channel,
 * recipient, redirected_to, event, subject, message_id, body, format and valid_until are read. */
int outbox_add(struct store *s, const struct outbox_message *m, int64_t *ret_id, struct err *e);

/* Asked of a message when it is claimed, in that transaction: whether it is still to go. *ret NULL:
 * it is; else why not, in words. */
struct outbox_gate {
    int (*why_not)(void *arg, const struct outbox_message *m, utc_t now, char **ret, struct err *e);
    void *arg;
};

/* Claims the oldest due message of a channel (queued or in doubt, or retry whose time has come;
 * never one for a recipient that has an older one waiting or one under way; expired ones become
 * `expired` on the way, on a held channel too, those that `gate` stops `cancelled`; NULL stops
 * none): commits state `sending` and an attempt row, then returns 1 with *ret and *ret_attempt; 0
 * when nothing is due, or per_minute attempts (0: no cap) began within the last minute: then all
 * waits. Opens its own transaction. `channel` is exact: "mail", "webhook:NAME". The gate is not
 * asked about what may have gone out before: that goes again, the same bytes. */
int outbox_claim(struct store *s, const char *channel, const struct outbox_gate *gate,
                 int64_t per_minute, utc_t now, struct outbox_message *ret, int64_t *ret_attempt,
                 struct err *e);

/* Within a transaction: who took the message in an attempt and how the connection was secured, for
 * the proof; "" where that is not known. */
int outbox_carried(struct store *s, int64_t attempt, const char *peer, const char *tls,
                   struct err *e);

/* Ends an attempt and moves its message to `state` (retry: next_at is when). `reply` is the
 * server's last words or what went wrong. Joins the transaction or opens one; `at` is when it
 * ended, though it may be written later. An illegal transition is ERR_CONFLICT. */
int outbox_finish(struct store *s, int64_t attempt, enum outbox_state state, const char *reply,
                  utc_t next_at, utc_t at, struct err *e);

/* Gives an attempt back that never reached the network (channel down, address unresolvable, reused
 * connection refused with 421): the attempt ends, is not counted, the message is due again at
 * next_at. */
int outbox_release(struct store *s, int64_t attempt, const char *reply, utc_t next_at, utc_t at,
                   struct err *e);

/* At start: every attempt without an end becomes in doubt, its message due at once. */
int outbox_recover(struct store *s, utc_t now, int64_t *ret_count, struct err *e);

/* Due now is what waits for its channel and not for itself, what a clock that was ahead has put off
 * to a time of its own, and what waits for longer than anything is made to wait. Opens its own
 * transaction. */
int outbox_hasten(struct store *s, utc_t now, struct err *e);

/* Within a transaction: what waits on a channel is due at once, by the word of who has mended it.
 */
int outbox_try_now(struct store *s, const char *channel, struct err *e);

/* Everything that waits on a channel becomes `held`: there is nowhere to send it. */
int outbox_hold_all(struct store *s, const char *channel, const char *reason, utc_t now,
                    struct err *e);
/* Within a transaction: what may have arrived on a channel, and would go again, becomes `held`. */
int outbox_hold_doubted(struct store *s, const char *channel, const char *reason,
                        int64_t *ret_count, struct err *e);
#define OUTBOX_ORPHAN  "there is no such endpoint in the configuration any more"
#define OUTBOX_ADOPTED "held when the copy was adopted: it may have gone out before"
/* Within a transaction: what waits on any channel, or has no endpoint, becomes `held` as
 * OUTBOX_ADOPTED. */
int outbox_set_aside(struct store *s, struct err *e);
/* Within a transaction: what is held on a channel as OUTBOX_ORPHAN, or with `set_aside` as
 * OUTBOX_ADOPTED, is queued again, the same bytes. What is held for another reason waits for
 * somebody who has looked at it. */
int outbox_release_orphans(struct store *s, const char *channel, bool set_aside, struct err *e);

/* Within a transaction: what waits to go by mail to any address but that one becomes `held`. *ret:
 * how many. */
int outbox_hold_astray(struct store *s, const char *redirect, const char *reason, int64_t *ret,
                       struct err *e);
/* Within a transaction: a step that no attempt takes. ERR_NOTFOUND, ERR_CONFLICT. */
int outbox_move(struct store *s, int64_t message, enum outbox_state state, const char *reason,
                struct err *e);

/* Within a transaction, on a copy: of all that waits what the gate stops is cancelled, the rest is
 * taken as accepted when it was written. */
int outbox_accept_all(struct store *s, const struct outbox_gate *gate, utc_t now, struct err *e);

/* By hand, within a transaction: failed, expired, cancelled or held → queued, the same bytes; the
 * delays of its attempts begin anew. */
int outbox_retry(struct store *s, int64_t message, struct err *e);
/* The same: what waits or is held is not to go. ERR_CONFLICT: it is under way, or has ended. */
int outbox_cancel(struct store *s, int64_t message, const char *reason, struct err *e);

/* By hand, within a transaction: of a webhook's channel all that was accepted, has failed, expired
 * or was cancelled at `since` or later is queued again, the same bytes and id; its attempts count
 * from the first. *ret_count: how many. */
int outbox_redeliver(struct store *s, const char *channel, utc_t since, size_t *ret_count,
                     struct err *e);

#endif
