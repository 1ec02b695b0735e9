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

#endif
