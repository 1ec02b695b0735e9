/*
 * mem: allocation that never returns NULL. Out of memory ends the process: systemd restarts it
 * and the database holds the state, so no caller has an error path for it.
 */
#ifndef CSID_BASE_MEM_H
#define CSID_BASE_MEM_H

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* As their namesakes in libc; a size of 0 is taken for 1. Free with free(). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *p, size_t count, size_t size);
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Room for one more in an array that grows by doubling: `items = xgrow(items, n, &cap, sizeof
 * *items)`. */
void *xgrow(void *items, size_t used, size_t *cap, size_t size);

/* Once, before the first thread: all share one heap, for each would keep what it once needed. */
void mem_share(void);
/* Gives what lies free back to the system. */
void mem_trim(void);

#endif
