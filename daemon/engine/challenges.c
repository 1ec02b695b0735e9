/* challenges: where declared and computed disagree, who owns the action is told, with a copy to the
 * programme office: once, and again when it disagrees in another way. What is known to lack its
 * evidence is not told to its owner twice: where evidence-missing runs, that does so. */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/nudge.h"

static const struct nudge_manner manner = {
    .name = "challenges",
    .event = EVENT_ACTION_CHALLENGED,
    .again = NUDGE_ONCE,
    .of_owner = true,
    .of_plan = true,
    .text = {.please = "Please put right what is recorded",
             .of = " whose rating or status the record does not bear out",
             .how = "Reply with how each really stands, so that it can be recorded.",
             .why = ", which owns them.",
             .unless = ".",
             .command = "action list --challenged"},
};

static const struct {
    enum challenge challenge;
    const char *name;
} names[] = {
    {CHALLENGE_STATUS, "status"},
    {CHALLENGE_OVERDUE, "overdue"},
    {CHALLENGE_RATING, "not-complete"},
    {CHALLENGE_EVIDENCE, "no-evidence"},
};

/* How it disagrees and since when, without the count of days, which would make it another every
 * day. */
static char *key_of(const struct part *p, const struct scheme *scheme, unsigned found)
{
    const char *rating = p->rating >= 0 && (size_t)p->rating < scheme->count
                             ? scheme->ratings[p->rating].code
                             : "unrated";
    day_t since = p->status_on.n > p->rating_on.n ? p->status_on : p->rating_on;
    struct text key = TEXT_INIT;
    char day[DAY_ISO];

    text_addf(&key, "%s%s%s", p->label, *p->label ? ": " : "", rating);
    for (size_t i = 0; i < COUNT(names); i++)
        if (found & names[i].challenge)
            text_addf(&key, " %s", names[i].name);
    text_addf(&key, " %s", day_iso(since, day));
    return text_take(&key);
}

/* Another check tells the owner of evidence alone. */
static bool evidence_is_told(const struct nudges *n)
{
    return scheduler_of(n->run->engine, CHECK_EVIDENCE) != NULL;
}

static void add(struct nudges *n, const struct action *a, const struct part *p, unsigned found)
{
    const struct scheme *scheme = nudges_scheme(n, a);
    const struct role *owner = nudges_role(n, p->owner_id);
    char *about = xasprintf("%s:%s", a->plan, a->ref), *key = key_of(p, scheme, found);
    struct text what = TEXT_INIT;
    struct nudge_fact f = {
        .role = owner,
        .about = about,
        .ref = a->ref,
        .title = a->title,
        .part = p->label,
        .plan = a->plan,
        .key = key,
        .last = found == CHALLENGE_EVIDENCE,
        .due_on = status_is_open(p->status) && day_is(p->due_on) ? p->due_on : p->status_on,
    };

    part_add_challenge(&what, p, scheme, n->run->today);
    f.what = what.s;
    if (owner && !(found == CHALLENGE_EVIDENCE && evidence_is_told(n)))
        nudge_add(n, &f);
    f.role = nudges_role_slug(n, ROLE_OFFICE);
    f.copy = true;
    if (owner != f.role)
        nudge_add(n, &f);
    text_free(&what);
    free(key);
    free(about);
}

static int collect(void *arg, const struct action *a)
{
    struct nudges *n = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];
        unsigned found = p->known ? part_challenges(p, nudges_scheme(n, a), n->run->today) : 0;

        if (found)
            add(n, a, p, found);
    }
    return 0;
}

int check_challenges(struct check_run *run, struct err *e)
{
    return nudges_of_actions(run, &manner, false, collect, e);
}
