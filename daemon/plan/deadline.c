#include "plan/deadline.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "calendar/when.h"
#include "plan/slug.h"

struct deadline deadline_new(void)
{
    struct deadline d = {.created_at = UTC_NONE, .updated_at = UTC_NONE};

#define SET_NONE(field) d.field = DAY_NONE;
    DEADLINE_DAYS(SET_NONE)
    return d;
}

void deadline_clear(struct deadline *d)
{
#define FREE_TEXT(field) free(d->field);
    DEADLINE_TEXTS(FREE_TEXT)
    free(d->role);
    free(d->role_title);
    *d = deadline_new();
}

struct deadline deadline_dup(const struct deadline *d)
{
    struct deadline copy = *d;

#define DUP_TEXT(field) copy.field = xstrdup(d->field);
    DEADLINE_TEXTS(DUP_TEXT)
    copy.role = xstrdup(d->role);
    copy.role_title = xstrdup(d->role_title);
    return copy;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool deadline_same(const struct deadline *a, const struct deadline *b)
{
#define DIFFERENT_TEXT(field) || !same_text(a->field, b->field)
#define DIFFERENT_DAY(field)  || a->field.n != b->field.n
    return !(a->series_id != b->series_id || a->step != b->step || a->role_id != b->role_id ||
             a->difference_seen != b->difference_seen DEADLINE_TEXTS(DIFFERENT_TEXT)
                                       DEADLINE_DAYS(DIFFERENT_DAY));
}

bool deadline_is_window(const struct deadline *d)
{
    return day_is(d->opens_on);
}

bool deadline_copied_to(const struct deadline *d, const char *slug)
{
    const char *list = d->copy_to;
    char one[SLUG_MAX + 1];

    while (slug_next(&list, one))
        if (strcmp(one, slug) == 0)
            return true;
    return false;
}

/* A narrower window within the rule's is no difference. */
bool deadline_differs(const struct deadline *d)
{
    if (!day_is(d->stated_on) || !day_is(d->computed_on) || d->difference_seen)
        return false;
    if (deadline_is_window(d))
        return d->stated_opens_on.n < d->computed_opens_on.n || d->stated_on.n > d->computed_on.n;
    return d->stated_on.n != d->computed_on.n;
}

const char *deadline_state_name(enum deadline_state s)
{
    static const char *const names[] = {
        [DEADLINE_OPEN] = "open",
        [DEADLINE_OVERDUE] = "overdue",
        [DEADLINE_SUBMITTED] = "submitted",
        [DEADLINE_ENDED] = "ended",
    };

    return names[s];
}

enum deadline_state deadline_state(const struct deadline *d, day_t today)
{
    if (day_is(d->submitted_on))
        return DEADLINE_SUBMITTED;
    if (day_is(d->ended_on) && deadline_is_window(d)) /* booked, whenever it is */
        return DEADLINE_ENDED;
    if (day_is(d->ended_on) && (d->ended_on.n <= today.n || d->ended_on.n <= d->due_on.n))
        return DEADLINE_ENDED;
    return d->due_on.n < today.n ? DEADLINE_OVERDUE : DEADLINE_OPEN;
}

bool deadline_was_past(const struct deadline *d, const struct zone *z)
{
    return d->rule && utc_is(d->created_at) && d->due_on.n < zone_today(z, d->created_at).n;
}

day_t deadline_cut_on(const struct deadline *d, day_t send_by)
{
    int year, month, day;

    if (day_is(d->data_on))
        return d->data_on;
    day_to_ymd(send_by, &year, &month, &day);
    return day_add(send_by, -day);
}

int deadline_next(const struct deadline *d, day_t *ret, struct err *e)
{
    day_t due = DAY_NONE;
    int months, days;
    int64_t n;

    if (!d->every) {
        *ret = DAY_NONE;
        return 0;
    }
    if (when_every(d->every, &months, &days, e) < 0)
        return -1;
    n = (d->step + 1) * (months ? months : days);
    if (n <= INT32_MAX / 2)
        due = months ? day_add_months(d->first_due_on, (int)n) : day_add(d->first_due_on, (int)n);
    if (day_is(due) && day_is(d->ended_on) && d->ended_on.n <= due.n)
        due = DAY_NONE;
    *ret = due;
    return 0;
}
