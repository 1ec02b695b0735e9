#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static void line(int priority, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void line(int priority, const char *fmt, va_list ap)
{
    char *raw, *safe;

    if (vasprintf(&raw, fmt, ap) < 0)
        return;
    safe = text_one_line(raw);
    fprintf(stderr, "<%d>%s\n", priority, safe);
    free(safe);
    free(raw);
}

#define LEVEL(name, priority)       \
    void name(const char *fmt, ...) \
    {                               \
        va_list ap;                 \
                                    \
        va_start(ap, fmt);          \
        line(priority, fmt, ap);    \
        va_end(ap);                 \
    }

LEVEL(log_error, 3)
LEVEL(log_warning, 4)
LEVEL(log_info, 6)
