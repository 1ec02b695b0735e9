/*
 * position: counts by rating of the actions due by a date, per priority and in all, exactly as the
 * field reckons them; and the exceptions, every action whose rating means off-track.
 */
#ifndef CSID_REPORT_POSITION_H
#define CSID_REPORT_POSITION_H

#include "plan/action.h"
#include "plan/fraction.h"
#include "store/plan.h"
#include "store/store.h"

struct position_line { /* of one priority, or of all */
    int number;
    char *title;
    struct fraction actions,
        due;                 /* all; due on or before as_at, cancelled and superseded left out */
    struct fraction *counts; /* per rating of the scheme, of those due */
    struct fraction unrated;
    struct fraction overdue; /* due before as_at and still open: past due */
};

struct position {
    struct plan plan;
    day_t as_at;
    utc_t known_at; /* UTC_NONE: all that is known */
    struct position_line all;
    struct position_line *priorities;
    size_t priority_count;
    int due_percent; /* due of all */
    int *percents;   /* per rating, add up to 100 with unrated_percent */
    int unrated_percent;
};

/* Of the plan with that slug, or the only one (see plan_find). Clear with position_clear. */
int position_make(struct store *s, const char *plan_slug, day_t as_at, utc_t known_at,
                  struct position *ret, struct err *e);
void position_clear(struct position *p);

/* The exceptions in the order of priority and ref. The action lives during the call. *ret_past_due:
 * all actions past due and not complete, so that a report that names the one gives the other too.
 */
struct exception {
    const struct action *action;
    const struct part *part; /* the off-track one; label "" where the action is not split */
    int days_over;           /* 0 when not overdue */
    const char *last_update; /* NULL without */
    day_t last_update_on;
};
int exceptions_each(struct store *s, const struct plan *plan, day_t as_at, utc_t known_at,
                    int (*row)(void *arg, const struct exception *x), void *arg,
                    struct fraction *ret_past_due, struct err *e);

#endif
