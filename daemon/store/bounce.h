/*
 * bounce: the addresses that mail cannot reach, as mail servers have said, and what that does to
 * the messages which were to reach them. A corrected address is another one.
 */
#ifndef CSID_STORE_BOUNCE_H
#define CSID_STORE_BOUNCE_H

#include "store/store.h"

/* All within a transaction, journalled. */

/* A message is refused for good, or has come back: it is failed, and what it told counts as told to
 * nobody. Where the status (RFC 3463) blames its address (where it was redirected, that one), that
 * is marked with it and what was said: 5.1.0 to 5.1.6, 5.1.10, 5.2.1 (disabled) and 5.0.0;
 * *ret_marked (may be NULL) tells. */
int bounce_failed(struct store *s, int64_t message, const char *status, const char *said,
                  bool *ret_marked, struct err *e);
/* A message waits somewhere on its way: noted with it, no more. */
int bounce_delayed(struct store *s, int64_t message, const char *status, const char *said,
                   struct err *e);
/* Takes the mark of an address away. ERR_NOTFOUND suggests the nearest. */
int bounce_clear(struct store *s, const char *address, struct err *e);

struct bounce_row {
    const char *address, *status, *said, *holder; /* holder: who has the address, NULL: nobody */
    utc_t bounced_at;
    int64_t notice; /* the first of the message that came back; 0: none */
};
/* By address; `row` returns 0 to go on. Texts live during the call. */
int bounce_each(struct store *s, int (*row)(void *arg, const struct bounce_row *r), void *arg,
                struct err *e);

/* The message with that Message-ID, as a mail of csid's; 0: there is none. */
int bounce_message(struct store *s, const char *message_id, int64_t *ret, struct err *e);

#endif
