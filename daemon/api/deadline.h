/*
 * deadline: how a deadline is answered with, shared by the handlers that show and change one.
 */
#ifndef CSID_API_DEADLINE_H
#define CSID_API_DEADLINE_H

#include "api/call.h"

/* c->answer is the deadline, c->version its version. */
int show_deadline(struct call *c, int64_t id, struct err *e);
/* Who will be told of the deadline in c->answer, and when. */
int tell_deadline(struct call *c, struct err *e);

#endif
