/*
 * history: reads the entries of parts as they stood; the one place that says how entries lie over
 * one another. Shared by the files of store/; nobody else includes it.
 */
#ifndef CSID_STORE_HISTORY_H
#define CSID_STORE_HISTORY_H

#include "store/action.h"

/* One action and its parts, owners by id alone; they live during the call. */
struct standing {
    int64_t action_id, plan_id, priority_id;
    struct part *parts;
    size_t part_count;
};

/* Calls `row` for each action of which something was known, in the order of ids; `texts`: with
 * due_text, owner_id and completed_on. */
int standing_each(struct store *s, const struct action_query *q, bool texts,
                  int (*row)(void *arg, const struct standing *st), void *arg, struct err *e);

/* What recorded_at is compared with: a time after all others for UTC_NONE. */
const char *known_text(utc_t known_at, char ret[UTC_ISO]);

/* "day", "month", …: how due_precision is kept. */
const char *precision_name(enum due_precision p);

#endif
