#include "plan/scheme.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"

static const char *const meanings[MEANING_COUNT] = {
    [MEANING_COMPLETE] = "complete",       [MEANING_ON_TRACK] = "on-track",
    [MEANING_AT_RISK] = "at-risk",         [MEANING_OFF_TRACK] = "off-track",
    [MEANING_NOT_STARTED] = "not-started",
};

static const struct {
    const char *name;
    bool open, complete, counts;
} statuses[STATUS_COUNT] = {
    [STATUS_DRAFT] = {"draft", true, false, true},
    [STATUS_AGREED] = {"agreed", true, false, true},
    [STATUS_IN_PROGRESS] = {"in-progress", true, false, true},
    [STATUS_COMPLETION_PROPOSED] = {"completion-proposed", true, false, true},
    [STATUS_COMPLETE] = {"complete", false, true, true},
    [STATUS_VERIFIED] = {"verified", false, true, true},
    [STATUS_EMBEDDED] = {"embedded", false, true, true},
    [STATUS_SUSPENDED] = {"suspended", true, false, true},
    [STATUS_SUPERSEDED] = {"superseded", false, false, false},
    [STATUS_CANCELLED] = {"cancelled", false, false, false},
};

void scheme_clear(struct scheme *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->ratings[i].code);
        free(s->ratings[i].label);
        free(s->ratings[i].symbol);
        free(s->ratings[i].colour);
    }
    free(s->ratings);
    free(s->name);
    *s = (struct scheme){0};
}

static const char *skip_joiners(const char *s)
{
    while (*s == ' ' || *s == '-' || *s == '\t' || *s == '_')
        s++;
    return s;
}

/* Spreadsheets write "On Track", "on-track" and "ON  TRACK" for one thing. */
static bool same_word(const char *a, const char *b)
{
    for (;;) {
        a = skip_joiners(a);
        b = skip_joiners(b);
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
        a++;
        b++;
    }
}

int scheme_rating(const struct scheme *s, const char *word)
{
    for (size_t i = 0; i < s->count; i++)
        if (same_word(s->ratings[i].code, word) || same_word(s->ratings[i].label, word))
            return (int)i;
    return -1;
}

const char *meaning_name(enum meaning m)
{
    return meanings[m];
}

int meaning_parse(const char *name)
{
    for (int i = 0; i < MEANING_COUNT; i++)
        if (same_word(meanings[i], name))
            return i;
    return -1;
}

const char *status_name(enum status s)
{
    return statuses[s].name;
}

int status_parse(const char *word)
{
    for (int i = 0; i < STATUS_COUNT; i++)
        if (same_word(statuses[i].name, word))
            return i;
    return -1;
}

bool status_is_open(enum status s)
{
    return statuses[s].open;
}

bool status_is_complete(enum status s)
{
    return statuses[s].complete;
}

bool status_counts(enum status s)
{
    return statuses[s].counts;
}
