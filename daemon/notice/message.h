/*
 * message: the final bytes of one mail, built once. 7-bit, CRLF, lines up to 78 bytes (RFC 5322,
 * hard limit 998), multipart/alternative of text and HTML made from one Markdown text (RFC 2046),
 * quoted-printable (RFC 2045) with a dot or "From " at a line start encoded, headers in RFC 2047
 * words of at most 75 bytes that never split a character. Anything with CR, LF, NUL or another
 * control in a header is refused.
 */
#ifndef CSID_NOTICE_MESSAGE_H
#define CSID_NOTICE_MESSAGE_H

#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"

struct mail {
    const char *from;     /* "Name <addr>" or "addr" */
    const char *to;       /* one address */
    const char *to_name;  /* display name, NULL or "" without */
    const char *reply_to; /* one address, or "" */
    const char *subject;
    const char *message_id;  /* without <>; see mail_message_id */
    const char *in_reply_to; /* the thread's id without <>, or NULL */
    const char *markdown;    /* UTF-8 */
    utc_t date;
    const char *redirect; /* address that it goes to instead, and says so; NULL or "" without */
};

/* Bytes of the mail into *ret (caller frees) and *ret_len. ERR_USAGE names the field that is
 * refused. */
int mail_build(const struct mail *m, char **ret, size_t *ret_len, struct err *e);

/* The subject of a mail to that address which goes elsewhere: "[for ann@x.example] SUBJECT". Caller
 * frees. */
char *mail_redirected_subject(const char *to, const char *subject);

/* A Message-ID for a new mail: RANDOM@host, host taken from the address in `from`. Caller frees. */
char *mail_message_id(const char *from);

/* Parses "Name <addr>" or "addr" (RFC 5322 addr-spec, ASCII, no quoted local part, no comments, one
 * @, a domain of letters, digits, dots, hyphens; at most 254 bytes): *ret_name ("" without) and
 * *ret_addr, caller frees both. ERR_USAGE says what is wrong. */
int mail_address(const char *text, char **ret_name, char **ret_addr, struct err *e);

/* Makes a text safe inside Markdown: *, _, `, [, <, #, |, \ and the like lose their meaning. Caller
 * frees. */
char *markdown_escape(const char *s);

#endif
