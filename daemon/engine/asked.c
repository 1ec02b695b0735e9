#include "engine/asked.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/checks.h"
#include "store/action.h"
#include "store/extension.h"

day_t asked_last(const struct action *a, const struct part *p)
{
    return p->said_on.n > a->noted_on.n ? p->said_on : a->noted_on; /* DAY_NONE is before all */
}

bool asked_update(const struct action *a, const struct part *p, int days, day_t today)
{
    return p->status == STATUS_IN_PROGRESS && today.n - asked_last(a, p).n >= days;
}

bool asked_evidence(const struct part *p)
{
    return status_is_complete(p->status) && !p->evidence;
}

bool asked_approval(const struct part *p)
{
    return p->status == STATUS_COMPLETION_PROPOSED;
}

bool asked_verifier(const struct part *p)
{
    return p->status == STATUS_COMPLETE;
}

/* ---- a notice looked at again ---- */

struct still { /* of a notice that was written */
    const struct policy *policy;
    const struct scheme *scheme;
    day_t due_on, today;
    bool (*part)(const struct still *x, const struct action *a, const struct part *p);
    bool found;
};

static bool update(const struct still *x, const struct action *a, const struct part *p)
{
    return asked_update(a, p, x->policy->no_update_days, x->today);
}

static bool evidence(const struct still *x, const struct action *a, const struct part *p)
{
    (void)x;
    (void)a;
    return asked_evidence(p);
}

static bool challenge(const struct still *x, const struct action *a, const struct part *p)
{
    (void)a;
    return part_challenges(p, x->scheme, x->today) != 0;
}

/* What has moved on since waits for somebody else. */
static bool decision(const struct still *x, const struct action *a, const struct part *p)
{
    (void)a;
    return (asked_approval(p) || asked_verifier(p)) && p->status_on.n == x->due_on.n;
}

static const struct {
    const char *check;
    bool (*part)(const struct still *x, const struct action *a, const struct part *p);
} checks_of_parts[] = {
    {CHECK_NO_UPDATE, update},
    {CHECK_EVIDENCE, evidence},
    {CHECK_CHALLENGES, challenge},
    {CHECK_COMPLETIONS, decision},
};

static int look(void *arg, const struct action *a)
{
    struct still *x = arg;

    for (size_t i = 0; i < a->part_count; i++)
        x->found |= a->parts[i].known && x->part(x, a, &a->parts[i]);
    return 1;
}

/* *wanted with what it looks for; its scheme is the plan's. */
static int look_at_parts(struct store *s, const char *about, const struct still *wanted, bool *ret,
                         struct err *e)
{
    struct action_query q = {.as_at = wanted->today, .known_at = UTC_NONE, .noted = true};
    struct still x = *wanted;
    struct plan plan;
    int rc;

    if (action_find(s, about, NULL, &q.action_id, &plan, e) < 0)
        return e->code == ERR_NOTFOUND ? 0 : -1;
    x.scheme = &plan.scheme;
    rc = action_each(s, &q, look, &x, e);
    plan_clear(&plan);
    *ret = x.found;
    return rc;
}

/* Its number stands before the day. */
static int look_at_extension(struct store *s, const char *step, bool *ret, struct err *e)
{
    struct extension x;

    if (extension_find(s, strtoll(step, NULL, 10), &x, e) < 0)
        return e->code == ERR_NOTFOUND ? 0 : -1;
    *ret = x.state == EXTENSION_ASKED;
    extension_clear(&x);
    return 0;
}

int asked_still(struct store *s, const struct policy *policy, const char *check, const char *about,
                const char *step, day_t due_on, day_t today, bool *ret, struct err *e)
{
    struct still x = {.policy = policy, .due_on = due_on, .today = today};
    bool found = false;
    int rc;

    for (size_t i = 0; i < COUNT(checks_of_parts); i++)
        if (strcmp(checks_of_parts[i].check, check) == 0)
            x.part = checks_of_parts[i].part;
    rc = x.part ? look_at_parts(s, about, &x, &found, e) : look_at_extension(s, step, &found, e);
    if (rc == 0)
        *ret = found;
    return rc;
}
