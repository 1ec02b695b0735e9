/*
 * bounced: what comes back of the mails. Which message a report is about, by the address it came
 * back to or the id of the mail it returns, and what follows from it. What is not csid's, or not
 * signed by it, changes nothing.
 */
#ifndef CSID_ENGINE_BOUNCED_H
#define CSID_ENGINE_BOUNCED_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum bounced_outcome { BOUNCED_NOTHING, BOUNCED_NOTED, BOUNCED_FAILED, BOUNCED_MARKED };
struct bounced {
    enum bounced_outcome outcome;
    char *why;           /* BOUNCED_NOTHING: in words */
    int64_t notice;      /* of the message; 0 where there is none */
    char *address;       /* whose mail it was; NULL with BOUNCED_NOTHING */
    char *status, *said; /* likewise */
};
/* Within a transaction; the bytes are a mail as a relay hands it over. Only the store can fail. */
int bounced_take(struct store *s, const void *bytes, size_t len, struct bounced *ret,
                 struct err *e);
void bounced_clear(struct bounced *b);

#endif
