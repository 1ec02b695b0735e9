#include "notice/mime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

#define WORD_MAX      75 /* RFC 2047, 2: an encoded word, delimiters included */
#define WORD_OPEN     "=?UTF-8?B?"
#define WORD_END      "?="
#define WORD_OVERHEAD (sizeof WORD_OPEN + sizeof WORD_END - 2)
#define PLAIN_WORD    60 /* a longer word is encoded, so that every field can be folded */
#define QP_LINE       76

bool mime_header_safe(const char *s)
{
    size_t n = strlen(s);

    while (n) {
        unsigned code;
        size_t len = utf8_char(s, n, &code);

        if (len == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
            return false;
        s += len;
        n -= len;
    }
    return true;
}

/* Bytes since the last line end. */
static size_t column(const struct text *t)
{
    size_t n = 0;

    while (n < t->len && t->s[t->len - 1 - n] != '\n')
        n++;
    return n;
}

static void fold(struct text *t)
{
    if (t->len && t->s[t->len - 1] == ' ')
        t->len--;
    text_add(t, "\r\n ");
}

/* ASCII in words that fold, single blanks between them, and nothing a reader would take for an
 * encoded word. */
static bool is_plain(const char *s)
{
    size_t word = 0;

    if (*s == ' ' || strstr(s, "=?"))
        return false;
    for (; *s; s++) {
        if ((unsigned char)*s >= 0x7f || (*s == ' ' && (s[1] == ' ' || s[1] == '\0')))
            return false;
        word = *s == ' ' ? 0 : word + 1;
        if (word > PLAIN_WORD)
            return false;
    }
    return true;
}

static void add_plain(struct text *t, const char *s)
{
    while (*s) {
        size_t len = strcspn(s, " ");

        if (column(t) + len > MIME_LINE)
            fold(t);
        text_add_bytes(t, s, len);
        s += len;
        if (*s) {
            text_add(t, " ");
            s++;
        }
    }
}

/* How many bytes of s, whole characters only, fit an encoded word of `room` bytes. */
static size_t word_bytes(const char *s, size_t room)
{
    size_t most = (room - WORD_OVERHEAD) / 4 * 3, n = 0, left = strlen(s);

    while (n < left) {
        size_t len = utf8_char(s + n, left - n, NULL);

        if (n + len > most)
            break;
        n += len;
    }
    return n;
}

/* The blank between two encoded words belongs to the fold: a reader drops it. */
static void add_encoded(struct text *t, const char *s)
{
    while (*s) {
        size_t col = column(t), room, n;
        char *base64;

        if (col + WORD_OVERHEAD + 8 > MIME_LINE) {
            fold(t);
            col = 1;
        }
        room = MIME_LINE - col < WORD_MAX ? MIME_LINE - col : WORD_MAX;
        n = word_bytes(s, room);
        base64 = digest_base64(s, n);
        text_addf(t, WORD_OPEN "%s" WORD_END, base64);
        free(base64);
        s += n;
        if (*s)
            fold(t);
    }
}

void mime_field(struct text *t, const char *name, const char *value)
{
    text_addf(t, "%s: ", name);
    if (is_plain(value))
        add_plain(t, value);
    else
        add_encoded(t, value);
    text_add(t, "\r\n");
}

static bool is_atoms(const char *s)
{
    static const char atext[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "!#$%&'*+-/=?^_`{|}~ ";

    return strspn(s, atext) == strlen(s);
}

static void add_quoted(struct text *t, const char *s)
{
    text_add(t, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            text_add(t, "\\");
        text_add_bytes(t, s, 1);
    }
    text_add(t, "\"");
}

static void add_display(struct text *t, const char *display)
{
    if (!is_plain(display) || (!is_atoms(display) && strlen(display) > PLAIN_WORD / 2))
        add_encoded(t, display);
    else if (is_atoms(display))
        add_plain(t, display);
    else
        add_quoted(t, display);
}

void mime_mailbox(struct text *t, const char *name, const char *display, const char *addr)
{
    text_addf(t, "%s: ", name);
    if (*display) {
        add_display(t, display);
        text_add(t, " ");
    }
    if (column(t) + strlen(addr) + 2 > MIME_LINE)
        fold(t);
    text_addf(t, *display ? "<%s>\r\n" : "%s\r\n", addr);
}

void mime_id(struct text *t, const char *name, const char *id)
{
    text_addf(t, "%s: ", name);
    if (column(t) + strlen(id) + 2 > MIME_LINE)
        fold(t);
    text_addf(t, "<%s>\r\n", id);
}

/* The encoded form of the character at s, `len` bytes of it, as it stands at column col. */
static size_t qp_char(const char *s, size_t len, size_t col, char ret[13])
{
    bool plain = len == 1 && *s >= 0x20 && *s < 0x7f && *s != '=';
    bool ends_line = s[len] == '\n' || s[len] == '\0';

    if ((*s == ' ' && ends_line) ||
        (col == 0 && (*s == '.' || (*s == 'F' && strncmp(s, "From ", 5) == 0))))
        plain = false;
    if (plain) {
        ret[0] = *s;
        return 1;
    }
    for (size_t i = 0; i < len; i++)
        snprintf(ret + 3 * i, 4, "=%02X", (unsigned char)s[i]);
    return 3 * len;
}

void mime_quoted_printable(struct text *t, const char *s)
{
    size_t col = 0, left = strlen(s);

    while (left) {
        size_t len = utf8_char(s, left, NULL), width;
        char piece[13];
        bool last;

        len = len ? len : 1;
        if (*s == '\n') {
            text_add(t, "\r\n");
            col = 0;
            s++;
            left--;
            continue;
        }
        last = s[len] == '\n' || s[len] == '\0';
        width = qp_char(s, len, col, piece);
        if (col + width + !last > QP_LINE) { /* room for the "=" of a soft break */
            text_add(t, "=\r\n");
            col = 0;
            width = qp_char(s, len, col, piece);
        }
        text_add_bytes(t, piece, width);
        col += width;
        s += len;
        left -= len;
    }
    if (col)
        text_add(t, "\r\n");
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *mime_plain_part(const char *mail, size_t len)
{
    char *own = xstrndup(mail, len), *part = strstr(own, "\r\nContent-Type: text/plain"), *end;
    struct text t = TEXT_INIT;

    text_clear(&t);
    part = part ? strstr(part, "\r\n\r\n") : NULL;
    end = part ? strstr(part + 2, "\r\n--=_") : NULL;
    if (!end) {
        text_free(&t);
        free(own);
        return NULL;
    }
    *end = '\0';
    for (const char *p = part + 4; p < end; p++) {
        int high = *p == '=' ? hex_value(p[1]) : -1, low = high < 0 ? -1 : hex_value(p[2]);

        if (low >= 0) {
            text_add_bytes(&t, (char[]){(char)(high * 16 + low)}, 1);
            p += 2;
        } else if (strncmp(p, "=\r\n", 3) == 0) {
            p += 2;
        } else if (*p != '\r') {
            text_add_bytes(&t, p, 1);
        }
    }
    free(own);
    return text_take(&t);
}
