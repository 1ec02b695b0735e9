/*
 * escalate: what stays overdue goes up: owner, line manager, accountable executive, chair, each the
 * policy's working days after the one before was told. A check calls it at its end with all that it
 * found overdue. Whom a level is, is found out when it is told; the policy is that of the day on
 * which the subject was first found overdue.
 */
#ifndef CSID_ENGINE_ESCALATE_H
#define CSID_ENGINE_ESCALATE_H

#include "engine/tell.h"
#include "plan/escalation.h"
#include "store/escalation.h"

struct escalate_item {
    const char *about, *role; /* as in its notices; role "": nobody owns it */
    day_t due_on;
};
/* One pass: begins, carries on and ends what is escalated of this check, and writes the mails,
 * calls and rows of it, within the caller's transaction. */
int escalate(struct check_run *run, const struct roster *roster, const struct escalate_item *items,
             size_t count, struct err *e);

/* ---- how one stands, for who tells of it and who explains it ---- */

/* Whether what notices call so is escalated at all: actions and deadlines are. */
bool escalation_is_of(const char *about);

struct escalation_standing {
    struct escalation_policy policy;
    struct escalation_state state;
    const struct role *roles[ESCALATION_LEVELS_MAX]; /* by level from 0; NULL: none recorded */
    enum escalation_rung rungs[ESCALATION_LEVELS_MAX];
    struct escalation_next next;
    char *title; /* of the subject; NULL: unknown */
};
/* Roles live as long as the roster. ERR_USAGE: its policy cannot be read. */
int escalation_stand(struct store *s, const struct engine *engine, const struct roster *roster,
                     const struct escalation *c, struct escalation_standing *ret, struct err *e);
void escalation_standing_clear(struct escalation_standing *st);
/* As it will stand once that level has been told to who holds its role on that day. */
void escalation_suppose(const struct engine *engine, const struct escalation *c, size_t level,
                        day_t on, struct escalation_standing *st);
/* Takes the owner's first notice since it began for its first level, where that is not recorded. */
int escalation_observe(struct store *s, struct escalation *c, bool *ret_new, struct err *e);
/* Whether it is of a plan's backlog, and then the day from which it is escalated; DAY_NONE: no
 * board is recorded that it could wait for. */
int escalation_backlog(struct store *s, const struct engine *engine, const struct escalation *c,
                       bool *ret, day_t *ret_from, struct err *e);
/* "level 2 of escalation:7", or "…, again 3": the step of its notices. Caller frees. */
char *escalation_step(const struct escalation *c, size_t level, size_t again);

#endif
