/*
 * warnings: what waits for a person to act, one list for status, healthz and doctor. A row says
 * which look has found it, how bad it is and, in its text, what to do.
 */
#ifndef CSID_API_WARNINGS_H
#define CSID_API_WARNINGS_H

#include "api/call.h"

enum look {
#define LOOK(NAME, name, well) LOOK_##NAME,
#include "api/look.def"
#undef LOOK
    LOOK_COUNT
};

/* A row of `warnings`: members look, state and text. */
void warn(json_t *warnings, enum look look, enum api_health state, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
const char *look_name(enum look look);
const char *health_name(enum api_health state);

/* Adds what keeps csid itself from its duty: a copy, a suspect clock, what cannot be sent or run,
 * statutory checks that no schedule runs, reports that none makes though an endpoint asks for them.
 */
int warn_of_service(struct call *c, json_t *warnings, struct err *e);
/* Adds roles that reach nobody, notices that reached nobody, windows past their warning, deadlines
 * whose stated date is not what the rule says, a backlog that waits for a board. Writes to `o`
 * whether all that is owed reaches somebody. */
int warn_of_duties(struct call *c, json_t *o, json_t *warnings, struct err *e);

#endif
