/*
 * nearest: "did you mean". Shared by the files of store/; nobody else includes it.
 */
#ifndef CSID_STORE_NEAREST_H
#define CSID_STORE_NEAREST_H

#include "store/sql.h"

/* Of the words that `q` yields in its first column, bound to `key`, the one nearest to `word`, as
 * " (did you mean WORD?)"; "" when none is near. Caller frees. */
char *nearest_hint(struct store *s, const struct query *q, int64_t key, const char *word);

#endif
