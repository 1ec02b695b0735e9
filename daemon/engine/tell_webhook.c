/* Calls of endpoints: which want what, and the body that each is sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "engine/tell.h"
#include "engine/tell_impl.h"
#include "notice/webhook_event.h"

#define DAY_S (24 * 60 * 60)

static bool wants(const struct engine_webhook *w, const char *event)
{
    for (size_t i = 0; i < w->event_count; i++)
        if (strcmp(w->events[i], event) == 0)
            return true;
    return w->event_count == 0;
}

bool tell_webhooks_want(const struct check_run *run, const char *event)
{
    size_t i = 0;

    while (i < run->engine->webhook_count && !wants(&run->engine->webhooks[i], event))
        i++;
    return i < run->engine->webhook_count;
}

static char *webhook_data(const struct check_run *run, const char *plan,
                          const struct tell_item *const *items, size_t count)
{
    struct text t = TEXT_INIT;
    char today[DAY_ISO];

    text_add(&t, "{\"plan\":");
    text_add_json(&t, plan);
    text_addf(&t, ",\"as_at\":\"%s\",\"count\":%zu,\"items\":[", day_iso(run->today, today), count);
    for (size_t i = 0; i < count && i < TELL_ITEMS; i++) {
        text_add(&t, i ? "," : "");
        text_add(&t, items[i]->json);
    }
    text_add(&t, "]}");
    return text_take(&t);
}

/* What the items say to people, of those that are listed. */
static struct webhook_item *shown_items(const struct tell_item *const *items, size_t count)
{
    struct webhook_item *shown = xcalloc(count + 1, sizeof *shown);

    for (size_t i = 0; i < count; i++)
        shown[i] = items[i]->shown;
    return shown;
}

static int call(struct check_run *run, const struct engine_webhook *w, const char *event,
                const char *plan, const struct tell_item *const *items, size_t count,
                int64_t *ret_id, struct err *e)
{
    const struct webhook_format *format = w->format ? w->format : webhook_formats;
    size_t listed = count < TELL_ITEMS ? count : TELL_ITEMS;
    struct webhook_item *shown = shown_items(items, listed);
    char hex[33], *data = webhook_data(run, plan, items, count);
    struct outbox_message m = {
        .channel = xasprintf("webhook:%s", w->name),
        .recipient = xstrdup(w->name),
        .event = xstrdup(event),
        .subject = xasprintf("%s: %zu", event, count),
        .format = xstrdup(format->name),
        .valid_until = {run->now.s + 5 * DAY_S}, /* by then the endpoint counts as gone */
    };
    struct webhook_call c = {.type = event,
                             .organisation = run->engine->organisation,
                             .plan = plan,
                             .check = run->check,
                             .at = run->now,
                             .today = run->today,
                             .count = count,
                             .items = shown,
                             .item_count = listed,
                             .data = data};
    int rc;

    digest_random_hex(16, hex);
    c.id = m.message_id = xasprintf("msg_%s", hex);
    m.body = format->body(&c);
    m.body_len = strlen(m.body);
    rc = tell_queue(run, &m, ret_id, e);
    outbox_message_clear(&m);
    free(data);
    free(shown);
    return rc;
}

static struct notice webhook_notice(const struct check_run *run, const char *event,
                                    const struct tell_item *item, const char *channel)
{
    return (struct notice){
        .event = event,
        .about = item->about,
        .due_on = item->due_on,
        .rule = run->check,
        .step = item->step,
        .role = "",
        .channel = channel,
        .reason = "the endpoint wants this event",
    };
}

/* The items this endpoint has not heard of; *ret_count of them in `ret`. */
static int unheard(struct check_run *run, const char *event, const char *channel,
                   const struct tell_item *items, size_t count, const struct tell_item **ret,
                   size_t *ret_count, struct err *e)
{
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct notice n = webhook_notice(run, event, &items[i], channel);
        utc_t passed = UTC_NONE;
        bool there;

        if (notice_exists(run->store, &n, &there, e) < 0 ||
            (!there && tell_passed(run, &n, &items[i].at, &passed, e) < 0))
            return -1;
        if (!there && !utc_is(passed))
            ret[(*ret_count)++] = &items[i];
    }
    return 0;
}

static int call_about(struct check_run *run, const struct engine_webhook *w, const char *event,
                      const char *channel, const struct tell_item *const *items, size_t count,
                      struct err *e)
{
    int64_t id;
    int rc = call(run, w, event, NULL, items, count, &id, e);

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct notice n = webhook_notice(run, event, items[i], channel);

        n.message_id = id;
        rc = tell_notice(run, &n, e);
    }
    return rc;
}

int tell_webhooks(struct check_run *run, const char *event, const struct tell_item *items,
                  size_t count, struct err *e)
{
    const struct engine *engine = run->engine;
    const struct tell_item **fresh = xcalloc(count + 1, sizeof *fresh);
    size_t fresh_count;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < engine->webhook_count; i++) {
        const struct engine_webhook *w = &engine->webhooks[i];
        char *channel = xasprintf("webhook:%s", w->name);

        if (wants(w, event)) {
            rc = unheard(run, event, channel, items, count, fresh, &fresh_count, e);
            if (rc == 0 && fresh_count)
                rc = call_about(run, w, event, channel, fresh, fresh_count, e);
        }
        free(channel);
    }
    free(fresh);
    return rc;
}

static int call_once(struct check_run *run, const struct engine_webhook *w, const char *event,
                     const char *plan, const struct tell_item *all,
                     const struct tell_item *const *items, size_t count, struct err *e)
{
    char *channel = xasprintf("webhook:%s", w->name);
    struct notice n = webhook_notice(run, event, all, channel);
    bool there;
    int rc = notice_exists(run->store, &n, &there, e);

    if (rc == 0 && !there) {
        rc = call(run, w, event, plan, items, count, &n.message_id, e);
        if (rc == 0)
            rc = tell_notice(run, &n, e);
    }
    free(channel);
    return rc;
}

int tell_webhooks_report(struct check_run *run, const char *event, const char *about,
                         const char *step, const char *plan, const struct tell_item *items,
                         size_t count, struct err *e)
{
    const struct tell_item **list = xcalloc(count + 1, sizeof *list);
    struct tell_item all = {.about = about, .step = step, .due_on = run->today};
    int rc = 0;

    for (size_t i = 0; i < count; i++)
        list[i] = &items[i];
    for (size_t i = 0; rc == 0 && i < run->engine->webhook_count; i++)
        if (wants(&run->engine->webhooks[i], event))
            rc = call_once(run, &run->engine->webhooks[i], event, plan, &all, list, count, e);
    free(list);
    return rc;
}

int tell_webhooks_at_once(struct check_run *run, const char *event, const char *about,
                          const char *step, const char *plan, const struct tell_item *items,
                          size_t count, struct err *e)
{
    return count ? tell_webhooks_report(run, event, about, step, plan, items, count, e) : 0;
}

#define TEST_TEXT \
    "A test that somebody asked for: csid reaches this endpoint. Nothing is to be done."
#define STEP (UTC_ISO + 16)

/* The instant, numbered where one of that instant is there already. */
static int test_step(struct check_run *run, struct notice *n, char ret[STEP], struct err *e)
{
    char at[UTC_ISO];
    bool there = true;

    n->step = ret;
    snprintf(ret, STEP, "%s", utc_iso(run->now, at));
    for (int again = 2; there; again++) {
        if (notice_exists(run->store, n, &there, e) < 0)
            return -1;
        if (there)
            snprintf(ret, STEP, "%s %d", at, again);
    }
    return 0;
}

int tell_webhook_test(struct check_run *run, const struct engine_webhook *w, int64_t *ret_notice,
                      struct err *e)
{
    char *channel = xasprintf("webhook:%s", w->name), step[STEP];
    struct tell_item item = {
        .about = channel,
        .due_on = run->today,
        .json = xstrdup("{\"text\":\"" TEST_TEXT "\"}"),
        .shown = {NULL, TEST_TEXT, DAY_NONE, NULL},
    };
    const struct tell_item *items[] = {&item};
    struct notice n = webhook_notice(run, EVENT_TEST, &item, channel);
    int rc;

    n.reason = "somebody asked for a test";
    rc = test_step(run, &n, step, e);
    if (rc == 0)
        rc = call(run, w, EVENT_TEST, NULL, items, 1, &n.message_id, e);
    if (rc == 0)
        rc = notice_add(run->store, &n, ret_notice, e);
    free(item.json);
    free(channel);
    return rc;
}
