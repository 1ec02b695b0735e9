#include "plan/ladder.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define EVERY   "every"
#define ANY_DAY "on any day"

/* The number of one word, -1 for what is none or too large. */
static int step_days(const char *word, size_t len)
{
    int days = 0;

    if (len == 0 || len > 3 || strspn(word, "0123456789") < len)
        return -1;
    for (size_t i = 0; i < len; i++)
        days = 10 * days + (word[i] - '0');
    return days <= LADDER_DAYS_MAX ? days : -1;
}

static int bad_word(const char *word, size_t len, struct err *e)
{
    return err_set(e, ERR_USAGE,
                   "\"%.*s\" is no number of days from 0 to %d; a ladder is written as "
                   "28 14 7 1 0 +1 every 5",
                   len < 40 ? (int)len : 40, word, LADDER_DAYS_MAX);
}

static int add_before(struct ladder *l, int days, struct err *e)
{
    if (l->after_count)
        return err_set(e, ERR_USAGE, "%d is a day before the date: it stands before +%d", days,
                       l->after[0]);
    if (l->count == LADDER_STEPS_MAX)
        return err_set(e, ERR_USAGE, "more than %d steps", LADDER_STEPS_MAX);
    if (l->count && days >= l->days[l->count - 1])
        return err_set(e, ERR_USAGE, "the steps must fall, %d stands after %d", days,
                       l->days[l->count - 1]);
    l->days[l->count++] = days;
    return 0;
}

static int add_after(struct ladder *l, int days, struct err *e)
{
    if (days == 0)
        return err_set(e, ERR_USAGE, "+0 is the day itself: write 0");
    if (l->after_count == LADDER_STEPS_MAX)
        return err_set(e, ERR_USAGE, "more than %d steps after the date", LADDER_STEPS_MAX);
    if (l->after_count && days <= l->after[l->after_count - 1])
        return err_set(e, ERR_USAGE, "the steps after the date must rise, +%d stands after +%d",
                       days, l->after[l->after_count - 1]);
    l->after[l->after_count++] = days;
    return 0;
}

/* The number behind "every"; *text goes on behind it. */
static int set_every(struct ladder *l, const char **text, struct err *e)
{
    const char *at = *text + strspn(*text, " ");
    size_t len = strcspn(at, " ");

    if (!l->after_count)
        return err_set(e, ERR_USAGE, "\"every\" follows a day after the date, such as +1");
    l->every = step_days(at, len);
    if (l->every < 1)
        return err_set(e, ERR_USAGE, "\"every\" is followed by working days from 1 to %d",
                       LADDER_DAYS_MAX);
    *text = at + len;
    return 0;
}

/* Whether the word begins what may stand behind the days: "every 5", "on any day". */
static bool is_end(const char *word, size_t len)
{
    return (len == strlen(EVERY) && strncmp(word, EVERY, len) == 0) ||
           (len == 2 && strncmp(word, ANY_DAY, len) == 0);
}

static int read_end(struct ladder *l, const char *at, struct err *e)
{
    if (strncmp(at, EVERY, strlen(EVERY)) == 0) {
        at += strlen(EVERY);
        if (set_every(l, &at, e) < 0)
            return -1;
        at += strspn(at, " ");
    }
    if (strncmp(at, ANY_DAY, strlen(ANY_DAY)) == 0) {
        l->any_day = true;
        at += strlen(ANY_DAY);
    }
    at += strspn(at, " ");
    if (*at)
        return err_set(
            e, ERR_USAGE,
            "\"%.40s\" cannot end a ladder: behind the days stand \"every 5\" and \"" ANY_DAY
            "\", no more",
            at);
    return 0;
}

static int add_step(struct ladder *l, const char *word, size_t len, struct err *e)
{
    bool after = *word == '+';
    int days = step_days(word + after, len - after);

    if (days < 0)
        return bad_word(word, len, e);
    return after ? add_after(l, days, e) : add_before(l, days, e);
}

int ladder_parse(const char *text, struct ladder *ret, struct err *e)
{
    struct ladder l = {0};

    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");

        if (is_end(at, len)) {
            if (read_end(&l, at, e) < 0)
                return -1;
            break;
        }
        if (add_step(&l, at, len, e) < 0)
            return -1;
        at += len;
    }
    if (!l.count && !l.after_count)
        return err_set(e, ERR_USAGE, "no steps: 28 14 7 1 0 +1 every 5 is what is usual");
    *ret = l;
    return 0;
}

char *ladder_text(const struct ladder *l)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < l->count; i++)
        text_addf(&t, "%s%d", t.len ? " " : "", l->days[i]);
    for (size_t i = 0; i < l->after_count; i++)
        text_addf(&t, "%s+%d", t.len ? " " : "", l->after[i]);
    if (l->every)
        text_addf(&t, " " EVERY " %d", l->every);
    if (l->any_day)
        text_add(&t, " " ANY_DAY);
    return text_take(&t);
}

char *ladder_before_text(const struct ladder *l)
{
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < l->count; i++)
        text_addf(&t, "%s%d", i == 0 ? "" : i + 1 < l->count ? ", " : " and ", l->days[i]);
    text_addf(&t, " day%s before", l->count == 1 && l->days[0] == 1 ? "" : "s");
    return text_take(&t);
}

day_t ladder_send_by(const struct holidays *h, day_t due)
{
    return workday_on_or_before(h, due);
}

day_t ladder_action_day(const struct ladder *l, const struct holidays *h, day_t due)
{
    return l->any_day ? due : ladder_send_by(h, due);
}

day_t ladder_day(const struct ladder *l, const struct holidays *h, day_t date, int days)
{
    day_t day = day_add(date, -days);

    return l->any_day ? day : workday_on_or_before(h, day);
}

int ladder_latest(const struct ladder *l, const struct holidays *h, day_t date, day_t today)
{
    int latest = -1;

    for (size_t i = 0; i < l->count; i++)
        if (ladder_day(l, h, date, l->days[i]).n <= today.n)
            latest = (int)i;
    return latest;
}

day_t ladder_horizon(const struct ladder *l, const struct holidays *h, day_t today)
{
    day_t last = l->count ? day_add(today, l->days[0]) : today, next = day_add(last, 1);

    for (; l->count && day_is(next) &&
           ladder_day(l, h, ladder_send_by(h, next), l->days[0]).n <= today.n;
         next = day_add(next, 1))
        last = next;
    return last;
}

const char *ladder_step(int days, char ret[LADDER_STEP])
{
    snprintf(ret, LADDER_STEP, "T-%d", days);
    return ret;
}

/* ---- after the date ---- */

/* Step i of those that have a day of their own. */
static day_t named_day(const struct ladder *l, const struct holidays *h, day_t due, size_t i)
{
    day_t day = day_add(due, l->after[i]);

    return l->any_day ? day : workday_on_or_after(h, day);
}

static day_t day_after(const struct ladder *l, const struct holidays *h, day_t due, int i)
{
    int named = (int)l->after_count, days = l->every * (i - named + 1);
    day_t last;

    if (i < named)
        return named_day(l, h, due, (size_t)i);
    if (!l->every)
        return DAY_NONE;
    last = named_day(l, h, due, l->after_count - 1);
    return l->any_day ? day_add(last, days) : workday_add(h, last, days);
}

static int latest_after(const struct ladder *l, const struct holidays *h, day_t due, day_t today)
{
    int latest = -1;
    day_t last;

    for (size_t i = 0; i < l->after_count; i++)
        if (named_day(l, h, due, i).n <= today.n)
            latest = (int)i;
    if (!l->every || latest + 1 < (int)l->after_count)
        return latest;
    last = named_day(l, h, due, l->after_count - 1);
    return latest + (l->any_day ? today.n - last.n : workday_between(h, last, today)) / l->every;
}

int ladder_place(const struct ladder *l, const struct holidays *h, day_t send_by, day_t due,
                 day_t today)
{
    int after;

    if (today.n <= due.n)
        return ladder_latest(l, h, send_by, today);
    after = latest_after(l, h, due, today);
    return after < 0 ? -1 : (int)l->count + after;
}

day_t ladder_place_day(const struct ladder *l, const struct holidays *h, day_t send_by, day_t due,
                       int place)
{
    int before = (int)l->count;

    return place < before ? ladder_day(l, h, send_by, l->days[place])
                          : day_after(l, h, due, place - before);
}

const char *ladder_place_step(const struct ladder *l, int place, char ret[LADDER_STEP])
{
    int named = (int)l->after_count, i = place - (int)l->count;

    if (i < 0)
        return ladder_step(l->days[place], ret);
    if (i < named)
        snprintf(ret, LADDER_STEP, "T+%d", l->after[i]);
    else
        snprintf(ret, LADDER_STEP, "T+%d+%d%s", l->after[named - 1], l->every * (i - named + 1),
                 l->any_day ? "d" : "wd");
    return ret;
}
