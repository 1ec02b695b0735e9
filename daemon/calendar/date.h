/*
 * date: dates that say it all, without relative words, and the taking apart of short texts that
 * all readers of dates share. Private to calendar/; when.h is what others call.
 */
#ifndef CSID_CALENDAR_DATE_H
#define CSID_CALENDAR_DATE_H

#include "base/err.h"
#include "calendar/day.h"

#define DATE_FIRST_YEAR 1900
#define DATE_FORMS      "write it as 2017-09-26, 26/9/2017 or 26 Sep 2017"

/* The shape has n for a number, w for a word, one blank for several, and every other byte as
 * itself, so that "26 Sep 2017" is "n w n" and a table tells who reads it. Numbers stop at
 * 99999999. */
struct parts {
    char shape[16];
    int number[4], digits[4];
    char word[4][12]; /* lower case, cut at 11 letters */
};

/* The parts of s; a text too long for any date has the shape "". */
struct parts date_parts(const char *s);

/* The place of a name that begins with `word` (three letters at least, any case), or -1. */
int date_find_name(const char *word, const char *const names[], int count);

/* What reads a text of one shape. */
struct date_form {
    const char *shape;
    int (*read)(const struct parts *p, day_t *ret, struct err *e);
};

/* 1 to 12 for a month's name or its first letters. ERR_USAGE otherwise. */
int date_find_month(const char *word, int *ret, struct err *e);

/* The date, if it exists and the year was written with four digits; ERR_USAGE says what is wrong.
 */
int date_make(int year, int digits, int month, int day, day_t *ret, struct err *e);

/* A date without relative words, over the whole of s. */
int date_read(const char *s, day_t *ret, struct err *e);

#endif
