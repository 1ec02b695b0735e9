/*
 * outbox_state: the states a message goes through and which step may follow which. The one list;
 * the store refuses every other transition.
 */
#ifndef CSID_NOTICE_OUTBOX_STATE_H
#define CSID_NOTICE_OUTBOX_STATE_H

#include <stdbool.h>

enum outbox_state {
    OUTBOX_QUEUED,
    OUTBOX_SENDING,
    OUTBOX_ACCEPTED,
    OUTBOX_RETRY,
    OUTBOX_IN_DOUBT,
    OUTBOX_FAILED,
    OUTBOX_EXPIRED,
    OUTBOX_CANCELLED,
    OUTBOX_HELD,
    OUTBOX_COLLAPSED,
    OUTBOX_STATES
};

const char *outbox_state_name(enum outbox_state state); /* "in-doubt" */
/* -1 when there is no such state. Blanks and case do not matter ("in doubt"). */
int outbox_state_parse(const char *name);
bool outbox_may_become(enum outbox_state from, enum outbox_state to);

#endif
