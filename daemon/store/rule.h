/*
 * rule: the deadline rules in force, field by field, and the packs a plan is under. What a field
 * means is engine/rule's question.
 */
#ifndef CSID_STORE_RULE_H
#define CSID_STORE_RULE_H

#include <stddef.h>

#include "store/store.h"

/* Every field of every rule, by rule. Texts live during the call; `row` returns 0 to go on. */
int rule_each(struct store *s,
              int (*row)(void *arg, const char *id, const char *field, const char *value),
              void *arg, struct err *e);

struct rule_value {
    const char *field, *value;
};
/* Within a transaction, journalled as "rules.adopt rule:STMT-70": the rule has these fields from
 * now on
 * (`count` 0: it is no more). */
int rule_put(struct store *s, const char *id, const struct rule_value *values, size_t count,
             struct err *e);

/* The packs that apply to a plan; plan_id 0: to any of the plans. A list with blanks between, by
 * name; "" where all apply, as a plan (or no plan at all) has named none. Caller frees. */
int plan_packs(struct store *s, int64_t plan_id, char **ret, struct err *e);
/* Within a transaction, journalled as "plan.packs bromley-2016": such a list from now on. */
int plan_packs_put(struct store *s, int64_t plan_id, const char *slug, const char *packs,
                   struct err *e);

#endif
