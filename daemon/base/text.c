#include "base/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void room(struct text *t, size_t more)
{
    size_t want = t->len + more + 1;

    if (want <= t->cap)
        return;
    t->cap = want > t->cap * 2 ? want : t->cap * 2;
    t->s = xreallocarray(t->s, t->cap, 1);
}

void text_add_bytes(struct text *t, const void *bytes, size_t len)
{
    room(t, len);
    if (len)
        memcpy(t->s + t->len, bytes, len);
    t->len += len;
    t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
    text_add_bytes(t, s, strlen(s));
}

void text_addv(struct text *t, const char *fmt, va_list ap)
{
    va_list again;
    int n;

    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    room(t, (size_t)n);
    vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
    t->len += (size_t)n;
}

void text_addf(struct text *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    text_addv(t, fmt, ap);
    va_end(ap);
}

void text_add_json(struct text *t, const char *s)
{
    if (!s) {
        text_add(t, "null");
        return;
    }
    text_add(t, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\')
            text_addf(t, "\\%c", c);
        else if (c == '\n')
            text_add(t, "\\n");
        else if (c < 0x20 || c == 0x7f)
            text_addf(t, "\\u%04x", c);
        else
            text_add_bytes(t, s, 1);
    }
    text_add(t, "\"");
}

void text_clear(struct text *t)
{
    room(t, 0);
    t->len = 0;
    t->s[0] = '\0';
}

char *text_take(struct text *t)
{
    char *s;

    room(t, 0);
    t->s[t->len] = '\0';
    s = t->s;
    *t = (struct text)TEXT_INIT;
    return s;
}

void text_free(struct text *t)
{
    free(t->s);
    *t = (struct text)TEXT_INIT;
}

size_t utf8_char(const char *s, size_t n, unsigned *ret_code)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *u = (const unsigned char *)s;
    unsigned code;
    size_t len;

    if (n == 0)
        return 0;
    len = u[0] < 0x80             ? 1
          : (u[0] & 0xe0) == 0xc0 ? 2
          : (u[0] & 0xf0) == 0xe0 ? 3
          : (u[0] & 0xf8) == 0xf0 ? 4
                                  : 0;
    if (len == 0 || len > n)
        return 0;
    code = len == 1 ? u[0] : u[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((u[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (u[i] & 0x3f);
    }
    if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    if (ret_code)
        *ret_code = code;
    return len;
}

bool utf8_valid(const char *s, size_t n)
{
    while (n) {
        size_t len = utf8_char(s, n, NULL);

        if (len == 0)
            return false;
        s += len;
        n -= len;
    }
    return true;
}

size_t utf8_count(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static bool is_control(unsigned code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

static bool is_direction_mark(unsigned code)
{
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static void trim(struct text *t)
{
    size_t from = 0;

    while (t->len && isspace((unsigned char)t->s[t->len - 1]))
        t->len--;
    while (from < t->len && isspace((unsigned char)t->s[from]))
        from++;
    t->len -= from;
    memmove(t->s, t->s + from, t->len);
    t->s[t->len] = '\0';
}

/* Most of a text is printable ASCII, which stands for itself: adds what `s` begins with of it, at
 * once; its length. */
static size_t add_plain(struct text *t, const char *s, size_t n)
{
    size_t len = 0;

    while (len < n && s[len] >= 0x20 && s[len] < 0x7f)
        len++;
    text_add_bytes(t, s, len);
    return len;
}

char *text_clean(const char *s, size_t n, size_t *ret_replaced)
{
    struct text t = TEXT_INIT;
    size_t replaced = 0;

    text_clear(&t);
    while (n) {
        unsigned code = 0;
        size_t len = add_plain(&t, s, n);

        s += len;
        n -= len;
        if (n == 0)
            break;
        len = utf8_char(s, n, &code);
        if (code == '\r' && n > 1 && s[1] == '\n') {
            /* the newline that follows stands for both */
        } else if (len == 0 || (is_control(code) && code != '\n' && code != '\t')) {
            text_add(&t, "\xef\xbf\xbd");
            replaced++;
        } else {
            text_add_bytes(&t, s, len);
        }
        s += len ? len : 1;
        n -= len ? len : 1;
    }
    trim(&t);
    if (ret_replaced)
        *ret_replaced = replaced;
    return text_take(&t);
}

char *text_one_line(const char *s)
{
    char *clean = text_clean(s, strlen(s), NULL);
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (const char *p = clean, *end = p + strlen(p); p < end;) {
        unsigned code = 0;
        size_t len = add_plain(&t, p, (size_t)(end - p));

        p += len;
        if (p == end)
            break;
        len = utf8_char(p, (size_t)(end - p), &code);
        if (code == '\n' || code == '\t')
            text_add(&t, " ");
        else if (is_direction_mark(code))
            text_add(&t, "\xef\xbf\xbd");
        else
            text_add_bytes(&t, p, len);
        p += len;
    }
    free(clean);
    return text_take(&t);
}

bool text_has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = words; len && (at = strstr(at, word)) != NULL; at += len)
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

unsigned text_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    unsigned row[64];

    if (la > 63 || lb > 63)
        return UINT_MAX;
    for (unsigned j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            int same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            unsigned best = diagonal + !same;

            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[lb];
}

const char *text_nearest(const char *word, const char *const names[], size_t count)
{
    size_t len = strlen(word);
    unsigned best = (unsigned)len / 3 + 2;
    const char *nearest = NULL;

    for (size_t i = 0; i < count; i++) {
        unsigned distance = text_distance(names[i], word);

        if (distance < best && distance < len) {
            nearest = names[i];
            best = distance;
        }
    }
    return nearest;
}
