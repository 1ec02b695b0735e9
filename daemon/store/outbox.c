#include "store/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "store/journal.h"
#include "store/outbox_impl.h"
#include "store/sql.h"

#define MESSAGE                                                                                    \
    "SELECT id, channel, recipient, event, subject, message_id, body, state, reason, created_at, " \
    "next_at, valid_until, sent_at, attempts, sha256, format, redirected_to FROM message "
enum {
    Q_ADD,
    Q_READ,
    Q_STATE,
    Q_RETRY,
    Q_WAITING_ON,
    Q_ORPHANS,
    Q_SET_ASIDE,
    Q_LOOSE,
    Q_DOUBTED_ON,
    Q_ASTRAY,
    Q_DOUBTED,
    Q_UNSENT,
    Q_ACCEPT_ALL
};
static const struct query queries[] = {
    [Q_ADD] = {"INSERT INTO message (channel, recipient, event, subject, message_id, body, state, "
               "created_at, next_at, valid_until, sha256, format, redirected_to) "
               "VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?)",
               false},
    [Q_READ] = {MESSAGE "WHERE id = ?", false},
    [Q_STATE] = {"UPDATE message SET state = ?, reason = ?, next_at = ?, sent_at = ? WHERE id = ?",
                 false},
    /* that it was tried is kept: a way that can is asked first whether it has it already; that it
     * failed is told once more if it does */
    [Q_RETRY] = {"UPDATE message SET attempts = min(attempts, 1), late_told = min(late_told, 1), "
                 "valid_until = iif(valid_until <= ?2, NULL, valid_until) WHERE id = ?1",
                 false},
    [Q_WAITING_ON] = {"SELECT id FROM message WHERE state IN ('queued', 'retry', 'in-doubt') "
                      "AND channel = ? ORDER BY id",
                      false},
    [Q_ORPHANS] = {"SELECT id FROM message WHERE state = 'held' AND channel = ? "
                   "AND reason = '" OUTBOX_ORPHAN "' ORDER BY id",
                   false},
    [Q_SET_ASIDE] = {"SELECT id FROM message WHERE state = 'held' AND channel = ? "
                     "AND reason = '" OUTBOX_ADOPTED "' ORDER BY id",
                     false},
    [Q_LOOSE] = {"SELECT id FROM message WHERE state IN ('queued', 'retry', 'in-doubt') "
                 "OR (state = 'held' AND reason = ?) ORDER BY id",
                 false},
    [Q_DOUBTED_ON] = {"SELECT id FROM message WHERE state = 'in-doubt' AND channel = ? ORDER BY id",
                      false},
    [Q_ASTRAY] = {"SELECT id FROM message WHERE state IN ('queued', 'retry', 'in-doubt') "
                  "AND channel = 'mail' AND redirected_to IS NOT ? COLLATE NOCASE "
                  "ORDER BY id",
                  false},
    [Q_DOUBTED] = {"SELECT 1 FROM attempt WHERE message_id = ? AND outcome = 'in-doubt' LIMIT 1",
                   false},
    [Q_UNSENT] = {"SELECT id FROM message WHERE state IN ('queued', 'retry') ORDER BY id", false},
    [Q_ACCEPT_ALL] = {"UPDATE message SET state = 'accepted', next_at = NULL, "
                      "sent_at = created_at WHERE state IN ('queued', 'retry', 'in-doubt')",
                      false},
};
const struct query_table outbox_queries = {queries, COUNT(queries)};

void outbox_message_clear(struct outbox_message *m)
{
    free(m->channel);
    free(m->recipient);
    free(m->redirected_to);
    free(m->event);
    free(m->subject);
    free(m->message_id);
    free(m->body);
    free(m->reason);
    free(m->sha256);
    free(m->format);
    *m = (struct outbox_message){0};
}

int outbox_read(struct store *s, int64_t id, struct outbox_message *ret, struct err *e)
{
    struct outbox_message m = {0};
    const void *body;
    struct rows r;
    int state = -1;

    rows_start(&r, s, &queries[Q_READ], "i", id);
    if (rows_next(&r)) {
        body = rows_blob(&r, 6, &m.body_len);
        m.body = xmalloc(m.body_len + 1);
        if (m.body_len)
            memcpy(m.body, body, m.body_len);
        m.body[m.body_len] = '\0';
        m.id = rows_int(&r, 0);
        m.channel = rows_dup(&r, 1);
        m.recipient = rows_dup(&r, 2);
        m.event = rows_dup(&r, 3);
        m.subject = rows_dup(&r, 4);
        m.message_id = rows_dup(&r, 5);
        state = outbox_state_parse(rows_text(&r, 7));
        m.reason = rows_dup(&r, 8);
        m.created_at = rows_utc(&r, 9);
        m.next_at = rows_utc(&r, 10);
        m.valid_until = rows_utc(&r, 11);
        m.sent_at = rows_utc(&r, 12);
        m.attempts = (int)rows_int(&r, 13);
        m.sha256 = rows_dup(&r, 14);
        m.format = rows_dup(&r, 15);
        m.redirected_to = rows_dup(&r, 16);
    }
    if (rows_end(&r, e) != 0) {
        outbox_message_clear(&m);
        return -1;
    }
    if (state < 0) {
        outbox_message_clear(&m);
        return err_set(e, ERR_NOTFOUND, "no message %lld", (long long)id);
    }
    m.state = (enum outbox_state)state;
    *ret = m;
    return 0;
}

int outbox_become(struct store *s, const struct outbox_message *m, enum outbox_state state,
                  const char *reason, utc_t next_at, struct err *e)
{
    const char *name = outbox_state_name(state);
    char what[JOURNAL_ABOUT], about[JOURNAL_ABOUT];
    struct change c;
    int rc;

    if (!outbox_may_become(m->state, state))
        return err_set(e, ERR_CONFLICT, "message %lld is %s and cannot become %s", (long long)m->id,
                       outbox_state_name(m->state), name);
    if (change_begin(s, &c, JOURNAL_MESSAGE, m->id, e) != 0)
        return -1;
    rc = sql_run(s, &queries[Q_STATE], e, "ttuui", name, reason, next_at, m->sent_at, m->id);
    snprintf(what, sizeof what, "message.%s", name);
    return change_end(s, &c, rc, what, journal_about("message", m->id, about), e);
}

int outbox_add(struct store *s, const struct outbox_message *m, int64_t *ret_id, struct err *e)
{
    char about[JOURNAL_ABOUT], hash[SHA256_HEX];
    struct change c;
    int rc;

    if (change_begin(s, &c, JOURNAL_MESSAGE, 0, e) != 0)
        return -1;
    digest_sha256_hex(m->body, m->body_len, hash);
    rc = sql_insert(s, &queries[Q_ADD], &c.id, e, "tttttbuuuttt", m->channel, m->recipient,
                    m->event, m->subject, m->message_id, m->body, m->body_len, sql_now(s),
                    sql_now(s), m->valid_until, hash, m->format, m->redirected_to);
    if (change_end(s, &c, rc, "message.add", journal_about("message", c.id, about), e) != 0)
        return -1;
    *ret_id = c.id;
    return 0;
}

int outbox_doubted(struct store *s, int64_t id, bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_DOUBTED], 0, &found, e, "i", id) != 0)
        return -1;
    *ret = found != 0;
    return 0;
}

int outbox_pass_gate(struct store *s, const struct outbox_message *m,
                     const struct outbox_gate *gate, utc_t now, bool *ret_stopped, struct err *e)
{
    char *why = NULL;
    bool doubted;
    int rc = outbox_doubted(s, m->id, &doubted, e);

    if (rc == 0 && !doubted)
        rc = gate->why_not(gate->arg, m, now, &why, e);
    if (rc == 0 && why)
        rc = outbox_become(s, m, OUTBOX_CANCELLED, why, UTC_NONE, e);
    *ret_stopped = why != NULL;
    free(why);
    return rc;
}

/* ---- on a copy ---- */

int outbox_accept_all(struct store *s, const struct outbox_gate *gate, utc_t now, struct err *e)
{
    struct ids ids = {0};
    struct rows r;
    int rc = 0;

    if (gate) {
        rows_start(&r, s, &queries[Q_UNSENT], "");
        rc = rows_ids(&r, &ids, e);
    }
    for (size_t i = 0; rc == 0 && i < ids.count; i++) {
        struct outbox_message m;
        bool stopped;

        rc = outbox_read(s, ids.items[i], &m, e);
        if (rc == 0) {
            rc = outbox_pass_gate(s, &m, gate, now, &stopped, e);
            outbox_message_clear(&m);
        }
    }
    free(ids.items);
    return rc == 0 ? sql_run(s, &queries[Q_ACCEPT_ALL], e, "") : -1;
}

/* ---- by hand ---- */

/* Why what is asked for by hand is not done, by state; NULL: it is. */
static const struct {
    const char *retry, *cancel;
} refusals[OUTBOX_STATES] = {
    [OUTBOX_QUEUED] = {"it waits already, and goes by itself", NULL},
    [OUTBOX_RETRY] = {"it waits already, and goes by itself", NULL},
    [OUTBOX_IN_DOUBT] = {"it waits already, and goes by itself", NULL},
    [OUTBOX_SENDING] = {"it is under way", "it is under way: try again when that has ended"},
    [OUTBOX_ACCEPTED] = {"it has been accepted, and does not go twice",
                         "it has been accepted, and cannot be called back"},
    [OUTBOX_FAILED] = {NULL, "it has failed, and does not go again by itself"},
    [OUTBOX_EXPIRED] = {NULL, "it has expired, and does not go"},
    [OUTBOX_CANCELLED] = {NULL, "it is cancelled already"},
};

int outbox_retry(struct store *s, int64_t message, struct err *e)
{
    const char *refused;
    struct outbox_message m;
    int rc;

    if (outbox_read(s, message, &m, e) != 0)
        return -1;
    refused = refusals[m.state].retry;
    rc = refused ? err_set(e, ERR_CONFLICT, "%s", refused)
                 : outbox_become(s, &m, OUTBOX_QUEUED, NULL, sql_now(s), e);
    if (rc == 0) /* who asks for it by hand wants it, for days, though its time has passed */
        rc = sql_run(s, &queries[Q_RETRY], e, "iu", message, sql_now(s));
    outbox_message_clear(&m);
    return rc;
}

int outbox_cancel(struct store *s, int64_t message, const char *reason, struct err *e)
{
    struct outbox_message m;
    char *why = NULL;
    bool doubted = false;
    int rc;

    if (outbox_read(s, message, &m, e) != 0)
        return -1;
    rc = refusals[m.state].cancel ? err_set(e, ERR_CONFLICT, "%s", refusals[m.state].cancel)
                                  : outbox_doubted(s, message, &doubted, e);
    if (rc == 0) {
        why = xasprintf("%s%s", reason, doubted ? "; whether it went before is not known" : "");
        rc = outbox_become(s, &m, OUTBOX_CANCELLED, why, UTC_NONE, e);
    }
    free(why);
    outbox_message_clear(&m);
    return rc;
}

/* Moves all that `find` finds of a channel, or of what else it is asked for, to a state. */
static int move_all(struct store *s, const struct query *find, const char *of,
                    enum outbox_state state, const char *reason, int64_t *count, struct err *e)
{
    utc_t next_at = state == OUTBOX_QUEUED ? sql_now(s) : UTC_NONE;
    struct ids ids = {0};
    struct outbox_message m;
    struct rows r;
    int rc;

    rows_start(&r, s, find, "t", of);
    rc = rows_ids(&r, &ids, e);
    for (size_t i = 0; rc == 0 && i < ids.count; i++) {
        rc = outbox_read(s, ids.items[i], &m, e);
        if (rc == 0) {
            rc = outbox_become(s, &m, state, reason, next_at, e);
            outbox_message_clear(&m);
        }
    }
    free(ids.items);
    if (rc == 0)
        *count = (int64_t)ids.count;
    return rc;
}

int outbox_move(struct store *s, int64_t message, enum outbox_state state, const char *reason,
                struct err *e)
{
    struct outbox_message m;
    int rc;

    if (outbox_read(s, message, &m, e) != 0)
        return -1;
    rc = outbox_become(s, &m, state, reason, UTC_NONE, e);
    outbox_message_clear(&m);
    return rc;
}

int outbox_hold_astray(struct store *s, const char *redirect, const char *reason, int64_t *ret,
                       struct err *e)
{
    return move_all(s, &queries[Q_ASTRAY], redirect, OUTBOX_HELD, reason, ret, e);
}

int outbox_hold_all(struct store *s, const char *channel, const char *reason, utc_t now,
                    struct err *e)
{
    int64_t count;
    bool own;
    int rc;

    if (sql_join(s, now, &own, e) != 0)
        return -1;
    rc = move_all(s, &queries[Q_WAITING_ON], channel, OUTBOX_HELD, reason, &count, e);
    return sql_leave(s, own, rc, e);
}

int outbox_set_aside(struct store *s, struct err *e)
{
    int64_t count;

    return move_all(s, &queries[Q_LOOSE], OUTBOX_ORPHAN, OUTBOX_HELD, OUTBOX_ADOPTED, &count, e);
}

int outbox_release_orphans(struct store *s, const char *channel, bool set_aside, struct err *e)
{
    int64_t count;

    if (move_all(s, &queries[Q_ORPHANS], channel, OUTBOX_QUEUED, NULL, &count, e) < 0)
        return -1;
    return set_aside ? move_all(s, &queries[Q_SET_ASIDE], channel, OUTBOX_QUEUED, NULL, &count, e)
                     : 0;
}

int outbox_hold_doubted(struct store *s, const char *channel, const char *reason,
                        int64_t *ret_count, struct err *e)
{
    return move_all(s, &queries[Q_DOUBTED_ON], channel, OUTBOX_HELD, reason, ret_count, e);
}
