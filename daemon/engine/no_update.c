/* no-update: who owns an action in progress of which nothing was said for so many days
 * (reminders.no_update_days) is asked how it stands, due or not; a note, a rating, a new date,
 * evidence are all an update. */
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
             .how = "Reply with a line on each, so that it can be recorded.",
             .why = ", which owns them.",
             .unless = ", of what has had none until then.",
             .command = "action list --status in-progress --sort updated"},
};

static int collect(void *arg, const struct action *a)
{
    struct nudges *n = arg;
    const struct policy *policy = &n->run->engine->policy;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];
        day_t last = asked_last(a, p);
        char day[DAY_TEXT], *what;

        if (!p->known || !asked_update(a, p, policy->no_update_days, n->run->today))
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
    struct nudge_manner m = manner;
    char *of;
    int rc;

    m.days = run->engine->policy.no_update_days;
    of = xasprintf(" without an update for %d day%s", m.days, m.days == 1 ? "" : "s");
    m.text.of = of;
    rc = nudges_of_actions(run, &m, true, collect, e);
    free(of);
    return rc;
}
