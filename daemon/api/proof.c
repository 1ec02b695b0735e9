/* The evidence of what was sent about something: to whom, when, the servers' words, the hashes and
 * where they stand in the journal; for whoever has to show it after years. */
#include <stdlib.h>
#include <string.h>

#include "api/about.h"
#include "api/notice.h"
#include "base/mem.h"
#include "base/text.h"
#include "notice/mime.h"
#include "store/journal.h"
#include "store/meta.h"
#include "store/notice.h"

static const struct column head_columns[] = {
    {"about", "About", KIND_TEXT, false},
    {"made_at", "Made", KIND_INSTANT, false},
    {"organisation", "By", KIND_TEXT, true},
    {"instance", "Database", KIND_TEXT, true},
    {"journal_rows", "Journal rows", KIND_NUMBER, false},
    {"journal", "Its chain", KIND_TEXT, true},
    {"journal_hash", "Its last hash", KIND_TEXT, true},
};
static const struct column message_columns[] = {
    {"message", "MESSAGE", KIND_NUMBER, false},
    {"to", "TO", KIND_TEXT, true},
    {"redirected_to", "REDIRECTED TO", KIND_TEXT, COLUMN_SPARE},
    {"channel", "CHANNEL", KIND_TEXT, false},
    {"state", "STATE", KIND_TEXT, false},
    {"created_at", "WRITTEN", KIND_INSTANT, false},
    {"sent_at", "ACCEPTED", KIND_INSTANT, false},
    {"subject", "SUBJECT", KIND_TEXT, true},
    {"said", "SERVER'S WORDS", KIND_TEXT, true},
    {"message_id", "MESSAGE-ID", KIND_TEXT, true},
    {"sha256", "SHA-256", KIND_TEXT, true},
};
static const struct column notice_columns[] = {
    {"id", "NOTICE", KIND_NUMBER, false},
    {"message", "MESSAGE", KIND_NUMBER, false},
    {"created_at", "WRITTEN", KIND_INSTANT, false},
    {"event", "EVENT", KIND_TEXT, false},
    {"step", "STEP", KIND_TEXT, false},
    {"due_on", "DATE", KIND_DAY, false},
    {"role", "ROLE", KIND_TEXT, true},
    {"reason", "REASON", KIND_TEXT, true},
};
static const struct column attempt_columns[] = {
    {"message", "MESSAGE", KIND_NUMBER, false}, {"started_at", "STARTED", KIND_INSTANT, false},
    {"ended_at", "ENDED", KIND_INSTANT, false}, {"outcome", "OUTCOME", KIND_TEXT, false},
    {"peer", "PEER", KIND_TEXT, false},         {"tls", "TLS", KIND_TEXT, false},
    {"reply", "REPLY", KIND_TEXT, true},
};
static const struct column journal_columns[] = {
    {"message", "MESSAGE", KIND_NUMBER, false}, {"seq", "ROW", KIND_NUMBER, false},
    {"at", "AT", KIND_INSTANT, false},          {"who", "WHO", KIND_TEXT, false},
    {"what", "WHAT", KIND_TEXT, true},          {"hash", "HASH", KIND_TEXT, true},
};
static const struct column text_columns[] = {
    {"message", "MESSAGE", KIND_NUMBER, false},
    {"text", "WHAT IT SAID", KIND_TEXT, true},
};
static const struct section sections[] = {
    {NULL, NULL, head_columns, COUNT(head_columns), NULL},
    {"Messages", "items", message_columns, COUNT(message_columns), "Nothing was sent about it."},
    {"Why each was written", "notices", notice_columns, COUNT(notice_columns), NULL},
    {"Attempts", "attempts", attempt_columns, COUNT(attempt_columns), NULL},
    {"In the journal", "journal_entries", journal_columns, COUNT(journal_columns), NULL},
    {"What they said", "texts", text_columns, COUNT(text_columns), NULL},
};
static const struct view view = {sections, COUNT(sections), 1};

struct proof {
    struct call *call;
    json_t *answer;
    int64_t message;
    int64_t *messages; /* each once */
    size_t count, cap;
};

static void note_message(struct proof *p, int64_t message)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->messages[i] == message)
            return;
    p->messages = xgrow(p->messages, p->count, &p->cap, sizeof *p->messages);
    p->messages[p->count++] = message;
}

static int put_notice(void *arg, const struct notice_told *n)
{
    struct proof *p = arg;
    json_t *row = json_object();

    /* the latest comes first, and is to stand last */
    json_array_insert_new(json_object_get(p->answer, "notices"), 0, row);
    put_int(row, "id", n->id);
    if (n->message)
        put_int(row, "message", n->message);
    else
        put_text(row, "message", NULL);
    put_utc(row, "created_at", n->at);
    put_text(row, "event", n->event);
    put_text(row, "about", n->about);
    put_text(row, "step", n->step);
    put_day(row, "due_on", n->due_on);
    put_text(row, "rule", n->rule);
    put_text(row, "role", n->role);
    put_text(row, "reason", n->reason);
    if (n->message)
        note_message(p, n->message);
    return 0;
}

/* The exact bytes for who checks the hash (a damaged file may hold what is no text: null), the
 * words for who reads. */
static void put_bytes(const struct proof *p, json_t *row, const struct outbox_message *m)
{
    json_t *body = json_stringn(m->body, m->body_len);
    char *plain = mime_plain_part(m->body, m->body_len); /* NULL: a webhook's */
    char *text =
        plain ? text_clean(plain, strlen(plain), NULL) : text_clean(m->body, m->body_len, NULL);
    json_t *said = put_row(json_object_get(p->answer, "texts"));

    json_object_set_new(row, "body", body ? body : json_null());
    put_int(said, "message", p->message);
    put_text(said, "text", text);
    free(text);
    free(plain);
}

static int add_attempt(void *arg, const struct attempt_row *r)
{
    const struct proof *p = arg;
    json_t *row = put_row(json_object_get(p->answer, "attempts"));

    put_int(row, "message", p->message);
    put_attempt(row, r);
    return 0;
}

static int put_entry(void *arg, const struct journal_row *r)
{
    const struct proof *p = arg;
    json_t *row = put_row(json_object_get(p->answer, "journal_entries"));

    put_int(row, "message", p->message);
    put_int(row, "seq", r->seq);
    put_text(row, "at", r->at);
    put_text(row, "who", r->who);
    put_text(row, "what", r->what);
    put_text(row, "after", r->after);
    put_text(row, "hash", r->hash);
    return 0;
}

static int put_message(struct proof *p, struct err *e)
{
    struct store *s = p->call->api->store;
    json_t *row = put_row(json_object_get(p->answer, "items"));
    char about[JOURNAL_ABOUT];
    struct outbox_message m;

    journal_about("message", p->message, about);
    if (outbox_read(s, p->message, &m, e) < 0)
        return -1;
    put_int(row, "message", m.id);
    put_text(row, "to", m.recipient);
    put_text(row, "redirected_to", m.redirected_to);
    put_text(row, "channel", m.channel);
    put_text(row, "state", outbox_state_name(m.state));
    put_text(row, "said", m.reason);
    put_utc(row, "created_at", m.created_at);
    put_utc(row, "sent_at", m.sent_at);
    put_text(row, "message_id", m.message_id);
    put_text(row, "subject", m.subject);
    put_text(row, "sha256", m.sha256);
    put_bytes(p, row, &m);
    outbox_message_clear(&m);
    return outbox_attempts(s, p->message, add_attempt, p, e) < 0
               ? -1
               : journal_each(s, UTC_NONE, about, 0, 0, put_entry, p, e);
}

static int put_head(const struct proof *p, const char *about, struct err *e)
{
    struct store *s = p->call->api->store;
    int64_t rows, broken;
    char *instance, *hash;

    if (journal_verify(s, &rows, &broken, e) < 0 || journal_hash(s, &hash, e) < 0)
        return -1;
    if (meta_instance(s, &instance, e) < 0) {
        free(hash);
        return -1;
    }
    put_text(p->answer, "about", about);
    put_utc(p->answer, "made_at", p->call->api->now);
    put_text(p->answer, "organisation", p->call->api->engine->organisation);
    put_text(p->answer, "instance", instance);
    put_int(p->answer, "journal_rows", rows);
    put_flag(p->answer, "journal_intact", broken == 0);
    if (broken)
        put_textf(p->answer, "journal", "broken at row %lld: this proves nothing after it",
                  (long long)broken);
    else
        put_text(p->answer, "journal", "intact: each row holds the hash of the one before");
    put_text(p->answer, "journal_hash", hash);
    free(instance);
    free(hash);
    return 0;
}

int api_notice_proof(struct call *c, struct err *e)
{
    static const char *const lists[] = {"items", "notices", "attempts", "journal_entries", "texts"};
    struct proof p = {.call = c};
    char *about;
    int rc;

    if (call_about(c, &about, e) < 0)
        return -1;
    p.answer = call_object(c, &view);
    rc = put_head(&p, about, e);
    for (size_t i = 0; i < COUNT(lists); i++)
        put_list(p.answer, lists[i]);
    if (rc == 0)
        rc = notice_each_about(c->api->store, about, put_notice, &p, e);
    for (size_t i = p.count; rc == 0 && i > 0; i--) { /* the first written first */
        p.message = p.messages[i - 1];
        rc = put_message(&p, e);
    }
    if (rc == 0 && json_array_size(json_object_get(p.answer, "notices")) == 0)
        rc = err_set(e, ERR_NOTFOUND,
                     "nothing was ever written about %s: see csictl notice list, or notice why-not "
                     "--about %s",
                     about, about);
    free(p.messages);
    free(about);
    return rc;
}
