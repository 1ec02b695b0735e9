#include "client/command.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

const struct command commands[] = {
#define COMMAND(id, words, method, path, who, flags, arguments, summary) \
    {words, method, path, who, flags, arguments, summary},
#include "commands.def"
#undef COMMAND
};

const size_t command_count = COUNT(commands);

const struct command *command_find(const char *words)
{
    for (size_t i = 0; i < command_count; i++)
        if (strcmp(commands[i].words, words) == 0 && !(commands[i].flags & ROUTE))
            return &commands[i];
    return NULL;
}

bool command_begins(const char *words)
{
    size_t len = strlen(words);

    for (size_t i = 0; i < command_count; i++) {
        const char *w = commands[i].words;

        if (len && strncmp(w, words, len) == 0 && (w[len] == '\0' || w[len] == ' '))
            return true;
    }
    return false;
}

static void copy(char ret[ARG_NAME_MAX], const char *from, const char *end)
{
    size_t len = (size_t)(end - from);

    assert(len < ARG_NAME_MAX);
    memcpy(ret, from, len);
    ret[len] = '\0';
}

static void name_member(struct arg *a)
{
    const char *from = a->name + strspn(a->name, "-");
    size_t i;

    for (i = 0; from[i]; i++)
        a->member[i] = from[i] == '-' ? '_' : (char)tolower((unsigned char)from[i]);
    a->member[i] = '\0';
}

/* One word of the arguments language, len bytes. */
static void read_spec(const char *s, size_t len, struct arg *ret)
{
    const char *end = s + len, *equals = NULL;

    *ret = (struct arg){.needed = *s != '['};
    if (!ret->needed) {
        assert(end[-1] == ']');
        s++;
        end--;
    }
    if (end - s > 3 && memcmp(end - 3, "...", 3) == 0) {
        ret->many = true;
        end -= 3;
    }
    ret->option = *s == '-';
    if (ret->option)
        equals = memchr(s, '=', (size_t)(end - s));
    copy(ret->name, s, equals ? equals : end);
    if (equals)
        copy(ret->metavar, equals + 1, end);
    else if (!ret->option)
        copy(ret->metavar, s, end);
    name_member(ret);
}

static void read_specs(const char *s, struct args *ret)
{
    while (*s) {
        size_t len = strcspn(s, " ");

        assert(ret->count < ARGS_MAX);
        read_spec(s, len, &ret->at[ret->count++]);
        s += len;
        s += strspn(s, " ");
    }
}

void command_args(const struct command *c, struct args *ret)
{
    ret->count = 0;
    read_specs(c->arguments, ret);
    if (c->method != GET && !(c->flags & LOCAL))
        read_specs("[--dry-run]", ret);
}

bool command_in_path(const struct command *c, const struct arg *a)
{
    size_t len = strlen(a->member);

    for (const char *p = c->path; (p = strchr(p, '{')); p++)
        if (strncmp(p + 1, a->member, len) == 0 && p[1 + len] == '}')
            return true;
    return false;
}

bool arg_is_file(const struct arg *a)
{
    return strcmp(a->name, "FILE") == 0;
}

bool arg_is_number(const struct arg *a)
{
    return strcmp(a->metavar, "N") == 0;
}

const char *method_name(enum method m)
{
    static const char *const names[] = {[GET] = "GET", [POST] = "POST", [PATCH] = "PATCH"};

    return names[m];
}

const char *who_name(enum who w)
{
    static const char *const names[] = {
        [VIEWER] = "viewer", [OFFICER] = "officer", [ADMIN] = "admin"};

    return names[w];
}

bool near_enough(const char *typed, const char *near)
{
    size_t len = strlen(typed);

    return text_distance(typed, near) <= (len < 4 ? 1 : len / 3);
}

static void consider(const char *words, const char *candidate, size_t len, unsigned *best,
                     char **ret)
{
    char *c = xstrndup(candidate, len);
    unsigned d = text_distance(words, c);

    if (len && d < *best && near_enough(words, c)) {
        free(*ret);
        *ret = c;
        *best = d;
    } else {
        free(c);
    }
}

/* `position` for `report position`: the one command that ends in this word. */
static const char *by_last_word(const char *word)
{
    const char *found = NULL;

    for (size_t i = 0; i < command_count; i++) {
        const char *last = strrchr(commands[i].words, ' ');

        if (!last || strcmp(last + 1, word) != 0)
            continue;
        if (found)
            return NULL;
        found = commands[i].words;
    }
    return found;
}

char *command_nearest(const char *words)
{
    unsigned best = ~0u;
    char *near = NULL;
    const char *whole;

    for (size_t i = 0; i < command_count; i++) {
        const char *w = commands[i].words;

        consider(words, w, strlen(w), &best, &near);
        consider(words, w, strcspn(w, " "), &best, &near);
    }
    whole = near ? NULL : by_last_word(words);
    return whole ? xstrdup(whole) : near;
}
