/*
 * packs: which deadline rules are in force. Those of the database; until one of them has yielded
 * something, those on disk (built in, or the council's own). A pack on disk that has changed since
 * is only adopted on request, when its effect has been seen.
 */
#ifndef CSID_ENGINE_PACKS_H
#define CSID_ENGINE_PACKS_H

#include "engine/engine.h"
#include "engine/rule.h"

/* The rules in force, of all packs, whether or not they apply. *ret_adopted (may be NULL): they are
 * those of the database. Clear *ret with rule_texts_clear. */
int packs_in_force(struct store *s, const struct engine *engine, struct rule_texts *ret,
                   bool *ret_adopted, struct err *e);

/* The rules of one of these packs as they are read, those that count from others last; `packs` a
 * list with blanks between, "" for all. A text that cannot be read is an error that names it. Clear
 * each with rule_clear and free; they live as long as the texts. */
int packs_compile(const struct rule_texts *texts, const char *packs, struct rule **ret,
                  size_t *ret_count, struct err *e);
/* Whether a rule of the packs `own` applies where `packs` do. */
bool packs_apply(const char *own, const char *packs);

/* Whether a rule applies with the pack of that name. */
bool packs_known(const struct rule_texts *texts, const char *pack);

/* One field of one rule that differs; NULL: not said, or the rule is not there. */
struct pack_difference {
    const char *rule, *field, *was, *is; /* live as long as the texts compared */
};
/* From `was` to `is`, by rule. Caller frees the array. */
size_t packs_differ(const struct rule_texts *was, const struct rule_texts *is,
                    struct pack_difference **ret);
/* Within a transaction, journalled rule by rule: `is` is in force from now on, `was` no longer. */
int packs_adopt(struct store *s, const struct rule_texts *was, const struct rule_texts *is,
                struct err *e);

#endif
