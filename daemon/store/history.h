/*
 * history: how entries are kept, for the files of store/ alone. history.c is the one place that
 * says how they lie over one another (standing_each, action_history).
 */
#ifndef CSID_STORE_HISTORY_H
#define CSID_STORE_HISTORY_H

#include "store/action.h"

/* What recorded_at is compared with: a time after all others for UTC_NONE. */
const char *known_text(utc_t known_at, char ret[UTC_ISO]);

/* "day", "month", …: how due_precision is kept. */
const char *precision_name(enum due_precision p);

/* Counts a change of the action and journals it as "WHAT SLUG:REF", with what was said before and
 * after in JSON; due_on, where given, is its first due date if it had none. */
int action_touch(struct store *s, int64_t action_id, const char *what, day_t due_on,
                 const char *before, const char *after, struct err *e);

#endif
