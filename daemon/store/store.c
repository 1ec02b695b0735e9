#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/migrate.h"
#include "store/recall.h"
#include "store/store_impl.h"

#define BUSY_MS   5000
#define IN_MEMORY ":memory:"

/* ---- opening ---- */

static int configure(sqlite3 *db)
{
    sqlite3_busy_timeout(db, BUSY_MS);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* or whatever is compared with a column of a partial index is prepared again at each run */
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return sqlite3_exec(db,
                        "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; "
                        "PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY",
                        NULL, NULL, NULL);
}

/* Nobody asks how much memory SQLite has; to count it, all threads would share one lock. */
static void configure_library(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int open_db(const char *path, int flags, sqlite3 **ret, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sqlite3 *db = NULL;
    int rc;

    pthread_once(&once, configure_library);
    rc = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

    if (rc == SQLITE_OK)
        rc = configure(db);
    if (rc != SQLITE_OK) {
        if (db)
            migrate_unreadable(db, path, rc, e);
        else
            err_set(e, ERR_STORAGE, "cannot open the database %s: out of memory", path);
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

        /* "*** in database main ***" stands in a line before what is wrong */
        if (said && strchr(said, '\n'))
            said = strchr(said, '\n') + 1;
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

/* Opens what must be a file of its own: neither a pipe, which would stop us, nor a link, which may
 * lead elsewhere tomorrow. */
static int open_file(const char *path, int flags, int *ret_fd, struct err *e)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    struct stat st;

    if (fd < 0 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
        return err_set(e, ERR_REFUSED, "the database %s is not a regular file", path);
    if (fd < 0)
        return err_set(e, ERR_STORAGE, "cannot open the database %s: %s", path, strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_set(e, ERR_REFUSED, "the database %s is not a regular file", path);
    }
    *ret_fd = fd;
    return 0;
}

/* One csid per database: two would each take the other's sends for interrupted ones. flock, because
 * SQLite's own locks are POSIX locks and would be lost when any descriptor of the file is closed.
 */
static int lock_file(const char *path, int *ret_fd, struct err *e)
{
    int fd;

    if (open_file(path, O_RDWR | O_CREAT, &fd, e) < 0)
        return -1;
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

static int copy_all(sqlite3 *from, sqlite3 *to, struct err *e)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int rc = backup ? sqlite3_backup_step(backup, -1) : SQLITE_ERROR;

    sqlite3_backup_finish(backup);
    return rc == SQLITE_DONE ? 0
                             : err_set(e, ERR_STORAGE, "the database could not be copied: %s",
                                       sqlite3_errstr(rc));
}

int store_copy(struct store *s, struct store **ret, struct err *e)
{
    sqlite3 *from = s->db, *to;
    int rc;

    /* SQLite copies nothing that its own connection is changing */
    if (s->who && open_db(s->path, SQLITE_OPEN_READONLY, &from, e) < 0)
        return -1;
    rc = open_db(IN_MEMORY, SQLITE_OPEN_READWRITE, &to, e);
    if (rc == 0 && (rc = copy_all(from, to, e)) < 0)
        sqlite3_close(to);
    if (from != s->db)
        sqlite3_close(from);
    if (rc == 0) {
        *ret = store_new(to, IN_MEMORY, -1);
        recall_watch(*ret);
    }
    return rc;
}

int store_copy_alone(struct store *s, struct store **ret, struct err *e)
{
    int rc = store_copy(s, ret, e);

    if (!s->who)
        store_read_end(s);
    return rc;
}

int store_check(const char *path, struct err *e)
{
    sqlite3 *db;
    int version, rc, fd;
    struct stat st;

    if (lstat(path, &st) < 0 && errno == ENOENT)
        return 0; /* csid makes it at its start */
    if (open_file(path, O_RDONLY, &fd, e) < 0)
        return -1;
    close(fd);
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
    recall_close(s);
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

int store_verify(struct store *s, struct err *e)
{
    return quick_check(s->db, s->path, e);
}

/* A commit that wrote nothing touches no disk, so the file system is asked beside SQLite. */
int store_writable(struct store *s, struct err *e)
{
    struct statvfs fs;

    if (sqlite3_db_readonly(s->db, "main") == 1)
        return err_set(e, ERR_STORAGE, "the database is read-only");
    if (statvfs(s->path, &fs) < 0)
        return err_set(e, ERR_STORAGE, "the database %s: %s", s->path, strerror(errno));
    if (fs.f_flag & ST_RDONLY)
        return err_set(e, ERR_STORAGE, "the database's disk is read-only");
    if (fs.f_blocks && fs.f_bavail == 0) /* some file systems do not say */
        return err_set(e, ERR_STORAGE, "the database's disk is full");
    return 0;
}

/* ---- transactions ---- */

static const struct query q_begin = {"BEGIN IMMEDIATE", false};
static const struct query q_read = {"BEGIN DEFERRED", false};
static const struct query q_commit = {"COMMIT", false};
static const struct query q_rollback = {"ROLLBACK", false};
static const struct query q_part = {"SAVEPOINT part", false};
static const struct query q_part_undo = {"ROLLBACK TO part", false};
static const struct query q_part_end = {"RELEASE part", false};

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

    recall_undone(s);
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

int store_part_begin(struct store *s, struct err *e)
{
    return sql_run(s, &q_part, e, "");
}

int store_part_end(struct store *s, int rc, struct err *e)
{
    struct err own;

    if (rc == 0)
        return sql_run(s, &q_part_end, e, "");
    recall_undone(s);
    /* a full disk may have taken back the whole transaction already: its end says so */
    if (!sqlite3_get_autocommit(s->db) &&
        (sql_run(s, &q_part_undo, &own, "") < 0 || sql_run(s, &q_part_end, &own, "") < 0))
        *e = own;
    return -1;
}
