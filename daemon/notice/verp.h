/*
 * verp: the address that a mail comes back to, which names the message: the envelope's sender, made
 * of mail.bounce_to. LOCAL+NUMBER-SIGNATURE@DOMAIN, NUMBER the message's in hex, SIGNATURE the
 * first 16 digits of the HMAC-SHA256 of "csid bounce" LF NUMBER LF MESSAGE-ID. Pure.
 */
#ifndef CSID_NOTICE_VERP_H
#define CSID_NOTICE_VERP_H

#include <stdbool.h>
#include <stdint.h>

#define VERP_LOCAL_MAX 30 /* of mail.bounce_to: with all that is added 64 (RFC 5321, 4.5.3.1.1) */

/* Caller frees. bounce_to is an address as mail_address takes one. */
char *verp_address(const char *secret, const char *bounce_to, int64_t message,
                   const char *message_id);
/* Whether an address has the form of one; *ret_message is the message it names. Relays may have
 * changed its case. */
bool verp_read(const char *address, int64_t *ret_message);
/* Whether that address was made here for that message. */
bool verp_is(const char *secret, const char *address, int64_t message, const char *message_id);

#endif
