#include "store/outbox_list.h"

#include "base/mem.h"
#include "store/sql.h"

/* A notice without a message was overtaken by a later step, or there was nobody to reach. */
#define STATE "coalesce(m.state, iif(n.channel = 'none', 'cancelled', 'collapsed'))"

/* A digest is one row, under its first notice; a notice without a message stands for itself. Rows
 * come one by one in the order of ids, however many there are, and a list leaves the bodies. */
#define ROW(body)                                                                               \
    "SELECT n.id, coalesce(m.id, 0), n.event, n.about, n.reason, coalesce(m.recipient, ''), "   \
    "n.channel, " STATE ", coalesce(m.message_id, ''), coalesce(m.subject, ''), m.reason, "     \
    "max(1, (SELECT count(*) FROM notice k WHERE k.message_id = n.message_id)), n.created_at, " \
    "m.sent_at, m.next_at, m.valid_until, coalesce(m.attempts, 0), " body                       \
    " FROM notice n LEFT JOIN message m ON m.id = n.message_id "

enum { Q_LIST, Q_FIND, Q_NOTICES, Q_UNREACHED, Q_ATTEMPTS, Q_HELD };
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
    [Q_NOTICES] = {"SELECT id, about, rule, step, role, reason, due_on FROM notice "
                   "WHERE message_id = ? ORDER BY id",
                   false},
    [Q_UNREACHED] = {"SELECT id, about, rule, step, role, reason, due_on FROM notice "
                     "WHERE channel = 'none' AND created_at >= ? ORDER BY created_at, id",
                     false},
    [Q_ATTEMPTS] = {"SELECT started_at, ended_at, outcome, reply FROM attempt "
                    "WHERE message_id = ? ORDER BY id",
                    false},
    [Q_HELD] = {"SELECT name, reason, since FROM channel WHERE state = 'held' ORDER BY name", true},
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
    };

    row.body = rows_blob(r, 17, &row.body_len);
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

static int each_notice(struct rows *r, int (*row)(void *arg, const struct notice_row *r), void *arg,
                       struct err *e)
{
    while (rows_next(r)) {
        struct notice_row found = {rows_int(r, 0),  rows_text(r, 1), rows_text(r, 2),
                                   rows_text(r, 3), rows_text(r, 4), rows_text(r, 5),
                                   rows_day(r, 6)};

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(r, e);
}

int outbox_notices(struct store *s, int64_t message,
                   int (*row)(void *arg, const struct notice_row *r), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_NOTICES], "i", message);
    return each_notice(&r, row, arg, e);
}

int outbox_unreached(struct store *s, utc_t since,
                     int (*row)(void *arg, const struct notice_row *r), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_UNREACHED], "u", since);
    return each_notice(&r, row, arg, e);
}

int outbox_attempts(struct store *s, int64_t message,
                    int (*row)(void *arg, const struct attempt_row *r), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_ATTEMPTS], "i", message);
    while (rows_next(&r)) {
        struct attempt_row found = {rows_utc(&r, 0), rows_utc(&r, 1), rows_text(&r, 2),
                                    rows_text(&r, 3)};

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(&r, e);
}

int channel_each_held(struct store *s,
                      int (*row)(void *arg, const char *name, const char *reason, utc_t since),
                      void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_HELD], "");
    while (rows_next(&r))
        if (row(arg, rows_text(&r, 0), rows_text(&r, 1), rows_utc(&r, 2)) != 0)
            break;
    return rows_end(&r, e);
}
