/* What the mail of an escalation says of each subject: who owns it, who was told when, who is told
 * next and when. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/escalate_impl.h"

/* Who holds the role now if that is who was told, else the address that was told. */
static const char *name_of(const struct role *role, const char *address)
{
    bool same = role && role->email && address && strcasecmp(role->email, address) == 0;

    return same && role->holder ? role->holder : address;
}

static struct escalation_who who_of(const struct check_run *run, const struct roster *roster,
                                    const struct escalation_reached *r)
{
    const struct role *role = roster_slug(roster, r->role);

    return (struct escalation_who){role ? role->title : r->role, name_of(role, r->address),
                                   zone_today(run->engine->zone, r->at), !r->address};
}

const char *escalate_ref(const char *about, bool several)
{
    bool deadline = strncmp(about, "deadline:", strlen("deadline:")) == 0;

    return deadline || several ? about : strchr(about, ':') + 1;
}

bool escalate_same_plan(const char *a, const char *b)
{
    return strncmp(a, b, strcspn(a, ":") + 1) == 0;
}

static void fill(const struct check_run *run, const struct roster *roster, const struct climb *c,
                 bool several, struct escalation_who *told, struct escalation_item *ret)
{
    const struct escalation *chain = c->chain;
    const struct role *owner = *chain->role ? roster_slug(roster, chain->role) : NULL;
    struct escalation_standing after = c->standing;
    const struct role *next;

    for (size_t i = 0; i < chain->reached_count; i++)
        told[i] = who_of(run, roster, &chain->reached[i]);
    escalation_suppose(run->engine, chain, c->level, run->today, &after);
    next = after.next.level ? after.roles[after.next.level - 1] : NULL;
    *ret = (struct escalation_item){
        .ref = escalate_ref(chain->about, several),
        .title = c->title,
        .number = strchr(chain->about, ':') + 1,
        .deadline = strncmp(chain->about, "deadline:", strlen("deadline:")) == 0,
        .due_on = chain->due_on,
        .days = run->today.n - chain->due_on.n,
        .owner = owner ? owner->title : NULL,
        .owner_name = owner ? owner->holder : NULL,
        .told = told,
        .told_count = chain->reached_count,
        .next = next ? next->title : NULL,
        .next_name = next ? next->holder : NULL,
        .next_on = next ? tell_day_from(run, after.next.due) : DAY_NONE,
    };
}

static bool several_plans(const struct climb *climbs, const struct news *news)
{
    const char *first = climbs[news->items[0]].chain->about;
    bool several = false;

    for (size_t i = 1; i < news->count; i++)
        several |= !escalate_same_plan(first, climbs[news->items[i]].chain->about);
    return several;
}

struct letter escalate_letter(const struct check_run *run, const struct roster *roster,
                              const struct climb *climbs, const struct news *news)
{
    struct escalation_item *items = xcalloc(news->count, sizeof *items);
    struct escalation_who **told = xcalloc(news->count, sizeof *told);
    bool several = several_plans(climbs, news);
    struct letter letter;

    for (size_t i = 0; i < news->count; i++) {
        const struct climb *c = &climbs[news->items[i]];

        told[i] = xcalloc(c->chain->reached_count + 1, sizeof **told);
        fill(run, roster, c, several, told[i], &items[i]);
    }
    compose_escalation(&news->footer, items, news->count,
                       tell_reply_to(roster, news->who.roles[0]) != NULL, &letter);
    for (size_t i = 0; i < news->count; i++)
        free(told[i]);
    free(told);
    free(items);
    return letter;
}
