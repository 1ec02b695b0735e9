/*
 * held: whether something that officers have said keeps a notice from going today: a silence, an
 * acknowledgement, a snooze; or that it is in quiet hours. What is held is a row with the reason;
 * once nothing holds it any more the next run tells it.
 */
#ifndef CSID_ENGINE_HELD_H
#define CSID_ENGINE_HELD_H

#include "engine/checks.h"
#include "store/notice.h"
#include "store/role.h"

#define CHANNEL_HELD "held" /* of the notice that says so */

/* Why it does not go to who holds the role `to` today; NULL: it goes. Caller frees. An
 * acknowledgement stops repeats to the owner only, nothing statutory, and not that another has it
 * now; a silence of something statutory wants two people. */
int held_why(struct check_run *run, const struct notice *n, const struct role *to, char **ret,
             struct err *e);
/* The same of what officers have said alone, quiet hours left out: it concerns one thing of a
 * letter that speaks of several, while quiet hours hold or let go the letter. Where it holds this,
 * that is recorded, and *ret_held is true. */
int held_one(struct check_run *run, const struct notice *n, const struct role *to, bool *ret_held,
             struct err *e);
/* Records that it was held; once for the same notice. */
int held_note(struct check_run *run, const struct notice *n, const char *why, struct err *e);

#endif
