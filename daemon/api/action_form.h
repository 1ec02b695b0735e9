/*
 * action_form: an action as an answer; shared by the commands that show actions.
 */
#ifndef CSID_API_ACTION_FORM_H
#define CSID_API_ACTION_FORM_H

#include "api/call.h"
#include "plan/action.h"
#include "plan/evidence.h"
#include "store/plan.h"

/* Fills `o` with the action as at today. */
void put_action(struct call *c, json_t *o, const struct action *a, const struct scheme *scheme);

/* Makes everything about one action the answer, as at today; one that only begins later is shown as
 * it will be then. */
int action_answer(struct call *c, int64_t id, const struct plan *plan, struct err *e);

#define RATING_UNRATED (-1)
#define RATING_ANY     (-2)
/* The rating that `rating` names: its place in the scheme, or RATING_UNRATED; RATING_ANY when not
 * given. ERR_USAGE names those there are. */
int call_rated(const struct call *c, const struct scheme *scheme, int *ret, struct err *e);
/* The status that `status` names, -1 when not given. ERR_USAGE names those there are. */
int call_status(const struct call *c, int *ret, struct err *e);

/* What was given as `evidence`, in order; *ret is to be freed with call_evidence_free. ERR_USAGE.
 */
int call_evidence(const struct call *c, struct evidence **ret, size_t *ret_count, struct err *e);
void call_evidence_free(struct evidence *all, size_t count);

#endif
