#include "courier/ways.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "courier/notify.h"
#include "courier/settle.h"
#include "notice/message.h"
#include "store/channel.h"
#include "store/meta.h"
#include "store/outbox_list.h"

/* ---- what the settings say ---- */

/* What addresses are signed with that mails come back to; NULL where none does. Caller frees. */
static int bounce_secret(const struct courier_config *config, struct store *store, utc_t now,
                         char **ret, struct err *e)
{
    int rc;

    *ret = NULL;
    if (!config->bounce_to || !*config->bounce_to)
        return 0;
    if (store_begin(store, "csid", now, e) != 0)
        return -1;
    rc = meta_bounce_secret_ensure(store, ret, e);
    return store_end(store, rc, e);
}

static int make_route(const struct courier_config *config, struct store *store, utc_t now,
                      struct mail_route **ret, struct err *e)
{
    static const char *const schemes[] = {"maildir:/", "smtp://", "smtps://",
                                          NOTIFY_SCHEME "https://", NOTIFY_SCHEME "http://"};
    struct mail_settings settings = {.url = config->mail_url,
                                     .username = config->username,
                                     .password = config->password,
                                     .ca_file = config->ca_file,
                                     .proxy = config->proxy,
                                     .notify_template = config->notify_template,
                                     .notify_key = config->notify_key};
    char *name, *addr, *secret;
    int rc = -1;
    bool known = false;

    for (size_t i = 0; i < COUNT(schemes); i++)
        known |= strncmp(config->mail_url, schemes[i], strlen(schemes[i])) == 0;
    if (!known)
        return err_set(
            e, ERR_USAGE,
            "mail.url is neither maildir:/PATH nor smtp://, smtps:// or notify+https://");
    if (mail_address(config->mail_from, &name, &addr, e) != 0)
        return err_within(e, "mail.from");
    if (bounce_secret(config, store, now, &secret, e) == 0) {
        settings.from = addr;
        settings.bounce_to = secret ? config->bounce_to : NULL;
        settings.bounce_secret = secret;
        rc = mail_route_new(&settings, ret, e);
        free(secret);
    }
    free(name);
    free(addr);
    return rc;
}

static int make_endpoints(const struct courier_config *config, struct ways *w, struct err *e)
{
    const char *url = config->heartbeat.url;
    int rc = 0;

    w->endpoints = xcalloc(config->webhook_count, sizeof *w->endpoints);
    for (; rc == 0 && w->count < config->webhook_count; w->count += rc == 0)
        rc = endpoint_new(&config->webhooks[w->count], &w->endpoints[w->count], e);
    if (rc == 0 && url && *url)
        rc = endpoint_new_ping(&config->heartbeat, &w->heartbeat, e);
    return rc;
}

void ways_drop(struct ways *w)
{
    mail_route_drop(w->route);
    while (w->count)
        endpoint_drop(w->endpoints[--w->count]);
    free(w->endpoints);
    endpoint_drop(w->heartbeat);
    free(w->redirect);
    free(w->note);
    *w = (struct ways){0};
}

int ways_make(const struct courier_config *config, struct store *store, utc_t now, struct ways *ret,
              struct err *e)
{
    struct ways w = {.mail = config->mail_limits,
                     .connections = config->connections ? config->connections : MAIL_USUAL};

    if (make_route(config, store, now, &w.route, e) != 0)
        return -1;
    if (make_endpoints(config, &w, e) != 0) {
        ways_drop(&w);
        return -1;
    }
    if (config->redirect && *config->redirect)
        w.redirect = xstrdup(config->redirect);
    if (mail_route_folder(w.route))
        w.note = xasprintf("no relay configured: mail stays in %s", mail_route_folder(w.route));
    *ret = w;
    return 0;
}

/* ---- what the store says ---- */

bool ways_lead(const struct ways *w, const char *channel)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(endpoint_channel(w->endpoints[i]), channel) == 0)
            return true;
    }
    return strcmp(channel, MAIL_CHANNEL) == 0;
}

int ways_hold_orphans(const struct ways *w, struct store *store, const struct courier_ops *ops,
                      struct err *e)
{
    utc_t now = ops->now(ops->arg);
    char **channels;
    size_t count;
    int rc = 0;

    if (outbox_waiting_channels(store, &channels, &count, e) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (rc == 0 && !ways_lead(w, channels[i])) {
            rc = outbox_hold_all(store, channels[i], OUTBOX_ORPHAN, now, e);
            settle_say(ops, true, "%s is not configured any more: its messages are held",
                       channels[i]);
        }
        free(channels[i]);
    }
    free(channels);
    return rc;
}

static int release_holds(const struct ways *w, struct store *store, utc_t now, struct err *e)
{
    int rc = channel_release_fault(store, MAIL_CHANNEL, now, e);

    for (size_t i = 0; rc == 0 && i < w->count; i++) {
        const char *channel = endpoint_channel(w->endpoints[i]);

        rc = w->redirect ? channel_hold(store, channel, CHANNEL_BY_FAULT,
                                        "it waits while mail.redirect_all_to is set", now, e)
                         : channel_release_fault(store, channel, now, e);
    }
    return rc;
}

int ways_apply(const struct ways *w, struct store *store, const struct courier_ops *ops,
               struct err *e)
{
    utc_t now = ops->now(ops->arg);
    int rc;

    if (store_begin(store, "csid", now, e) != 0)
        return -1;
    rc = release_holds(w, store, now, e);
    if (rc == 0)
        rc = ways_hold_orphans(w, store, ops, e);
    if (rc == 0)
        rc = outbox_hasten(store, now, e);
    return store_end(store, rc, e);
}
