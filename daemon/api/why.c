/* Why a notice was written, and why one was not. */
#include "engine/why.h"

#include <stdlib.h>
#include <string.h>

#include "api/about.h"
#include "api/call.h"
#include "base/mem.h"
#include "engine/checks.h"
#include "engine/scheduler.h"
#include "engine/subject.h"
#include "engine/why_chain.h"
#include "store/notice.h"
#include "store/role.h"

static const struct column why_columns[] = {
    {"id", "Notice", KIND_NUMBER, false},
    {"about", "About", KIND_TEXT, false},
    {"due_on", "Date", KIND_DAY, false},
    {"created_at", "Written", KIND_TIME, false},
    {"reason", "Why so", KIND_TEXT, true},
    {"check", "Check", KIND_TEXT, false},
    {"check_does", "It", KIND_TEXT, true},
    {"step", "Step", KIND_TEXT, false},
    {"rule", "Rule", KIND_TEXT, COLUMN_SPARE},
    {"pack", "Pack", KIND_TEXT, COLUMN_SPARE},
    {"reckoning", "Reckoned", KIND_TEXT, true},
    {"citation", "By", KIND_TEXT, true},
    {"role", "Role", KIND_TEXT, false},
    {"holder_then", "Held then by", KIND_TEXT, true},
    {"holder_now", "Held now by", KIND_TEXT, true},
    {"to", "To", KIND_TEXT, true},
    {"channel", "Channel", KIND_TEXT, false},
    {"state", "State", KIND_TEXT, false},
    {"said", "State because", KIND_TEXT, true},
    {"next_at", "Next", KIND_TIME, false},
    {"next_reason", "Next because", KIND_TEXT, true},
    {"next_to", "Next to", KIND_TEXT, true},
    {"escalation", "Escalation", KIND_TEXT, true},
    {"escalation_policy", "Its policy", KIND_TEXT, true},
};
static const struct column fact_columns[] = {
    {"what", "WHAT", KIND_TEXT, false},
    {"then", "THEN", KIND_TEXT, true},
    {"now", "NOW", KIND_TEXT, true},
};
static const struct column level_columns[] = {
    {"level", "LEVEL", KIND_NUMBER, false}, {"name", "GOES TO", KIND_TEXT, false},
    {"role", "ROLE", KIND_TEXT, true},      {"who", "WHO", KIND_TEXT, true},
    {"state", "STATE", KIND_TEXT, false},   {"on", "ON", KIND_DAY, false},
};
static const struct section why_sections[] = {
    {NULL, NULL, why_columns, COUNT(why_columns), NULL},
    {"As it stood, and stands", "facts", fact_columns, COUNT(fact_columns), NULL},
    {"How it goes up", "chain", level_columns, COUNT(level_columns), NULL},
};
static const struct view why_view = {why_sections, COUNT(why_sections), 0};

static const struct column reason_columns[] = {
    {"code", "REASON", KIND_TEXT, false},
    {"on", "ON", KIND_DAY, COLUMN_SPARE},
    {"text", "IN WORDS", KIND_TEXT, true},
};
static const struct section reason_list[] = {
    {NULL, "items", reason_columns, COUNT(reason_columns), NULL}};
static const struct view reason_view = {reason_list, 1, 0};

/* ---- why ---- */

/* What is asked of the store about a notice, once its row is read. */
struct asked {
    json_t *o;
    char *about, *check, *role;
    char *endpoint; /* its channel, where it went to one */
    day_t due_on;
    bool owners; /* it went to the owner's role, not to one above */
    utc_t at;
};

static void asked_clear(struct asked *a)
{
    free(a->about);
    free(a->check);
    free(a->role);
    free(a->endpoint);
}

static int put_told(void *arg, const struct notice_told *n)
{
    struct asked *a = arg;
    const struct check *check = check_find(n->rule);

    put_int(a->o, "id", n->id);
    put_text(a->o, "event", n->event);
    put_text(a->o, "about", n->about);
    put_day(a->o, "due_on", n->due_on);
    put_utc(a->o, "created_at", n->at);
    put_text(a->o, "reason", n->reason);
    put_text(a->o, "check", n->rule);
    put_text(a->o, "check_does", check ? check->summary : NULL);
    put_text(a->o, "step", n->step);
    put_text(a->o, "role", *n->role ? n->role : NULL);
    put_text(a->o, "to", n->to);
    put_text(a->o, "channel", strcmp(n->channel, "none") == 0 ? "mail" : n->channel);
    put_text(a->o, "state", n->state);
    put_text(a->o, "said", n->said);
    a->about = xstrdup(n->about);
    a->check = xstrdup(n->rule);
    a->role = xstrdup(n->role);
    a->endpoint =
        strncmp(n->channel, "webhook:", strlen("webhook:")) == 0 ? xstrdup(n->channel) : NULL;
    a->due_on = n->due_on;
    a->owners = !subject_is_escalation(n->event);
    a->at = n->at;
    return 0;
}

static int put_rule(const struct call *c, const struct asked *a, struct err *e)
{
    struct why_rule rule;

    if (why_rule(c->api->store, c->api->engine, a->about, &rule, e) < 0)
        return -1;
    put_text(a->o, "rule", rule.id);
    put_text(a->o, "pack", rule.pack);
    put_text(a->o, "reckoning", rule.reckoning);
    put_text(a->o, "citation", rule.citation);
    why_rule_clear(&rule);
    return 0;
}

/* Who held the role on a day: "Ann Chair <chair@example>". */
static int put_holder(const struct call *c, const struct asked *a, const char *key, day_t day,
                      struct err *e)
{
    struct role role;

    put_text(a->o, key, NULL);
    if (!*a->role)
        return 0;
    if (role_find(c->api->store, a->role, day, &role, e) < 0)
        return e->code == ERR_NOTFOUND ? 0 : -1;
    if (role.holder && role.email)
        put_textf(a->o, key, "%s <%s>", role.holder, role.email);
    else
        put_text(a->o, key, role.holder);
    role_clear(&role);
    return 0;
}

static int put_facts(const struct call *c, const struct asked *a, struct err *e)
{
    json_t *rows = put_list(a->o, "facts");
    struct why_facts facts;

    if (why_facts(c->api->store, c->api->engine, a->about, a->at, c->api->now, &facts, e) < 0)
        return -1;
    for (size_t i = 0; i < facts.count; i++) {
        json_t *row = put_row(rows);

        put_text(row, "what", facts.items[i].what);
        put_text(row, "then", facts.items[i].then);
        put_text(row, "now", facts.items[i].now);
    }
    why_facts_clear(&facts);
    return 0;
}

static int put_next(const struct call *c, const struct asked *a, struct err *e)
{
    const char *reader = *a->role && a->owners ? a->role : a->endpoint;
    struct why_next next = {.at = UTC_NONE};

    if (scheduler_of(c->api->engine, a->check) &&
        why_next(c->api->store, c->api->engine, c->api->now, a->check, a->about, reader, &next, e) <
            0)
        return -1;
    put_utc(a->o, "next_at", next.at);
    put_text(a->o, "next_reason", utc_is(next.at) ? next.reason : "nothing more within a year");
    put_text(a->o, "next_to", next.to);
    why_next_clear(&next);
    return 0;
}

/* The levels of its escalation, if it has one; a digest's notice is of one owner. */
static int put_chain(const struct call *c, const struct asked *a, struct err *e)
{
    json_t *rows = put_list(a->o, "chain");
    struct why_chain chain;

    if (why_chain(c->api->store, c->api->engine, c->api->now, a->about, a->due_on,
                  a->owners && strncmp(a->about, "deadline:", 9) != 0 ? a->role : NULL, &chain,
                  e) < 0)
        return -1;
    put_text(a->o, "escalation", chain.state);
    put_text(a->o, "escalation_policy", chain.policy);
    for (size_t i = 0; i < chain.count; i++) {
        const struct why_level *level = &chain.levels[i];
        json_t *row = put_row(rows);

        put_int(row, "level", (int64_t)level->level);
        put_text(row, "name", level->name);
        put_text(row, "role", level->role);
        put_text(row, "who", level->who);
        put_text(row, "state", level->state);
        put_day(row, "on", level->on);
    }
    why_chain_clear(&chain);
    return 0;
}

int api_notice_why(struct call *c, struct err *e)
{
    struct asked a = {.o = call_object(c, &why_view), .at = UTC_NONE};
    int64_t id;
    int rc = call_number(c, "id", 0, &id, e);

    if (rc == 0)
        rc = notice_find(c->api->store, id, put_told, &a, e);
    if (rc == 0)
        rc = put_rule(c, &a, e);
    if (rc == 0)
        rc = put_holder(c, &a, "holder_then", zone_today(c->api->engine->zone, a.at), e);
    if (rc == 0)
        rc = put_holder(c, &a, "holder_now", c->when.today, e);
    if (rc == 0)
        rc = put_next(c, &a, e);
    if (rc == 0)
        rc = put_facts(c, &a, e);
    if (rc == 0)
        rc = put_chain(c, &a, e);
    asked_clear(&a);
    return rc;
}

/* ---- why not ---- */

int api_notice_why_not(struct call *c, struct err *e)
{
    json_t *items = call_items(c, &reason_view);
    const char *to = call_text(c, "to");
    struct why_reasons reasons;
    char *about;
    int rc;

    if (call_about(c, &about, e) < 0) {
        if (e->code != ERR_NOTFOUND)
            return -1;
        about = xstrdup(call_text(c, "about")); /* that there is none is an answer too */
    }
    rc = why_not(c->api->store, c->api->engine, c->api->now, about, to && *to ? to : NULL, &reasons,
                 e);
    free(about);
    if (rc < 0)
        return -1;
    for (size_t i = 0; i < reasons.count; i++) {
        json_t *row = put_row(items);

        put_text(row, "code", reasons.items[i].code);
        put_day(row, "on", reasons.items[i].on);
        put_text(row, "text", reasons.items[i].text);
    }
    why_reasons_clear(&reasons);
    return 0;
}
