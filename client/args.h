/*
 * args: the words on csictl's command line, read against the table of commands into one call.
 * Complains on stderr itself; sends nothing.
 */
#ifndef CSICTL_ARGS_H
#define CSICTL_ARGS_H

#include "base/text.h"
#include "client/command.h"

enum global { G_SOCKET, G_JSON, G_CSV, G_FORMAT, G_NO_COLOR, G_HELP, G_VERSION, GLOBAL_COUNT };

struct global_option {
    const char *name;
    const char *metavar; /* "" for a flag */
    const char *summary;
    bool is_form; /* of these the last one given holds */
};

extern const struct global_option global_options[GLOBAL_COUNT];

struct value {
    const struct arg *arg; /* into args of the same call */
    const char *text;      /* of argv; "" for a flag */
};

struct call {
    const char *global[GLOBAL_COUNT]; /* value given, "" for a flag, NULL if not given */
    struct text words;                /* of the command, or of a group of commands */
    const struct command *command;    /* NULL for a group of commands */
    struct args args;
    struct value *values; /* in the order given */
    size_t value_count, value_cap;
};

/*
 * Reads argv into *ret, which points into argv. Returns EXIT_DONE, or EXIT_USAGE after saying
 * what is wrong. With --help or --version nothing need be complete. Free with call_free.
 */
int call_parse(int argc, char **argv, struct call *ret);
void call_free(struct call *c);

/* The values of an argument joined by blanks, NULL if there is none. The caller frees it. */
char *call_joined(const struct call *c, const struct arg *a);

/* The value of --socket, else of CSID_SOCKET, else the usual path. */
const char *call_socket(const struct call *c);

#endif
