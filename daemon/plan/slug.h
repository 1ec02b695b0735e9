/*
 * slug: the short names of plans and roles: 1 to 64 of a–z, 0–9 and '-', alphanumeric at both ends.
 */
#ifndef CSID_PLAN_SLUG_H
#define CSID_PLAN_SLUG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SLUG_MAX 64

/* The slug that was typed, capitals lowered; caller frees *ret. ERR_USAGE for anything else. */
int slug_parse(const char *text, char **ret, struct err *e);

/* One made of a title, of at most `max` characters: "Head of Leaving Care" gives
 * head-of-leaving-care. Caller frees; NULL when the title has neither letter nor digit of ASCII. */
char *slug_of(const char *title, size_t max);

/* The next of a list such as "director programme-office" (NULL: empty), cut to SLUG_MAX, into
 * `ret`; *list goes on behind it. False at the end. */
bool slug_next(const char **list, char ret[SLUG_MAX + 1]);

#endif
