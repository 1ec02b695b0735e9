/* Notices: what was told to whom, why, and how it went. */
#include "api/notice.h"

#include <stdlib.h>
#include <string.h>

#include "api/about.h"
#include "api/call.h"
#include "api/channel.h"
#include "base/mem.h"
#include "engine/recheck.h"
#include "engine/subject.h"
#include "notice/mime.h"
#include "store/notice.h"

static const struct column columns[] = {
    {"id", "ID", KIND_NUMBER, false},
    {"created_at", "CREATED", KIND_TIME, false},
    {"state", "STATE", KIND_TEXT, false},
    {"to", "TO", KIND_TEXT, true},
    {"channel", "CHANNEL", KIND_TEXT, false},
    {"event", "EVENT", KIND_TEXT, false},
    {"about", "ABOUT", KIND_TEXT, false},
    {"count", "SUBJECTS", KIND_NUMBER, false},
    {"reason", "REASON", KIND_TEXT, true},
    {"redirected_to", "REDIRECTED TO", KIND_TEXT, COLUMN_SPARE},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), "No notices."}};
static const struct view list_view = {list, 1, 0};

static const struct column show_columns[] = {
    {"id", "Notice", KIND_NUMBER, false},
    {"event", "Event", KIND_TEXT, false},
    {"subject", "Subject", KIND_TEXT, true},
    {"to", "To", KIND_TEXT, true},
    {"redirected_to", "Redirected to", KIND_TEXT, COLUMN_SPARE},
    {"channel", "Channel", KIND_TEXT, false},
    {"state", "State", KIND_TEXT, false},
    {"said", "Why so", KIND_TEXT, true},
    {"created_at", "Created", KIND_TIME, false},
    {"sent_at", "Accepted", KIND_TIME, false},
    {"next_at", "Next attempt", KIND_TIME, false},
    {"valid_until", "Valid until", KIND_TIME, false},
    {"attempts", "Attempts", KIND_NUMBER, false},
    {"message_id", "Message-ID", KIND_TEXT, true},
};
static const struct column subject_columns[] = {
    {"about", "ABOUT", KIND_TEXT, false}, {"due_on", "DATE", KIND_DAY, false},
    {"rule", "RULE", KIND_TEXT, false},   {"step", "STEP", KIND_TEXT, false},
    {"role", "ROLE", KIND_TEXT, true},    {"reason", "REASON", KIND_TEXT, true},
};
static const struct column attempt_columns[] = {
    {"started_at", "STARTED", KIND_TIME, false}, {"ended_at", "ENDED", KIND_TIME, false},
    {"outcome", "OUTCOME", KIND_TEXT, false},    {"peer", "PEER", KIND_TEXT, COLUMN_SPARE},
    {"tls", "TLS", KIND_TEXT, COLUMN_SPARE},     {"reply", "REPLY", KIND_TEXT, true},
};
static const struct section show_sections[] = {
    {NULL, NULL, show_columns, COUNT(show_columns), NULL},
    {"Subjects", "subjects", subject_columns, COUNT(subject_columns), NULL},
    {"Attempts", "attempt_list", attempt_columns, COUNT(attempt_columns), NULL},
};
static const struct view show_view = {show_sections, 3, 0};

static void put_notice(json_t *o, const struct outbox_row *r)
{
    put_int(o, "id", r->id);
    put_text(o, "event", r->event);
    put_text(o, "about", r->about);
    put_int(o, "count", r->abouts);
    put_text(o, "reason", r->reason);
    put_text(o, "to", r->to);
    put_text(o, "redirected_to", r->redirected_to);
    /* what could go to nobody would have gone by mail */
    put_text(o, "channel", strcmp(r->channel, "none") == 0 ? "mail" : r->channel);
    put_text(o, "state", r->state);
    put_utc(o, "created_at", r->created_at);
    put_utc(o, "sent_at", r->sent_at);
    put_int(o, "attempts", r->attempts);
    put_text(o, "message_id", r->message ? r->message_id : NULL);
    put_text(o, "subject", r->subject);
}

struct listing {
    struct page page;
    bool sparing;     /* steps that a later one stands for are only counted */
    size_t collapsed; /* how many */
};

static int put_item(void *arg, const struct outbox_row *r)
{
    struct listing *l = arg;
    json_t *row;

    if (l->sparing && strcmp(r->state, outbox_state_name(OUTBOX_COLLAPSED)) == 0) {
        l->collapsed++;
        return 0;
    }
    row = page_row(&l->page, r->id);
    if (!row)
        return 1;
    put_notice(row, r);
    return 0;
}

static int read_state(const struct call *c, const char **ret, struct err *e)
{
    const char *word = call_text(c, "state"), *words[OUTBOX_STATES];
    int state = word ? outbox_state_parse(word) : 0;

    *ret = word && state >= 0 ? outbox_state_name((enum outbox_state)state) : NULL;
    if (state >= 0)
        return 0;
    for (int i = 0; i < OUTBOX_STATES; i++)
        words[i] = outbox_state_name((enum outbox_state)i);
    return call_no_word(c, "state", words, OUTBOX_STATES, e);
}

/* An import with hundreds of overdue actions has a thousand steps that nobody at a terminal needs
 * to read; who asks for a state or a subject means them too, and all other forms have every row. */
static bool is_sparing(const struct call *c)
{
    return c->form.name == FORM_TEXT && c->form.width && !call_flag(c, "all") &&
           !call_text(c, "state") && !call_text(c, "about");
}

int api_notice_list(struct call *c, struct err *e)
{
    struct outbox_filter filter = {.to = call_text(c, "to")};
    struct listing l = {.sparing = is_sparing(c)};
    char *about;
    int rc;

    if (read_state(c, &filter.state, e) < 0 || page_begin(c, &list_view, &l.page, e) < 0 ||
        call_about(c, &about, e) < 0)
        return -1;
    filter.about = about;
    filter.after = l.page.after;
    filter.limit = l.sparing ? 0 : page_rows(&l.page); /* those left out fill no page */
    rc = outbox_each(c->api->store, &filter, put_item, &l, e);
    if (l.collapsed)
        c->foot =
            xasprintf("\nLeft out: %zu step%s that a later one stands for; --all shows %s.\n",
                      l.collapsed, l.collapsed == 1 ? "" : "s", l.collapsed == 1 ? "it" : "them");
    free(about);
    return rc;
}

static int put_subject(void *arg, const struct notice_row *r)
{
    json_t *row = put_row(arg);

    put_int(row, "id", r->id);
    put_text(row, "about", r->about);
    put_day(row, "due_on", r->due_on);
    put_text(row, "rule", r->rule);
    put_text(row, "step", r->step);
    put_text(row, "role", r->role);
    put_text(row, "reason", r->reason);
    return 0;
}

void put_attempt(json_t *row, const struct attempt_row *r)
{
    put_utc(row, "started_at", r->started_at);
    put_utc(row, "ended_at", r->ended_at);
    put_text(row, "outcome", r->outcome);
    put_text(row, "reply", r->reply);
    put_text(row, "peer", r->peer);
    put_text(row, "tls", r->tls);
}

static int add_attempt(void *arg, const struct attempt_row *r)
{
    put_attempt(put_row(arg), r);
    return 0;
}

struct shown {
    struct call *call;
    int64_t message;
};

static int put_shown(void *arg, const struct outbox_row *r)
{
    struct shown *s = arg;
    json_t *o = call_object(s->call, &show_view);

    put_notice(o, r);
    put_text(o, "said", r->said ? r->said : r->message ? NULL : r->reason);
    put_utc(o, "next_at", r->next_at);
    put_utc(o, "valid_until", r->valid_until);
    if (r->body_len) {
        char *body = text_clean(r->body, r->body_len, NULL);
        char *plain = mime_plain_part(r->body, r->body_len); /* NULL: a webhook's */
        char *text = plain ? text_clean(plain, strlen(plain), NULL) : NULL;

        put_text(o, "body", body);
        put_text(o, "text", text);
        s->call->foot = xasprintf("\n%s\n", text ? text : body);
        free(text);
        free(plain);
        free(body);
    }
    s->message = r->message;
    return 0;
}

static bool waits(const json_t *o)
{
    int state = outbox_state_parse(json_string_value(json_object_get(o, "state")));

    return state == OUTBOX_QUEUED || state == OUTBOX_RETRY || state == OUTBOX_IN_DOUBT;
}

/* A time that has passed says nothing of what waits for a channel, or for another message. */
static int put_wait(struct call *c, int64_t id, struct err *e)
{
    const char *channel = json_string_value(json_object_get(c->answer, "channel"));
    const char *said = json_string_value(json_object_get(c->answer, "said"));
    bool open;
    char *why;

    if (!waits(c->answer))
        return 0;
    if (channel_waits(c, channel, id, &why, &open, e) < 0)
        return -1;
    if (open)
        put_utc(c->answer, "next_at", UTC_NONE);
    if (said && why && strstr(why, said)) /* the words by which the channel is known to be down */
        put_text(c->answer, "said", why);
    else if (why)
        put_textf(c->answer, "said", "%s%s%s", said ? said : "", said ? "; " : "", why);
    free(why);
    return 0;
}

static int show(struct call *c, int64_t id, struct err *e)
{
    struct shown shown = {.call = c};

    free(c->foot);
    c->foot = NULL;
    if (outbox_find(c->api->store, id, put_shown, &shown, e) < 0 || put_wait(c, id, e) < 0)
        return -1;
    if (notice_each_of(c->api->store, shown.message, put_subject, put_list(c->answer, "subjects"),
                       e) < 0)
        return -1;
    return outbox_attempts(c->api->store, shown.message, add_attempt,
                           put_list(c->answer, "attempt_list"), e);
}

int api_notice_show(struct call *c, struct err *e)
{
    int64_t id;

    return call_number(c, "id", 0, &id, e) < 0 ? -1 : show(c, id, e);
}

struct found {
    int64_t message;
    char *channel;
};

static int note_message(void *arg, const struct outbox_row *r)
{
    *(struct found *)arg = (struct found){r->message, xstrdup(r->channel)};
    return 0;
}

/* What has nowhere to go would wait without a word. */
static int check_way(const struct call *c, int64_t id, const struct found *f, struct err *e)
{
    if (!f->message)
        return err_set(e, ERR_CONFLICT,
                       "notice %lld has no message to send: its reason says why; the next run of "
                       "its check writes one when that is mended",
                       (long long)id);
    if (!channel_is_configured(c->api->engine, f->channel))
        return err_set(e, ERR_CONFLICT,
                       "notice %lld is for %s, which is not configured any more: put the endpoint "
                       "back under webhooks in csid.yaml, or csictl notice cancel %lld",
                       (long long)id, f->channel, (long long)id);
    return 0;
}

/* Whom it goes to, or why not yet. */
static int tell_retry(struct call *c, struct err *e)
{
    const char *instead = json_string_value(json_object_get(c->answer, "redirected_to"));
    const char *to = instead ? instead : json_string_value(json_object_get(c->answer, "to"));
    const char *channel = json_string_value(json_object_get(c->answer, "channel"));
    int64_t id = json_integer_value(json_object_get(c->answer, "id"));
    bool open;
    char *why;

    if (channel_waits(c, channel, id, &why, &open, e) < 0)
        return -1;
    if (why)
        call_told(c, "%s, later: %s", to, why);
    else
        call_told(c, "%s, by %s", to, channel);
    free(why);
    return 0;
}

int api_notice_retry(struct call *c, struct err *e)
{
    struct store *s = c->api->store;
    struct found found = {0};
    int64_t id;
    int rc;

    if (call_number(c, "id", 0, &id, e) < 0)
        return -1;
    rc = outbox_find(s, id, note_message, &found, e);
    if (rc == 0)
        rc = check_way(c, id, &found, e);
    if (rc == 0 && recheck_retry(s, c->api->engine, found.message, c->api->now, e) < 0)
        rc = err_within(e, "notice %lld", (long long)id);
    free(found.channel);
    return rc < 0 || show(c, id, e) < 0 ? -1 : tell_retry(c, e);
}

/* Notes the first of what is statutory; it goes on until then. */
static int find_statutory(void *arg, const struct notice_row *r)
{
    char **about = arg;

    if (!subject_is_statutory(r->rule, r->event, r->about))
        return 0;
    *about = xstrdup(r->about);
    return 1;
}

static int is_still_so(const struct call *c, int64_t message, bool *ret, struct err *e)
{
    struct recheck gate = {c->api->store, c->api->engine};
    struct outbox_message m;
    char *why_not;
    int rc;

    if (outbox_read(c->api->store, message, &m, e) < 0)
        return -1;
    rc = recheck_why_not(&gate, &m, c->api->now, &why_not, e);
    outbox_message_clear(&m);
    if (rc < 0)
        return -1;
    *ret = !why_not;
    free(why_not);
    return 0;
}

/* What is statutory is held back by two people, never by one, as long as it is so. */
static int refuse_statutory(const struct call *c, int64_t message, struct err *e)
{
    bool refused = false;
    char *about = NULL;
    int rc = notice_each_of(c->api->store, message, find_statutory, &about, e);

    if (rc == 0 && about)
        rc = is_still_so(c, message, &refused, e);
    if (refused)
        rc = err_set(e, ERR_REFUSED,
                     "it speaks of %s, which is statutory: only two people can hold that back: "
                     "csictl silence add --match about=%s",
                     about, about);
    free(about);
    return rc;
}

int api_notice_cancel(struct call *c, struct err *e)
{
    const char *why = call_text(c, "why");
    struct store *s = c->api->store;
    struct found found = {0};
    int64_t id;
    char *reason;
    int rc;

    if (call_number(c, "id", 0, &id, e) < 0 || outbox_find(s, id, note_message, &found, e) < 0)
        return -1;
    free(found.channel);
    if (!found.message)
        return err_set(e, ERR_CONFLICT, "notice %lld has no message that could be cancelled",
                       (long long)id);
    if (refuse_statutory(c, found.message, e) < 0)
        return err_within(e, "notice %lld", (long long)id);
    reason = xasprintf("cancelled by %s%s%s", c->rq->who, why ? ": " : "", why ? why : "");
    rc = outbox_cancel(s, found.message, reason, e);
    free(reason);
    return rc < 0 ? err_within(e, "notice %lld", (long long)id) : show(c, id, e);
}
