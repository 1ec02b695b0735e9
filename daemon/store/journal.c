#include "store/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/sql.h"

static const struct query snapshot[JOURNAL_COUNT] = {
    [JOURNAL_PLAN] = {"SELECT * FROM plan WHERE id = ?", false},
    [JOURNAL_PRIORITY] = {"SELECT * FROM priority WHERE id = ?", false},
    [JOURNAL_PERSON] = {"SELECT * FROM person WHERE id = ?", false},
    [JOURNAL_ROLE] = {"SELECT * FROM role WHERE id = ?", false},
    [JOURNAL_HOLDING] = {"SELECT * FROM holding WHERE id = ?", false},
    [JOURNAL_ACTION] =
        {"SELECT a.*, (SELECT group_concat(ref, ', ') FROM (SELECT r.ref "
         "FROM action_recommendation x JOIN recommendation r ON r.id = x.recommendation_id "
         "WHERE x.action_id = a.id ORDER BY length(r.ref), r.ref)) AS recommendations "
         "FROM action a WHERE a.id = ?",
         false},
    [JOURNAL_DEADLINE] = {"SELECT * FROM deadline WHERE id = ?", false},
    [JOURNAL_MESSAGE] =
        {"SELECT id, channel, recipient, redirected_to, event, subject, message_id, sha256, state, "
         "reason, "
         "attempts, (SELECT peer FROM attempt WHERE message_id = message.id ORDER BY id DESC "
         "LIMIT 1) AS peer, (SELECT tls FROM attempt WHERE message_id = message.id "
         "ORDER BY id DESC LIMIT 1) AS tls FROM message WHERE id = ?",
         false},
    [JOURNAL_EXTENSION] = {"SELECT * FROM extension WHERE id = ?", false},
    [JOURNAL_ACKNOWLEDGEMENT] = {"SELECT * FROM acknowledgement WHERE id = ?", false},
    [JOURNAL_SNOOZE] = {"SELECT * FROM snooze WHERE id = ?", false},
    [JOURNAL_SILENCE] = {"SELECT * FROM silence WHERE id = ?", false},
};

enum { Q_LAST, Q_SEQ, Q_ADD, Q_LIST, Q_LIST_ABOUT, Q_VERIFY, Q_VALUE };
static const struct query queries[] = {
    [Q_LAST] = {"SELECT seq, hash FROM journal WHERE seq = (SELECT max(seq) FROM journal)", false},
    [Q_SEQ] = {"SELECT max(seq) FROM journal", false},
    [Q_ADD] = {"INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", false},
    [Q_LIST] = {"SELECT * FROM journal WHERE seq > ? AND at >= ? ORDER BY seq LIMIT ?", false},
    [Q_LIST_ABOUT] = {"SELECT * FROM journal WHERE seq > ? AND at >= ? "
                      "AND substr(what, instr(what, ' ') + 1) = ? ORDER BY seq LIMIT ?",
                      false},
    [Q_VALUE] = {"SELECT json_extract(after, '$.' || ?3) FROM journal "
                 "WHERE substr(what, instr(what, ' ') + 1) = ?1 AND at <= ?2 "
                 "AND after IS NOT NULL ORDER BY seq DESC LIMIT 1",
                 false},
    [Q_VERIFY] = {"SELECT * FROM journal ORDER BY seq", true},
};
const struct query_table journal_queries = {queries, COUNT(queries)};
const struct query_table snapshot_queries = {snapshot, COUNT(snapshot)};

/* The row as a JSON object, its columns by name; NULL when there is no such row. */
static int snapshot_take(struct store *s, enum journal_table table, int64_t id, char **ret,
                         struct err *e)
{
    struct text t = TEXT_INIT;
    struct rows r;

    rows_start(&r, s, &snapshot[table], "i", id);
    if (rows_next(&r)) {
        for (int i = 0; i < sqlite3_column_count(r.stmt); i++) {
            text_add(&t, i ? "," : "{");
            text_add_json(&t, sqlite3_column_name(r.stmt, i));
            text_add(&t, ":");
            if (sqlite3_column_type(r.stmt, i) == SQLITE_INTEGER)
                text_addf(&t, "%lld", (long long)rows_int(&r, i));
            else
                text_add_json(&t, rows_text(&r, i));
        }
        text_add(&t, "}");
    }
    if (rows_end(&r, e) < 0) {
        text_free(&t);
        return -1;
    }
    *ret = t.len ? text_take(&t) : NULL;
    return 0;
}

static void add_line(struct text *t, const char *s)
{
    if (s)
        text_add(t, s);
    text_add(t, "\n");
}

static void row_hash(const char *previous, const struct journal_row *row, char ret[SHA256_HEX])
{
    struct text t = TEXT_INIT;

    add_line(&t, previous);
    text_addf(&t, "%lld\n", (long long)row->seq);
    add_line(&t, row->at);
    add_line(&t, row->who);
    add_line(&t, row->what);
    add_line(&t, row->before);
    add_line(&t, row->after);
    digest_sha256_hex(t.s, t.len, ret);
    text_free(&t);
}

static int append(struct store *s, const char *what, const char *about, const char *before,
                  const char *after, struct err *e)
{
    char previous[SHA256_HEX] = "", hash[SHA256_HEX], at[UTC_ISO];
    char *both = xasprintf("%s %s", what, about);
    struct journal_row row = {.at = utc_iso(sql_now(s), at),
                              .who = sql_who(s),
                              .what = both,
                              .before = before,
                              .after = after};
    struct rows r;
    int rc;

    row.seq = 1;
    rows_start(&r, s, &queries[Q_LAST], "");
    if (rows_next(&r)) {
        const char *last = rows_text(&r, 1);

        row.seq = rows_int(&r, 0) + 1;
        if (last && strlen(last) < sizeof previous)
            memcpy(previous, last, strlen(last) + 1);
    }
    rc = rows_end(&r, e);
    if (rc == 0) {
        row_hash(previous, &row, hash);
        rc = sql_run(s, &queries[Q_ADD], e, "itttttt", row.seq, row.at, row.who, row.what, before,
                     after, hash);
    }
    free(both);
    return rc;
}

int change_begin(struct store *s, struct change *c, enum journal_table table, int64_t id,
                 struct err *e)
{
    *c = (struct change){.table = table, .id = id};
    return id ? snapshot_take(s, table, id, &c->before, e) : 0;
}

int change_end(struct store *s, struct change *c, int rc, const char *what, const char *about,
               struct err *e)
{
    char *after = NULL;

    if (rc == 0)
        rc = snapshot_take(s, c->table, c->id, &after, e);
    if (rc == 0 && (!c->before || !after || strcmp(c->before, after) != 0))
        rc = append(s, what, about, c->before, after, e);
    free(after);
    free(c->before);
    c->before = NULL;
    return rc;
}

const char *journal_about(const char *kind, int64_t id, char ret[JOURNAL_ABOUT])
{
    snprintf(ret, JOURNAL_ABOUT, "%s:%lld", kind, (long long)id);
    return ret;
}

int journal_change(struct store *s, const char *what, const char *about, const char *before,
                   const char *after, struct err *e)
{
    return append(s, what, about, before, after, e);
}

int journal_seq(struct store *s, int64_t *ret, struct err *e)
{
    return sql_int(s, &queries[Q_SEQ], 0, ret, e, "");
}

int journal_hash(struct store *s, char **ret, struct err *e)
{
    char *hash = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_LAST], "");
    if (rows_next(&r))
        hash = rows_dup(&r, 1);
    if (rows_end(&r, e) != 0) {
        free(hash);
        return -1;
    }
    *ret = hash;
    return 0;
}

static struct journal_row read_row(const struct rows *r)
{
    return (struct journal_row){rows_int(r, 0),  rows_text(r, 1), rows_text(r, 2), rows_text(r, 3),
                                rows_text(r, 4), rows_text(r, 5), rows_text(r, 6)};
}

int journal_each(struct store *s, utc_t since, const char *about, int64_t after, int64_t limit,
                 int (*row)(void *arg, const struct journal_row *r), void *arg, struct err *e)
{
    struct rows r;
    char at[UTC_ISO];

    utc_iso(since, at); /* "" when there is none: every time is later */
    if (about)
        rows_start(&r, s, &queries[Q_LIST_ABOUT], "itti", after, at, about,
                   limit ? limit : (int64_t)-1);
    else
        rows_start(&r, s, &queries[Q_LIST], "iti", after, at, limit ? limit : (int64_t)-1);
    while (rows_next(&r)) {
        struct journal_row found = read_row(&r);

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(&r, e);
}

int journal_value_at(struct store *s, const char *about, const char *column, utc_t at, char **ret,
                     struct err *e)
{
    char *value = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_VALUE], "tut", about, at, column);
    if (rows_next(&r))
        value = rows_dup(&r, 0);
    if (rows_end(&r, e) < 0) {
        free(value);
        return -1;
    }
    *ret = value;
    return 0;
}

int journal_verify(struct store *s, int64_t *ret_rows, int64_t *ret_broken, struct err *e)
{
    char previous[SHA256_HEX] = "", hash[SHA256_HEX];
    int64_t count = 0, broken = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_VERIFY], "");
    while (!broken && rows_next(&r)) {
        struct journal_row row = read_row(&r);

        row_hash(previous, &row, hash);
        count++;
        if (row.seq != count || !row.hash || strcmp(row.hash, hash) != 0)
            broken = row.seq;
        memcpy(previous, hash, sizeof previous);
    }
    if (rows_end(&r, e) < 0)
        return -1;
    *ret_rows = count;
    *ret_broken = broken;
    return 0;
}
