/* deadlines: who owes something by a date is reminded on the steps of its ladder, and every day
 * once it is overdue; the director gets a copy in a mail of its own. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/tell.h"
#include "store/deadline.h"

/* One deadline that has something due today. */
struct owed {
    struct deadline d;
    char *about, *reason;
    char step[LADDER_STEP];
    int latest; /* steps before this one are overtaken */
    bool overdue;
    day_t send_by, next;
    const struct role *owner, *director; /* director NULL: no copy */
};

static void owed_clear(struct owed *o)
{
    deadline_clear(&o->d);
    free(o->about);
    free(o->reason);
    *o = (struct owed){.d = deadline_new()};
}

struct found {
    int64_t *ids; /* of all that is owed and may have something due today */
    size_t count, cap;
    struct owed *items; /* of those that have something due today */
    size_t item_count, item_cap;
    struct roster roster;
};

static void found_clear(struct found *f)
{
    for (size_t i = 0; i < f->item_count; i++)
        owed_clear(&f->items[i]);
    free(f->items);
    free(f->ids);
    roster_free(&f->roster);
}

static int collect(void *arg, const struct deadline *d)
{
    struct found *f = arg;

    f->ids = xgrow(f->ids, f->count, &f->cap, sizeof *f->ids);
    f->ids[f->count++] = d->id;
    return 0;
}

/* ---- what is due of it ---- */

static void judge_overdue(const struct check_run *run, struct owed *o)
{
    int days = run->today.n - o->d.due_on.n;

    o->latest = (int)ladder_deadline.count;
    day_iso(run->today, o->step);
    o->reason = xasprintf("overdue by %d day%s", days, days == 1 ? "" : "s");
    o->next = tell_next_day(run);
}

static void judge_ahead(const struct check_run *run, struct owed *o)
{
    const struct ladder *l = &ladder_deadline;
    char day[DAY_TEXT];

    ladder_step(l->days[o->latest], o->step);
    o->reason = xasprintf("%s: send by %s", o->step, day_weekday_short(o->send_by, day));
    o->next = (size_t)o->latest + 1 < l->count
                  ? ladder_day(run->engine->holidays, o->send_by, l->days[o->latest + 1])
                  : day_add(o->d.due_on, 1);
}

/* False when nothing of it is due yet, or any more. */
static bool judge(const struct check_run *run, struct owed *o)
{
    enum deadline_state state = deadline_state(&o->d, run->today);

    o->overdue = state == DEADLINE_OVERDUE;
    if (!o->overdue && state != DEADLINE_OPEN)
        return false;
    o->send_by = ladder_send_by(run->engine->holidays, o->d.due_on);
    o->latest = ladder_latest(&ladder_deadline, run->engine->holidays, o->send_by, run->today);
    if (!o->overdue && o->latest < 0)
        return false;
    o->about = xasprintf("deadline:%" PRId64, o->d.id);
    if (o->overdue)
        judge_overdue(run, o);
    else
        judge_ahead(run, o);
    return true;
}

/* ---- telling ---- */

static struct notice notice_of(const struct check_run *run, const struct owed *o,
                               const struct role *role)
{
    return (struct notice){
        .event = o->overdue ? EVENT_DEADLINE_MISSED : EVENT_DEADLINE_DUE,
        .about = o->about,
        .due_on = o->d.due_on,
        .rule = run->check,
        .step = o->step,
        .role = role->slug,
        .reason = o->reason,
    };
}

static struct letter write_letter(const struct check_run *run, const struct owed *o,
                                  const struct role *to)
{
    bool reachable = tell_reachable(o->owner);
    char *reference = xasprintf("%s %s", o->about, o->step);
    char *nobody = reachable ? NULL : tell_why_not(o->owner);
    struct compose_footer footer = {run->engine->organisation, to->title, reference, o->next};
    struct deadline_facts facts = {
        .title = o->d.title,
        .recipient = o->d.recipient,
        .source = o->d.source,
        .role = o->owner->title,
        .holder = reachable ? o->owner->holder : NULL,
        .nobody = nobody,
        .why_not_due = workday_why_not(run->engine->holidays, o->d.due_on),
        .due_on = o->d.due_on,
        .send_by = o->send_by,
        .today = run->today,
        .copy = to != o->owner,
    };
    struct letter letter;

    compose_deadline(&footer, &facts, &letter);
    free(reference);
    free(nobody);
    return letter;
}

static int mail_role(struct check_run *run, const struct owed *o, const struct role *to,
                     struct notice *notices, size_t count, struct err *e)
{
    struct letter letter = write_letter(run, o, to);
    utc_t until = o->overdue ? tell_until_daily(run) : tell_until(run, o->send_by);
    int rc = tell_mail(run, to, &letter, o->about, until, notices, count, e);

    letter_clear(&letter);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = tell_collapsed(run, &notices[i], &ladder_deadline, o->latest, e);
    return rc;
}

static int tell_none(struct check_run *run, const struct notice *n, const struct role *role,
                     struct err *e)
{
    char *why = tell_why_not(role);
    bool fresh;
    int rc = tell_nobody(run, n, why, &fresh, e);

    free(why);
    return rc;
}

/* `also`: a second role of the same person, which this mail answers for too; NULL for none. */
static int tell_role(struct check_run *run, const struct owed *o, const struct role *to,
                     const struct role *also, struct err *e)
{
    struct notice notices[2] = {notice_of(run, o, to)};
    size_t count = 1;
    bool mailed;

    if (!tell_reachable(to))
        return tell_none(run, &notices[0], to, e);
    if (tell_mailed(run, &notices[0], &mailed, e) < 0)
        return -1;
    if (mailed)
        return 0;
    if (also) {
        notices[1] = notice_of(run, o, also);
        if (tell_mailed(run, &notices[1], &mailed, e) < 0)
            return -1;
        count += !mailed;
    }
    return mail_role(run, o, to, notices, count, e);
}

static int tell(struct check_run *run, const struct owed *o, struct err *e)
{
    bool same = o->director && tell_reachable(o->owner) && tell_reachable(o->director) &&
                tell_same_person(o->owner, o->director);

    if (tell_role(run, o, o->owner, same ? o->director : NULL, e) < 0)
        return -1;
    return o->director && !same ? tell_role(run, o, o->director, NULL, e) : 0;
}

/* ---- webhooks ---- */

static char *item_json(const struct owed *o)
{
    struct text t = TEXT_INIT;
    char due[DAY_ISO], send_by[DAY_ISO];

    text_addf(&t, "{\"id\":%" PRId64 ",\"title\":", o->d.id);
    text_add_json(&t, o->d.title);
    text_add(&t, ",\"role\":");
    text_add_json(&t, o->d.role);
    text_add(&t, ",\"to\":");
    text_add_json(&t, o->d.recipient);
    text_addf(&t, ",\"due_on\":\"%s\",\"send_by\":\"%s\",\"state\":\"%s\",\"step\":\"%s\"}",
              day_iso(o->d.due_on, due), day_iso(o->send_by, send_by),
              o->overdue ? "overdue" : "open", o->step);
    return text_take(&t);
}

static int tell_endpoints(struct check_run *run, const struct found *f, const char *event,
                          bool overdue, struct err *e)
{
    struct tell_item *items = xcalloc(f->item_count + 1, sizeof *items);
    size_t count = 0;
    int rc;

    for (size_t i = 0; i < f->item_count; i++) {
        const struct owed *o = &f->items[i];

        if (o->overdue == overdue)
            items[count++] = (struct tell_item){o->about, o->step, o->d.due_on, item_json(o)};
    }
    rc = tell_webhooks(run, event, items, count, e);
    for (size_t i = 0; i < count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

/* ---- the check ---- */

static int look_at(struct check_run *run, struct found *f, int64_t id, struct err *e)
{
    struct owed o = {.d = deadline_new()};

    if (deadline_find(run->store, id, &o.d, e) < 0)
        return -1;
    o.owner = roster_id(&f->roster, o.d.role_id);
    o.director = roster_slug(&f->roster, ROLE_DIRECTOR);
    if (o.director == o.owner)
        o.director = NULL;
    if (!o.owner || !judge(run, &o)) {
        owed_clear(&o);
        return 0;
    }
    f->items = xgrow(f->items, f->item_count, &f->item_cap, sizeof *f->items);
    f->items[f->item_count++] = o;
    run->result.findings++;
    return tell(run, &o, e);
}

static int look_at_all(struct check_run *run, struct found *f, struct err *e)
{
    /* a series shorter than its ladder stands until there, so that no step is late */
    day_t last = ladder_horizon(&ladder_deadline, run->engine->holidays, run->today);

    if (deadline_roll(run->store, run->today, last, e) < 0 || roster_load(run, &f->roster, e) < 0 ||
        deadline_each(run->store, false, last, collect, f, e) < 0)
        return -1;
    for (size_t i = 0; i < f->count; i++)
        if (look_at(run, f, f->ids[i], e) < 0)
            return -1;
    return 0;
}

int check_deadlines(struct check_run *run, struct err *e)
{
    struct found f = {0};
    int rc = look_at_all(run, &f, e);

    if (rc == 0)
        rc = tell_endpoints(run, &f, EVENT_DEADLINE_DUE, false, e);
    if (rc == 0)
        rc = tell_endpoints(run, &f, EVENT_DEADLINE_MISSED, true, e);
    found_clear(&f);
    return rc;
}
