#include "store/channel.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/sql.h"

enum {
    Q_READ,
    Q_HELD,
    Q_HOLDER,
    Q_WRITE,
    Q_FAILS,
    Q_FAILING,
    Q_ANSWERS,
    Q_WHOLE,
    Q_UNTOLD,
    Q_TOLD,
    Q_FAULT
};
static const struct query queries[] = {
    [Q_READ] = {"SELECT state, reason FROM channel WHERE name = ?", false},
    [Q_HELD] = {"SELECT name, reason, since FROM channel WHERE state = 'held' ORDER BY name", true},
    [Q_HOLDER] = {"SELECT held_by = ? FROM channel WHERE name = ? AND state = 'held'", false},
    [Q_WRITE] = {"INSERT INTO channel (name, state, held_by, reason, since) VALUES (?, ?, ?, ?, ?) "
                 "ON CONFLICT (name) DO UPDATE SET state = excluded.state, "
                 "held_by = excluded.held_by, reason = excluded.reason, since = excluded.since, "
                 "failing_since = iif(excluded.state = 'up', NULL, failing_since), told_at = NULL",
                 false},
    [Q_FAILS] = {"INSERT INTO channel (name, state, since, failing_since) VALUES (?, 'up', ?, ?) "
                 "ON CONFLICT (name) DO UPDATE "
                 "SET failing_since = coalesce(failing_since, excluded.failing_since)",
                 false},
    [Q_FAILING] = {"SELECT failing_since FROM channel WHERE name = ?", false},
    [Q_ANSWERS] = {"UPDATE channel SET failing_since = NULL WHERE name = ? AND failing_since IS "
                   "NOT NULL",
                   false},
    [Q_WHOLE] = {"SELECT state, held_by, reason, since, failing_since FROM channel WHERE name = ?",
                 false},
    [Q_UNTOLD] = {"SELECT name, reason FROM channel WHERE held_by = 'endpoint' AND told_at IS NULL "
                  "ORDER BY name LIMIT 1",
                  true},
    [Q_TOLD] = {"UPDATE channel SET told_at = ? WHERE name = ?", false},
    [Q_FAULT] = {"UPDATE channel SET fault = reason WHERE name = ? AND name = 'mail' "
                 "AND held_by = 'fault'",
                 false},
};
const struct query_table channel_queries = {queries, COUNT(queries)};

int channel_held(struct store *s, const char *name, bool *ret, char **ret_reason, struct err *e)
{
    char *reason = NULL;
    bool held = false;
    struct rows r;

    rows_start(&r, s, &queries[Q_READ], "t", name);
    if (rows_next(&r)) {
        held = strcmp(rows_text(&r, 0), "held") == 0;
        reason = held ? rows_dup(&r, 1) : NULL;
    }
    if (rows_end(&r, e) != 0) {
        free(reason);
        return -1;
    }
    *ret = held;
    if (ret_reason)
        *ret_reason = reason;
    else
        free(reason);
    return 0;
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

static const char *const holders[] = {
    [CHANNEL_BY_HAND] = "hand", [CHANNEL_BY_FAULT] = "fault", [CHANNEL_BY_ENDPOINT] = "endpoint"};

/* Writes and journals only what is a change: four workers may find the same fault at once. What
 * somebody holds by hand stays so, and overrides what held it before. by NULL: it is released. */
static int set(struct store *s, const char *name, const char *by, const char *reason, struct err *e)
{
    const char *state = by ? "held" : "up";
    const char *hand = holders[CHANNEL_BY_HAND];
    struct text after = TEXT_INIT;
    int64_t by_hand;
    bool held;
    int rc;

    if (channel_held(s, name, &held, NULL, e) != 0 ||
        sql_int(s, &queries[Q_HOLDER], 0, &by_hand, e, "tt", hand, name) != 0)
        return -1;
    if (held == (by != NULL) && (by != hand || by_hand))
        return 0;
    text_addf(&after, "{\"state\":\"%s\",\"held_by\":", state);
    text_add_json(&after, by);
    text_add(&after, ",\"reason\":");
    text_add_json(&after, reason);
    text_add(&after, "}");
    rc = sql_run(s, &queries[Q_WRITE], e, "ttttu", name, state, by, reason, sql_now(s));
    if (rc == 0)
        rc = journal_change(s, by ? "channel.hold" : "channel.release", name, NULL, after.s, e);
    text_free(&after);
    return rc;
}

int channel_hold(struct store *s, const char *name, enum channel_holder by, const char *reason,
                 utc_t now, struct err *e)
{
    bool own;
    int rc;

    if (sql_join(s, now, &own, e) != 0)
        return -1;
    rc = set(s, name, holders[by], reason, e);
    if (rc == 0 && by == CHANNEL_BY_FAULT) /* of mail it is to be told, see untold.h */
        rc = sql_run(s, &queries[Q_FAULT], e, "t", name);
    return sql_leave(s, own, rc, e);
}

int channel_release(struct store *s, const char *name, utc_t now, struct err *e)
{
    bool own;

    if (sql_join(s, now, &own, e) != 0)
        return -1;
    return sql_leave(s, own, set(s, name, NULL, NULL, e), e);
}

/* A transaction even where nothing is to be released: what cannot be written now is to be known. */
int channel_release_fault(struct store *s, const char *name, utc_t now, struct err *e)
{
    int64_t fault;
    bool own;
    int rc;

    if (sql_join(s, now, &own, e) != 0)
        return -1;
    rc = sql_int(s, &queries[Q_HOLDER], 0, &fault, e, "tt", holders[CHANNEL_BY_FAULT], name);
    if (rc == 0 && fault)
        rc = set(s, name, NULL, NULL, e);
    return sql_leave(s, own, rc, e);
}

/* ---- an endpoint that does not answer ---- */

int channel_fails(struct store *s, const char *name, utc_t now, utc_t *ret_since, struct err *e)
{
    utc_t since = UTC_NONE;
    struct rows r;

    if (sql_run(s, &queries[Q_FAILS], e, "tuu", name, now, now) != 0)
        return -1;
    rows_start(&r, s, &queries[Q_FAILING], "t", name);
    if (rows_next(&r))
        since = rows_utc(&r, 0);
    if (rows_end(&r, e) != 0)
        return -1;
    *ret_since = since;
    return 0;
}

int channel_answers(struct store *s, const char *name, struct err *e)
{
    return sql_run(s, &queries[Q_ANSWERS], e, "t", name);
}

void channel_clear(struct channel *c)
{
    free(c->held_by);
    free(c->reason);
    *c = (struct channel){.since = UTC_NONE, .failing_since = UTC_NONE};
}

int channel_read(struct store *s, const char *name, struct channel *ret, struct err *e)
{
    struct channel c = {.since = UTC_NONE, .failing_since = UTC_NONE};
    struct rows r;

    rows_start(&r, s, &queries[Q_WHOLE], "t", name);
    if (rows_next(&r)) {
        c.held = strcmp(rows_text(&r, 0), "held") == 0;
        c.held_by = rows_dup(&r, 1);
        c.reason = rows_dup(&r, 2);
        c.since = rows_utc(&r, 3);
        c.failing_since = rows_utc(&r, 4);
    }
    if (rows_end(&r, e) != 0) {
        channel_clear(&c);
        return -1;
    }
    *ret = c;
    return 0;
}

int channel_untold(struct store *s, char **ret, char **ret_reason, struct err *e)
{
    char *name = NULL, *reason = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_UNTOLD], "");
    if (rows_next(&r)) {
        name = rows_dup(&r, 0);
        reason = rows_dup(&r, 1);
    }
    if (rows_end(&r, e) != 0) {
        free(name);
        free(reason);
        return -1;
    }
    *ret = name;
    *ret_reason = reason;
    return 0;
}

int channel_told(struct store *s, const char *name, struct err *e)
{
    return sql_run(s, &queries[Q_TOLD], e, "ut", sql_now(s), name);
}
