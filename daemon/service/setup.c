#include "service/setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "notice/webhook_format.h"
#include "report/called.h"
#include "report/chair.h"
#include "service/config_value.h"

static void set_engine(struct engine *e, const struct config *c)
{
    struct engine_schedule *schedules = xcalloc(c->schedule_count, sizeof *schedules);
    struct engine_webhook *webhooks = xcalloc(c->webhook_count, sizeof *webhooks);

    for (size_t i = 0; i < c->schedule_count; i++)
        schedules[i] = (struct engine_schedule){
            c->schedules[i].name,   c->schedules[i].check,        c->schedules[i].cron,
            c->schedules[i].parsed, c->schedules[i].catchup_kind, c->schedules[i].window_s};
    for (size_t i = 0; i < c->webhook_count; i++)
        webhooks[i] = (struct engine_webhook){
            c->webhooks[i].name, (const char *const *)c->webhooks[i].events.items,
            c->webhooks[i].events.count, webhook_format_find(c->webhooks[i].format),
            c->webhooks[i].shown};
    *e = (struct engine){
        .organisation = c->organisation,
        .mail_from = c->mail.from,
        .mail_reply_to = c->mail.reply_to,
        .mail_administrator = c->mail.administrator,
        .mail_redirect = c->mail.redirect_all_to,
        .zone = c->zone,
        .holidays = c->holidays,
        .policy = c->policy,
        .division = c->division,
        .holidays_file = c->holidays_text ? c->bank_holidays : NULL,
        .holidays_text = c->holidays_text,
        .schedules = schedules,
        .schedule_count = c->schedule_count,
        .webhooks = webhooks,
        .webhook_count = c->webhook_count,
        .link_base = c->link_base,
        .escalation = &c->escalation,
        .backlog_from = c->backlog_from,
        .packs = &c->rules,
        .draft = chair_draft,
        .call_report = called_report,
    };
}

static struct courier_limits limits(const char *per_minute, const char *on_doubt)
{
    return (struct courier_limits){strtol(per_minute, NULL, 10),
                                   strcmp(on_doubt, ON_DOUBT_HOLD) == 0};
}

static void set_courier(struct courier_config *k, const struct config *c)
{
    struct courier_webhook *webhooks = xcalloc(c->webhook_count, sizeof *webhooks);

    for (size_t i = 0; i < c->webhook_count; i++)
        webhooks[i] = (struct courier_webhook){
            .name = c->webhooks[i].name,
            .url = c->webhooks[i].url,
            .secret = c->webhooks[i].secret,
            .previous = c->webhooks[i].previous,
            .proxy = c->webhooks[i].proxy,
            .ca = c->webhooks[i].ca,
            .limits = limits(c->webhooks[i].per_minute, c->webhooks[i].on_doubt),
            .allow = (const char *const *)c->webhooks[i].allow.items,
            .allow_count = c->webhooks[i].allow.count};
    *k = (struct courier_config){
        .mail_url = c->mail.url,
        .notify_template = c->mail.notify_template,
        .notify_key = c->mail.notify_key,
        .mail_from = c->mail.from,
        .username = c->mail.username,
        .password = c->mail.password,
        .ca_file = c->mail.ca_file,
        .proxy = c->mail.proxy,
        .connections = (size_t)strtoul(c->mail.connections, NULL, 10),
        .mail_limits = limits(c->mail.per_minute, c->mail.on_doubt),
        .bounce_to = c->mail.bounce_to,
        .redirect = c->mail.redirect_all_to,
        .webhooks = webhooks,
        .webhook_count = c->webhook_count,
        .heartbeat = {.name = "heartbeat",
                      .url = c->heartbeat.url,
                      .proxy = c->heartbeat.proxy,
                      .ca = c->heartbeat.ca,
                      .allow = (const char *const *)c->heartbeat.allow.items,
                      .allow_count = c->heartbeat.allow.count},
    };
}

struct setup *setup_new(struct config *config)
{
    struct setup *s = xcalloc(1, sizeof *s);

    s->config = config;
    s->access = access_compile(config);
    set_engine(&s->engine, config);
    set_courier(&s->courier, config);
    return s;
}

void setup_free(struct setup *s)
{
    if (!s)
        return;
    free((void *)s->engine.schedules);
    free((void *)s->engine.webhooks);
    free((void *)s->courier.webhooks);
    access_free(s->access);
    config_free(s->config);
    free(s);
}
