/*
 * escalation: whom something overdue goes up to, and when: the levels of a policy, and the next of
 * them for what has come so far. Days are working days since the level before was told. Pure.
 */
#ifndef CSID_PLAN_ESCALATION_H
#define CSID_PLAN_ESCALATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"
#include "calendar/workday.h"
#include "plan/slug.h"

#define ESCALATION_LEVELS_MAX 8
#define ESCALATION_DAYS_MAX   366

/* ---- the policy ---- */

enum escalation_kind {
    ESCALATE_OWNER,       /* who does it, or owes it; always the first, told by its own check */
    ESCALATE_MANAGER,     /* the role that the owner's reports to */
    ESCALATE_ACCOUNTABLE, /* the role that answers for it */
    ESCALATE_ROLE         /* one that the policy names */
};
struct escalation_level {
    enum escalation_kind kind;
    char name[SLUG_MAX + 1]; /* owner, line-manager, accountable, or the role's slug */
    int days; /* working days since the level before; of the owner since the due date */
};
struct escalation_policy {
    struct escalation_level levels[ESCALATION_LEVELS_MAX];
    size_t count;                 /* 0: nothing is escalated */
    int every_months, every_days; /* the last level again; both 0: not */
};

/* Reads "owner +1, line-manager +3, accountable +7, improvement-board-chair +14, then every 1m", or
 * "none". ERR_USAGE says what is wrong and what to write. */
int escalation_parse(const char *text, struct escalation_policy *ret, struct err *e);
/* The same in one spelling; caller frees. */
char *escalation_text(const struct escalation_policy *p);

/* ---- the next level ---- */

/* What a level comes to on a day. */
enum escalation_rung {
    RUNG_ABSENT, /* no such role was ever recorded */
    RUNG_SAME,   /* who holds it was told before, at another level */
    RUNG_EMPTY,  /* nobody can be reached in it */
    RUNG_OPEN
};

struct escalation_state { /* how far one subject has come; levels count from 1, 0: none */
    size_t reached;       /* the last that was told, or found empty */
    bool empty;           /* it was found empty */
    day_t reached_on;
    size_t told;   /* the last that was told */
    day_t told_on; /* before any: the day on which the owner is to be told */
};
struct escalation_next {
    size_t level; /* 0: nothing is to come */
    day_t due;
    bool repeat; /* the last level again */
    bool last;   /* nobody above could be told instead */
};
/* `rungs` has the policy's count, by level from 0; those that were reached are not looked at. What
 * is absent or the same is as if it were not in the policy, behind an empty one the next is due at
 * once. */
struct escalation_next escalation_next(const struct escalation_policy *p, const struct holidays *h,
                                       const struct escalation_state *s,
                                       const enum escalation_rung *rungs);

#endif
