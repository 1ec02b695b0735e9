/*
 * why_asks: of an action what its due date does not say: whom the checks that ask for something
 * (an update, evidence, a decision) tell of it as it stands, and what of that comes next. Beside
 * why.h, which knows one check for each subject.
 */
#ifndef CSID_ENGINE_WHY_ASKS_H
#define CSID_ENGINE_WHY_ASKS_H

#include "engine/engine.h"
#include "store/plan.h"
#include "store/role.h"
#include "store/store.h"

/* Sets concerned[i] for each role that is told of the action beside the owners of what is open. */
int why_asked(struct store *s, const struct plan *plan, int64_t action_id, day_t today,
              const struct role *roles, size_t count, bool *concerned, struct err *e);
/* Adds to the text what one of those checks is to tell of it next, "; besides, on …"; nothing
 * where they tell nothing. `role` is the one that it concerns, NULL: any. */
int why_besides(struct store *s, const struct engine *engine, utc_t now, const char *about,
                const char *role, char **text, struct err *e);

#endif
