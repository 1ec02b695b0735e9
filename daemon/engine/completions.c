/* completions-waiting: what is proposed waits for the accountable executive, what is complete for
 * somebody who verifies it, whom the programme office finds: after 5 working days, and every 5. */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/asked.h"
#include "engine/nudge.h"
#include "store/action.h"

static const struct nudge_manner approvals = {
    .name = "approvals",
    .event = EVENT_ACTION_COMPLETION,
    .again = NUDGE_AFTER_WORKDAYS,
    .of_plan = true,
    .text = {.please = "Please approve, or send back",
             .of = " waiting for approval",
             .how = "Reply with what you decide: approved, or open again and why.",
             .why = ", which answers for them.",
             .unless = ", of what is not decided until then.",
             .command = "action list --status completion-proposed"},
};
static const struct nudge_manner verifications = {
    .name = "verifications",
    .event = EVENT_ACTION_COMPLETION,
    .again = NUDGE_AFTER_WORKDAYS,
    .of_plan = true,
    .text = {.please = "Please have the evidence looked at",
             .of = " waiting for a verifier",
             .how = "Somebody other than who proposed verifies each: `csictl action verify REF`.",
             .why = ", which sees to it.",
             .unless = ", of what is not verified until then.",
             .command = "action list --status complete"},
};

struct looking {
    struct nudges approvals, verifications;
};

static void add(struct nudges *n, const struct action *a, const struct part *p,
                const struct role *role, const char *since, const char *lacks)
{
    const struct check_run *run = n->run;
    char day[DAY_TEXT], *what;

    if (workday_add(run->engine->holidays, p->status_on, NUDGE_WORKDAYS).n > run->today.n)
        return;
    what = xasprintf("%s %s, %s", since, day_short(p->status_on, day), lacks);
    nudge_add_part(n, a, p, role, p->status_on, what);
    free(what);
}

static int collect(void *arg, const struct action *a)
{
    struct looking *l = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (p->known && asked_approval(p))
            add(&l->approvals, a, p, nudges_role_slug(&l->approvals, a->accountable), "proposed on",
                "not approved");
        else if (p->known && asked_verifier(p))
            add(&l->verifications, a, p, nudges_role_slug(&l->verifications, ROLE_OFFICE),
                "complete since", "not verified");
    }
    return 0;
}

static int look(struct looking *l, struct check_run *run, struct err *e)
{
    const struct action_query q = {.as_at = run->today, .known_at = UTC_NONE};

    if (action_each(run->store, &q, collect, l, e) < 0 ||
        nudges_tell(&l->approvals, &approvals, e) < 0)
        return -1;
    return nudges_tell(&l->verifications, &verifications, e);
}

int check_completions(struct check_run *run, struct err *e)
{
    struct looking l;
    int rc = -1;

    if (nudges_begin(run, &l.approvals, e) < 0)
        return -1;
    if (nudges_begin(run, &l.verifications, e) == 0) {
        rc = look(&l, run, e);
        nudges_clear(&l.verifications);
    }
    nudges_clear(&l.approvals);
    return rc;
}
