/* audits-missing: an audit whose month is past and of which learning or sharing is not recorded,
 * and, where audits were monthly, a last month without one: from the fifth working day of the month
 * after, then every five working days. To the audit's owner, else to the programme office. */
#include <string.h>

#include "base/mem.h"
#include "engine/upkeep.h"

#define FOUND_WORKDAYS 5
#define HABIT_MONTHS                                                            \
    12 /* so long after the last one a council still counts as auditing monthly \
        */

struct listing {
    const struct upkeep_view *v;
    struct upkeeps *ret;
    day_t last_month; /* its last day */
    bool habit, there;
};

static day_t month_end(day_t day)
{
    int year, month, n;

    day_to_ymd(day, &year, &month, &n);
    return day_from_ymd(year, month, day_month_length(year, month));
}

static void note_month(struct listing *l, const struct record *r)
{
    day_t month = record_month(r);
    int ago = l->last_month.n - month.n;

    l->there |= ago == 0;
    l->habit |= ago > 0 && day_add_months(month, HABIT_MONTHS).n >= l->last_month.n;
}

static int list_audit(void *arg, const struct record *r)
{
    struct listing *l = arg;
    struct record at = *r; /* shares the values */
    const char *planned = *record_value(&at, "planned_on"),
               *shared = *record_value(&at, "shared_on");
    const char *learning = *record_value(&at, "learning");
    struct upkeep *u = upkeeps_add(l->ret, UPKEEP_AUDIT, r);

    if (strcmp(*record_value(&at, "kind"), "monthly") == 0)
        note_month(l, r);
    if (!planned || day_parse_iso(planned, &u->on) < 0)
        u->on = record_month(r);
    u->due_on = month_end(u->on);
    if (record_month(r).n > u->due_on.n)
        u->due_on = record_month(r);
    u->undone_on = workday_add(l->v->holidays, u->due_on, FOUND_WORKDAYS);
    u->fact = xstrdup(learning ? "not recorded as shared"
                      : shared ? "what was learnt is not recorded"
                               : "neither what was learnt nor when it was shared is recorded");
    upkeep_close(u, l->v, "was shared", learning ? shared : NULL);
    u->done = u->closed != NULL;
    upkeep_close(u, l->v, "was cancelled", *record_value(&at, "cancelled_on"));
    return 0;
}

static void list_month(struct listing *l)
{
    struct upkeep *u = upkeeps_add(l->ret, UPKEEP_MONTH, NULL);
    char iso[DAY_ISO], text[DAY_TEXT];
    const char *month = strchr(day_short(l->last_month, text), ' ') + 1;

    u->about = xasprintf("audits:%.7s", day_iso(l->last_month, iso));
    u->title = xasprintf("Monthly audit of %s", month);
    u->fact = xasprintf("none is planned or recorded for %s", month);
    u->due_on = l->last_month;
    u->undone_on = workday_add(l->v->holidays, l->last_month, FOUND_WORKDAYS);
}

int audits_list(struct store *s, const struct upkeep_view *v, struct upkeeps *ret, struct err *e)
{
    struct listing l = {.v = v, .ret = ret, .last_month = month_end(day_add_months(v->today, -1))};

    if (record_each(s, RECORD_AUDIT, list_audit, &l, e) < 0)
        return -1;
    if (l.habit && !l.there)
        list_month(&l);
    return 0;
}

int check_audits(struct check_run *run, struct err *e)
{
    return upkeep_tell(run, e);
}
