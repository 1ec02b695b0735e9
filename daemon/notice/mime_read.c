#include "notice/mime_read.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"

#define FIELDS_MAX 500

/* ---- lines ---- */

/* Takes a line off the front, its end (LF, CRLF or the last byte) left out. False at the end. */
static bool next_line(struct span *at, struct span *ret)
{
    const char *end;

    if (!at->len)
        return false;
    end = memchr(at->s, '\n', at->len);
    ret->s = at->s;
    ret->len = end ? (size_t)(end - at->s) : at->len;
    at->s += ret->len + (end != NULL);
    at->len -= ret->len + (end != NULL);
    if (ret->len && ret->s[ret->len - 1] == '\r')
        ret->len--;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- fields ---- */

static void add_field(struct mime_fields *f, size_t *cap, const struct text *raw)
{
    const char *colon = memchr(raw->s, ':', raw->len);
    size_t len = colon ? (size_t)(colon - raw->s) : 0;

    while (len && is_blank(raw->s[len - 1]))
        len--;
    if (!len || memchr(raw->s, ' ', len) || f->count == FIELDS_MAX)
        return; /* no field: an mbox's "From ", or what a broken relay has left */
    f->items = xgrow(f->items, f->count, cap, sizeof *f->items);
    f->items[f->count].name = text_clean(raw->s, len, NULL);
    f->items[f->count++].value =
        text_clean(colon + 1, raw->len - (size_t)(colon + 1 - raw->s), NULL);
}

void mime_fields_read(struct span *at, struct mime_fields *ret)
{
    struct mime_fields f = {0};
    struct text raw = TEXT_INIT;
    size_t cap = 0;
    struct span line;

    text_clear(&raw);
    while (next_line(at, &line) && line.len) {
        if (!is_blank(line.s[0])) {
            add_field(&f, &cap, &raw);
            text_clear(&raw);
        }
        text_add_bytes(&raw, line.s, line.len);
    }
    add_field(&f, &cap, &raw);
    text_free(&raw);
    *ret = f;
}

void mime_fields_clear(struct mime_fields *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].name);
        free(f->items[i].value);
    }
    free(f->items);
    *f = (struct mime_fields){0};
}

const char *mime_fields_get(const struct mime_fields *f, const char *name, size_t nth)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcasecmp(f->items[i].name, name) == 0 && nth-- == 0)
            return f->items[i].value;
    return NULL;
}

/* ---- structured values ---- */

/* Past blanks and comments, which may be nested. */
static const char *skip(const char *s)
{
    int depth = 0;

    for (; *s && (depth || is_blank(*s) || *s == '('); s++) {
        if (*s == '\\' && depth && s[1])
            s++;
        else if (*s == '(')
            depth++;
        else if (*s == ')')
            depth--;
    }
    return s;
}

bool mime_value_is(const char *value, const char *word)
{
    size_t len = strlen(word);

    value = skip(value);
    return strncasecmp(value, word, len) == 0 && (!value[len] || strchr(" \t;(", value[len]));
}

/* A token or a quoted string; *at goes on behind it. Caller frees. */
static char *read_word(const char **at)
{
    struct text t = TEXT_INIT;
    const char *s = skip(*at);

    text_clear(&t);
    if (*s == '"') {
        for (s++; *s && *s != '"'; s++) {
            if (*s == '\\' && s[1])
                s++;
            text_add_bytes(&t, s, 1);
        }
        s += *s == '"';
    } else {
        size_t len = strcspn(s, " \t;(=");

        text_add_bytes(&t, s, len);
        s += len;
    }
    *at = s;
    return text_take(&t);
}

char *mime_parameter(const char *value, const char *name)
{
    const char *at = value;

    free(read_word(&at)); /* the type itself */
    while (*(at = skip(at))) {
        char *key, *found;

        if (*at++ != ';')
            continue;
        key = read_word(&at);
        at = skip(at);
        found = *at == '=' ? (at++, read_word(&at)) : NULL;
        if (found && strcasecmp(key, name) == 0) {
            free(key);
            return found;
        }
        free(key);
        free(found);
    }
    return NULL;
}

/* ---- encodings ---- */

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

static void add_quoted(struct text *t, struct span line)
{
    bool soft;

    while (line.len && is_blank(line.s[line.len - 1]))
        line.len--;
    soft = line.len && line.s[line.len - 1] == '=';
    line.len -= soft;
    for (size_t i = 0; i < line.len; i++) {
        int high = line.s[i] == '=' && i + 2 < line.len ? hex_value(line.s[i + 1]) : -1;
        int low = high >= 0 ? hex_value(line.s[i + 2]) : -1;

        if (low >= 0)
            text_add_bytes(t, (char[]){(char)(high * 16 + low)}, 1);
        else
            text_add_bytes(t, line.s + i, 1);
        i += low >= 0 ? 2 : 0;
    }
    if (!soft)
        text_add(t, "\n");
}

/* Line by line, as it is written; what follows the padding is another text. */
static void add_base64(struct text *t, struct span body)
{
    struct text digits = TEXT_INIT;
    unsigned char *bytes;
    size_t len = 0;

    text_clear(&digits);
    for (size_t i = 0;
         i < body.len && !(digits.len % 4 == 0 && digits.len && digits.s[digits.len - 1] == '=');
         i++)
        if (body.s[i] && !strchr(" \t\r\n", body.s[i]))
            text_add_bytes(&digits, body.s + i, 1);
    while (digits.len % 4)
        text_add(&digits, "=");
    bytes = digest_unbase64(digits.s, &len);
    if (bytes)
        text_add_bytes(t, bytes, len);
    free(bytes);
    text_free(&digits);
}

char *mime_decode(const char *encoding, struct span body, size_t *ret_len)
{
    struct text t = TEXT_INIT;
    struct span line;

    text_clear(&t);
    if (encoding && mime_value_is(encoding, "base64"))
        add_base64(&t, body);
    else if (encoding && mime_value_is(encoding, "quoted-printable"))
        while (next_line(&body, &line))
            add_quoted(&t, line);
    else
        text_add_bytes(&t, body.s, body.len);
    *ret_len = t.len;
    return text_take(&t);
}

/* ---- parts ---- */

/* "--BOUNDARY", or with "--" behind it, which ends them all; blanks may follow. */
static bool is_delimiter(struct span line, const char *boundary, bool *ret_last)
{
    size_t len = strlen(boundary);

    if (line.len < len + 2 || memcmp(line.s, "--", 2) != 0 ||
        memcmp(line.s + 2, boundary, len) != 0)
        return false;
    line.s += len + 2;
    line.len -= len + 2;
    *ret_last = line.len >= 2 && memcmp(line.s, "--", 2) == 0;
    line.s += *ret_last ? 2 : 0;
    line.len -= *ret_last ? 2 : 0;
    while (line.len && is_blank(line.s[0])) {
        line.s++;
        line.len--;
    }
    return line.len == 0;
}

bool mime_next_part(struct span *at, const char *boundary, struct span *ret)
{
    struct span line, before = *at;
    bool last = false, found = false;

    while (!found && next_line(at, &line))
        found = is_delimiter(line, boundary, &last);
    if (!found || last) {
        at->len = 0;
        return false;
    }
    *ret = *at;
    for (before = *at; next_line(at, &line); before = *at)
        if (is_delimiter(line, boundary, &last)) {
            ret->len = (size_t)(line.s - ret->s);
            *at = before; /* it begins the next one too */
            return true;
        }
    return true;
}
