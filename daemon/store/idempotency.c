#include "store/idempotency.h"

#include <string.h>

#include "base/mem.h"
#include "store/sql.h"

#define KEPT_S (7 * 86400)

enum { Q_FIND, Q_ADD, Q_FORGET };
static const struct query queries[] = {
    [Q_FIND] = {"SELECT request, status, type, etag, body FROM idempotency "
                "WHERE who = ? AND key = ? AND created_at >= ?",
                false},
    [Q_ADD] = {"INSERT INTO idempotency (key, who, request, status, type, etag, body, created_at) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               false},
    /* some hundreds of rows a week */
    [Q_FORGET] = {"DELETE FROM idempotency WHERE created_at < ?", true},
};
const struct query_table idempotency_queries = {queries, COUNT(queries)};

int idempotent_find(struct store *s, struct idempotent *i, struct err *e)
{
    utc_t oldest = {sql_now(s).s - KEPT_S};
    struct rows r;
    int found = 0;

    rows_start(&r, s, &queries[Q_FIND], "ttu", i->who, i->key, oldest);
    if (rows_next(&r)) {
        size_t len;
        const void *body = rows_blob(&r, 4, &len);

        found = 1;
        if (strcmp(rows_text(&r, 0), i->request) == 0) {
            i->status = (int)rows_int(&r, 1);
            i->type = rows_dup(&r, 2);
            i->etag = rows_dup(&r, 3);
            i->body = xmalloc(len + 1);
            memcpy(i->body, body, len);
            i->body_len = len;
        } else {
            found = err_set(e, ERR_CONFLICT,
                            "this Idempotency-Key was used for another request: use a new one");
        }
    }
    return rows_end(&r, e) < 0 ? -1 : found;
}

int idempotent_add(struct store *s, const struct idempotent *i, struct err *e)
{
    utc_t oldest = {sql_now(s).s - KEPT_S};

    if (sql_run(s, &queries[Q_FORGET], e, "u", oldest) < 0)
        return -1;
    return sql_run(s, &queries[Q_ADD], e, "tttittbu", i->key, i->who, i->request,
                   (int64_t)i->status, i->type, i->etag, i->body, i->body_len, sql_now(s));
}
