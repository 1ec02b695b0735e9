#include "store/outbox_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/channel.h"
#include "store/outbox_impl.h"
#include "store/sql.h"

/* A notice without a message was overtaken by a later step, or there was nobody to reach. */
#define STATE "coalesce(m.state, iif(n.channel = 'none', 'cancelled', 'collapsed'))"

/* A digest is one row, under its first notice; a notice without a message stands for itself. Rows
 * come one by one in the order of ids, however many there are, and a list leaves the bodies. */
#define ROW(body)                                                                               \
    "SELECT n.id, coalesce(m.id, 0), n.event, n.about, n.reason, coalesce(m.recipient, ''), "   \
    "coalesce(m.channel, n.channel), " STATE                                                    \
    ", coalesce(m.message_id, ''), coalesce(m.subject, ''), m.reason, "                         \
    "max(1, (SELECT count(*) FROM notice k WHERE k.message_id = n.message_id)), n.created_at, " \
    "m.sent_at, m.next_at, m.valid_until, coalesce(m.attempts, 0), m.redirected_to, " body      \
    " FROM notice n LEFT JOIN message m ON m.id = n.message_id "

/* What is asked for again, or comes back from a relay, fails long after it was written: when it did
 * stands in the journal, read by its index. A test tells nothing. */
#define FAILED_SINCE                                                          \
    "m.state = 'failed' AND m.event <> 'csi.test' AND EXISTS (SELECT 1 FROM " \
    "journal j WHERE substr(j.what, instr(j.what, ' ') + 1) = 'message:' "    \
    "|| m.id AND j.what LIKE 'message.failed %' AND j.at >= ?1) "
enum {
    Q_LIST,
    Q_FIND,
    Q_ATTEMPTS,
    Q_CHANNEL,
    Q_NEXT,
    Q_WAITING,
    Q_COUNT,
    Q_OLDEST,
    Q_ON_CHANNEL,
    Q_SENT,
    Q_TOLD,
    Q_READERS,
    Q_WAITS,
    Q_FAILED,
    Q_FAILED_CALLS,
    Q_AHEAD,
    Q_ATTEMPT_LINE
};
static const struct query queries[] = {
    [Q_LIST] = {ROW("NULL") "WHERE n.id > ?4 AND (?1 IS NULL OR " STATE " = ?1) "
                            "AND (?2 IS NULL OR m.recipient = ?2 COLLATE NOCASE) "
                            "AND (?3 IS NULL OR n.about = ?3 OR n.message_id IN "
                            "(SELECT message_id FROM notice WHERE about = ?3)) AND n.id = ifnull("
                            "(SELECT min(id) FROM notice k WHERE k.message_id = n.message_id), "
                            "n.id) ORDER BY n.id LIMIT ?5",
                false},
    [Q_FIND] = {ROW("m.body") "WHERE n.id = ifnull((SELECT min(b.id) FROM notice a JOIN notice b "
                              "ON b.message_id = a.message_id WHERE a.id = ?1), ?1)",
                false},
    [Q_ATTEMPTS] = {"SELECT started_at, ended_at, outcome, reply, peer, tls FROM attempt "
                    "WHERE message_id = ? ORDER BY id",
                    false},
    [Q_CHANNEL] = {"SELECT min(channel) FROM message WHERE state = ? AND channel > ?", false},
    [Q_NEXT] = {"SELECT next_at FROM message WHERE id = ?", false},
    [Q_WAITING] = {"SELECT DISTINCT channel FROM message "
                   "WHERE state IN ('queued', 'retry', 'in-doubt') ORDER BY channel",
                   false},
    [Q_COUNT] = {"SELECT count(*) FROM message WHERE state = ?", false},
    [Q_OLDEST] = {"SELECT created_at FROM message WHERE id = (SELECT min(id) FROM message "
                  "WHERE state IN ('queued', 'sending', 'retry', 'in-doubt'))",
                  false},
    [Q_ON_CHANNEL] = {"SELECT count(*) FILTER (WHERE state <> 'held'), "
                      "count(*) FILTER (WHERE state = 'held'), "
                      "count(*) FILTER (WHERE state = 'held' AND reason = '" OUTBOX_ADOPTED
                      "') FROM message "
                      "WHERE state IN ('queued', 'sending', 'retry', 'in-doubt', 'held') "
                      "AND channel = ?",
                      false},
    /* the last written, by the index, are few; one of them was tried for longer than another */
    [Q_SENT] = {"SELECT max(sent_at) FROM (SELECT sent_at FROM message WHERE state = 'accepted' "
                "AND channel = ? ORDER BY next_at DESC, id DESC LIMIT 100)",
                false},
    [Q_READERS] = {"SELECT min(m.recipient), count(DISTINCT m.recipient COLLATE NOCASE) "
                   "FROM notice n JOIN message m ON m.id = n.message_id "
                   "WHERE n.about = ? AND m.channel = 'mail' AND m.state <> 'cancelled'",
                   false},
    [Q_TOLD] = {"SELECT 1 FROM message WHERE created_at >= ? AND created_at < ? AND channel = ? "
                "AND recipient = ? COLLATE NOCASE AND event = ? AND state <> 'cancelled' LIMIT 1",
                false},
    [Q_WAITS] = {"SELECT channel, count(*), sum(ifnull(valid_until <= ?, 0)), min(created_at), "
                 "min(iif(" OUTBOX_ITS_TURN ", next_at, NULL)), "
                 "min(iif(attempts > 0, created_at, NULL)), sum(state = 'in-doubt') "
                 "FROM message AS m WHERE state IN ('queued', 'sending', 'retry', 'in-doubt') "
                 "GROUP BY channel ORDER BY channel",
                 false},
    [Q_FAILED] = {"SELECT count(DISTINCT m.id) FROM message m JOIN notice v ON v.message_id = m.id "
                  "WHERE m.channel = 'mail' AND " FAILED_SINCE
                  "AND NOT EXISTS (SELECT 1 FROM notice t WHERE t.about = v.about "
                  "AND t.due_on = v.due_on AND t.rule = v.rule AND t.step = v.step "
                  "AND t.role = v.role AND t.channel = 'mail') AND NOT EXISTS (SELECT 1 FROM "
                  "bounce b WHERE b.address = coalesce(m.redirected_to, m.recipient))",
                  false},
    [Q_FAILED_CALLS] = {"SELECT count(*), min(created_at) FROM message m "
                        "WHERE m.channel = ?2 AND " FAILED_SINCE,
                        false},
    [Q_AHEAD] = {"SELECT (SELECT min(id) FROM notice WHERE message_id = o.id) "
                 "FROM notice n JOIN message m ON m.id = n.message_id JOIN message o ON o.channel "
                 "= m.channel AND o.recipient = m.recipient "
                 "AND o.id < m.id AND o." OUTBOX_OPEN "WHERE n.id = ? ORDER BY o.id LIMIT 1",
                 false},
    [Q_ATTEMPT_LINE] = {"SELECT a.id || ' ' || a.started_at || ' ' || m.message_id "
                        "FROM attempt a JOIN message m ON m.id = a.message_id "
                        "WHERE a.id = ifnull(?, (SELECT max(id) FROM attempt))",
                        false},
};
const struct query_table outbox_list_queries = {queries, COUNT(queries)};

static struct outbox_row read_row(const struct rows *r)
{
    struct outbox_row row = {
        .id = rows_int(r, 0),
        .message = rows_int(r, 1),
        .event = rows_text(r, 2),
        .about = rows_text(r, 3),
        .reason = rows_text(r, 4),
        .to = rows_text(r, 5),
        .channel = rows_text(r, 6),
        .state = rows_text(r, 7),
        .message_id = rows_text(r, 8),
        .subject = rows_text(r, 9),
        .said = rows_text(r, 10),
        .abouts = rows_int(r, 11),
        .created_at = rows_utc(r, 12),
        .sent_at = rows_utc(r, 13),
        .next_at = rows_utc(r, 14),
        .valid_until = rows_utc(r, 15),
        .attempts = rows_int(r, 16),
        .redirected_to = rows_text(r, 17),
    };

    row.body = rows_blob(r, 18, &row.body_len);
    return row;
}

int outbox_each(struct store *s, const struct outbox_filter *f,
                int (*row)(void *arg, const struct outbox_row *r), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_LIST], "tttii", f->state, f->to, f->about, f->after,
               f->limit ? f->limit : (int64_t)-1);
    while (rows_next(&r)) {
        struct outbox_row found = read_row(&r);

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(&r, e);
}

int outbox_find(struct store *s, int64_t notice, int (*row)(void *arg, const struct outbox_row *r),
                void *arg, struct err *e)
{
    struct rows r;
    bool found = false;

    rows_start(&r, s, &queries[Q_FIND], "i", notice);
    if (rows_next(&r)) {
        struct outbox_row first = read_row(&r);

        found = true;
        row(arg, &first);
    }
    if (rows_end(&r, e) < 0)
        return -1;
    return found ? 0
                 : err_set(e, ERR_NOTFOUND, "no notice %lld: see csictl notice list",
                           (long long)notice);
}

int outbox_attempts(struct store *s, int64_t message,
                    int (*row)(void *arg, const struct attempt_row *r), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_ATTEMPTS], "i", message);
    while (rows_next(&r)) {
        struct attempt_row found = {rows_utc(&r, 0),  rows_utc(&r, 1),  rows_text(&r, 2),
                                    rows_text(&r, 3), rows_text(&r, 4), rows_text(&r, 5)};

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(&r, e);
}

/* ---- what waits ---- */

/* The next channel after `after` on which something is in that state, NULL when there is none. */
static int next_channel(struct store *s, const char *state, const char *after, char **ret,
                        struct err *e)
{
    char *name = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_CHANNEL], "tt", state, after);
    if (rows_next(&r))
        name = rows_dup(&r, 0);
    if (rows_end(&r, e) != 0) {
        free(name);
        return -1;
    }
    *ret = name;
    return 0;
}

/* Makes *least the earliest time of what waits on that channel, if it is earlier. */
static int earliest(struct store *s, const char *channel, utc_t *least, struct err *e)
{
    static const utc_t whenever = {253402300799}; /* 9999-12-31T23:59:59Z */
    utc_t next;
    int64_t id;
    bool held;

    if (channel_held(s, channel, &held, NULL, e) != 0)
        return -1;
    if (held)
        return 0;
    if (outbox_first(s, channel, whenever, &id, e) != 0 ||
        sql_utc(s, &queries[Q_NEXT], &next, e, "i", id) != 0)
        return -1;
    if (utc_is(next) && (!utc_is(*least) || next.s < least->s))
        *least = next;
    return 0;
}

static const enum outbox_state waiting[] = {OUTBOX_QUEUED, OUTBOX_RETRY, OUTBOX_IN_DOUBT};

/* From channel to channel by the index, however much waits on each. */
int outbox_next(struct store *s, utc_t *ret, struct err *e)
{
    utc_t least = UTC_NONE;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < COUNT(waiting); i++) {
        const char *state = outbox_state_name(waiting[i]);
        char *channel = NULL, *before;

        rc = next_channel(s, state, "", &channel, e);
        while (rc == 0 && channel) {
            before = channel;
            rc = earliest(s, channel, &least, e);
            if (rc == 0)
                rc = next_channel(s, state, before, &channel, e);
            free(before);
        }
    }
    if (rc == 0)
        *ret = least;
    return rc;
}

int outbox_waiting_channels(struct store *s, char ***ret, size_t *ret_count, struct err *e)
{
    char **names = NULL;
    size_t count = 0, cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_WAITING], "");
    while (rows_next(&r)) {
        names = xgrow(names, count, &cap, sizeof *names);
        names[count++] = rows_dup(&r, 0);
    }
    if (rows_end(&r, e) != 0) {
        while (count)
            free(names[--count]);
        free(names);
        return -1;
    }
    *ret = names;
    *ret_count = count;
    return 0;
}

int outbox_each_waiting(struct store *s, utc_t now,
                        int (*row)(void *arg, const struct outbox_waiting *w), void *arg,
                        struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_WAITS], "u", now);
    while (rows_next(&r)) {
        struct outbox_waiting w = {
            rows_text(&r, 0), rows_int(&r, 1), rows_int(&r, 2), rows_utc(&r, 3),
            rows_utc(&r, 4),  rows_utc(&r, 5), rows_int(&r, 6),
        };

        if (row(arg, &w) != 0)
            break;
    }
    return rows_end(&r, e);
}

static int read_sent(struct rows *r, char **ret, struct err *e)
{
    char *line = NULL;

    if (rows_next(r))
        line = rows_dup(r, 0);
    if (rows_end(r, e) < 0) {
        free(line);
        return -1;
    }
    *ret = line;
    return 0;
}

int outbox_last_sent(struct store *s, char **ret, struct err *e)
{
    const char *latest = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_ATTEMPT_LINE], "t", latest);
    return read_sent(&r, ret, e);
}

int outbox_was_sent(struct store *s, const char *line, bool *ret, struct err *e)
{
    char *found;
    struct rows r;

    rows_start(&r, s, &queries[Q_ATTEMPT_LINE], "i", (int64_t)strtoll(line, NULL, 10));
    if (read_sent(&r, &found, e) < 0)
        return -1;
    *ret = found && strcmp(found, line) == 0;
    free(found);
    return 0;
}

int outbox_count(struct store *s, struct outbox_counts *ret, struct err *e)
{
    struct outbox_counts counts = {.oldest_waiting = UTC_NONE};
    struct rows r;

    /* one by one: years of accepted ones take two thirds of the time that groups do */
    for (int state = 0; state < OUTBOX_STATES; state++)
        if (sql_int(s, &queries[Q_COUNT], 0, &counts.by_state[state], e, "t",
                    outbox_state_name((enum outbox_state)state)) != 0)
            return -1;
    rows_start(&r, s, &queries[Q_OLDEST], "");
    if (rows_next(&r))
        counts.oldest_waiting = rows_utc(&r, 0);
    if (rows_end(&r, e) != 0)
        return -1;
    *ret = counts;
    return 0;
}

int outbox_ahead(struct store *s, int64_t notice, int64_t *ret, struct err *e)
{
    return sql_int(s, &queries[Q_AHEAD], 0, ret, e, "i", notice);
}

int outbox_count_failed(struct store *s, utc_t since, int64_t *ret, struct err *e)
{
    return sql_int(s, &queries[Q_FAILED], 0, ret, e, "u", since);
}

int outbox_count_failed_calls(struct store *s, const char *channel, utc_t since, int64_t *ret,
                              utc_t *ret_first, struct err *e)
{
    utc_t first = UTC_NONE;
    int64_t count = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_FAILED_CALLS], "ut", since, channel);
    if (rows_next(&r)) {
        count = rows_int(&r, 0);
        first = rows_utc(&r, 1);
    }
    if (rows_end(&r, e) != 0)
        return -1;
    *ret = count;
    *ret_first = first;
    return 0;
}

int outbox_channel(struct store *s, const char *channel, struct outbox_channel *ret, struct err *e)
{
    struct outbox_channel c = {.next_at = UTC_NONE, .sent_at = UTC_NONE};
    struct rows r;

    rows_start(&r, s, &queries[Q_ON_CHANNEL], "t", channel);
    if (rows_next(&r)) {
        c.waiting = rows_int(&r, 0);
        c.held = rows_int(&r, 1);
        c.set_aside = rows_int(&r, 2);
    }
    if (rows_end(&r, e) != 0)
        return -1;
    if (earliest(s, channel, &c.next_at, e) != 0)
        return -1;
    rows_start(&r, s, &queries[Q_SENT], "t", channel);
    if (rows_next(&r))
        c.sent_at = rows_utc(&r, 0);
    if (rows_end(&r, e) != 0)
        return -1;
    *ret = c;
    return 0;
}

int outbox_told(struct store *s, const char *channel, const char *recipient, const char *event,
                utc_t from, utc_t until, bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_TOLD], 0, &found, e, "uuttt", from, until, channel, recipient,
                event) != 0)
        return -1;
    *ret = found != 0;
    return 0;
}

int outbox_only_reader(struct store *s, const char *about, char **ret, struct err *e)
{
    char *address = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_READERS], "t", about);
    if (rows_next(&r) && rows_int(&r, 1) == 1)
        address = rows_dup(&r, 0);
    if (rows_end(&r, e) < 0) {
        free(address);
        return -1;
    }
    *ret = address;
    return 0;
}
