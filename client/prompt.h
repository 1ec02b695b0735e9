/*
 * prompt: a question on the terminal and the line that is typed in answer.
 */
#ifndef CSICTL_PROMPT_H
#define CSICTL_PROMPT_H

#include <stdbool.h>

/* Whether somebody can be asked: standard input and error are a terminal. */
bool prompt_possible(void);

/* Asks; the line typed, trimmed and without controls, to be freed by the caller. NULL at the end of
 * the input (Ctrl-D). */
char *prompt(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
