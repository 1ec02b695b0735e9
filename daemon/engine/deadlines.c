/* deadlines: who owes something by a date is reminded on the steps of its ladder, before the date
 * and once it is overdue; copies go to the roles that it names. Windows are another check's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/escalate.h"
#include "engine/finding.h"
#include "engine/quiet.h"
#include "engine/remind.h"
#include "engine/settle.h"
#include "engine/trouble.h"
#include "store/deadline.h"

#define STEP_PAST "recorded" /* of what had passed when it was recorded: the only one */

struct found {
    const struct check_run *run;
    int64_t *ids; /* of all that is owed and this check's to tell */
    size_t count, cap;
    struct reminder *items; /* of those that have something due today */
    size_t item_count, item_cap;
    struct roster roster;
};

static void found_clear(struct found *f)
{
    for (size_t i = 0; i < f->item_count; i++)
        reminder_clear(&f->items[i]);
    free(f->items);
    free(f->ids);
    roster_free(&f->roster);
}

static int collect(void *arg, const struct deadline *d)
{
    struct found *f = arg;

    if (strcmp(d->check_name, f->run->check) != 0 || deadline_is_window(d))
        return 0;
    f->ids = xgrow(f->ids, f->count, &f->cap, sizeof *f->ids);
    f->ids[f->count++] = d->id;
    return 0;
}

/* ---- what is due of it ---- */

static void judge_past(const struct check_run *run, struct reminder *r)
{
    char day[DAY_TEXT];

    r->place = 0;
    snprintf(r->step, sizeof r->step, STEP_PAST);
    r->reason = xasprintf("past when it was recorded on %s: was it sent?",
                          day_short(zone_today(run->engine->zone, r->d.created_at), day));
    r->next = DAY_NONE;
}

static void judge_overdue(const struct check_run *run, struct reminder *r)
{
    int days = run->today.n - r->d.due_on.n;

    r->reason = xasprintf("overdue by %d day%s", days, days == 1 ? "" : "s");
}

static void judge_ahead(struct reminder *r)
{
    char day[DAY_TEXT];

    r->reason = xasprintf("%s: send by %s", r->step, day_weekday_short(r->send_by, day));
}

/* What is due by the ladder; false when nothing is yet. */
static bool judge_step(const struct check_run *run, struct reminder *r)
{
    const struct holidays *h = run->engine->holidays;
    day_t next;

    r->place = ladder_place(&r->ladder, h, r->send_by, r->d.due_on, quiet_day(run, r->send_by));
    if (r->place < 0)
        return false;
    ladder_place_step(&r->ladder, r->place, r->step);
    r->on = ladder_place_day(&r->ladder, h, r->send_by, r->d.due_on, r->place);
    next = ladder_place_day(&r->ladder, h, r->send_by, r->d.due_on, r->place + 1);
    r->next = day_is(next) ? tell_day_from(run, next) : DAY_NONE;
    if (r->overdue)
        judge_overdue(run, r);
    else
        judge_ahead(r);
    return true;
}

/* One that cannot be read must not keep its deadline from
 * being told. */
static void read_ladder(struct check_run *run, struct reminder *r)
{
    const struct policy *policy = &run->engine->policy;
    struct err why, none;

    if (policy_deadline(policy, run->check, r->d.ladder, &r->ladder, &why) == 0)
        return;
    policy_deadline(policy, run->check, DEADLINE_LADDER, &r->ladder, &none);
    trouble_note(run,
                 "%s: reminded as deadlines usually are, for its own ladder cannot be read: %s",
                 r->about, why.text);
}

/* False when nothing of it is due yet, or any more. */
static bool judge(struct check_run *run, struct reminder *r)
{
    enum deadline_state state = deadline_state(&r->d, run->today);

    r->overdue = state == DEADLINE_OVERDUE;
    if (!r->overdue && state != DEADLINE_OPEN)
        return false;
    r->about = xasprintf("deadline:%" PRId64, r->d.id);
    r->send_by = ladder_send_by(run->engine->holidays, r->d.due_on);
    r->past = r->overdue && deadline_was_past(&r->d, run->engine->zone);
    read_ladder(run, r);
    if (!r->past)
        return judge_step(run, r);
    judge_past(run, r);
    return true;
}

/* ---- webhooks ---- */

static char *item_json(const struct reminder *r)
{
    struct text t = TEXT_INIT;
    char due[DAY_ISO], send_by[DAY_ISO];

    text_addf(&t, "{\"id\":%" PRId64 ",\"title\":", r->d.id);
    text_add_json(&t, r->d.title);
    text_add(&t, ",\"role\":");
    text_add_json(&t, r->d.role);
    text_add(&t, ",\"to\":");
    text_add_json(&t, r->d.recipient);
    text_addf(&t, ",\"due_on\":\"%s\",\"send_by\":\"%s\",\"state\":\"%s\",\"step\":\"%s\"}",
              day_iso(r->d.due_on, due), day_iso(r->send_by, send_by),
              r->overdue ? "overdue" : "open", r->step);
    return text_take(&t);
}

static int tell_endpoints(struct check_run *run, const struct found *f, const char *event,
                          bool overdue, struct err *e)
{
    struct tell_item *items = xcalloc(f->item_count + 1, sizeof *items);
    size_t count = 0;
    int rc;

    for (size_t i = 0; i < f->item_count; i++) {
        const struct reminder *r = &f->items[i];

        if (r->overdue == overdue)
            items[count++] = (struct tell_item){r->about,
                                                r->step,
                                                r->d.due_on,
                                                item_json(r),
                                                {r->about, r->d.title, r->send_by, NULL},
                                                reminder_step(r)};
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
    struct reminder r = {.d = deadline_new()};

    if (deadline_find(run->store, id, &r.d, e) < 0)
        return -1;
    if (!judge(run, &r)) {
        reminder_clear(&r);
        return 0;
    }
    if (tell_former_date(run, r.about, r.d.due_on, &r.was, e) < 0) {
        reminder_clear(&r);
        return -1;
    }
    tell_due_changed(&r.reason, r.was);
    f->items = xgrow(f->items, f->item_count, &f->item_cap, sizeof *f->items);
    f->items[f->item_count++] = r;
    finding_note(run, r.about, r.d.due_on, r.reason);
    return remind(run, &f->roster, &r, e);
}

/* The other checks that do the same leave it to this one to say what they could not. */
static int settle_all(struct check_run *run, struct err *e)
{
    struct settled settled = {0};
    int rc = settle(run->store, run->engine, run->now, &settled, e);

    if (strcmp(run->check, CHECK_DEADLINES) == 0)
        for (size_t i = 0; i < settled.overlong.count; i++)
            trouble_note(run, "%s", settled.overlong.items[i]);
    settled_clear(&settled);
    return rc;
}

static int look_at_all(struct check_run *run, struct found *f, struct err *e)
{
    static const struct ladder longest = {.days = {LADDER_DAYS_MAX}, .count = 1};
    const struct ladder *by_hand = &run->engine->policy.ladders[POLICY_deadlines];
    const struct holidays *holidays = run->engine->holidays;

    /* a series by hand that is shorter than its ladder stands until there, so that no step is late
     */
    if (settle_all(run, e) < 0 ||
        deadline_roll(run->store, run->today, ladder_horizon(by_hand, holidays, run->today), e) <
            0 ||
        roster_load(run, &f->roster, e) < 0 ||
        deadline_each(run->store, false, ladder_horizon(&longest, holidays, run->today), collect, f,
                      e) < 0)
        return -1;
    for (size_t i = 0; i < f->count; i++)
        if (look_at(run, f, f->ids[i], e) < 0)
            return -1;
    return 0;
}

/* What had passed when it was recorded is asked about, and goes no further. */
static int go_up(struct check_run *run, const struct found *f, struct err *e)
{
    struct escalate_item *items = xcalloc(f->item_count + 1, sizeof *items);
    size_t count = 0;
    int rc;

    for (size_t i = 0; i < f->item_count; i++) {
        const struct reminder *r = &f->items[i];

        if (r->overdue && !r->past)
            items[count++] = (struct escalate_item){r->about, r->d.role, r->d.due_on};
    }
    rc = escalate(run, &f->roster, items, count, e);
    free(items);
    return rc;
}

int check_deadlines(struct check_run *run, struct err *e)
{
    struct found f = {.run = run};
    int rc = look_at_all(run, &f, e);

    if (rc == 0)
        rc = tell_endpoints(run, &f, EVENT_DEADLINE_DUE, false, e);
    if (rc == 0)
        rc = tell_endpoints(run, &f, EVENT_DEADLINE_MISSED, true, e);
    if (rc == 0)
        rc = go_up(run, &f, e);
    found_clear(&f);
    return rc;
}
