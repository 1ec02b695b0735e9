/*
 * ical: an agenda as iCalendar (RFC 5545), to import or to subscribe to: an event for each item,
 * the same one for good, so that a change moves it and what was dropped leaves. The only place
 * that knows libical.
 */
#ifndef CSID_API_ICAL_H
#define CSID_API_ICAL_H

#include "calendar/zone.h"
#include "report/agenda.h"

struct ical_source {
    const struct agenda *agenda;
    const struct zone *zone;
    const char *instance; /* tells our events from any other's */
    const char *name;     /* of the calendar */
    day_t today;
    utc_t since; /* when something changed of which that is not known */
};

/* The whole of it, lines folded and ended as the RFC wants. Caller frees. */
char *ical_text(const struct ical_source *src);

#endif
