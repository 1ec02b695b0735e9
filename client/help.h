/*
 * help: the table of commands told to people: help, usage lines and completion. Goes to stdout
 * what was asked for, to stderr what follows a mistake.
 */
#ifndef CSICTL_HELP_H
#define CSICTL_HELP_H

#include "client/command.h"

/* Help on a command, a group of commands ("action"), or with "" on all. Returns an exit status. */
int help(const char *words);

/* One usage line on stderr; NULL is that of csictl itself. */
void help_usage(const struct command *c);

/* The commands of a group, one a line, on stderr. */
void help_group_briefly(const char *words);

/* What may follow these words, the last of which is not finished: one candidate a line. */
void complete(int count, char **words);

#endif
