/*
 * escalation: overdue subjects on their way up (chains), the levels each has reached, and the
 * policies they began under. Knows no role and no day on which something is due.
 */
#ifndef CSID_STORE_ESCALATION_H
#define CSID_STORE_ESCALATION_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

struct escalation_reached {
    size_t level, again;  /* from 1; again: 0 the first time */
    char *role, *address; /* address NULL: nobody could be reached */
    utc_t at;
    int64_t notice; /* by which it was told; 0: none */
};
struct escalation {
    int64_t id;
    char *about, *role, *rule; /* role "": nobody owns it */
    day_t due_on;
    char *policy; /* its text */
    utc_t began_at, ended_at;
    utc_t backlog_at; /* when the plan was imported whose backlog holds it; UTC_NONE: none does */
    char *why;        /* why it ended; NULL while it goes on */
    bool settled;
    struct escalation_reached *reached; /* in their order */
    size_t reached_count;
};
void escalations_free(struct escalation *list, size_t count);

/* A level whose notice is void counts as not reached.
 * Those that a check tells of and that go on, or have ended and are not settled; those about one
 * subject, all of them. By id, an array for escalations_free. */
int escalation_unsettled(struct store *s, const char *rule, struct escalation **ret,
                         size_t *ret_count, struct err *e);
int escalation_about(struct store *s, const char *about, struct escalation **ret, size_t *ret_count,
                     struct err *e);

/* How the chain's owner was first told by its check since the chain began: level 1, its texts the
 * caller's; address NULL: not yet. */
int escalation_owner_told(struct store *s, const struct escalation *c,
                          struct escalation_reached *ret, struct err *e);

/* Of the action that notices call `about`: its title and the slug of the role accountable for it.
 * NULL where there is none; caller frees. */
int escalation_action(struct store *s, const char *about, char **ret_title, char **ret_accountable,
                      struct err *e);

/* All within a transaction. */

/* Begins one under the policy of that text (about, due_on, role and rule of `c`); *ret_id 0: one
 * that another check told of goes on, under this one from now. */
int escalation_begin(struct store *s, const struct escalation *c, const char *policy,
                     int64_t *ret_id, struct err *e);
/* A level that had been reached by a notice which is void is reached anew. */
int escalation_reach(struct store *s, int64_t id, const struct escalation_reached *r,
                     struct err *e);
int escalation_hand_over(struct store *s, int64_t id, const char *role, struct err *e);
/* Settled: there is nobody to be told. */
int escalation_end(struct store *s, int64_t id, const char *why, bool settled, struct err *e);
int escalation_settle(struct store *s, int64_t id, struct err *e);

#endif
