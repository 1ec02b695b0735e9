/* What expires while its channel is held, what is sent again though it was settled, and what is due
 * though its time has not come. */
#include <stdlib.h>

#include "base/mem.h"
#include "store/outbox_impl.h"
#include "store/sql.h"

enum { Q_PAST, Q_SETTLED, Q_AFRESH, Q_HASTEN, Q_TRY };
#define LONGEST_S (24 * 60 * 60) /* of all delays, see courier/retry.h */
static const struct query queries[] = {
    [Q_PAST] = {"SELECT id FROM message WHERE state IN ('queued', 'retry', 'in-doubt') "
                "AND channel = ? AND valid_until <= ? LIMIT 1",
                false},
    [Q_SETTLED] = {"SELECT id FROM message AS m WHERE channel = ?1 "
                   "AND state IN ('accepted', 'failed', 'expired', 'cancelled') "
                   "AND max(created_at, coalesce(sent_at, ''), "
                   "iif(state = 'expired', coalesce(valid_until, ''), ''), coalesce((SELECT "
                   "max(ended_at) FROM attempt WHERE message_id = m.id), '')) >= ?2 ORDER BY id",
                   false},
    [Q_AFRESH] = {"UPDATE message SET attempts = 0, "
                  "valid_until = iif(valid_until <= ?1, NULL, valid_until) WHERE id = ?2",
                  false},
    [Q_HASTEN] = {"UPDATE message AS m SET next_at = ?1 WHERE state IN ('queued', 'retry', "
                  "'in-doubt') AND next_at > ?1 AND (state = 'queued' OR created_at > ?1 OR "
                  "next_at > ?2 OR EXISTS "
                  "(SELECT 1 FROM attempt AS a WHERE a.message_id = m.id AND a.started_at > ?1))",
                  false},
    [Q_TRY] = {"UPDATE message SET next_at = ?1 WHERE state IN ('queued', 'retry', 'in-doubt') "
               "AND channel = ?2 AND next_at > ?1",
               false},
};
const struct query_table outbox_again_queries = {queries, COUNT(queries)};

static int expire_all(struct store *s, const char *channel, utc_t now, struct err *e)
{
    struct outbox_message m;
    int64_t id;
    int rc;

    for (;;) {
        if (sql_int(s, &queries[Q_PAST], 0, &id, e, "tu", channel, now) != 0)
            return -1;
        if (id == 0)
            return 0;
        if (outbox_read(s, id, &m, e) != 0)
            return -1;
        rc = outbox_expire(s, &m, e);
        outbox_message_clear(&m);
        if (rc != 0)
            return -1;
    }
}

int outbox_expire_held(struct store *s, const char *channel, utc_t now, struct err *e)
{
    bool own;

    if (sql_join(s, now, &own, e) != 0)
        return -1;
    return sql_leave(s, own, expire_all(s, channel, now, e), e);
}

static int send_again(struct store *s, int64_t id, struct err *e)
{
    struct outbox_message m;
    int rc;

    if (outbox_read(s, id, &m, e) != 0)
        return -1;
    rc = outbox_become(s, &m, OUTBOX_QUEUED, "to be sent again", sql_now(s), e);
    outbox_message_clear(&m);
    return rc == 0 ? sql_run(s, &queries[Q_AFRESH], e, "ui", sql_now(s), id) : -1;
}

int outbox_redeliver(struct store *s, const char *channel, utc_t since, size_t *ret_count,
                     struct err *e)
{
    struct ids ids = {0};
    struct rows r;
    int rc;

    rows_start(&r, s, &queries[Q_SETTLED], "tu", channel, since);
    rc = rows_ids(&r, &ids, e);
    for (size_t i = 0; rc == 0 && i < ids.count; i++)
        rc = send_again(s, ids.items[i], e);
    free(ids.items);
    if (rc == 0)
        *ret_count = ids.count;
    return rc;
}

int outbox_hasten(struct store *s, utc_t now, struct err *e)
{
    bool own;

    if (sql_join(s, now, &own, e) != 0)
        return -1;
    return sql_leave(s, own,
                     sql_run(s, &queries[Q_HASTEN], e, "uu", now, (utc_t){now.s + LONGEST_S}), e);
}

int outbox_try_now(struct store *s, const char *channel, struct err *e)
{
    return sql_run(s, &queries[Q_TRY], e, "ut", sql_now(s), channel);
}
