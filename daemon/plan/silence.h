/*
 * silence: what holds a reminder back, and for how long it may: the days of an acknowledgement, a
 * snooze and a silence, and whether a silence matches a notice. Pure.
 */
#ifndef CSID_PLAN_SILENCE_H
#define CSID_PLAN_SILENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"

#define ACK_DAYS_MAX     14
#define SNOOZE_DAYS_MAX  14
#define SILENCE_DAYS_MAX 31

/* The last day an acknowledgement of what is due on `due` may name: the due date or 14 days from
 * today, whichever is sooner; of what is overdue 14 days from today. */
day_t ack_latest(day_t due, day_t today);

/* The fields a silence can match on, and what a notice has in each. */
enum silence_field {
    SILENCE_ABOUT,
    SILENCE_EVENT,
    SILENCE_ROLE,
    SILENCE_TO,
    SILENCE_PLAN,
    SILENCE_RULE,
    SILENCE_FIELDS
};
const char *silence_field_name(enum silence_field f); /* "about" */

struct silence_subject {
    const char *about, *event, *role; /* bromley-2016:5.12, csi.action.overdue, a slug */
    const char *address, *plan;       /* NULL: goes to nobody, is of no plan */
    const char *rule;                 /* the check that tells of it, as notices name it */
    bool statutory;                   /* only a silence of two people holds it */
};

/* By field the value wanted, NULL where any will do; "*" at its end stands for any rest. */
struct silence_match {
    char *values[SILENCE_FIELDS];
};
void silence_match_clear(struct silence_match *m);

/* Adds "about=bromley-2016:5.*". ERR_USAGE: no such field, given before, no value, a value of more
 * than 200 bytes or with a control in it, "*" elsewhere than at the end, or an `about` that is
 * neither PLAN:REF nor KIND:ID. */
int silence_match_add(struct silence_match *m, const char *text, struct err *e);
/* All of them, one a line, as they are kept; caller frees. */
char *silence_match_text(const struct silence_match *m);
/* Reads what silence_match_text wrote; *ret is to be cleared, also on failure. */
int silence_match_parse(const char *text, struct silence_match *ret, struct err *e);

/* Whether `value` of a field is one that the silence wants; false where it wants nothing of it. */
bool silence_wants(const struct silence_match *m, enum silence_field f, const char *value);
/* Whether each field that the silence speaks of fits; one that speaks of none matches nothing.
 * Addresses go without regard to case, what the subject has not (NULL) fits nothing. */
bool silence_matches(const struct silence_match *m, const struct silence_subject *s);

#endif
