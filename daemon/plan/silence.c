#include "plan/silence.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

#define VALUE_MAX 200

static const char *const names[SILENCE_FIELDS] = {
    [SILENCE_ABOUT] = "about", [SILENCE_EVENT] = "event", [SILENCE_ROLE] = "role",
    [SILENCE_TO] = "to",       [SILENCE_PLAN] = "plan",   [SILENCE_RULE] = "rule",
};

day_t ack_latest(day_t due, day_t today)
{
    day_t latest = day_add(today, ACK_DAYS_MAX);

    return due.n < today.n ? latest : day_earlier(due, latest);
}

const char *silence_field_name(enum silence_field f)
{
    return names[f];
}

void silence_match_clear(struct silence_match *m)
{
    for (size_t i = 0; i < SILENCE_FIELDS; i++)
        free(m->values[i]);
    *m = (struct silence_match){0};
}

/* ---- reading ---- */

/* -1: there is none of that name. */
static int find_field(const char *text, size_t len)
{
    for (int i = 0; i < SILENCE_FIELDS; i++)
        if (strlen(names[i]) == len && strncmp(names[i], text, len) == 0)
            return i;
    return -1;
}

/* What notices name no subject by would match nothing, and nobody would notice. */
static int check_about(const char *value, struct err *e)
{
    if (strcmp(value, "*") == 0 || (strchr(value, ':') && strncmp(value, "action:", 7) != 0))
        return 0;
    return err_set(e, ERR_USAGE,
                   "match: about=%.40s: write it as notices do, bromley-2016:5.12 or deadline:3",
                   value);
}

static int check_value(enum silence_field f, const char *value, struct err *e)
{
    size_t len = strlen(value);

    if (len == 0 || len > VALUE_MAX)
        return err_set(e, ERR_USAGE, "match: %s wants a value of 1 to %d bytes", names[f],
                       VALUE_MAX);
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ')
            return err_set(e, ERR_USAGE, "match: %s has a control character in it", names[f]);
    if (strcspn(value, "*") + 1 < len)
        return err_set(e, ERR_USAGE, "match: %s=%.40s: * stands at the end only", names[f], value);
    return f == SILENCE_ABOUT ? check_about(value, e) : 0;
}

int silence_match_add(struct silence_match *m, const char *text, struct err *e)
{
    size_t len = strcspn(text, "=");
    int f = text[len] ? find_field(text, len) : -1;

    if (f < 0)
        return err_set(e, ERR_USAGE,
                       "match: \"%.40s\": wants FIELD=VALUE with about, event, role, to, plan or "
                       "rule",
                       text);
    if (check_value((enum silence_field)f, text + len + 1, e) < 0)
        return -1;
    if (m->values[f])
        return err_set(e, ERR_USAGE, "match: %s is given twice; add a second silence", names[f]);
    m->values[f] = xstrdup(text + len + 1);
    return 0;
}

char *silence_match_text(const struct silence_match *m)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < SILENCE_FIELDS; i++)
        if (m->values[i])
            text_addf(&t, "%s%s=%s", t.len ? "\n" : "", names[i], m->values[i]);
    return text_take(&t);
}

int silence_match_parse(const char *text, struct silence_match *ret, struct err *e)
{
    *ret = (struct silence_match){0};
    while (*text) {
        size_t len = strcspn(text, "\n");
        char *line = xstrndup(text, len);
        int rc = silence_match_add(ret, line, e);

        free(line);
        if (rc < 0)
            return -1;
        text += len + (text[len] == '\n');
    }
    return 0;
}

/* ---- matching ---- */

bool silence_wants(const struct silence_match *m, enum silence_field f, const char *value)
{
    int (*compare)(const char *a, const char *b, size_t n) =
        f == SILENCE_TO ? strncasecmp : strncmp;
    const char *wanted = m->values[f];
    size_t len = wanted ? strlen(wanted) : 0;

    if (!wanted || !value)
        return false;
    /* with its NUL, unless the rest may be anything */
    return compare(value, wanted, wanted[len - 1] == '*' ? len - 1 : len + 1) == 0;
}

bool silence_matches(const struct silence_match *m, const struct silence_subject *s)
{
    const char *const has[SILENCE_FIELDS] = {
        [SILENCE_ABOUT] = s->about, [SILENCE_EVENT] = s->event, [SILENCE_ROLE] = s->role,
        [SILENCE_TO] = s->address,  [SILENCE_PLAN] = s->plan,   [SILENCE_RULE] = s->rule,
    };
    bool any = false;

    for (size_t i = 0; i < SILENCE_FIELDS; i++) {
        if (m->values[i] && !silence_wants(m, (enum silence_field)i, has[i]))
            return false;
        any |= m->values[i] != NULL;
    }
    return any;
}
