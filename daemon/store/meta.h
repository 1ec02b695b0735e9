/*
 * meta: what the database file knows of itself.
 */
#ifndef CSID_STORE_META_H
#define CSID_STORE_META_H

#include "store/store.h"

/* The name that tells this csid's data from any other's; NULL where the file has none. Caller
 * frees. */
int meta_instance(struct store *s, char **ret, struct err *e);

#endif
