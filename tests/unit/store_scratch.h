/*
 * store_scratch: a database in a folder of its own, whose journal must hold at the end of each
 * test: what the tests of store/ share.
 */
#ifndef CSID_TESTS_STORE_SCRATCH_H
#define CSID_TESTS_STORE_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "store/journal.h"

#define OK(call)                                                  \
    do {                                                          \
        if ((call) != 0)                                          \
            fail_msg("line %d: %s: %s", __LINE__, #call, e.text); \
    } while (0)

static struct err e;
static struct store *s;
static char dir[40];

static int setup(void **state)
{
    char path[64];

    (void)state;
    snprintf(dir, sizeof dir, "/tmp/csid-store-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/csid.db", dir);
    OK(store_open(path, &s, &e));
    return 0;
}

static int teardown(void **state)
{
    int64_t rows, broken;
    pid_t pid;

    (void)state;
    OK(journal_verify(s, &rows, &broken, &e));
    assert_int_equal(broken, 0);
    store_close(s);
    pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", dir, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
    return 0;
}

static inline day_t day(const char *iso)
{
    day_t d;

    if (day_parse_iso(iso, &d) < 0)
        fail_msg("no date: %s", iso);
    return d;
}

#endif
