/* actions-overdue, actions-due-soon: who owns actions hears of those that have a step of the ladder
 * due today, in one list of all that is overdue of theirs, over all roles and plans, or of all that
 * is due soon, the most pressing first. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/due_actions.h"
#include "engine/escalate.h"
#include "engine/finding.h"
#include "engine/held.h"
#include "plan/slug.h"
#include "store/outbox_list.h"

/* The actions of one of the two checks. */
struct list {
    struct check_run *run;
    struct due_actions *all;
    struct due_action **items; /* by person, those nobody can be told of first */
    size_t count;
    bool overdue;
};

/* "" sorts before every address: those who cannot be reached come first. */
static const char *address(const struct due_action *d)
{
    return d->role && tell_reachable(d->role) ? d->role->email : "";
}

static int by_days(const void *a, const void *b)
{
    const struct due_action *x = *(struct due_action *const *)a,
                            *y = *(struct due_action *const *)b;

    if (x->days != y->days)
        return x->days < y->days ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int by_person(const void *a, const void *b)
{
    const struct due_action *x = *(struct due_action *const *)a,
                            *y = *(struct due_action *const *)b;
    int who = strcasecmp(address(x), address(y));

    return who ? who : by_days(a, b);
}

static int find(struct list *l, struct err *e)
{
    if (due_actions_load(l->run, &l->all, e) < 0)
        return -1;
    l->items = xcalloc(l->all->count + 1, sizeof(struct due_action *));
    for (size_t i = 0; i < l->all->count; i++)
        if (due_action_is_overdue(&l->all->items[i]) == l->overdue)
            l->items[l->count++] = &l->all->items[i];
    qsort(l->items, l->count, sizeof *l->items, by_person);
    return 0;
}

/* ---- letters ---- */

/* The titles of the roles that own them. Caller frees. */
static char *titles(struct due_action *const *items, size_t count)
{
    const struct role **roles = xcalloc(count, sizeof *roles);
    size_t held = 0;
    char *text;

    for (size_t i = 0; i < count; i++) {
        size_t k = 0;

        while (k < held && roles[k] != items[i]->role)
            k++;
        if (k == held)
            roles[held++] = items[i]->role;
    }
    text = tell_titles(roles, held);
    free(roles);
    return text;
}

static day_t next_of(const struct check_run *run, struct due_action *const *items, size_t count)
{
    day_t next = DAY_NONE;

    for (size_t i = 0; i < count; i++)
        next = day_earlier(next, items[i]->next);
    return day_is(next) ? tell_day_from(run, next) : DAY_NONE;
}

static struct letter write_letter(const struct list *l, struct due_action *const *items,
                                  size_t count, const char *roles, bool copy)
{
    char today[DAY_ISO];
    char *reference = xasprintf("%s %s", l->run->check, day_iso(l->run->today, today));
    struct compose_footer footer = {l->run->engine->organisation, roles, reference,
                                    next_of(l->run, items, count), l->run->engine->forecast};
    struct action_item *list = xcalloc(count, sizeof *list);
    struct letter letter;

    for (size_t i = 0; i < count; i++) {
        list[i] = due_action_item(items[i]);
        list[i].mark = copy ? items[i]->mark : list[i].mark; /* what holds is the owner's */
    }
    compose_actions(&footer, list, count, copy, &letter);
    free(list);
    free(reference);
    return letter;
}

/* What a list is sent for; the rest of it is there to make it whole. */
static bool is_told(const struct due_action *d)
{
    return d->reason && !d->held;
}

/* The list stands until all that it was sent for has gone a step further. */
static utc_t worth_until(const struct list *l, struct due_action *const *items, size_t count)
{
    utc_t until = UTC_NONE;

    for (size_t i = 0; i < count; i++)
        if (is_told(items[i]))
            until = utc_later(until, tell_until_step(l->run, items[i]->next));
    return until;
}

/* ---- telling who owns them ---- */

/* What came before on the ladder and was never told; the steps before the date are the other
 * check's. */
static int collapse(struct check_run *run, const struct due_action *d, struct err *e)
{
    const struct ladder *l = &run->engine->policy.ladders[POLICY_actions];
    struct ladder after = *l;
    struct notice n = due_action_notice(d);

    if (!due_action_is_overdue(d))
        return tell_collapsed(run, &n, l, d->place, e);
    after.count = 0;
    if (tell_collapsed(run, &n, &after, d->place - (int)l->count, e) < 0)
        return -1;
    n.event = EVENT_ACTION_DUE_SOON;
    n.rule = CHECK_DUE_SOON;
    return tell_collapsed(run, &n, l, (int)l->count, e);
}

static int tell_none(struct check_run *run, struct due_action *d, struct err *e)
{
    char *why = d->role ? tell_why_not(d->role) : xstrdup("nobody owns the action");
    struct notice n = due_action_notice(d);
    struct tell_step step = due_action_step(run, d);
    bool is_new;
    int rc = d->place < 0 ? 0 : tell_nobody_at(run, &n, &step, why, &is_new, e);

    free(why);
    return rc;
}

/* One list a day: whoever had one hears of what has come since tomorrow. */
static int had_today(const struct list *l, const char *email, bool *ret, struct err *e)
{
    static const char *const events[] = {EVENT_ACTION_OVERDUE, EVENT_ACTION_DUE_SOON, EVENT_DIGEST};
    const struct check_run *run = l->run;
    utc_t from, until, other;
    bool had = false;

    zone_utc(run->engine->zone, (struct local){run->today, 0}, &from, &other);
    zone_utc(run->engine->zone, (struct local){day_add(run->today, 1), 0}, &until, &other);
    for (size_t i = 0; i < COUNT(events) && !had; i++)
        if (outbox_told(run->store, "mail", email, events[i], from, until, &had, e) < 0)
            return -1;
    *ret = had;
    return 0;
}

static int mail_person(const struct list *l, struct due_action **items, size_t count, size_t told,
                       struct err *e)
{
    struct notice *notices = xcalloc(told, sizeof *notices);
    char *roles = titles(items, count);
    struct letter letter = write_letter(l, items, count, roles, false);
    size_t n = 0;
    int rc;

    for (size_t i = 0; i < count; i++)
        if (is_told(items[i]))
            notices[n++] = due_action_notice(items[i]);
    rc = tell_mail(l->run, items[0]->role, &letter, NULL, NULL, worth_until(l, items, count),
                   notices, n, e);
    for (size_t i = 0; rc == 0 && i < count; i++)
        if (is_told(items[i]))
            rc = collapse(l->run, items[i], e);
    free(roles);
    free(notices);
    letter_clear(&letter);
    return rc;
}

static int hold(struct check_run *run, struct due_action *d, struct err *e)
{
    struct notice n = due_action_notice(d);

    return d->reason && !d->held ? held_one(run, &n, d->role, &d->held, e) : 0;
}

static int tell_person(const struct list *l, struct due_action **items, size_t count, struct err *e)
{
    size_t told = 0;
    bool had;

    if (had_today(l, address(items[0]), &had, e) < 0)
        return -1;
    for (size_t i = 0; !had && i < count; i++) {
        if (due_action_judge(l->run, items[i], e) < 0 || hold(l->run, items[i], e) < 0)
            return -1;
        told += is_told(items[i]);
    }
    return told ? mail_person(l, items, count, told, e) : 0;
}

static int tell_owners(const struct list *l, struct err *e)
{
    for (size_t i = 0, end; i < l->count; i = end) {
        end = i + 1;
        if (!*address(l->items[i])) {
            if (tell_none(l->run, l->items[i], e) < 0)
                return -1;
            continue;
        }
        while (end < l->count && tell_same_person(l->items[i]->role, l->items[end]->role))
            end++;
        if (tell_person(l, &l->items[i], end - i, e) < 0)
            return -1;
    }
    return 0;
}

/* ---- copies ---- */

static int copy_to(const struct list *l, const struct role *role, struct due_action **told,
                   size_t count, struct err *e)
{
    struct notice *notices = xcalloc(count + 1, sizeof *notices);
    struct due_action **items = xcalloc(count + 1, sizeof(struct due_action *));
    struct letter letter;
    size_t n = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        bool mailed, held = false;

        if (told[i]->role && tell_reachable(told[i]->role) && tell_same_person(told[i]->role, role))
            continue; /* who owns it was told */
        notices[n] = due_action_notice(told[i]);
        notices[n].role = role->slug;
        rc = tell_mailed(l->run, &notices[n], &mailed, e);
        if (rc == 0 && !mailed)
            rc = held_one(l->run, &notices[n], role, &held, e);
        if (rc == 0 && !mailed && !held)
            items[n++] = told[i];
    }
    if (rc == 0 && n) {
        letter = write_letter(l, items, n, role->title, true);
        rc = tell_mail(l->run, role, &letter, NULL, NULL, worth_until(l, items, n), notices, n, e);
        letter_clear(&letter);
    }
    free(items);
    free(notices);
    return rc;
}

static int tell_copies(const struct list *l, struct err *e)
{
    const char *slugs = l->run->engine->policy.copy_actions;
    struct due_action **told = xcalloc(l->count + 1, sizeof(struct due_action *));
    char slug[SLUG_MAX + 1];
    size_t count = 0;
    int rc = 0;

    for (size_t i = 0; *slugs && i < l->count; i++)
        if (l->items[i]->reason)
            told[count++] = l->items[i];
    qsort(told, count, sizeof *told, by_days);
    while (rc == 0 && count && slug_next(&slugs, slug)) {
        const struct role *role = roster_slug(&l->all->roster, slug);

        if (role && tell_reachable(role))
            rc = copy_to(l, role, told, count, e);
    }
    free(told);
    return rc;
}

/* ---- webhooks: all that is overdue, and what of the rest is told today ---- */

static char *item_json(const struct due_action *d)
{
    struct text t = TEXT_INIT;
    char due[DAY_ISO];

    text_add(&t, "{\"plan\":");
    text_add_json(&t, d->plan);
    text_add(&t, ",\"ref\":");
    text_add_json(&t, d->about + strlen(d->plan) + 1);
    text_add(&t, ",\"title\":");
    text_add_json(&t, d->title);
    text_add(&t, ",\"owner\":");
    text_add_json(&t, d->role ? d->role->slug : NULL);
    text_add(&t, ",\"rating\":");
    text_add_json(&t, d->rating ? d->rating->code : NULL);
    text_addf(&t, ",\"due_on\":\"%s\",", day_iso(d->due_on, due));
    if (due_action_is_overdue(d))
        text_addf(&t, "\"days_overdue\":%d}", -d->days);
    else
        text_addf(&t, "\"days_left\":%d}", d->days);
    return text_take(&t);
}

/* The plan that all are of, or NULL. */
static const char *one_plan(struct due_action *const *items, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(items[i]->plan, items[0]->plan) != 0)
            return NULL;
    return count ? items[0]->plan : NULL;
}

static int tell_endpoints(struct list *l, struct err *e)
{
    struct tell_item *items = xcalloc(l->count + 1, sizeof *items);
    char today[DAY_ISO];
    size_t count = 0;
    int rc;

    for (size_t i = 0; i < l->count; i++)
        if (l->overdue || l->items[i]->reason)
            l->items[count++] = l->items[i];
    qsort(l->items, count, sizeof *l->items, by_days);
    for (size_t i = 0; i < count && i < TELL_ITEMS; i++)
        items[i] = (struct tell_item){.json = item_json(l->items[i]),
                                      .shown = {l->items[i]->about + strlen(l->items[i]->plan) + 1,
                                                l->items[i]->title, l->items[i]->due_on, NULL}};
    rc = tell_webhooks_at_once(l->run, l->overdue ? EVENT_ACTION_OVERDUE : EVENT_ACTION_DUE_SOON,
                               l->overdue ? "run:overdue" : "run:due-soon",
                               day_iso(l->run->today, today), one_plan(l->items, count), items,
                               count, e);
    for (size_t i = 0; i < count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

/* ---- what goes up ---- */

static int go_up(const struct list *l, struct err *e)
{
    struct escalate_item *items = xcalloc(l->count + 1, sizeof *items);
    int rc;

    for (size_t i = 0; i < l->count; i++)
        items[i] = (struct escalate_item){l->items[i]->about,
                                          l->items[i]->role ? l->items[i]->role->slug : "",
                                          l->items[i]->due_on};
    rc = escalate(l->run, &l->all->roster, items, l->count, e);
    free(items);
    return rc;
}

/* ---- the checks ---- */

static void note_all(const struct list *l)
{
    if (!finding_listed(l->run)) {
        l->run->result.findings += (int64_t)l->count;
        return;
    }
    for (size_t i = 0; i < l->count; i++) {
        const struct due_action *d = l->items[i];
        int days = abs(d->days);
        char *what = xasprintf("%d day%s %s%s%s", days, days == 1 ? "" : "s",
                               l->overdue ? "overdue" : "left", is_told(d) ? ", told today: " : "",
                               is_told(d) ? d->reason : "");

        finding_note(l->run, d->about, d->due_on, what);
        free(what);
    }
}

static int check(struct check_run *run, bool overdue, struct err *e)
{
    struct list l = {.run = run, .overdue = overdue};
    int rc = find(&l, e);

    if (rc == 0)
        rc = tell_owners(&l, e);
    if (rc == 0)
        rc = tell_copies(&l, e);
    if (rc == 0 && run->engine->webhook_count)
        rc = tell_endpoints(&l, e);
    if (rc == 0 && overdue)
        rc = go_up(&l, e);
    note_all(&l);
    free(l.items);
    return rc;
}

int check_overdue(struct check_run *run, struct err *e)
{
    return check(run, true, e);
}

int check_due_soon(struct check_run *run, struct err *e)
{
    return check(run, false, e);
}
