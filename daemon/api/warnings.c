#include "api/warnings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/channel.h"
#include "base/mem.h"
#include "engine/backlog_from.h"
#include "engine/checks.h"
#include "engine/gaps.h"
#include "engine/packs.h"
#include "engine/scheduler.h"
#include "plan/escalation.h"
#include "plan/window.h"
#include "report/called.h"
#include "store/channel.h"
#include "store/deadline.h"
#include "store/notice.h"
#include "store/outbox_list.h"

const char *look_name(enum look look)
{
    static const char *const names[] = {
#define LOOK(NAME, name, well) name,
#include "api/look.def"
#undef LOOK
    };

    return names[look];
}

const char *health_name(enum api_health state)
{
    static const char *const names[] = {
        [HEALTH_OK] = "ok", [HEALTH_WARNING] = "warning", [HEALTH_FAULT] = "fault"};

    return names[state];
}

void warn(json_t *warnings, enum look look, enum api_health state, const char *fmt, ...)
{
    json_t *row = put_row(warnings);
    struct text t = TEXT_INIT;
    va_list ap;

    va_start(ap, fmt);
    text_addv(&t, fmt, ap);
    va_end(ap);
    put_text(row, "look", look_name(look));
    put_text(row, "state", health_name(state));
    put_text(row, "text", t.s);
    text_free(&t);
}

/* ---- csid itself ---- */

struct held_to {
    const struct engine *engine;
    json_t *warnings;
};

/* Of an endpoint that was taken out nobody could mend anything; it is held still if it comes back.
 */
static int put_held(void *arg, const char *name, const char *reason, utc_t since)
{
    const struct held_to *to = arg;
    char at[UTC_ISO];

    if (channel_is_configured(to->engine, name))
        warn(to->warnings, LOOK_CHANNELS, HEALTH_FAULT, "channel %s is held since %s: %s", name,
             utc_iso(since, at), reason ? reason : "no reason recorded");
    return 0;
}

static void warn_of_troubles(const struct api_service *service, json_t *warnings)
{
    static const enum look of[TROUBLE_COUNT] = {
        [TROUBLE_COPY] = LOOK_COPY,           [TROUBLE_CLOCK] = LOOK_CLOCK,
        [TROUBLE_SCHEDULES] = LOOK_SCHEDULES, [TROUBLE_COURIER] = LOOK_OUTBOX,
        [TROUBLE_MAIL] = LOOK_CHANNELS,
    };

    for (size_t i = 0; i < TROUBLE_COUNT; i++)
        if (service->troubles[i])
            warn(warnings, of[i], HEALTH_FAULT, "%s", service->troubles[i]);
}

/* The first endpoint that asks for an event by name; NULL: none. */
static const char *asks_for(const struct engine *engine, const char *event)
{
    for (size_t i = 0; event && i < engine->webhook_count; i++)
        for (size_t k = 0; k < engine->webhooks[i].event_count; k++)
            if (strcmp(engine->webhooks[i].events[k], event) == 0)
                return engine->webhooks[i].name;
    return NULL;
}

static void warn_of_checks(const struct engine *engine, json_t *warnings)
{
    for (size_t i = 0; i < check_count; i++) {
        const char *name = checks[i].name, *event = called_event(name);
        const char *endpoint = asks_for(engine, event);

        if (scheduler_of(engine, name))
            continue;
        if (checks[i].statutory)
            warn(warnings, LOOK_CHECKS, HEALTH_WARNING, "no schedule runs the statutory check %s",
                 name);
        if (endpoint)
            warn(warnings, LOOK_CHECKS, HEALTH_WARNING,
                 "no schedule runs the check %s, so that the endpoint %s never hears of %s: add "
                 "one under schedules in csid.yaml",
                 name, endpoint, event);
    }
}

int warn_of_service(struct call *c, json_t *warnings, struct err *e)
{
    struct held_to to = {c->api->engine, warnings};

    warn_of_troubles(c->api->service, warnings);
    if (channel_each_held(c->api->store, put_held, &to, e) < 0)
        return -1;
    warn_of_checks(c->api->engine, warnings);
    return 0;
}

/* ---- notices ---- */

static int count_unreached(void *arg, const struct notice_row *n)
{
    (void)n;
    ++*(int64_t *)arg;
    return 0;
}

static int warn_of_unreached(struct call *c, json_t *warnings, struct err *e)
{
    utc_t yesterday = {c->api->now.s - 86400};
    int64_t count = 0;

    if (notice_each_unreached(c->api->store, yesterday, count_unreached, &count, e) < 0)
        return -1;
    if (count)
        warn(warnings, LOOK_NOTICES, HEALTH_WARNING,
             "%lld notices of the last 24 hours reached nobody: csictl notice list --state "
             "cancelled",
             (long long)count);
    return 0;
}

/* What a run told anew needs nobody any more. */
static int warn_of_failed(struct call *c, json_t *warnings, struct err *e)
{
    utc_t since = {c->api->now.s - 7 * 86400};
    int64_t failed;

    if (outbox_count_failed(c->api->store, since, &failed, e) < 0)
        return -1;
    if (failed)
        warn(
            warnings, LOOK_NOTICES, HEALTH_WARNING,
            "%lld mail%s of the last seven days %s failed for good, and what %s told has been told "
            "to nobody since: csictl notice list --state failed, then csictl notice retry",
            (long long)failed, failed == 1 ? "" : "s", failed == 1 ? "has" : "have",
            failed == 1 ? "it" : "they");
    return 0;
}

/* What is held goes when somebody says so, and never by itself. */
static int warn_of_held(struct call *c, json_t *warnings, struct err *e)
{
    struct outbox_counts counts;
    int64_t held;

    if (outbox_count(c->api->store, &counts, e) < 0)
        return -1;
    held = counts.by_state[OUTBOX_HELD];
    if (held)
        warn(warnings, LOOK_NOTICES, HEALTH_WARNING,
             "%lld message%s held, and go%s only when somebody says so: csictl notice list --state "
             "held, then csictl notice retry or cancel",
             (long long)held, held == 1 ? " is" : "s are", held == 1 ? "es" : "");
    return 0;
}

/* ---- roles ---- */

/* csid itself writes to these, so they are warned of whatever hangs on them. */
static const char *const addressed[] = {ROLE_CHAIR, ROLE_DIRECTOR, ROLE_OFFICE};

static bool is_addressed(const char *slug)
{
    for (size_t i = 0; i < COUNT(addressed); i++)
        if (strcmp(slug, addressed[i]) == 0)
            return true;
    return false;
}

static void warn_of_role(const struct role *role, const char *slug, json_t *warnings)
{
    char *why;

    if (tell_reachable(role))
        return;
    why = role && role->holder ? tell_why_not(role) : xasprintf("nobody holds %s", slug);
    warn(warnings, LOOK_ROLES, HEALTH_WARNING,
         "%s: csictl role assign %s --name NAME --email ADDRESS", why, slug);
    free(why);
}

static void warn_of_addressed(const struct call *c, const struct roster *roles, json_t *warnings)
{
    const struct role *administrator = roster_slug(roles, ROLE_ADMINISTRATOR);
    char *why;

    for (size_t i = 0; i < COUNT(addressed); i++)
        warn_of_role(roster_slug(roles, addressed[i]), addressed[i], warnings);
    if (tell_reachable(administrator) || *c->api->engine->mail_administrator)
        return;
    why = administrator && administrator->holder ? tell_why_not(administrator)
                                                 : xstrdup("nobody holds the role administrator");
    warn(warnings, LOOK_ROLES, HEALTH_WARNING,
         "mail.administrator is not set and %s: trouble is only told here and in the log", why);
    free(why);
}

static void warn_of_vacancy(const struct vacancy *v, json_t *warnings)
{
    char *why = vacant_why(v, &v->duties[0]), more[40] = "";

    if (v->count > 1)
        snprintf(more, sizeof more, ", and %zu more", v->count - 1);
    warn(warnings, LOOK_ROLES, HEALTH_WARNING,
         "%s%s: csictl role assign %s --name NAME --email ADDRESS", why, more, v->slug);
    free(why);
}

/* A plan imported without addresses has many of them: one line for all. */
static void warn_of_owners(const struct vacancies *v, json_t *warnings)
{
    if (v->owning_count)
        warn(warnings, LOOK_ROLES, HEALTH_WARNING,
             "%zu role%s own%s actions overdue or due within 28 days and reach%s nobody, "
             "first %s: csictl role list",
             v->owning_count, v->owning_count == 1 ? "" : "s", v->owning_count == 1 ? "s" : "",
             v->owning_count == 1 ? "es" : "", v->owning[0].slug);
}

static void put_coverage(json_t *o, const struct gaps *g)
{
    json_t *row = json_object();

    put_int(row, "obligations", (int64_t)g->obligations);
    put_int(row, "gaps", (int64_t)g->count);
    json_object_set_new(o, "coverage", row);
    if (g->count)
        put_textf(o, "coverage_text", "%zu gap%s: csictl check run coverage --dry-run", g->count,
                  g->count == 1 ? "" : "s");
    else if (g->obligations == 1)
        put_text(o, "coverage_text", "the one obligation reaches somebody");
    else if (g->obligations)
        put_textf(o, "coverage_text", "all %zu obligations reach somebody", g->obligations);
    else
        put_text(o, "coverage_text", "nothing is owed yet");
}

static int warn_of_roles(struct call *c, const struct roster *roles, json_t *o, json_t *warnings,
                         struct err *e)
{
    struct gaps g;

    warn_of_addressed(c, roles, warnings);
    if (gaps_find(c->api->store, c->api->engine, roles, c->api->now, &g, e) < 0)
        return -1;
    for (size_t i = 0; i < g.vacancies.owing_count; i++)
        if (!is_addressed(g.vacancies.owing[i].slug))
            warn_of_vacancy(&g.vacancies.owing[i], warnings);
    warn_of_owners(&g.vacancies, warnings);
    put_coverage(o, &g);
    gaps_clear(&g);
    return 0;
}

/* ---- deadlines and windows ---- */

struct warning {
    const struct call *call;
    json_t *rows;
};

static void warn_of_window(const struct warning *w, const struct deadline *d)
{
    bool letter = strcmp(d->check_name, CHECK_LETTERS) == 0;
    char due[DAY_TEXT];

    if (!window_is_open(d) || w->call->when.today.n < window_warn_on(d).n)
        return;
    warn(w->rows, LOOK_DEADLINES, HEALTH_WARNING, "deadline %lld: %s %s, expected by %s",
         (long long)d->id, letter ? "not recorded as received:" : "nothing is booked for", d->title,
         day_weekday_short(d->due_on, due));
}

/* "Mon 4 Feb 2019", or "Tue 1 Jan 2019 to Thu 31 Jan 2019" */
static char *days_text(day_t opens_on, day_t on)
{
    char from[DAY_TEXT], to[DAY_TEXT];

    day_weekday_short(on, to);
    if (!day_is(opens_on) || opens_on.n == on.n)
        return xstrdup(to);
    return xasprintf("%s to %s", day_weekday_short(opens_on, from), to);
}

static void warn_of_difference(const struct warning *w, const struct deadline *d)
{
    char *stated, *computed;

    if (!deadline_differs(d))
        return;
    stated = days_text(d->stated_opens_on, d->stated_on);
    computed = days_text(d->computed_opens_on, d->computed_on);
    warn(w->rows, LOOK_DEADLINES, HEALTH_WARNING,
         "deadline %lld: stated %s, the rule says %s: csictl deadline ack %lld", (long long)d->id,
         stated, computed, (long long)d->id);
    free(stated);
    free(computed);
}

static int warn_of_deadline(void *arg, const struct deadline *d)
{
    const struct warning *w = arg;

    if (deadline_state(d, w->call->when.today) == DEADLINE_ENDED)
        return 0;
    warn_of_window(w, d);
    warn_of_difference(w, d);
    return 0;
}

/* ---- rules ---- */

static int warn_of_rules(const struct call *c, json_t *warnings, struct err *e)
{
    struct pack_difference *differences;
    struct rule_texts texts;
    size_t count;

    if (packs_in_force(c->api->store, c->api->engine, &texts, NULL, e) < 0)
        return -1;
    count = packs_differ(&texts, c->api->engine->packs, &differences);
    if (count)
        warn(warnings, LOOK_RULES, HEALTH_WARNING,
             "the deadline rules on disk are not those in force, first %s: csictl rules diff",
             differences[0].rule);
    free(differences);
    rule_texts_clear(&texts);
    return 0;
}

/* ---- the backlog ---- */

static int warn_of_backlog(void *arg, const char *plan, size_t count)
{
    warn(arg, LOOK_DEADLINES, HEALTH_WARNING,
         "%zu action%s of %s past due at its first import wait%s for a board that is not "
         "recorded, and go%s up to nobody: csictl meeting add, or reminders.backlog_from",
         count, count == 1 ? "" : "s", plan, count == 1 ? "s" : "", count == 1 ? "es" : "");
    return 0;
}

int warn_of_duties(struct call *c, json_t *o, json_t *warnings, struct err *e)
{
    struct warning w = {c, warnings};
    struct roster roles = {0};
    int rc = warn_of_unreached(c, warnings, e);

    if (rc == 0)
        rc = warn_of_failed(c, warnings, e);
    if (rc == 0)
        rc = warn_of_held(c, warnings, e);
    if (rc == 0)
        rc = role_all(c->api->store, c->when.today, &roles.roles, &roles.count, e);

    if (rc == 0)
        rc = warn_of_roles(c, &roles, o, warnings, e);
    if (rc == 0)
        rc = deadline_each(c->api->store, false, DAY_NONE, warn_of_deadline, &w, e);
    if (rc == 0)
        rc = warn_of_rules(c, warnings, e);
    if (rc == 0 && c->api->engine->escalation && c->api->engine->escalation->count)
        rc = backlog_waiting(c->api->store, c->api->engine, c->when.today, warn_of_backlog,
                             warnings, e);
    roster_free(&roles);
    return rc;
}
