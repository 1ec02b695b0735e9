/*
 * policy: how reminders go, as the configuration's section `reminders` says: the ladder of each
 * kind of subject, who gets copies, the hours and days on which nothing is delivered, and how often
 * what has no ladder is told. Pure.
 */
#ifndef CSID_PLAN_POLICY_H
#define CSID_PLAN_POLICY_H

#include <stdbool.h>

#include "calendar/zone.h"
#include "plan/ladder.h"

enum policy_kind {
#define LADDER(field, ...) POLICY_##field,
#include "plan/policy.def"
#undef LADDER
    POLICY_KINDS
};

struct policy {
    struct ladder ladders[POLICY_KINDS];
    const char *copy_actions, *copy_deadlines; /* slugs of roles, between spaces; "" none */
    int quiet_from, quiet_to;                  /* minute of the day; the same: no quiet hours */
    bool quiet_days;                           /* nothing on days that are no working days */
    int no_update_days;      /* without a word: then its owner is asked, and so often again */
    int nothing_booked_days; /* between a warning of an expected window and the next */
};

/* What holds where nothing is configured. */
struct policy policy_usual(void);
/* "actions", as csid.yaml calls it; and the ladder that holds there where nothing is said. */
const char *policy_key(enum policy_kind kind);
const char *policy_default(enum policy_kind kind);

/* Which of them deadlines are that the check tells of. */
enum policy_kind policy_kind_of(const char *check);
/* What stands in the row of a deadline that has no ladder of its own. */
#define DEADLINE_LADDER "28 14 7 1 0"
/* The ladder of a deadline told by that check: its own where it has one, with the steps after the
 * date where that has none. ERR_USAGE when its own cannot be read. */
int policy_deadline(const struct policy *p, const char *check, const char *own, struct ladder *ret,
                    struct err *e);

/* Reads a number of days, 1 to 366. ERR_USAGE. */
int policy_days_parse(const char *text, int *ret, struct err *e);
/* Reads "20:00-07:00"; "" is none. ERR_USAGE. */
int policy_quiet_parse(const char *text, int *ret_from, int *ret_to, struct err *e);
/* Whether nothing is delivered then. *ret_end (may be NULL) is when it is again. */
bool policy_is_quiet(const struct policy *p, const struct holidays *h, struct local at,
                     struct local *ret_end);

#endif
