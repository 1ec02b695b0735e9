#include "plan/fraction.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* Sums stay small: an action has few parts (ACTION_PARTS_MAX), so that the common
 * denominator of all of them, times any number of actions a plan can have, fits. Anything else is
 * our own bug. */
static int64_t times(int64_t a, int64_t b)
{
    int64_t product;
    bool overflow = __builtin_mul_overflow(a, b, &product);

    assert(!overflow);
    return overflow ? 0 : product;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

static int64_t common_multiple(int64_t a, int64_t b)
{
    return times(a / common_divisor(a, b), b);
}

struct fraction fraction_add(struct fraction a, struct fraction b)
{
    int64_t den, num, shared;

    if (a.den == 1 && b.den == 1)
        return (struct fraction){a.num + b.num, 1};
    den = common_multiple(a.den, b.den);
    num = times(a.num, den / a.den) + times(b.num, den / b.den);
    shared = common_divisor(num, den);
    return (struct fraction){num / shared, den / shared};
}

struct fraction fraction_part(int64_t n)
{
    assert(n > 0);
    return (struct fraction){1, n};
}

double fraction_number(struct fraction f)
{
    return (double)f.num / (double)f.den;
}

int fraction_compare(struct fraction a, struct fraction b)
{
    __int128 left = (__int128)a.num * b.den, right = (__int128)b.num * a.den;

    return (left > right) - (left < right);
}

const char *fraction_text(struct fraction f, char ret[FRACTION_TEXT])
{
    static const struct {
        int num, den;
        const char *sign;
    } signs[] = {{1, 2, "½"}, {1, 3, "⅓"}, {2, 3, "⅔"}, {1, 4, "¼"}, {3, 4, "¾"}};
    int64_t whole = f.num / f.den, rest = f.num % f.den;
    char number[FRACTION_TEXT] = "";
    int n = COUNT(signs), i = 0;

    if (f.num < 0) {
        fraction_text((struct fraction){-f.num, f.den}, number);
        snprintf(ret, FRACTION_TEXT, "-%.30s", number);
        return ret;
    }
    if (whole || !rest)
        snprintf(number, sizeof number, "%" PRId64, whole);
    while (i < n && (signs[i].num != rest || signs[i].den != f.den))
        i++;
    if (!rest)
        snprintf(ret, FRACTION_TEXT, "%.20s", number);
    else if (i < n)
        snprintf(ret, FRACTION_TEXT, "%.20s%s", number, signs[i].sign);
    else
        snprintf(ret, FRACTION_TEXT, "%.20s%s%d/%d", number, whole ? " " : "", (int)rest,
                 (int)f.den);
    return ret;
}

/* Of those not yet given one more, the one with the largest remainder; the first of several. */
static size_t next_in_turn(const int64_t *rests, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (rests[i] > rests[best])
            best = i;
    return best;
}

void fraction_percent(const struct fraction *counts, size_t n, int *ret)
{
    struct fraction sum = FRACTION_ZERO;
    int64_t den = 1, total, *rests;
    int left = 100;

    for (size_t i = 0; i < n; i++) {
        sum = fraction_add(sum, counts[i]);
        den = common_multiple(den, counts[i].den);
        ret[i] = 0;
    }
    if (sum.num == 0)
        return;
    rests = xcalloc(n, sizeof *rests);
    total = times(sum.num, den / sum.den);
    for (size_t i = 0; i < n; i++) {
        int64_t hundredfold = times(times(counts[i].num, den / counts[i].den), 100);

        ret[i] = (int)(hundredfold / total);
        rests[i] = hundredfold % total;
        left -= ret[i];
    }
    for (; left > 0; left--) {
        size_t i = next_in_turn(rests, n);

        ret[i]++;
        rests[i] = -1;
    }
    free(rests);
}

int fraction_share(struct fraction part, struct fraction of)
{
    __int128 above = (__int128)part.num * of.den, below = (__int128)of.num * part.den;

    return below == 0 ? 0 : (int)((above * 200 + below) / (below * 2));
}
