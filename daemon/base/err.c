#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int http;
    const char *slug, *title;
} codes[ERR_COUNT] = {
    [ERR_NONE] = {200, "none", "Done"},
#define ERROR(code, http, exit, slug, title) [code] = {http, slug, title},
#include "errors.def"
#undef ERROR
};

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    e->code = code;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return -1;
}

int err_within(struct err *e, const char *fmt, ...)
{
    char where[ERR_TEXT_MAX / 2], what[ERR_TEXT_MAX];
    va_list ap;

    memcpy(what, e->text, sizeof what);
    va_start(ap, fmt);
    vsnprintf(where, sizeof where, fmt, ap);
    va_end(ap);
    snprintf(e->text, sizeof e->text, "%s: %.*s", where, (int)(sizeof what - sizeof where - 3),
             what);
    return -1;
}

int err_http_status(enum err_code code)
{
    return codes[code].http;
}

const char *err_slug(enum err_code code)
{
    return codes[code].slug;
}

const char *err_title(enum err_code code)
{
    return codes[code].title;
}
