#include "calendar/zone.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/shown.h"

#define ZONEINFO     "/usr/share/zoneinfo/"
#define FILE_MAX     (256 * 1024) /* the largest in tzdata have 4 kB */
#define DAY_SECONDS  86400
#define FIRST_SECOND (-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND  253402300799   /* 9999-12-31T23:59:59Z */
#define OFFSET_MAX   (26 * 3600)    /* RFC 8536 section 3.2 */
#define HEADER       44
#define NEVER        INT64_MAX

/* When a part of the year begins, in the wall time that ends with it (POSIX TZ: Jn, n, Mm.w.d). */
struct turn {
    enum { JULIAN, DAY_OF_YEAR, MONTH_WEEK_DAY } kind;
    int month, week, day;
    int32_t second; /* after midnight; RFC 8536 allows -167 to 167 hours */
};

/* The footer: what holds after the last transition of the table. */
struct rule {
    bool given, has_summer;
    int32_t standard, summer; /* seconds east; "summer" may lie behind (Dublin) */
    struct turn to_summer, to_standard;
};

struct zone {
    char *name;
    size_t n;
    int64_t *at;     /* ascending */
    int32_t *offset; /* from at[i] on */
    int32_t before;  /* before at[0] */
    struct rule rule;
};

/* ---- the file ---- */

static uint32_t be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be64(const unsigned char *p)
{
    return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

struct header {
    size_t utc, std, leap, times, types, chars;
};

/* One header and the size of what follows it with `width` bytes a time; 0 when it is none. */
static size_t read_header(const unsigned char *p, size_t len, size_t width, struct header *ret)
{
    if (len < HEADER || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
        return 0;
    *ret = (struct header){be32(p + 20), be32(p + 24), be32(p + 28),
                           be32(p + 32), be32(p + 36), be32(p + 40)};
    if (ret->utc > len || ret->std > len || ret->leap > len || ret->times > len ||
        ret->types > len || ret->chars > len)
        return 0;
    return HEADER + ret->times * (width + 1) + ret->types * 6 + ret->chars +
           ret->leap * (width + 4) + ret->std + ret->utc;
}

static bool read_table(struct zone *z, const unsigned char *p, const struct header *h)
{
    const unsigned char *indexes = p + h->times * 8, *types = indexes + h->times;

    for (size_t i = 0; i < h->types; i++) {
        int32_t offset = (int32_t)be32(types + i * 6);

        if (offset < -OFFSET_MAX || offset > OFFSET_MAX)
            return false;
    }
    z->n = h->times;
    z->at = xcalloc(z->n + 1, sizeof *z->at);
    z->offset = xcalloc(z->n + 1, sizeof *z->offset);
    z->before = (int32_t)be32(types);
    for (size_t i = 0; i < z->n; i++) {
        z->at[i] = be64(p + i * 8);
        if (indexes[i] >= h->types || (i > 0 && z->at[i] <= z->at[i - 1]))
            return false;
        z->offset[i] = (int32_t)be32(types + indexes[i] * 6);
    }
    return true;
}

/* ---- the footer: a POSIX TZ string as RFC 8536 section 3.3 widens it ---- */

static bool accept(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

static bool read_number(const char **p, int least, int most, int *ret)
{
    int n = 0, digits = 0;

    for (; isdigit((unsigned char)**p) && digits < 4; (*p)++, digits++)
        n = n * 10 + **p - '0';
    *ret = n;
    return digits > 0 && n >= least && n <= most;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **p, int32_t *ret)
{
    int hour, minute = 0, second = 0, sign = accept(p, '-') ? -1 : 1;

    if (sign > 0)
        accept(p, '+');
    if (!read_number(p, 0, 167, &hour) || (accept(p, ':') && !read_number(p, 0, 59, &minute)) ||
        (accept(p, ':') && !read_number(p, 0, 59, &second)))
        return false;
    *ret = sign * (hour * 3600 + minute * 60 + second);
    return true;
}

static bool skip_abbreviation(const char **p)
{
    const char *from = *p;

    if (accept(p, '<')) {
        while (isalnum((unsigned char)**p) || **p == '+' || **p == '-')
            (*p)++;
        return accept(p, '>');
    }
    while (isalpha((unsigned char)**p))
        (*p)++;
    return *p - from >= 3;
}

/* An abbreviation and an offset, which POSIX counts westwards. */
static bool read_offset(const char **p, int32_t *ret)
{
    int32_t west;

    if (!read_time(p, &west) || west < -OFFSET_MAX || west > OFFSET_MAX)
        return false;
    *ret = -west;
    return true;
}

static bool read_turn(const char **p, struct turn *ret)
{
    bool ok;

    *ret = (struct turn){.kind = DAY_OF_YEAR, .second = 2 * 3600};
    if (!accept(p, ','))
        return false;
    if (accept(p, 'J')) {
        ret->kind = JULIAN;
        ok = read_number(p, 1, 365, &ret->day);
    } else if (accept(p, 'M')) {
        ret->kind = MONTH_WEEK_DAY;
        ok = read_number(p, 1, 12, &ret->month) && accept(p, '.') &&
             read_number(p, 1, 5, &ret->week) && accept(p, '.') && read_number(p, 0, 6, &ret->day);
    } else {
        ok = read_number(p, 0, 365, &ret->day);
    }
    return ok && (!accept(p, '/') || read_time(p, &ret->second));
}

static bool read_rule(const char *s, struct rule *ret)
{
    if (*s == '\0')
        return true;
    ret->given = true;
    if (!skip_abbreviation(&s) || !read_offset(&s, &ret->standard))
        return false;
    if (*s == '\0')
        return true;
    ret->has_summer = true;
    ret->summer = ret->standard + 3600;
    if (!skip_abbreviation(&s) || (*s != ',' && !read_offset(&s, &ret->summer)))
        return false;
    return read_turn(&s, &ret->to_summer) && read_turn(&s, &ret->to_standard) && *s == '\0';
}

/* The footer stands between two newlines. */
static bool read_footer(struct zone *z, const unsigned char *p, size_t len)
{
    const unsigned char *end = len > 1 ? memchr(p + 1, '\n', len - 1) : NULL;
    char *s;
    bool ok;

    if (!end || *p != '\n')
        return false;
    s = xstrndup((const char *)p + 1, (size_t)(end - p - 1));
    ok = read_rule(s, &z->rule);
    free(s);
    return ok;
}

/* The bytes of a TZif file; the first, 32-bit block is stepped over. */
static bool read_file(struct zone *z, const unsigned char *p, size_t len)
{
    struct header h;
    size_t size = read_header(p, len, 4, &h);

    if (size == 0 || size > len)
        return false;
    p += size;
    len -= size;
    size = read_header(p, len, 8, &h);
    if (size == 0 || size > len || h.types == 0 ||
        h.leap > 0) /* zones of right/ count leap seconds */
        return false;
    return read_table(z, p + HEADER, &h) && read_footer(z, p + size, len - size);
}

static bool is_zone_name(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");

    return len > 0 && len < 64 && name[len] == '\0' && *name != '/';
}

int zone_load(const char *name, struct zone **ret, struct err *e)
{
    char *text = text_one_line(name), path[128];
    unsigned char *bytes = xmalloc(FILE_MAX);
    struct zone *z = xcalloc(1, sizeof *z);
    size_t len = 0;
    FILE *f = NULL;
    int r = -1;

    if (is_zone_name(name)) {
        snprintf(path, sizeof path, ZONEINFO "%s", name);
        f = fopen(path, "re");
    }
    if (f) {
        len = fread(bytes, 1, FILE_MAX, f);
        fclose(f);
    }
    if (!f)
        err_set(e, ERR_USAGE, "there is no time zone \"%.*s\"; write it as Europe/London",
                shown(text, SHOWN_MAX), text);
    else if (!read_file(z, bytes, len))
        err_set(e, ERR_USAGE, "\"%.*s\" is no time zone (%s is no TZif file of version 2)",
                shown(text, SHOWN_MAX), text, path);
    else
        r = 0;
    z->name = xstrdup(name);
    if (r == 0)
        *ret = z;
    else
        zone_free(z);
    free(bytes);
    free(text);
    return r;
}

void zone_free(struct zone *z)
{
    if (!z)
        return;
    free(z->name);
    free(z->at);
    free(z->offset);
    free(z);
}

const char *zone_name(const struct zone *z)
{
    return z->name;
}

/* ---- instants and wall time ---- */

static int64_t clamp(int64_t s)
{
    return s < FIRST_SECOND ? FIRST_SECOND : s > LAST_SECOND ? LAST_SECOND : s;
}

static struct local split(int64_t wall)
{
    int64_t day = wall / DAY_SECONDS - (wall % DAY_SECONDS < 0);

    return (struct local){{(int32_t)day}, (int32_t)(wall - day * DAY_SECONDS)};
}

static int year_of(int64_t wall)
{
    int year, month, day;

    day_to_ymd(split(clamp(wall)).day, &year, &month, &day);
    return year;
}

static int64_t turn_instant(const struct turn *t, int year, int32_t offset_before)
{
    day_t d = day_from_ymd(year, 1, 1);

    if (t->kind == MONTH_WEEK_DAY) {
        int day;

        d = day_from_ymd(year, t->month, 1);
        day = (t->day - day_weekday(d) + 7) % 7 + (t->week - 1) * 7;
        d.n += day < day_month_length(year, t->month) ? day : day - 7;
    } else {
        d.n += t->day;
        if (t->kind == JULIAN)
            d.n -= day_month_length(year, 2) == 28 || t->day < 60;
    }
    return (int64_t)d.n * DAY_SECONDS + t->second - offset_before;
}

static int32_t rule_offset(const struct rule *r, int64_t t)
{
    int64_t to_summer, to_standard;
    int year;
    bool summer;

    if (!r->has_summer)
        return r->standard;
    year = year_of(clamp(t) + r->standard);
    to_summer = turn_instant(&r->to_summer, year, r->standard);
    to_standard = turn_instant(&r->to_standard, year, r->summer);
    summer = to_summer < to_standard ? t >= to_summer && t < to_standard
                                     : t >= to_summer || t < to_standard;
    return summer ? r->summer : r->standard;
}

/* How many transitions of the table lie at or before t. */
static size_t passed(const struct zone *z, int64_t t)
{
    size_t low = 0, high = z->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (z->at[middle] <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int32_t offset_at(const struct zone *z, int64_t t)
{
    size_t i = passed(z, t);

    if (i == z->n && z->rule.given)
        return rule_offset(&z->rule, t);
    return i == 0 ? z->before : z->offset[i - 1];
}

/* The first change of the rule after t: this year's or the next's, a turn may lie over the edge. */
static int64_t rule_change_after(const struct zone *z, int64_t t)
{
    const struct rule *r = &z->rule;
    int year = year_of(clamp(t) + r->standard), last = year < 9999 ? year + 1 : year;
    int64_t found = NEVER;

    for (int y = year > 1 ? year - 1 : year; r->has_summer && y <= last; y++) {
        int64_t turns[] = {turn_instant(&r->to_summer, y, r->standard),
                           turn_instant(&r->to_standard, y, r->summer)};

        for (size_t i = 0; i < COUNT(turns); i++)
            if (turns[i] > t && turns[i] < found &&
                offset_at(z, turns[i]) != offset_at(z, turns[i] - 1))
                found = turns[i];
    }
    return found;
}

static int64_t change_after(const struct zone *z, int64_t t)
{
    for (size_t i = passed(z, t); i < z->n; i++)
        if (offset_at(z, z->at[i]) != (i == 0 ? z->before : z->offset[i - 1]))
            return z->at[i];
    if (z->n > 0 && t < z->at[z->n - 1])
        t = z->at[z->n - 1];
    return z->rule.given ? rule_change_after(z, t) : NEVER;
}

int32_t zone_offset(const struct zone *z, utc_t t)
{
    return offset_at(z, t.s);
}

struct local zone_local(const struct zone *z, utc_t t)
{
    int64_t wall = clamp(t.s) + offset_at(z, t.s);

    if (t.s != clamp(t.s) || wall != clamp(wall))
        return (struct local){DAY_NONE, 0};
    return split(wall);
}

day_t zone_today(const struct zone *z, utc_t t)
{
    return zone_local(z, t).day;
}

/* Walks the stretches of constant offset around the reading: each shows it once, or not at all. */
enum zone_fit zone_utc(const struct zone *z, struct local l, utc_t *ret_first, utc_t *ret_second)
{
    int64_t wall = (int64_t)l.day.n * DAY_SECONDS + l.second;
    int64_t found[2] = {INT64_MIN, INT64_MIN}, after_gap = INT64_MIN;
    size_t n = 0;

    if (!day_is(l.day)) {
        *ret_first = *ret_second = UTC_NONE;
        return ZONE_UNIQUE;
    }
    for (int64_t from = wall - OFFSET_MAX; from <= wall + OFFSET_MAX && n < COUNT(found);) {
        int64_t until = change_after(z, from), t = wall - offset_at(z, from);

        if (t >= from && t < until)
            found[n++] = t;
        else if (t < from && after_gap == INT64_MIN)
            after_gap = from;
        from = until;
    }
    ret_first->s = n > 0 ? found[0] : after_gap;
    ret_second->s = n > 1 ? found[1] : ret_first->s;
    return n == 0 ? ZONE_GAP : n == 1 ? ZONE_UNIQUE : ZONE_FOLD;
}

utc_t zone_next_change(const struct zone *z, utc_t t)
{
    int64_t at = change_after(z, t.s), end = (int64_t)day_from_ymd(2201, 1, 1).n * DAY_SECONDS;

    return at < end ? (utc_t){at} : UTC_NONE;
}

const char *local_iso(struct local l, char ret[LOCAL_ISO])
{
    char date[DAY_ISO];

    ret[0] = '\0';
    if (day_is(l.day))
        snprintf(ret, LOCAL_ISO, "%sT%02u:%02u", day_iso(l.day, date),
                 (unsigned)(l.second / 3600) % 100, (unsigned)(l.second / 60 % 60));
    return ret;
}
