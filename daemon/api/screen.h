/*
 * screen: texts measured and broken by the columns a terminal gives their characters, as wcwidth
 * knows them (LC_CTYPE is C.UTF-8). Lays out no table.
 */
#ifndef CSID_API_SCREEN_H
#define CSID_API_SCREEN_H

#include <stddef.h>

/* text_one_line, and U+FFFD for what is no character to the C library. Caller frees. */
char *screen_line(const char *s);
/* Columns of a line. */
size_t screen_columns(const char *s);
/* The line with a newline where one of `width` columns must end: at a blank, or within a word that
 * is longer. Caller frees. */
char *screen_wrapped(const char *s, size_t width);

#endif
