/*
 * notify: what GOV.UK Notify is asked with
 * (https://docs.notifications.service.gov.uk/rest-api.html): its key, the token of a request, the
 * request for one mail. Bytes only; carrying is the courier's.
 */
#ifndef CSID_NOTICE_NOTIFY_H
#define CSID_NOTICE_NOTIFY_H

#include <stdbool.h>

#include "base/err.h"
#include "calendar/day.h"

#define NOTIFY_UUID 37 /* with its NUL */

struct notify_key {
    char service[NOTIFY_UUID], secret[NOTIFY_UUID];
};

/* 8-4-4-4-12 hexadecimal digits in lower case, as Notify gives them (RFC 9562, 4). */
bool notify_is_uuid(const char *s);
/* NAME-SERVICE-SECRET, the last two UUIDs; a name may have dashes too. ERR_USAGE, the key not
 * repeated. */
int notify_key_parse(const char *key, struct notify_key *ret, struct err *e);

/* A JSON Web Token (RFC 7519) signed with HS256, good for 30 seconds; caller frees. */
char *notify_token(const struct notify_key *key, utc_t now);

/* A plain text as the Markdown of Notify that shows it: our lists stay lists, what only looks like
 * a heading, a list, an inset or a link is escaped. Caller frees. */
char *notify_markdown(const char *plain);

/* The body of POST /v2/notifications/email: the template's placeholders are ((subject)) and
 * ((body)). Caller frees. */
char *notify_request(const char *template, const char *to, const char *subject, const char *body,
                     const char *reference);

#endif
