/*
 * nudge: what the checks have in common that look at actions and ask somebody for something (an
 * update, evidence, a decision) rather than remind of a date: one page a person with a count and
 * the first fifty, each action again only after a while, one call an endpoint and run. What is
 * looked for, whom it concerns and what is asked are the check's affair.
 */
#ifndef CSID_ENGINE_NUDGE_H
#define CSID_ENGINE_NUDGE_H

#include "engine/tell.h"
#include "plan/action.h"
#include "store/plan.h"

/* How long it takes until somebody is asked again. */
#define NUDGE_WORKDAYS 5 /* for an approval, a verifier, a decision */

enum nudge_again { NUDGE_ONCE, NUDGE_AFTER_DAYS, NUDGE_AFTER_WORKDAYS };

struct nudge_manner {
    const char *name;  /* of its call: run:NAME */
    const char *event; /* csi.action.no-update */
    enum nudge_again again;
    int days;               /* with NUDGE_AFTER_DAYS */
    struct ask text;        /* what its letter says */
    bool of_owner, of_plan; /* its command takes --owner, and --plan */
};

struct nudge;
struct nudges {
    struct check_run *run;
    struct roster roster;
    struct plan *plans;
    size_t plan_count;
    struct nudge *items;
    size_t count, cap;
};
/* Loads who holds what, and the plans; clear it, but not after a failure. */
int nudges_begin(struct check_run *run, struct nudges *ret, struct err *e);
void nudges_clear(struct nudges *n);
/* The scheme by which the action's plan rates. */
const struct scheme *nudges_scheme(const struct nudges *n, const struct action *a);
/* The role of that id; NULL where there is none: then the programme office is told. */
const struct role *nudges_role(const struct nudges *n, int64_t id);
const struct role *nudges_role_slug(const struct nudges *n, const char *slug);

struct nudge_fact {
    const struct role *role; /* NULL: the programme office, as nobody is there to be told */
    bool copy;               /* only for information */
    bool last;               /* stands behind the others of its page */
    bool alone;              /* not put together with other parts */
    const char *about, *ref, *title, *part; /* bromley-2016:5.12, 5.12, …, "" where not split */
    const char *plan;
    const char *key;  /* a fact with another key is another; "" for most */
    const char *what; /* why it is told, in a few words */
    day_t due_on;     /* the day it is about, for as long as it is the same fact */
};
/* Adds it; what one role is to hear of several parts of one action is put together where they are
 * added one after the other. The texts are copied. */
void nudge_add(struct nudges *n, const struct nudge_fact *f);
/* The same of a part of an action. */
void nudge_add_part(struct nudges *n, const struct action *a, const struct part *p,
                    const struct role *role, day_t due_on, const char *what);

/* Tells whoever has not been told, or not for long enough, within the caller's transaction. Adds
 * up the run's findings; the list is empty behind it. */
int nudges_tell(struct nudges *n, const struct nudge_manner *m, struct err *e);

/* A whole check that looks at each action for itself: `collect` gets a struct nudges. `noted`: it
 * wants to know when each was last noted. */
int nudges_of_actions(struct check_run *run, const struct nudge_manner *m, bool noted,
                      int (*collect)(void *arg, const struct action *a), struct err *e);

#endif
