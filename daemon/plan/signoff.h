/*
 * signoff: how an action comes from open to embedded: which move may be made at which status, and
 * what to do instead where one may not. Pure; who may make a move is not decided here.
 */
#ifndef CSID_PLAN_SIGNOFF_H
#define CSID_PLAN_SIGNOFF_H

#include "plan/scheme.h"

/* Who does it proposes completion; the accountable executive's approval makes it complete; another
 * looks at the evidence; the board has seen what came of it. Reopening is a move back. */
enum signoff {
    SIGNOFF_COMPLETE,
    SIGNOFF_APPROVE,
    SIGNOFF_VERIFY,
    SIGNOFF_EMBED,
    SIGNOFF_REOPEN,
    SIGNOFF_COUNT
};
const char *signoff_name(enum signoff m); /* "complete": the command's word */
enum status signoff_to(enum signoff m);   /* the status that it leads to */
bool signoff_may(enum signoff m, enum status from);
/* Why the move cannot be made of `ref` and what to type instead; NULL where it may be made. Caller
 * frees. */
char *signoff_refusal(enum signoff m, enum status from, const char *ref);
/* The command that comes next at that status; NULL at the end of the way. Caller frees. */
char *signoff_next(enum status at, const char *ref);

/* ---- who said that it is done ---- */

/* Fed with each status that a part was given and by whom, in the order in which they took effect:
 * who proposed that it is complete, or, where nobody did, who said so outright. */
struct signoff_claim {
    char *who; /* NULL: nobody says so; owned */
    bool proposed;
};
void signoff_note(struct signoff_claim *c, enum status status, const char *who);
void signoff_claim_clear(struct signoff_claim *c);

#endif
