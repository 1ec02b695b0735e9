/*
 * asked: when something is asked for of an action: an update, evidence, that a challenge be put
 * right, a decision. One place for the checks that ask and for a mail that is looked at again
 * before it goes. Decides nothing about whom and how often.
 */
#ifndef CSID_ENGINE_ASKED_H
#define CSID_ENGINE_ASKED_H

#include "plan/action.h"
#include "plan/policy.h"
#include "store/store.h"

/* Of a part of which something is known; `days` is how long without a word is too long. */
bool asked_update(const struct action *a, const struct part *p, int days, day_t today);
day_t asked_last(const struct action *a, const struct part *p); /* of its updates */
bool asked_evidence(const struct part *p);
bool asked_approval(const struct part *p);
bool asked_verifier(const struct part *p);

/* Whether the notice of a check that asks (check_asks) still says how things are; `step` and
 * `due_on` are its own. An action that is no longer there asks for nothing. */
int asked_still(struct store *s, const struct policy *policy, const char *check, const char *about,
                const char *step, day_t due_on, day_t today, bool *ret, struct err *e);

#endif
