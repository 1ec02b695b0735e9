/* Changes of deadlines: held, changed, stated, acknowledged, submitted. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/deadline.h"
#include "api/owners.h"
#include "base/mem.h"
#include "engine/settle.h"
#include "plan/ladder.h"
#include "store/deadline.h"
#include "store/record.h"

/* What follows from the change, as the next of a series, and the deadline as it is then. */
static int settle_and_show(struct call *c, int64_t id, struct err *e)
{
    if (settle(c->api->store, c->api->engine, c->api->now, NULL, e) < 0)
        return -1;
    return show_deadline(c, id, e);
}

/* A source that names a record names one that is there; any other text is fine. */
static int check_source(const struct call *c, const char *source, struct err *e)
{
    size_t len = strcspn(source, ":");
    enum record_kind kind;
    struct record r;
    int64_t id;
    int rc = 0;

    if (source[len] != ':' || !record_kind_find(source, len, &kind))
        return 0;
    if (record_number(kind, source, &id, e) < 0 || record_find(c->api->store, kind, id, &r, e) < 0)
        return err_within(e, "source");
    if (kind == RECORD_INSTRUMENT && record_is_cancelled(&r))
        rc = err_set(
            e, ERR_CONFLICT,
            "source: instrument:%" PRId64 " is cancelled, and what it asks for is not owed", id);
    record_clear(&r);
    return rc;
}

/* Runs `change`, which writes, on the deadline that the request names; answers with what it is
 * then. */
static int change_one(struct call *c,
                      int (*change)(struct call *c, struct deadline *d, struct err *e),
                      struct err *e)
{
    struct deadline d;
    json_t *before;
    int64_t id;
    int rc;

    if (call_id(c, "deadline", &id, e) < 0 || show_deadline(c, id, e) < 0 ||
        call_match(c, c->version, e) < 0 || deadline_find(c->api->store, id, &d, e) < 0)
        return -1;
    before = json_incref(c->answer);
    rc = change(c, &d, e);
    if (rc == 0)
        rc = settle_and_show(c, id, e);
    if (rc == 0) {
        call_compare(c, before);
        rc = tell_deadline(c, e);
    }
    json_decref(before);
    deadline_clear(&d);
    return rc;
}

/* NULL for an empty text too. */
static char *given(const struct call *c, const char *name)
{
    const char *text = call_text(c, name);

    return text && *text ? (char *)text : NULL;
}

int api_deadline_add(struct call *c, struct err *e)
{
    struct deadline d = {.title = (char *)call_text(c, "title"),
                         .every = (char *)call_text(c, "every"),
                         .recipient = given(c, "to"),
                         .source = given(c, "source")};
    int months, days;
    int64_t id;

    if (call_day_kept(c, "due", DAY_NONE, &d.due_on, e) < 0 ||
        call_role(c, "role", &d.role_id, e) < 0)
        return -1;
    if (d.every && when_every(d.every, &months, &days, e) < 0)
        return err_within(e, "every");
    d.copy_to = (char *)c->api->engine->policy.copy_deadlines;
    d.first_due_on = d.due_on;
    d.submitted_on = d.ended_on = DAY_NONE;
    if (d.source && check_source(c, d.source, e) < 0)
        return -1;
    if (deadline_add(c->api->store, &d, &id, e) < 0 || settle_and_show(c, id, e) < 0)
        return -1;
    c->status = 201;
    call_echo_days(c);
    return tell_deadline(c, e);
}

/* An empty one takes away what was there. */
static void replace(char **text, const char *given)
{
    if (given) {
        free(*text);
        *text = *given ? xstrdup(given) : NULL;
    }
}

/* "none" for what is taken back; an empty text likewise. */
static bool is_none(const char *text)
{
    return text && (!*text || strcmp(text, "none") == 0);
}

/* By hand from here on, whatever ended it before. */
static int read_end(const struct call *c, struct deadline *d, struct err *e)
{
    const char *text = call_text(c, "ended_on");

    if (!text)
        return 0;
    if (is_none(text))
        d->ended_on = DAY_NONE;
    else if (call_day_kept(c, "ended_on", DAY_NONE, &d->ended_on, e) < 0)
        return -1;
    free(d->ended_why);
    d->ended_why = NULL;
    return 0;
}

/* What a rule says is the rule's to say; only that it is no longer owed is not. */
static int check_by_hand(const struct call *c, const struct deadline *d, struct err *e)
{
    static const char *const ruled[] = {"title", "due", "role", "to", "source"};

    for (size_t i = 0; d->rule && i < COUNT(ruled); i++)
        if (call_text(c, ruled[i]))
            return err_set(e, ERR_CONFLICT,
                           "%s: deadline %" PRId64 " follows from rule %s and %s: correct that, or "
                           "say what was written with csictl deadline state %" PRId64 " DATE",
                           ruled[i], d->id, d->rule, d->about, d->id);
    return 0;
}

static int update(struct call *c, struct deadline *d, struct err *e)
{
    const char *title;

    if (call_name(c, "title", &title, e) < 0)
        return -1;
    replace(&d->title, title);
    replace(&d->recipient, call_text(c, "to"));
    replace(&d->source, call_text(c, "source"));
    if (call_day_kept(c, "due", d->due_on, &d->due_on, e) < 0 || read_end(c, d, e) < 0 ||
        (call_text(c, "role") && call_role(c, "role", &d->role_id, e) < 0) ||
        (d->source && call_text(c, "source") && check_source(c, d->source, e) < 0) ||
        check_by_hand(c, d, e) < 0)
        return -1;
    return deadline_update(c->api->store, d, e);
}

/* Who owes it now, and did not before, is told at once. */
int api_deadline_update(struct call *c, struct err *e)
{
    struct ownership *owners = NULL;
    int rc = 0;

    if (call_text(c, "role"))
        rc = owners_before(c, &owners, e);
    if (rc == 0)
        rc = change_one(c, update, e);
    if (rc == 0 && owners)
        rc = owners_after(c, owners, NULL, e);
    ownership_free(owners);
    return rc;
}

struct successor {
    int64_t series_id, step; /* of the one submitted */
    int64_t id;              /* of the next, 0: there is none */
    day_t due_on;
};

static int note_successor(void *arg, const struct deadline *d)
{
    struct successor *s = arg;

    if (d->series_id != s->series_id || d->step <= s->step)
        return 0;
    s->id = d->id;
    s->due_on = d->due_on;
    return 1;
}

/* The next of the series stands open by now: said, as it is what is worked towards from here. */
static int tell_next(struct call *c, int64_t id, struct err *e)
{
    struct deadline d;
    struct successor next;
    char due[DAY_TEXT], by[DAY_TEXT];

    if (deadline_find(c->api->store, id, &d, e) < 0)
        return -1;
    next = (struct successor){d.series_id, d.step, 0, DAY_NONE};
    deadline_clear(&d);
    if (deadline_each(c->api->store, false, DAY_NONE, note_successor, &next, e) < 0)
        return -1;
    if (next.id)
        call_note(c, "the next, deadline %lld, is due %s: send by %s", (long long)next.id,
                  day_weekday_short(next.due_on, due),
                  day_weekday_short(ladder_send_by(c->when.holidays, next.due_on), by));
    return 0;
}

static int submit(struct call *c, struct deadline *d, struct err *e)
{
    char text[DAY_TEXT], *title, *link;
    day_t on;
    int rc;

    if (is_none(call_text(c, "on")))
        return deadline_take_back(c->api->store, d->id, e);
    if (call_day(c, "on", DAY_NONE, &on, e) < 0)
        return -1;
    if (on.n > c->when.today.n)
        return err_set(e, ERR_USAGE, "on: %s is still to come", day_long(on, text));
    if (call_link(c, "evidence", &title, &link, e) < 0)
        return -1;
    rc = deadline_submit(c->api->store, d->id, on, title, link, e);
    free(title);
    free(link);
    return rc;
}

int api_deadline_submit(struct call *c, struct err *e)
{
    int64_t id;

    if (change_one(c, submit, e) < 0 || call_id(c, "deadline", &id, e) < 0)
        return -1;
    return is_none(call_text(c, "on")) ? 0 : tell_next(c, id, e);
}

/* ---- what was written ---- */

struct statement {
    day_t from, to; /* a day twice, a month's first and last; DAY_NONE: nothing was written */
};

/* "4 Feb 2019", "Jan 2019", or "none", which takes it back. */
static int read_statement(struct call *c, struct statement *ret, struct err *e)
{
    if (call_period(c, "date", &ret->from, &ret->to, e) < 0)
        return -1;
    if (!day_is(ret->to) && strcmp(call_text(c, "date"), "none") != 0)
        return err_set(e, ERR_USAGE, "date: a day (4 Feb 2019), a month (Jan 2019), or none");
    return 0;
}

static int state(struct call *c, struct deadline *d, struct err *e)
{
    struct statement s;

    if (!d->rule)
        return err_set(e, ERR_CONFLICT,
                       "deadline %" PRId64 " was added by hand: csictl deadline update %" PRId64
                       " --due DATE",
                       d->id, d->id);
    if (day_is(d->submitted_on))
        return err_set(e, ERR_CONFLICT, "deadline %" PRId64 " was submitted already", d->id);
    if (read_statement(c, &s, e) < 0)
        return -1;
    d->stated_opens_on = s.from;
    d->stated_on = s.to;
    d->difference_seen = false;
    free(d->stated_by);
    d->stated_by = NULL;
    return deadline_write(c->api->store, d, "deadline.state", e);
}

int api_deadline_state(struct call *c, struct err *e)
{
    return change_one(c, state, e);
}

static int acknowledge(struct call *c, struct deadline *d, struct err *e)
{
    if (!deadline_differs(d))
        return err_set(e, ERR_CONFLICT,
                       "deadline %" PRId64
                       ": what was written does not differ from the rule, or is "
                       "acknowledged already",
                       d->id);
    d->difference_seen = true;
    return deadline_write(c->api->store, d, "deadline.ack", e);
}

int api_deadline_ack(struct call *c, struct err *e)
{
    return change_one(c, acknowledge, e);
}
