/* What waits in the outbox, looked at without touching it. */
#include "store/outbox.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/sql.h"

enum { Q_CHANNEL, Q_NEXT, Q_WAITING, Q_COUNT, Q_OLDEST };
static const struct query queries[] = {
    [Q_CHANNEL] = {"SELECT min(channel) FROM message WHERE state = ? AND channel > ?", false},
    [Q_NEXT] = {"SELECT min(next_at) FROM message WHERE state = ? AND channel = ?", false},
    [Q_WAITING] = {"SELECT DISTINCT channel FROM message "
                   "WHERE state IN ('queued', 'retry', 'in-doubt') ORDER BY channel",
                   false},
    [Q_COUNT] = {"SELECT state, count(*) FROM message GROUP BY state", true},
    [Q_OLDEST] = {"SELECT created_at FROM message WHERE id = (SELECT min(id) FROM message "
                  "WHERE state IN ('queued', 'sending', 'retry', 'in-doubt'))",
                  false},
};
const struct query_table outbox_waiting_queries = {queries, COUNT(queries)};

/* The next channel after `after` on which something is in that state, NULL when there is none. */
static int next_channel(struct store *s, const char *state, const char *after, char **ret,
                        struct err *e)
{
    char *name = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_CHANNEL], "tt", state, after);
    if (rows_next(&r))
        name = rows_dup(&r, 0);
    if (rows_end(&r, e) != 0) {
        free(name);
        return -1;
    }
    *ret = name;
    return 0;
}

/* Makes *least the earliest time of what is in that state on that channel, if it is earlier. */
static int earliest(struct store *s, const char *state, const char *channel, utc_t *least,
                    struct err *e)
{
    utc_t next = UTC_NONE;
    struct rows r;
    bool held;

    if (channel_held(s, channel, &held, NULL, e) != 0)
        return -1;
    if (held)
        return 0;
    rows_start(&r, s, &queries[Q_NEXT], "tt", state, channel);
    if (rows_next(&r))
        next = rows_utc(&r, 0);
    if (rows_end(&r, e) != 0)
        return -1;
    if (utc_is(next) && (!utc_is(*least) || next.s < least->s))
        *least = next;
    return 0;
}

/* From channel to channel by the index, however much waits on each. */
int outbox_next(struct store *s, utc_t *ret, struct err *e)
{
    static const enum outbox_state waiting[] = {OUTBOX_QUEUED, OUTBOX_RETRY, OUTBOX_IN_DOUBT};
    utc_t least = UTC_NONE;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < COUNT(waiting); i++) {
        const char *state = outbox_state_name(waiting[i]);
        char *channel = NULL, *before;

        rc = next_channel(s, state, "", &channel, e);
        while (rc == 0 && channel) {
            before = channel;
            rc = earliest(s, state, channel, &least, e);
            if (rc == 0)
                rc = next_channel(s, state, before, &channel, e);
            free(before);
        }
    }
    if (rc == 0)
        *ret = least;
    return rc;
}

int outbox_waiting_channels(struct store *s, char ***ret, size_t *ret_count, struct err *e)
{
    char **names = NULL;
    size_t count = 0, cap = 0;
    struct rows r;

    rows_start(&r, s, &queries[Q_WAITING], "");
    while (rows_next(&r)) {
        names = xgrow(names, count, &cap, sizeof *names);
        names[count++] = rows_dup(&r, 0);
    }
    if (rows_end(&r, e) != 0) {
        while (count)
            free(names[--count]);
        free(names);
        return -1;
    }
    *ret = names;
    *ret_count = count;
    return 0;
}

int outbox_count(struct store *s, struct outbox_counts *ret, struct err *e)
{
    struct outbox_counts counts = {.oldest_waiting = UTC_NONE};
    struct rows r;

    rows_start(&r, s, &queries[Q_COUNT], "");
    while (rows_next(&r)) {
        int state = outbox_state_parse(rows_text(&r, 0));

        if (state >= 0)
            counts.by_state[state] = rows_int(&r, 1);
    }
    if (rows_end(&r, e) != 0)
        return -1;
    rows_start(&r, s, &queries[Q_OLDEST], "");
    if (rows_next(&r))
        counts.oldest_waiting = rows_utc(&r, 0);
    if (rows_end(&r, e) != 0)
        return -1;
    *ret = counts;
    return 0;
}
