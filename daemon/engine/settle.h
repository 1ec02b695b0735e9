/*
 * settle: brings the deadlines and windows that stand to what follows from the records, within the
 * transaction that changed something: a record, a holiday, a rule, or the day.
 */
#ifndef CSID_ENGINE_SETTLE_H
#define CSID_ENGINE_SETTLE_H

#include "engine/derive.h"
#include "engine/packs.h"

/* One row that changed. */
struct settled_row {
    struct deadline was; /* id 0: it is new */
    struct deadline is;
};
struct settled {
    struct settled_row *items;
    size_t count, cap;
    struct overlong overlong; /* what could not be worked out */
};
void settled_clear(struct settled *all);

/* Within a transaction. What was met is left alone. *ret (may be NULL) is what changed, by day. */
int settle(struct store *s, const struct engine *engine, utc_t now, struct settled *ret,
           struct err *e);
/* What would change under these rules; writes nothing. */
int settle_look(struct store *s, const struct engine *engine, utc_t now,
                const struct rule_texts *rules, struct settled *ret, struct err *e);

/* Whether somebody has to know: it is new, or ended, or its dates or who owes it changed. */
bool settled_matters(const struct settled_row *row);

#endif
