/*
 * called: the position and the exceptions of every plan as endpoints are told of them, on the
 * schedules of the checks report-position and report-exceptions. Writes messages, sends nothing.
 */
#ifndef CSID_REPORT_CALLED_H
#define CSID_REPORT_CALLED_H

#include "engine/checks.h"

/* What engine->call_report is: one call to each endpoint that takes the event of the run's check,
 * once a day; of no exceptions too. Nothing where there is no plan; in a forecast, nor where nobody
 * hears of it. Within the run's transaction. */
int called_report(struct check_run *run, struct err *e);

/* The event of the report that a check makes; NULL: it makes none. */
const char *called_event(const char *check);

#endif
