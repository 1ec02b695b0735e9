/*
 * err: why something failed, in one value that travels up. Owns its text, allocates nothing,
 * never logs. The code decides HTTP and exit status (include/errors.def).
 */
#ifndef CSID_BASE_ERR_H
#define CSID_BASE_ERR_H

enum err_code {
    ERR_NONE = 0,
#define ERROR(code, http, exit, slug, title) code,
#include "errors.def"
#undef ERROR
    ERR_COUNT
};

#define ERR_TEXT_MAX 1024

struct err {
    enum err_code code;
    char text[ERR_TEXT_MAX];
};

/* Sets code and text (printf style; cut at ERR_TEXT_MAX, between characters; no argument may be e's
 * own text). Always returns -1, for `return err_set(…)`. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "PREFIX: " before the text of an error already set. Always returns -1. */
int err_within(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* HTTP status, slug and title of a code; ERR_NONE gives 200. */
int err_http_status(enum err_code code);
const char *err_slug(enum err_code code);
const char *err_title(enum err_code code);

#endif
