/* Deadlines: what is owed, to whom, by when. */
#include "store/deadline.h"

#include <stdlib.h>
#include <string.h>

#include "api/deadline.h"
#include "base/mem.h"
#include "engine/checks.h"
#include "plan/ladder.h"
#include "store/notice.h"
#include "store/role.h"

static const struct column columns[] = {
    {"id", "ID", KIND_NUMBER, false},
    {"title", "TITLE", KIND_TEXT, true},
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
    {"due_on", "Due", KIND_DAY, false},
    {"send_by_text", "Send by", KIND_TEXT, true},
    {"state", "State", KIND_TEXT, false},
    {"role_title", "Owed by", KIND_TEXT, true},
    {"holder", "Held by", KIND_TEXT, true},
    {"to", "Owed to", KIND_TEXT, true},
    {"every", "Every", KIND_TEXT, false},
    {"source", "Source", KIND_TEXT, true},
    {"submitted_on", "Submitted", KIND_DAY, false},
    {"evidence_title", "Evidence", KIND_TEXT, true},
    {"evidence_link", "Link", KIND_TEXT, true},
    {"ended_on", "Ended", KIND_DAY, false},
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

static void put_deadline(const struct call *c, json_t *o, const struct deadline *d)
{
    put_int(o, "id", d->id);
    put_text(o, "title", d->title);
    put_day(o, "due_on", d->due_on);
    put_day(o, "send_by", ladder_send_by(c->when.holidays, d->due_on));
    put_text(o, "state", deadline_state_name(deadline_state(d, c->when.today)));
    put_text(o, "role", d->role);
    put_text(o, "to", d->recipient);
    put_text(o, "every", d->every);
    put_day(o, "submitted_on", d->submitted_on);
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
    day_t send_by = ladder_send_by(c->when.holidays, d->due_on);
    char by[DAY_TEXT], due[DAY_TEXT];

    if (send_by.n == d->due_on.n)
        put_text(o, "send_by_text", day_weekday_short(send_by, by));
    else
        put_textf(o, "send_by_text", "%s, as %s is no working day (%s)",
                  day_weekday_short(send_by, by), day_weekday_short(d->due_on, due),
                  workday_why_not(c->when.holidays, d->due_on));
}

/* Whether the step has gone to the role already: today's may have, earlier today. */
static int step_told(struct call *c, const struct deadline *d, const char *step, bool *ret,
                     struct err *e)
{
    char about[32];
    struct notice n = {.about = about,
                       .due_on = d->due_on,
                       .rule = CHECK_DEADLINES,
                       .step = step,
                       .role = d->role,
                       .channel = "mail"};

    snprintf(about, sizeof about, "deadline:%lld", (long long)d->id);
    return notice_exists(c->api->store, &n, ret, e);
}

static int put_reminders(struct call *c, json_t *o, const struct deadline *d, struct err *e)
{
    day_t send_by = ladder_send_by(c->when.holidays, d->due_on);
    json_t *steps = put_list(o, "reminders");

    if (day_is(d->submitted_on) || day_is(d->ended_on))
        return 0;
    for (size_t i = 0; i < ladder_deadline.count; i++) {
        int days = ladder_deadline.days[i];
        day_t on = ladder_day(c->when.holidays, send_by, days);
        char name[LADDER_STEP];
        bool told = false;

        ladder_step(days, name);
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
        put_text(o, "role_title", d.role_title);
        put_text(o, "holder", role.holder ? role.holder : "nobody: csictl role assign");
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

    return call_number(c, "id", 0, &id, e) < 0 ? -1 : show_deadline(c, id, e);
}

/* The holder on the steps listed, the director a copy of each; nobody once it is done with. */
int tell_deadline(struct call *c, struct err *e)
{
    const char *holder = json_string_value(json_object_get(c->answer, "holder"));
    const char *state = json_string_value(json_object_get(c->answer, "state"));
    struct role director;

    if (strcmp(state, "submitted") == 0 || strcmp(state, "ended") == 0) {
        call_told(c, "nobody: its reminders end");
        return 0;
    }
    if (role_find(c->api->store, ROLE_DIRECTOR, c->when.today, &director, e) < 0)
        return -1;
    call_told(c, "%s (%s), on the days listed, and daily once it is overdue", holder,
              json_string_value(json_object_get(c->answer, "role")));
    if (strcmp(json_string_value(json_object_get(c->answer, "role")), ROLE_DIRECTOR) != 0)
        call_told(c, "%s (director), a copy", director.holder ? director.holder : "nobody");
    role_clear(&director);
    return 0;
}
