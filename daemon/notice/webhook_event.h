/*
 * webhook_event: the event types of csid.yaml(5), EVENTS, as people are told of them: in a few
 * words, and with the command to type. Pure.
 */
#ifndef CSID_NOTICE_WEBHOOK_EVENT_H
#define CSID_NOTICE_WEBHOOK_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#define EVENT_TEST "csi.test" /* what an officer sends to see whether it arrives */

struct webhook_event {
    const char *type;
    const char *one, *many; /* what follows the number: "action is overdue" */
    const char *command;    /* to type, without csictl */
    enum webhook_plan {
        PLAN_NONE,
        PLAN_ANY, /* it takes --plan, and is of all plans without */
        PLAN_ONE, /* it takes it, and wants it where there are several */
    } plan;
};
extern const struct webhook_event webhook_events[];
extern const size_t webhook_event_count;
/* NULL: there is none of that type. */
const struct webhook_event *webhook_event_find(const char *type);

#endif
