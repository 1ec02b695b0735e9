/* What why-not is asked about: whether it is there, who is concerned by it, and which check tells
 * of it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/checks.h"
#include "engine/subject.h"
#include "engine/upkeep.h"
#include "engine/why_asks.h"
#include "engine/why_impl.h"
#include "store/action.h"
#include "store/deadline.h"
#include "store/record.h"

static int note_action(void *arg, const struct action *a)
{
    struct question *q = arg;
    bool open = false;

    q->there = true;
    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (!p->known || !status_is_open(p->status))
            continue;
        open = true;
        q->owned = q->owned || p->owner_id;
        for (size_t r = 0; r < q->role_count; r++)
            q->concerned[r] = q->concerned[r] || q->roles[r].id == p->owner_id;
    }
    if (!open)
        q->closed = xasprintf("it is %s", status_name(a->parts[0].status));
    return 1;
}

static int find_action(struct question *q, struct err *e)
{
    struct action_query query = {.as_at = q->today, .known_at = UTC_NONE};
    struct plan plan;
    int rc;

    q->action = true;
    q->check = CHECK_OVERDUE;
    if (action_find(q->s, q->about, NULL, &query.action_id, &plan, e) < 0)
        return e->code == ERR_STORAGE ? -1 : 0;
    rc = action_each(q->s, &query, note_action, q, e);
    for (size_t r = 0; r < q->role_count; r++)
        q->dated |= q->asked[r] && q->concerned[r];
    if (rc == 0)
        rc = why_asked(q->s, &plan, query.action_id, q->today, q->roles, q->role_count,
                       q->concerned, e);
    plan_clear(&plan);
    return rc;
}

/* Its check is known by the name in the row; one that no longer exists is told by none. */
static int find_deadline(struct question *q, struct err *e)
{
    const struct check *check;
    struct deadline d;
    char *why;

    if (deadline_find(q->s, strtoll(strchr(q->about, ':') + 1, NULL, 10), &d, e) < 0)
        return e->code == ERR_NOTFOUND ? 0 : -1;
    check = check_find(d.check_name);
    q->check = check ? check->name : NULL;
    q->there = q->owned = true;
    why = subject_deadline_closed(&d, q->today);
    q->closed = why ? xasprintf("it %s", why) : NULL;
    free(why);
    for (size_t r = 0; r < q->role_count; r++)
        q->concerned[r] = subject_deadline_concerns(&d, &q->roles[r]);
    deadline_clear(&d);
    return 0;
}

static void judge_record(struct question *q, struct record *r)
{
    const char *from = *record_value(r, "from_on");
    char text[DAY_TEXT];
    day_t day;

    if (r->kind == RECORD_VISIT && strcmp(*record_value(r, "kind"), "monitoring") != 0)
        q->unannounced = xstrdup("only inspections and monitoring visits are announced");
    else if (record_is_cancelled(r))
        q->closed = xstrdup("it was cancelled");
    else if (!from || day_parse_iso(from, &day) < 0)
        q->unannounced = xasprintf("no day is booked: csictl %s update %" PRId64 " --from DATE",
                                   record_def(r->kind)->name, r->id);
    else if (day.n <= q->today.n)
        q->closed =
            xasprintf("it began on %s: it is announced before that alone", day_short(day, text));
}

static int find_record(struct question *q, struct err *e)
{
    enum record_kind kind = q->about[0] == 'v' ? RECORD_VISIT : RECORD_INSPECTION;
    struct record r;
    int64_t id;

    q->check = CHECK_VISITS;
    if (record_number(kind, q->about, &id, e) < 0 || record_find(q->s, kind, id, &r, e) < 0)
        return e->code == ERR_STORAGE ? -1 : 0;
    q->there = q->owned = true;
    judge_record(q, &r);
    for (size_t i = 0; i < q->role_count; i++)
        q->concerned[i] = strcmp(q->roles[i].slug, ROLE_DIRECTOR) == 0 ||
                          strcmp(q->roles[i].slug, ROLE_OFFICE) == 0;
    record_clear(&r);
    return 0;
}

/* It is closed when all is that is wanted of it. */
static void note_upkeep(struct question *q, const struct upkeep *u)
{
    q->check = upkeep_check_name(u->kind);
    if (u->closed) {
        if (!q->there)
            q->closed = xasprintf("it %s", u->closed);
    } else {
        free(q->closed);
        q->closed = NULL;
    }
    q->there = q->owned = true;
    for (size_t i = 0; i < q->role_count; i++)
        q->concerned[i] = upkeep_concerns(u, q->roles[i].slug);
}

static int find_upkeep(struct question *q, struct err *e)
{
    const struct upkeep_view v = {q->engine->zone, q->engine->holidays, q->today};
    struct upkeeps all;

    if (upkeeps_load(q->s, &v, NULL, &all, e) < 0)
        return -1;
    for (size_t i = 0; i < all.count; i++)
        if (strcmp(all.items[i].about, q->about) == 0)
            note_upkeep(q, &all.items[i]);
    upkeeps_clear(&all);
    return 0;
}

/* What tells of a subject, by how it is named; an action's name is SLUG:REF. */
static const struct {
    const char *prefix;
    int (*find)(struct question *q, struct err *e);
} subjects[] = {
    {"deadline:", find_deadline},
    {"visit:", find_record},
    {"inspection:", find_record},
    {"", find_action},
};

int why_about(struct question *q, struct err *e)
{
    size_t i = 0;

    if (upkeep_is(q->about))
        return find_upkeep(q, e);
    while (strncmp(q->about, subjects[i].prefix, strlen(subjects[i].prefix)) != 0)
        i++;
    return subjects[i].find(q, e);
}
