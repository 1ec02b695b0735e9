#include "store/bounce.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/notice.h"
#include "store/outbox.h"
#include "store/sql.h"

enum { Q_READ, Q_MARK, Q_CLEAR, Q_EACH, Q_NAMES, Q_NOTE, Q_MESSAGE };
static const struct query queries[] = {
    [Q_READ] = {"SELECT address, status, said, bounced_at, coalesce(message_id, 0) FROM bounce "
                "WHERE address = ?",
                false},
    [Q_MARK] = {"INSERT INTO bounce (address, status, said, bounced_at, message_id) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE SET "
                "status = excluded.status, said = excluded.said, "
                "bounced_at = excluded.bounced_at, message_id = excluded.message_id",
                false},
    [Q_CLEAR] = {"DELETE FROM bounce WHERE address = ?", false},
    [Q_EACH] = {"SELECT b.address, b.status, b.said, b.bounced_at, p.name, coalesce((SELECT "
                "min(n.id) FROM notice n WHERE n.message_id = b.message_id), 0) FROM bounce b "
                "LEFT JOIN person p ON p.email = b.address ORDER BY b.address",
                true},
    [Q_NAMES] = {"SELECT address FROM bounce WHERE ? = 0", true},
    [Q_NOTE] = {"UPDATE message SET reason = ? WHERE id = ?", false},
    [Q_MESSAGE] = {"SELECT id FROM message WHERE message_id = ? AND channel = 'mail'", false},
};
const struct query_table bounce_queries = {queries, COUNT(queries)};

/* ---- the mark ---- */

/* The row as JSON, caller frees; NULL where there is none. */
static int snapshot(struct store *s, const char *address, char **ret, struct err *e)
{
    static const char *const names[] = {"address", "status", "said", "bounced_at"};
    struct text t = TEXT_INIT;
    struct rows r;

    rows_start(&r, s, &queries[Q_READ], "t", address);
    if (rows_next(&r)) {
        for (int i = 0; i < (int)COUNT(names); i++) {
            text_addf(&t, "%s\"%s\":", i ? "," : "{", names[i]);
            text_add_json(&t, rows_text(&r, i));
        }
        text_addf(&t, ",\"message_id\":%lld}", (long long)rows_int(&r, 4));
    }
    *ret = t.len ? text_take(&t) : NULL;
    if (rows_end(&r, e) == 0)
        return 0;
    free(*ret);
    return -1;
}

static int mark(struct store *s, const char *address, const char *status, const char *said,
                int64_t message, struct err *e)
{
    char *before, *after = NULL;
    int rc = snapshot(s, address, &before, e);

    if (rc < 0)
        return -1;
    rc = sql_run(s, &queries[Q_MARK], e, "tttui", address, status, said, sql_now(s), message);
    if (rc == 0)
        rc = snapshot(s, address, &after, e);
    if (rc == 0)
        rc = journal_change(s, "bounce.mark", address, before, after, e);
    free(before);
    free(after);
    return rc;
}

int bounce_clear(struct store *s, const char *address, struct err *e)
{
    char *before, *hint;
    int rc;

    if (snapshot(s, address, &before, e) < 0)
        return -1;
    if (!before) {
        hint = sql_nearest(s, &queries[Q_NAMES], 0, address);
        err_set(e, ERR_NOTFOUND, "%s is not marked%s", address,
                *hint ? hint : ": see csictl bounce list");
        free(hint);
        return -1;
    }
    rc = sql_run(s, &queries[Q_CLEAR], e, "t", address);
    if (rc == 0)
        rc = journal_change(s, "bounce.clear", address, before, NULL, e);
    free(before);
    return rc;
}

int bounce_each(struct store *s, int (*row)(void *arg, const struct bounce_row *r), void *arg,
                struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_EACH], "");
    while (rows_next(&r)) {
        const struct bounce_row found = {.address = rows_text(&r, 0),
                                         .status = rows_text(&r, 1),
                                         .said = rows_text(&r, 2),
                                         .bounced_at = rows_utc(&r, 3),
                                         .holder = rows_text(&r, 4),
                                         .notice = rows_int(&r, 5)};

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(&r, e);
}

/* ---- the message ---- */

int bounce_message(struct store *s, const char *message_id, int64_t *ret, struct err *e)
{
    return sql_int(s, &queries[Q_MESSAGE], 0, ret, e, "t", message_id);
}

/* What is under way says itself how it ends. */
static int fail(struct store *s, const struct outbox_message *m, const char *status,
                const char *said, struct err *e)
{
    char *reason;
    int rc;

    if (m->state == OUTBOX_SENDING || !outbox_may_become(m->state, OUTBOX_FAILED))
        return 0;
    reason = xasprintf("came back: %s %s", status, said);
    rc = outbox_move(s, m->id, OUTBOX_FAILED, reason, e);
    free(reason);
    return rc;
}

/* Whether a status says that the address is no good, or says no more than that it failed; not that
 * the server does not like us, is full or has a rule (RFC 3463, 3.2 and 3.3; RFC 7505). Exchange
 * Online counts on where the standard ends: 5.1.90 says that the sender has had its fill. */
static bool blames_address(const char *status)
{
    static const char *const blaming[] = {"5.0.0", "5.1.0", "5.1.1", "5.1.2",  "5.1.3",
                                          "5.1.4", "5.1.5", "5.1.6", "5.1.10", "5.2.1"};

    for (size_t i = 0; i < COUNT(blaming); i++)
        if (strcmp(status, blaming[i]) == 0)
            return true;
    return false;
}

int bounce_failed(struct store *s, int64_t message, const char *status, const char *said,
                  bool *ret_marked, struct err *e)
{
    bool blamed = blames_address(status);
    struct outbox_message m;
    int rc;

    if (outbox_read(s, message, &m, e) < 0)
        return -1;
    rc = fail(s, &m, status, said, e);
    if (rc == 0 && blamed)
        rc = mark(s, outbox_goes_to(&m), status, said, m.id, e);
    if (rc == 0)
        rc = notice_void_mail(s, message, NULL, e);
    outbox_message_clear(&m);
    if (rc == 0 && ret_marked)
        *ret_marked = blamed;
    return rc;
}

#define DELAYED "; delayed: "

int bounce_delayed(struct store *s, int64_t message, const char *status, const char *said,
                   struct err *e)
{
    char about[JOURNAL_ABOUT], *reason;
    struct outbox_message m;
    const char *was, *old;
    struct change c;
    int rc;

    if (outbox_read(s, message, &m, e) < 0)
        return -1;
    was = m.reason ? m.reason : "";
    old = strstr(was, DELAYED); /* the latest is enough: the others stand in the journal */
    reason = xasprintf("%.*s" DELAYED "%s %s", (int)(old ? (size_t)(old - was) : strlen(was)), was,
                       status, said);
    rc = change_begin(s, &c, JOURNAL_MESSAGE, message, e);
    if (rc == 0) {
        rc = sql_run(s, &queries[Q_NOTE], e, "ti", reason, message);
        rc = change_end(s, &c, rc, "message.delayed", journal_about("message", message, about), e);
    }
    free(reason);
    outbox_message_clear(&m);
    return rc;
}
