/*
 * json: a JSON text (RFC 8259) read where it lies: looked through once, then walked value by value.
 * Builds no tree, knows no member.
 */
#ifndef CSICTL_JSON_H
#define CSICTL_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct json { /* a value, from its first byte on; lives as long as the text */
    const char *at, *end;
};

/* The one value that the bytes are, in UTF-8; -1 when they are anything else, or nest too deep. */
int json_read(const char *s, size_t len, struct json *ret);

/* Goes through the members of an object or the items of an array; anything else has none. */
struct json_walk {
    struct json rest;
    char close;
    bool begun;
};
struct json_walk json_walk(struct json list);
/* The next of them, false at the end. *ret_name is the member's name, of an object only; the caller
 * frees it. */
bool json_step(struct json_walk *w, char **ret_name, struct json *ret);

/* The first member of that name; false where there is none. */
bool json_member(struct json object, const char *name, struct json *ret);
bool json_is_object(struct json v);
/* UTF-8 without NUL, to be freed by the caller; NULL where the value is no string. */
char *json_text(struct json v);
/* The same of the member of that name. */
char *json_member_text(struct json object, const char *name);
/* Whether it is the name true; a whole number, 0 where it is none. */
bool json_is_true(struct json v);
long json_whole(struct json v);

#endif
