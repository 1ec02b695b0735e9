/*
 * problem: what a problem+json body (RFC 9457) says: its texts, and each answer or row that is at
 * fault.
 */
#ifndef CSICTL_PROBLEM_H
#define CSICTL_PROBLEM_H

#include <stddef.h>

struct fault {
    char *name, *reason; /* NULL where it is not said */
    long line, column;   /* 0: likewise */
};

struct problem {
    char *title, *detail, *hint; /* UTF-8 without NUL; NULL where there is none */
    struct fault *faults;
    size_t fault_count;
};

/* Reads the object. Returns -1 (and nothing) if the bytes are not exactly one JSON object in UTF-8.
 * Free with problem_free. */
int problem_read(const char *s, size_t len, struct problem *ret);
void problem_free(struct problem *p);

#endif
