/*
 * missed: occurrences that are not run at all, as rows with the reason: too late for the schedule's
 * window, or of a schedule that was changed or removed before they could run.
 */
#ifndef CSID_ENGINE_MISSED_H
#define CSID_ENGINE_MISSED_H

#include "engine/due.h"
#include "engine/engine.h"

#define NOT_CAUGHT_UP "missed; this schedule catches up with nothing"

struct digest;
struct finding_list;

/* One tick: what it works on. */
struct pass {
    struct store *s;
    const struct engine *engine;
    utc_t now;
    struct digest *digest;      /* what its checks have to say to people */
    struct finding_list *found; /* NULL: nobody asks for a list of it */
};

/* What is later than the window of `sch`; *decided follows. */
int missed_late(const struct pass *p, const struct engine_schedule *sch, const char *spec,
                utc_t *decided, struct err *e);
/* What a schedule of the spec `former` still owed; `spec` takes its place, NULL: nothing does. What
 * nobody can reckon any more (its zone is gone) has no rows. */
int missed_former(const struct pass *p, const char *name, const char *former, utc_t decided,
                  const char *spec, struct err *e);
/* The same of all that are not configured any more: one that comes back later has no past either.
 */
int missed_removed(const struct pass *p, struct err *e);

#endif
