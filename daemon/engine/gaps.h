/*
 * gaps: whether every open obligation (part of an action, deadline, window) has somebody who hears
 * of it today, and a line from there to the chair of the improvement board: owner, whom that role
 * reports to up to the line's end, accountable executive, chair. What is missing is one gap for
 * each cause, however many obligations it concerns. Finds; telling is the affair of the check
 * coverage, and of status.
 */
#ifndef CSID_ENGINE_GAPS_H
#define CSID_ENGINE_GAPS_H

#include "engine/engine.h"
#include "engine/tell.h"
#include "engine/vacant.h"

struct gap {
    char *about; /* "role:lead", "check:windows", "silence:7"; "run:coverage" where nobody owns */
    char *word;  /* what kind it is: "empty", "circle", "unowned", "unscheduled", "silenced" */
    char *role;  /* slug; NULL where it is no role's */
    char *what;  /* "12 actions of Lead: nobody holds it" */
    char *mend;  /* what to do or type */
    size_t obligations;
    day_t first_on; /* of what presses, the first due; DAY_NONE where nothing does */
};

struct gaps {
    struct gap *items; /* those that concern most first */
    size_t count, cap;
    size_t obligations;         /* all that are open */
    struct vacancies vacancies; /* the roles among them that owe or own something */
};
/* As things stand at `now`; the roster is of that day. Clear with gaps_clear. */
int gaps_find(struct store *s, const struct engine *engine, const struct roster *roster, utc_t now,
              struct gaps *ret, struct err *e);
void gaps_clear(struct gaps *g);

#endif
