/*
 * action: an action, its parts and their state as at a date. The state is what the entries of a
 * part's history say: of those with effective_on <= as_at and recorded_at <= known_at the latest
 * effective wins, field by field; on one date the latest recorded.
 */
#ifndef CSID_PLAN_ACTION_H
#define CSID_PLAN_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "calendar/day.h"
#include "calendar/when.h"
#include "plan/scheme.h"

/* Each part weighs 1/n: up to this many, sums over any plan stay exact in 64 bits. */
#define ACTION_PARTS_MAX 26
#define ACTION_REF_MAX   64  /* bytes */
#define PRIORITY_MAX     999 /* numbers of priorities begin at 1 */

struct part {
    int64_t id;
    char *label; /* "" when the action is not split */
    bool known;  /* something had been said of it by as_at */
    int rating;  /* index into the plan's scheme, -1 unrated */
    enum status status;
    enum due_precision due_precision;
    day_t due_on;     /* last day of the period; DAY_NONE undated or ongoing */
    char *due_text;   /* as the plan words it; NULL where it is a plain day */
    int64_t owner_id; /* 0: nobody */
    char *owner;      /* role's slug, NULL: nobody */
    char *owner_title;
    day_t completed_on;         /* DAY_NONE unless complete */
    day_t said_on;              /* the last day for which anything was said of it, or shown */
    day_t status_on, rating_on; /* since when it has its status and its rating; DAY_NONE: never */
    size_t evidence;            /* how much of it there is, the whole action's too */
};

struct action {
    int64_t id, plan_id;
    char *plan, *ref, *title, *success_measure; /* plan: its slug */
    int priority;
    char *priority_title;
    char *accountable, *accountable_title; /* role's slug and title, NULL: nobody */
    char *recommendations;                 /* "3, 7"; "" without */
    day_t start_on, original_due_on;
    day_t noted_on; /* of the last progress note, where that was asked for; DAY_NONE */
    utc_t updated_at;
    int64_t version;
    struct part *parts;
    size_t part_count;
};

void action_clear(struct action *a);

enum date_state { DATE_NOT_DUE, DATE_DUE_SOON, DATE_DUE_TODAY, DATE_OVERDUE, DATE_CLOSED };
const char *date_state_name(enum date_state s); /* "due-soon" */

#define ACTION_SOON_DAYS 28
/* Computed, never declared. Overdue from the day after the due date; due soon within 28 days. */
enum date_state part_date_state(const struct part *p, day_t today);
/* Of the whole action: the most pressing of its open parts, closed when none is open. */
enum date_state action_date_state(const struct action *a, day_t today);
int part_days_overdue(const struct part *p, day_t today); /* calendar days, 0 when not overdue */
int action_days_overdue(const struct action *a, day_t today); /* of its most overdue open part */

/* Where declared and computed disagree. */
enum challenge {
    CHALLENGE_STATUS = 1,   /* complete, and rated neither complete nor on track */
    CHALLENGE_OVERDUE = 2,  /* rated complete or on track, overdue and not complete */
    CHALLENGE_RATING = 4,   /* rated complete, and not complete */
    CHALLENGE_EVIDENCE = 8, /* complete, and nothing shows it */
};
/* Those of one part, together; 0 when all agrees. */
unsigned part_challenges(const struct part *p, const struct scheme *scheme, day_t today);
/* One part's, in words ("Green, 12 days overdue, not complete; complete, no evidence"), behind
 * "; " where there is something already. */
void part_add_challenge(struct text *t, const struct part *p, const struct scheme *scheme,
                        day_t today);
/* All of an action's parts; NULL when they agree. Caller frees. */
char *action_challenge(const struct action *a, const struct scheme *scheme, day_t today);
/* A ref made sortable: 1.9 before 1.10 before 1.10a. Caller frees. */
char *action_ref_key(const char *ref);

#endif
