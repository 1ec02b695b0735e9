/*
 * due_actions: the open actions that are overdue or due soon, by who owns them, with the step of
 * the ladder each stands on and why it is told today, if it is. For engine/actions, and for what
 * stands at the end of every digest.
 */
#ifndef CSID_ENGINE_DUE_ACTIONS_H
#define CSID_ENGINE_DUE_ACTIONS_H

#include "engine/tell.h"
#include "store/action.h"

/* What one role has open of one action: its part that is due first stands for the others. */
struct due_action {
    char *about, *ref, *part, *title; /* part: "" or the labels, "a, b" */
    const char *plan;
    const struct rating *rating; /* NULL: not rated */
    const struct role *role;     /* NULL: nobody owns it */
    int64_t owner_id, part_id;
    day_t due_on;
    int days;      /* from today to that; below 0: overdue */
    size_t order;  /* as the plans list them */
    utc_t changed; /* when the action was last written */

    int place; /* on the ladder; -1: nothing is due of it */
    day_t on;  /* the day of that step */
    char step[LADDER_STEP + DAY_ISO];
    char *reason; /* why it is told now; NULL: it is not */
    char *mark;   /* the same in few words */
    bool held;    /* but officers have said that its owner does not hear of it now */
    day_t next;   /* of the next step; DAY_NONE: none */
};

struct due_actions {
    struct due_action *items;
    size_t count, cap;
    struct plan *plans;
    size_t plan_count;
    struct roster roster;
};

/* All of them, in the order of the plans, their place on the ladder found: once for all checks of a
 * tick, kept in the run's digest, to which it belongs. */
int due_actions_load(struct check_run *run, struct due_actions **ret, struct err *e);
void due_actions_free(struct due_actions *all);

/* Its date has passed. */
bool due_action_is_overdue(const struct due_action *d);
/* What letters say of it; lives as long as it. */
struct action_item due_action_item(const struct due_action *d);
/* The notice of its step to who owns it: by the check of overdue actions, or of those ahead. */
struct notice due_action_notice(const struct due_action *d);
/* Where that step stands, for tell_passed(). */
struct tell_step due_action_step(const struct check_run *run, const struct due_action *d);
/* Sets reason (and step, of what was reopened) if it has to be told to its owner now. */
int due_action_judge(const struct check_run *run, struct due_action *d, struct err *e);

#endif
