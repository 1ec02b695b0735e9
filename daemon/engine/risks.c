/* risks: one that was not reviewed within its period, or of which a reply that is due has not come:
 * when that is found and every 28 days. To its owner, with a copy to the programme office. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "calendar/when.h"
#include "engine/upkeep.h"

#define USUAL_PERIOD "3m" /* between reviews, where none is given */

struct listing {
    const struct upkeep_view *v;
    struct upkeeps *ret;
};

/* What is due on a day is told from the day after. */
static void set_due(struct upkeep *u, day_t due)
{
    u->on = u->due_on = due;
    u->undone_on = day_add(due, 1);
}

static void list_review(const struct listing *l, struct record *r)
{
    const char *every = *record_value(r, "review_every");
    const char *reviewed = *record_value(r, "reviewed_on");
    struct upkeep *u = upkeeps_add(l->ret, UPKEEP_REVIEW, r);
    char from[DAY_TEXT], due[DAY_TEXT];
    day_t last;

    if (!reviewed || day_parse_iso(reviewed, &last) < 0)
        last = zone_today(l->v->zone, r->added_at);
    set_due(u, when_next(every ? every : USUAL_PERIOD, last));
    u->fact = xasprintf("%s on %s, next review due on %s",
                        reviewed ? "last reviewed" : "never reviewed, recorded",
                        day_short(last, from), day_short(u->due_on, due));
    upkeep_close(u, l->v, "was closed", *record_value(r, "closed_on"));
}

static void list_reply(const struct listing *l, struct record *r)
{
    const char *on = *record_value(r, "reply_due_on");
    struct upkeep *u;
    char day[DAY_TEXT];
    day_t due;

    if (!on || *record_value(r, "outcome") || day_parse_iso(on, &due) < 0)
        return;
    u = upkeeps_add(l->ret, UPKEEP_REPLY, r);
    set_due(u, due);
    u->fact = xasprintf("reply due on %s", day_short(due, day));
    upkeep_close(u, l->v, "was closed", *record_value(r, "closed_on"));
}

static int list_risk(void *arg, const struct record *r)
{
    struct record at = *r; /* shares the values */

    list_review(arg, &at);
    list_reply(arg, &at);
    return 0;
}

int risks_list(struct store *s, const struct upkeep_view *v, struct upkeeps *ret, struct err *e)
{
    struct listing l = {v, ret};

    return record_each(s, RECORD_RISK, list_risk, &l, e);
}

int check_risks(struct check_run *run, struct err *e)
{
    return upkeep_tell(run, e);
}
