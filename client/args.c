#include "client/args.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "client/help.h"
#include "client/print.h"

const struct global_option global_options[GLOBAL_COUNT] = {
    [G_SOCKET] = {"--socket", "PATH", "where csid listens", false},
    [G_JSON] = {"--json", "", "answer in JSON", true},
    [G_CSV] = {"--csv", "", "answer in CSV", true},
    [G_FORMAT] = {"--format", "F", "answer in another form", true},
    [G_NO_COLOR] = {"--no-color", "", "no colour on a terminal", false},
    [G_HELP] = {"--help", "", "explain the command, or all of them", false},
    [G_VERSION] = {"--version", "", "print the version", false},
};

struct walk {
    char **at, **end; /* words not yet read */
    size_t positionals;
    struct call *call;
};

/* NUL cannot come in through argv. */
static bool valid_text(const char *s)
{
    for (size_t n = strlen(s), len; n; s += len, n -= len) {
        unsigned code;

        len = utf8_char(s, n, &code);
        if (len == 0 || (code < 0x20 && code != '\n' && code != '\t') ||
            (code >= 0x7f && code < 0xa0))
            return false;
    }
    return true;
}

static bool valid_number(const char *s)
{
    size_t digits = strspn(s + (*s == '-'), "0123456789");

    return digits > 0 && digits <= 18 && s[(*s == '-') + digits] == '\0';
}

static int wrong(const struct call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int wrong(const struct call *c, const char *fmt, ...)
{
    char *what;
    va_list ap;

    va_start(ap, fmt);
    what = formatted(fmt, ap);
    va_end(ap);
    complain(EXIT_USAGE, "%s", what);
    free(what);
    help_usage(c->command);
    return EXIT_USAGE;
}

static bool given(const struct call *c, const struct arg *a)
{
    for (size_t i = 0; i < c->value_count; i++)
        if (c->values[i].arg == a)
            return true;
    return false;
}

static int add_value(struct call *c, const struct arg *a, const char *text)
{
    if (!valid_text(text))
        return wrong(c, "%s: the value is not UTF-8 text, or holds control characters", a->name);
    if (arg_is_number(a) && !valid_number(text))
        return wrong(c, "%s: \"%s\" is no whole number", a->name, text);
    if (!*text && *a->metavar && (arg_is_file(a) || command_in_path(c->command, a)))
        return wrong(c, "%s: the value is empty", a->name);
    if (!a->many && given(c, a))
        return wrong(c, "%s is given twice", a->name);
    c->values = xgrow(c->values, c->value_count, &c->value_cap, sizeof *c->values);
    c->values[c->value_count++] = (struct value){a, text};
    return EXIT_DONE;
}

static const struct arg *next_positional(const struct walk *w)
{
    size_t seen = 0;

    for (size_t i = 0; i < w->call->args.count; i++) {
        const struct arg *a = &w->call->args.at[i];

        if (!a->option && (seen++ == w->positionals || a->many))
            return a;
    }
    return NULL;
}

/* Adds a word to those of the command if a command goes on with it. */
static bool extend_command(struct call *c, const char *word)
{
    size_t before = c->words.len;

    if (strchr(word, ' '))
        return false;
    if (before)
        text_add(&c->words, " ");
    text_add(&c->words, word);
    if (command_begins(c->words.s)) {
        c->command = command_find(c->words.s);
        if (c->command)
            command_args(c->command, &c->args);
        return true;
    }
    c->words.len = before;
    c->words.s[before] = '\0';
    return false;
}

/* `acton list` is to be held against two words; what follows may as well be an argument. */
static char *nearest(const char *typed, const char *next)
{
    char *both = xasprintf("%s %s", typed, next ? next : "");
    char *near = next ? command_nearest(both) : NULL;

    free(both);
    return near ? near : command_nearest(typed);
}

static int unknown_command(const struct walk *w, const char *word)
{
    const struct call *c = w->call;
    char *typed = xasprintf("%s%s%s", c->words.s, c->words.len ? " " : "", word);
    char *near = nearest(typed, w->at < w->end ? *w->at : NULL);

    complain(EXIT_USAGE, "there is no command \"%s\"", typed);
    if (near)
        advise("did you mean: csictl %s", near);
    else if (c->words.len)
        help_group_briefly(c->words.s);
    else
        advise("try: csictl help");
    free(near);
    free(typed);
    return EXIT_USAGE;
}

static int take_word(struct walk *w, const char *word)
{
    struct call *c = w->call;
    const struct arg *a;

    if (w->positionals == 0 && extend_command(c, word))
        return EXIT_DONE;
    if (!c->command)
        return unknown_command(w, word);
    a = next_positional(w);
    if (!a)
        return wrong(c, "%s: one word too many: \"%s\"", c->words.s, word);
    w->positionals++;
    return add_value(c, a, word);
}

static const struct arg *find_option(const struct args *args, const char *name, size_t len)
{
    for (size_t i = 0; i < args->count; i++) {
        const struct arg *a = &args->at[i];

        if (a->option && strlen(a->name) == len && memcmp(a->name, name, len) == 0)
            return a;
    }
    return NULL;
}

static int find_global(const char *name, size_t len)
{
    if (len == 2 && memcmp(name, "-h", 2) == 0)
        return G_HELP;
    for (int i = 0; i < GLOBAL_COUNT; i++)
        if (strlen(global_options[i].name) == len && memcmp(global_options[i].name, name, len) == 0)
            return i;
    return -1;
}

static void consider(const char *name, const char *candidate, const char **ret, unsigned *best)
{
    unsigned d = text_distance(name, candidate);
    bool begins = strlen(name) > 2 && strncmp(candidate, name, strlen(name)) == 0;

    if (begins)
        d = 1;
    if (d < *best && (begins || near_enough(name, candidate))) {
        *ret = candidate;
        *best = d;
    }
}

static int unknown_option(const struct call *c, const char *word, size_t len)
{
    char *name = xstrndup(word, len);
    const char *near = NULL;
    unsigned best = ~0u;

    for (size_t i = 0; i < c->args.count; i++)
        if (c->args.at[i].option)
            consider(name, c->args.at[i].name, &near, &best);
    for (int i = 0; i < GLOBAL_COUNT; i++)
        consider(name, global_options[i].name, &near, &best);
    complain(EXIT_USAGE, "%s%sthere is no option %s%s", c->words.s, c->words.len ? ": " : "", name,
             c->command ? "" : " before the command");
    if (near)
        advise("did you mean: %s", near);
    help_usage(c->command);
    free(name);
    return EXIT_USAGE;
}

/* The value of an option: behind its =, or the next word. NULL after saying that there is none. */
static const char *option_value(struct walk *w, const char *name, const char *metavar,
                                const char *behind)
{
    if (!*metavar && behind) {
        wrong(w->call, "%s takes no value", name);
        return NULL;
    }
    if (!*metavar)
        return "";
    if (!behind && w->at < w->end)
        behind = *w->at++;
    if (!behind)
        wrong(w->call, "%s needs a value: %s%s%s", name, name, name[1] == '-' ? "=" : " ", metavar);
    return behind;
}

static int take_global(struct walk *w, enum global g, const char *behind)
{
    const struct global_option *o = &global_options[g];
    const char *value = option_value(w, o->name, o->metavar, behind);

    if (!value)
        return EXIT_USAGE;
    if (*o->metavar && (!*value || !valid_text(value)))
        return wrong(w->call, "%s: the value is empty or no text", o->name);
    for (int i = 0; o->is_form && i < GLOBAL_COUNT; i++)
        if (global_options[i].is_form)
            w->call->global[i] = NULL;
    w->call->global[g] = value;
    return EXIT_DONE;
}

static int take_option(struct walk *w, const char *word)
{
    struct call *c = w->call;
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    const char *behind = equals ? equals + 1 : NULL;
    const struct arg *a = find_option(&c->args, word, len);
    int global = a ? -1 : find_global(word, len);

    if (global >= 0)
        return take_global(w, (enum global)global, behind);
    if (!a && word[1] != '-' && (a = find_option(&c->args, word, 2)))
        behind = word + 2; /* -n5 */
    if (!a)
        return unknown_option(c, word, len);
    behind = option_value(w, a->name, a->metavar, behind);
    return behind ? add_value(c, a, behind) : EXIT_USAGE;
}

/* -5clear and -3 are words: no option begins with a digit. A lone - is standard input. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] && !isdigit((unsigned char)word[1]);
}

static int missing(const struct call *c)
{
    struct text names = TEXT_INIT;
    int rc = EXIT_DONE;

    for (size_t i = 0; i < c->args.count; i++) {
        const struct arg *a = &c->args.at[i];

        if (a->needed && !given(c, a))
            text_addf(&names, "%s%s%s%s", names.len ? ", " : "", a->name, a->option ? "=" : "",
                      a->option ? a->metavar : "");
    }
    if (names.len)
        rc = wrong(c, "%s: missing: %s", c->words.s, names.s);
    text_free(&names);
    return rc;
}

int call_parse(int argc, char **argv, struct call *ret)
{
    struct walk w = {argv + (argc > 0), argv + argc, 0, ret};
    bool options_over = false;

    *ret = (struct call){.command = NULL};
    text_clear(&ret->words);
    while (w.at < w.end) {
        const char *word = *w.at++;
        int rc;

        if (!options_over && strcmp(word, "--") == 0) {
            options_over = true;
            continue;
        }
        rc = !options_over && is_option(word) ? take_option(&w, word) : take_word(&w, word);
        if (rc)
            return rc;
    }
    if (ret->global[G_HELP] || ret->global[G_VERSION])
        return EXIT_DONE;
    if (ret->words.len == 0)
        ret->command = command_find("");
    if (ret->command)
        return missing(ret);
    complain(EXIT_USAGE, "%s: which of them?", ret->words.s);
    help_group_briefly(ret->words.s);
    return EXIT_USAGE;
}

void call_free(struct call *c)
{
    text_free(&c->words);
    free(c->values);
}

char *call_joined(const struct call *c, const struct arg *a)
{
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < c->value_count; i++) {
        if (c->values[i].arg != a)
            continue;
        if (t.s)
            text_add(&t, " ");
        text_add(&t, c->values[i].text);
    }
    return t.s ? text_take(&t) : NULL;
}

const char *call_socket(const struct call *c)
{
    const char *path = c->global[G_SOCKET];

    if (!path)
        path = getenv("CSID_SOCKET");
    return path && *path ? path : "/run/csid/csid.sock";
}
