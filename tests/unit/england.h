/*
 * england: the holidays of England and Wales, and days from their text, for tests that reckon with
 * working days.
 */
#ifndef CSID_TESTS_ENGLAND_H
#define CSID_TESTS_ENGLAND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "calendar/workday.h"

static struct holidays *england;

static inline int england_setup(void **state)
{
    struct err e;

    (void)state;
    return holidays_parse(holidays_builtin, strlen(holidays_builtin), "england-and-wales", &england,
                          &e);
}

static inline int england_teardown(void **state)
{
    (void)state;
    holidays_free(england);
    return 0;
}

/* NULL: no day. */
static inline day_t day(const char *iso)
{
    day_t d = DAY_NONE;

    if (iso && day_parse_iso(iso, &d) < 0)
        fail_msg("no date: %s", iso);
    return d;
}

#endif
