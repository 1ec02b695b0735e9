#include "calendar/day.h"

#include <stdio.h>
#include <string.h>

#define FIRST_DAY   (-719162) /* 0001-01-01 */
#define LAST_DAY    2932896   /* 9999-12-31 */
#define DAY_SECONDS 86400

const char *const day_month_names[12] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};

const char *const day_weekday_names[7] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

int day_month_length(int year, int month)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return lengths[month - 1] + (month == 2 && leap);
}

/* Years are counted from March here, so that the leap day is a year's last and months are regular.
 */
day_t day_from_ymd(int year, int month, int day)
{
    int y, m, day_of_year;

    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > day_month_length(year, month))
        return DAY_NONE;
    y = year - (month < 3);
    m = (month + 9) % 12;
    day_of_year = (153 * m + 2) / 5 + day - 1;
    return (day_t){y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468};
}

void day_to_ymd(day_t d, int *ret_year, int *ret_month, int *ret_day)
{
    int n = d.n + 719468, era = n / 146097, day_of_era = n % 146097;
    int year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    int m = (5 * day_of_year + 2) / 153, month = m < 10 ? m + 3 : m - 9;

    if (!day_is(d)) {
        *ret_year = *ret_month = *ret_day = 0;
        return;
    }
    *ret_year = era * 400 + year + (month < 3);
    *ret_month = month;
    *ret_day = day_of_year - (153 * m + 2) / 5 + 1;
}

int day_weekday(day_t d)
{
    return (d.n % 7 + 11) % 7; /* day 0 was a Thursday */
}

day_t day_add(day_t d, int days)
{
    int64_t n = (int64_t)d.n + days;

    if (!day_is(d) || n < FIRST_DAY || n > LAST_DAY)
        return DAY_NONE;
    return (day_t){(int32_t)n};
}

day_t day_earlier(day_t a, day_t b)
{
    return !day_is(a) || (day_is(b) && b.n < a.n) ? b : a;
}

day_t day_add_months(day_t first, int months)
{
    int year, month, day, length;
    int64_t count;

    day_to_ymd(first, &year, &month, &day);
    count = (int64_t)year * 12 + month - 1 + months;
    if (!day_is(first) || count < 12 || count > 9999 * 12 + 11)
        return DAY_NONE;
    year = (int)(count / 12);
    month = (int)(count % 12) + 1;
    length = day_month_length(year, month);
    return day_from_ymd(year, month, day < length ? day : length);
}

/* The Gregorian computus as Butcher printed it in 1876: no table, no exception. */
day_t day_easter(int year)
{
    int a = year % 19, b = year / 100, c = year % 100;
    int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    int m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;

    return day_from_ymd(year, n / 31, n % 31 + 1);
}

/* `width` digits at s, or -1. Stops at the first byte that is none, the NUL too. */
static int digits(const char *s, int width)
{
    int n = 0;

    for (int i = 0; i < width; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        n = n * 10 + s[i] - '0';
    }
    return n;
}

/* Reads YYYY-MM-DD at s, DAY_NONE when it is none; what follows is the caller's matter. */
static day_t iso_at(const char *s)
{
    int year = digits(s, 4), month, day;

    if (year < 0 || s[4] != '-' || (month = digits(s + 5, 2)) < 0 || s[7] != '-' ||
        (day = digits(s + 8, 2)) < 0)
        return DAY_NONE;
    return day_from_ymd(year, month, day);
}

int day_parse_iso(const char *s, day_t *ret)
{
    day_t d = iso_at(s);

    if (!day_is(d) || s[10] != '\0')
        return -1;
    *ret = d;
    return 0;
}

day_t day_monday(day_t d)
{
    return day_add(d, -((day_weekday(d) + 6) % 7));
}

/* A week is of the year in which its Thursday lies. */
const char *day_week(day_t d, char ret[DAY_WEEK])
{
    day_t thursday = day_add(day_monday(d), 3);
    int y, m, day;

    day_to_ymd(thursday, &y, &m, &day);
    snprintf(ret, DAY_WEEK, "%04d-W%02d", y, (thursday.n - day_from_ymd(y, 1, 1).n) / 7 + 1);
    return ret;
}

/* So many digits and a character behind them. Printing takes ten times as long, and the database is
 * full of these. */
static char *put_digits(char *at, int digits, unsigned n, char end)
{
    for (int i = digits; i-- > 0; n /= 10)
        at[i] = (char)('0' + n % 10);
    at[digits] = end;
    return at + digits + 1;
}

const char *day_iso(day_t d, char ret[DAY_ISO])
{
    int year, month, day;
    char *at = ret;

    ret[0] = '\0';
    if (!day_is(d))
        return ret;
    day_to_ymd(d, &year, &month, &day);
    at = put_digits(at, 4, (unsigned)year, '-');
    at = put_digits(at, 2, (unsigned)month, '-');
    put_digits(at, 2, (unsigned)day, '\0');
    return ret;
}

/* The weekday and the month cut to so many letters (0: left out). */
static const char *in_words(day_t d, int weekday_letters, int month_letters, char ret[DAY_TEXT])
{
    int year, month, day;

    ret[0] = '\0';
    if (!day_is(d))
        return ret;
    day_to_ymd(d, &year, &month, &day);
    snprintf(ret, DAY_TEXT, "%.*s%s%d %.*s %d", weekday_letters, day_weekday_names[day_weekday(d)],
             weekday_letters ? " " : "", day, month_letters, day_month_names[month - 1], year);
    return ret;
}

const char *day_short(day_t d, char ret[DAY_TEXT])
{
    return in_words(d, 0, 3, ret);
}

const char *day_weekday_short(day_t d, char ret[DAY_TEXT])
{
    return in_words(d, 3, 3, ret);
}

const char *day_long(day_t d, char ret[DAY_TEXT])
{
    return in_words(d, 9, 9, ret);
}

/* "Z" or ±hh:mm over the whole rest: seconds east, or -1 (no offset is -1 second). */
static int32_t offset_at(const char *s)
{
    int hours, minutes;

    if ((s[0] == 'Z' || s[0] == 'z') && s[1] == '\0')
        return 0;
    if ((s[0] != '+' && s[0] != '-') || (hours = digits(s + 1, 2)) < 0 || s[3] != ':' ||
        (minutes = digits(s + 4, 2)) < 0 || s[6] != '\0' || hours > 23 || minutes > 59)
        return -1;
    return (hours * 3600 + minutes * 60) * (s[0] == '-' ? -1 : 1);
}

/* RFC 3339 allows second 60; no leap second has been named so far ahead that csid could need it. */
int utc_parse(const char *s, utc_t *ret)
{
    day_t d = iso_at(s);
    int hour, minute, second;
    int32_t offset;
    int64_t at;

    if (!day_is(d) || (s[10] != 'T' && s[10] != 't') || (hour = digits(s + 11, 2)) < 0 ||
        s[13] != ':' || (minute = digits(s + 14, 2)) < 0 || s[16] != ':' ||
        (second = digits(s + 17, 2)) < 0 || hour > 23 || minute > 59 || second > 59)
        return -1;
    s += 19;
    if (*s == '.') {
        size_t fraction = strspn(s + 1, "0123456789");

        if (fraction == 0)
            return -1;
        s += 1 + fraction;
    }
    if ((offset = offset_at(s)) == -1)
        return -1;
    at = (int64_t)d.n * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset;
    if (at < (int64_t)FIRST_DAY * DAY_SECONDS || at >= (LAST_DAY + (int64_t)1) * DAY_SECONDS)
        return -1;
    *ret = (utc_t){at};
    return 0;
}

bool utc_is_clock(utc_t t)
{
    return t.s >= (int64_t)day_from_ymd(1900, 1, 1).n * DAY_SECONDS &&
           t.s < (int64_t)day_from_ymd(9999, 1, 1).n * DAY_SECONDS;
}

utc_t utc_later(utc_t a, utc_t b)
{
    return a.s > b.s ? a : b;
}

const char *utc_iso(utc_t t, char ret[UTC_ISO])
{
    int64_t day = t.s / DAY_SECONDS - (t.s % DAY_SECONDS < 0);
    unsigned second = (unsigned)((t.s % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS);
    char *at = ret;

    ret[0] = '\0';
    if (day < FIRST_DAY || day > LAST_DAY)
        return ret;
    at += strlen(day_iso((day_t){(int32_t)day}, ret));
    *at++ = 'T';
    at = put_digits(at, 2, second / 3600, ':');
    at = put_digits(at, 2, second / 60 % 60, ':');
    at = put_digits(at, 2, second % 60, 'Z');
    *at = '\0';
    return ret;
}
