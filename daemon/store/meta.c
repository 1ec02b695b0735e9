#include "store/meta.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/mem.h"
#include "store/sql.h"

#define SECRET_BYTES 32

enum { Q_VALUE, Q_ADD };
static const struct query queries[] = {
    [Q_VALUE] = {"SELECT value FROM meta WHERE key = ?", false},
    [Q_ADD] = {"INSERT INTO meta VALUES (?, ?)", false},
};
const struct query_table meta_queries = {queries, COUNT(queries)};

static int value(struct store *s, const char *key, char **ret, struct err *e)
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

int meta_instance(struct store *s, char **ret, struct err *e)
{
    return value(s, "instance", ret, e);
}

int meta_link_secret(struct store *s, char **ret, struct err *e)
{
    return value(s, "link_secret", ret, e);
}

int meta_link_secret_ensure(struct store *s, char **ret, struct err *e)
{
    char fresh[2 * SECRET_BYTES + 1], *there;

    if (meta_link_secret(s, &there, e) < 0)
        return -1;
    if (!there) {
        digest_random_hex(SECRET_BYTES, fresh);
        if (sql_run(s, &queries[Q_ADD], e, "tt", "link_secret", fresh) < 0)
            return -1;
        there = xstrdup(fresh);
    }
    *ret = there;
    return 0;
}
