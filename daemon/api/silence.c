/* Silences: notices held back for a while; what is statutory takes two officers. */
#include "store/silence.h"

#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/mem.h"
#include "engine/subject.h"
#include "store/plan.h"
#include "store/role.h"

static const struct column columns[] = {
    {"id", "ID", KIND_NUMBER, false},
    {"match", "MATCHES", KIND_TEXT, true},
    {"start_at", "FROM", KIND_TIME, false},
    {"end_at", "UNTIL", KIND_TIME, false},
    {"state", "STATE", KIND_TEXT, false},
    {"by", "BY", KIND_TEXT, false},
    {"second", "SECOND", KIND_TEXT, COLUMN_SPARE},
    {"comment", "COMMENT", KIND_TEXT, true},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), "No silences."}};
static const struct view list_view = {list, 1, 0};

static const struct column show_columns[] = {
    {"id", "Silence", KIND_NUMBER, false},
    {"match", "Matches", KIND_TEXT, true},
    {"start_at", "From", KIND_TIME, false},
    {"end_at", "Until", KIND_TIME, false},
    {"state", "State", KIND_TEXT, false},
    {"by", "By", KIND_TEXT, false},
    {"comment", "Comment", KIND_TEXT, true},
    {"second", "Second person", KIND_TEXT, false},
    {"confirmed_by", "Confirmed by", KIND_TEXT, false},
    {"confirmed_at", "Confirmed", KIND_TIME, false},
    {"ended_by", "Ended by", KIND_TEXT, false},
    {"ended_at", "Ended", KIND_TIME, false},
};
static const struct section show_sections[] = {
    {NULL, NULL, show_columns, COUNT(show_columns), NULL}};
static const struct view show_view = {show_sections, 1, 0};

static void put_silence(const struct call *c, json_t *o, const struct silence *x)
{
    json_t *match;

    put_int(o, "id", x->id);
    match = put_list(o, "match");
    for (size_t i = 0; i < SILENCE_FIELDS; i++)
        if (x->match.values[i])
            json_array_append_new(match,
                                  json_sprintf("%s=%s", silence_field_name((enum silence_field)i),
                                               x->match.values[i]));
    put_utc(o, "start_at", x->start_at);
    put_utc(o, "end_at", x->end_at);
    put_text(o, "state", silence_state_name(silence_state(x, c->api->now)));
    put_text(o, "by", x->by);
    put_text(o, "comment", x->comment);
    put_utc(o, "at", x->at);
    put_flag(o, "two", x->two);
    put_text(o, "second", x->second);
    put_text(o, "confirmed_by", x->confirmed_by);
    put_utc(o, "confirmed_at", x->confirmed_at);
    put_text(o, "ended_by", x->ended_by);
    put_utc(o, "ended_at", x->ended_at);
}

static int put_item(void *arg, const struct silence *x)
{
    struct call *c = arg;

    put_silence(c, put_row(json_object_get(c->answer, "items")), x);
    return 0;
}

int api_silence_list(struct call *c, struct err *e)
{
    call_items(c, &list_view);
    return silence_each(c->api->store, call_flag(c, "all"), c->api->now, put_item, c, e);
}

static int show(struct call *c, int64_t id, struct err *e)
{
    struct silence x;

    if (silence_find(c->api->store, id, &x, e) < 0)
        return -1;
    put_silence(c, call_object(c, &show_view), &x);
    silence_clear(&x);
    return 0;
}

/* ---- add ---- */

/* A role or plan that is not there would be matched by nothing, and nobody would notice. */
static int check_names(const struct call *c, const struct silence_match *m, struct err *e)
{
    const char *role = m->values[SILENCE_ROLE], *plan = m->values[SILENCE_PLAN];
    struct plan found_plan;
    struct role found;

    if (role && !strchr(role, '*')) {
        if (role_find(c->api->store, role, c->when.today, &found, e) < 0)
            return err_within(e, "match");
        role_clear(&found);
    }
    if (plan && !strchr(plan, '*')) {
        if (plan_find(c->api->store, plan, &found_plan, e) < 0)
            return err_within(e, "match");
        plan_clear(&found_plan);
    }
    return 0;
}

static int read_match(const struct call *c, struct silence_match *ret, struct err *e)
{
    const json_t *all = json_object_get(c->args, "match"), *one;
    size_t i;

    json_array_foreach(all, i, one)
    {
        if (silence_match_add(ret, json_string_value(one), e) < 0)
            return -1;
    }
    if (!all)
        return err_set(e, ERR_USAGE,
                       "silence add: match: is missing: write --match role=head-of-care");
    return check_names(c, ret, e);
}

/* A day alone is meant to its end. */
static int read_end(const struct call *c, utc_t *ret, struct err *e)
{
    const char *text = call_text(c, "until");
    struct err other;
    utc_t second;
    day_t day;

    if (when_date(text, &c->when, &day, &other) < 0)
        return call_instant(c, "until", UTC_NONE, ret, e);
    zone_utc(c->api->engine->zone, (struct local){day_add(day, 1), 0}, ret, &second);
    return 0;
}

static int read_times(const struct call *c, struct silence *x, struct err *e)
{
    const struct zone *zone = c->api->engine->zone;
    utc_t now = c->api->now;
    char text[DAY_TEXT];
    day_t latest;

    if (call_instant(c, "from", now, &x->start_at, e) < 0 || read_end(c, &x->end_at, e) < 0)
        return -1;
    if (zone_today(zone, x->start_at).n < c->when.today.n)
        return err_set(e, ERR_USAGE, "from: that has passed; what was told is told");
    if (x->start_at.s < now.s) /* today, from its midnight */
        x->start_at = now;
    if (x->end_at.s <= x->start_at.s)
        return err_set(e, ERR_USAGE, "until: that is not after its beginning");
    latest = day_add(zone_today(zone, x->start_at), SILENCE_DAYS_MAX);
    if (zone_today(zone, (utc_t){x->end_at.s - 1}).n > latest.n)
        return err_set(e, ERR_USAGE, "until: a silence ends after %d days: %s at the latest",
                       SILENCE_DAYS_MAX, day_long(latest, text));
    return 0;
}

/* Says why a second person is needed, where one is. */
static int judge(struct call *c, struct silence *x, char **ret_what, struct err *e)
{
    if (x->second && strcmp(x->second, c->rq->who) == 0)
        return err_set(e, ERR_DENIED, "second: you add it; somebody else is to confirm it");
    if (subject_silenced(c->api->store, &x->match, c->when.today, ret_what, e) < 0)
        return -1;
    x->two = x->second || *ret_what;
    return 0;
}

static int answer_added(struct call *c, const struct silence *x, const char *what, struct err *e)
{
    const struct zone *zone = c->api->engine->zone;
    int64_t id;

    if (silence_add(c->api->store, x, &id, e) < 0 || show(c, id, e) < 0)
        return -1;
    c->status = 201;
    call_changed_day(c, "from", DAY_NONE, zone_today(zone, x->start_at));
    call_changed_day(c, "until", DAY_NONE, zone_today(zone, (utc_t){x->end_at.s - 1}));
    if (what)
        call_note(
            c,
            "it would hold what is statutory (%s): it holds nothing before a second person has "
            "confirmed it",
            what);
    else if (!x->two)
        call_note(c, "what is statutory goes all the same");
    if (x->two)
        put_textf(c->answer, "hint", "csictl silence confirm %lld", (long long)id);
    call_told(c, "nobody; %s",
              x->second ? x->second
              : x->two  ? "any other officer may confirm it"
                        : "it is in csictl silence list");
    return 0;
}

int api_silence_add(struct call *c, struct err *e)
{
    struct silence x = {.comment = (char *)call_text(c, "comment"),
                        .second = (char *)call_text(c, "second")};
    char *what = NULL;
    int rc = read_match(c, &x.match, e);

    if (rc == 0)
        rc = read_times(c, &x, e);
    if (rc == 0)
        rc = judge(c, &x, &what, e);
    if (rc == 0)
        rc = answer_added(c, &x, what, e);
    free(what);
    silence_match_clear(&x.match);
    return rc;
}

/* ---- confirm, end ---- */

static int sign(struct call *c, int (*write)(struct store *s, int64_t id, struct err *e),
                struct err *e)
{
    json_t *before;
    int64_t id;
    int rc;

    if (call_number(c, "id", 0, &id, e) < 0 || show(c, id, e) < 0)
        return -1;
    before = json_incref(c->answer);
    rc = write(c->api->store, id, e);
    if (rc == 0)
        rc = show(c, id, e);
    if (rc == 0)
        call_compare(c, before);
    json_decref(before);
    return rc;
}

int api_silence_confirm(struct call *c, struct err *e)
{
    return sign(c, silence_confirm, e);
}

int api_silence_end(struct call *c, struct err *e)
{
    return sign(c, silence_end, e);
}
