/*
 * escalate_impl: what the files of engine/escalate share; nobody else includes it.
 */
#ifndef CSID_ENGINE_ESCALATE_IMPL_H
#define CSID_ENGINE_ESCALATE_IMPL_H

#include "engine/escalate.h"
#include "engine/people.h"

#define ESCALATE_WORTH_DAYS 7 /* a mail about it */

/* What its reader knows it by: 5.12, of several plans with the plan's name, or deadline:3. */
const char *escalate_ref(const char *about, bool several);
bool escalate_same_plan(const char *a, const char *b); /* as notices name them */

/* A level that is told in this run. */
struct climb {
    const struct escalation *chain;
    struct escalation_standing standing; /* before it is told; its title is the one below */
    const struct role *role;
    size_t level, again;
    char *title, *step, *reason;
};

/* Whether no level can be due of it yet, whoever holds the roles: worked out from its policy and
 * what it has reached alone. */
bool escalation_is_early(const struct engine *engine, const struct escalation *c, day_t today);

/* What is escalated to one person in this run, as a letter: the climbs of those numbers. */
struct letter escalate_letter(const struct check_run *run, const struct roster *roster,
                              const struct climb *climbs, const struct news *news);

/* Lets those of the list that go on climb, one level at most each. */
int escalate_climb(struct check_run *run, const struct roster *roster,
                   const struct escalation *list, size_t count, struct err *e);

/* Why a chain that its check no longer finds has ended; *ret NULL: it is overdue all the same.
 * Caller frees. */
int escalate_why_ended(struct check_run *run, const struct escalation *c, char **ret,
                       struct err *e);
/* Tells who heard of those of the list that have ended. */
int escalate_resolve(struct check_run *run, const struct roster *roster,
                     const struct escalation *list, size_t count, struct err *e);

#endif
