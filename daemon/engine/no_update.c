/* no-update: who owns an action in progress of which nothing was said for 28 days is asked how it
 * stands, due or not; a note, a rating, a new date, evidence are all an update. */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/asked.h"
#include "engine/nudge.h"

static const struct nudge_manner manner = {
    .name = "no-update",
    .event = EVENT_ACTION_NO_UPDATE,
    .again = NUDGE_AFTER_DAYS,
    .of_owner = true,
    .of_plan = true,
    .text = {.please = "Please say how they stand",
             .of = " without an update for " NUDGE_DAYS_TEXT " days",
             .how = "Reply with a line on each, so that it can be recorded.",
             .why = ", which owns them.",
             .unless = ", of what has had none until then.",
             .command = "action list --status in-progress --sort updated"},
};

static int collect(void *arg, const struct action *a)
{
    struct nudges *n = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];
        day_t last = asked_last(a, p);
        char day[DAY_TEXT], *what;

        if (!p->known || !asked_update(a, p, n->run->today))
            continue;
        what = xasprintf("no update since %s", day_short(last, day));
        nudge_add_part(n, a, p, nudges_role(n, p->owner_id), day_is(p->due_on) ? p->due_on : last,
                       what);
        free(what);
    }
    return 0;
}

int check_no_update(struct check_run *run, struct err *e)
{
    return nudges_of_actions(run, &manner, true, collect, e);
}
