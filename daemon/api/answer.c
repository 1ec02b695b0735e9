/* The forms of an answer: which one is wanted, JSON, CSV, and how single values read. HTML and
 * iCalendar have files of their own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/call.h"
#include "base/mem.h"
#include "plan/fraction.h"
#include "plan/scheme.h"

#define JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* In the order in which they are offered to whom any will do. */
static const struct media {
    int form;
    const char *name, *type;
    const char *word; /* as csictl --format calls it */
} medias[] = {
    {FORM_JSON, "application/json", "application/json", "json"},
    {FORM_TEXT, "text/plain", "text/plain; charset=utf-8", "table"},
    {FORM_CSV, "text/csv", "text/csv; charset=utf-8; header=present", "csv"},
    {FORM_HTML, "text/html", "text/html; charset=utf-8", "html"},
    {FORM_MARKDOWN, "text/markdown", "text/markdown; charset=utf-8", "markdown"},
    {FORM_ICS, "text/calendar", "text/calendar; charset=utf-8", "ics"},
};

/* A calendar can be had of what has dates alone, and a route for calendar programs is nothing else;
 * Markdown of reports. */
static bool has_form(const struct command *command, int form)
{
    bool dates = command->flags & COMMAND_CALENDAR, route = command->flags & COMMAND_ROUTE;

    if (form == FORM_MARKDOWN)
        return command->flags & COMMAND_MARKDOWN;
    return form == FORM_ICS ? dates : !(dates && route);
}

/* 3 where a range of Accept names the medium itself, 2 its kind, 1 any, 0 another. */
static int precision(const char *range, size_t len, const char *name)
{
    size_t kind = strcspn(name, "/") + 1;

    if (len == 3 && strncmp(range, "*/*", 3) == 0)
        return 1;
    if (len == kind + 1 && range[kind] == '*' && strncasecmp(range, name, kind) == 0)
        return 2;
    return len == strlen(name) && strncasecmp(range, name, len) == 0 ? 3 : 0;
}

/* The weight of one range; 1 without q. */
static double range_weight(const char *range, size_t len)
{
    for (size_t i = 0; i + 2 < len; i++)
        if (range[i] == ';') {
            const char *name = range + i + 1 + strspn(range + i + 1, " \t");

            if ((name[0] | 32) == 'q' && name[1] == '=')
                return strtod(name + 2, NULL);
        }
    return 1;
}

struct wish { /* for one medium, by the range that names it most precisely */
    double weight;
    int precision;
    size_t place; /* of that range: of equal wishes the first counts */
};

static struct wish wish_for(const struct media *m, const char *accept)
{
    struct wish wish = {0};

    for (const char *at = accept; *at;) {
        const char *range = at + strspn(at, ", \t");
        size_t len = strcspn(range, ",");
        int precise = precision(range, strcspn(range, ",; \t"), m->name);

        if (precise > wish.precision)
            wish = (struct wish){range_weight(range, len), precise, (size_t)(range - accept)};
        at = range + len;
    }
    return wish;
}

/* "there are json, table, csv and html", or as media types. Caller frees. */
static char *forms_there_are(const struct command *command, bool types)
{
    const char *names[COUNT(medias)];
    struct text t = TEXT_INIT;
    size_t count = 0;

    for (size_t i = 0; i < COUNT(medias); i++)
        if (has_form(command, medias[i].form))
            names[count++] = types ? medias[i].name : medias[i].word;
    text_add(&t, count == 1 ? "there is " : "there are ");
    for (size_t i = 0; i < count; i++)
        text_addf(&t, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " and ", names[i]);
    return text_take(&t);
}

static int form_of_word(const struct command *command, const char *word, struct form *ret,
                        struct err *e)
{
    const char *name = strcasecmp(word, "text") == 0 ? "table" : word;
    char *there;

    for (size_t i = 0; i < COUNT(medias); i++)
        if (strcasecmp(name, medias[i].word) == 0 && has_form(command, medias[i].form)) {
            ret->name = medias[i].form;
            return 0;
        }
    there = forms_there_are(command, false);
    err_set(e, ERR_TYPE, "no form \"%.40s\" of this: %s", word, there);
    free(there);
    return -1;
}

/* RFC 9110, 12.5.1 */
int answer_form(const struct command *command, const char *accept, const char *format,
                struct form *ret, struct err *e)
{
    struct wish best = {0};
    char *there;

    if (format && *format)
        return form_of_word(command, format, ret, e);
    if (!accept || !*accept)
        accept = "*/*";
    for (size_t i = 0; i < COUNT(medias); i++) {
        struct wish wish = wish_for(&medias[i], accept);

        if (has_form(command, medias[i].form) &&
            (wish.weight > best.weight ||
             (wish.weight >= best.weight && wish.place < best.place))) {
            best = wish;
            ret->name = medias[i].form;
        }
    }
    if (best.weight > 0)
        return 0;
    there = forms_there_are(command, true);
    err_set(e, ERR_TYPE, "none of the forms asked for: %s", there);
    free(there);
    return -1;
}

const char *answer_type(const char *kept)
{
    for (size_t i = 0; i < COUNT(medias); i++)
        if (strcmp(medias[i].type, kept) == 0)
            return medias[i].type;
    return medias[0].type;
}

/* ---- values ---- */

static const json_t *value_at(const json_t *o, const char *path)
{
    char key[64];

    while (o && *path) {
        size_t len = strcspn(path, ".");

        snprintf(key, sizeof key, "%.*s", (int)len, path);
        o = json_object_get(o, key);
        path += len + (path[len] == '.');
    }
    return o;
}

const json_t *call_rating(const struct call *c, const char *code)
{
    const json_t *rating;
    size_t i;

    json_array_foreach(c->ratings, i, rating)
    {
        if (strcmp(json_string_value(json_object_get(rating, "code")), code) == 0)
            return rating;
    }
    return NULL;
}

void call_use_scheme(struct call *c, const struct scheme *scheme)
{
    if (!c->ratings)
        c->ratings = json_array();
    for (size_t i = 0; i < scheme->count; i++) {
        const struct rating *rating = &scheme->ratings[i];

        if (!call_rating(c, rating->code)) {
            json_t *row = put_row(c->ratings);

            put_text(row, "code", rating->code);
            put_text(row, "label", rating->label);
            put_text(row, "symbol", rating->symbol);
            put_text(row, "colour", rating->colour);
        }
    }
}

/* A number that was a fraction of parts; denominators up to 60 cover any table people print. */
static char *fraction_value(double value)
{
    char text[FRACTION_TEXT];

    for (int den = 1; den <= 60; den++)
        if (fabs(value * den - round(value * den)) < 1e-9)
            return xstrdup(
                fraction_text((struct fraction){(int64_t)round(value * den), den}, text));
    return xasprintf("%.2f", value);
}

static char *day_value(const char *text)
{
    char human[DAY_TEXT];
    day_t day;

    return xstrdup(day_parse_iso(text, &day) == 0 ? day_short(day, human) : text);
}

/* To the second, and how far the clock on the wall is from UTC: what a relay's log is compared
 * with. */
static void add_rest(struct text *t, struct local local, utc_t at)
{
    int away = (int)((int64_t)local.day.n * 86400 + local.second - at.s) / 60;

    text_addf(t, ":%02d %c%02d:%02d", local.second % 60, away < 0 ? '-' : '+', abs(away) / 60,
              abs(away) % 60);
}

static char *time_value(const struct call *c, const char *text, bool exact)
{
    struct text t = TEXT_INIT;
    char human[DAY_TEXT];
    struct local local;
    utc_t at;

    if (utc_parse(text, &at) < 0)
        return xstrdup(text);
    local = zone_local(c->api->engine->zone, at);
    text_addf(&t, "%s %02d:%02d", day_short(local.day, human), local.second / 3600,
              local.second / 60 % 60);
    if (exact)
        add_rest(&t, local, at);
    return text_take(&t);
}

static char *rating_value(const struct call *c, const char *code)
{
    const json_t *rating = call_rating(c, code);

    if (!rating)
        return xstrdup(code);
    return xasprintf("%s %s", json_string_value(json_object_get(rating, "symbol")),
                     json_string_value(json_object_get(rating, "label")));
}

static char *list_value(const json_t *list)
{
    struct text t = TEXT_INIT;
    const json_t *item;
    size_t i;

    text_clear(&t);
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item))
            text_addf(&t, "%s%s", i ? ", " : "", json_string_value(item));
    }
    return text_take(&t);
}

static char *number_value(const json_t *value, const struct column *col, bool plain)
{
    double number = json_number_value(value);

    if (json_is_integer(value))
        return xasprintf("%lld", (long long)json_integer_value(value));
    if (!plain && col->kind == KIND_FRACTION)
        return fraction_value(number);
    return xasprintf("%.15g", number);
}

char *value_text(const struct call *c, const json_t *row, const struct column *col, bool plain)
{
    const json_t *value = value_at(row, col->key);
    const char *text = json_string_value(value);
    bool iso = plain || (c->form.name != FORM_HTML && c->form.width == 0);

    if (!value || json_is_null(value))
        return xstrdup("");
    if (json_is_array(value))
        return list_value(value);
    if (json_is_boolean(value))
        return xstrdup(json_is_true(value) ? "yes" : "no");
    if (json_is_number(value))
        return number_value(value, col, plain);
    if (!text)
        return xstrdup("");
    if (!iso && col->kind == KIND_DAY)
        return day_value(text);
    if (!iso && (col->kind == KIND_TIME || col->kind == KIND_INSTANT))
        return time_value(c, text, col->kind == KIND_INSTANT);
    if (!plain && col->kind == KIND_RATING)
        return rating_value(c, text);
    return xstrdup(text);
}

/* ---- CSV (RFC 4180) ---- */

static void csv_cell(struct text *t, const char *s)
{
    if (!s[strcspn(s, ",\"\r\n")]) {
        text_add(t, s);
        return;
    }
    text_add(t, "\"");
    for (; *s; s++)
        text_add_bytes(t, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    text_add(t, "\"");
}

static void csv_row(const struct call *c, const struct section *section, const json_t *row,
                    struct text *t)
{
    for (size_t i = 0; i < section->count; i++) {
        char *value = value_text(c, row, &section->columns[i], true);

        if (section->columns[i].kind == KIND_BAR) {
            free(value);
            continue;
        }
        if (i)
            text_add(t, ",");
        csv_cell(t, value);
        free(value);
    }
    text_add(t, "\r\n");
}

static void csv_render(const struct call *c, struct text *t)
{
    const struct section *section = &c->view->sections[c->view->csv];
    const json_t *row;
    size_t i;

    for (i = 0; i < section->count; i++)
        if (section->columns[i].kind != KIND_BAR)
            text_addf(t, "%s%s", i ? "," : "", section->columns[i].key);
    text_add(t, "\r\n");
    if (!section->list) {
        csv_row(c, section, c->answer, t);
        return;
    }
    json_array_foreach(json_object_get(c->answer, section->list), i, row)
    {
        csv_row(c, section, row, t);
    }
}

/* ---- rendering ---- */

static void json_render(const struct call *c, struct text *t)
{
    char *json = json_dumps(c->answer, JSON_FLAGS);

    text_addf(t, "%s\n", json ? json : "{}");
    free(json);
}

static void markdown_render(const struct call *c, struct text *t)
{
    text_add(t, c->markdown);
}

static void calendar_render(const struct call *c, struct text *t)
{
    text_add(t, c->calendar);
}

void answer_render(const struct call *c, char **ret_body, size_t *ret_len, const char **ret_type)
{
    static void (*const renders[])(const struct call *c, struct text *t) = {
        [FORM_JSON] = json_render, [FORM_CSV] = csv_render,           [FORM_TEXT] = table_render,
        [FORM_HTML] = html_render, [FORM_MARKDOWN] = markdown_render, [FORM_ICS] = calendar_render,
    };
    int form = c->view || c->calendar ? (int)c->form.name : FORM_JSON;
    struct text t = TEXT_INIT;

    text_clear(&t);
    renders[form](c, &t);
    for (size_t i = 0; i < COUNT(medias); i++)
        if (medias[i].form == form)
            *ret_type = medias[i].type;
    *ret_len = t.len;
    *ret_body = text_take(&t);
}
