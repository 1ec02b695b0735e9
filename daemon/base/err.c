#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
    int http;
    const char *slug, *title;
} codes[ERR_COUNT] = {
    [ERR_NONE] = {200, "none", "Done"},
#define ERROR(code, http, exit, slug, title) [code] = {http, slug, title},
#include "errors.def"
#undef ERROR
};

/* What vsnprintf has cut must not end in half a character. */
static void mend_cut(struct err *e, int wanted)
{
    size_t len = sizeof e->text - 1, start = len;

    if (wanted < (int)sizeof e->text)
        return;
    while (start > len - 3 && ((unsigned char)e->text[start - 1] & 0xc0) == 0x80)
        start--;
    if (utf8_char(e->text + start - 1, len - start + 1, NULL) == 0)
        e->text[start - 1] = '\0';
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    e->code = code;
    va_start(ap, fmt);
    mend_cut(e, vsnprintf(e->text, sizeof e->text, fmt, ap));
    va_end(ap);
    return -1;
}

int err_within(struct err *e, const char *fmt, ...)
{
    char what[ERR_TEXT_MAX];
    size_t len;
    va_list ap;

    memcpy(what, e->text, sizeof what);
    va_start(ap, fmt);
    mend_cut(e, vsnprintf(e->text, sizeof e->text, fmt, ap));
    va_end(ap);
    len = strlen(e->text);
    mend_cut(e, (int)len + snprintf(e->text + len, sizeof e->text - len, ": %s", what));
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
