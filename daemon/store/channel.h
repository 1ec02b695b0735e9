/*
 * channel: which ways out are held, and why. A channel that is down is the channel's state, not its
 * messages'; one that was never heard of is up.
 */
#ifndef CSID_STORE_CHANNEL_H
#define CSID_STORE_CHANNEL_H

#include <stdbool.h>

#include "store/store.h"

/* Whose it is to let a held channel go: an officer's who holds it; nobody's but the settings',
 * which are tried again when they are read; an officer's once the endpoint wants calls again. */
enum channel_holder { CHANNEL_BY_HAND, CHANNEL_BY_FAULT, CHANNEL_BY_ENDPOINT };

/* Journalled when it is a change; each opens a transaction of its own unless one is under way. What
 * is held already stays held as it is. */
int channel_hold(struct store *s, const char *name, enum channel_holder by, const char *reason,
                 utc_t now, struct err *e);
int channel_release(struct store *s, const char *name, utc_t now, struct err *e);
/* Releases it if a fault holds it. */
int channel_release_fault(struct store *s, const char *name, utc_t now, struct err *e);

/* Whether it is held; *ret_reason (may be NULL) is why, NULL when it is up; caller frees. */
int channel_held(struct store *s, const char *name, bool *ret, char **ret_reason, struct err *e);
/* Those that are held, by name; texts live during the call, `row` returns 0 to go on. */
int channel_each_held(struct store *s,
                      int (*row)(void *arg, const char *name, const char *reason, utc_t since),
                      void *arg, struct err *e);

/* An endpoint: no call of its was answered well since *ret_since, which is `now` where the last one
 * was. Bookkeeping within the caller's transaction, not journalled. */
int channel_fails(struct store *s, const char *name, utc_t now, utc_t *ret_since, struct err *e);
/* A call was answered well, or is to be by what somebody has mended. */
int channel_answers(struct store *s, const char *name, struct err *e);

struct channel {
    bool held;
    char *held_by, *reason;     /* NULL while it is up */
    utc_t since, failing_since; /* UTC_NONE: never; it answers */
};
void channel_clear(struct channel *c);
/* One that was never heard of is up. Caller clears it. */
int channel_read(struct store *s, const char *name, struct channel *ret, struct err *e);

/* The first, by name, that its endpoint holds and the administrator was not told of; *ret NULL:
 * none. Caller frees both. */
int channel_untold(struct store *s, char **ret, char **ret_reason, struct err *e);
/* Within a transaction: the administrator is told. */
int channel_told(struct store *s, const char *name, struct err *e);

#endif
