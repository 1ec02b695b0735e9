/*
 * hold: acknowledgements as answers, shared by the command and the link in a mail.
 */
#ifndef CSID_API_HOLD_H
#define CSID_API_HOLD_H

#include "api/call.h"
#include "store/hold.h"

/* The argument `back`: from today on, at most what the due date allows, which it is when not given
 * or empty. */
int call_back(const struct call *c, day_t due_on, day_t *ret, struct err *e);
/* Writes it and makes it the answer. */
int answer_ack(struct call *c, const struct acknowledgement *a, const char *title, struct err *e);

#endif
