/*
 * moved: deadlines whose day to send by, or a reminder still to come, changes with the holidays,
 * and windows whose days do; and telling it to who owes or awaits them and to who gets copies, one
 * mail a person.
 */
#ifndef CSID_ENGINE_MOVED_H
#define CSID_ENGINE_MOVED_H

#include "calendar/revise.h"
#include "engine/checks.h"
#include "engine/settle.h"
#include "plan/ladder.h"
#include "store/deadline.h"

#define EVENT_DEADLINE_MOVED "csi.deadline.moved"

#define MOVED_DATES (LADDER_STEPS_MAX + 1)

struct moved_date {
    int before; /* the reminder so many days before; 0: the day to send by, or of a window its last
                 */
    day_t was, is;
};
#define MOVED_OPENS -1 /* `before` of a window's first day */

struct moved_deadline {
    struct deadline d;
    struct moved_date
        dates[MOVED_DATES]; /* the day to send by, or a window's last, first where it moves */
    size_t count;
    day_t send_by; /* from now on; of a window its last day */
    day_t next;    /* the next reminder from now on, DAY_NONE without */
};
struct moved_deadlines {
    struct moved_deadline *items;
    size_t count, cap;
};

/* The open deadlines that move from one list of holidays to the other, soonest first; `settled` is
 * what settle() made of the rules' with the new list. */
int moved_find(struct check_run *run, const struct holidays *before, const struct holidays *after,
               const struct settled *settled, struct moved_deadlines *ret, struct err *e);
/* Writes mails, notices and webhook calls about them within the caller's transaction; the mails
 * say which holidays changed. run->schedule is the step of the notices. */
int moved_tell(struct check_run *run, const struct moved_deadlines *m,
               const struct revision *revisions, size_t revision_count, struct err *e);
void moved_clear(struct moved_deadlines *m);

/* "send by" or "reminder T-7", of a window "expected from" or "expected by". Caller frees. */
char *moved_what(const struct moved_deadline *m, const struct moved_date *date);

#endif
