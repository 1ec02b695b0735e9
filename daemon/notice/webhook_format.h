/*
 * webhook_format: the body of one call in each format that an endpoint may have: Standard Webhooks,
 * CloudEvents 1.0, a card for Microsoft Teams, blocks for Slack. Built once, when the message is
 * written. What is shown to people is cleaned, cut and kept from being read as markup here. Pure.
 */
#ifndef CSID_NOTICE_WEBHOOK_FORMAT_H
#define CSID_NOTICE_WEBHOOK_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "calendar/day.h"

#define WEBHOOK_ITEMS_SHOWN 10              /* to people */
#define WEBHOOK_CARD_MAX    ((size_t)21000) /* bytes of a body for Teams, which takes up to 28 kB */

/* One subject as people are shown it. */
struct webhook_item {
    const char *ref, *title; /* either may be NULL; title NULL: it is not shown */
    day_t on;                /* its date; DAY_NONE without */
    const char *note;        /* what else is to be said of it; NULL: nothing */
};

struct webhook_call {
    const char *id;           /* the webhook-id */
    const char *type;         /* csi.action.overdue */
    const char *organisation; /* whose csid it is */
    const char *plan;         /* that all items are of; NULL: several, or none */
    const char *check;        /* the check that found them */
    utc_t at;
    day_t today;
    size_t count; /* of all subjects */
    const struct webhook_item *items;
    size_t item_count; /* of these here, the first of them */
    const char *data;  /* what a program is told, JSON */
};

struct webhook_format {
    const char *name, *content_type;
    bool secret;                                 /* it cannot do without one */
    char *(*body)(const struct webhook_call *c); /* caller frees */
};
extern const struct webhook_format webhook_formats[];
extern const size_t webhook_format_count;
/* NULL: there is none of that name. */
const struct webhook_format *webhook_format_find(const char *name);

/* The bodies: {"type":…,"timestamp":…,"data":…} (Standard Webhooks); the structured mode of
 * CloudEvents 1.0; a message with an Adaptive Card 1.2 of at most WEBHOOK_CARD_MAX bytes; text and
 * blocks within the limits of Slack's Block Kit. Caller frees. */
char *webhook_standard(const struct webhook_call *c);
char *webhook_cloudevent(const struct webhook_call *c);
char *webhook_card(const struct webhook_call *c);
char *webhook_slack(const struct webhook_call *c);

/* What cards and blocks say, each one line, safe to show as plain text; caller frees. */
char *webhook_headline(const struct webhook_call *c); /* "165 actions are overdue" */
char *webhook_context(const struct webhook_call *c);  /* whose, of which plan, as at which day */
char *webhook_name_of(const struct webhook_item *i);  /* ref and title */
/* "due" facts: "31 Aug 2017, 1 day over", and the note; NULL when there is nothing to say. */
char *webhook_when_of(const struct webhook_item *i, day_t today);
char *webhook_more(const struct webhook_call *c, size_t shown); /* NULL: all of them are shown */
char *webhook_command(const struct webhook_call *c);            /* to type */

#endif
