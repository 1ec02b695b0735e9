#include "engine/why_asks.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/checks.h"
#include "engine/why.h"
#include "store/action.h"
#include "store/extension.h"

struct asking {
    const struct role *roles;
    size_t count;
    bool *concerned;
    int64_t *parts; /* that may wait for an extension */
    size_t part_count;
    char *accountable; /* slug; NULL: nobody */
    const struct scheme *scheme;
    day_t today;
};

static void concern(struct asking *q, const char *slug)
{
    for (size_t i = 0; i < q->count; i++)
        q->concerned[i] |= strcmp(q->roles[i].slug, slug ? slug : ROLE_OFFICE) == 0;
}

static int note_action(void *arg, const struct action *a)
{
    struct asking *q = arg;

    q->accountable = a->accountable ? xstrdup(a->accountable) : NULL;
    q->parts = xcalloc(a->part_count + 1, sizeof *q->parts);
    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];
        unsigned challenges = p->known ? part_challenges(p, q->scheme, q->today) : 0;

        if (!p->known)
            continue;
        q->parts[q->part_count++] = p->id;
        if (p->status == STATUS_COMPLETION_PROPOSED)
            concern(q, a->accountable);
        if (p->status == STATUS_COMPLETE || challenges)
            concern(q, ROLE_OFFICE);
        if (challenges & CHALLENGE_EVIDENCE)
            concern(q, p->owner);
    }
    return 1;
}

static int note_extensions(struct store *s, struct asking *q, struct err *e)
{
    int64_t open = 0;

    for (size_t i = 0; !open && i < q->part_count; i++)
        if (extension_open(s, q->parts[i], &open, e) < 0)
            return -1;
    if (open) {
        concern(q, q->accountable);
        concern(q, ROLE_OFFICE);
    }
    return 0;
}

int why_asked(struct store *s, const struct plan *plan, int64_t action_id, day_t today,
              const struct role *roles, size_t count, bool *concerned, struct err *e)
{
    struct action_query query = {.action_id = action_id, .as_at = today, .known_at = UTC_NONE};
    struct asking q = {.roles = roles,
                       .count = count,
                       .concerned = concerned,
                       .scheme = &plan->scheme,
                       .today = today};
    int rc = action_each(s, &query, note_action, &q, e);

    if (rc == 0)
        rc = note_extensions(s, &q, e);
    free(q.parts);
    free(q.accountable);
    return rc;
}

static bool any_asks(const struct engine *engine)
{
    for (size_t i = 0; i < engine->schedule_count; i++)
        if (check_asks(engine->schedules[i].check))
            return true;
    return false;
}

int why_besides(struct store *s, const struct engine *engine, utc_t now, const char *about,
                const char *role, char **text, struct err *e)
{
    struct why_next next;
    char day[DAY_TEXT], *both;

    if (!any_asks(engine))
        return 0;
    if (why_next(s, engine, now, NULL, about, role, &next, e) < 0)
        return -1;
    if (utc_is(next.at)) {
        both = xasprintf("%s; besides, on %s: %s", *text,
                         day_weekday_short(zone_today(engine->zone, next.at), day), next.reason);
        free(*text);
        *text = both;
    }
    why_next_clear(&next);
    return 0;
}
