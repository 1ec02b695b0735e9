#include "store/migrate.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/mem.h"
#include "store/store.h"

EMBED(schema_sql, "daemon/store/schema.sql");
EMBED(schema_2_sql, "daemon/store/schema_2.sql");
EMBED(schema_3_sql, "daemon/store/schema_3.sql");
EMBED(schema_4_sql, "daemon/store/schema_4.sql");
EMBED(schema_5_sql, "daemon/store/schema_5.sql");

/* Step n brings schema n to n + 1. Append; never edit one that has been released. */
static const char *const steps[] = {
    schema_sql, schema_2_sql, schema_3_sql, schema_4_sql, schema_5_sql,
};

int migrate_newest(void)
{
    return (int)COUNT(steps);
}

static int pragma_int(sqlite3 *db, const char *sql, int *ret)
{
    sqlite3_stmt *stmt;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        *ret = sqlite3_column_int(stmt, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return rc;
}

int migrate_unreadable(sqlite3 *db, const char *path, int rc, struct err *e)
{
    if ((rc & 0xff) == SQLITE_NOTADB)
        return err_set(e, ERR_REFUSED,
                       "%s is not a database: set `database` to csid's own file, or to a new name",
                       path);
    if ((rc & 0xff) == SQLITE_CORRUPT)
        return err_set(e, ERR_REFUSED, "%s is damaged (%s): put a backup in its place", path,
                       sqlite3_errmsg(db));
    return err_set(e, ERR_STORAGE, "cannot open the database %s: %s", path, sqlite3_errmsg(db));
}

int migrate_judge(sqlite3 *db, const char *path, int *ret_version, struct err *e)
{
    int application = 0, version = 0, tables = 0, min_reader = 0, rc;

    if ((rc = pragma_int(db, "PRAGMA application_id", &application)) != SQLITE_OK ||
        (rc = pragma_int(db, "PRAGMA user_version", &version)) != SQLITE_OK ||
        (rc = pragma_int(db, "SELECT count(*) FROM sqlite_schema", &tables)) != SQLITE_OK)
        return migrate_unreadable(db, path, rc, e);
    if (tables == 0 && application == 0 && version == 0) {
        *ret_version = 0;
        return 0;
    }
    if (application != STORE_APPLICATION_ID || version < 1)
        return err_set(e, ERR_REFUSED,
                       "%s is another program's database: set `database` to csid's own file", path);
    if (version > migrate_newest()) {
        rc = pragma_int(db, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'min_reader'",
                        &min_reader);
        if (rc != SQLITE_OK || min_reader < 1 || min_reader > migrate_newest())
            return err_set(e, ERR_REFUSED,
                           "%s has schema %d, this csid %s knows up to %d: install the newer csid "
                           "again, or restore the copy %s.schema-%d",
                           path, version, CSID_VERSION, migrate_newest(), path, migrate_newest());
    }
    *ret_version = version;
    return 0;
}

static int copy_before(sqlite3 *db, const char *path, int version, struct err *e)
{
    char *copy = xasprintf("%s.schema-%d", path, version);
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", copy);
    int rc;

    unlink(copy); /* of an earlier try that did not get to its end */
    rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        err_set(e, ERR_STORAGE, "copying %s to %s before the upgrade: %s", path, copy,
                sqlite3_errmsg(db));
    sqlite3_free(sql);
    free(copy);
    return rc == SQLITE_OK ? 0 : -1;
}

static int run_step(sqlite3 *db, const char *path, int step, struct err *e)
{
    char *after = sqlite3_mprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
                                  STORE_APPLICATION_ID, step + 1);
    int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, steps[step], NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, after, NULL, NULL, NULL);
    sqlite3_free(after);
    if (rc == SQLITE_OK)
        return 0;
    err_set(e, ERR_STORAGE, "%s: upgrade to schema %d: %s", path, step + 1, sqlite3_errmsg(db));
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int migrate_run(sqlite3 *db, const char *path, int version, struct err *e)
{
    if (version > 0 && version < migrate_newest() && copy_before(db, path, version, e) < 0)
        return -1;
    for (int step = version; step < migrate_newest(); step++)
        if (run_step(db, path, step, e) < 0)
            return -1;
    return 0;
}
