#include "store/untold.h"

#include "base/mem.h"
#include "store/sql.h"

/* ?1: who began to be tried before that is late */
#define LATE                                                                                      \
    "state IN ('queued', 'retry', 'in-doubt') AND channel = 'mail' AND late_told = 0 AND EXISTS " \
    "(SELECT 1 FROM attempt a WHERE a.message_id = message.id AND a.started_at <= ?1) "

/* Those that told of such trouble are left out, or each run would have the last one's to tell. */
#define FAILED                                                                                   \
    "state = 'failed' AND channel = 'mail' AND late_told < 2 AND event <> 'csi.daemon.trouble' " \
    "AND NOT EXISTS (SELECT 1 FROM bounce b "                                                    \
    "WHERE b.address = coalesce(message.redirected_to, message.recipient)) "

enum {
    Q_BOUNCES,
    Q_BOUNCES_TOLD,
    Q_LATE,
    Q_LATE_TOLD,
    Q_FAILED,
    Q_FAILED_TOLD,
    Q_FAULTS,
    Q_FAULTS_TOLD
};
static const struct query queries[] = {
    [Q_BOUNCES] = {"SELECT address, status || ' ' || said FROM bounce WHERE told = 0 "
                   "ORDER BY bounced_at, address",
                   true},
    [Q_BOUNCES_TOLD] = {"UPDATE bounce SET told = 1 WHERE told = 0", true},
    [Q_LATE] = {"SELECT recipient, reason, count(*) OVER () FROM message WHERE " LATE
                "ORDER BY id LIMIT 1",
                false},
    [Q_LATE_TOLD] = {"UPDATE message SET late_told = 1 WHERE " LATE, false},
    [Q_FAILED] = {"SELECT recipient, reason, count(*) OVER () FROM message WHERE " FAILED
                  "ORDER BY id LIMIT 1",
                  false},
    [Q_FAILED_TOLD] = {"UPDATE message SET late_told = 2 WHERE " FAILED, false},
    [Q_FAULTS] = {"SELECT name, fault, state = 'up' FROM channel WHERE fault IS NOT NULL "
                  "ORDER BY name",
                  true},
    [Q_FAULTS_TOLD] = {"UPDATE channel SET fault = NULL WHERE fault IS NOT NULL", true},
};
const struct query_table untold_queries = {queries, COUNT(queries)};

static void give(const struct rows *r, struct untold u,
                 void (*row)(void *arg, const struct untold *u), void *arg)
{
    u.what = rows_text(r, 0);
    u.said = rows_text(r, 1);
    row(arg, &u);
}

int untold_take(struct store *s, utc_t now, void (*row)(void *arg, const struct untold *u),
                void *arg, struct err *e)
{
    utc_t late = {now.s - UNTOLD_LATE_S};
    int64_t bounces = 0, faults = 0, lates = 0, failed = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_FAULTS], "");
    for (; rows_next(&r); faults++)
        give(&r, (struct untold){.kind = UNTOLD_FAULT, .over = rows_int(&r, 2) != 0}, row, arg);
    if (rows_end(&r, e) < 0)
        return -1;
    rows_start(&r, s, &queries[Q_BOUNCES], "");
    for (; rows_next(&r); bounces++)
        give(&r, (struct untold){.kind = UNTOLD_BOUNCE}, row, arg);
    if (rows_end(&r, e) < 0)
        return -1;
    rows_start(&r, s, &queries[Q_LATE], "u", late);
    for (; rows_next(&r); lates++)
        give(&r, (struct untold){.kind = UNTOLD_LATE, .count = rows_int(&r, 2)}, row, arg);
    if (rows_end(&r, e) < 0)
        return -1;
    rows_start(&r, s, &queries[Q_FAILED], "");
    for (; rows_next(&r); failed++)
        give(&r, (struct untold){.kind = UNTOLD_FAILED, .count = rows_int(&r, 2)}, row, arg);
    if (rows_end(&r, e) < 0)
        return -1;
    /* most runs have nothing to tell, and then write nothing */
    if ((faults && sql_run(s, &queries[Q_FAULTS_TOLD], e, "") < 0) ||
        (bounces && sql_run(s, &queries[Q_BOUNCES_TOLD], e, "") < 0) ||
        (failed && sql_run(s, &queries[Q_FAILED_TOLD], e, "") < 0))
        return -1;
    return lates ? sql_run(s, &queries[Q_LATE_TOLD], e, "u", late) : 0;
}
