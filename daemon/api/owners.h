/*
 * owners: a change that may give things another owner: whoever has them now is told in its
 * transaction, and the answer says who that is.
 */
#ifndef CSID_API_OWNERS_H
#define CSID_API_OWNERS_H

#include "api/call.h"
#include "engine/reassign.h"

/* Who owns what, before the change. Free with ownership_free. */
int owners_before(const struct call *c, struct ownership **ret, struct err *e);
/* After it, once the answer is made: tells, and adds who is told under `told`. *ret_told (may be
 * NULL): whether anything was somebody else's. */
int owners_after(struct call *c, const struct ownership *before, bool *ret_told, struct err *e);

#endif
