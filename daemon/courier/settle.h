/*
 * settle: what has ended and waits for its transaction: which state each message goes to, when it
 * is tried again, when a channel is down or held. On the loop's thread. Decides by verdict alone.
 */
#ifndef CSID_COURIER_SETTLE_H
#define CSID_COURIER_SETTLE_H

#include "courier/courier.h"
#include "courier/ended.h"
#include "store/outbox.h"

#define MAIL_CHANNEL "mail"

struct settle;
/* Borrows both, which outlive it. */
struct settle *settle_open(struct store *store, const struct courier_ops *ops);
/* What is not saved by then is forgotten: its attempts have no end, which is doubt at the next
 * start. */
void settle_close(struct settle *s);

/* An attempt that has ended; everything is copied. */
void settle_add(struct settle *s, const struct outbox_message *m, int64_t attempt,
                const struct ended *ended);
size_t settle_count(const struct settle *s);

/* Within a transaction: writes all of it. What the store refuses as a conflict is logged and passed
 * over. */
int settle_save(struct settle *s, struct err *e);
/* The transaction was committed: forgets what was written. */
void settle_saved(struct settle *s);

/* Why the mail channel is down and when it is tried again, NULL while it is not. */
const char *settle_down(const struct settle *s);
/* The settings are new: a mail channel that was down is tried at once. */
void settle_reset(struct settle *s);

/* One line for the log. */
void settle_say(const struct courier_ops *ops, bool warning, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
