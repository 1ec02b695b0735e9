#include "api/ical.h"

#include <ctype.h>
#include <inttypes.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define LINE_OCTETS 75

/* ---- values ---- */

static struct icaltimetype date_value(day_t day)
{
    struct icaltimetype t = {.is_date = 1};

    day_to_ymd(day, &t.year, &t.month, &t.day);
    return t;
}

/* A wall clock's reading, of no zone. */
static struct icaltimetype wall_value(struct local local)
{
    struct icaltimetype t = date_value(local.day);

    t.is_date = 0;
    t.hour = local.second / 3600;
    t.minute = local.second / 60 % 60;
    t.second = local.second % 60;
    return t;
}

static struct icaltimetype utc_value(utc_t at)
{
    int64_t day = at.s / 86400 - (at.s % 86400 < 0);
    struct icaltimetype t =
        wall_value((struct local){{(int32_t)day}, (int32_t)(at.s - day * 86400)});

    t.zone = icaltimezone_get_utc_timezone();
    return t;
}

static void add(icalcomponent *to, icalproperty *p)
{
    icalcomponent_add_property(to, p);
}

/* A text, or nothing for none. Bytes that are no text would make the whole calendar unreadable. */
static void add_text(icalcomponent *to, icalproperty *(*make)(const char *s), const char *s)
{
    char *clean = s ? text_clean(s, strlen(s), NULL) : NULL;

    if (clean && *clean)
        add(to, make(clean));
    free(clean);
}

/* ---- the zone, as far as the years that occur need it ---- */

struct onset { /* when the wall clock begins to be changed, as it read before */
    struct local at;
    int32_t from, to;         /* seconds east */
    int month, week, weekday; /* week -1: the month's last */
    bool written;
};
struct onsets {
    struct onset *items;
    size_t count, cap;
    size_t years;
};

static struct onset onset_at(const struct zone *z, utc_t at)
{
    struct onset o = {.from = zone_offset(z, (utc_t){at.s - 1}), .to = zone_offset(z, at)};
    int64_t wall = at.s + o.from, day = wall / 86400 - (wall % 86400 < 0);
    int year, of_month;

    o.at = (struct local){{(int32_t)day}, (int32_t)(wall - day * 86400)};
    day_to_ymd(o.at.day, &year, &o.month, &of_month);
    o.week = of_month + 7 > day_month_length(year, o.month) ? -1 : (of_month + 6) / 7;
    o.weekday = day_weekday(o.at.day);
    return o;
}

/* Those of the years from the first to the last. */
static struct onsets find_onsets(const struct zone *z, int first, int last)
{
    struct onsets all = {.years = (size_t)(last - first + 1)};
    utc_t end = {(int64_t)day_from_ymd(last + 1, 1, 1).n * 86400};
    utc_t at = {(int64_t)day_from_ymd(first, 1, 1).n * 86400};

    while (at = zone_next_change(z, at), utc_is(at) && at.s < end.s) {
        all.items = xgrow(all.items, all.count, &all.cap, sizeof *all.items);
        all.items[all.count++] = onset_at(z, at);
    }
    return all;
}

static bool recurs(const struct onset *a, const struct onset *b)
{
    return a->month == b->month && a->week == b->week && a->weekday == b->weekday &&
           a->at.second == b->at.second && a->from == b->from && a->to == b->to;
}

/* Whether each of the years has it; then one rule stands for all of them. */
static bool is_yearly(const struct onsets *all, const struct onset *o)
{
    size_t count = 0;

    for (size_t i = 0; i < all->count; i++)
        count += recurs(&all->items[i], o);
    return count == all->years;
}

static icalcomponent *observance(const struct onset *o)
{
    icalcomponent *c =
        icalcomponent_new(o->to > o->from ? ICAL_XDAYLIGHT_COMPONENT : ICAL_XSTANDARD_COMPONENT);

    add(c, icalproperty_new_dtstart(wall_value(o->at)));
    add(c, icalproperty_new_tzoffsetfrom(o->from));
    add(c, icalproperty_new_tzoffsetto(o->to));
    return c;
}

static void add_rule(icalcomponent *c, struct onsets *all, const struct onset *o)
{
    static const char *const days[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
    char rule[64];

    snprintf(rule, sizeof rule, "FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", o->month, o->week,
             days[o->weekday]);
    add(c, icalproperty_new_rrule(icalrecurrencetype_from_string(rule)));
    for (size_t i = 0; i < all->count; i++)
        if (recurs(&all->items[i], o))
            all->items[i].written = true;
}

static icalcomponent *zone_component(const struct zone *z, int first, int last)
{
    icalcomponent *zone = icalcomponent_new(ICAL_VTIMEZONE_COMPONENT);
    struct onsets all = find_onsets(z, first, last);
    utc_t start = {(int64_t)day_from_ymd(first, 1, 1).n * 86400};
    int32_t offset = zone_offset(z, start);
    struct onset before = {zone_local(z, start), offset, offset, 0, 0, 0, false};

    add(zone, icalproperty_new_tzid(zone_name(z)));
    if (!all.count || !is_yearly(&all, &all.items[0])) /* what holds until the first, if any */
        icalcomponent_add_component(zone, observance(&before));
    for (size_t i = 0; i < all.count; i++) {
        icalcomponent *c;

        if (all.items[i].written)
            continue;
        c = observance(&all.items[i]);
        if (is_yearly(&all, &all.items[i]))
            add_rule(c, &all, &all.items[i]);
        icalcomponent_add_component(zone, c);
    }
    free(all.items);
    return zone;
}

/* From the year before the first meeting whose time is known, so that a change lies before it. A
 * calendar has one component at least (RFC 5545, 3.6): without any event that of this year. */
static void add_zone(icalcomponent *calendar, const struct ical_source *src)
{
    int first = 0, last = 0, month, day;

    for (size_t i = 0; i < src->agenda->count; i++) { /* by day */
        const struct agenda_item *item = &src->agenda->items[i];

        if (item->minute < 0)
            continue;
        day_to_ymd(item->on, &last, &month, &day);
        if (!first)
            first = last;
    }
    if (!src->agenda->count) {
        day_to_ymd(src->today, &first, &month, &day);
        last = first;
    }
    if (first)
        icalcomponent_add_component(calendar,
                                    zone_component(src->zone, first > 1 ? first - 1 : first, last));
}

/* ---- events ---- */

static void add_alarm(icalcomponent *event, const char *what, unsigned days)
{
    icalcomponent *alarm = icalcomponent_new(ICAL_VALARM_COMPONENT);
    struct icaltriggertype trigger = {.time = icaltime_null_time(),
                                      .duration = {.is_neg = 1, .days = days}};

    add(alarm, icalproperty_new_action(ICAL_ACTION_DISPLAY));
    add_text(alarm, icalproperty_new_description, what);
    add(alarm, icalproperty_new_trigger(trigger));
    icalcomponent_add_component(event, alarm);
}

/* A week and a day before the day it must go; the day before anything else. Nothing for what needs
 * no reminder any more. */
static void add_alarms(icalcomponent *event, const struct ical_source *src,
                       const struct agenda_item *item, const char *what)
{
    day_t last = day_is(item->to) ? item->to : item->on;

    if (item->done || item->dropped || last.n < src->today.n)
        return;
    if (day_is(item->send_by))
        add_alarm(event, what, (unsigned)(item->on.n - item->send_by.n) + 7);
    add_alarm(event, what,
              day_is(item->send_by) ? (unsigned)(item->on.n - item->send_by.n) + 1 : 1);
}

static void add_days(icalcomponent *event, const struct ical_source *src,
                     const struct agenda_item *item)
{
    icalproperty *start;

    if (item->minute < 0) {
        day_t last = day_is(item->to) ? item->to : item->on;

        add(event, icalproperty_new_dtstart(date_value(item->on)));
        add(event, icalproperty_new_dtend(date_value(day_add(last, 1))));
        add(event, icalproperty_new_transp(ICAL_TRANSP_TRANSPARENT)); /* nobody is busy all day */
        return;
    }
    start = icalproperty_new_dtstart(wall_value((struct local){item->on, item->minute * 60}));
    icalproperty_add_parameter(start, icalparameter_new_tzid(zone_name(src->zone)));
    add(event, start);
}

static char *description(const struct agenda_item *item)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    if (item->note) {
        text_addf(&t, "%s\n", item->note);
        t.s[0] = (char)toupper((unsigned char)t.s[0]);
    }
    if (item->recipient)
        text_addf(&t, "To: %s\n", item->recipient);
    if (item->role)
        text_addf(&t, "Role: %s\n", item->role);
    text_add(&t, item->about);
    return text_take(&t);
}

/* An action's number is what people call it by. */
static char *summary(const struct agenda_item *item)
{
    const char *ref = item->kind == AGENDA_ACTION ? strchr(item->about, ':') : NULL;

    return ref ? xasprintf("%s %s", ref + 1, item->what) : xstrdup(item->what);
}

static icalcomponent *event_of(const struct ical_source *src, const struct agenda_item *item)
{
    icalcomponent *event = icalcomponent_new(ICAL_VEVENT_COMPONENT);
    char *uid = xasprintf("%s@%s", item->key, src->instance);
    char *what = summary(item), *more = description(item);
    utc_t changed = utc_is(item->updated_at) ? item->updated_at : src->since;

    add(event, icalproperty_new_uid(uid));
    add(event, icalproperty_new_sequence((int)(item->version - 1)));
    add(event, icalproperty_new_dtstamp(utc_value(changed)));
    add(event, icalproperty_new_lastmodified(utc_value(changed)));
    add_days(event, src, item);
    add(event,
        icalproperty_new_status(item->dropped ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
    add_text(event, icalproperty_new_summary, what);
    add_text(event, icalproperty_new_description, more);
    add_text(event, icalproperty_new_location, item->place);
    add_text(event, icalproperty_new_categories, agenda_kind_name(item->kind));
    add_alarms(event, src, item, what);
    free(uid);
    free(what);
    free(more);
    return event;
}

/* ---- lines of at most 75 octets (RFC 5545, 3.1) ---- */

/* libical counts the line's end among its octets and may fold within it, between CR and LF: what it
 * has folded is joined again, and folded here between characters. */
static char *folded(const char *s)
{
    struct text t = TEXT_INIT;
    size_t column = 0;

    text_clear(&t);
    while (*s) {
        size_t len = utf8_char(s, strnlen(s, 4), NULL);

        len = len ? len : 1;
        if (strncmp(s, "\r\n ", 3) == 0) {
            s += 3;
            continue;
        }
        if (*s == '\n') {
            column = 0;
        } else if (*s != '\r' && (column += len) > LINE_OCTETS) {
            text_add(&t, "\r\n ");
            column = 1 + len;
        }
        text_add_bytes(&t, s, len);
        s += len;
    }
    return text_take(&t);
}

/* The name that Outlook and Google show, as the first property. As a property of libical's it would
 * have commas that are not escaped, or say VALUE=TEXT, which not every program knows there. */
static char *named(const char *calendar, const char *name)
{
    static const char begin[] = "BEGIN:VCALENDAR\r\n";
    char *clean = text_one_line(name), *escaped, *all;
    icalvalue *value = icalvalue_new_text(clean);

    escaped = icalvalue_as_ical_string_r(value);
    all = xasprintf("%sX-WR-CALNAME:%s\r\n%s", begin, escaped, calendar + strlen(begin));
    icalmemory_free_buffer(escaped);
    icalvalue_free(value);
    free(clean);
    return all;
}

/* Without METHOD: that would make it a message from an organiser (RFC 5546, 3.2.1) in place of what
 * stands. */
char *ical_text(const struct ical_source *src)
{
    icalcomponent *calendar = icalcomponent_new(ICAL_VCALENDAR_COMPONENT);
    char *own, *all, *text;

    add(calendar, icalproperty_new_version("2.0"));
    add(calendar, icalproperty_new_prodid("-//csid//csid " CSID_VERSION "//EN"));
    add_zone(calendar, src);
    for (size_t i = 0; i < src->agenda->count; i++)
        icalcomponent_add_component(calendar, event_of(src, &src->agenda->items[i]));
    own = icalcomponent_as_ical_string_r(calendar);
    if (!own)
        abort(); /* out of memory only */
    all = named(own, src->name);
    text = folded(all);
    free(all);
    icalmemory_free_buffer(own);
    icalcomponent_free(calendar);
    return text;
}
