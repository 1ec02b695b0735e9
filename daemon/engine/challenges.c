/* challenges: where declared and computed disagree, who owns the action is told, with a copy to the
 * programme office: once, and again when it disagrees in another way. What is known to lack its
 * evidence is not told to its owner twice: where evidence-missing runs, that does so. */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/nudge.h"
#include "store/action.h"

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

struct looking {
    struct nudges n;
    bool evidence_told; /* another check tells the owner of evidence alone */
};

static void add(struct looking *l, const struct action *a, const struct part *p, unsigned found)
{
    const struct scheme *scheme = nudges_scheme(&l->n, a);
    const struct role *owner = nudges_role(&l->n, p->owner_id);
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

    part_add_challenge(&what, p, scheme, l->n.run->today);
    f.what = what.s;
    if (owner && !(l->evidence_told && found == CHALLENGE_EVIDENCE))
        nudge_add(&l->n, &f);
    f.role = nudges_role_slug(&l->n, ROLE_OFFICE);
    f.copy = true;
    if (owner != f.role)
        nudge_add(&l->n, &f);
    text_free(&what);
    free(key);
    free(about);
}

static int collect(void *arg, const struct action *a)
{
    struct looking *l = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];
        unsigned found =
            p->known ? part_challenges(p, nudges_scheme(&l->n, a), l->n.run->today) : 0;

        if (found)
            add(l, a, p, found);
    }
    return 0;
}

int check_challenges(struct check_run *run, struct err *e)
{
    const struct action_query q = {.as_at = run->today, .known_at = UTC_NONE};
    struct looking l = {.evidence_told = scheduler_of(run->engine, CHECK_EVIDENCE) != NULL};
    int rc;

    if (nudges_begin(run, &l.n, e) < 0)
        return -1;
    rc = action_each(run->store, &q, collect, &l, e);
    if (rc == 0)
        rc = nudges_tell(&l.n, &manner, e);
    nudges_clear(&l.n);
    return rc;
}
