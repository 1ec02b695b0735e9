/* What may stand in a record: one reader for each type of field, and the rules of record.def. */
#include "store/record_check.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "calendar/when.h"
#include "plan/fraction.h"
#include "store/role.h"

#define NUMBER_MAX 9999
#define TALLY_MAX  9999999
#define CODE_MAX   64
#define ID_DIGITS  15

static void replace(char **value, char *by)
{
    free(*value);
    *value = by;
}

/* ---- a value by its type ---- */

static bool is_code(const char *s)
{
    size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return len > 0 && len <= CODE_MAX && s[len] == '\0' && s[0] != '-' && s[len - 1] != '-';
}

static int read_code(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    char *code = xstrdup(*value);

    (void)s;
    for (char *at = code; *at; at++)
        *at = *at == ' ' ? '-' : (char)tolower((unsigned char)*at);
    if (is_code(code) && (!*f->limit || text_has_word(f->limit, code))) {
        replace(value, code);
        return 0;
    }
    free(code);
    if (*f->limit)
        return err_set(e, ERR_USAGE, "\"%.60s\" is none of: %s", *value, f->limit);
    return err_set(e, ERR_USAGE, "\"%.60s\" is no code: a to z, digits and hyphens", *value);
}

/* A whole number as digits alone. */
static int read_whole(char **value, long least, long most, struct err *e)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(*value, &end, 10);
    if (!isdigit((unsigned char)**value) || *end || errno || n < least || n > most)
        return err_set(e, ERR_USAGE, "\"%.60s\" is no number from %ld to %ld", *value, least, most);
    replace(value, xasprintf("%ld", n));
    return 0;
}

static int read_number(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    (void)s;
    return read_whole(value, 1, *f->limit ? strtol(f->limit, NULL, 10) : NUMBER_MAX, e);
}

static int read_tally(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    (void)s;
    (void)f;
    return read_whole(value, 0, TALLY_MAX, e);
}

static int read_decimal(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    char text[FRACTION_TEXT];
    struct fraction number;

    (void)s;
    (void)f;
    if (fraction_parse(*value, &number, e) < 0)
        return -1;
    replace(value, xstrdup(fraction_decimal(number, 4, text)));
    return 0;
}

static int read_day(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    day_t day;

    (void)s;
    (void)f;
    return day_parse_iso(*value, &day) < 0 ? err_set(e, ERR_USAGE, "\"%.60s\" is no date", *value)
                                           : 0;
}

/* As a plan states a month; its days do not matter. */
static int read_month(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    enum due_precision precision;
    char iso[DAY_ISO];
    struct err none;
    day_t last;

    (void)s;
    (void)f;
    if (when_due(*value, &last, &precision, &none) < 0 || precision != DUE_MONTH)
        return err_set(e, ERR_USAGE, "\"%.60s\" is no month: write 2017-09 or Sep 2017", *value);
    day_iso(last, iso);
    replace(value, xasprintf("%.7s", iso));
    return 0;
}

/* 14:00 or 9:30, of a day of 24 hours. */
static int read_time(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    const char *text = *value;
    size_t digits = strspn(text, "0123456789");
    int hour, minute;

    (void)s;
    (void)f;
    if (digits < 1 || digits > 2 || text[digits] != ':' ||
        strspn(text + digits + 1, "0123456789") != 2 || text[digits + 3])
        return err_set(e, ERR_USAGE, "\"%.60s\" is no time of day: write 14:00", text);
    hour = (int)strtol(text, NULL, 10);
    minute = (int)strtol(text + digits + 1, NULL, 10);
    if (hour > 23 || minute > 59)
        return err_set(e, ERR_USAGE, "\"%.60s\" is no time of day: 00:00 to 23:59", text);
    replace(value, xasprintf("%02d:%02d", hour, minute));
    return 0;
}

static int read_text(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    (void)s;
    (void)f;
    return **value ? 0 : err_set(e, ERR_USAGE, "it is empty");
}

static int read_period(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    int months, days;

    (void)s;
    (void)f;
    return when_every(*value, &months, &days, e);
}

static int read_role(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    struct role role;

    (void)f;
    if (role_find(s, *value, DAY_NONE, &role, e) < 0)
        return -1;
    replace(value, xstrdup(role.slug));
    role_clear(&role);
    return 0;
}

int record_number(enum record_kind kind, const char *text, int64_t *ret, struct err *e)
{
    const char *name = record_def(kind)->name, *digits = text;
    size_t len = strlen(name);

    if (strncmp(text, name, len) == 0 && text[len] == ':')
        digits += len + 1;
    if (!*digits || strlen(digits) > ID_DIGITS || digits[strspn(digits, "0123456789")])
        return err_set(e, ERR_USAGE, "\"%.60s\" is no number of %s: 1, or %s:1", text,
                       record_def(kind)->path, name);
    *ret = strtoll(digits, NULL, 10);
    return 0;
}

static int read_ref(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    enum record_kind kind = 0; /* record.def names one that is there: a test adds one of each */
    struct record there;
    int64_t id;

    record_kind_find(f->limit, strlen(f->limit), &kind);
    if (record_number(kind, *value, &id, e) < 0 || record_find(s, kind, id, &there, e) < 0)
        return -1;
    record_clear(&there);
    replace(value, xasprintf("%s:%" PRId64, f->limit, id));
    return 0;
}

int record_read_value(struct store *s, const struct record_field *f, char **value, struct err *e)
{
    static int (*const readers[])(struct store * s, const struct record_field *f, char **value,
                                  struct err *e) = {
        [FIELD_TEXT] = read_text,       [FIELD_DAY] = read_day,       [FIELD_NUMBER] = read_number,
        [FIELD_CODE] = read_code,       [FIELD_PERIOD] = read_period, [FIELD_ROLE] = read_role,
        [FIELD_REF] = read_ref,         [FIELD_TIME] = read_time,     [FIELD_TALLY] = read_tally,
        [FIELD_DECIMAL] = read_decimal, [FIELD_MONTH] = read_month,
    };

    return readers[f->type](s, f, value, e) < 0 ? err_within(e, "%s", f->name) : 0;
}

/* ---- the rules ---- */

static int check_there(const struct record *r, struct err *e)
{
    const struct record_def *def = record_def(r->kind);
    struct text either = TEXT_INIT;
    bool found = false;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < def->count; i++) {
        const struct record_field *f = &def->fields[i];

        if (!r->values[i] && (f->need == NEED_NEEDED || f->need == NEED_SUBJECT))
            rc = err_set(e, ERR_USAGE, "%s: is missing", f->name);
        if (f->need == NEED_EITHER) {
            text_addf(&either, "%s%s", either.len ? ", " : "", f->name);
            found |= r->values[i] != NULL;
        }
    }
    if (rc == 0 && either.len && !found)
        rc = err_set(e, ERR_USAGE, "%s: at least one of them is wanted", either.s);
    text_free(&either);
    return rc;
}

/* ISO dates sort as text. */
static int check_days(struct record *r, struct err *e)
{
    const struct record_def *def = record_def(r->kind);

    for (size_t i = 0; i < def->count; i++) {
        const struct record_field *f = &def->fields[i];
        const char *from = f->type == FIELD_DAY && *f->limit ? *record_value(r, f->limit) : NULL;

        if (f->need == NEED_SAME && from && !r->values[i])
            r->values[i] = xstrdup(from);
        if (f->need == NEED_SAME && !from && r->values[i])
            return err_set(e, ERR_USAGE, "%s: is there without %s", f->name, f->limit);
        if (from && r->values[i] && strcmp(r->values[i], from) < 0)
            return err_set(e, ERR_USAGE, "%s: %s is before %s, %s", f->name, r->values[i], f->limit,
                           from);
    }
    return 0;
}

/* What is counted of something is not more than there is of it. */
static int check_tallies(struct record *r, struct err *e)
{
    const struct record_def *def = record_def(r->kind);

    for (size_t i = 0; i < def->count; i++) {
        const struct record_field *f = &def->fields[i];
        const char *most;

        if (f->type != FIELD_TALLY || !*f->limit || !r->values[i])
            continue;
        most = *record_value(r, f->limit);
        if (!most)
            return err_set(e, ERR_USAGE, "%s, %s: the first is there without the second", f->name,
                           f->limit);
        if (strtol(r->values[i], NULL, 10) > strtol(most, NULL, 10))
            return err_set(e, ERR_USAGE, "%s, %s: %s is more than %s", f->name, f->limit,
                           r->values[i], most);
    }
    return 0;
}

/* A record that refers to its own kind may not come back to itself. */
static int check_ring(struct store *s, const struct record *r, size_t field, struct err *e)
{
    const struct record_field *f = &record_def(r->kind)->fields[field];
    char *next = xstrdup(r->values[field]);
    int rc = 0;

    while (rc == 0 && next) {
        struct record above = {.kind = r->kind};
        int64_t id;

        rc = record_number(r->kind, next, &id, e);
        if (rc == 0 && id == r->id)
            rc = err_set(e, ERR_USAGE, "%s: it would stand under itself", f->name);
        if (rc == 0)
            rc = record_find(s, r->kind, id, &above, e);
        replace(&next, rc == 0 ? xstrdup(above.values[field]) : NULL);
        record_clear(&above);
    }
    free(next);
    return rc;
}

static int check_values(struct store *s, struct record *r, struct err *e)
{
    const struct record_def *def = record_def(r->kind);

    for (size_t i = 0; i < def->count; i++) {
        const struct record_field *f = &def->fields[i];

        if (r->values[i] && (record_read_value(s, f, &r->values[i], e) < 0 ||
                             (f->type == FIELD_REF && strcmp(f->limit, def->name) == 0 &&
                              check_ring(s, r, i, e) < 0)))
            return -1;
    }
    return 0;
}

int record_check(struct store *s, struct record *r, struct err *e)
{
    if (check_there(r, e) < 0 || check_values(s, r, e) < 0 || check_days(r, e) < 0 ||
        check_tallies(r, e) < 0)
        return err_within(e, "%s", record_def(r->kind)->name);
    return 0;
}
