/* extensions-waiting: later due dates that were asked for and not decided wait for the accountable
 * executive, with a copy to the programme office: from the next run on, every 5 working days. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/nudge.h"
#include "store/action.h"
#include "store/extension.h"

static const struct nudge_manner manner = {
    .name = "extensions-waiting",
    .event = EVENT_EXTENSION_WAITING,
    .again = NUDGE_AFTER_WORKDAYS,
    .text = {.please = "Please grant or refuse",
             .of = " waiting for a later due date",
             .how = "Reply with what you decide, and why where you refuse.",
             .why = ", which answers for them.",
             .unless = ", of what is not decided until then.",
             .command = "extension list --state asked"},
};

static char *what_of(const struct extension *x)
{
    char from[DAY_TEXT], to[DAY_TEXT], on[DAY_TEXT];

    return xasprintf("from %s to %s, asked on %s by %s: %s (extension %" PRId64 ")",
                     day_short(x->from_on, from), day_short(x->to_on, to),
                     day_short(x->asked_on, on), x->asked_by, x->reason, x->id);
}

static int collect(void *arg, const struct extension *x)
{
    struct nudges *n = arg;
    const struct role *accountable = nudges_role_slug(n, x->accountable);
    char *about = xasprintf("%s:%s", x->plan, x->ref), *what = what_of(x), key[24];
    struct nudge_fact f = {
        .role = accountable,
        .about = about,
        .ref = x->ref,
        .title = x->title,
        .part = x->part,
        .plan = x->plan,
        .key = key,
        .what = what,
        .due_on = x->asked_on,
        .alone = true,
    };

    snprintf(key, sizeof key, "%" PRId64, x->id);
    nudge_add(n, &f);
    f.role = nudges_role_slug(n, ROLE_OFFICE);
    f.copy = true;
    if (accountable && accountable != f.role)
        nudge_add(n, &f);
    free(about);
    free(what);
    return 0;
}

int check_extensions(struct check_run *run, struct err *e)
{
    const enum extension_state asked = EXTENSION_ASKED;
    struct nudges n;
    int rc;

    if (nudges_begin(run, &n, e) < 0)
        return -1;
    rc = extension_each(run->store, &asked, collect, &n, e);
    if (rc == 0)
        rc = nudges_tell(&n, &manner, e);
    nudges_clear(&n);
    return rc;
}
