/* Sign-off: completion proposed, approved, verified, embedded; and the way back. */
#include "store/signoff.h"

#include <inttypes.h>
#include <stdlib.h>

#include "api/action_form.h"
#include "base/mem.h"
#include "engine/nudge.h"
#include "store/record.h"

/* ---- what is told ---- */

/* Nobody is mailed at once: the next step is reminded of while it waits. */
static void tell_waiting(struct call *c, enum signoff move, day_t since)
{
    const char *who = json_string_value(json_object_get(c->answer, "accountable_title"));
    char day[DAY_TEXT];

    day_weekday_short(workday_add(c->when.holidays, since, NUDGE_WORKDAYS), day);
    if (move == SIGNOFF_COMPLETE && who)
        call_told(c, "%s, from %s on, unless it is approved or reopened before", who, day);
    else if (move == SIGNOFF_COMPLETE)
        call_told(c, "the programme office, from %s on, since nobody is accountable", day);
    else if (move == SIGNOFF_APPROVE)
        call_told(c, "the programme office, from %s on, unless it is verified before", day);
    else
        call_told(c, "nobody");
}

static void tell_changes(struct call *c, const json_t *before, const struct signoff_wish *w)
{
    const char *was = json_string_value(json_object_get(before, "status"));
    const char *is = json_string_value(json_object_get(c->answer, "status"));
    char *next = signoff_next(signoff_to(w->move), w->ref);

    call_changed(c, "status", was, is);
    for (size_t i = 0; i < w->evidence_count; i++)
        call_changed(c, "evidence", NULL, w->evidence[i].title);
    if (w->note)
        call_changed(c, "note", NULL, w->note);
    call_changed_day(c, "effective", DAY_NONE, w->effective);
    tell_waiting(c, w->move, w->effective);
    if (next)
        put_text(c->answer, "hint", next);
    free(next);
}

/* ---- what is wanted ---- */

/* The meeting that has seen it, as it stands in the note; NULL without. Caller frees. */
static int read_meeting(const struct call *c, char **ret, struct err *e)
{
    const char *given = call_text(c, "meeting"), *on;
    char day[DAY_TEXT];
    struct record r;
    int64_t id;
    day_t held;

    *ret = NULL;
    if (!given)
        return 0;
    if (record_number(RECORD_MEETING, given, &id, e) < 0 ||
        record_find(c->api->store, RECORD_MEETING, id, &r, e) < 0)
        return err_within(e, "meeting");
    on = *record_value(&r, "held_on");
    if (record_is_cancelled(&r) || !on || day_parse_iso(on, &held) < 0)
        err_set(e, ERR_USAGE, "meeting: meeting:%" PRId64 " was cancelled", id);
    else if (held.n > c->when.today.n)
        err_set(e, ERR_USAGE, "meeting: meeting:%" PRId64 " is still to come, on %s", id,
                day_long(held, day));
    else
        *ret = xasprintf("Seen by meeting:%" PRId64 " of %s", id, day_short(held, day));
    record_clear(&r);
    return *ret ? 0 : -1;
}

/* The progress note that goes with it; NULL: none. Caller frees. */
static int read_note(const struct call *c, enum signoff move, char **ret, struct err *e)
{
    const char *why = call_text(c, "why"), *note = call_text(c, "note");
    char *meeting;

    if (read_meeting(c, &meeting, e) < 0)
        return -1;
    note = note && *note ? note : NULL;
    if (move == SIGNOFF_REOPEN)
        *ret = xasprintf("Reopened: %s", why);
    else if (meeting && note)
        *ret = xasprintf("%s: %s", meeting, note);
    else
        *ret = meeting ? xstrdup(meeting) : note ? xstrdup(note) : NULL;
    free(meeting);
    return 0;
}

static int read_effective(const struct call *c, day_t *ret, struct err *e)
{
    char day[DAY_TEXT];

    if (call_day(c, "effective", c->when.today, ret, e) < 0)
        return -1;
    if (ret->n > c->when.today.n)
        return err_set(e, ERR_USAGE, "effective: %s is still to come", day_long(*ret, day));
    return 0;
}

/* ---- the moves ---- */

static int make(struct call *c, const struct plan *plan, int64_t id, const struct signoff_wish *w,
                struct err *e)
{
    json_t *before = json_incref(c->answer);
    int rc = signoff_make(c->api->store, plan, id, w, e);

    if (rc == 0)
        rc = action_answer(c, id, plan, e);
    if (rc == 0)
        tell_changes(c, before, w);
    json_decref(before);
    return rc;
}

static int sign(struct call *c, enum signoff move, const struct plan *plan, int64_t id,
                struct err *e)
{
    struct signoff_wish w = {
        .move = move, .ref = call_text(c, "ref"), .part = call_text(c, "part")};
    struct evidence *evidence;
    char *note;
    int rc;

    if (action_answer(c, id, plan, e) < 0 || call_match(c, c->version, e) < 0 ||
        read_effective(c, &w.effective, e) < 0 ||
        call_evidence(c, &evidence, &w.evidence_count, e) < 0)
        return -1;
    rc = read_note(c, move, &note, e);
    if (rc == 0) {
        w.evidence = evidence;
        w.note = note;
        rc = make(c, plan, id, &w, e);
        free(note);
    }
    call_evidence_free(evidence, w.evidence_count);
    return rc;
}

static int sign_off(struct call *c, enum signoff move, struct err *e)
{
    struct plan plan;
    int64_t id;
    int rc;

    if (action_find(c->api->store, call_text(c, "ref"), call_text(c, "plan"), &id, &plan, e) < 0)
        return -1;
    rc = sign(c, move, &plan, id, e);
    plan_clear(&plan);
    return rc;
}

int api_action_complete(struct call *c, struct err *e)
{
    return sign_off(c, SIGNOFF_COMPLETE, e);
}

int api_action_approve(struct call *c, struct err *e)
{
    return sign_off(c, SIGNOFF_APPROVE, e);
}

int api_action_verify(struct call *c, struct err *e)
{
    return sign_off(c, SIGNOFF_VERIFY, e);
}

int api_action_embed(struct call *c, struct err *e)
{
    return sign_off(c, SIGNOFF_EMBED, e);
}

int api_action_reopen(struct call *c, struct err *e)
{
    return sign_off(c, SIGNOFF_REOPEN, e);
}
