#include "store/sql.h"

#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/store_impl.h"

sqlite3 *sql_handle(struct store *s)
{
    return s->db;
}

const char *sql_who(const struct store *s)
{
    assert(s->who);
    return s->who;
}

utc_t sql_now(const struct store *s)
{
    return s->now;
}

int sql_fail(struct store *s, int rc, struct err *e)
{
    static const struct {
        int rc;
        enum err_code code;
        const char *what;
    } kinds[] = {
        {SQLITE_FULL, ERR_STORAGE, "the disk is full"},
        {SQLITE_IOERR, ERR_STORAGE, "the disk failed"},
        {SQLITE_READONLY, ERR_STORAGE, "the database is read-only"},
        {SQLITE_CANTOPEN, ERR_STORAGE, "the database cannot be opened"},
        {SQLITE_BUSY, ERR_BUSY, "the database is busy, try again"},
        {SQLITE_CORRUPT, ERR_STORAGE, "the database is damaged"},
        {SQLITE_CONSTRAINT, ERR_CONFLICT, "in conflict with a row that is there"},
    };

    for (size_t i = 0; i < COUNT(kinds); i++)
        if ((rc & 0xff) == kinds[i].rc)
            return err_set(e, kinds[i].code, "%s (%s)", kinds[i].what, sqlite3_errmsg(s->db));
    return err_set(e, ERR_FAILED, "database: %s", sqlite3_errmsg(s->db));
}

/* NULL: it cannot be prepared. */
static const struct cached *prepared(struct store *s, const struct query *q)
{
    size_t slot = ((uintptr_t)q / sizeof *q) % CACHE_SLOTS;

    while (s->cache[slot].query && s->cache[slot].query != q)
        slot = (slot + 1) % CACHE_SLOTS;
    if (!s->cache[slot].query) {
        sqlite3_stmt *stmt;

        s->writes_plans = false; /* see recall_watch */
        if (sqlite3_prepare_v3(s->db, q->text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
            SQLITE_OK)
            return NULL;
        s->cache[slot] = (struct cached){q, stmt, s->writes_plans};
    }
    return &s->cache[slot];
}

static void bind_day(sqlite3_stmt *stmt, int i, day_t d)
{
    char text[DAY_ISO];

    if (day_is(d))
        sqlite3_bind_text(stmt, i, day_iso(d, text), -1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(stmt, i);
}

static void bind_utc(sqlite3_stmt *stmt, int i, utc_t t)
{
    char text[UTC_ISO];

    if (utc_is(t))
        sqlite3_bind_text(stmt, i, utc_iso(t, text), -1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(stmt, i);
}

/* `how` SQLITE_STATIC: texts and bytes outlive the statement's run, and are not copied. */
static void bind_all(sqlite3_stmt *stmt, sqlite3_destructor_type how, const char *types, va_list ap)
{
    int i = 1;

    assert(sqlite3_bind_parameter_count(stmt) == (int)strlen(types));
    for (; *types; types++, i++) {
        if (*types == 'i') {
            sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
        } else if (*types == 't') {
            sqlite3_bind_text(stmt, i, va_arg(ap, const char *), -1, how);
        } else if (*types == 'd') {
            bind_day(stmt, i, va_arg(ap, day_t));
        } else if (*types == 'u') {
            bind_utc(stmt, i, va_arg(ap, utc_t));
        } else {
            const void *bytes = va_arg(ap, const void *);
            size_t len = va_arg(ap, size_t);

            assert(*types == 'b');
            sqlite3_bind_blob64(stmt, i, bytes ? bytes : "", len, how);
        }
    }
}

static int run(struct store *s, const struct query *q, struct err *e, const char *types, va_list ap)
{
    const struct cached *c = prepared(s, q);
    sqlite3_stmt *stmt = c ? c->stmt : NULL;
    int rc;

    if (!c)
        return sql_fail(s, sqlite3_errcode(s->db), e);
    if (c->writes_plans)
        s->plans_version++;
    bind_all(stmt, SQLITE_STATIC, types, ap);
    do {
        rc = sqlite3_step(stmt);
    } while (rc == SQLITE_ROW);
    if (rc != SQLITE_DONE)
        sql_fail(s, rc, e);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

int sql_run(struct store *s, const struct query *q, struct err *e, const char *types, ...)
{
    va_list ap;
    int rc;

    va_start(ap, types);
    rc = run(s, q, e, types, ap);
    va_end(ap);
    return rc;
}

int sql_insert(struct store *s, const struct query *q, int64_t *ret_id, struct err *e,
               const char *types, ...)
{
    va_list ap;
    int rc;

    va_start(ap, types);
    rc = run(s, q, e, types, ap);
    va_end(ap);
    if (rc == 0)
        *ret_id = sqlite3_last_insert_rowid(s->db);
    return rc;
}

static void start(struct rows *r, struct store *s, const struct query *q,
                  sqlite3_destructor_type how, const char *types, va_list ap)
{
    const struct cached *c = prepared(s, q);

    *r = (struct rows){.store = s, .stmt = c ? c->stmt : NULL, .rc = SQLITE_ROW};
    if (r->stmt) {
        /* a statement still in use would lose its place: that is our own bug */
        assert(!sqlite3_stmt_busy(r->stmt));
        bind_all(r->stmt, how, types, ap);
    } else {
        r->rc = sqlite3_errcode(s->db);
    }
}

void rows_start(struct rows *r, struct store *s, const struct query *q, const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    start(r, s, q, SQLITE_TRANSIENT, types, ap);
    va_end(ap);
}

bool rows_next(struct rows *r)
{
    if (r->rc != SQLITE_ROW)
        return false;
    r->rc = sqlite3_step(r->stmt);
    return r->rc == SQLITE_ROW;
}

int rows_end(struct rows *r, struct err *e)
{
    int rc = 0;

    if (r->rc != SQLITE_ROW && r->rc != SQLITE_DONE)
        rc = sql_fail(r->store, r->rc, e);
    if (r->stmt) {
        sqlite3_reset(r->stmt);
        sqlite3_clear_bindings(r->stmt);
    }
    return rc;
}

int rows_ids(struct rows *r, struct ids *ret, struct err *e)
{
    while (rows_next(r)) {
        ret->items = xgrow(ret->items, ret->count, &ret->cap, sizeof *ret->items);
        ret->items[ret->count++] = rows_int(r, 0);
    }
    return rows_end(r, e);
}

int64_t rows_int(const struct rows *r, int column)
{
    return sqlite3_column_int64(r->stmt, column);
}

const char *rows_text(const struct rows *r, int column)
{
    return (const char *)sqlite3_column_text(r->stmt, column);
}

char *rows_dup(const struct rows *r, int column)
{
    return xstrdup(rows_text(r, column));
}

day_t rows_day(const struct rows *r, int column)
{
    const char *text = rows_text(r, column);
    day_t day;

    return text && day_parse_iso(text, &day) == 0 ? day : DAY_NONE;
}

utc_t rows_utc(const struct rows *r, int column)
{
    const char *text = rows_text(r, column);
    utc_t at;

    return text && utc_parse(text, &at) == 0 ? at : UTC_NONE;
}

const void *rows_blob(const struct rows *r, int column, size_t *ret_len)
{
    const void *bytes = sqlite3_column_blob(r->stmt, column);

    *ret_len = (size_t)sqlite3_column_bytes(r->stmt, column);
    return bytes;
}

bool rows_null(const struct rows *r, int column)
{
    return sqlite3_column_type(r->stmt, column) == SQLITE_NULL;
}

int sql_int(struct store *s, const struct query *q, int64_t none, int64_t *ret, struct err *e,
            const char *types, ...)
{
    struct rows r;
    va_list ap;
    int64_t value = none;

    va_start(ap, types);
    start(&r, s, q, SQLITE_STATIC, types, ap);
    va_end(ap);
    if (rows_next(&r) && !rows_null(&r, 0))
        value = rows_int(&r, 0);
    if (rows_end(&r, e) < 0)
        return -1;
    *ret = value;
    return 0;
}

int sql_utc(struct store *s, const struct query *q, utc_t *ret, struct err *e, const char *types,
            ...)
{
    struct rows r;
    va_list ap;
    utc_t at = UTC_NONE;

    va_start(ap, types);
    start(&r, s, q, SQLITE_STATIC, types, ap);
    va_end(ap);
    if (rows_next(&r))
        at = rows_utc(&r, 0);
    if (rows_end(&r, e) < 0)
        return -1;
    *ret = at;
    return 0;
}

int sql_join(struct store *s, utc_t now, bool *ret_own, struct err *e)
{
    *ret_own = sqlite3_get_autocommit(s->db) != 0;
    return *ret_own ? store_begin(s, "csid", now, e) : 0;
}

int sql_leave(struct store *s, bool own, int rc, struct err *e)
{
    return own ? store_end(s, rc, e) : rc;
}

/* Changes from one to the other; what begins the candidate, or stands in it, is likely short for
 * it. */
static unsigned apart(const char *word, const char *candidate)
{
    unsigned distance = text_distance(candidate, word);
    size_t len = strlen(word);

    if (distance > 1 && len >= 3 && strncasecmp(candidate, word, len) == 0)
        return 1;
    return distance > 2 && len >= 4 && strcasestr(candidate, word) ? 2 : distance;
}

char *sql_nearest(struct store *s, const struct query *q, int64_t key, const char *word)
{
    unsigned best = 2 + (unsigned)(strlen(word) / 4);
    char *found = NULL, *hint;
    struct err ignored; /* without a hint the answer is still true */
    struct rows r;

    rows_start(&r, s, q, "i", key);
    while (rows_next(&r)) {
        const char *candidate = rows_text(&r, 0);
        unsigned distance = candidate ? apart(word, candidate) : UINT_MAX;

        if (distance < best) {
            best = distance;
            free(found);
            found = xstrdup(candidate);
        }
    }
    rows_end(&r, &ignored);
    hint = found ? xasprintf(" (did you mean %s?)", found) : xstrdup("");
    free(found);
    return hint;
}
