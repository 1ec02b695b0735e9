/*
 * record_told: who is told of what was recorded, as the answer to it says, and what in it may be a
 * mistake.
 */
#ifndef CSID_API_RECORD_TOLD_H
#define CSID_API_RECORD_TOLD_H

#include "api/call.h"
#include "store/record.h"

/* Adds it to the answer, which has what follows from the record (put_follows) by then. */
int record_told_add(struct call *c, struct record *r, struct err *e);

#endif
