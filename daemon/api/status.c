/* How csid and the plans stand: status, healthz; and reload. */
#include <stdlib.h>
#include <string.h>

#include "api/ahead.h"
#include "api/channel.h"
#include "api/warnings.h"
#include "base/mem.h"
#include "engine/checks.h"
#include "engine/scheduler.h"
#include "report/position.h"
#include "store/channel.h"
#include "store/notice.h"
#include "store/outbox_list.h"

static const struct column service_columns[] = {
    {"service", "csid", KIND_TEXT, true},
    {"clock", "Clock", KIND_TEXT, true},
    {"mail", "Mail", KIND_TEXT, true},
    {"outbox_text", "Outbox", KIND_TEXT, true},
    {"database", "Database", KIND_TEXT, true},
    {"coverage_text", "Coverage", KIND_TEXT, true},
    {"heartbeat_text", "Heartbeat", KIND_TEXT, true},
};
static const struct column warning_columns[] = {{"text", "WARNING", KIND_TEXT, true}};
static const struct column channel_columns[] = {
    {"name", "CHANNEL", KIND_TEXT, false},
    {"state", "STATE", KIND_TEXT, false},
    {"reason", "WHY", KIND_TEXT, true},
};
static const struct column plan_columns[] = {
    {"plan", "PLAN", KIND_TEXT, false},
    {"actions", "ACTIONS", KIND_FRACTION, false},
    {"due", "DUE", KIND_FRACTION, false},
    {"past_due", "PAST DUE", KIND_FRACTION, false},
    {"headline", "POSITION TODAY", KIND_TEXT, true},
};
static const struct column schedule_columns[] = {
    {"name", "SCHEDULE", KIND_TEXT, false},
    {"check", "CHECK", KIND_TEXT, false},
    {"next", "NEXT RUN", KIND_TIME, false},
};
static const struct section status_sections[] = {
    {NULL, NULL, service_columns, COUNT(service_columns), NULL},
    {"", "warnings", warning_columns, COUNT(warning_columns), NULL},
    {"", "channels", channel_columns, COUNT(channel_columns), NULL},
    {"", "plans", plan_columns, COUNT(plan_columns), "No plan yet: csictl plan import FILE"},
    {"", "ahead", ahead_columns, AHEAD_COLUMNS, NULL},
    {"", "schedules", schedule_columns, COUNT(schedule_columns), NULL},
};
static const struct view status_view = {status_sections, COUNT(status_sections), 3};

/* ---- pieces ---- */

/* Where every mail goes instead; NULL: to whom it is for. */
static const char *redirected(const struct call *c)
{
    const char *redirect = c->api->engine->mail_redirect;

    return redirect && *redirect ? redirect : NULL;
}

static void put_mail(const struct call *c, json_t *o)
{
    const char *note = c->api->engine->mail_channel_note;
    const char *redirect = redirected(c);

    put_textf(o, "mail", "%s%s%s%s", note ? note : "a relay is configured",
              redirect ? "; mail.redirect_all_to: every mail goes to " : "",
              redirect ? redirect : "", redirect ? ", and webhooks wait" : "");
    put_text(o, "redirect_all_to", redirect);
}

static void put_clock(const struct call *c, json_t *o)
{
    struct local local = zone_local(c->api->engine->zone, c->api->now);
    char day[DAY_TEXT], now[UTC_ISO];

    put_text(o, "now", utc_iso(c->api->now, now));
    put_textf(o, "clock", "%s %02d:%02d %s%s%s", day_weekday_short(local.day, day),
              local.second / 3600, local.second / 60 % 60, zone_name(c->api->engine->zone),
              c->api->service->test_clock ? ", a test clock" : "",
              c->api->service->troubles[TROUBLE_CLOCK] ? ", suspect" : "");
}

static int put_outbox(struct call *c, json_t *o, struct err *e)
{
    struct outbox_counts counts;
    json_t *states = json_object();
    struct text t = TEXT_INIT;

    json_object_set_new(o, "outbox", states);
    if (outbox_count(c->api->store, &counts, e) < 0)
        return -1;
    for (int i = 0; i < OUTBOX_STATES; i++) {
        const char *name = outbox_state_name((enum outbox_state)i);

        put_int(states, name, counts.by_state[i]);
        /* what a Maildir accepted was kept, not sent */
        if (i == OUTBOX_ACCEPTED && c->api->engine->mail_channel_note)
            name = "accepted (kept in the Maildir, not sent)";
        if (counts.by_state[i])
            text_addf(&t, "%s%lld %s", t.len ? ", " : "", (long long)counts.by_state[i], name);
    }
    put_text(o, "outbox_text", t.len ? t.s : "empty");
    text_free(&t);
    return 0;
}

static int put_warnings(struct call *c, json_t *o, struct err *e)
{
    json_t *warnings = put_list(o, "warnings");

    return warn_of_service(c, warnings, e) < 0 ? -1 : warn_of_duties(c, o, warnings, e);
}

static int put_plan_line(struct call *c, json_t *row, const char *slug, struct err *e)
{
    struct text t = TEXT_INIT;
    struct position p;
    char count[FRACTION_TEXT];

    if (position_make(c->api->store, slug, c->when.today, UTC_NONE, &p, e) < 0)
        return -1;
    put_text(row, "plan", p.plan.slug);
    put_text(row, "title", p.plan.title);
    json_object_set_new(row, "actions", fraction_json(p.all.actions));
    json_object_set_new(row, "due", fraction_json(p.all.due));
    json_object_set_new(row, "past_due", fraction_json(p.all.overdue));
    for (size_t i = 0; i < p.plan.scheme.count; i++)
        text_addf(&t, "%s%s %s %s (%d%%)", i ? ", " : "", p.plan.scheme.ratings[i].symbol,
                  fraction_text(p.all.counts[i], count), p.plan.scheme.ratings[i].label,
                  p.percents[i]);
    put_text(row, "headline", t.s);
    text_free(&t);
    position_clear(&p);
    return 0;
}

static int put_plans(struct call *c, json_t *o, struct err *e)
{
    json_t *rows = put_list(o, "plans");
    struct plan *plans;
    size_t count;
    int rc = 0;

    if (plan_all(c->api->store, &plans, &count, e) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (rc == 0)
            rc = put_plan_line(c, put_row(rows), plans[i].slug, e);
        plan_clear(&plans[i]);
    }
    free(plans);
    return rc;
}

/* ---- status ---- */

static void put_schedules(const struct call *c, json_t *o)
{
    const struct engine *engine = c->api->engine;
    json_t *rows = put_list(o, "schedules");

    for (size_t i = 0; i < engine->schedule_count; i++) {
        json_t *row = put_row(rows);
        struct cron_time next;

        put_text(row, "name", engine->schedules[i].name);
        put_text(row, "check", engine->schedules[i].check);
        put_utc(row, "next",
                scheduler_next_of(engine, &engine->schedules[i], c->api->now, &next) ? next.at
                                                                                     : UTC_NONE);
    }
}

static char *heartbeat_text(const struct api_service *service)
{
    const struct api_heartbeat *h = &service->heartbeat;
    char ok[UTC_ISO], failed[UTC_ISO];

    if (!h->configured)
        return xstrdup("none: heartbeat.url is not set");
    if (service->troubles[TROUBLE_COPY])
        return xstrdup("none: the database is a copy");
    if (h->failure)
        return xasprintf("did not get through at %s: %s; last did %s",
                         utc_iso(h->failed_at, failed), h->failure,
                         utc_is(h->ok_at) ? utc_iso(h->ok_at, ok) : "never");
    if (!utc_is(h->ok_at))
        return xstrdup("not sent yet");
    return xasprintf("sent %s%s", utc_iso(h->ok_at, ok), h->said_failing ? ", as in trouble" : "");
}

static void put_heartbeat(const struct call *c, json_t *o)
{
    const struct api_heartbeat *h = &c->api->service->heartbeat;
    char *text = heartbeat_text(c->api->service);
    json_t *row = json_object();

    put_flag(row, "configured", h->configured);
    put_utc(row, "ok_at", h->ok_at);
    put_utc(row, "failed_at", h->failed_at);
    put_text(row, "failure", h->failure);
    put_flag(row, "in_trouble", h->said_failing);
    json_object_set_new(o, "heartbeat", row);
    put_text(o, "heartbeat_text", text);
    free(text);
}

static void put_service(const struct call *c, json_t *o)
{
    const struct api_service *service = c->api->service;
    char since[UTC_ISO];

    put_text(o, "version", service->version);
    put_text(o, "organisation", c->api->engine->organisation);
    put_utc(o, "started_at", service->started_at);
    put_textf(o, "service", "%s for %s, up since %s", service->version,
              c->api->engine->organisation, utc_iso(service->started_at, since));
    put_text(o, "database", service->database);
    put_text(o, "socket", service->socket);
    put_mail(c, o);
    put_clock(c, o);
    put_heartbeat(c, o);
}

int api_status(struct call *c, struct err *e)
{
    json_t *o = call_object(c, &status_view);

    put_service(c, o);
    if (put_outbox(c, o, e) < 0 || put_warnings(c, o, e) < 0 || put_channels(c, o, e) < 0 ||
        put_plans(c, o, e) < 0 || put_ahead(c, o, e) < 0)
        return -1;
    put_schedules(c, o);
    return 0;
}

/* ---- healthz and reload ---- */

static const struct column health_columns[] = {
    {"status", "Status", KIND_TEXT, false},
    {"mail", "Mail", KIND_TEXT, true},
    {"outbox_text", "Outbox", KIND_TEXT, true},
};
static const struct section health_sections[] = {
    {NULL, NULL, health_columns, COUNT(health_columns), NULL},
    {"", "warnings", warning_columns, COUNT(warning_columns), NULL},
};
static const struct view health_view = {health_sections, 2, 0};

/* The store answered, or this is a problem; "degraded" when something waits for a person. */
int api_healthz(struct call *c, struct err *e)
{
    json_t *o = call_object(c, &health_view), *warnings = put_list(o, "warnings");

    put_mail(c, o);
    if (put_outbox(c, o, e) < 0 || warn_of_service(c, warnings, e) < 0)
        return -1;
    put_text(o, "status", json_array_size(warnings) ? "degraded" : "ok");
    return 0;
}

static const struct column reload_columns[] = {{"reloaded", "Read again", KIND_TEXT, true}};
static const struct section reload_sections[] = {{NULL, NULL, reload_columns, 1, NULL}};
static const struct view reload_view = {reload_sections, 1, 0};

int api_reload(struct call *c, struct err *e)
{
    const struct api_service *service = c->api->service;

    if (!c->dry_run && service->reload(service->arg, e) < 0)
        return -1;
    put_text(call_object(c, &reload_view), "reloaded", service->config_file);
    return 0;
}
