/*
 * fraction: numbers kept exactly: counts in which a part of an action weighs 1/n, printed as 21½ in
 * text and as a number in JSON and CSV; and the figures of measures, which are decimal numbers.
 */
#ifndef CSID_PLAN_FRACTION_H
#define CSID_PLAN_FRACTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct fraction {
    int64_t num, den; /* lowest terms, den > 0 */
};

#define FRACTION_ZERO ((struct fraction){0, 1})
#define FRACTION_TEXT 32

/* Sum in lowest terms. */
struct fraction fraction_add(struct fraction a, struct fraction b);
struct fraction fraction_part(int64_t n); /* 1/n */
double fraction_number(struct fraction f);
int fraction_compare(struct fraction a, struct fraction b);
/* "21½", "⅓", "142", "3 2/5"; UTF-8. */
const char *fraction_text(struct fraction f, char ret[FRACTION_TEXT]);
/* A decimal number of at most 9 digits and 4 behind the point: "61.5", "-3". ERR_USAGE otherwise.
 */
int fraction_parse(const char *s, struct fraction *ret, struct err *e);
/* The number with up to `places` digits behind the point (0 to 4), half away from zero: "61.25",
 * "-3". */
const char *fraction_decimal(struct fraction f, int places, char ret[FRACTION_TEXT]);
/* Whole percentages that add up to 100 by largest remainder, ties to the first (all 0 when the sum
 * is 0). */
void fraction_percent(const struct fraction *counts, size_t n, int *ret);
/* One whole percentage, half up; 0 when `of` is 0. */
int fraction_share(struct fraction part, struct fraction of);

#endif
