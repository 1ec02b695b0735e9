/* What is escalated no longer: why, and that those hear of it to whom it had gone up. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/escalate_impl.h"
#include "store/action.h"
#include "store/deadline.h"

/* ---- why ---- */

struct standing_action { /* of one owner's parts, or of all where it has none any more */
    const struct escalation *chain;
    day_t today, due_on, completed_on;
    bool any, overdue; /* overdue: as it was */
    bool open;
    enum status status;
};

static void note_part(struct standing_action *s, const struct part *p)
{
    bool open = status_is_open(p->status);

    if (open && p->due_on.n == s->chain->due_on.n)
        s->overdue = true;
    if (open)
        s->due_on = s->open ? day_earlier(s->due_on, p->due_on) : p->due_on;
    if (!s->any || !open)
        s->status = p->status;
    if (day_is(p->completed_on) &&
        (!day_is(s->completed_on) || p->completed_on.n > s->completed_on.n))
        s->completed_on = p->completed_on;
    s->open |= open;
    s->any = true;
}

static int note_action(void *arg, const struct action *a)
{
    struct standing_action *s = arg;

    for (size_t i = 0; i < a->part_count; i++)
        if (a->parts[i].known && a->parts[i].owner &&
            strcmp(a->parts[i].owner, s->chain->role) == 0)
            note_part(s, &a->parts[i]);
    for (size_t i = 0; !s->any && i < a->part_count; i++)
        if (a->parts[i].known)
            note_part(s, &a->parts[i]);
    return 1;
}

static char *action_text(const struct standing_action *s)
{
    char day[DAY_TEXT];

    if (s->open && day_is(s->due_on))
        return xasprintf("now due %s", day_short(s->due_on, day));
    if (s->open)
        return xstrdup("it has no due date any more");
    if (status_is_complete(s->status) && day_is(s->completed_on))
        return xasprintf("%s on %s", status_name(s->status), day_short(s->completed_on, day));
    return xstrdup(status_name(s->status));
}

static int why_action(struct check_run *run, const struct escalation *c, char **ret, struct err *e)
{
    struct action_query q = {.as_at = run->today, .known_at = UTC_NONE};
    struct standing_action s = {.chain = c,
                                .today = run->today,
                                .due_on = DAY_NONE,
                                .completed_on = DAY_NONE,
                                .status = STATUS_DRAFT};
    struct plan plan;

    if (action_find(run->store, c->about, NULL, &q.action_id, &plan, e) < 0)
        return -1;
    plan_clear(&plan);
    if (action_each(run->store, &q, note_action, &s, e) < 0)
        return -1;
    *ret = s.overdue && c->due_on.n < run->today.n ? NULL : action_text(&s);
    return 0;
}

static char *deadline_text(const struct escalation *c, const struct deadline *d, day_t today)
{
    enum deadline_state state = deadline_state(d, today);
    char day[DAY_TEXT];

    if (state == DEADLINE_SUBMITTED)
        return xasprintf("submitted on %s", day_short(d->submitted_on, day));
    if (state == DEADLINE_ENDED)
        return xasprintf("no longer owed from %s", day_short(d->ended_on, day));
    if (d->due_on.n != c->due_on.n)
        return xasprintf("now due %s", day_short(d->due_on, day));
    return NULL; /* another check tells of it by now */
}

int escalate_why_ended(struct check_run *run, const struct escalation *c, char **ret, struct err *e)
{
    struct deadline d;

    if (strncmp(c->about, "deadline:", strlen("deadline:")) != 0)
        return why_action(run, c, ret, e);
    if (deadline_find(run->store, strtoll(c->about + strlen("deadline:"), NULL, 10), &d, e) < 0)
        return -1;
    *ret = deadline_text(c, &d, run->today);
    deadline_clear(&d);
    return 0;
}

/* ---- who hears of it ---- */

struct resolving {
    struct check_run *run;
    const struct escalation **chains;
    char **titles, **steps, **reasons;
    size_t count;
};

static bool was_told(const struct escalation *c, const char *role)
{
    for (size_t i = 0; i < c->reached_count; i++)
        if (c->reached[i].level > 1 && c->reached[i].address &&
            strcmp(c->reached[i].role, role) == 0)
            return true;
    return false;
}

static bool concerns(const void *arg, size_t item, const struct role *role)
{
    const struct resolving *x = arg;

    return was_told(x->chains[item], role->slug);
}

static struct notice notice(const void *arg, size_t item, const struct role *role)
{
    const struct resolving *x = arg;

    return (struct notice){
        .event = EVENT_RESOLVED,
        .about = x->chains[item]->about,
        .due_on = x->chains[item]->due_on,
        .rule = x->run->check,
        .step = x->steps[item],
        .role = role->slug,
        .reason = x->reasons[item],
    };
}

static struct letter letter(const void *arg, const struct news *news, const char **ret_thread,
                            utc_t *ret_until)
{
    const struct resolving *x = arg;
    struct resolved_item *items = xcalloc(news->count, sizeof *items);
    bool several = false;
    struct letter letter;

    for (size_t i = 1; i < news->count; i++)
        several |=
            !escalate_same_plan(x->chains[news->items[0]]->about, x->chains[news->items[i]]->about);
    for (size_t i = 0; i < news->count; i++) {
        size_t k = news->items[i];

        items[i] = (struct resolved_item){escalate_ref(x->chains[k]->about, several), x->titles[k],
                                          x->chains[k]->why};
    }
    compose_resolved(&news->footer, items, news->count, &letter);
    *ret_until = tell_until(x->run, day_add(x->run->today, ESCALATE_WORTH_DAYS));
    *ret_thread = news->count == 1 ? x->chains[news->items[0]]->about : NULL;
    free(items);
    return letter;
}

/* Once each has been told, or cannot be; what is held is told by a later run. */
static int settle_one(const struct resolving *x, const struct roster *roster, size_t item,
                      struct err *e)
{
    bool settled = true;

    for (size_t i = 0; i < roster->count; i++) {
        struct notice n = notice(x, item, &roster->roles[i]);
        bool mailed, none;

        if (!concerns(x, item, &roster->roles[i]))
            continue;
        n.channel = "none";
        if (tell_mailed(x->run, &n, &mailed, e) < 0 ||
            notice_exists(x->run->store, &n, &none, e) < 0)
            return -1;
        settled = settled && (mailed || none);
    }
    return settled ? escalation_settle(x->run->store, x->chains[item]->id, e) : 0;
}

static int add(struct resolving *x, const struct escalation *c, struct err *e)
{
    struct escalation_standing st;
    size_t i = x->count++;
    struct roster nobody = {0};

    x->chains[i] = c;
    x->steps[i] = xasprintf("end of escalation:%" PRId64, c->id);
    x->reasons[i] = xasprintf("resolved: %s", c->why);
    if (escalation_stand(x->run->store, x->run->engine, &nobody, c, &st, e) < 0) {
        x->titles[i] = xstrdup("");
        return e->code == ERR_USAGE ? 0 : -1;
    }
    x->titles[i] = xstrdup(st.title ? st.title : "");
    escalation_standing_clear(&st);
    return 0;
}

static int tell(struct resolving *x, const struct roster *roster, struct err *e)
{
    const struct findings f = {x->count, x, concerns, notice, .letter = letter};
    int rc = x->count ? people_tell(x->run, roster, &f, e) : 0;

    for (size_t i = 0; rc == 0 && i < x->count; i++)
        rc = settle_one(x, roster, i, e);
    return rc;
}

int escalate_resolve(struct check_run *run, const struct roster *roster,
                     const struct escalation *list, size_t count, struct err *e)
{
    struct resolving x = {.run = run};
    int rc = 0;

    x.chains = xcalloc(count + 1, sizeof *x.chains);
    x.titles = xcalloc(count + 1, sizeof *x.titles);
    x.steps = xcalloc(count + 1, sizeof *x.steps);
    x.reasons = xcalloc(count + 1, sizeof *x.reasons);
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (utc_is(list[i].ended_at))
            rc = add(&x, &list[i], e);
    if (rc == 0)
        rc = tell(&x, roster, e);
    for (size_t i = 0; i < x.count; i++) {
        free(x.titles[i]);
        free(x.steps[i]);
        free(x.reasons[i]);
    }
    free(x.chains);
    free(x.titles);
    free(x.steps);
    free(x.reasons);
    return rc;
}
