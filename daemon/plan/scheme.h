/*
 * scheme: a plan's own words for delivery, in order, each with a meaning; and the statuses that
 * sign-off goes through. Pure values; which rating a plan uses is data, never code.
 */
#ifndef CSID_PLAN_SCHEME_H
#define CSID_PLAN_SCHEME_H

#include <stdbool.h>
#include <stddef.h>

enum meaning {
    MEANING_COMPLETE,
    MEANING_ON_TRACK,
    MEANING_AT_RISK,
    MEANING_OFF_TRACK,
    MEANING_NOT_STARTED,
    MEANING_COUNT
};

struct rating {
    char *code, *label, *symbol, *colour;
    enum meaning meaning;
};

struct scheme {
    char *name;
    struct rating *ratings;
    size_t count;
};

void scheme_clear(struct scheme *s);
/* Index of the rating whose code or label is `word` (case, blanks and hyphens do not matter); -1
 * without. */
int scheme_rating(const struct scheme *s, const char *word);
const char *meaning_name(enum meaning m); /* "off-track" */
int meaning_parse(const char *name);      /* -1 without */

/* draft … embedded; the last three close an action by decision, with a reason. */
enum status {
    STATUS_DRAFT,
    STATUS_AGREED,
    STATUS_IN_PROGRESS,
    STATUS_COMPLETION_PROPOSED,
    STATUS_COMPLETE,
    STATUS_VERIFIED,
    STATUS_EMBEDDED,
    STATUS_SUSPENDED,
    STATUS_SUPERSEDED,
    STATUS_CANCELLED,
    STATUS_COUNT
};
const char *status_name(enum status s); /* "in-progress" */
int status_parse(const char *word);     /* case, blanks, hyphens do not matter; -1 without */
/* Only status closes an action, never its rating; completion proposed is still open. Suspended is
 * not closed, but nothing is due of it while it lasts. */
bool status_is_open(enum status s);
bool status_is_complete(enum status s); /* complete, verified, embedded */
bool status_counts(enum status s); /* false for cancelled and superseded: never in a position */

#endif
