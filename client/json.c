#include "client/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define DEPTH_MAX 64

static void blanks(struct json *j)
{
    while (j->at < j->end && memchr(" \t\r\n", *j->at, 4))
        j->at++;
}

static bool next_is(struct json *j, char c)
{
    blanks(j);
    if (j->at == j->end || *j->at != c)
        return false;
    j->at++;
    return true;
}

static int hex4(struct json *j, unsigned *ret)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    unsigned code = 0;

    if (j->end - j->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        const char *d = memchr(digits, *j->at++, 32);
        if (!d)
            return -1;
        code = code << 4 | (unsigned)((d - digits) & 15);
    }
    *ret = code;
    return 0;
}

static void add_code(struct text *t, unsigned c)
{
    char u[4] = {(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 63)),
                 (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63))};

    if (c < 0x80) {
        u[3] = (char)c;
        text_add_bytes(t, u + 3, 1);
    } else if (c < 0x800) {
        u[2] = (char)(0xc0 | c >> 6);
        text_add_bytes(t, u + 2, 2);
    } else if (c < 0x10000) {
        u[1] = (char)(0xe0 | c >> 12);
        text_add_bytes(t, u + 1, 3);
    } else {
        text_add_bytes(t, u, 4);
    }
}

/* Behind \u: one code point, of a surrogate pair both halves. NUL is shown, not kept. */
static int unicode(struct json *j, struct text *t)
{
    unsigned c, low;

    if (hex4(j, &c) < 0 || (c >= 0xdc00 && c < 0xe000))
        return -1;
    if (c >= 0xd800 && c < 0xdc00) {
        if (j->end - j->at < 2 || memcmp(j->at, "\\u", 2) != 0)
            return -1;
        j->at += 2;
        if (hex4(j, &low) < 0 || low < 0xdc00 || low > 0xdfff)
            return -1;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    add_code(t, c ? c : 0xfffd);
    return 0;
}

static int escape(struct json *j, struct text *t)
{
    static const char names[] = "\"\\/bfnrt", codes[] = "\"\\/\b\f\n\r\t";
    const char *name;

    if (j->at == j->end)
        return -1;
    if (*j->at == 'u') {
        j->at++;
        return unicode(j, t);
    }
    name = memchr(names, *j->at++, 8);
    if (!name)
        return -1;
    text_add_bytes(t, codes + (name - names), 1);
    return 0;
}

static int character(struct json *j, struct text *t)
{
    size_t len = utf8_char(j->at, (size_t)(j->end - j->at), NULL);

    if (len == 0 || (unsigned char)*j->at < 0x20)
        return -1;
    if (*j->at == '\\') {
        j->at++;
        return escape(j, t);
    }
    text_add_bytes(t, j->at, len);
    j->at += len;
    return 0;
}

/* A string into *ret, to be freed by the caller; ret may be NULL. */
static int string(struct json *j, char **ret)
{
    struct text t = TEXT_INIT;
    int rc = 0;

    if (!next_is(j, '"'))
        return -1;
    text_clear(&t);
    while (rc == 0 && j->at < j->end && *j->at != '"')
        rc = character(j, &t);
    if (rc == 0 && j->at == j->end)
        rc = -1;
    if (rc == 0)
        j->at++;
    if (rc == 0 && ret)
        *ret = text_take(&t);
    text_free(&t);
    return rc;
}

static int value(struct json *j, int depth);

/* What stands between brackets: values, or with `named` members. */
static int list(struct json *j, char close, bool named, int depth)
{
    if (depth > DEPTH_MAX)
        return -1;
    j->at++;
    if (next_is(j, close))
        return 0;
    do {
        if (named && (string(j, NULL) < 0 || !next_is(j, ':')))
            return -1;
        if (value(j, depth + 1) < 0)
            return -1;
    } while (next_is(j, ','));
    return next_is(j, close) ? 0 : -1;
}

/* Numbers and names are passed over by their letters: nothing is done with them. */
static int word(struct json *j)
{
    const char *from = j->at;

    while (j->at < j->end && *j->at && strchr("0123456789+-.eEtrufalsn", *j->at))
        j->at++;
    return j->at > from ? 0 : -1;
}

static int value(struct json *j, int depth)
{
    blanks(j);
    if (j->at == j->end)
        return -1;
    if (*j->at == '"')
        return string(j, NULL);
    if (*j->at == '{')
        return list(j, '}', true, depth);
    if (*j->at == '[')
        return list(j, ']', false, depth);
    return word(j);
}

int json_read(const char *s, size_t len, struct json *ret)
{
    struct json j = {s, s + len}, found;

    blanks(&j);
    found = j;
    if (value(&j, 0) < 0)
        return -1;
    blanks(&j);
    if (j.at != j.end)
        return -1;
    *ret = found;
    return 0;
}

/* ---- walking what was read ---- */

bool json_is_object(struct json v)
{
    return v.at < v.end && *v.at == '{';
}

struct json_walk json_walk(struct json list)
{
    struct json_walk w = {list, '\0', false};

    if (json_is_object(list))
        w.close = '}';
    else if (list.at < list.end && *list.at == '[')
        w.close = ']';
    w.rest.at += w.close != '\0';
    return w;
}

bool json_step(struct json_walk *w, char **ret_name, struct json *ret)
{
    struct json *j = &w->rest;
    char *name = NULL;

    if (!w->close || next_is(j, w->close) || (w->begun && !next_is(j, ',')))
        return false;
    w->begun = true;
    if (w->close == '}' && (string(j, &name) < 0 || !next_is(j, ':'))) {
        free(name);
        return false;
    }
    blanks(j);
    *ret = *j;
    if (value(j, 0) < 0) {
        free(name);
        return false;
    }
    if (ret_name)
        *ret_name = name;
    else
        free(name);
    return true;
}

bool json_member(struct json object, const char *name, struct json *ret)
{
    struct json_walk w = json_walk(object);
    bool found = false;
    char *there;

    while (json_is_object(object) && !found && json_step(&w, &there, ret)) {
        found = strcmp(there, name) == 0;
        free(there);
    }
    return found;
}

char *json_text(struct json v)
{
    char *text = NULL;

    return v.at < v.end && *v.at == '"' && string(&v, &text) == 0 ? text : NULL;
}

char *json_member_text(struct json object, const char *name)
{
    struct json v;

    return json_member(object, name, &v) ? json_text(v) : NULL;
}

bool json_is_true(struct json v)
{
    return v.end - v.at >= 4 && memcmp(v.at, "true", 4) == 0;
}

long json_whole(struct json v)
{
    long n = 0;

    for (; v.at < v.end && *v.at >= '0' && *v.at <= '9' && n < 100000000; v.at++)
        n = n * 10 + (*v.at - '0');
    return n;
}
