#include "plan/policy.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_MINUTES = 60, DAY_MINUTES = 24 * HOUR_MINUTES };

static const char digits[] = "0123456789";

static const struct {
    const char *key, *ladder;
} kinds[POLICY_KINDS] = {
#define LADDER(field, key, ladder, help) [POLICY_##field] = {key, ladder},
#include "plan/policy.def"
#undef LADDER
};

const char *policy_key(enum policy_kind kind)
{
    return kinds[kind].key;
}

const char *policy_default(enum policy_kind kind)
{
    return kinds[kind].ladder;
}

struct policy policy_usual(void)
{
    struct policy p = {.copy_actions = "",
                       .copy_deadlines = "director",
                       .no_update_days = 28,
                       .nothing_booked_days = 7};
    struct err e;

    for (size_t i = 0; i < POLICY_KINDS; i++) {
        int rc = ladder_parse(kinds[i].ladder, &p.ladders[i], &e);

        assert(rc == 0);
        (void)rc;
    }
    return p;
}

/* Checks have a hyphen where keys have none; every other check is one of deadlines. */
enum policy_kind policy_kind_of(const char *check)
{
    if (strcmp(check, "board-papers") == 0)
        return POLICY_board_papers;
    return strcmp(check, "committee-publication") == 0 ? POLICY_committee_publication
                                                       : POLICY_deadlines;
}

int policy_deadline(const struct policy *p, const char *check, const char *own, struct ladder *ret,
                    struct err *e)
{
    const struct ladder *usual = &p->ladders[policy_kind_of(check)];
    struct ladder l;

    if (strcmp(own, DEADLINE_LADDER) == 0) {
        *ret = *usual;
        return 0;
    }
    if (ladder_parse(own, &l, e) < 0)
        return -1;
    if (!l.after_count) {
        memcpy(l.after, usual->after, sizeof l.after);
        l.after_count = usual->after_count;
        l.every = usual->every;
    }
    *ret = l;
    return 0;
}

int policy_days_parse(const char *text, int *ret, struct err *e)
{
    size_t len = strlen(text);
    int days = 0;

    if (len <= 3 && strspn(text, digits) == len)
        days = (int)strtol(text, NULL, 10);
    if (days < 1 || days > LADDER_DAYS_MAX)
        return err_set(e, ERR_USAGE, "\"%.40s\" is no number of days from 1 to %d", text,
                       LADDER_DAYS_MAX);
    *ret = days;
    return 0;
}

/* ---- quiet hours ---- */

/* "07:00", two digits each; 24:00 is the day's end. */
static int read_time(const char *s, size_t len, int *ret)
{
    int minute;

    if (len != 5 || s[2] != ':' || !strchr(digits, s[0]) || !strchr(digits, s[1]) ||
        !strchr(digits, s[3]) || !strchr(digits, s[4]) || s[3] > '5')
        return -1;
    minute = ((s[0] - '0') * 10 + s[1] - '0') * HOUR_MINUTES + (s[3] - '0') * 10 + s[4] - '0';
    if (minute > DAY_MINUTES)
        return -1;
    *ret = minute % DAY_MINUTES;
    return 0;
}

int policy_quiet_parse(const char *text, int *ret_from, int *ret_to, struct err *e)
{
    const char *dash = strchr(text, '-');
    int from, to;

    if (!*text) {
        *ret_from = *ret_to = 0;
        return 0;
    }
    if (!dash || read_time(text, (size_t)(dash - text), &from) < 0 ||
        read_time(dash + 1, strlen(dash + 1), &to) < 0)
        return err_set(e, ERR_USAGE, "\"%.40s\" is no span of hours; write 20:00-07:00", text);
    if (from == to)
        return err_set(e, ERR_USAGE, "\"%.40s\" leaves no hour in which anything could go", text);
    *ret_from = from;
    *ret_to = to;
    return 0;
}

static bool is_quiet_minute(const struct policy *p, int minute)
{
    if (p->quiet_from <= p->quiet_to)
        return minute >= p->quiet_from && minute < p->quiet_to;
    return minute >= p->quiet_from || minute < p->quiet_to;
}

static bool is_quiet(const struct policy *p, const struct holidays *h, struct local at)
{
    return (p->quiet_days && !workday_is(h, at.day)) || is_quiet_minute(p, at.second / 60);
}

/* Quiet ends where the hours do, or where a working day begins: the next of those that is not
 * quiet itself. */
static struct local quiet_end(const struct policy *p, const struct holidays *h, struct local at)
{
    struct local end = at;

    do {
        if (is_quiet_minute(p, end.second / 60)) {
            if (end.second / 60 >= p->quiet_to)
                end.day = day_add(end.day, 1);
            end.second = p->quiet_to * 60;
        } else {
            end = (struct local){day_add(end.day, 1), 0};
        }
    } while (day_is(end.day) && is_quiet(p, h, end));
    return end;
}

bool policy_is_quiet(const struct policy *p, const struct holidays *h, struct local at,
                     struct local *ret_end)
{
    if (!is_quiet(p, h, at))
        return false;
    if (ret_end)
        *ret_end = quiet_end(p, h, at);
    return true;
}
