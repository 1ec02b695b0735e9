#include "plan/fraction.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DECIMAL_DIGITS 9
#define DECIMAL_PLACES 4

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

/* ---- decimal numbers ---- */

static int64_t ten_to(int places)
{
    return places > 0 ? 10 * ten_to(places - 1) : 1;
}

int fraction_parse(const char *s, struct fraction *ret, struct err *e)
{
    static const char digits[] = "0123456789";
    const char *whole = s + (*s == '-'), *places;
    size_t n = strspn(whole, digits), k;
    struct fraction f = {0, 1};

    places = whole + n + (whole[n] == '.');
    k = places > whole + n ? strspn(places, digits) : 0;
    if (n < 1 || n > DECIMAL_DIGITS || (places > whole + n && k < 1) || k > DECIMAL_PLACES ||
        places[k])
        return err_set(e, ERR_USAGE,
                       "\"%.60s\" is no number: write 12 or 61.5, at most %d digits and %d behind "
                       "the point",
                       s, DECIMAL_DIGITS, DECIMAL_PLACES);
    for (const char *at = whole; at < places + k; at++)
        if (*at != '.')
            f.num = 10 * f.num + (*at - '0');
    f.num = *s == '-' ? -f.num : f.num;
    f.den = ten_to((int)k);
    *ret = f;
    return 0;
}

const char *fraction_decimal(struct fraction f, int places, char ret[FRACTION_TEXT])
{
    int64_t scale = ten_to(places);
    __int128 sized = (__int128)(f.num < 0 ? -f.num : f.num) * scale;
    int64_t n = (int64_t)((2 * sized + f.den) / (2 * (__int128)f.den)), rest = n % scale;
    char *at;

    for (; places > 0 && rest % 10 == 0; places--)
        rest /= 10;
    snprintf(ret, FRACTION_TEXT, "%s%" PRId64, f.num < 0 && n ? "-" : "", n / scale);
    if (places == 0)
        return ret;
    at = ret + strlen(ret);
    *at = '.';
    for (at[places + 1] = '\0'; places > 0; places--, rest /= 10)
        at[places] = (char)('0' + rest % 10);
    return ret;
}

/* ---- percentages ---- */

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
