/* Actions added and updated. */
#include <stdlib.h>
#include <string.h>

#include "api/action_form.h"
#include "api/call.h"
#include "api/owners.h"
#include "base/mem.h"
#include "store/action.h"
#include "store/evidence.h"
#include "store/role.h"

struct wanted { /* what the caller said, read and checked */
    struct said said;
    day_t effective;
    const char *note, *part;
    struct evidence *evidence;
    size_t evidence_count;
};

static int read_rating(const struct call *c, const struct scheme *scheme, const char **ret,
                       struct err *e)
{
    int rating;

    if (call_rated(c, scheme, &rating, e) < 0)
        return -1;
    if (rating != RATING_ANY)
        *ret = rating == RATING_UNRATED ? "" : scheme->ratings[rating].code;
    return 0;
}

static int read_status(const struct call *c, const char **ret, struct err *e)
{
    const char *note = call_text(c, "note");
    int status;

    if (call_status(c, &status, e) < 0)
        return -1;
    if (status >= STATUS_SUSPENDED && (!note || !*note))
        return err_set(e, ERR_USAGE, "status: %s wants its reason: add --note",
                       status_name((enum status)status));
    if (status >= 0)
        *ret = status_name((enum status)status);
    return 0;
}

static int read_wanted(const struct call *c, const struct scheme *scheme, struct wanted *ret,
                       struct err *e)
{
    *ret = (struct wanted){.said = {.due_on = DAY_NONE, .completed_on = DAY_NONE},
                           .note = call_text(c, "note"),
                           .part = call_text(c, "part")};
    if (read_rating(c, scheme, &ret->said.rating, e) < 0 ||
        read_status(c, &ret->said.status, e) < 0)
        return -1;
    return call_role(c, "owner", &ret->said.owner_id, e) < 0
               ? -1
               : call_day_kept(c, "effective", c->when.today, &ret->effective, e);
}

/* ---- update ---- */

struct parts {         /* which parts of an action are spoken of, and what they were */
    const char *label; /* NULL: all */
    int64_t ids[64];
    size_t count, seen;
};

static int note_parts(void *arg, const struct action *a)
{
    struct parts *p = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        p->seen++;
        if ((!p->label || strcmp(p->label, a->parts[i].label) == 0) && p->count < COUNT(p->ids))
            p->ids[p->count++] = a->parts[i].id;
    }
    return 0;
}

static int say(struct call *c, const struct plan *plan, int64_t id, const struct wanted *w,
               struct err *e)
{
    struct action_query query = {
        .action_id = id, .as_at = day_from_ymd(9999, 12, 31), .known_at = UTC_NONE};
    struct parts parts = {.label = w->part};

    if (action_each(c->api->store, &query, note_parts, &parts, e) < 0)
        return -1;
    if (parts.count == 0)
        return err_set(e, ERR_NOTFOUND, "%s has no part \"%.40s\"", call_text(c, "ref"),
                       w->part ? w->part : "");
    for (size_t i = 0; i < parts.count; i++)
        if (part_say(c->api->store, plan, id, parts.ids[i], &w->said, w->effective, NULL, e) < 0)
            return -1;
    for (size_t i = 0; i < w->evidence_count; i++)
        if (evidence_add(c->api->store, id, w->part ? parts.ids[0] : 0, &w->evidence[i],
                         w->effective, e) < 0)
            return -1;
    if (w->note && *w->note && action_note(c->api->store, id, w->note, w->effective, e) < 0)
        return -1;
    return 0;
}

static void tell_change(struct call *c, const json_t *before, const char *key, const char *what)
{
    const char *was = json_string_value(json_object_get(before, key));
    const char *is = json_string_value(json_object_get(c->answer, key));

    if (strcmp(was ? was : "", is ? is : "") != 0)
        call_changed(c, what, was ? was : "none", is ? is : "none");
}

static bool is_state(const char *word, enum date_state state)
{
    return word && strcmp(word, date_state_name(state)) == 0;
}

/* The next run of the checks tells the owner, if there is a reason then. */
static void tell_who(struct call *c)
{
    const char *owner = json_string_value(json_object_get(c->answer, "owner_title"));
    const char *state = json_string_value(json_object_get(c->answer, "date_state"));
    const char *ref = json_string_value(json_object_get(c->answer, "ref"));

    if (is_state(state, DATE_CLOSED))
        call_told(c, "nobody: nothing is due of it");
    else if (!owner)
        call_told(c, "nobody: nobody owns it");
    else if (is_state(state, DATE_OVERDUE))
        call_told(c, "%s, in the next mail on overdue actions", owner);
    else if (json_is_string(json_object_get(c->answer, "due_on")))
        call_told(c, "%s, on the days that csictl policy show %s lists", owner, ref);
    else
        call_told(c, "nobody: it has no date");
}

/* Another owner is told at once. */
static int tell_all(struct call *c, const struct ownership *owners, struct err *e)
{
    bool told = false;

    if (owners && owners_after(c, owners, &told, e) < 0)
        return -1;
    if (!told)
        tell_who(c);
    return 0;
}

static int say_what(struct call *c, const json_t *before, const struct wanted *w,
                    const struct ownership *owners, struct err *e)
{
    tell_change(c, before, "rating", "rating");
    tell_change(c, before, "status", "status");
    tell_change(c, before, "owner_title", "owner");
    tell_change(c, before, "date_state", "date");
    for (size_t i = 0; i < w->evidence_count; i++)
        call_changed(c, "evidence", NULL, w->evidence[i].title);
    if (w->note && *w->note)
        call_changed(c, "note", NULL, w->note);
    call_changed_day(c, "effective", DAY_NONE, w->effective);
    return tell_all(c, owners, e);
}

static int change(struct call *c, int64_t id, const struct plan *plan, const struct wanted *w,
                  struct err *e)
{
    struct ownership *owners = NULL;
    json_t *before;
    int rc;

    if (!w->said.rating && !w->said.status && !w->said.owner_id && !(w->note && *w->note) &&
        !w->evidence_count)
        return err_set(e, ERR_USAGE,
                       "nothing to change: give --rating, --status, --owner, --note or --evidence");
    if (w->said.owner_id && owners_before(c, &owners, e) < 0)
        return -1;
    before = json_incref(c->answer);
    rc = say(c, plan, id, w, e);
    if (rc == 0)
        rc = action_answer(c, id, plan, e);
    if (rc == 0)
        rc = say_what(c, before, w, owners, e);
    ownership_free(owners);
    json_decref(before);
    return rc;
}

static int update(struct call *c, int64_t id, const struct plan *plan, struct err *e)
{
    struct wanted w;
    int rc;

    if (action_answer(c, id, plan, e) < 0 || call_match(c, c->version, e) < 0 ||
        read_wanted(c, &plan->scheme, &w, e) < 0 ||
        call_evidence(c, &w.evidence, &w.evidence_count, e) < 0)
        return -1;
    rc = change(c, id, plan, &w, e);
    call_evidence_free(w.evidence, w.evidence_count);
    return rc;
}

int api_action_update(struct call *c, struct err *e)
{
    struct plan plan;
    int64_t id;
    int rc;

    if (action_find(c->api->store, call_text(c, "ref"), call_text(c, "plan"), &id, &plan, e) < 0)
        return -1;
    rc = update(c, id, &plan, e);
    plan_clear(&plan);
    return rc;
}

/* ---- add ---- */

static int read_priority(const struct call *c, int *ret, struct err *e)
{
    int64_t number;

    if (call_number(c, "priority", 0, &number, e) < 0)
        return -1;
    if (number < 1 || number > PRIORITY_MAX)
        return err_set(e, ERR_USAGE, "priority: wants a number from 1 to %d", PRIORITY_MAX);
    *ret = (int)number;
    return 0;
}

static int add(struct call *c, const struct plan *plan, struct err *e)
{
    struct action_fields f = {.ref = call_text(c, "ref"),
                              .title = call_text(c, "title"),
                              .success_measure = call_text(c, "success_measure"),
                              .start_on = DAY_NONE};
    struct store *s = c->api->store;
    struct wanted w;
    int64_t id, part;
    int number = 0;

    if (read_wanted(c, &plan->scheme, &w, e) < 0 || read_priority(c, &number, e) < 0 ||
        call_day_kept(c, "start", DAY_NONE, &f.start_on, e) < 0 ||
        call_day_kept(c, "due", DAY_NONE, &w.said.due_on, e) < 0 ||
        call_role(c, "accountable", &f.accountable_id, e) < 0)
        return -1;
    w.said.due = true;
    w.said.due_precision = day_is(w.said.due_on) ? DUE_DAY : DUE_NONE;
    if (!w.said.status)
        w.said.status = status_name(STATUS_AGREED);
    if (priority_ensure(s, plan, number, NULL, &f.priority_id, NULL, e) < 0 ||
        action_add(s, plan, &f, &id, e) < 0 || part_ensure(s, id, "", &part, NULL, e) < 0 ||
        part_say(s, plan, id, part, &w.said, w.effective, NULL, e) < 0 ||
        action_answer(c, id, plan, e) < 0)
        return -1;
    c->status = 201;
    call_changed_day(c, "start", DAY_NONE, f.start_on);
    call_changed_day(c, "due", DAY_NONE, w.said.due_on);
    call_changed_day(c, "effective", DAY_NONE, w.effective);
    tell_who(c);
    return 0;
}

int api_action_add(struct call *c, struct err *e)
{
    struct plan plan;
    int rc;

    if (plan_find(c->api->store, call_text(c, "plan"), &plan, e) < 0)
        return -1;
    rc = add(c, &plan, e);
    plan_clear(&plan);
    return rc;
}
