#include "api/screen.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"

/* Two for a Chinese character, none for an accent that goes onto the one before. */
static size_t columns_at(const char *s, size_t *ret_bytes)
{
    unsigned code = 0;
    size_t bytes = utf8_char(s, strnlen(s, 4), &code);
    int columns = wcwidth((wchar_t)code);

    *ret_bytes = bytes ? bytes : 1;
    return columns < 0 ? 1 : (size_t)columns;
}

/* libsmartcols would print the bytes of what is no character, wider than anybody reckoned. */
char *screen_line(const char *s)
{
    char *line = text_one_line(s);
    struct text t = TEXT_INIT;
    size_t bytes;

    text_clear(&t);
    for (const char *at = line; *at; at += bytes) {
        unsigned code = 0;

        bytes = utf8_char(at, strnlen(at, 4), &code);
        if (wcwidth((wchar_t)code) < 0)
            text_add(&t, "\xef\xbf\xbd");
        else
            text_add_bytes(&t, at, bytes);
    }
    free(line);
    return text_take(&t);
}

size_t screen_columns(const char *s)
{
    size_t n = 0, bytes;

    for (; *s; s += bytes)
        n += columns_at(s, &bytes);
    return n;
}

/* Bytes of the next line: up to a blank, or through a word too long for it. */
static size_t line_bytes(const char *s, size_t width)
{
    size_t column = 0, blank = 0, i = 0, bytes;

    while (s[i]) {
        column += columns_at(s + i, &bytes);
        if (column > width && i)
            break;
        if (s[i] == ' ' && i)
            blank = i;
        i += bytes;
    }
    return !s[i] || s[i] == ' ' || !blank ? i : blank;
}

char *screen_wrapped(const char *s, size_t width)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    while (*s) {
        size_t len = line_bytes(s, width);

        text_add(&t, t.len ? "\n" : "");
        text_add_bytes(&t, s, len);
        s += len;
        s += strspn(s, " ");
    }
    return text_take(&t);
}
