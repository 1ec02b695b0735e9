#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/migrate.h"
#include "store/sql.h"

#define CACHE_SLOTS 512 /* a power of two, several times the number of queries */
#define BUSY_MS     5000

struct cached {
    const struct query *query;
    sqlite3_stmt *stmt;
};

struct store {
    sqlite3 *db;
    char *path;
    int lock_fd; /* held for as long as this csid owns the file; -1 for a worker */
    struct cached cache[CACHE_SLOTS];
    char *who;
    utc_t now;
};

/* ---- opening ---- */

static int configure(sqlite3 *db)
{
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return sqlite3_exec(db,
                        "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; "
                        "PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY",
                        NULL, NULL, NULL);
}

static int open_db(const char *path, int flags, sqlite3 **ret, struct err *e)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    if (rc == SQLITE_OK)
        rc = configure(db);
    if (rc != SQLITE_OK) {
        err_set(e, ERR_STORAGE, "cannot open the database %s: %s", path,
                db ? sqlite3_errmsg(db) : "out of memory");
        sqlite3_close(db);
        return -1;
    }
    *ret = db;
    return 0;
}

static int quick_check(sqlite3 *db, const char *path, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL);
    int ok = 0;

    if (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW) {
        const char *said = (const char *)sqlite3_column_text(stmt, 0);

        ok = said && strcmp(said, "ok") == 0;
        if (!ok)
            err_set(e, ERR_REFUSED, "%s is damaged (%s): put a backup in its place", path,
                    said ? said : "no answer");
    } else {
        err_set(e, ERR_REFUSED, "%s is damaged (%s): put a backup in its place", path,
                sqlite3_errmsg(db));
    }
    sqlite3_finalize(stmt);
    return ok ? 0 : -1;
}

/* One csid per database: two would each take the other's sends for interrupted ones. flock, because
 * SQLite's own locks are POSIX locks and would be lost when any descriptor of the file is closed.
 */
static int lock_file(const char *path, int *ret_fd, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    struct stat st;

    if (fd < 0)
        return err_set(e, ERR_STORAGE, "cannot open the database %s: %s", path, strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(e, ERR_REFUSED, "the database %s is not a regular file", path);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return err_set(e, ERR_CONFLICT, "the database %s is in use by another csid", path);
    }
    *ret_fd = fd;
    return 0;
}

static struct store *store_new(sqlite3 *db, const char *path, int lock_fd)
{
    struct store *s = xcalloc(1, sizeof *s);

    s->db = db;
    s->path = xstrdup(path);
    s->lock_fd = lock_fd;
    return s;
}

static int prepare_file(sqlite3 *db, const char *path, struct err *e)
{
    int version;

    if (migrate_judge(db, path, &version, e) < 0 || quick_check(db, path, e) < 0)
        return -1;
    if (sqlite3_db_readonly(db, "main") == 1)
        return err_set(e, ERR_STORAGE, "the database %s is read-only", path);
    if (sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK)
        return err_set(e, ERR_STORAGE, "the database %s: %s", path, sqlite3_errmsg(db));
    return migrate_run(db, path, version, e);
}

int store_open(const char *path, struct store **ret, struct err *e)
{
    sqlite3 *db;
    int fd = -1;

    if (lock_file(path, &fd, e) < 0)
        return -1;
    if (open_db(path, SQLITE_OPEN_READWRITE, &db, e) < 0) {
        close(fd);
        return -1;
    }
    if (prepare_file(db, path, e) < 0) {
        sqlite3_close(db);
        close(fd);
        return -1;
    }
    *ret = store_new(db, path, fd);
    return 0;
}

int store_open_worker(const char *path, struct store **ret, struct err *e)
{
    sqlite3 *db;

    if (open_db(path, SQLITE_OPEN_READWRITE, &db, e) < 0)
        return -1;
    *ret = store_new(db, path, -1);
    return 0;
}

int store_check(const char *path, struct err *e)
{
    sqlite3 *db;
    int version, rc;

    if (access(path, F_OK) < 0 && errno == ENOENT)
        return 0; /* csid makes it at its start */
    if (open_db(path, SQLITE_OPEN_READONLY, &db, e) < 0)
        return -1;
    rc = migrate_judge(db, path, &version, e);
    if (rc == 0)
        rc = quick_check(db, path, e);
    sqlite3_close(db);
    return rc;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < CACHE_SLOTS; i++)
        sqlite3_finalize(s->cache[i].stmt);
    sqlite3_close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    free(s->who);
    free(s->path);
    free(s);
}

const char *store_path(const struct store *s)
{
    return s->path;
}

/* ---- statements ---- */

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

int sql_changes(const struct store *s)
{
    return sqlite3_changes(s->db);
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

static sqlite3_stmt *prepared(struct store *s, const struct query *q)
{
    size_t slot = ((uintptr_t)q / sizeof *q) % CACHE_SLOTS;

    while (s->cache[slot].query && s->cache[slot].query != q)
        slot = (slot + 1) % CACHE_SLOTS;
    if (!s->cache[slot].query) {
        sqlite3_stmt *stmt;

        if (sqlite3_prepare_v3(s->db, q->text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
            SQLITE_OK)
            return NULL;
        s->cache[slot] = (struct cached){q, stmt};
    }
    return s->cache[slot].stmt;
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

static void bind_all(sqlite3_stmt *stmt, const char *types, va_list ap)
{
    int i = 1;

    assert(sqlite3_bind_parameter_count(stmt) == (int)strlen(types));
    for (; *types; types++, i++) {
        if (*types == 'i') {
            sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
        } else if (*types == 't') {
            sqlite3_bind_text(stmt, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
        } else if (*types == 'd') {
            bind_day(stmt, i, va_arg(ap, day_t));
        } else if (*types == 'u') {
            bind_utc(stmt, i, va_arg(ap, utc_t));
        } else if (*types == 'b') {
            const void *bytes = va_arg(ap, const void *);
            size_t len = va_arg(ap, size_t);

            sqlite3_bind_blob64(stmt, i, bytes ? bytes : "", len, SQLITE_TRANSIENT);
        } else {
            assert(*types == 'n');
            sqlite3_bind_null(stmt, i);
        }
    }
}

static int run(struct store *s, const struct query *q, struct err *e, const char *types, va_list ap)
{
    sqlite3_stmt *stmt = prepared(s, q);
    int rc;

    if (!stmt)
        return sql_fail(s, sqlite3_errcode(s->db), e);
    bind_all(stmt, types, ap);
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

static void start(struct rows *r, struct store *s, const struct query *q, const char *types,
                  va_list ap)
{
    *r = (struct rows){.store = s, .stmt = prepared(s, q), .rc = SQLITE_ROW};
    if (r->stmt) {
        /* a statement still in use would lose its place: that is our own bug */
        assert(!sqlite3_stmt_busy(r->stmt));
        bind_all(r->stmt, types, ap);
    } else {
        r->rc = sqlite3_errcode(s->db);
    }
}

void rows_start(struct rows *r, struct store *s, const struct query *q, const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    start(r, s, q, types, ap);
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
    start(&r, s, q, types, ap);
    va_end(ap);
    if (rows_next(&r) && !rows_null(&r, 0))
        value = rows_int(&r, 0);
    if (rows_end(&r, e) < 0)
        return -1;
    *ret = value;
    return 0;
}

/* ---- transactions ---- */

static const struct query q_begin = {"BEGIN IMMEDIATE", false};
static const struct query q_read = {"BEGIN DEFERRED", false};
static const struct query q_commit = {"COMMIT", false};
static const struct query q_rollback = {"ROLLBACK", false};

int store_begin(struct store *s, const char *who, utc_t now, struct err *e)
{
    assert(!s->who);
    if (sql_run(s, &q_begin, e, "") < 0)
        return -1;
    s->who = xstrdup(who);
    s->now = now;
    return 0;
}

static void forget_who(struct store *s)
{
    free(s->who);
    s->who = NULL;
}

void store_undo(struct store *s)
{
    struct err ignored; /* a failed statement may have rolled back already; the end is the same */

    if (!sqlite3_get_autocommit(s->db))
        sql_run(s, &q_rollback, &ignored, "");
    forget_who(s);
}

int store_read_begin(struct store *s, struct err *e)
{
    return sql_run(s, &q_read, e, "");
}

void store_read_end(struct store *s)
{
    store_undo(s); /* nothing was written, so there is nothing to keep */
}

int store_end(struct store *s, int rc, struct err *e)
{
    assert(s->who);
    if (rc == 0)
        rc = sql_run(s, &q_commit, e, "");
    if (rc != 0)
        store_undo(s);
    else
        forget_who(s);
    return rc;
}
