/* What is to be kept up on the agenda: audits on their days, values, reviews and replies when they
 * are due. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "engine/upkeep.h"
#include "report/agenda_impl.h"

/* What is told of it once is no day of its own. */
static const struct {
    bool listed;
    enum agenda_kind kind;
} kinds[UPKEEP_KINDS] = {
    [UPKEEP_AUDIT] = {true, AGENDA_AUDIT},
    [UPKEEP_VALUE] = {true, AGENDA_MEASURE},
    [UPKEEP_REVIEW] = {true, AGENDA_RISK},
    [UPKEEP_REPLY] = {true, AGENDA_REPLY},
};

static bool is_for(const struct making *m, const struct upkeep *u)
{
    return !m->q->role || upkeep_concerns(u, m->q->role);
}

/* An audit is held on its day, and late once its month is past. */
static struct agenda_item item_of(const struct making *m, const struct upkeep *u)
{
    struct agenda_item i = agenda_item_new(kinds[u->kind].kind, u->id, u->on);
    day_t today = m->q->today;

    i.key = xasprintf("%s-%" PRId64, agenda_kind_name(i.kind), u->id);
    i.about = xstrdup(u->about);
    i.what = xstrdup(u->title);
    i.note = xstrdup(u->closed ? u->closed : u->fact);
    i.role = xstrdup(u->owner);
    i.late = !u->closed && u->due_on.n < today.n;
    i.dropped = u->closed && !u->done;
    i.done = u->done;
    i.state = u->done ? "done" : u->closed ? "closed" : i.late ? "overdue" : "open";
    i.version = u->version;
    i.updated_at = u->updated_at;
    return i;
}

int agenda_add_upkeep(struct making *m, struct err *e)
{
    const struct upkeep_view v = {m->q->zone, m->q->holidays, m->q->today};
    struct upkeeps all;

    if (upkeeps_load(m->store, &v, NULL, &all, e) < 0)
        return -1;
    for (size_t i = 0; i < all.count; i++)
        if (kinds[all.items[i].kind].listed && day_is(all.items[i].on) && is_for(m, &all.items[i]))
            agenda_add(m, item_of(m, &all.items[i]));
    upkeeps_clear(&all);
    return 0;
}
