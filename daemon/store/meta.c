#include "store/meta.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/mem.h"
#include "store/sql.h"

#define SECRET_BYTES 32

enum { Q_VALUE, Q_WRITE, Q_DELETE };
static const struct query queries[] = {
    [Q_VALUE] = {"SELECT value FROM meta WHERE key = ?", false},
    [Q_WRITE] = {"INSERT INTO meta (key, value) VALUES (?, ?) "
                 "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                 false},
    [Q_DELETE] = {"DELETE FROM meta WHERE key = ?", false},
};
const struct query_table meta_queries = {queries, COUNT(queries)};

int meta_read(struct store *s, const char *key, char **ret, struct err *e)
{
    char *found = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_VALUE], "t", key);
    if (rows_next(&r))
        found = rows_dup(&r, 0);
    if (rows_end(&r, e) < 0) {
        free(found);
        return -1;
    }
    *ret = found;
    return 0;
}

static int ensure_secret(struct store *s, const char *key, char **ret, struct err *e)
{
    char fresh[2 * SECRET_BYTES + 1], *there;

    if (meta_read(s, key, &there, e) < 0)
        return -1;
    if (!there) {
        digest_random_hex(SECRET_BYTES, fresh);
        if (meta_write(s, key, fresh, e) < 0)
            return -1;
        there = xstrdup(fresh);
    }
    *ret = there;
    return 0;
}

int meta_link_secret(struct store *s, char **ret, struct err *e)
{
    return meta_read(s, "link_secret", ret, e);
}

int meta_link_secret_ensure(struct store *s, char **ret, struct err *e)
{
    return ensure_secret(s, "link_secret", ret, e);
}

int meta_bounce_secret(struct store *s, char **ret, struct err *e)
{
    return meta_read(s, "bounce_secret", ret, e);
}

int meta_bounce_secret_ensure(struct store *s, char **ret, struct err *e)
{
    return ensure_secret(s, "bounce_secret", ret, e);
}

int meta_instance(struct store *s, char **ret, struct err *e)
{
    return meta_read(s, "instance", ret, e);
}

int meta_write(struct store *s, const char *key, const char *value, struct err *e)
{
    return value ? sql_run(s, &queries[Q_WRITE], e, "tt", key, value)
                 : sql_run(s, &queries[Q_DELETE], e, "t", key);
}
