#include "calendar/revise.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct revisions {
    struct revision *items;
    size_t count, cap;
};

static const char *holiday_on(const struct holidays *h, day_t d)
{
    int weekday = day_weekday(d);

    return weekday == 0 || weekday == 6 ? NULL : workday_why_not(h, d);
}

/* Whether two names are of one holiday: what follows in brackets ("substitute day", "VE day") is
 * about the day. */
static bool same_holiday(const char *a, const char *b)
{
    const char *a_end = strstr(a, " ("), *b_end = strstr(b, " (");
    size_t a_len = a_end ? (size_t)(a_end - a) : strlen(a);
    size_t b_len = b_end ? (size_t)(b_end - b) : strlen(b);

    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static void note(struct revisions *all, struct revision r)
{
    all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
    all->items[all->count++] = r;
}

/* A day that begins or ceases to be a holiday may be the other end of a move in the same year. */
static void pair_or_note(struct revisions *all, size_t first, struct revision r)
{
    const char *name = r.name ? r.name : r.name_was;

    for (size_t i = first; i < all->count; i++) {
        struct revision *other = &all->items[i];

        if (r.kind == REVISION_ADDED && other->kind == REVISION_DROPPED &&
            same_holiday(other->name_was, name)) {
            *other = (struct revision){REVISION_MOVED, other->was, r.is, other->name_was, name};
            return;
        }
        if (r.kind == REVISION_DROPPED && other->kind == REVISION_ADDED &&
            same_holiday(other->name, name)) {
            *other = (struct revision){REVISION_MOVED, r.was, other->is, name, other->name};
            return;
        }
    }
    note(all, r);
}

static void revise_year(const struct holidays *before, const struct holidays *after, int year,
                        struct revisions *all)
{
    day_t last = day_from_ymd(year, 12, 31);
    size_t first = all->count;

    for (day_t d = day_from_ymd(year, 1, 1); d.n <= last.n; d.n++) {
        const char *was = holiday_on(before, d), *is = holiday_on(after, d);

        if (was && !is)
            pair_or_note(all, first, (struct revision){REVISION_DROPPED, d, DAY_NONE, was, NULL});
        else if (is && !was)
            pair_or_note(all, first, (struct revision){REVISION_ADDED, DAY_NONE, d, NULL, is});
        else if (is && strcmp(was, is) != 0)
            note(all, (struct revision){REVISION_RENAMED, d, d, was, is});
    }
}

size_t holidays_revise(const struct holidays *before, const struct holidays *after,
                       const struct holidays *years, struct revision **ret)
{
    struct revisions all = {0};
    int done = 0;

    for (size_t i = 0; i < holidays_count(years); i++) {
        int year, month, day;
        day_t d;

        holidays_at(years, i, &d);
        day_to_ymd(d, &year, &month, &day);
        if (year != done)
            revise_year(before, after, year, &all);
        done = year;
    }
    *ret = all.items;
    return all.count;
}

const char *revision_name(const struct revision *r)
{
    static const char *const names[] = {[REVISION_ADDED] = "added",
                                        [REVISION_MOVED] = "moved",
                                        [REVISION_DROPPED] = "dropped",
                                        [REVISION_RENAMED] = "renamed"};

    return names[r->kind];
}
