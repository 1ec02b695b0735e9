/*
 * ahead: what comes next, deadlines, inspections and visits; a part of status and overview.
 */
#ifndef CSID_API_AHEAD_H
#define CSID_API_AHEAD_H

#include "api/call.h"

#define AHEAD_COLUMNS 2
extern const struct column ahead_columns[AHEAD_COLUMNS];

/* Fills the list "ahead" of `o`, the soonest first, what is overdue before them. */
int put_ahead(struct call *c, json_t *o, struct err *e);

#endif
