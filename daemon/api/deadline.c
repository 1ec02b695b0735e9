/* Deadlines: what is owed, to whom, by when. */
#include "store/deadline.h"

#include <stdlib.h>
#include <string.h>

#include "api/deadline.h"
#include "base/mem.h"
#include "engine/checks.h"
#include "plan/ladder.h"
#include "plan/slug.h"
#include "plan/window.h"
#include "store/notice.h"
#include "store/role.h"

static const struct column columns[] = {
    {"id", "ID", KIND_NUMBER, false},
    {"title", "TITLE", KIND_TEXT, true},
    {"opens_on", "FROM", KIND_DAY, COLUMN_SPARE},
    {"due_on", "DUE", KIND_DAY, false},
    {"send_by", "SEND BY", KIND_DAY, false},
    {"state", "STATE", KIND_TEXT, false},
    {"role", "ROLE", KIND_TEXT, true},
    {"to", "TO", KIND_TEXT, true},
    {"every", "EVERY", KIND_TEXT, false},
    {"submitted_on", "SUBMITTED", KIND_DAY, false},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), "Nothing is owed."}};
static const struct view list_view = {list, 1, 0};

static const struct column show_columns[] = {
    {"id", "Deadline", KIND_NUMBER, false},
    {"title", "Title", KIND_TEXT, true},
    {"opens_on", "Expected from", KIND_DAY, false},
    {"due_on", "Due", KIND_DAY, false},
    {"send_by_text", "Send by", KIND_TEXT, true},
    {"state", "State", KIND_TEXT, false},
    {"rule", "Rule", KIND_TEXT, false},
    {"about", "Counts from", KIND_TEXT, true},
    {"reckoning", "Reckoning", KIND_TEXT, true},
    {"computed_text", "Computed", KIND_TEXT, true},
    {"stated_text", "Stated", KIND_TEXT, true},
    {"role_title", "Owed by", KIND_TEXT, true},
    {"holder", "Held by", KIND_TEXT, true},
    {"copy_to", "Copies to", KIND_TEXT, true},
    {"to", "Owed to", KIND_TEXT, true},
    {"every", "Every", KIND_TEXT, false},
    {"source", "Source", KIND_TEXT, true},
    {"citation", "Rests on", KIND_TEXT, true},
    {"missed", "If missed", KIND_TEXT, true},
    {"data_on", "Figures as at", KIND_DAY, false},
    {"submitted_on", "Submitted", KIND_DAY, false},
    {"evidence_title", "Evidence", KIND_TEXT, true},
    {"evidence_link", "Link", KIND_TEXT, true},
    {"ended_on", "Ended", KIND_DAY, false},
    {"ended_why", "Ended by", KIND_TEXT, true},
};
static const struct column step_columns[] = {
    {"step", "REMINDER", KIND_TEXT, false},
    {"on", "ON", KIND_DAY, false},
};
static const struct section show_sections[] = {
    {NULL, NULL, show_columns, COUNT(show_columns), NULL},
    {"Reminders to come", "reminders", step_columns, COUNT(step_columns), NULL},
};
static const struct view show_view = {show_sections, 2, 0};

/* By when it is to go; a window is no thing to send. */
static day_t send_by_of(const struct call *c, const struct deadline *d)
{
    return deadline_is_window(d) ? DAY_NONE : ladder_send_by(c->when.holidays, d->due_on);
}

static void put_deadline(const struct call *c, json_t *o, const struct deadline *d)
{
    put_int(o, "id", d->id);
    put_text(o, "title", d->title);
    put_day(o, "opens_on", d->opens_on);
    put_day(o, "due_on", d->due_on);
    put_day(o, "send_by", send_by_of(c, d));
    put_text(o, "state", deadline_state_name(deadline_state(d, c->when.today)));
    put_text(o, "role", d->role);
    put_text(o, "to", d->recipient);
    put_text(o, "every", d->every);
    put_day(o, "submitted_on", d->submitted_on);
    put_text(o, "rule", d->rule);
    put_text(o, "about", d->about);
    put_flag(o, "differs", deadline_differs(d));
}

struct listing {
    struct call *call;
    json_t *items;
    bool all;
};

static int put_item(void *arg, const struct deadline *d)
{
    struct listing *l = arg;
    bool ended = deadline_state(d, l->call->when.today) == DEADLINE_ENDED;

    if (ended && !l->all)
        return 0;
    put_deadline(l->call, put_row(l->items), d);
    return 0;
}

int api_deadline_list(struct call *c, struct err *e)
{
    struct listing l = {.call = c, .all = call_flag(c, "all")};
    day_t until;

    if (call_day(c, "until", DAY_NONE, &until, e) < 0)
        return -1;
    l.items = call_items(c, &list_view);
    return deadline_each(c->api->store, l.all, until, put_item, &l, e);
}

/* "Fri 29 Sep 2017, as Sun 1 Oct 2017 is no working day (Sunday)" */
static void put_send_by_text(const struct call *c, json_t *o, const struct deadline *d)
{
    day_t send_by = send_by_of(c, d);
    char by[DAY_TEXT], due[DAY_TEXT];

    if (!day_is(send_by))
        put_text(o, "send_by_text", NULL);
    else if (send_by.n == d->due_on.n)
        put_text(o, "send_by_text", day_weekday_short(send_by, by));
    else
        put_textf(o, "send_by_text", "%s, as %s is no working day (%s)",
                  day_weekday_short(send_by, by), day_weekday_short(d->due_on, due),
                  workday_why_not(c->when.holidays, d->due_on));
}

/* "Mon 4 Feb 2019", or "Tue 1 Jan 2019 to Thu 31 Jan 2019"; `after` is added. */
static void put_span(json_t *o, const char *key, day_t from, day_t to, const char *after)
{
    char first[DAY_TEXT], last[DAY_TEXT];

    if (!day_is(to))
        put_text(o, key, NULL);
    else if (day_is(from) && from.n != to.n)
        put_textf(o, key, "%s to %s%s", day_weekday_short(from, first), day_weekday_short(to, last),
                  after);
    else
        put_textf(o, key, "%s%s", day_weekday_short(to, last), after);
}

/* What its rule says of it, and what was stated instead. */
static void put_rule(json_t *o, const struct deadline *d)
{
    char *after = xasprintf("%s%s%s", d->stated_by ? ", by " : "", d->stated_by ? d->stated_by : "",
                            deadline_differs(d) ? "; differs from what is computed" : "");

    put_text(o, "reckoning", d->reckoning);
    put_day(o, "warn_on", d->warn_on);
    put_day(o, "computed_opens_on", d->computed_opens_on);
    put_day(o, "computed_on", d->computed_on);
    put_span(o, "computed_text", d->computed_opens_on, d->computed_on, "");
    put_day(o, "stated_opens_on", d->stated_opens_on);
    put_day(o, "stated_on", d->stated_on);
    put_text(o, "stated_by", d->stated_by);
    put_span(o, "stated_text", d->stated_opens_on, d->stated_on, after);
    put_text(o, "citation", d->citation);
    put_text(o, "missed", d->missed);
    put_text(o, "copy_to", d->copy_to);
    put_day(o, "data_on", d->data_on);
    put_text(o, "ended_why", d->ended_why);
    free(after);
}

/* Whether the step has gone to the role already: today's may have, earlier today. */
static int step_told(struct call *c, const struct deadline *d, const char *step, bool *ret,
                     struct err *e)
{
    char about[32];
    struct notice n = {.about = about,
                       .due_on = d->due_on,
                       .rule = d->check_name,
                       .step = step,
                       .role = d->role,
                       .channel = "mail"};

    snprintf(about, sizeof about, "deadline:%lld", (long long)d->id);
    return notice_exists(c->api->store, &n, ret, e);
}

static int put_reminders(struct call *c, json_t *o, const struct deadline *d, struct err *e)
{
    day_t send_by = send_by_of(c, d);
    json_t *steps = put_list(o, "reminders");
    struct ladder ladder;

    if (day_is(d->submitted_on) || day_is(d->ended_on) || !day_is(send_by))
        return 0;
    if (policy_deadline(&c->api->engine->policy, d->check_name, d->ladder, &ladder, e) < 0)
        return err_within(e, "ladder");
    for (size_t i = 0; i < ladder.count; i++) {
        day_t on = ladder_day(&ladder, c->when.holidays, send_by, ladder.days[i]);
        char name[LADDER_STEP];
        bool told = false;

        ladder_step(ladder.days[i], name);
        if (on.n == c->when.today.n && step_told(c, d, name, &told, e) < 0)
            return -1;
        if (on.n >= c->when.today.n && !told) {
            json_t *row = put_row(steps);

            put_text(row, "step", name);
            put_day(row, "on", on);
        }
    }
    return 0;
}

static void put_holder(json_t *o, const struct role *role)
{
    if (role->holder)
        put_text(o, "holder", role->holder);
    else
        put_textf(o, "holder", "nobody: csictl role assign %s --name NAME --email ADDRESS",
                  role->slug);
}

int show_deadline(struct call *c, int64_t id, struct err *e)
{
    struct deadline d;
    struct role role;
    json_t *o;
    int rc;

    if (deadline_find(c->api->store, id, &d, e) < 0)
        return -1;
    rc = role_find_id(c->api->store, d.role_id, c->when.today, &role, e);
    if (rc == 0) {
        o = call_object(c, &show_view);
        put_deadline(c, o, &d);
        put_send_by_text(c, o, &d);
        put_rule(o, &d);
        put_text(o, "role_title", d.role_title);
        put_holder(o, &role);
        put_text(o, "source", d.source);
        put_text(o, "evidence_title", d.evidence_title);
        put_text(o, "evidence_link", d.evidence_link);
        put_day(o, "ended_on", d.ended_on);
        put_int(o, "version", d.version);
        rc = put_reminders(c, o, &d, e);
        c->version = d.version;
        role_clear(&role);
    }
    deadline_clear(&d);
    return rc;
}

int api_deadline_show(struct call *c, struct err *e)
{
    int64_t id;

    return call_id(c, "deadline", &id, e) < 0 ? -1 : show_deadline(c, id, e);
}

/* When it is told of. Caller frees. */
static char *told_when(const struct call *c, const struct deadline *d)
{
    bool letter = strcmp(d->check_name, CHECK_LETTERS) == 0;
    char warn[DAY_TEXT];

    if (deadline_is_window(d))
        return xasprintf("if %s by %s", letter ? "it has not come" : "nothing is booked",
                         day_weekday_short(window_warn_on(d), warn));
    if (d->due_on.n >= c->when.today.n)
        return xstrdup("on the days listed, and once it is overdue until it is recorded as sent");
    return xstrdup(deadline_was_past(d, c->api->engine->zone)
                       ? "once, to ask whether it was sent: it was past when it was recorded"
                       : "on the steps of its ladder until it is recorded as sent");
}

static int put_told(struct call *c, const char *slug, const char *what, struct err *e)
{
    struct role role = {0};

    if (role_find(c->api->store, slug, c->when.today, &role, e) < 0 && e->code != ERR_NOTFOUND)
        return -1;
    call_told(c, "%s (%s), %s", role.holder ? role.holder : "nobody", slug, what);
    role_clear(&role);
    return 0;
}

static int put_told_all(struct call *c, const struct deadline *d, struct err *e)
{
    const char *slugs = d->copy_to;
    char slug[SLUG_MAX + 1], *when = told_when(c, d);
    int rc = put_told(c, d->role, when, e);

    free(when);
    while (rc == 0 && slug_next(&slugs, slug))
        if (strcmp(slug, d->role) != 0)
            rc = put_told(c, slug, "a copy", e);
    return rc;
}

/* The holder on the steps listed, others a copy of each; nobody once it is done with. */
int tell_deadline(struct call *c, struct err *e)
{
    int64_t id = json_integer_value(json_object_get(c->answer, "id"));
    enum deadline_state state;
    struct deadline d;
    int rc = 0;

    if (deadline_find(c->api->store, id, &d, e) < 0)
        return -1;
    state = deadline_state(&d, c->when.today);
    if (state == DEADLINE_SUBMITTED || state == DEADLINE_ENDED)
        call_told(c, "nobody: its reminders end");
    else
        rc = put_told_all(c, &d, e);
    deadline_clear(&d);
    return rc;
}
