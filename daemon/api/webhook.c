/* Endpoints: what each is told and whether it answers; a test; what it lost, again. */
#include <stdlib.h>
#include <string.h>

#include "api/channel.h"
#include "base/mem.h"
#include "engine/tell.h"
#include "store/channel.h"
#include "store/outbox_list.h"

#define WEBHOOK "webhook:"

static const struct column columns[] = {
    {"name", "NAME", KIND_TEXT, false},
    {"format", "FORMAT", KIND_TEXT, false},
    {"url", "URL", KIND_TEXT, true},
    {"events", "EVENTS", KIND_TEXT, true},
    {"state", "STATE", KIND_TEXT, false},
    {"reason", "WHY", KIND_TEXT, true},
    {"accepted_at", "LAST ACCEPTED", KIND_TIME, false},
    {"failing_since", "FAILING SINCE", KIND_TIME, COLUMN_SPARE},
    {"waiting", "WAITING", KIND_NUMBER, false},
};
static const struct section list[] = {
    {NULL, "items", columns, COUNT(columns), "No endpoints: csid.yaml names them under webhooks."}};
static const struct view list_view = {list, 1, 0};

static const struct column test_columns[] = {
    {"notice", "Notice", KIND_NUMBER, false},
    {"name", "Endpoint", KIND_TEXT, false},
    {"state", "State", KIND_TEXT, false},
};
static const struct section test_sections[] = {
    {NULL, NULL, test_columns, COUNT(test_columns), NULL}};
static const struct view test_view = {test_sections, 1, 0};

static const struct column again_columns[] = {
    {"name", "Endpoint", KIND_TEXT, false},
    {"since", "Since", KIND_TIME, false},
    {"messages", "Sent again", KIND_NUMBER, false},
    {"state", "State", KIND_TEXT, true},
};
static const struct section again_sections[] = {
    {NULL, NULL, again_columns, COUNT(again_columns), NULL}};
static const struct view again_view = {again_sections, 1, 0};

/* ---- the list ---- */

static char *events_text(const struct engine_webhook *w)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < w->event_count; i++)
        text_addf(&t, "%s%s", i ? ", " : "", w->events[i]);
    return w->event_count ? text_take(&t) : (text_free(&t), xstrdup("all"));
}

static int put_endpoint(struct call *c, json_t *row, const struct engine_webhook *w,
                        const char *channel, struct err *e)
{
    char *events = events_text(w);
    struct channel_standing stands;
    struct outbox_channel on;
    struct channel ch;

    put_text(row, "name", w->name);
    put_text(row, "format", w->format->name);
    put_text(row, "url", w->shown);
    put_text(row, "events", events);
    free(events);
    if (outbox_channel(c->api->store, channel, &on, e) < 0 ||
        channel_stands(c, channel, &stands, e) < 0)
        return -1;
    put_text(row, "state", stands.state);
    put_text(row, "reason", stands.why);
    free(stands.why);
    if (channel_read(c->api->store, channel, &ch, e) < 0)
        return -1;
    put_text(row, "held_by", ch.held_by);
    put_utc(row, "accepted_at", on.sent_at);
    put_utc(row, "failing_since", ch.failing_since);
    put_int(row, "waiting", on.waiting + on.held);
    channel_clear(&ch);
    return 0;
}

int api_webhook_list(struct call *c, struct err *e)
{
    const struct engine *engine = c->api->engine;
    json_t *items = call_items(c, &list_view);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < engine->webhook_count; i++) {
        char *channel = xasprintf(WEBHOOK "%s", engine->webhooks[i].name);

        rc = put_endpoint(c, put_row(items), &engine->webhooks[i], channel, e);
        free(channel);
    }
    return rc;
}

/* ---- one of them ---- */

/* By its name or its channel's, "board" as good as "webhook:board". */
static int find(const struct call *c, const struct engine_webhook **ret, struct err *e)
{
    const struct engine *engine = c->api->engine;
    const char *name = call_text(c, "name"), *near;
    const char **names = xcalloc(engine->webhook_count + 1, sizeof *names);
    int rc = -1;

    if (strncmp(name, WEBHOOK, strlen(WEBHOOK)) == 0)
        name += strlen(WEBHOOK);
    for (size_t i = 0; i < engine->webhook_count; i++) {
        names[i] = engine->webhooks[i].name;
        if (strcmp(names[i], name) == 0) {
            *ret = &engine->webhooks[i];
            rc = 0;
        }
    }
    near = text_nearest(name, names, engine->webhook_count);
    if (rc < 0 && near)
        err_set(e, ERR_NOTFOUND, "no endpoint %s; did you mean %s?", name, near);
    else if (rc < 0)
        err_set(e, ERR_NOTFOUND, "no endpoint %s: see csictl webhook list", name);
    free(names);
    return rc;
}

/* What is said of when it goes: a held endpoint is called when it is released, and what waits
 * before it has its turn first. */
static int put_state(struct call *c, json_t *o, const char *name, struct err *e)
{
    char *channel = xasprintf(WEBHOOK "%s", name), at[UTC_ISO];
    struct channel_standing stands;
    struct outbox_channel on;
    int rc = outbox_channel(c->api->store, channel, &on, e);

    if (rc == 0)
        rc = channel_stands(c, channel, &stands, e);
    if (rc == 0 && stands.why)
        put_textf(o, "state", "waits: the endpoint is %s (%s)", stands.state, stands.why);
    else if (rc == 0 && utc_is(on.next_at) && on.next_at.s > c->api->now.s)
        put_textf(o, "state",
                  "waits: what has failed before it is tried again at %s, or at once by csictl "
                  "channel release %s",
                  utc_iso(on.next_at, at), channel);
    else if (rc == 0)
        put_text(o, "state", "queued");
    if (rc == 0)
        free(stands.why);
    free(channel);
    return rc;
}

int channel_test_webhook(struct call *c, const struct engine_webhook *w, struct err *e)
{
    const struct engine *engine = c->api->engine;
    struct check_run run = {.store = c->api->store,
                            .engine = engine,
                            .schedule = "webhook-test",
                            .check = "webhook-test",
                            .now = c->api->now,
                            .today = zone_today(engine->zone, c->api->now)};
    int64_t notice;
    json_t *o;

    if (call_trusts_clock(c, e) < 0 || tell_webhook_test(&run, w, &notice, e) < 0)
        return -1;
    o = call_object(c, &test_view);
    put_int(o, "notice", notice);
    put_text(o, "name", w->name);
    put_textf(o, "hint", "csictl notice show %lld", (long long)notice);
    if (!c->dry_run)
        c->foot = xasprintf("\nWhat becomes of it: csictl notice show %lld\n", (long long)notice);
    return put_state(c, o, w->name, e);
}

int api_webhook_test(struct call *c, struct err *e)
{
    const struct engine_webhook *w;

    return find(c, &w, e) < 0 ? -1 : channel_test_webhook(c, w, e);
}

int api_webhook_redeliver(struct call *c, struct err *e)
{
    const struct engine_webhook *w;
    char *channel;
    size_t count;
    utc_t since;
    json_t *o;
    int rc;

    if (find(c, &w, e) < 0 || call_instant(c, "since", UTC_NONE, &since, e) < 0)
        return -1;
    channel = xasprintf(WEBHOOK "%s", w->name);
    rc = outbox_redeliver(c->api->store, channel, since, &count, e);
    if (rc == 0) /* who asks for it has mended something: its five days begin anew */
        rc = channel_answers(c->api->store, channel, e);
    free(channel);
    if (rc < 0)
        return -1;
    o = call_object(c, &again_view);
    put_text(o, "name", w->name);
    put_utc(o, "since", since);
    put_int(o, "messages", (int64_t)count);
    put_text(o, "state", "nothing was settled since then");
    if (!count)
        return 0;
    put_textf(o, "hint", "csictl notice list --to %s", w->name);
    return put_state(c, o, w->name, e);
}
