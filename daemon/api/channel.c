/* The ways out: how each stands, held by hand and let go. */
#include "api/channel.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/channel.h"
#include "store/outbox_list.h"
#include "store/role.h"

#define MAIL    "mail"
#define WEBHOOK "webhook:"

static const struct column columns[] = {
    {"name", "CHANNEL", KIND_TEXT, false},
    {"state", "STATE", KIND_TEXT, false},
    {"waiting", "WAITING", KIND_NUMBER, false},
    {"held", "HELD", KIND_NUMBER, false},
    {"next_at", "NEXT ATTEMPT", KIND_TIME, false},
    {"sent_at", "LAST SENT", KIND_TIME, false},
    {"reason", "WHY", KIND_TEXT, true},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), "No channels."}};
static const struct view list_view = {list, 1, 0};
static const struct section one[] = {{NULL, NULL, columns, COUNT(columns), NULL}};
static const struct view one_view = {one, 1, 0};

/* "mail", then "webhook:NAME" of each endpoint; the last is NULL. Caller frees both. */
static char **names(const struct engine *engine)
{
    char **all = xcalloc(engine->webhook_count + 2, sizeof *all);

    all[0] = xstrdup(MAIL);
    for (size_t i = 0; i < engine->webhook_count; i++)
        all[i + 1] = xasprintf(WEBHOOK "%s", engine->webhooks[i].name);
    return all;
}

static void names_free(char **all)
{
    for (size_t i = 0; all[i]; i++)
        free(all[i]);
    free(all);
}

bool channel_is_configured(const struct engine *engine, const char *name)
{
    char **all = names(engine);
    bool found = false;

    for (size_t i = 0; all[i]; i++)
        found |= strcmp(all[i], name) == 0;
    names_free(all);
    return found;
}

int channel_stands(const struct call *c, const char *name, struct channel_standing *ret,
                   struct err *e)
{
    const char *const *troubles = c->api->service->troubles;
    const char *down = strcmp(name, MAIL) == 0 ? troubles[TROUBLE_MAIL] : NULL;
    bool held;
    char *reason;

    if (channel_held(c->api->store, name, &held, &reason, e) < 0)
        return -1;
    if (held)
        *ret = (struct channel_standing){"held", reason ? reason : xstrdup("no reason")};
    else if (troubles[TROUBLE_COPY])
        *ret = (struct channel_standing){"held", xstrdup("the database is a copy: csictl adopt")};
    else if (troubles[TROUBLE_CLOCK])
        *ret = (struct channel_standing){"held", xstrdup(troubles[TROUBLE_CLOCK])};
    else
        *ret = (struct channel_standing){down ? "down" : "up", xstrdup(down)};
    return 0;
}

int channel_waits(const struct call *c, const char *name, int64_t notice, char **ret,
                  bool *ret_open, struct err *e)
{
    struct channel_standing stands;
    bool held;
    int64_t ahead;

    if (outbox_ahead(c->api->store, notice, &ahead, e) < 0 ||
        channel_stands(c, name, &stands, e) < 0)
        return -1;
    held = strcmp(stands.state, "held") == 0;
    *ret_open = held || ahead;
    if (held) {
        *ret = xasprintf("%s is held: %s", name, stands.why);
        free(stands.why);
    } else if (stands.why || !ahead) {
        *ret = stands.why;
    } else {
        *ret =
            xasprintf("it waits for notice %lld, which was written before it for the same reader",
                      (long long)ahead);
    }
    return 0;
}

static int put_channel(const struct call *c, json_t *row, const char *name, struct err *e)
{
    struct channel_standing stands;
    struct outbox_channel on;

    if (outbox_channel(c->api->store, name, &on, e) < 0 || channel_stands(c, name, &stands, e) < 0)
        return -1;
    put_text(row, "name", name);
    put_text(row, "state", stands.state);
    put_text(row, "reason", stands.why);
    put_int(row, "waiting", on.waiting);
    put_int(row, "held", on.held);
    put_int(row, "set_aside", on.set_aside);
    put_utc(row, "next_at", strcmp(stands.state, "held") == 0 ? UTC_NONE : on.next_at);
    put_utc(row, "sent_at", on.sent_at);
    free(stands.why);
    return 0;
}

static int put_all(const struct call *c, json_t *rows, struct err *e)
{
    char **all = names(c->api->engine);
    int rc = 0;

    for (size_t i = 0; rc == 0 && all[i]; i++)
        rc = put_channel(c, put_row(rows), all[i], e);
    names_free(all);
    return rc;
}

int put_channels(struct call *c, json_t *o, struct err *e)
{
    return put_all(c, put_list(o, "channels"), e);
}

int api_channel_list(struct call *c, struct err *e)
{
    return put_all(c, call_items(c, &list_view), e);
}

/* The channel that the call names, "board" as good as "webhook:board", but for an endpoint called
 * mail. Caller frees. ERR_NOTFOUND names the nearest. */
static int find(const struct call *c, char **ret, struct err *e)
{
    const char *name = call_text(c, "name"), *near;
    char *hook = xasprintf(WEBHOOK "%s", name), **all = names(c->api->engine);
    size_t count = 0;

    *ret = NULL;
    for (; all[count]; count++)
        if (!*ret && (strcmp(all[count], name) == 0 || strcmp(all[count], hook) == 0))
            *ret = xstrdup(all[count]);
    near = text_nearest(name, (const char *const *)all, count);
    if (!*ret)
        err_set(e, ERR_NOTFOUND, "no channel %s; %s%s%s", name, near ? "did you mean " : "see ",
                near ? near : "csictl channel list", near ? "?" : "");
    names_free(all);
    free(hook);
    return *ret ? 0 : -1;
}

static int change(struct call *c, const char *name, const char *was, struct err *e)
{
    json_t *o = call_object(c, &one_view);

    if (put_channel(c, o, name, e) < 0)
        return -1;
    call_changed(c, "state", was, json_string_value(json_object_get(o, "state")));
    return 0;
}

static int hold(struct call *c, const char *name, const char *was, struct err *e)
{
    const char *why = call_text(c, "why");
    char *reason = xasprintf("held by %s%s%s", c->rq->who, why ? ": " : "", why ? why : "");
    int rc = channel_hold(c->api->store, name, CHANNEL_BY_HAND, reason, c->api->now, e);

    free(reason);
    return rc < 0 ? -1 : change(c, name, was, e);
}

/* What was set aside may have gone before, and what is held for a reason of its own wants somebody
 * to look at it, so that a channel which is let go leaves both. */
static void note_left(struct call *c, const char *name)
{
    long long aside = json_integer_value(json_object_get(c->answer, "set_aside"));
    long long other = json_integer_value(json_object_get(c->answer, "held")) - aside;

    if (aside)
        call_note(c,
                  "%lld message%s held since a copy of the database was adopted: csictl notice "
                  "retry ID sends one, csictl channel release %s --set-aside all",
                  aside, aside == 1 ? " stays" : "s stay", name);
    if (other)
        call_note(c,
                  "%lld message%s held, each for a reason of its own: csictl notice list --state "
                  "held, then csictl notice show, retry or cancel",
                  other, other == 1 ? " stays" : "s stay");
}

static int release(struct call *c, const char *name, const char *was, struct err *e)
{
    const char *redirect = c->api->engine->mail_redirect;
    bool set_aside = call_flag(c, "set_aside"), to_mail = strcmp(name, MAIL) == 0;

    if (redirect && *redirect && (!to_mail || set_aside))
        return err_set(e, ERR_CONFLICT,
                       "%s waits while mail.redirect_all_to is set: take that out of csid.yaml, "
                       "then csictl reload",
                       to_mail ? "what was set aside" : name);
    if (channel_release(c->api->store, name, c->api->now, e) < 0 ||
        outbox_release_orphans(c->api->store, name, set_aside, e) < 0 ||
        outbox_try_now(c->api->store, name, e) < 0 || change(c, name, was, e) < 0)
        return -1;
    note_left(c, name);
    return 0;
}

/* Holds or lets go, unless it is so already; what a fault holds would be let go by a reload. */
static int turn(struct call *c, bool to_hold, struct err *e)
{
    struct channel ch = {0};
    const char *was;
    char *name;
    int rc;

    if (find(c, &name, e) < 0)
        return -1;
    rc = channel_read(c->api->store, name, &ch, e);
    was = ch.held ? "held" : "up";
    if (rc == 0 && to_hold && ch.held && ch.held_by && strcmp(ch.held_by, "hand") == 0)
        rc = err_set(e, ERR_CONFLICT, "%s is held already: %s", name, ch.reason);
    else if (rc == 0)
        rc = to_hold ? hold(c, name, was, e) : release(c, name, was, e);
    if (rc == 0 && to_hold)
        put_textf(c->answer, "hint", "csictl channel release %s", name);
    channel_clear(&ch);
    free(name);
    return rc;
}

int api_channel_hold(struct call *c, struct err *e)
{
    return turn(c, true, e);
}

int api_channel_release(struct call *c, struct err *e)
{
    return turn(c, false, e);
}

/* ---- a test ---- */

/* The mail goes to the administrator, who is the one to know whether it came. */
static int test_by_mail(struct call *c, struct err *e)
{
    const char *administrator = c->api->engine->mail_administrator;
    struct role role;
    int rc;

    if (*administrator)
        return channel_test_mail(c, administrator, e);
    if (role_find(c->api->store, ROLE_ADMINISTRATOR, c->when.today, &role, e) < 0)
        return -1;
    rc = role.email
             ? channel_test_mail(c, role.email, e)
             : err_set(e, ERR_CONFLICT,
                       "no administrator is known: say to whom with csictl mail test ADDRESS, "
                       "or set mail.administrator");
    role_clear(&role);
    return rc;
}

int api_channel_test(struct call *c, struct err *e)
{
    const struct engine *engine = c->api->engine;
    char *name;
    int rc = -1;

    if (find(c, &name, e) < 0)
        return -1;
    if (strcmp(name, MAIL) == 0) {
        free(name);
        return test_by_mail(c, e);
    }
    for (size_t i = 0; i < engine->webhook_count; i++)
        if (strcmp(name + strlen(WEBHOOK), engine->webhooks[i].name) == 0)
            rc = channel_test_webhook(c, &engine->webhooks[i], e);
    free(name);
    return rc;
}
