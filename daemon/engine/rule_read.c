/* What the fields of a rule mean: one reader for each type of engine/rule.def. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/when.h"
#include "calendar/workday.h"
#include "engine/rule.h"
#include "plan/policy.h"
#include "plan/slug.h"
#include "store/deadline.h"

#define ID_MAX    32
#define COUNT_MAX 999
#define TEXT_MAX  500

/* What a reader is given: the text, and where its meaning goes. */
struct reading {
    const char *text;
    struct rule *rule;
    void *into;
};

/* ---- words ---- */

/* The next word of a text, blanks between; false at its end. */
static bool next_word(const char **at, const char **ret, size_t *ret_len)
{
    *at += strspn(*at, " \t\n");
    *ret = *at;
    *ret_len = strcspn(*at, " \t\n");
    *at += *ret_len;
    return *ret_len > 0;
}

static int one_of(const char *text, const char *const words[], size_t count, int *ret,
                  struct err *e)
{
    struct text all = TEXT_INIT;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = (int)i;
            text_free(&all);
            return 0;
        }
        text_addf(&all, "%s%s", i ? ", " : "", words[i]);
    }
    err_set(e, ERR_USAGE, "\"%.60s\" is none of: %s", text, all.s);
    text_free(&all);
    return -1;
}

/* ---- paths ---- */

static int read_path(const char *word, size_t len, struct rule_path *ret, struct err *e)
{
    const char *dot = memchr(word, '.', len);
    size_t kind_len = dot ? (size_t)(dot - word) : len;

    if (!record_kind_find(word, kind_len, &ret->kind))
        return err_set(e, ERR_USAGE, "\"%.*s\" is no kind of record, as in inspection.received_on",
                       (int)kind_len, word);
    ret->field = dot ? record_field_find(ret->kind, dot + 1, len - kind_len - 1) : NULL;
    if (!ret->field)
        return err_set(e, ERR_USAGE, "\"%.*s\": %s has no such field", (int)len, word,
                       record_def(ret->kind)->name);
    return 0;
}

static int add_path(const char *word, size_t len, enum field_type type, struct rule_paths *ret,
                    struct err *e)
{
    struct rule_path path;

    if (ret->count == RULE_PATHS)
        return err_set(e, ERR_USAGE, "more than %d fields", RULE_PATHS);
    if (read_path(word, len, &path, e) < 0)
        return -1;
    if (path.field->type != type)
        return err_set(e, ERR_USAGE, "\"%.*s\" is no %s", (int)len, word,
                       type == FIELD_DAY      ? "date"
                       : type == FIELD_PERIOD ? "period"
                                              : "role");
    ret->items[ret->count++] = path;
    return 0;
}

/* Paths of one type; a last word without a dot goes to *ret_else, where there may be one. */
static int read_paths(const char *text, enum field_type type, struct rule_paths *ret,
                      const char **ret_else, struct err *e)
{
    const char *word;
    size_t len;

    while (next_word(&text, &word, &len)) {
        if (ret_else && !memchr(word, '.', len)) {
            if (word[len])
                return err_set(e, ERR_USAGE, "\"%.*s\" is to be the last", (int)len, word);
            *ret_else = word;
        } else if (add_path(word, len, type, ret, e) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_PATHS(const struct reading *r, struct err *e)
{
    return read_paths(r->text, FIELD_DAY, r->into, NULL, e);
}

static int read_STATES(const struct reading *r, struct err *e)
{
    struct rule_paths *paths = r->into;

    if (read_PATHS(r, e) < 0)
        return -1;
    if (paths->count > 2 || (paths->count == 2 && paths->items[0].kind != paths->items[1].kind))
        return err_set(e, ERR_USAGE, "one date of a record, or two of the same");
    return 0;
}

static int read_FROM(const struct reading *r, struct err *e)
{
    static const char by_rule[] = "rule:";
    struct rule_paths *from = &r->rule->from;

    if (strncmp(r->text, by_rule, strlen(by_rule)) == 0) {
        r->rule->after = r->text + strlen(by_rule);
        return 0;
    }
    if (read_paths(r->text, FIELD_DAY, from, NULL, e) < 0)
        return -1;
    for (size_t i = 1; i < from->count; i++)
        if (from->items[i].kind != from->items[0].kind)
            return err_set(e, ERR_USAGE, "all dates are to be of one kind of record");
    return 0;
}

static int read_EVERY(const struct reading *r, struct err *e)
{
    int months, days;

    if (read_paths(r->text, FIELD_PERIOD, &r->rule->every, &r->rule->every_else, e) < 0)
        return -1;
    return r->rule->every_else ? when_every(r->rule->every_else, &months, &days, e) : 0;
}

static int check_slug(const char *text, struct err *e)
{
    char *slug;

    if (slug_parse(text, &slug, e) < 0)
        return -1;
    free(slug);
    return 0;
}

static int read_ROLES(const struct reading *r, struct err *e)
{
    if (read_paths(r->text, FIELD_ROLE, &r->rule->role, &r->rule->role_else, e) < 0)
        return -1;
    return r->rule->role_else ? check_slug(r->rule->role_else, e) : 0;
}

/* ---- conditions ---- */

/* Of a field whose words are listed, only those. */
static int check_words(const struct record_field *f, const char *words, size_t len, struct err *e)
{
    const char *end = words + len;

    while (words < end) {
        size_t n = strcspn(words, "| \t\n");
        char *spaced = xasprintf(" %s ", f->limit), *word = xasprintf(" %.*s ", (int)n, words);
        bool known = f->type != FIELD_CODE || !*f->limit || strstr(spaced, word);

        free(spaced);
        free(word);
        if (!known)
            return err_set(e, ERR_USAGE, "\"%.*s\" is none of: %s", (int)n, words, f->limit);
        words += n + 1;
    }
    return 0;
}

static int add_condition(const char *word, size_t len, struct rule_conditions *ret, struct err *e)
{
    const char *equals = memchr(word, '=', len);
    struct rule_condition *c = &ret->items[ret->count];
    size_t rest;

    if (!equals)
        return err_set(e, ERR_USAGE, "\"%.*s\" has no \"=\", as in visit.kind=monitoring", (int)len,
                       word);
    if (ret->count == RULE_CONDITIONS)
        return err_set(e, ERR_USAGE, "more than %d conditions", RULE_CONDITIONS);
    rest = len - (size_t)(equals + 1 - word);
    if (read_path(word, (size_t)(equals - word), &c->path, e) < 0 ||
        check_words(c->path.field, equals + 1, rest, e) < 0)
        return -1;
    c->words = rest ? xasprintf("|%.*s|", (int)rest, equals + 1) : NULL;
    ret->count++;
    return 0;
}

static int read_CONDITIONS(const struct reading *r, struct err *e)
{
    const char *text = r->text, *word;
    size_t len;

    while (next_word(&text, &word, &len))
        if (add_condition(word, len, r->into, e) < 0)
            return -1;
    return 0;
}

static int read_PER(const struct reading *r, struct err *e)
{
    if (!record_kind_find(r->text, strlen(r->text), &r->rule->per) ||
        !record_field_find(r->rule->per, "board", strlen("board")))
        return err_set(e, ERR_USAGE, "\"%.60s\" is no kind of record with a board", r->text);
    r->rule->has_per = true;
    return 0;
}

/* ---- plain values ---- */

static int read_ID(const struct reading *r, struct err *e)
{
    size_t len = strspn(r->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    if (!len || len > ID_MAX || r->text[len] || r->text[0] == '-' || r->text[len - 1] == '-')
        return err_set(e, ERR_USAGE,
                       "\"%.60s\" is no name of a rule: A to Z, digits and hyphens, at most %d",
                       r->text, ID_MAX);
    r->rule->id = r->text;
    return 0;
}

static int read_TEXT(const struct reading *r, struct err *e)
{
    char *line = text_one_line(r->text);
    int same = strcmp(line, r->text);

    free(line);
    if (same != 0 || strlen(r->text) > TEXT_MAX)
        return err_set(e, ERR_USAGE, "is to be one line of at most %d bytes", TEXT_MAX);
    *(const char **)r->into = r->text;
    return 0;
}

static int read_COUNT(const struct reading *r, struct err *e)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(r->text, &end, 10);
    if (*end || errno || isspace((unsigned char)*r->text) || n < -COUNT_MAX || n > COUNT_MAX)
        return err_set(e, ERR_USAGE, "\"%.60s\" is no whole number from -%d to %d", r->text,
                       COUNT_MAX, COUNT_MAX);
    *(int *)r->into = (int)n;
    return 0;
}

static int read_UNIT(const struct reading *r, struct err *e)
{
    int unit;

    if (one_of(r->text, rule_unit_names, RULE_UNITS, &unit, e) < 0)
        return -1;
    r->rule->unit = (enum rule_unit)unit;
    return 0;
}

static int read_ROLL(const struct reading *r, struct err *e)
{
    static const char *const words[] = {"none", "preceding", "following"};
    int roll;

    if (one_of(r->text, words, COUNT(words), &roll, e) < 0)
        return -1;
    r->rule->roll = (enum rule_roll)roll;
    return 0;
}

static int read_CALENDAR(const struct reading *r, struct err *e)
{
    int division;

    if (one_of(r->text, holidays_divisions, HOLIDAYS_DIVISIONS, &division, e) < 0)
        return -1;
    r->rule->calendar = holidays_divisions[division];
    return 0;
}

static int read_CUT(const struct reading *r, struct err *e)
{
    static const char *const words[] = {"previous-month-end"};
    int cut;

    if (one_of(r->text, words, COUNT(words), &cut, e) < 0)
        return -1;
    r->rule->cut = true;
    return 0;
}

static int read_DRAFT(const struct reading *r, struct err *e)
{
    static const char *const words[] = {"chair"};
    int draft;

    if (one_of(r->text, words, COUNT(words), &draft, e) < 0)
        return -1;
    r->rule->draft = r->text;
    return 0;
}

static int read_SLUGS(const struct reading *r, struct err *e)
{
    const char *text = r->text, *word;
    size_t len, count = 0;

    while (next_word(&text, &word, &len)) {
        char *slug = xstrndup(word, len);
        int rc = check_slug(slug, e);

        free(slug);
        if (rc < 0)
            return -1;
        if (++count > RULE_COPIES)
            return err_set(e, ERR_USAGE, "more than %d roles", RULE_COPIES);
    }
    r->rule->copy = r->text;
    return 0;
}

static int read_LADDER(const struct reading *r, struct err *e)
{
    r->rule->ladder = r->text;
    return ladder_parse(r->text, r->into, e);
}

static int read_CHECK(const struct reading *r, struct err *e)
{
    if (check_slug(r->text, e) < 0)
        return -1;
    r->rule->check = r->text;
    return 0;
}

static int read_DAY(const struct reading *r, struct err *e)
{
    if (day_parse_iso(r->text, r->into) < 0)
        return err_set(e, ERR_USAGE, "\"%.60s\" is no date, as in 2007-04-01", r->text);
    return 0;
}

/* ---- the rule ---- */

/* Where the meaning of a field goes whose reader does not know by itself. */
static void *target(struct rule *r, enum rule_field f)
{
    void *const targets[RULE_FIELDS] = {
        [RULE_title] = &r->title,
        [RULE_to] = &r->to,
        [RULE_missed] = &r->missed,
        [RULE_citation] = &r->citation,
        [RULE_if] = &r->conditions,
        [RULE_closed_if] = &r->closed_if,
        [RULE_precedes] = &r->precedes,
        [RULE_offset] = &r->offset,
        [RULE_opens] = &r->opens,
        [RULE_warn] = &r->warn,
        [RULE_times] = &r->times,
        [RULE_ladder] = &r->steps,
        [RULE_until] = &r->until,
        [RULE_met_by] = &r->met_by,
        [RULE_closed_by] = &r->closed_by,
        [RULE_stated_by] = &r->stated_by,
        [RULE_in_force_from] = &r->in_force_from,
        [RULE_in_force_to] = &r->in_force_to,
    };

    return targets[f];
}

static int read_field(const struct rule_text *t, enum rule_field f, struct rule *r, struct err *e)
{
    static int (*const readers[RULE_FIELDS])(const struct reading *r, struct err *e) = {
#define RULE_FIELD(name, need, type, help) [RULE_##name] = read_##type,
#include "engine/rule.def"
#undef RULE_FIELD
    };
    struct reading reading = {t->values[f], r, target(r, f)};

    if (!reading.text)
        return rule_field_needed[f] ? err_set(e, ERR_USAGE, "is missing") : 0;
    if (!*reading.text)
        return err_set(e, ERR_USAGE, "is empty; remove it");
    return readers[f](&reading, e);
}

int rule_check_field(enum rule_field field, const char *text, struct err *e)
{
    struct rule_text t = {0};
    struct rule r = {0};
    int rc;

    t.values[field] = (char *)text; /* read only */
    rc = read_field(&t, field, &r, e);
    rule_clear(&r);
    return rc;
}

/* What holds between fields; the one to name is where it is best mended. */
static int check_fields(const struct rule *r, enum rule_field *ret_field, struct err *e)
{
    *ret_field = RULE_opens;
    if (r->window && r->opens > r->offset)
        return err_set(e, ERR_USAGE, "the window opens after offset, where it ends");
    *ret_field = RULE_warn;
    if (!r->window && r->warn)
        return err_set(e, ERR_USAGE, "is for windows: give opens too");
    *ret_field = RULE_times;
    if (r->times < 0 || (r->times && !r->every_else && !r->every.count))
        return err_set(e, ERR_USAGE, "is how often `every` comes back in all");
    *ret_field = RULE_every;
    if (r->window && (r->every_else || r->every.count))
        return err_set(e, ERR_USAGE, "a window does not come back; count it from what closes it");
    if (r->unit == UNIT_MONTH_ENDS && r->every_else && !strpbrk(r->every_else, "mqy"))
        return err_set(e, ERR_USAGE, "month-ends come back in months");
    *ret_field = RULE_per;
    if (r->has_per && (r->after || !record_field_find(r->from.items[0].kind, "board", 5)))
        return err_set(e, ERR_USAGE, "what is counted from has no board");
    *ret_field = RULE_unit;
    if (r->window && r->unit == UNIT_MONTH_ENDS)
        return err_set(e, ERR_USAGE, "a window is not counted in month-ends");
    *ret_field = RULE_in_force_to;
    if (day_is(r->in_force_from) && day_is(r->in_force_to) && r->in_force_to.n < r->in_force_from.n)
        return err_set(e, ERR_USAGE, "is before in_force_from");
    *ret_field = RULE_FIELDS;
    return 0;
}

int rule_read(const struct rule_text *t, struct rule *ret, enum rule_field *ret_field,
              struct err *e)
{
    struct rule r = {.pack = t->pack,
                     .copy = DEADLINE_COPY,
                     .ladder = DEADLINE_LADDER,
                     .window = t->values[RULE_opens] != NULL,
                     .in_force_from = DAY_NONE,
                     .in_force_to = DAY_NONE};
    int rc = ladder_parse(DEADLINE_LADDER, &r.steps, e);

    r.check = r.window ? "windows" : DEADLINE_CHECK;
    for (int f = 0; rc == 0 && f < RULE_FIELDS; f++) {
        *ret_field = (enum rule_field)f;
        rc = read_field(t, (enum rule_field)f, &r, e);
    }
    if (rc == 0 && r.window && !t->values[RULE_warn])
        r.warn = r.offset;
    if (rc == 0)
        rc = check_fields(&r, ret_field, e);
    if (rc < 0)
        rule_clear(&r);
    else
        *ret = r;
    return rc;
}
