/* A copy of the database that becomes the one in use: what that lets go. */
#include "api/call.h"
#include "base/mem.h"
#include "store/outbox_list.h"

static const struct column columns[] = {
    {"database", "Database", KIND_TEXT, true},
    {"copy", "Copy", KIND_TEXT, true},
    {"waiting", "Waiting", KIND_TEXT, true},
};
static const struct column channel_columns[] = {
    {"channel", "CHANNEL", KIND_TEXT, false},
    {"waiting", "WAITING", KIND_NUMBER, false},
    {"expired", "OUT OF DATE", KIND_NUMBER, false},
    {"oldest_at", "OLDEST", KIND_TIME, false},
};
static const struct section sections[] = {
    {NULL, NULL, columns, COUNT(columns), NULL},
    {"", "channels", channel_columns, COUNT(channel_columns), "Nothing waits."},
};
static const struct view view = {sections, COUNT(sections), 1};

static int put_waiting(void *arg, const struct outbox_waiting *w)
{
    json_t *row = put_row(arg);

    put_text(row, "channel", w->channel);
    put_int(row, "waiting", w->count);
    put_int(row, "expired", w->expired);
    put_utc(row, "oldest_at", w->oldest);
    return 0;
}

/* Of a dry run the same words: it shows what the answer would be. */
static void put_outcome(json_t *o, bool copy, bool hold, const char *redirect)
{
    if (!copy)
        put_text(o, "waiting", "goes out as always");
    else if (hold)
        put_text(o, "waiting",
                 "is held: csictl notice retry ID sends one of it, csictl channel release NAME "
                 "--set-aside all of a channel");
    else if (redirect && *redirect)
        put_textf(o, "waiting", "stays, but for mail written for %s: mail.redirect_all_to is set",
                  redirect);
    else
        put_text(o, "waiting", "goes out, but for what is out of date, closed or moved by now");
}

/* What waits is counted before it is let go. */
int api_adopt(struct call *c, struct err *e)
{
    const struct api_service *service = c->api->service;
    const char *copy = service->troubles[TROUBLE_COPY];
    bool hold = call_flag(c, "hold");
    json_t *o = call_object(c, &view);

    put_text(o, "database", service->database);
    put_text(o, "copy", copy ? copy : "no: it is where it was last used");
    put_flag(o, "is_copy", copy != NULL);
    put_outcome(o, copy != NULL, hold, c->api->engine->mail_redirect);
    if (outbox_each_waiting(c->api->store, c->api->now, put_waiting, put_list(o, "channels"), e) <
        0)
        return -1;
    return c->dry_run || !copy ? 0 : service->adopt(service->arg, c->rq->who, hold, e);
}
