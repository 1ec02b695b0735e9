/*
 * day: a civil date without zone, and the instant. Two one-member structs, so that the compiler
 * refuses to mix them. Proleptic Gregorian, years 1 to 9999. Pure arithmetic; asks no clock.
 */
#ifndef CSID_CALENDAR_DAY_H
#define CSID_CALENDAR_DAY_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int32_t n; /* days since 1970-01-01 */
} day_t;

typedef struct {
    int64_t s; /* seconds since 1970-01-01T00:00:00Z */
} utc_t;

#define DAY_NONE ((day_t){INT32_MIN}) /* "no date" */
#define UTC_NONE ((utc_t){INT64_MIN}) /* "never" */
#define DAY_ISO  11                   /* room for 2017-09-26 */
#define DAY_TEXT 32                   /* room for Wednesday 26 September 2017 */
#define UTC_ISO  21                   /* room for 2017-09-26T08:30:00Z */

static inline bool day_is(day_t d)
{
    return d.n != INT32_MIN;
}
static inline bool utc_is(utc_t t)
{
    return t.s != INT64_MIN;
}

/* The date, or DAY_NONE where it does not exist (2017-02-29, month 13, year 0 or 10000). */
day_t day_from_ymd(int year, int month, int day);
void day_to_ymd(day_t d, int *ret_year, int *ret_month, int *ret_day);
int day_weekday(day_t d);                  /* 0 Sunday … 6 Saturday */
day_t day_monday(day_t d);                 /* the Monday of its week */
int day_month_length(int year, int month); /* 28 to 31 */
day_t day_add(day_t d, int days);
day_t day_earlier(day_t a, day_t b); /* DAY_NONE only when both are */
/* The same day `months` later (or earlier), clamped to the month's last: 31 Jan + 1 = 28 Feb. Steps
 * of a series are all counted from the first date, so that 31 Jan + 2 = 31 Mar. */
day_t day_add_months(day_t first, int months);
day_t day_easter(int year); /* Easter Sunday, Western */

/* Strict YYYY-MM-DD over the whole string. 0, or -1 (no text is set: the caller knows the place).
 */
int day_parse_iso(const char *s, day_t *ret);
const char *day_iso(day_t d, char ret[DAY_ISO]);            /* 2017-09-26; "" for DAY_NONE */
const char *day_short(day_t d, char ret[DAY_TEXT]);         /* 26 Sep 2017 */
const char *day_weekday_short(day_t d, char ret[DAY_TEXT]); /* Fri 29 Sep 2017 */
const char *day_long(day_t d, char ret[DAY_TEXT]);          /* Friday 12 December 2025 */
#define DAY_WEEK 24                                         /* room for 2017-W36 */
const char *day_week(day_t d, char ret[DAY_WEEK]);          /* the week of ISO 8601: 2017-W36 */
extern const char *const day_month_names[12];               /* January … */
extern const char *const day_weekday_names[7];              /* Sunday … */

/* RFC 3339 date-time with Z or ±hh:mm, seconds needed, a fraction dropped. 0 or -1. */
int utc_parse(const char *s, utc_t *ret);
/* Whether a clock may show it: 1900 to 9998, so that every zone has a date for it and what is
 * reckoned from today stays within the calendar. */
bool utc_is_clock(utc_t t);
utc_t utc_later(utc_t a, utc_t b);               /* UTC_NONE only when both are */
const char *utc_iso(utc_t t, char ret[UTC_ISO]); /* 2017-09-26T08:30:00Z; "" for UTC_NONE */

#endif
