#include "api/call.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "plan/evidence.h"

/* ---- reading values ---- */

const char *call_text(const struct call *c, const char *name)
{
    return json_string_value(json_object_get(c->args, name));
}

bool call_flag(const struct call *c, const char *name)
{
    const char *value = call_text(c, name);

    return value && strcmp(value, "0") != 0 && strcmp(value, "false") != 0;
}

int call_name(const struct call *c, const char *name, const char **ret, struct err *e)
{
    const char *text = call_text(c, name);

    if (text && !*text)
        return err_set(e, ERR_USAGE, "%s: is empty: it can be replaced, not taken away", name);
    *ret = text;
    return 0;
}

static int read_number(const char *name, const char *text, int64_t *ret, struct err *e)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    if (*end || strlen(text) > 15 || value < 0 || !isdigit((unsigned char)*text))
        return err_set(e, ERR_USAGE, "%s: \"%.40s\" is no whole number of 0 or above", name, text);
    *ret = value;
    return 0;
}

int call_id(const struct call *c, const char *kind, int64_t *ret, struct err *e)
{
    const char *text = call_text(c, "id");
    size_t len = strlen(kind);

    return read_number(
        "id", strncmp(text, kind, len) == 0 && text[len] == ':' ? text + len + 1 : text, ret, e);
}

int call_number(const struct call *c, const char *name, int64_t none, int64_t *ret, struct err *e)
{
    const char *text = call_text(c, name);

    if (text && *text)
        return read_number(name, text, ret, e);
    *ret = none;
    return 0;
}

/* Where the argument is called what the refusal begins with, "date: date …" would double the word.
 */
static int within(struct err *e, const char *name)
{
    size_t len = strlen(name);

    return strncmp(e->text, name, len) == 0 && e->text[len] == ' ' ? -1 : err_within(e, "%s", name);
}

int call_day(const struct call *c, const char *name, day_t none, day_t *ret, struct err *e)
{
    const char *text = call_text(c, name);

    if (!text) {
        *ret = none;
        return 0;
    }
    return when_date(text, &c->when, ret, e) < 0 ? within(e, name) : 0;
}

/* Further ahead than dates are meant, unless it is said that it is. */
static int check_ahead(const struct call *c, const char *name, day_t day, struct err *e)
{
    char text[DAY_TEXT];

    if (day_is(day) && !call_flag(c, "yes") &&
        day.n > day_add_months(c->when.today, 12 * CALL_YEARS_AHEAD).n)
        return err_set(e, ERR_USAGE, "%s: %s is more than %d years ahead: add --yes if it is meant",
                       name, day_long(day, text), CALL_YEARS_AHEAD);
    return 0;
}

int call_day_kept(const struct call *c, const char *name, day_t none, day_t *ret, struct err *e)
{
    day_t day;

    if (call_day(c, name, none, &day, e) < 0 ||
        (call_text(c, name) && check_ahead(c, name, day, e) < 0))
        return -1;
    *ret = day;
    return 0;
}

/* The first day of the month, quarter or year that ends on `last`. */
static day_t first_of(enum due_precision precision, day_t last)
{
    int year, month, day;

    if (precision == DUE_DAY || precision == DUE_NONE)
        return last;
    day_to_ymd(last, &year, &month, &day);
    if (precision == DUE_YEAR)
        return day_from_ymd(year, 1, 1);
    return day_from_ymd(year, precision == DUE_QUARTER ? month - 2 : month, 1);
}

int call_period(const struct call *c, const char *name, day_t *ret_from, day_t *ret_to,
                struct err *e)
{
    const char *text = call_text(c, name);
    enum due_precision precision = DUE_NONE;
    struct err other; /* what is no date of a plan may be a relative word */
    day_t to = DAY_NONE;

    if (text && when_due(text, &to, &precision, &other) < 0) {
        if (call_day(c, name, DAY_NONE, &to, e) < 0)
            return -1;
        precision = DUE_DAY;
    }
    if (precision == DUE_ONGOING)
        return err_set(e, ERR_USAGE, "%s: wants a day (4 Feb 2019) or a month (Jan 2019)", name);
    if (check_ahead(c, name, to, e) < 0)
        return -1;
    *ret_from = first_of(precision, to);
    *ret_to = to;
    return 0;
}

int call_read_period(const char *text, day_t *ret_from, day_t *ret_to, struct err *e)
{
    enum due_precision precision;
    day_t to;

    if (when_due(text, &to, &precision, e) < 0)
        return -1;
    if (!day_is(to))
        return err_set(e, ERR_USAGE, "\"%s\" is no day, month, quarter or year", text);
    *ret_from = first_of(precision, to);
    *ret_to = to;
    return 0;
}

int call_instant(const struct call *c, const char *name, utc_t none, utc_t *ret, struct err *e)
{
    const char *text = call_text(c, name);
    struct err other;
    utc_t second;
    day_t day;

    if (!text) {
        *ret = none;
        return 0;
    }
    if (when_instant(text, c->api->engine->zone, ret, e) == 0)
        return 0;
    if (when_date(text, &c->when, &day, &other) < 0) /* yesterday, -10wd: from its midnight */
        return within(e, name);
    zone_utc(c->api->engine->zone, (struct local){day, 0}, ret, &second);
    return 0;
}

int call_as_at(const struct call *c, day_t *ret_day, utc_t *ret_known, struct err *e)
{
    if (call_day(c, "as_at", c->when.today, ret_day, e) < 0)
        return -1;
    return call_instant(c, "known_at", UTC_NONE, ret_known, e);
}

int call_link(const struct call *c, const char *name, char **ret_title, char **ret_link,
              struct err *e)
{
    const char *text = call_text(c, name);

    *ret_title = *ret_link = NULL;
    if (!text || evidence_split(text, ret_title, ret_link, e) == 0)
        return 0;
    return err_within(e, "%s", name);
}

int call_no_word(const struct call *c, const char *name, const char *const words[], size_t count,
                 struct err *e)
{
    struct text all = TEXT_INIT;

    for (size_t i = 0; i < count; i++)
        text_addf(&all, "%s%s", i ? ", " : "", words[i]);
    err_set(e, ERR_USAGE, "%s: no \"%.40s\": there are %s", name, call_text(c, name), all.s);
    text_free(&all);
    return -1;
}

int call_match(const struct call *c, int64_t version, struct err *e)
{
    char etag[32];

    if (!c->rq->if_match || strcmp(c->rq->if_match, "*") == 0)
        return 0;
    snprintf(etag, sizeof etag, "\"%lld\"", (long long)version);
    if (strcmp(c->rq->if_match, etag) == 0)
        return 0;
    return err_set(e, ERR_STALE, "it was changed meanwhile: it is at version %s, not %.40s", etag,
                   c->rq->if_match);
}

/* ---- building ---- */

/* A member is never left out for bytes that are no UTF-8: a server's reply, a damaged row. */
void put_text(json_t *o, const char *key, const char *value)
{
    json_t *text = value ? json_string(value) : json_null();
    char *clean;

    if (!text) {
        clean = text_clean(value, strlen(value), NULL);
        text = json_string(clean);
        free(clean);
    }
    json_object_set_new(o, key, text);
}

void put_int(json_t *o, const char *key, int64_t value)
{
    json_object_set_new(o, key, json_integer(value));
}

void put_flag(json_t *o, const char *key, bool value)
{
    json_object_set_new(o, key, json_boolean(value));
}

void put_day(json_t *o, const char *key, day_t value)
{
    char text[DAY_ISO];

    put_text(o, key, day_is(value) ? day_iso(value, text) : NULL);
}

void put_utc(json_t *o, const char *key, utc_t value)
{
    char text[UTC_ISO];

    put_text(o, key, utc_is(value) ? utc_iso(value, text) : NULL);
}

void put_textf(json_t *o, const char *key, const char *fmt, ...)
{
    struct text t = TEXT_INIT;
    va_list ap;

    va_start(ap, fmt);
    text_addv(&t, fmt, ap);
    va_end(ap);
    put_text(o, key, t.s);
    text_free(&t);
}

json_t *fraction_json(struct fraction f)
{
    return f.den == 1 ? json_integer(f.num) : json_real(fraction_number(f));
}

json_t *put_list(json_t *o, const char *key)
{
    json_t *list = json_array();

    json_object_set_new(o, key, list);
    return list;
}

json_t *put_row(json_t *list)
{
    json_t *row = json_object();

    json_array_append_new(list, row);
    return row;
}

json_t *call_items(struct call *c, const struct view *view)
{
    return put_list(call_object(c, view), "items");
}

json_t *call_object(struct call *c, const struct view *view)
{
    json_decref(c->answer);
    c->answer = json_object();
    c->view = view;
    return c->answer;
}

int call_trusts_clock(const struct call *c, struct err *e)
{
    const char *suspect = c->api->service->troubles[TROUBLE_CLOCK];

    return suspect ? err_set(e, ERR_REFUSED, "%s", suspect) : 0;
}
