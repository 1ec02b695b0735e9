/* evidence-missing: who owns an action that is recorded as complete, or beyond, with nothing to
 * show for it is asked for the evidence: when it is found, and every 28 days. */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/asked.h"
#include "engine/nudge.h"

static const struct nudge_manner manner = {
    .name = "evidence-missing",
    .event = EVENT_ACTION_EVIDENCE,
    .again = NUDGE_AFTER_DAYS,
    .days = 28,
    .of_owner = true,
    .of_plan = true,
    .text = {.please = "Please send the evidence",
             .of = " complete without evidence",
             .how = "Reply with a title and a link for each, so that it can be recorded.",
             .why = ", which owns them.",
             .unless = ", of what has none until then.",
             .command = "action list --challenged"},
};

static int collect(void *arg, const struct action *a)
{
    struct nudges *n = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];
        day_t since = day_is(p->completed_on) ? p->completed_on : p->status_on;
        char day[DAY_TEXT], *what;

        if (!p->known || !asked_evidence(p))
            continue;
        what = xasprintf("%s since %s, no evidence", status_name(p->status), day_short(since, day));
        nudge_add_part(n, a, p, nudges_role(n, p->owner_id), since, what);
        free(what);
    }
    return 0;
}

int check_evidence_missing(struct check_run *run, struct err *e)
{
    return nudges_of_actions(run, &manner, false, collect, e);
}
