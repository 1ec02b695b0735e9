/*
 * webhook: the signature of one call (Standard Webhooks). Pure.
 */
#ifndef CSID_NOTICE_WEBHOOK_H
#define CSID_NOTICE_WEBHOOK_H

#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"

/* "v1,BASE64" of HMAC-SHA256 over id.timestamp.body. `secret` is whsec_BASE64, or raw bytes as
 * text. ERR_USAGE when whsec_ is not followed by base64. Caller frees *ret. */
int webhook_signature(const char *secret, const char *id, utc_t at, const void *body, size_t len,
                      char **ret, struct err *e);

#endif
