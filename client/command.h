/*
 * command: the table of commands as csictl sees it, and the arguments language of
 * include/commands.def read into specs. Knows words and names, never what they mean.
 */
#ifndef CSICTL_COMMAND_H
#define CSICTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum method { GET, POST, PATCH };
enum who { VIEWER, OFFICER, ADMIN };
/* What only says how csid answers is nothing to csictl. */
enum command_flag {
    CALENDAR = 0,
    MARKDOWN = 0,
    LOCAL = 1,
    WORKER = 2,
    COPY = WORKER,
    TEST = 4,
    SERVICE = 8,
    ROUTE = 16,
    FEED = ROUTE,
    PAGE = ROUTE,
    WIZARD = 32
};

struct command {
    const char *words;
    enum method method;
    const char *path;
    enum who who;
    unsigned flags;
    const char *arguments;
    const char *summary;
};

#define ARGS_MAX     24
#define ARG_NAME_MAX 32

struct arg {
    char name[ARG_NAME_MAX];    /* as typed: REF, --plan, -n */
    char member[ARG_NAME_MAX];  /* as sent: ref, plan, n */
    char metavar[ARG_NAME_MAX]; /* SLUG; "" for a flag */
    bool option, needed, many;
};

struct args {
    struct arg at[ARGS_MAX];
    size_t count;
};

extern const struct command commands[];
extern const size_t command_count;

/* The command of exactly these words, or NULL; "" is the bare csictl. What is a ROUTE has no words
 * and is never found. */
const struct command *command_find(const char *words);

/* Whether some command is, or goes on from, these words (whole words). */
bool command_begins(const char *words);

/* What the command takes, in the table's order; --dry-run is added where the command writes. */
void command_args(const struct command *c, struct args *ret);

/* Whether the path has a place {MEMBER} for this argument. */
bool command_in_path(const struct command *c, const struct arg *a);

/* FILE is read by csictl and is the body; a number goes as a number. */
bool arg_is_file(const struct arg *a);
bool arg_is_number(const struct arg *a);

const char *method_name(enum method m);
const char *who_name(enum who w);

/* The command or group of commands meant by mistyped words, or NULL. The caller frees it. */
char *command_nearest(const char *words);

/* Of two words the typed one may be meant for: whether near is near enough to be worth saying. */
bool near_enough(const char *typed, const char *near);

#endif
