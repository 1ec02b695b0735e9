/*
 * meta: what the database file knows of itself.
 */
#ifndef CSID_STORE_META_H
#define CSID_STORE_META_H

#include "store/store.h"

/* The name that tells this csid's data from any other's; NULL where the file has none. Caller
 * frees. */
int meta_instance(struct store *s, char **ret, struct err *e);

/* What is kept under a key of one's own; NULL where there is nothing. Caller frees. */
int meta_read(struct store *s, const char *key, char **ret, struct err *e);
/* Within a transaction; NULL takes it away. */
int meta_write(struct store *s, const char *key, const char *value, struct err *e);

#endif
