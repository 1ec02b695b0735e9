/*
 * mime: what makes a text fit for 7-bit mail: folded and encoded header fields (RFC 5322, RFC 2047)
 * and quoted-printable bodies (RFC 2045). Knows bytes, no mail: what a field means is message.c's.
 */
#ifndef CSID_NOTICE_MIME_H
#define CSID_NOTICE_MIME_H

#include <stdbool.h>

#include "base/text.h"

#define MIME_LINE 78 /* RFC 5322, 2.1.1: lines should not be longer, CRLF left out */

/* Whether s may stand in a header at all: UTF-8 without controls (C1 and tab included). */
bool mime_header_safe(const char *s);

/* "NAME: VALUE" CRLF of an unstructured field: folded at blanks when it is plain ASCII, else in
 * encoded words. The value is safe (see above) and not empty. */
void mime_field(struct text *t, const char *name, const char *value);

/* "NAME: DISPLAY <ADDR>" CRLF; display "" leaves the bare address. */
void mime_mailbox(struct text *t, const char *name, const char *display, const char *addr);

/* "NAME: <ID>" CRLF, or with a fold before a long id. */
void mime_id(struct text *t, const char *name, const char *id);

/* UTF-8 lines as quoted-printable with CRLF, at most 76 bytes each; "." and "From " never begin a
 * line, no character is split between two lines, and the last line is ended. */
void mime_quoted_printable(struct text *t, const char *s);

/* The text of the text/plain part of a mail that was built here, decoded, lines ended by '\n'; NULL
 * when there is none. Caller frees. */
char *mime_plain_part(const char *mail, size_t len);

#endif
