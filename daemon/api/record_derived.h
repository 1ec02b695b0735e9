/*
 * record_derived: what is shown of a record beside its fields, worked out for the answer: the
 * latest value of a measure and how it stands, the score of a risk. Kept nowhere.
 */
#ifndef CSID_API_RECORD_DERIVED_H
#define CSID_API_RECORD_DERIVED_H

#include "api/call.h"
#include "engine/measures.h"

#define DERIVED_MAX 3 /* columns of one kind */

struct derived { /* what it is worked out from */
    struct measures_latest latest;
};
/* For records of one kind; clear it with derived_clear. */
int derived_load(const struct call *c, enum record_kind kind, struct derived *ret, struct err *e);
void derived_clear(struct derived *d);
/* The columns of a kind, *ret_count of them. */
const struct column *derived_columns(enum record_kind kind, size_t *ret_count);
void derived_put(json_t *o, const struct record *r, const struct derived *d); /* their members */

/* A decimal number as kept, as a number; NULL gives null. */
void put_decimal(json_t *o, const char *key, const char *text);

#endif
