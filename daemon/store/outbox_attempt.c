/* Claims and attempts: what goes next, and how it ended. */
#include <stdlib.h>

#include "base/mem.h"
#include "store/channel.h"
#include "store/notice.h"
#include "store/outbox_impl.h"
#include "store/sql.h"

#define DUE(state)                                                                      \
    "SELECT id, next_at FROM message AS m WHERE state = '" state "' AND next_at <= ?1 " \
    "AND channel = ?2 "
#define LOOKED_AT 8 /* of the earliest that are due */
#define MINUTE_S  60
enum {
    Q_DUE,
    Q_TURN,
    Q_FIRST_OF_EACH,
    Q_CLAIM,
    Q_ATTEMPT,
    Q_ATTEMPT_OF,
    Q_ATTEMPT_END,
    Q_CARRIED,
    Q_UNCOUNT,
    Q_DELAY,
    Q_OPEN,
    Q_RECENT
};
static const struct query queries[] = {
    [Q_DUE] = {DUE("queued") "UNION ALL " DUE("retry") "UNION ALL " DUE(
                   "in-doubt") "ORDER BY next_at, id LIMIT ?3",
               false},
    [Q_TURN] = {"SELECT 1 FROM message AS m WHERE m.id = ? AND " OUTBOX_ITS_TURN, false},
    /* from one recipient to the next by the index, whatever waits for each; scans what that found
     */
    [Q_FIRST_OF_EACH] =
        {"WITH RECURSIVE reader(name) AS (SELECT min(recipient) FROM message WHERE channel = ?2 "
         "AND " OUTBOX_OPEN "UNION ALL SELECT (SELECT min(recipient) FROM message WHERE channel = "
         "?2 AND recipient > name AND " OUTBOX_OPEN ") FROM reader WHERE name IS NOT NULL) "
         "SELECT m.id FROM reader CROSS JOIN message AS m ON m.id = (SELECT min(id) FROM message "
         "WHERE channel = ?2 AND recipient = name AND " OUTBOX_OPEN ") "
         "WHERE m.state <> 'sending' AND m.next_at <= ?1 AND " OUTBOX_ITS_TURN
         "ORDER BY m.next_at, m.id LIMIT 1",
         true},
    [Q_CLAIM] = {"UPDATE message SET state = 'sending', next_at = NULL, attempts = attempts + 1 "
                 "WHERE id = ?",
                 false},
    [Q_ATTEMPT] = {"INSERT INTO attempt (message_id, started_at) VALUES (?, ?)", false},
    [Q_ATTEMPT_OF] = {"SELECT message_id FROM attempt WHERE id = ? AND ended_at IS NULL", false},
    [Q_ATTEMPT_END] = {"UPDATE attempt SET ended_at = ?, outcome = ?, reply = ? WHERE id = ?",
                       false},
    [Q_CARRIED] = {"UPDATE attempt SET peer = nullif(?, ''), tls = nullif(?, '') WHERE id = ?",
                   false},
    [Q_UNCOUNT] = {"UPDATE message SET attempts = attempts - 1 WHERE id = ?", false},
    [Q_DELAY] = {"UPDATE message SET next_at = ?1 WHERE state IN ('queued', 'retry', 'in-doubt') "
                 "AND next_at < ?1 AND channel = ?2",
                 false},
    [Q_OPEN] = {"SELECT a.id FROM message AS m JOIN attempt AS a ON a.message_id = m.id "
                "WHERE m.state = 'sending' AND a.ended_at IS NULL ORDER BY a.id LIMIT 1",
                false},
    [Q_RECENT] = {"SELECT count(*), min(a.started_at) FROM attempt AS a JOIN message AS m "
                  "ON m.id = a.message_id WHERE a.started_at > ? AND a.started_at <= ? "
                  "AND m.channel = ?",
                  false},
};
const struct query_table outbox_attempt_queries = {queries, COUNT(queries)};

int outbox_expire(struct store *s, const struct outbox_message *m, struct err *e)
{
    char until[UTC_ISO], *why;
    bool doubted;
    int rc = outbox_doubted(s, m->id, &doubted, e);

    if (rc != 0)
        return -1;
    why = xasprintf("%s: it was worth sending until %s",
                    doubted ? "its time has passed, and whether it went before is not known"
                            : "its time had passed before it could go",
                    utc_iso(m->valid_until, until));
    rc = outbox_become(s, m, OUTBOX_EXPIRED, why, UTC_NONE, e);
    free(why);
    /* the next step stands for a reminder; for a level that nobody heard of there is none */
    return rc == 0 && !doubted ? notice_void_mail(s, m->id, "csi.escalation", e) : rc;
}

/* Whether a message that is due is still to go; else it has become what it is then. */
static int is_to_go(struct store *s, const struct outbox_message *m, const struct outbox_gate *gate,
                    utc_t now, bool *ret, struct err *e)
{
    bool stopped = false;
    int rc = 0;

    *ret = !utc_is(m->valid_until) || m->valid_until.s > now.s;
    if (!*ret)
        return outbox_expire(s, m, e);
    if (gate)
        rc = outbox_pass_gate(s, m, gate, now, &stopped, e);
    *ret = !stopped;
    return rc;
}

/* The first of the earliest that has its turn; 0 without. *ret_count: so many were looked at. */
static int look_at_due(struct store *s, const char *channel, utc_t now, int64_t *ret,
                       int *ret_count, struct err *e)
{
    int64_t turn = 0, id = 0;
    struct rows r;
    int rc = 0;

    *ret_count = 0;
    rows_start(&r, s, &queries[Q_DUE], "uti", now, channel, (int64_t)LOOKED_AT);
    while (rc == 0 && !turn && rows_next(&r)) {
        id = rows_int(&r, 0);
        rc = sql_int(s, &queries[Q_TURN], 0, &turn, e, "i", id);
        ++*ret_count;
    }
    if (rows_end(&r, e) != 0)
        rc = -1;
    *ret = turn ? id : 0;
    return rc;
}

/* It is mostly the first that is due; where many wait behind others to the same recipients, those
 * others are looked for instead. */
int outbox_first(struct store *s, const char *channel, utc_t by, int64_t *ret, struct err *e)
{
    int count;

    if (look_at_due(s, channel, by, ret, &count, e) != 0)
        return -1;
    return *ret || count < LOOKED_AT
               ? 0
               : sql_int(s, &queries[Q_FIRST_OF_EACH], 0, ret, e, "ut", by, channel);
}

/* Takes the next due message into *ret; those that are not to go any more drop out on the way. 1, 0
 * or -1. */
static int next_due(struct store *s, const char *channel, const struct outbox_gate *gate, utc_t now,
                    struct outbox_message *ret, struct err *e)
{
    struct outbox_message m;
    int64_t id;
    bool goes;

    for (;;) {
        if (outbox_first(s, channel, now, &id, e) != 0)
            return -1;
        if (id == 0)
            return 0;
        if (outbox_read(s, id, &m, e) != 0)
            return -1;
        if (is_to_go(s, &m, gate, now, &goes, e) != 0) {
            outbox_message_clear(&m);
            return -1;
        }
        if (goes)
            break;
        outbox_message_clear(&m);
    }
    *ret = m;
    return 1;
}

static int claim(struct store *s, const char *channel, const struct outbox_gate *gate, utc_t now,
                 struct outbox_message *ret, int64_t *ret_attempt, struct err *e)
{
    struct outbox_message m;
    int found = next_due(s, channel, gate, now, &m, e);

    if (found <= 0)
        return found;
    if (!outbox_may_become(m.state, OUTBOX_SENDING))
        found = err_set(e, ERR_CONFLICT, "message %lld is %s", (long long)m.id,
                        outbox_state_name(m.state));
    else if (sql_run(s, &queries[Q_CLAIM], e, "i", m.id) != 0 ||
             sql_insert(s, &queries[Q_ATTEMPT], ret_attempt, e, "iu", m.id, now) != 0)
        found = -1;
    if (found < 0) {
        outbox_message_clear(&m);
        return -1;
    }
    m.state = OUTBOX_SENDING;
    m.next_at = UTC_NONE;
    m.attempts++;
    *ret = m;
    return 1;
}

/* Whether the cap leaves room for one more now; else what is due waits until the oldest of the last
 * minute's attempts is a minute old. */
static int has_room(struct store *s, const char *channel, int64_t per_minute, utc_t now, bool *ret,
                    struct err *e)
{
    utc_t oldest = UTC_NONE;
    int64_t count = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_RECENT], "uut", (utc_t){now.s - MINUTE_S}, now, channel);
    if (rows_next(&r)) {
        count = rows_int(&r, 0);
        oldest = rows_utc(&r, 1);
    }
    if (rows_end(&r, e) != 0)
        return -1;
    *ret = count < per_minute;
    return *ret ? 0 : sql_run(s, &queries[Q_DELAY], e, "ut", (utc_t){oldest.s + MINUTE_S}, channel);
}

static int claim_within(struct store *s, const char *channel, const struct outbox_gate *gate,
                        int64_t per_minute, utc_t now, struct outbox_message *ret,
                        int64_t *ret_attempt, struct err *e)
{
    bool room = true;

    if (per_minute && has_room(s, channel, per_minute, now, &room, e) != 0)
        return -1;
    return room ? claim(s, channel, gate, now, ret, ret_attempt, e) : 0;
}

int outbox_claim(struct store *s, const char *channel, const struct outbox_gate *gate,
                 int64_t per_minute, utc_t now, struct outbox_message *ret, int64_t *ret_attempt,
                 struct err *e)
{
    struct outbox_message m;
    int64_t attempt;
    int found = 0, rc;
    bool held, own;

    if (channel_held(s, channel, &held, NULL, e) != 0)
        return -1;
    if (held)
        return outbox_expire_held(s, channel, now, e);
    if (sql_join(s, now, &own, e) != 0)
        return -1;
    found = claim_within(s, channel, gate, per_minute, now, &m, &attempt, e);
    rc = sql_leave(s, own, found < 0 ? -1 : 0, e);
    if (rc != 0) {
        if (found > 0)
            outbox_message_clear(&m);
        return -1;
    }
    if (found > 0) {
        *ret = m;
        *ret_attempt = attempt;
    }
    return found;
}

/* Ends an attempt that is under way and reads its message. */
static int attempt_end(struct store *s, int64_t attempt, enum outbox_state outcome,
                       const char *reply, utc_t at, struct outbox_message *ret, struct err *e)
{
    int64_t id;

    if (sql_int(s, &queries[Q_ATTEMPT_OF], 0, &id, e, "i", attempt) != 0)
        return -1;
    if (id == 0)
        return err_set(e, ERR_CONFLICT, "attempt %lld is not under way", (long long)attempt);
    if (sql_run(s, &queries[Q_ATTEMPT_END], e, "utti", at, outbox_state_name(outcome), reply,
                attempt) != 0)
        return -1;
    return outbox_read(s, id, ret, e);
}

static int finish(struct store *s, int64_t attempt, enum outbox_state state, const char *reply,
                  utc_t next_at, utc_t at, struct err *e)
{
    bool again = state == OUTBOX_RETRY || state == OUTBOX_IN_DOUBT || state == OUTBOX_QUEUED;
    struct outbox_message m;
    int rc;

    if (attempt_end(s, attempt, state, reply, at, &m, e) != 0)
        return -1;
    if (state == OUTBOX_ACCEPTED)
        m.sent_at = at;
    rc = outbox_become(s, &m, state, reply, again ? next_at : UTC_NONE, e);
    outbox_message_clear(&m);
    return rc;
}

int outbox_carried(struct store *s, int64_t attempt, const char *peer, const char *tls,
                   struct err *e)
{
    return sql_run(s, &queries[Q_CARRIED], e, "tti", peer, tls, attempt);
}

int outbox_finish(struct store *s, int64_t attempt, enum outbox_state state, const char *reply,
                  utc_t next_at, utc_t at, struct err *e)
{
    bool own;

    if (sql_join(s, at, &own, e) != 0)
        return -1;
    return sql_leave(s, own, finish(s, attempt, state, reply, next_at, at, e), e);
}

/* Every other message of the channel would meet the same trouble: none goes before next_at. */
static int release(struct store *s, int64_t attempt, const char *reply, utc_t next_at, utc_t at,
                   struct err *e)
{
    struct outbox_message m;
    int rc;

    if (attempt_end(s, attempt, OUTBOX_QUEUED, reply, at, &m, e) != 0)
        return -1;
    rc = outbox_become(s, &m, OUTBOX_QUEUED, reply, next_at, e);
    if (rc == 0)
        rc = sql_run(s, &queries[Q_UNCOUNT], e, "i", m.id);
    if (rc == 0)
        rc = sql_run(s, &queries[Q_DELAY], e, "ut", next_at, m.channel);
    outbox_message_clear(&m);
    return rc;
}

int outbox_release(struct store *s, int64_t attempt, const char *reply, utc_t next_at, utc_t at,
                   struct err *e)
{
    bool own;

    if (sql_join(s, at, &own, e) != 0)
        return -1;
    return sql_leave(s, own, release(s, attempt, reply, next_at, at, e), e);
}

static int recover(struct store *s, utc_t now, int64_t *ret_count, struct err *e)
{
    int64_t attempt, count = 0;

    for (;;) {
        if (sql_int(s, &queries[Q_OPEN], 0, &attempt, e, "") != 0)
            return -1;
        if (attempt == 0)
            break;
        if (finish(s, attempt, OUTBOX_IN_DOUBT,
                   "csid ended while it was under way; whether it arrived is not known", now, now,
                   e))
            return -1;
        count++;
    }
    *ret_count = count;
    return 0;
}

int outbox_recover(struct store *s, utc_t now, int64_t *ret_count, struct err *e)
{
    bool own;

    if (sql_join(s, now, &own, e) != 0)
        return -1;
    return sql_leave(s, own, recover(s, now, ret_count, e), e);
}
