/*
 * What holds between options of one mapping, and what the files they name contain. Values that were
 * refused before are NULL here and passed over: their fault is told already.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/when.h"
#include "courier/notify.h"
#include "courier/smtp.h"
#include "courier/vet.h"
#include "engine/spec.h"
#include "notice/verp.h"
#include "notice/webhook_format.h"
#include "service/config_table.h"
#include "service/config_yaml.h"
#include "service/rules.h"

enum { HOLIDAYS_MAX_BYTES = 1024 * 1024 };
#define NOTIFY_BASE NOTIFY_SCHEME "https://api.notifications.service.gov.uk"

static bool given(const char *s)
{
    return s && *s;
}

void config_finish_schedule(struct config_reading *r, const struct config_scope *s)
{
    struct config_schedule *schedule = s->into;
    enum cron_both both = CRON_BOTH_REFUSED;
    struct err e;

    if (schedule->dom_dow)
        cron_both_read(schedule->dom_dow, &both, &e);
    if (schedule->cron && schedule->dom_dow &&
        cron_parse(schedule->cron, both, &schedule->parsed, &e) < 0)
        config_scope_fault(r, s, "cron", e.text);
    if (!schedule->catchup || !schedule->window)
        return;
    catchup_read(schedule->catchup, &schedule->catchup_kind, &e);
    schedule->window_s = catchup_window_default(schedule->catchup_kind);
    if (*schedule->window)
        catchup_window_read(schedule->window, &schedule->window_s, &e);
    if (*schedule->window && schedule->catchup_kind == CATCHUP_NONE)
        config_scope_fault(r, s, "window",
                           "is for catchup: latest and all; nothing is caught up here");
}

/* What holds of the way to an endpoint: `key` is its url's, the others stand beside it. */
struct way {
    const char *url, *proxy, *ca_file;
    const struct strings *allow;
    char **ret_ca;
};

static char *beside(const char *key, const char *name)
{
    const char *dot = strrchr(key, '.');

    return xasprintf("%.*s%s", (int)(dot ? dot + 1 - key : 0), key, name);
}

static void way_fault(struct config_reading *r, const struct config_scope *s, const char *key,
                      const char *name, const char *what)
{
    char *other = beside(key, name);

    config_scope_fault(r, s, other, what);
    free(other);
}

/* Whether the URL's host is one of the names that are allowed. */
static bool host_listed(const char *url, const struct strings *allow)
{
    const char *host = strstr(url, "//") + 2;
    char *name = xstrndup(host, strcspn(host, ":/?#"));
    bool listed = vet_host(name, (const char *const *)allow->items, allow->count);

    free(name);
    return listed;
}

/* Through a proxy names decide, for its addresses are not seen here; else networks do. */
static void finish_allow(struct config_reading *r, const struct config_scope *s, const char *key,
                         const struct way *w)
{
    bool through = given(w->proxy), fit = w->allow->count > 0;

    if (through && !w->allow->count)
        way_fault(r, s, key, "proxy",
                  "wants allow beside it: the host names that may be reached through it, such as "
                  "[hooks.example.org] or [\"*.example.org\"]");
    for (size_t i = 0; i < w->allow->count; i++) {
        const char *item = w->allow->items[i];
        char *what = NULL;

        if (through && !config_is_host_pattern(item))
            what = xasprintf("\"%s\" is no host name; with a proxy write hooks.example.org or "
                             "*.example.org",
                             item);
        if (!through && !config_is_network(item))
            what = xasprintf("\"%s\" is no network; write one as 10.1.0.0/16 or 10.1.2.3", item);
        if (what)
            way_fault(r, s, key, "allow", what);
        fit &= !what;
        free(what);
    }
    if (through && fit && w->url && !host_listed(w->url, w->allow))
        config_scope_fault(r, s, key,
                           "has a host that is not listed under allow; with a proxy that decides");
}

static void finish_way(struct config_reading *r, const struct config_scope *s, const char *key,
                       const struct way *w)
{
    bool plain = w->url && strncmp(w->url, "http://", strlen("http://")) == 0;
    struct err e;

    if (plain && given(w->proxy))
        config_scope_fault(r, s, key, "only https goes through a proxy; write https");
    else if (plain && !w->allow->count)
        config_scope_fault(
            r, s, key, "http goes only to networks listed under allow; write https, or list them");
    finish_allow(r, s, key, w);
    if (given(w->ca_file) && config_ca_read(w->ca_file, w->ret_ca, &e) < 0)
        way_fault(r, s, key, "ca_file", e.text);
}

static void finish_secret(struct config_reading *r, const struct config_scope *s, const char *key,
                          const char *file, char **ret)
{
    struct err e;

    if (given(file) &&
        (config_secret_read(file, ret, &e) < 0 || config_secret_is_key(*ret, &e) < 0))
        config_scope_fault(r, s, key, e.text);
}

/* What follows the host is as good as a password with most receivers. */
static char *shown_url(const char *url)
{
    size_t host = (size_t)(strstr(url, "//") + 2 - url);

    return xasprintf("%.*s/…", (int)(host + strcspn(url + host, "/?#")), url);
}

void config_finish_webhook(struct config_reading *r, const struct config_scope *s)
{
    struct config_webhook *hook = s->into;
    const struct webhook_format *format = hook->format ? webhook_format_find(hook->format) : NULL;
    const struct way way = {hook->url, hook->proxy, hook->ca_file, &hook->allow, &hook->ca};

    finish_way(r, s, "url", &way);
    hook->shown = hook->url ? shown_url(hook->url) : NULL;
    if (format && format->secret && hook->secret_file && !*hook->secret_file)
        config_scope_fault(
            r, s, "secret_file",
            "is missing: the standard format is signed, so name a file with the secret");
    if (given(hook->previous_secret_file) && hook->secret_file && !*hook->secret_file)
        config_scope_fault(r, s, "previous_secret_file",
                           "is the secret before secret_file, which is missing; name both");
    finish_secret(r, s, "secret_file", hook->secret_file, &hook->secret);
    finish_secret(r, s, "previous_secret_file", hook->previous_secret_file, &hook->previous);
}

static void finish_ca_file(struct config_reading *r, const struct config_scope *s,
                           const struct config *c)
{
    struct err e;
    char *text;

    if (!given(c->mail.ca_file))
        return;
    if (config_ca_read(c->mail.ca_file, &text, &e) < 0)
        config_scope_fault(r, s, "mail.ca_file", e.text);
    else
        free(text);
}

/* What is added to it names the message: see notice/verp.h. */
static void finish_bounce_to(struct config_reading *r, const struct config_scope *s,
                             const struct config *c)
{
    if (given(c->mail.bounce_to) && strcspn(c->mail.bounce_to, "@") > VERP_LOCAL_MAX)
        config_scope_fault(r, s, "mail.bounce_to",
                           "has more than 30 characters before the @; csid adds 34 at most, and 64 "
                           "are allowed");
}

static void finish_mail(struct config_reading *r, const struct config_scope *s, struct config *c)
{
    struct err e;

    finish_ca_file(r, s, c);
    finish_bounce_to(r, s, c);
    if (given(c->mail.username) && c->mail.password_file && !*c->mail.password_file)
        config_scope_fault(r, s, "mail.username",
                           "needs a password: name its file as password_file");
    if (!given(c->mail.password_file))
        return;
    if (c->mail.username && !*c->mail.username)
        config_scope_fault(r, s, "mail.password_file",
                           "needs mail.username, the user it belongs to");
    if (config_secret_read(c->mail.password_file, &c->mail.password, &e) < 0)
        config_scope_fault(r, s, "mail.password_file", e.text);
}

/* Notify's own: the two options belong to its url, and to no other. */
static void finish_notify(struct config_reading *r, const struct config_scope *s, struct config *c)
{
    const char *url = c->mail.url, *base;
    struct notify_key key;
    struct err e;

    if (!url || !c->mail.notify_template || !c->mail.notify_key_file)
        return;
    if (strncmp(url, NOTIFY_SCHEME, strlen(NOTIFY_SCHEME)) != 0) {
        if (*c->mail.notify_template)
            config_scope_fault(r, s, "mail.notify_template", "needs mail.url: " NOTIFY_BASE);
        if (*c->mail.notify_key_file)
            config_scope_fault(r, s, "mail.notify_key_file", "needs mail.url: " NOTIFY_BASE);
        return;
    }
    base = url + strlen(NOTIFY_SCHEME);
    if (strncmp(base, "http://", strlen("http://")) == 0 && !smtp_is_local(base))
        config_scope_fault(r, s, "mail.url",
                           "goes by http to this machine only: write notify+https://");
    if (given(c->mail.username))
        config_scope_fault(r, s, "mail.username", "is for a relay; Notify has its key");
    if (!notify_is_uuid(c->mail.notify_template))
        config_scope_fault(r, s, "mail.notify_template",
                           "must be the UUID that Notify shows for the template, such as "
                           "f33517ff-2a88-4f6e-b855-c550268ce08a");
    if (!*c->mail.notify_key_file)
        config_scope_fault(r, s, "mail.notify_key_file",
                           "is missing: name a file with the API key that Notify gave");
    else if (config_secret_read(c->mail.notify_key_file, &c->mail.notify_key, &e) < 0 ||
             notify_key_parse(c->mail.notify_key, &key, &e) < 0)
        config_scope_fault(r, s, "mail.notify_key_file", e.text);
    explicit_bzero(&key, sizeof key);
}

/* A link acknowledges for whoever holds it: it is not to be read on the way. */
static void finish_links(struct config_reading *r, const struct config_scope *s, struct config *c)
{
    if (!given(c->link_base))
        return;
    if (strncmp(c->link_base, "https://", strlen("https://")) != 0)
        config_scope_fault(r, s, "link_base", "must begin with https://");
    else if (strchr(c->link_base, '?'))
        config_scope_fault(r, s, "link_base", "has a ? part; the path ends before it");
}

static void finish_holidays(struct config_reading *r, const struct config_scope *s,
                            struct config *c)
{
    const char *csv = holidays_builtin;
    size_t len = strlen(holidays_builtin);
    struct err e;

    if (!c->bank_holidays || !c->division)
        return;
    if (*c->bank_holidays) {
        if (config_file_read(c->bank_holidays, HOLIDAYS_MAX_BYTES, &c->holidays_text, &len, &e) <
            0) {
            config_scope_fault(r, s, "bank_holidays", e.text);
            return;
        }
        csv = c->holidays_text;
    }
    if (holidays_parse(csv, len, c->division, &c->holidays, &e) < 0) {
        err_within(&e, "%s", *c->bank_holidays ? c->bank_holidays : "the list built in");
        config_scope_fault(r, s, "bank_holidays", e.text);
    }
}

static void finish_rules(struct config_reading *r, const struct config_scope *s, struct config *c)
{
    struct err e;

    if (c->rules_folder &&
        rules_read(c->rules_folder, r->known_check, &c->rules, &r->packs, &e) < 0)
        config_scope_fault(r, s, "rules", e.text);
}

/* "director programme-office". Caller frees. */
static char *joined(const struct strings *s)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < s->count; i++)
        text_addf(&t, "%s%s", i ? " " : "", s->items[i]);
    return text_take(&t);
}

/* What was refused keeps its default: the file is not taken anyway. */
static void finish_reminders(struct config *c)
{
    struct policy *p = &c->policy;
    struct err e;

    *p = policy_usual();
    for (size_t i = 0; i < POLICY_KINDS; i++)
        if (c->reminders.ladders[i])
            ladder_parse(c->reminders.ladders[i], &p->ladders[i], &e);
    if (c->reminders.quiet_hours)
        policy_quiet_parse(c->reminders.quiet_hours, &p->quiet_from, &p->quiet_to, &e);
    p->quiet_days =
        c->reminders.quiet_days && strcmp(c->reminders.quiet_days, QUIET_DAYS_NON_WORKING) == 0;
    if (c->reminders.no_update_days)
        policy_days_parse(c->reminders.no_update_days, &p->no_update_days, &e);
    if (c->reminders.nothing_booked_days)
        policy_days_parse(c->reminders.nothing_booked_days, &p->nothing_booked_days, &e);
    p->copy_actions = joined(&c->reminders.copy_actions);
    p->copy_deadlines = joined(&c->reminders.copy_deadlines);
    c->backlog_from = DAY_NONE;
    if (given(c->reminders.backlog_from))
        day_parse_iso(c->reminders.backlog_from, &c->backlog_from);
    if (c->reminders.escalation)
        escalation_parse(c->reminders.escalation, &c->escalation, &e);
}

void config_finish(struct config_reading *r, const struct config_scope *s)
{
    struct config *c = s->into;
    struct config_place database = config_scope_place(s, "database");
    struct err e;

    c->database_line = database.line;
    c->database_column = database.column;
    if (c->timezone && zone_load(c->timezone, &c->zone, &e) < 0)
        config_scope_fault(r, s, "timezone", e.text);
    finish_holidays(r, s, c);
    finish_mail(r, s, c);
    finish_notify(r, s, c);
    finish_links(r, s, c);
    finish_way(r, s, "heartbeat.url",
               &(struct way){c->heartbeat.url, c->heartbeat.proxy, c->heartbeat.ca_file,
                             &c->heartbeat.allow, &c->heartbeat.ca});
    if (c->heartbeat.every)
        when_duration(c->heartbeat.every, &c->heartbeat.every_s, &e);
    finish_rules(r, s, c);
    finish_reminders(c);
}
