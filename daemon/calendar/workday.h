/*
 * workday: working days of a division (England and Wales: not Saturday, Sunday, Christmas Day, Good
 * Friday, nor a bank holiday; Banking and Financial Dealings Act 1971). Holidays are data; in a
 * year of which a list has any day it is the whole truth, the others are computed by rule.
 */
#ifndef CSID_CALENDAR_WORKDAY_H
#define CSID_CALENDAR_WORKDAY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"

struct holidays;

extern const char holidays_builtin[]; /* etc/bank-holidays.csv, embedded */

/* Reads lines "division,YYYY-MM-DD,name" ('#' comments and a header line allowed) and keeps those
 * of `division` ("england-and-wales"). Faults name the line (ERR_USAGE). Caller frees. */
int holidays_parse(const char *csv, size_t len, const char *division, struct holidays **ret,
                   struct err *e);
/* An empty list; NULL when there is no such division. */
struct holidays *holidays_new(const char *division);
/* False when the day is listed already. The name is copied, made one line. */
bool holidays_add(struct holidays *h, day_t d, const char *name);
/* A new list: the years that `over` lists as it lists them, the others as in `base`. */
struct holidays *holidays_over(const struct holidays *base, const struct holidays *over);
void holidays_free(struct holidays *h);

#define HOLIDAYS_DIVISIONS 3
extern const char *const holidays_divisions[HOLIDAYS_DIVISIONS]; /* england-and-wales, … */
const char *holidays_division(const struct holidays *h);
size_t holidays_count(const struct holidays *h);
/* Day and name number i, by day; the name lives with the list. */
const char *holidays_at(const struct holidays *h, size_t i, day_t *ret);
int holidays_last_year(const struct holidays *h); /* beyond it, names come by rule; 0: empty */
bool holidays_list_year(const struct holidays *h, int year); /* false: that year is by rule */

/* Why d is no working day ("Saturday", "Early May bank holiday"); NULL when it is one. */
const char *workday_why_not(const struct holidays *h, day_t d);
static inline bool workday_is(const struct holidays *h, day_t d)
{
    return !workday_why_not(h, d);
}

/* n working days after d (before it, n negative); d itself is day 0, and n = 0 gives d. */
day_t workday_add(const struct holidays *h, day_t d, int n);
/* How many working days lie after `from`, `to` included; 0 when it is not after. */
int workday_between(const struct holidays *h, day_t from, day_t to);
/* The last day that leaves n clear working days before d, both ends excluded: 5 before
 * Tue 2017-09-26 is Mon 2017-09-18. n negative: after d. */
day_t workday_clear(const struct holidays *h, day_t d, int n);
day_t workday_on_or_before(const struct holidays *h, day_t d);
day_t workday_on_or_after(const struct holidays *h, day_t d);

#endif
