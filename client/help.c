#include "client/help.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "client/args.h"
#include "client/print.h"

/* What a value may look like, by its name in the table of commands. */
static const struct {
    const char *metavar, *summary;
} metavars[] = {
    {"DATE", "2017-09-26, 26/9/2017, \"26 Sep 2017\", today, tomorrow, fri, +2w, -10wd"},
    {"TIME", "2017-08-31T06:00:00Z, \"2017-08-31 07:00\", or a date"},
    {"OFFSET", "+70wd, +3m, +2w, -5clear: working days, months, weeks, clear days"},
    {"DURATION", "90m, 26h, 1d12h, 2w"},
    {"PERIOD", "3m, 1q, 1y, 2w"},
    {"REF", "5.12; bromley-2016:5.12 where several plans are held"},
    {"SLUG", "a-z, 0-9 and -, 64 at most"},
    {"ROLE", "the slug of a role, see csictl role list"},
    {"CODE", "a lower-case word such as in-progress"},
    {"FILE", "a file, - for standard input"},
    {"PATH", "a file that is made"},
    {"EXPR", "minute hour day month weekday, or @daily and the like"},
    {"ZONE", "Europe/London"},
    {"ID", "its number, as the list shows it"},
    {"N", "a whole number"},
    {"NUMBER", "12, 61.5 or -3"},
    {"MONTH", "2017-09 or \"Sep 2017\""},
    {"FIELD=VALUE", "about=, event=, role=, to=, plan= or rule=, with * at its end for any rest"},
    {"USER", "as csictl journal list names users"},
    {"TITLE=LINK", "what it is called, and where it is kept"},
    {"COLUMN=FIELD", "a heading of the file, and the field it stands for"},
};

static size_t width(void)
{
    unsigned columns = print_width();

    return columns == 0 ? 80 : columns > 100 ? 100 : columns;
}

static void pad(struct text *t, size_t *column, size_t to)
{
    for (; *column < to; ++*column)
        text_add(t, " ");
}

/* Adds words from the column reached, going on below at `indent` where the line is full. */
static void wrap(struct text *t, size_t column, size_t indent, const char *s)
{
    bool first = true;

    while (*(s += strspn(s, " "))) {
        size_t len = strcspn(s, " ");

        if (!first && column + 1 + len > width()) {
            text_add(t, "\n");
            column = 0;
            pad(t, &column, indent);
        } else if (!first) {
            text_add(t, " ");
            column++;
        }
        text_add_bytes(t, s, len);
        column += len;
        s += len;
        first = false;
    }
    text_add(t, "\n");
}

/* "  left      right …" */
static void row(struct text *t, const char *left, size_t left_width, const char *right)
{
    size_t column = 2 + strlen(left);

    text_addf(t, "  %s", left);
    if (!*right) {
        text_add(t, "\n");
        return;
    }
    if (column + 2 > left_width + 4) {
        text_add(t, "\n");
        column = 0;
    }
    pad(t, &column, left_width + 4);
    wrap(t, column, left_width + 4, right);
}

static void usage(struct text *t, const struct command *c)
{
    const char *dry_run = c && c->method != GET && !(c->flags & LOCAL) ? " [--dry-run]" : "";
    char *words = c ? xasprintf("csictl %s %s%s", c->words, c->arguments, dry_run)
                    : xstrdup("csictl [OPTION...] [COMMAND [ARGUMENT...]]");

    text_add(t, "usage: ");
    wrap(t, 7, 11, words);
    free(words);
}

void help_usage(const struct command *c)
{
    struct text t = TEXT_INIT;

    usage(&t, c);
    advise("%s", t.s);
    advise("try: csictl %s%s--help", c ? c->words : "", c && *c->words ? " " : "");
    text_free(&t);
}

static bool in_group(const struct command *c, const char *group, size_t len)
{
    return len == 0 ||
           (strncmp(c->words, group, len) == 0 && (!c->words[len] || c->words[len] == ' '));
}

static bool has_group(const struct command *c)
{
    return strchr(c->words, ' ') != NULL;
}

static void command_row(struct text *t, const struct command *c)
{
    size_t widest = 0;

    for (size_t i = 0; i < command_count; i++)
        if (strlen(commands[i].words) > widest)
            widest = strlen(commands[i].words);
    row(t, c->words, widest, c->summary);
}

static void group_rows(struct text *t, const char *group, size_t len)
{
    for (size_t i = 0; i < command_count; i++)
        if (in_group(&commands[i], group, len))
            command_row(t, &commands[i]);
}

void help_group_briefly(const char *words)
{
    struct text t = TEXT_INIT;

    text_addf(&t, "usage: csictl %s COMMAND, one of\n", words);
    group_rows(&t, words, strlen(words));
    advise("%s", t.s);
    text_free(&t);
}

static void global_rows(struct text *t)
{
    for (int i = 0; i < GLOBAL_COUNT; i++) {
        const struct global_option *o = &global_options[i];
        char *left = xasprintf("%s%s%s", o->name, *o->metavar ? "=" : "", o->metavar);

        row(t, left, 17, o->summary);
        free(left);
    }
}

static void help_all(struct text *t)
{
    usage(t, NULL);
    text_add(t, "\n");
    wrap(t, 0, 0,
         "csictl asks csid, which holds a council's improvement plan and reminds those who "
         "must act. Without a command it shows what concerns you now.");
    text_add(t, "\n");
    for (size_t i = 0; i < command_count; i++)
        if (!has_group(&commands[i]) && *commands[i].words)
            command_row(t, &commands[i]);
    for (size_t i = 0; i < command_count; i++) {
        const char *w = commands[i].words;
        size_t len = strcspn(w, " ");

        if (!has_group(&commands[i]) || (i && in_group(&commands[i - 1], w, len)))
            continue;
        text_add(t, "\n");
        group_rows(t, w, len);
    }
    text_add(t, "\nOptions, before or after the command:\n");
    global_rows(t);
    text_add(t, "\n");
    wrap(t, 0, 0,
         "\"csictl help COMMAND\" explains one command. What writes also takes --dry-run.");
}

static const char *metavar_summary(const char *metavar)
{
    for (size_t i = 0; i < COUNT(metavars); i++)
        if (strcmp(metavars[i].metavar, metavar) == 0)
            return metavars[i].summary;
    return "";
}

static void arg_row(struct text *t, const struct arg *a)
{
    char *left = xasprintf("%s%s%s", a->name, a->option && *a->metavar ? "=" : "",
                           a->option ? a->metavar : "");
    bool dry = strcmp(a->name, "--dry-run") == 0;
    char *right =
        xasprintf("%s%s%s", a->needed && a->option ? "(needed) " : "",
                  a->many && a->option ? "(may be repeated) " : "",
                  dry ? "show what would change, change nothing" : metavar_summary(a->metavar));

    row(t, left, 22, right);
    free(right);
    free(left);
}

static void help_command(struct text *t, const struct command *c)
{
    struct args args;

    command_args(c, &args);
    usage(t, c);
    text_add(t, "\n");
    wrap(t, 0, 0, c->summary);
    if (args.count)
        text_add(t, "\n");
    for (size_t i = 0; i < args.count; i++)
        arg_row(t, &args.at[i]);
    if (c->who != VIEWER)
        text_addf(t, "\nNeeds the role %s.\n", who_name(c->who));
    if (c->flags & TEST)
        text_add(t, "\nOnly where csid was started with --test-clock.\n");
}

int help(const char *words)
{
    const struct command *c = *words ? command_find(words) : NULL;
    struct text t = TEXT_INIT;

    if (c)
        help_command(&t, c);
    else if (!*words)
        help_all(&t);
    else if (command_begins(words))
        group_rows(&t, words, strlen(words));
    else {
        char *near = command_nearest(words);

        complain(EXIT_USAGE, "there is no command \"%s\"", words);
        advise(near ? "did you mean: csictl help %s" : "try: csictl help", near);
        free(near);
        return EXIT_USAGE;
    }
    print_text(t.s);
    text_free(&t);
    return EXIT_DONE;
}
