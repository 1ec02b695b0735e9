/*
 * subject: what a notice is about, found by the name that notices give it: an action, a deadline or
 * window, a visit, an inspection, an audit, a measure, a risk. Says whether anything is to be done
 * of it, and by when.
 */
#ifndef CSID_ENGINE_SUBJECT_H
#define CSID_ENGINE_SUBJECT_H

#include "plan/deadline.h"
#include "plan/silence.h"
#include "store/role.h"
#include "store/store.h"

struct engine;

struct subject {
    char *title;
    day_t due_on; /* of an action that is split the earliest of its open parts, of a visit its
                     first day, of a measure when its next value is due */
};
void subject_clear(struct subject *x);

/* Finds "bromley-2016:5.12", "deadline:3", "visit:2"; due_on DAY_NONE: whenever it is due.
 * ERR_NOTFOUND: there is none; ERR_CONFLICT: it is closed, undated, or no longer due on that day;
 * ERR_USAGE: nothing that could be acknowledged. */
int subject_find(struct store *s, const struct engine *engine, const char *about, day_t due_on,
                 day_t today, struct subject *ret, struct err *e);

/* What a notice said of it to who holds the role `to` (NULL: to whoever), due on that day, and what
 * is so today. */
enum subject_now { SUBJECT_SAME, SUBJECT_CLOSED, SUBJECT_MOVED, SUBJECT_PASSED_ON };
/* *ret_why, which the caller frees, says it in words, NULL where it is the same: "action 5.12 is
 * complete since 4 Sep 2017". Errors as subject_find, but for ERR_CONFLICT. */
int subject_now(struct store *s, const struct engine *engine, const char *about, day_t due_on,
                const struct role *to, day_t today, enum subject_now *ret, char **ret_why,
                struct err *e);
/* "action 5.12", with its plan where there are several; "deadline:3". Caller frees. */
int subject_called(struct store *s, const char *about, char **ret, struct err *e);
/* Why nothing more is told of it: "was submitted on 4 Sep 2017"; NULL: it is open. Caller frees. */
char *subject_deadline_closed(const struct deadline *d, day_t today);
/* Whether who holds that role hears of it: owes it, gets a copy, or awaits what is expected. */
bool subject_deadline_concerns(const struct deadline *d, const struct role *role);

/* Whether it is told to those above the owner. */
bool subject_is_escalation(const char *event);
/* Whether notices of that check and event are statutory: the check is marked so in engine/checks,
 * the event is csi.deadline.missed, or a missed deadline is escalated. They are held back only by a
 * silence of two people, and no acknowledgement stops their escalation. */
bool subject_is_statutory(const char *check, const char *event, const char *about);

/* Whether a silence would hold anything statutory: a deadline that stands open now, for one of the
 * roles that hear of it, or missed deadlines by name. *ret_what names the first; NULL: nothing.
 * Caller frees. */
int subject_silenced(struct store *s, const struct silence_match *match, day_t today,
                     char **ret_what, struct err *e);

#endif
