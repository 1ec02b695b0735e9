/*
 * print: what csictl writes. Answers go to stdout byte for byte, except that a terminal never gets
 * a control character but newline, tab and colour; messages go to stderr, cleaned. Exit statuses.
 */
#ifndef CSICTL_PRINT_H
#define CSICTL_PRINT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum exit_status {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_DENIED = 4,
    EXIT_UNREACHABLE = 6
};

/* Opens what is closed of the three standard descriptors, so that no socket takes their place. */
void print_begin(void);

/* Writes to stdout. False once stdout has failed; why is told by print_end. */
bool print_bytes(const void *bytes, size_t len);
bool print_text(const char *s);
bool printed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Flushes. Returns status, also if the reader went away (a pager that was left); on any other
 * fault of stdout EXIT_FAILED, with a message.
 */
int print_end(int status);

/* What vasprintf makes, without its error. The caller frees it. */
char *formatted(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Columns of the terminal on stdout (20 at least), 0 if stdout is no terminal. */
unsigned print_width(void);

/* "csictl: …" on stderr, cleaned, then returns status. */
int complain(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A line on stderr without "csictl: ", cleaned. */
void advise(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A question on stderr, cleaned, its line left open; what stdout holds goes out first. */
void print_question(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* A note on a terminal's stderr while something takes long, and its end. */
bool waiting_begin(void);
void waiting_end(void);

#endif
