/*
 * meta: what the database file knows of itself.
 */
#ifndef CSID_STORE_META_H
#define CSID_STORE_META_H

#include "store/store.h"

/* The name that tells this csid's data from any other's; NULL where the file has none. Caller
 * frees. */
int meta_instance(struct store *s, char **ret, struct err *e);
/* What links in mails are signed with; it is shown to nobody and stands in no journal. NULL where
 * none was made yet: then there is no link either. Caller frees. */
int meta_link_secret(struct store *s, char **ret, struct err *e);
/* Within a transaction: the same, made where there is none. */
int meta_link_secret_ensure(struct store *s, char **ret, struct err *e);

/* The same of what the addresses are signed with that mails come back to. */
int meta_bounce_secret(struct store *s, char **ret, struct err *e);
int meta_bounce_secret_ensure(struct store *s, char **ret, struct err *e);

/* What is kept under a key of one's own; NULL where there is nothing. Caller frees. */
int meta_read(struct store *s, const char *key, char **ret, struct err *e);
/* Within a transaction; NULL takes it away. */
int meta_write(struct store *s, const char *key, const char *value, struct err *e);

#endif
