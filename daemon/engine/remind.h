/*
 * remind: what is to be said of one deadline today, told to who owes it and to those who get a
 * copy, one mail a person. When it is due is decided elsewhere.
 */
#ifndef CSID_ENGINE_REMIND_H
#define CSID_ENGINE_REMIND_H

#include "engine/tell.h"
#include "plan/deadline.h"
#include "plan/ladder.h"

struct reminder {
    struct deadline d;
    struct ladder ladder;
    char *about, *reason;
    char step[LADDER_STEP];
    int place; /* on the ladder: the steps before it are overtaken */
    day_t on;  /* the day of that step */
    bool overdue;
    bool past; /* its day had passed when it was recorded: said once */
    day_t send_by, next;
    day_t was; /* due on, when it was last told; DAY_NONE: it was not, or on the same day */
};
void reminder_clear(struct reminder *r);
/* Where its step stands, for tell_passed(): of what was past when it was recorded, nowhere. */
struct tell_step reminder_step(const struct reminder *r);

/* Writes the mails and notices of it within the caller's transaction. What was said is not said
 * twice; of one person's roles the first answers for the others. */
int remind(struct check_run *run, const struct roster *roster, const struct reminder *r,
           struct err *e);

#endif
