/* The policy of one subject: its ladder with the days that follow from it, who hears of it, and
 * when nothing is delivered. */
#include <stdlib.h>
#include <string.h>

#include "api/about.h"
#include "api/call.h"
#include "base/mem.h"
#include "engine/checks.h"
#include "engine/escalate.h"
#include "engine/subject.h"
#include "engine/why_chain.h"
#include "plan/escalation.h"
#include "store/deadline.h"
#include "store/notice.h"

static const struct column columns[] = {
    {"about", "About", KIND_TEXT, false},
    {"title", "Title", KIND_TEXT, true},
    {"due_on", "Due", KIND_DAY, false},
    {"send_by", "To be done by", KIND_DAY, false},
    {"ladder", "Ladder", KIND_TEXT, true},
    {"ladder_from", "As said in", KIND_TEXT, true},
    {"copy_to", "Copies to", KIND_TEXT, true},
    {"quiet_hours", "Quiet hours", KIND_TEXT, false},
    {"quiet_days", "Quiet days", KIND_TEXT, false},
    {"no_update_days", "Days until asked for an update", KIND_NUMBER, COLUMN_SPARE},
    {"escalation", "Goes up to", KIND_TEXT, true},
};
static const struct column step_columns[] = {
    {"step", "STEP", KIND_TEXT, false},
    {"on", "ON", KIND_DAY, false},
    {"state", "STATE", KIND_TEXT, true},
};
static const struct section sections[] = {
    {NULL, NULL, columns, COUNT(columns), NULL},
    {"Steps", "steps", step_columns, COUNT(step_columns), NULL},
};
static const struct view view = {sections, COUNT(sections), 0};

/* What is shown of a subject. */
struct shown {
    char *about;
    struct subject subject;
    struct ladder ladder;
    bool stepped; /* it has a ladder */
    char *from;   /* where that is said */
    char *copies; /* slugs */
    bool updated; /* its owner is asked for updates */
    day_t send_by;
};

static void shown_clear(struct shown *x)
{
    free(x->about);
    free(x->from);
    free(x->copies);
    subject_clear(&x->subject);
}

/* ---- what holds for it ---- */

static char *option(enum policy_kind kind)
{
    return xasprintf("reminders.%s of csid.yaml", policy_key(kind));
}

static void usual(const struct call *c, struct shown *x, enum policy_kind kind)
{
    x->ladder = c->api->engine->policy.ladders[kind];
    x->stepped = true;
    x->from = option(kind);
}

static int of_deadline(struct call *c, struct shown *x, struct err *e)
{
    const struct policy *p = &c->api->engine->policy;
    struct deadline d;
    int rc = 0;

    if (deadline_find(c->api->store, strtoll(strchr(x->about, ':') + 1, NULL, 10), &d, e) < 0)
        return -1;
    x->copies = xstrdup(d.copy_to ? d.copy_to : "");
    x->stepped = !deadline_is_window(&d);
    if (!x->stepped)
        x->from = xasprintf("the day it opens, its warning, then every %d day%s "
                            "(reminders.nothing_booked_days of csid.yaml)",
                            p->nothing_booked_days, p->nothing_booked_days == 1 ? "" : "s");
    else if ((rc = policy_deadline(p, d.check_name, d.ladder, &x->ladder, e)) == 0)
        x->from = strcmp(d.ladder, DEADLINE_LADDER) == 0 ? option(policy_kind_of(d.check_name))
                  : d.rule                               ? xasprintf("the rule %s", d.rule)
                                                         : xstrdup("the deadline itself");
    deadline_clear(&d);
    return rc;
}

static int of_record(struct call *c, struct shown *x, struct err *e)
{
    (void)e;
    usual(c, x, POLICY_visits);
    x->copies = xstrdup("");
    return 0;
}

static int of_action(struct call *c, struct shown *x, struct err *e)
{
    (void)e;
    usual(c, x, POLICY_actions);
    x->updated = true;
    x->copies = xstrdup(c->api->engine->policy.copy_actions);
    return 0;
}

static int of_other(struct call *c, struct shown *x, struct err *e)
{
    (void)c;
    (void)e;
    x->from = xstrdup("its check: csictl check list");
    x->copies = xstrdup("");
    return 0;
}

/* By how a subject is named; an action's name is SLUG:REF. */
static const struct {
    const char *prefix;
    int (*look)(struct call *c, struct shown *x, struct err *e);
} kinds[] = {
    {"deadline:", of_deadline}, {"visit:", of_record}, {"inspection:", of_record},
    {"audit:", of_other},       {"audits:", of_other}, {"measure:", of_other},
    {"risk:", of_other},        {"", of_action},
};

static int look(struct call *c, struct shown *x, struct err *e)
{
    const struct holidays *h = c->when.holidays;
    size_t i = 0;

    if (subject_find(c->api->store, c->api->engine, x->about, DAY_NONE, c->when.today, &x->subject,
                     e) < 0)
        return -1;
    while (strncmp(x->about, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
        i++;
    if (kinds[i].look(c, x, e) < 0)
        return -1;
    x->send_by = kinds[i].look == of_record   ? x->subject.due_on
                 : kinds[i].look == of_action ? ladder_action_day(&x->ladder, h, x->subject.due_on)
                                              : ladder_send_by(h, x->subject.due_on);
    return 0;
}

/* ---- its steps ---- */

struct step {
    const char *step, *state;
    day_t due_on;
    utc_t at;
    char *said; /* what became of it; NULL: nothing yet */
    const struct zone *zone;
};

static int note_step(void *arg, const struct notice_told *n)
{
    struct step *s = arg;
    char day[DAY_TEXT];

    if (n->due_on.n != s->due_on.n || strcmp(n->step, s->step) != 0)
        return 0;
    free(s->said);
    if (n->message)
        s->said =
            xasprintf("told on %s to %s: notice %lld",
                      day_weekday_short(zone_today(s->zone, n->at), day), n->to, (long long)n->id);
    else
        s->said = xstrdup(n->reason);
    return n->message != 0;
}

static int put_step(struct call *c, json_t *rows, const struct shown *x, int place, struct err *e)
{
    day_t on = ladder_place_day(&x->ladder, c->when.holidays, x->send_by, x->subject.due_on, place);
    char name[LADDER_STEP];
    struct step s = {.step = ladder_place_step(&x->ladder, place, name),
                     .due_on = x->subject.due_on,
                     .zone = c->api->engine->zone};
    json_t *row;

    if (!day_is(on))
        return 0;
    if (notice_each_about(c->api->store, x->about, note_step, &s, e) < 0) {
        free(s.said);
        return -1;
    }
    row = put_row(rows);
    put_text(row, "step", name);
    put_day(row, "on", on);
    put_text(row, "state",
             s.said                   ? s.said
             : on.n > c->when.today.n ? "ahead"
                                      : "not told: csictl notice why-not says why");
    free(s.said);
    return 0;
}

/* Those with a day of their own, then of those that come again the last and the next. */
static int put_steps(struct call *c, json_t *o, const struct shown *x, struct err *e)
{
    json_t *rows = put_list(o, "steps");
    const struct ladder *l = &x->ladder;
    int named = (int)(l->count + l->after_count);
    int place = ladder_place(l, c->when.holidays, x->send_by, x->subject.due_on, c->when.today);
    int rc = 0;

    for (int i = 0; rc == 0 && x->stepped && i < named; i++)
        rc = put_step(c, rows, x, i, e);
    for (int i = place < named ? named : place; rc == 0 && l->every && i <= place + 1; i++)
        rc = put_step(c, rows, x, i, e);
    return rc;
}

/* ---- the answer ---- */

static void put_quiet(const struct call *c, json_t *o)
{
    const struct policy *p = &c->api->engine->policy;

    if (p->quiet_from == p->quiet_to)
        put_text(o, "quiet_hours", NULL);
    else
        put_textf(o, "quiet_hours", "%02d:%02d-%02d:%02d", p->quiet_from / 60, p->quiet_from % 60,
                  p->quiet_to / 60, p->quiet_to % 60);
    put_text(o, "quiet_days", p->quiet_days ? "non-working" : NULL);
}

/* Of what has begun to go up the policy that it began under; none of what never does. */
static int put_escalation(const struct call *c, json_t *o, const struct shown *x, struct err *e)
{
    const struct engine *engine = c->api->engine;
    bool goes_up = x->stepped && escalation_is_of(x->about);
    struct why_chain chain;
    char *text;

    if (why_chain(c->api->store, engine, c->api->now, x->about, x->subject.due_on, NULL, &chain,
                  e) < 0)
        return -1;
    text = goes_up && !chain.policy ? escalation_text(engine->escalation) : NULL;
    put_text(o, "escalation", chain.policy ? chain.policy : text);
    free(text);
    why_chain_clear(&chain);
    return 0;
}

int api_policy_show(struct call *c, struct err *e)
{
    struct shown x = {.send_by = DAY_NONE};
    json_t *o = call_object(c, &view);
    int rc = call_about(c, &x.about, e);

    if (rc == 0)
        rc = look(c, &x, e);
    if (rc == 0) {
        char *ladder = x.stepped ? ladder_text(&x.ladder) : NULL;

        put_text(o, "about", x.about);
        put_text(o, "title", x.subject.title);
        put_day(o, "due_on", x.subject.due_on);
        put_day(o, "send_by", x.send_by);
        put_text(o, "ladder", ladder);
        put_text(o, "ladder_from", x.from);
        put_text(o, "copy_to", *x.copies ? x.copies : NULL);
        put_quiet(c, o);
        if (x.updated)
            put_int(o, "no_update_days", c->api->engine->policy.no_update_days);
        else
            put_text(o, "no_update_days", NULL);
        free(ladder);
        rc = put_escalation(c, o, &x, e);
        if (rc == 0)
            rc = put_steps(c, o, &x, e);
    }
    shown_clear(&x);
    return rc;
}
