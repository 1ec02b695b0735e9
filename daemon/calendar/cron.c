#include "calendar/cron.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/shown.h"

#define DAY_MINUTES  1440
#define SEARCH_YEARS 40

enum field { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static const struct {
    const char *name;
    int least, most;          /* what '*' stands for */
    const char *const *names; /* of `least` and the following */
} fields[FIELDS] = {
    [MINUTE] = {"minute", 0, 59, NULL},
    [HOUR] = {"hour", 0, 23, NULL},
    [DAY] = {"day of the month", 1, 31, NULL},
    [MONTH] = {"month", 1, 12, day_month_names},
    [WEEKDAY] = {"day of the week", 0, 6, day_weekday_names},
};

static const struct {
    const char *name, *expr;
} nicknames[] = {
    {"@yearly", "0 0 1 1 *"},   {"@annually", "0 0 1 1 *"}, {"@quarterly", "0 0 1 1,4,7,10 *"},
    {"@monthly", "0 0 1 * *"},  {"@weekly", "0 0 * * 0"},   {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"},
};

/* ---- reading ---- */

/* One part of a list: *, n, a-b, each with /step. */
struct part {
    enum field field;
    int from, to, step;
    bool star, range, stepped;
};

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c);
}

/* What stands at s can be no part of the field. */
static int refuse_rest(enum field f, const char *s, struct err *e)
{
    size_t len = strcspn(s, " \t");

    if (len == 0)
        return err_set(e, ERR_USAGE, "the %s ends where a value should follow", fields[f].name);
    return err_set(e, ERR_USAGE,
                   "the %s cannot be read from \"%.*s\" on; write *, a number, a list (1,15), a "
                   "range (1-5) or a step (*/15)",
                   fields[f].name, shown(s, len), s);
}

/* A number or a name of three letters at *p. */
static int read_value(enum field f, const char **p, int *ret, struct err *e)
{
    const char *from = *p;
    int n = 0, most = fields[f].most + (f == WEEKDAY); /* 7 is Sunday too */

    for (; isdigit((unsigned char)**p); (*p)++)
        n = n < 10000 ? n * 10 + **p - '0' : n;
    if (*p > from && !is_word_byte(**p)) {
        if (n < fields[f].least || n > most)
            return err_set(e, ERR_USAGE, "%s %d is out of range; it goes from %d to %d",
                           fields[f].name, n, fields[f].least, most);
        *ret = n;
        return 0;
    }
    while (is_word_byte(**p))
        (*p)++;
    for (n = fields[f].least; fields[f].names && n <= fields[f].most && *p - from == 3; n++)
        if (strncasecmp(from, fields[f].names[n - fields[f].least], 3) == 0) {
            *ret = n;
            return 0;
        }
    if (*p == from)
        return refuse_rest(f, from, e);
    return err_set(e, ERR_USAGE, "\"%.*s\" is no %s; write %d to %d%s%s",
                   shown(from, (size_t)(*p - from)), from, fields[f].name, fields[f].least, most,
                   fields[f].names ? " or " : "",
                   f == MONTH     ? "jan to dec"
                   : f == WEEKDAY ? "sun to sat"
                                  : "");
}

/* L, 5L, LW: no name of a month or weekday begins with an l or has one after a digit. */
static bool asks_for_last(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((s[i] == 'l' || s[i] == 'L') && (i == 0 || isdigit((unsigned char)s[i - 1])))
            return true;
    return false;
}

/* What other crons read and this one does not, so that the refusal can name it. */
static int refuse_unknown(enum field f, const char *s, struct err *e)
{
    size_t len = strcspn(s, " \t,");

    if (memchr(s, '~', len))
        return err_set(e, ERR_USAGE,
                       "a~b, a random time, is refused: nobody could say when it fires; write one "
                       "value");
    if (memchr(s, '#', len) || asks_for_last(s, len))
        return err_set(e, ERR_USAGE,
                       "L (the last) and MON#2 (the second Monday) are not known here; write the "
                       "%s as numbers%s, lists, ranges and steps",
                       fields[f].name, fields[f].names ? ", names" : "");
    return 0;
}

static int read_step(struct part *p, const char **s, struct err *e)
{
    char *end;
    unsigned long step;

    p->step = 1;
    if (**s != '/')
        return 0;
    (*s)++;
    step = isdigit((unsigned char)**s) ? strtoul(*s, &end, 10) : 0;
    if (step == 0)
        return err_set(e, ERR_USAGE, "the step of the %s must be a number above 0, as in */15",
                       fields[p->field].name);
    *s = end;
    p->stepped = true;
    p->step = step < 1000 ? (int)step : 1000;
    if (!p->range && !p->star)
        p->to = fields[p->field].most; /* 5/15 is 5-59/15 */
    return 0;
}

static int read_part(struct part *p, const char **s, struct err *e)
{
    enum field f = p->field;

    if (refuse_unknown(f, *s, e) < 0)
        return -1;
    p->star = **s == '*';
    if (p->star) {
        (*s)++;
        p->from = fields[f].least;
        p->to = fields[f].most;
    } else {
        if (read_value(f, s, &p->from, e) < 0)
            return -1;
        p->to = p->from;
        p->range = **s == '-';
        if (p->range) {
            (*s)++;
            if (read_value(f, s, &p->to, e) < 0)
                return -1;
            if (f == WEEKDAY && p->to == 0)
                p->to = p->from > 0 ? 7 : 0; /* mon-sun */
            if (f == WEEKDAY && p->from == 7 && p->to < 7)
                p->from = 0; /* 7-1 */
        }
    }
    if (p->to < p->from)
        return err_set(e, ERR_USAGE,
                       "the range %d-%d of the %s runs backwards; write two: %d-%d,%d-%d", p->from,
                       p->to, fields[f].name, p->from, fields[f].most, fields[f].least, p->to);
    return read_step(p, s, e);
}

/* The values of one part as bits. */
static int add_part(const struct part *p, uint64_t *bits, struct err *e)
{
    uint64_t own = 0;

    for (int n = p->from; n <= p->to; n += p->step)
        own |= UINT64_C(1) << (p->field == WEEKDAY ? n % 7 : n);
    if (p->stepped && (own & (own - 1)) == 0)
        return err_set(e, ERR_USAGE,
                       "the step of the %s hits one value only, %d: from there it is past %d at "
                       "once; write %d alone, or a smaller step",
                       fields[p->field].name, p->from, p->to, p->from);
    *bits |= own;
    return 0;
}

static int read_field(enum field f, const char **s, uint64_t *ret, bool *ret_star, struct err *e)
{
    *ret = 0;
    *ret_star = **s == '*';
    for (;;) {
        struct part p = {.field = f};

        if (read_part(&p, s, e) < 0 || add_part(&p, ret, e) < 0)
            return -1;
        if (**s != ',')
            break;
        (*s)++;
    }
    if (**s != '\0' && **s != ' ' && **s != '\t')
        return refuse_rest(f, *s, e);
    *s += strspn(*s, " \t");
    return 0;
}

/* All bits a field can have. */
static uint64_t whole(enum field f)
{
    return ((UINT64_C(1) << (fields[f].most + 1)) - 1) & ~((UINT64_C(1) << fields[f].least) - 1);
}

static int check_dates(const uint64_t bits[FIELDS], struct err *e)
{
    if (bits[DAY] != whole(DAY) && bits[WEEKDAY] != whole(WEEKDAY))
        return err_set(
            e, ERR_USAGE,
            "day of the month and day of the week are both restricted, and crons disagree "
            "whether that means \"and\" or \"or\"; put * in one of them");
    for (int month = 1; month <= 12; month++)
        for (int day = 1; day <= day_month_length(2000, month); day++)
            if (bits[MONTH] >> month & 1 && bits[DAY] >> day & 1)
                return 0;
    return err_set(e, ERR_USAGE, "none of its months has such a day, so it would never fire");
}

static int read_fields(const char *s, struct cron *ret, struct err *e)
{
    uint64_t bits[FIELDS];
    bool star[FIELDS];

    for (enum field f = MINUTE; f < FIELDS; f++) {
        if (*s == '\0')
            return err_set(e, ERR_USAGE,
                           "the %s is missing: five fields are needed, minute, hour, day of the "
                           "month, month and day of the week, as in \"30 8 * * 1-5\"",
                           fields[f].name);
        if (read_field(f, &s, &bits[f], &star[f], e) < 0)
            return -1;
    }
    if (*s)
        return err_set(e, ERR_USAGE,
                       "there are more than five fields; they are minute, hour, day of the month, "
                       "month and day of the week, without seconds, year or command");
    if (check_dates(bits, e) < 0)
        return -1;
    *ret = (struct cron){bits[MINUTE],          (uint32_t)bits[HOUR],   (uint32_t)bits[DAY],
                         (uint16_t)bits[MONTH], (uint8_t)bits[WEEKDAY], star[MINUTE] || star[HOUR]};
    return 0;
}

static int read_nickname(const char *s, struct cron *ret, struct err *e)
{
    if (strcasecmp(s, "@reboot") == 0)
        return err_set(e, ERR_USAGE,
                       "@reboot is refused: a schedule names times, and a restart is none");
    for (size_t i = 0; i < COUNT(nicknames); i++)
        if (strcasecmp(s, nicknames[i].name) == 0)
            return read_fields(nicknames[i].expr, ret, e);
    return err_set(e, ERR_USAGE,
                   "there is no such nickname; known are @yearly, @quarterly, @monthly, @weekly, "
                   "@daily and @hourly");
}

int cron_parse(const char *expr, struct cron *ret, struct err *e)
{
    char *line = text_one_line(expr);
    int r;

    r = *line == '@' ? read_nickname(line, ret, e) : read_fields(line, ret, e);
    if (r < 0)
        err_within(e, "cron \"%.*s\"", shown(line, SHOWN_MAX), line);
    free(line);
    return r;
}

/* ---- the times ---- */

/* The first hour and minute of a day at or after the minute `from` of that day. */
static bool first_minute(const struct cron *c, int from, int *ret)
{
    for (int hour = from / 60; hour < 24; hour++) {
        if (!(c->hours >> hour & 1))
            continue;
        for (int minute = hour == from / 60 ? from % 60 : 0; minute < 60; minute++)
            if (c->minutes >> minute & 1) {
                *ret = hour * 60 + minute;
                return true;
            }
    }
    return false;
}

/* The first matching reading of a wall clock at or after `from`, up to the day `last`. */
static bool next_reading(const struct cron *c, struct local from, day_t last, struct local *ret)
{
    int minute = (from.second + 59) / 60;

    for (day_t d = from.day; day_is(d) && d.n <= last.n; minute = 0) {
        int year, month, day;

        day_to_ymd(d, &year, &month, &day);
        if (!(c->months >> month & 1)) {
            d = day_add(d, day_month_length(year, month) - day + 1);
            continue;
        }
        if (c->days >> day & 1 && c->weekdays >> day_weekday(d) & 1 &&
            first_minute(c, minute, &minute)) {
            *ret = (struct local){d, minute * 60};
            return true;
        }
        d = day_add(d, 1);
    }
    return false;
}

static day_t search_end(day_t from)
{
    day_t end = day_add_months(from, SEARCH_YEARS * 12);

    return day_is(end) ? end : day_from_ymd(9999, 12, 31);
}

/* Civil time: readings in their own order; their first instants never run backwards. What has its
 * first pass before `from` has been, so a fold's second pass brings nothing. */
static bool civil_first(const struct cron *c, const struct zone *z, struct local reading,
                        utc_t from, struct cron_time *ret)
{
    static const enum cron_reason reasons[] = {
        [ZONE_UNIQUE] = CRON_ORDINARY, [ZONE_GAP] = CRON_GAP, [ZONE_FOLD] = CRON_FOLD};
    day_t last = search_end(reading.day);

    while (next_reading(c, reading, last, &reading)) {
        utc_t first, second;
        enum zone_fit fit = zone_utc(z, reading, &first, &second);

        if (first.s >= from.s) {
            *ret = (struct cron_time){first, reading, 0, reasons[fit]};
            return true;
        }
        reading.second += 60;
    }
    return false;
}

/* Real time: within a stretch of constant offset readings and instants run side by side. */
static bool real_first(const struct cron *c, const struct zone *z, utc_t from,
                       struct cron_time *ret)
{
    day_t last = search_end(zone_today(z, from));

    for (;;) {
        struct local now = zone_local(z, from), reading;
        utc_t until = zone_next_change(z, from), at, first, second;
        enum zone_fit fit;

        if (!next_reading(c, now, last, &reading))
            return false;
        at.s = from.s + (int64_t)(reading.day.n - now.day.n) * DAY_MINUTES * 60 + reading.second -
               now.second;
        if (utc_is(until) && at.s >= until.s) {
            from = until;
            continue;
        }
        fit = zone_utc(z, reading, &first, &second);
        *ret = (struct cron_time){at, reading, fit == ZONE_FOLD && at.s == second.s,
                                  fit == ZONE_FOLD ? CRON_FOLD : CRON_ORDINARY};
        return true;
    }
}

bool cron_first(const struct cron *c, const struct zone *z, utc_t from, struct cron_time *ret)
{
    struct local before;

    if (!day_is(zone_today(z, from)))
        return false;
    if (c->real_time)
        return real_first(c, z, from, ret);
    /* At a gap's end the readings inside the gap fire too: look from the reading a second before.
     */
    before = zone_local(z, (utc_t){from.s - 1});
    before.second++;
    return civil_first(c, z, before, from, ret);
}

bool cron_next(const struct cron *c, const struct zone *z, const struct cron_time *after,
               struct cron_time *ret)
{
    struct local reading = after->nominal;

    if (c->real_time)
        return cron_first(c, z, (utc_t){after->at.s + 1}, ret);
    reading.second += 60;
    return civil_first(c, z, reading, after->at, ret);
}
