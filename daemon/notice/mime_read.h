/*
 * mime_read: a mail from outside taken apart: header fields (RFC 5322), their parameters and the
 * parts and encodings of a body (RFC 2045, RFC 2046). Whatever the bytes, what comes out is
 * bounded, and what makes no sense is left out. Pure.
 */
#ifndef CSID_NOTICE_MIME_READ_H
#define CSID_NOTICE_MIME_READ_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of somebody else's. */
struct span {
    const char *s;
    size_t len;
};

/* One block of fields, unfolded, values trimmed, invalid bytes replaced; at most 500 of them. */
struct mime_fields {
    struct {
        char *name, *value;
    } * items;
    size_t count;
};
/* Reads the block at the front of *at, which then is what follows its empty line. */
void mime_fields_read(struct span *at, struct mime_fields *ret);
void mime_fields_clear(struct mime_fields *f);
/* The value of the `nth` field of that name, from 0; NULL where there is none. */
const char *mime_fields_get(const struct mime_fields *f, const char *name, size_t nth);

/* Whether a structured value ("text/plain; charset=utf-8") begins with that word, whatever its
 * case, comments aside. */
bool mime_value_is(const char *value, const char *word);
/* A parameter of it, unquoted, caller frees; NULL where it has none of that name. */
char *mime_parameter(const char *value, const char *name);

/* The bytes of a body under that Content-Transfer-Encoding (NULL: as they are), caller frees. What
 * cannot be decoded is left out. */
char *mime_decode(const char *encoding, struct span body, size_t *ret_len);

/* Gives the next part of a multipart body: *at begins as the body and goes on behind it. A part
 * whose end is missing ends with the body. False: there is none. */
bool mime_next_part(struct span *at, const char *boundary, struct span *ret);

#endif
