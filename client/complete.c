#include "client/help.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/args.h"
#include "client/print.h"

static void candidate(const char *s, size_t len, const char *behind, const char *begun)
{
    if (strncmp(s, begun, strlen(begun)) == 0 && len >= strlen(begun))
        printed("%.*s%s\n", (int)len, s, behind);
}

/* The words with which commands go on after these, each once: the table keeps groups together. */
static void next_words(const char *words, const char *begun)
{
    size_t len = strlen(words);
    const char *last = "";

    for (size_t i = 0; i < command_count; i++) {
        const char *w = commands[i].words;
        size_t next;

        if (len && (strncmp(w, words, len) != 0 || w[len] != ' '))
            continue;
        w += len ? len + 1 : 0;
        next = strcspn(w, " ");
        if (next && (strncmp(last, w, next) != 0 || (last[next] && last[next] != ' ')))
            candidate(w, next, "", begun);
        last = w;
    }
}

static void options(const struct args *args, const char *begun)
{
    for (size_t i = 0; i < args->count; i++)
        if (args->at[i].option)
            candidate(args->at[i].name, strlen(args->at[i].name), *args->at[i].metavar ? "=" : "",
                      begun);
    for (int i = 0; i < GLOBAL_COUNT; i++)
        candidate(global_options[i].name, strlen(global_options[i].name),
                  *global_options[i].metavar ? "=" : "", begun);
}

/* Whether a word stands where the value of the option before it is expected. */
static bool takes_next(const struct args *args, const char *word)
{
    for (size_t i = 0; i < args->count; i++)
        if (args->at[i].option && *args->at[i].metavar && strcmp(args->at[i].name, word) == 0)
            return true;
    for (int i = 0; i < GLOBAL_COUNT; i++)
        if (*global_options[i].metavar && strcmp(global_options[i].name, word) == 0)
            return true;
    return false;
}

static void begin(struct text *words, const char *word)
{
    size_t before = words->len;

    if (before)
        text_add(words, " ");
    text_add(words, word);
    if (!command_begins(words->s)) {
        words->len = before;
        words->s[before] = '\0';
    }
}

void complete(int count, char **words)
{
    const char *begun = count ? words[count - 1] : "";
    struct text typed = TEXT_INIT;
    struct args args = {.count = 0};
    const struct command *c = NULL;

    text_clear(&typed);
    for (int i = 0; i + 1 < count; i++) {
        if (takes_next(&args, words[i])) {
            if (++i + 1 >= count)
                goto out;
            continue;
        }
        if (words[i][0] == '-')
            continue;
        if (c && c->flags & LOCAL) { /* help is followed by the words of a command */
            text_clear(&typed);
            c = NULL;
        }
        begin(&typed, words[i]);
        c = typed.len ? command_find(typed.s) : NULL;
        if (c)
            command_args(c, &args);
    }
    if (*begun == '-')
        options(&args, begun);
    else if (!c || c->flags & LOCAL)
        next_words(c ? "" : typed.s, begun);
out:
    text_free(&typed);
}
