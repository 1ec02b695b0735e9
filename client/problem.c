#include "client/problem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define DEPTH_MAX 64

struct json {
    const char *at, *end;
};

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

static char **wanted(struct problem *p, const char *name)
{
    const struct {
        const char *name;
        char **into;
    } members[] = {{"title", &p->title}, {"detail", &p->detail}, {"hint", &p->hint}};

    for (size_t i = 0; i < COUNT(members); i++)
        if (strcmp(members[i].name, name) == 0 && !*members[i].into)
            return members[i].into;
    return NULL;
}

static int member(struct json *j, struct problem *p)
{
    char *name, **into;
    int rc;

    if (string(j, &name) < 0)
        return -1;
    into = wanted(p, name);
    free(name);
    if (!next_is(j, ':'))
        return -1;
    blanks(j);
    if (into && j->at < j->end && *j->at == '"')
        rc = string(j, into);
    else
        rc = value(j, 0);
    return rc;
}

int problem_read(const char *s, size_t len, struct problem *ret)
{
    struct json j = {s, s + len};
    struct problem p = {NULL, NULL, NULL};
    bool ok = next_is(&j, '{');

    if (ok && !next_is(&j, '}')) {
        do
            ok = member(&j, &p) == 0;
        while (ok && next_is(&j, ','));
        ok = ok && next_is(&j, '}');
    }
    blanks(&j);
    if (!ok || j.at != j.end) {
        problem_free(&p);
        return -1;
    }
    *ret = p;
    return 0;
}

void problem_free(struct problem *p)
{
    free(p->title);
    free(p->detail);
    free(p->hint);
    *p = (struct problem){NULL, NULL, NULL};
}
