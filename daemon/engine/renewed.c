#include "engine/renewed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/silence.h"

struct hush { /* a silence, as long as it did or will hold */
    int64_t id;
    char *match;
    utc_t from, to;
    bool holds;
};
struct hushes {
    utc_t now;
    struct hush *items;
    size_t count, cap;
};

static int add(void *arg, const struct silence *x)
{
    struct hushes *h = arg;
    enum silence_state state = silence_state(x, h->now);

    if (state == SILENCE_ASKED)
        return 0; /* it holds nothing yet */
    h->items = xgrow(h->items, h->count, &h->cap, sizeof *h->items);
    h->items[h->count++] =
        (struct hush){x->id, silence_match_text(&x->match), x->start_at,
                      utc_is(x->ended_at) ? x->ended_at : x->end_at, state == SILENCE_HOLDS};
    return 0;
}

/* Makes the stretch longer by what touches it; false when nothing does. */
static bool lengthen(const struct hush *x, struct hush *all)
{
    if (strcmp(x->match, all->match) != 0 || x->to.s < all->from.s || x->from.s > all->to.s ||
        (x->from.s >= all->from.s && x->to.s <= all->to.s))
        return false;
    all->from.s = x->from.s < all->from.s ? x->from.s : all->from.s;
    all->to.s = x->to.s > all->to.s ? x->to.s : all->to.s;
    return true;
}

/* From when to when the same is held without a break. */
static struct hush stretch(const struct hushes *h, const struct hush *one)
{
    struct hush all = *one;
    bool longer = true;

    while (longer) {
        longer = false;
        for (size_t i = 0; i < h->count; i++)
            longer |= lengthen(&h->items[i], &all);
    }
    return all;
}

int renewed_each(struct store *s, const struct zone *zone, utc_t now,
                 void (*row)(void *arg, int64_t id, const char *match, day_t from, day_t to),
                 void *arg, struct err *e)
{
    struct hushes h = {.now = now};
    int rc = silence_each(s, true, now, add, &h, e);

    for (size_t i = 0; rc == 0 && i < h.count; i++) {
        struct hush all = stretch(&h, &h.items[i]);
        day_t from = zone_today(zone, all.from), to = zone_today(zone, all.to);
        char *match = text_one_line(all.match);

        if (h.items[i].holds && day_add(from, SILENCE_DAYS_MAX).n < to.n)
            row(arg, h.items[i].id, match, from, to);
        free(match);
    }
    for (size_t i = 0; i < h.count; i++)
        free(h.items[i].match);
    free(h.items);
    return rc;
}
