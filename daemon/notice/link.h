/*
 * link: the address in a mail by which its reader acknowledges one subject without a log-in. The
 * link itself is the authority: it says to whom it was sent and about what, until when it counts,
 * and is signed. Whether it was used before is the store's to know. Pure.
 */
#ifndef CSID_NOTICE_LINK_H
#define CSID_NOTICE_LINK_H

#include "base/digest.h"
#include "base/err.h"
#include "calendar/day.h"

struct link {
    utc_t expires_at;  /* from then on it counts no more */
    const char *about; /* bromley-2016:5.12, as in notice */
    day_t due_on;
    const char *address; /* whom the mail went to */
};
/* BASE/v1/ack/TOKEN, caller frees; NULL where `base` is "": csid has no address to be reached by.
 * TOKEN is base64url (RFC 4648 section 5, no padding) of the text EXPIRES LF DUE LF ADDRESS LF
 * ABOUT and then the 32 bytes of its HMAC-SHA256 by `secret`, with "csid ack" LF before the text.
 */
char *notice_link(const char *secret, const char *base, const struct link *l);

struct link_read {
    struct link link;
    char used[SHA256_HEX]; /* by which its use is kept */
    char *bytes;           /* what link's texts lie in */
};
void link_clear(struct link_read *l);
/* Reads a TOKEN. ERR_DENIED: csid has not written it; ERR_GONE: it has expired. `secret` NULL:
 * nothing was ever signed. */
int link_read(const char *secret, const char *token, utc_t now, struct link_read *ret,
              struct err *e);

#endif
