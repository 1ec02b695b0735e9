/* Whether all is well: every look in its place, good or bad, and what to do. */
#include <stdlib.h>
#include <string.h>

#include "api/warnings.h"
#include "base/mem.h"
#include "engine/scheduler.h"
#include "store/channel.h"
#include "store/journal.h"
#include "store/outbox_list.h"

#define LATE_S    600          /* what is due longer than that is not merely about to be done */
#define WAITING_S (4 * 3600LL) /* and what was tried for that long, as the administrator hears */
#define UNHEALTHY 503          /* so that curl --fail and a monitor can tell; csictl exits with 1 */

static const struct column columns[] = {
    {"look", "LOOK", KIND_TEXT, false},
    {"state", "STATE", KIND_TEXT, false},
    {"text", "WHAT IS FOUND", KIND_TEXT, true},
};
static const struct section sections[] = {{NULL, "items", columns, COUNT(columns), NULL}};
static const struct view view = {sections, COUNT(sections), 0};

/* What is said of a look that has found nothing. */
static const char *const well[] = {
#define LOOK(NAME, name, well) well,
#include "api/look.def"
#undef LOOK
};

/* ---- csid's own duty ---- */

static void look_at_mail(const struct call *c, json_t *rows)
{
    const char *note = c->api->engine->mail_channel_note;
    const char *redirect = c->api->engine->mail_redirect;

    if (redirect && *redirect)
        warn(rows, LOOK_MAIL, HEALTH_WARNING,
             "every mail goes to %s and webhooks wait: take mail.redirect_all_to out unless this "
             "is a test system",
             redirect);
    if (note)
        warn(rows, LOOK_MAIL, HEALTH_WARNING, "%s: set mail.url to smtp://… for it to be sent",
             note);
}

/* An endpoint that answers again says nothing of what it has missed. */
static int look_at_failed_calls(const struct call *c, const char *name, const char *channel,
                                json_t *rows, struct err *e)
{
    const utc_t week_ago = {c->api->now.s - 7 * 86400};
    char at[UTC_ISO];
    int64_t failed;
    utc_t first;

    if (outbox_count_failed_calls(c->api->store, channel, week_ago, &failed, &first, e) < 0)
        return -1;
    if (failed)
        warn(
            rows, LOOK_CHANNELS, HEALTH_WARNING,
            "%lld call%s to the endpoint %s failed for good in the last seven days: csictl webhook "
            "redeliver %s --since %s sends it again what was settled since",
            (long long)failed, failed == 1 ? "" : "s", name, name, utc_iso(first, at));
    return 0;
}

/* What is held stands in the list already; an endpoint that does not answer will be. */
static int look_at_endpoints(const struct call *c, json_t *rows, struct err *e)
{
    const struct engine *engine = c->api->engine;

    for (size_t i = 0; i < engine->webhook_count; i++) {
        char *name = xasprintf("webhook:%s", engine->webhooks[i].name), at[UTC_ISO];
        struct channel channel;
        int rc = look_at_failed_calls(c, engine->webhooks[i].name, name, rows, e);

        if (rc == 0)
            rc = channel_read(c->api->store, name, &channel, e);
        free(name);
        if (rc < 0)
            return -1;
        if (!channel.held && utc_is(channel.failing_since))
            warn(rows, LOOK_CHANNELS, HEALTH_WARNING,
                 "the endpoint %s has taken no call since %s and is given up after five days: "
                 "csictl webhook list",
                 engine->webhooks[i].name, utc_iso(channel.failing_since, at));
        channel_clear(&channel);
    }
    return 0;
}

struct outbox_look {
    const struct call *call;
    json_t *rows;
};

static int look_at_channel(void *arg, const struct outbox_waiting *w)
{
    const struct outbox_look *l = arg;
    int64_t now = l->call->api->now.s;
    char at[UTC_ISO];

    if (utc_is(w->due) && w->due.s < now - LATE_S)
        warn(l->rows, LOOK_OUTBOX, HEALTH_WARNING,
             "%s: %lld wait, due since %s: see what is said of channels, and csictl notice list",
             w->channel, (long long)w->count, utc_iso(w->due, at));
    else if (utc_is(w->tried) && w->tried.s < now - WAITING_S)
        warn(l->rows, LOOK_OUTBOX, HEALTH_WARNING,
             "%s: what was written at %s is being tried ever since: csictl notice list --state "
             "retry",
             w->channel, utc_iso(w->tried, at));
    if (w->in_doubt)
        warn(l->rows, LOOK_OUTBOX, HEALTH_WARNING,
             "%s: %lld in doubt, they may have arrived and go again: csictl notice list --state "
             "in-doubt",
             w->channel, (long long)w->in_doubt);
    return 0;
}

static int look_at_outbox(const struct call *c, json_t *rows, struct err *e)
{
    struct outbox_look l = {c, rows};

    return outbox_each_waiting(c->api->store, c->api->now, look_at_channel, &l, e);
}

static void look_at_heartbeat(const struct call *c, json_t *rows)
{
    const struct api_heartbeat *h = &c->api->service->heartbeat;
    char at[UTC_ISO];

    if (h->failure)
        warn(rows, LOOK_HEARTBEAT, HEALTH_WARNING,
             "it did not get through at %s: %s: see whether the monitor of heartbeat.url is up",
             utc_iso(h->failed_at, at), h->failure);
    else if (utc_is(h->ok_at))
        warn(rows, LOOK_HEARTBEAT, HEALTH_OK, "sent %s%s", utc_iso(h->ok_at, at),
             h->said_failing ? ", as in trouble" : "");
    else if (h->configured)
        warn(rows, LOOK_HEARTBEAT, HEALTH_OK, "not sent yet");
}

/* A schedule that is behind stands still for a reason that is told beside it, or csid hangs. */
static int look_at_schedules(const struct call *c, json_t *rows, struct err *e)
{
    const struct engine *engine = c->api->engine;

    for (size_t i = 0; i < engine->schedule_count; i++) {
        const struct engine_schedule *s = &engine->schedules[i];
        struct cron_time next;
        char at[UTC_ISO];
        utc_t decided;

        if (scheduler_decided(c->api->store, engine, s, &decided, e) < 0)
            return -1;
        if (utc_is(decided) && scheduler_next_of(engine, s, decided, &next) &&
            next.at.s < c->api->now.s - LATE_S)
            warn(rows, LOOK_SCHEDULES, HEALTH_FAULT,
                 "%s was to run at %s and has not: see the log of csid", s->name,
                 utc_iso(next.at, at));
    }
    return 0;
}

static void look_at_coverage(const json_t *o, json_t *rows)
{
    const json_t *coverage = json_object_get(o, "coverage");
    bool gaps = json_integer_value(json_object_get(coverage, "gaps")) > 0;

    warn(rows, LOOK_COVERAGE, gaps ? HEALTH_WARNING : HEALTH_OK, "%s",
         json_string_value(json_object_get(o, "coverage_text")));
}

/* ---- what it stands on ---- */

static void look_at_database(const struct call *c, json_t *rows)
{
    struct err e;

    if (store_verify(c->api->store, &e) < 0)
        warn(rows, LOOK_DATABASE, HEALTH_FAULT, "%s", e.text);
}

static int look_at_journal(const struct call *c, json_t *rows, struct err *e)
{
    int64_t count, broken;

    if (journal_verify(c->api->store, &count, &broken, e) < 0)
        return -1;
    if (broken)
        warn(rows, LOOK_JOURNAL, HEALTH_FAULT,
             "broken at row %lld: it or a row before it was changed outside csid: compare with a "
             "backup",
             (long long)broken);
    else
        warn(rows, LOOK_JOURNAL, HEALTH_OK, "the chain of %lld rows is whole", (long long)count);
    return 0;
}

static void put_seen(void *to, enum api_seen seen, enum api_health health, const char *text)
{
    static const enum look looks[SEEN_COUNT] = {
        [SEEN_CONFIGURATION] = LOOK_CONFIGURATION,
        [SEEN_DISK] = LOOK_DISK,
        [SEEN_FILES] = LOOK_FILES,
        [SEEN_ZONE] = LOOK_ZONE,
    };

    warn(to, looks[seen], health, "%s", text);
}

/* ---- all of it ---- */

static int look_at_all(struct call *c, json_t *rows, struct err *e)
{
    const struct api_service *service = c->api->service;
    json_t *o = json_object();
    int rc = warn_of_service(c, rows, e);

    if (rc == 0)
        rc = warn_of_duties(c, o, rows, e);
    if (rc == 0)
        look_at_coverage(o, rows);
    json_decref(o);
    look_at_mail(c, rows);
    look_at_heartbeat(c, rows);
    if (rc == 0)
        rc = look_at_endpoints(c, rows, e);
    if (rc == 0)
        rc = look_at_outbox(c, rows, e);
    if (rc == 0)
        rc = look_at_schedules(c, rows, e);
    look_at_database(c, rows);
    if (rc == 0)
        rc = look_at_journal(c, rows, e);
    service->look(service->arg, put_seen, rows);
    return rc;
}

static bool is_of(const json_t *row, const char *key, const char *word)
{
    const char *value = json_string_value(json_object_get(row, key));

    return value && strcmp(value, word) == 0;
}

/* The rows in the order of the looks, one that says so for each that has found nothing. */
static void put_in_order(json_t *items, const json_t *rows)
{
    for (enum look look = 0; look < LOOK_COUNT; look++) {
        size_t before = json_array_size(items), i;
        json_t *row;

        json_array_foreach(rows, i, row) if (is_of(row, "look", look_name(look)))
            json_array_append(items, row);
        if (json_array_size(items) == before)
            warn(items, look, HEALTH_OK, "%s", well[look]);
    }
}

static enum api_health worst(const json_t *items)
{
    enum api_health found = HEALTH_OK;
    json_t *row;
    size_t i;

    json_array_foreach(items, i, row) for (enum api_health h = found; h <= HEALTH_FAULT;
                                           h++) if (is_of(row, "state", health_name(h))) found = h;
    return found;
}

int api_doctor(struct call *c, struct err *e)
{
    json_t *rows = json_array(), *items;
    int rc = look_at_all(c, rows, e);

    if (rc == 0) {
        items = call_items(c, &view);
        put_in_order(items, rows);
        put_text(c->answer, "state", health_name(worst(items)));
        if (worst(items) == HEALTH_FAULT)
            c->status = UNHEALTHY;
    }
    json_decref(rows);
    return rc;
}
