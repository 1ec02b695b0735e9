/*
 * warnings: what status warns of in roles, windows and deadlines: what waits for a person to act.
 */
#ifndef CSID_API_WARNINGS_H
#define CSID_API_WARNINGS_H

#include "api/call.h"

/* Adds rows with a "text" to `warnings`: roles that reach nobody, windows past their warning,
 * deadlines whose stated date is not what the rule says, a backlog that waits for a board. Writes
 * to `o` whether all that is owed reaches somebody. */
int warn_of_duties(struct call *c, json_t *o, json_t *warnings, struct err *e);

#endif
