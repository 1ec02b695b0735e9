/*
 * join: a transaction of one's own, or the one that is under way. For files of store/ only.
 */
#ifndef CSID_STORE_JOIN_H
#define CSID_STORE_JOIN_H

#include "store/sql.h"

static inline int join_begin(struct store *s, utc_t now, bool *ret_own, struct err *e)
{
    *ret_own = sqlite3_get_autocommit(sql_handle(s)) != 0;
    return *ret_own ? store_begin(s, "csid", now, e) : 0;
}

static inline int join_end(struct store *s, bool own, int rc, struct err *e)
{
    return own ? store_end(s, rc, e) : rc;
}

#endif
