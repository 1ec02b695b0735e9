/*
 * problem: the texts of a problem+json body (RFC 9457, RFC 8259), and nothing else of JSON.
 */
#ifndef CSICTL_PROBLEM_H
#define CSICTL_PROBLEM_H

#include <stddef.h>

struct problem {
    char *title, *detail, *hint; /* UTF-8 without NUL; NULL where there is none */
};

/* Reads the string members of the object. Returns -1 (and nothing) if the bytes are not exactly one
 * JSON object in UTF-8. Free with problem_free. */
int problem_read(const char *s, size_t len, struct problem *ret);
void problem_free(struct problem *p);

#endif
