/*
 * subject: what a notice is about, found by the name that notices give it: an action, a deadline or
 * window, a visit, an inspection, an audit, a measure, a risk. Says whether anything is to be done
 * of it, and by when.
 */
#ifndef CSID_ENGINE_SUBJECT_H
#define CSID_ENGINE_SUBJECT_H

#include "plan/silence.h"
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

/* Whether notices of that check and event are statutory: the check is marked so in engine/checks,
 * or the event is csi.deadline.missed. They are held back only by a silence of two people, and no
 * acknowledgement stops their escalation. */
bool subject_is_statutory(const char *check, const char *event);

/* Whether a silence would hold anything statutory: a deadline that stands open now, for one of the
 * roles that hear of it, or missed deadlines by name. *ret_what names the first; NULL: nothing.
 * Caller frees. */
int subject_silenced(struct store *s, const struct silence_match *match, day_t today,
                     char **ret_what, struct err *e);

#endif
