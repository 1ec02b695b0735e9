/*
 * revise: what one list of holidays changes in another, day by day, as people would say it: a
 * holiday is new, dropped, moved within its year, or has another name. Pure.
 */
#ifndef CSID_CALENDAR_REVISE_H
#define CSID_CALENDAR_REVISE_H

#include "calendar/workday.h"

struct revision {
    enum { REVISION_ADDED, REVISION_MOVED, REVISION_DROPPED, REVISION_RENAMED } kind;
    day_t was, is;               /* DAY_NONE where there was or is none */
    const char *name_was, *name; /* NULL likewise; they live with the lists */
};

/* What changes from `before` to `after` in the years that `years` lists, by day, days computed by
 * rule included and week-ends left out. The caller frees *ret; the number of revisions. */
size_t holidays_revise(const struct holidays *before, const struct holidays *after,
                       const struct holidays *years, struct revision **ret);
const char *revision_name(const struct revision *r); /* "added", "moved", "dropped", "renamed" */

#endif
