/*
 * idempotency: answers already given to a POST with an Idempotency-Key, stored in the transaction
 * of the change itself and kept for seven days.
 */
#ifndef CSID_STORE_IDEMPOTENCY_H
#define CSID_STORE_IDEMPOTENCY_H

#include <stddef.h>

#include "store/store.h"

struct idempotent {
    const char *key, *who;
    const char *request; /* SHA-256 of what was asked: a key is good for one request only */
    int status;
    char *type, *etag, *body; /* etag NULL without one */
    size_t body_len;
};

/* 1 with the stored answer (texts owned by the caller), 0 when the key is new; ERR_CONFLICT when
 * the key belongs to another request. */
int idempotent_find(struct store *s, struct idempotent *i, struct err *e);
/* Within a transaction; forgets answers older than seven days on the way. */
int idempotent_add(struct store *s, const struct idempotent *i, struct err *e);

#endif
