/*
 * told: what has been said already, where the identity of a notice alone does not answer it. Reads
 * only; notices and messages are written in store/outbox.
 */
#ifndef CSID_STORE_TOLD_H
#define CSID_STORE_TOLD_H

#include <stdbool.h>

#include "store/store.h"

/* Whether a message about `event` was queued for that recipient at or after `from` and before
 * `until`. */
int told_between(struct store *s, const char *channel, const char *recipient, const char *event,
                 utc_t from, utc_t until, bool *ret, struct err *e);
/* Whether that role was ever mailed this rule's notice about `about` and that date, whatever the
 * step. */
int told_before(struct store *s, const char *about, day_t due_on, const char *rule,
                const char *role, bool *ret, struct err *e);

#endif
