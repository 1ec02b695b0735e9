/*
 * zone: a time zone out of the system's tzdata (TZif version 2 or later, RFC 8536, with the
 * footer rule for the years after the table). No TZ variable, no mktime: pure once loaded.
 */
#ifndef CSID_CALENDAR_ZONE_H
#define CSID_CALENDAR_ZONE_H

#include "base/err.h"
#include "calendar/day.h"

struct zone;

/* A wall clock's reading: the date and the second of the day, 0 to 86399. */
struct local {
    day_t day;
    int32_t second;
};

enum zone_fit { ZONE_UNIQUE, ZONE_GAP, ZONE_FOLD };

/* Loads e.g. "Europe/London" from /usr/share/zoneinfo (names with "..", a leading "/" or odd bytes
 * are refused). Caller frees with zone_free. ERR_USAGE when there is no such zone or it is no TZif.
 */
int zone_load(const char *name, struct zone **ret, struct err *e);
void zone_free(struct zone *z);
const char *zone_name(const struct zone *z);

int32_t zone_offset(const struct zone *z, utc_t t); /* seconds east of UTC */
struct local zone_local(const struct zone *z, utc_t t);
day_t zone_today(const struct zone *z, utc_t t);

/* The instant(s) a wall clock shows `l`: UNIQUE: both the same; FOLD: first and second pass;
 * GAP: both are the first instant after the gap. */
enum zone_fit zone_utc(const struct zone *z, struct local l, utc_t *ret_first, utc_t *ret_second);

/* The next instant after t at which the offset changes, UTC_NONE when it never does again (the
 * search ends with year 2200). */
utc_t zone_next_change(const struct zone *z, utc_t t);

/* "2026-03-29T01:30", the form of nominal times; l to the minute. */
#define LOCAL_ISO 17
const char *local_iso(struct local l, char ret[LOCAL_ISO]);

#endif
