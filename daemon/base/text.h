/*
 * text: a growing, NUL-terminated buffer of bytes, and what every text from outside goes through
 * before it is kept or shown.
 */
#ifndef CSID_BASE_TEXT_H
#define CSID_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
    char *s; /* never NULL after the first text_* call on it; NUL-terminated */
    size_t len, cap;
};

#define TEXT_INIT  \
    {              \
        NULL, 0, 0 \
    }

/* Add to the end: a string, bytes, printf style. */
void text_add(struct text *t, const char *s);
void text_add_bytes(struct text *t, const void *bytes, size_t len);
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_addv(struct text *t, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void text_add_json(struct text *t, const char *s); /* as a JSON string in quotes; NULL gives null */
void text_clear(struct text *t);                   /* empties, keeps the room */
char *text_take(struct text *t);                   /* the bytes, caller frees; t is empty again */
void text_free(struct text *t);

/* Length in bytes of the UTF-8 character at s (RFC 3629: no surrogates, no overlong), 0 when
 * there is none within n bytes. *ret_code (may be NULL) is the code point. */
size_t utf8_char(const char *s, size_t n, unsigned *ret_code);
bool utf8_valid(const char *s, size_t n);
size_t utf8_count(const char *s); /* characters of a valid text */

/* A kept form of a text from outside: trimmed, controls but newline and tab become U+FFFD (CRLF
 * becomes a newline), invalid bytes too. Caller frees. *ret_replaced (may be NULL) counts them. */
char *text_clean(const char *s, size_t n, size_t *ret_replaced);

/* One line safe for a terminal or a header: as text_clean, newline and tab become a blank, and
 * direction marks (U+202A–202E, U+2066–2069) become U+FFFD. Caller frees. */
char *text_one_line(const char *s);

/* Whether `word` is one of the words that stand in `words` with a blank between them. */
bool text_has_word(const char *words, const char *word);

/* Edit distance of two short words in ASCII lower case, for "did you mean"; words above 63
 * bytes count as infinitely far. */
unsigned text_distance(const char *a, const char *b);
/* Which of the names was probably meant by a word that is none of them; NULL: none is near. */
const char *text_nearest(const char *word, const char *const names[], size_t count);

#endif
