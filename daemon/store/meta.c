#include "store/meta.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/sql.h"

enum { Q_VALUE };
static const struct query queries[] = {
    [Q_VALUE] = {"SELECT value FROM meta WHERE key = ?", false},
};
const struct query_table meta_queries = {queries, COUNT(queries)};

int meta_instance(struct store *s, char **ret, struct err *e)
{
    char *value = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_VALUE], "t", "instance");
    if (rows_next(&r))
        value = rows_dup(&r, 0);
    if (rows_end(&r, e) < 0) {
        free(value);
        return -1;
    }
    *ret = value;
    return 0;
}
