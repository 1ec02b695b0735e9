/*
 * dsn: a mail that came back, read: which message it is about and what became of it, by recipient
 * (RFC 3464). Knows no message of csid's: whether it is one is for others to say. Pure.
 */
#ifndef CSID_NOTICE_DSN_H
#define CSID_NOTICE_DSN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define DSN_MAX (1024 * 1024) /* bytes that are read of one */

/* Failed: it will never arrive, though the status may be that of a trouble which passes (4.4.7):
 * then it was tried for as long as that server tries (RFC 3464, 2.3.3). */
enum dsn_action { DSN_FAILED, DSN_DELAYED, DSN_DELIVERED, DSN_RELAYED, DSN_EXPANDED };

struct dsn_recipient {
    char *original, *final; /* addresses; NULL where it does not say */
    enum dsn_action action;
    char *status; /* 5.1.1 */
    char *said;   /* the other server's words on one line; "" where there are none */
};
struct dsn {
    char **to; /* addresses that the report itself was delivered to */
    size_t to_count;
    char *message_id; /* of the mail that came back, without <>; NULL: it is not with it */
    struct dsn_recipient *recipients; /* at least one */
    size_t count;
};

/* ERR_USAGE: it is no report about a delivery, and what it is instead, in words. */
int dsn_read(const char *bytes, size_t len, struct dsn *ret, struct err *e);
void dsn_clear(struct dsn *d);

/* What it says of one address: the group about it; where none is (it was passed on to others) and
 * all say the same, the first; NULL: they differ. */
const struct dsn_recipient *dsn_about(const struct dsn *d, const char *address);

#endif
