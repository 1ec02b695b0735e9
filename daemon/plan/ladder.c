#include "plan/ladder.h"

#include <stdio.h>
#include <string.h>

const struct ladder ladder_visit = {{28, 14, 7, 1}, 4};

/* The number of one word, -1 for what is none or too large. */
static int step_days(const char *word, size_t len)
{
    int days = 0;

    if (len > 3 || strspn(word, "0123456789") < len)
        return -1;
    for (size_t i = 0; i < len; i++)
        days = 10 * days + (word[i] - '0');
    return days <= LADDER_DAYS_MAX ? days : -1;
}

int ladder_parse(const char *text, struct ladder *ret, struct err *e)
{
    struct ladder l = {.count = 0};

    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        int days = step_days(at, len);

        if (days < 0)
            return err_set(e, ERR_USAGE, "\"%.*s\" is no number of days from 0 to %d",
                           len < 40 ? (int)len : 40, at, LADDER_DAYS_MAX);
        if (l.count == LADDER_STEPS_MAX)
            return err_set(e, ERR_USAGE, "more than %d steps", LADDER_STEPS_MAX);
        if (l.count && days >= l.days[l.count - 1])
            return err_set(e, ERR_USAGE, "the steps must fall, %d stands after %d", days,
                           l.days[l.count - 1]);
        l.days[l.count++] = days;
        at += len;
    }
    if (!l.count)
        return err_set(e, ERR_USAGE, "no steps: 28 14 7 1 0 is what is usual");
    *ret = l;
    return 0;
}

day_t ladder_send_by(const struct holidays *h, day_t due)
{
    return workday_on_or_before(h, due);
}

day_t ladder_day(const struct holidays *h, day_t date, int days)
{
    return workday_on_or_before(h, day_add(date, -days));
}

int ladder_latest(const struct ladder *l, const struct holidays *h, day_t date, day_t today)
{
    int latest = -1;

    for (size_t i = 0; i < l->count; i++)
        if (ladder_day(h, date, l->days[i]).n <= today.n)
            latest = (int)i;
    return latest;
}

day_t ladder_horizon(const struct ladder *l, const struct holidays *h, day_t today)
{
    day_t last = day_add(today, l->days[0]), next = day_add(last, 1);

    for (; day_is(next) && ladder_day(h, ladder_send_by(h, next), l->days[0]).n <= today.n;
         next = day_add(next, 1))
        last = next;
    return last;
}

const char *ladder_step(int days, char ret[LADDER_STEP])
{
    snprintf(ret, LADDER_STEP, "T-%d", days);
    return ret;
}
