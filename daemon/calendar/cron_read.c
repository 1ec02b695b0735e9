/* Reading an expression: what its fields stand for, and why it is refused. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/cron.h"
#include "calendar/shown.h"

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

/* One part of a list: *, n, a-b, each with /step; L; n#k, n#L. */
struct part {
    enum field field;
    int from, to, step;
    bool star, range, stepped;
    bool last; /* L, n#L */
    int week;  /* of n#k, 0 without */
};

/* What a field's parts add up to. */
struct values {
    uint64_t bits;
    bool last;                 /* L of the day of the month */
    uint8_t weeks[CRON_WEEKS]; /* of the day of the week, see struct cron */
    bool star;                 /* it begins with * */
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

/* What other crons read and this one does not, so that the refusal can name it. */
static int refuse_unknown(enum field f, const char *s, struct err *e)
{
    size_t len = strcspn(s, " \t,"), digits = strspn(s, "0123456789");

    if (memchr(s, '~', len))
        return err_set(e, ERR_USAGE,
                       "a~b, a random time, is refused: nobody could say when it fires; write one "
                       "value");
    if (memchr(s, '#', len) && f != WEEKDAY)
        return err_set(e, ERR_USAGE,
                       "n#2 and n#L are known in the day of the week only, not in the "
                       "%s",
                       fields[f].name);
    if (len > digits && (s[digits] == 'l' || s[digits] == 'L') && f == WEEKDAY)
        return err_set(e, ERR_USAGE,
                       "L alone is no day of the week; the last Friday is FRI#L or 5#L");
    if (len > 0 && (*s == 'l' || *s == 'L') && (f != DAY || len > 1))
        return err_set(e, ERR_USAGE,
                       "of L only the last day of the month is known: L in the day of "
                       "the month, in a list too (15,L)");
    return 0;
}

/* What follows the # of a weekday. */
static int read_week(struct part *p, const char **s, struct err *e)
{
    (*s)++;
    p->last = **s == 'l' || **s == 'L';
    if (!p->last && (**s < '1' || **s > '0' + CRON_WEEKS - 1))
        return err_set(e, ERR_USAGE,
                       "after # stands which of the month: MON#1 to MON#%d, or MON#L "
                       "for the last",
                       CRON_WEEKS - 1);
    p->week = p->last ? 0 : **s - '0';
    (*s)++;
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

static int read_range_end(struct part *p, const char **s, struct err *e)
{
    (*s)++;
    if (read_value(p->field, s, &p->to, e) < 0)
        return -1;
    if (p->field == WEEKDAY && p->to == 0)
        p->to = p->from > 0 ? 7 : 0; /* mon-sun */
    if (p->field == WEEKDAY && p->from == 7 && p->to < 7)
        p->from = 0; /* 7-1 */
    if (p->to < p->from)
        return err_set(e, ERR_USAGE,
                       "the range %d-%d of the %s runs backwards; write two: %d-%d,%d-%d", p->from,
                       p->to, fields[p->field].name, p->from, fields[p->field].most,
                       fields[p->field].least, p->to);
    return 0;
}

static int read_part(struct part *p, const char **s, struct err *e)
{
    enum field f = p->field;

    if (refuse_unknown(f, *s, e) < 0)
        return -1;
    p->star = **s == '*';
    p->last = f == DAY && (**s == 'l' || **s == 'L');
    if (p->star || p->last) {
        (*s)++;
        p->from = fields[f].least;
        p->to = fields[f].most;
        return p->last ? 0 : read_step(p, s, e);
    }
    if (read_value(f, s, &p->from, e) < 0)
        return -1;
    p->to = p->from;
    if (f == WEEKDAY && **s == '#')
        return read_week(p, s, e);
    p->range = **s == '-';
    if (p->range && read_range_end(p, s, e) < 0)
        return -1;
    return read_step(p, s, e);
}

static int add_part(const struct part *p, struct values *v, struct err *e)
{
    uint64_t own = 0;

    if (p->field == DAY && p->last) {
        v->last = true;
        return 0;
    }
    if (p->last || p->week) {
        v->weeks[p->last ? 0 : p->week] |= (uint8_t)(1 << p->from % 7);
        return 0;
    }
    for (int n = p->from; n <= p->to; n += p->step)
        own |= UINT64_C(1) << (p->field == WEEKDAY ? n % 7 : n);
    if (p->stepped && (own & (own - 1)) == 0)
        return err_set(e, ERR_USAGE,
                       "the step of the %s hits one value only, %d: from there it is past %d at "
                       "once; write %d alone, or a smaller step",
                       fields[p->field].name, p->from, p->to, p->from);
    v->bits |= own;
    return 0;
}

static int read_field(enum field f, const char **s, struct values *ret, struct err *e)
{
    *ret = (struct values){.star = **s == '*'};
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

/* Whether any day of forty years is one: they hold every weekday on every date, the 29th of
 * February too. */
static bool occurs(const struct cron *c)
{
    for (int year = 2000; year < 2000 + CRON_SEARCH_YEARS; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= day_month_length(year, month); day++)
                if (cron_is_day(c, year, month, day))
                    return true;
    return false;
}

static int check_dates(const struct cron *c, bool both, struct err *e)
{
    if (both && c->both == CRON_BOTH_REFUSED)
        return err_set(
            e, ERR_USAGE,
            "day of the month and day of the week are both restricted, and crons disagree "
            "whether that means \"and\" or \"or\"; say which (dom_dow: and), or put * in one of "
            "them");
    if (!occurs(c))
        return err_set(e, ERR_USAGE, "none of its months has such a day, so it would never fire");
    return 0;
}

static struct cron assemble(const struct values v[FIELDS], enum cron_both both)
{
    struct cron c = {
        .minutes = v[MINUTE].bits,
        .hours = (uint32_t)v[HOUR].bits,
        .days = (uint32_t)v[DAY].bits,
        .last_day = v[DAY].last,
        .months = (uint16_t)v[MONTH].bits,
        .weekdays = (uint8_t)v[WEEKDAY].bits,
        .real_time = v[MINUTE].star || v[HOUR].star,
        .both = both,
    };

    memcpy(c.weeks, v[WEEKDAY].weeks, sizeof c.weeks);
    return c;
}

static int read_fields(const char *s, enum cron_both both, struct cron *ret, struct err *e)
{
    struct values v[FIELDS];
    bool restricted;
    struct cron c;

    for (enum field f = MINUTE; f < FIELDS; f++) {
        if (*s == '\0')
            return err_set(e, ERR_USAGE,
                           "the %s is missing: five fields are needed, minute, hour, day of the "
                           "month, month and day of the week, as in \"30 8 * * 1-5\"",
                           fields[f].name);
        if (read_field(f, &s, &v[f], e) < 0)
            return -1;
    }
    if (*s)
        return err_set(e, ERR_USAGE,
                       "there are more than five fields; they are minute, hour, day of the month, "
                       "month and day of the week, without seconds, year or command");
    restricted = v[DAY].bits != whole(DAY) && v[WEEKDAY].bits != whole(WEEKDAY);
    c = assemble(v, restricted ? both : CRON_BOTH_REFUSED);
    if (check_dates(&c, restricted, e) < 0)
        return -1;
    *ret = c;
    return 0;
}

static int read_nickname(const char *s, struct cron *ret, struct err *e)
{
    if (strcasecmp(s, "@reboot") == 0)
        return err_set(e, ERR_USAGE,
                       "@reboot is refused: a schedule names times, and a restart is none");
    for (size_t i = 0; i < COUNT(nicknames); i++)
        if (strcasecmp(s, nicknames[i].name) == 0)
            return read_fields(nicknames[i].expr, CRON_BOTH_REFUSED, ret, e);
    return err_set(e, ERR_USAGE,
                   "there is no such nickname; known are @yearly, @quarterly, @monthly, @weekly, "
                   "@daily and @hourly");
}

int cron_parse(const char *expr, enum cron_both both, struct cron *ret, struct err *e)
{
    char *line = text_one_line(expr);
    int r;

    r = *line == '@' ? read_nickname(line, ret, e) : read_fields(line, both, ret, e);
    if (r < 0)
        err_within(e, "cron \"%.*s\"", shown(line, SHOWN_MAX), line);
    free(line);
    return r;
}

const char *cron_both_name(enum cron_both both)
{
    static const char *const names[] = {
        [CRON_BOTH_REFUSED] = "", [CRON_BOTH_AND] = "and", [CRON_BOTH_OR] = "or"};

    return names[both];
}

int cron_both_read(const char *s, enum cron_both *ret, struct err *e)
{
    for (enum cron_both b = CRON_BOTH_REFUSED; b <= CRON_BOTH_OR; b++)
        if (strcmp(s, cron_both_name(b)) == 0) {
            *ret = b;
            return 0;
        }
    return err_set(e, ERR_USAGE, "\"%.*s\" is neither and (both must hold) nor or (one is enough)",
                   shown(s, SHOWN_MAX), s);
}
