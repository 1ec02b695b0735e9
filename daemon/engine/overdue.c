/* actions-overdue: every owner gets one mail a day that lists all that is overdue of his, over all
 * roles and plans, the longest overdue first. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/tell.h"
#include "store/action.h"
#include "store/outbox_list.h"

/* What one role has overdue of one action: its most overdue part stands for the others. */
struct overdue {
    char *about, *ref, *part, *title;
    const char *plan;
    const struct rating *rating; /* NULL: not rated */
    const struct role *role;     /* NULL: nobody owns it */
    int64_t owner_id;
    day_t due_on;
    int days;
    size_t order;
    bool fresh, said; /* never told before; told today already */
    char *reason;
};

struct found {
    struct overdue *items;
    size_t count, cap;
    struct plan *plans;
    size_t plan_count;
    struct roster roster;
    day_t today;
};

static void found_clear(struct found *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].about);
        free(f->items[i].ref);
        free(f->items[i].part);
        free(f->items[i].title);
        free(f->items[i].reason);
    }
    free(f->items);
    for (size_t i = 0; i < f->plan_count; i++)
        plan_clear(&f->plans[i]);
    free(f->plans);
    roster_free(&f->roster);
}

/* ---- finding ---- */

static const struct plan *plan_of(const struct found *f, int64_t id)
{
    size_t i = 0;

    while (i < f->plan_count && f->plans[i].id != id)
        i++;
    return i < f->plan_count ? &f->plans[i] : NULL;
}

static const struct rating *rating_of(const struct found *f, const struct action *a,
                                      const struct part *p)
{
    const struct plan *plan = plan_of(f, a->plan_id);

    return plan && p->rating >= 0 && (size_t)p->rating < plan->scheme.count
               ? &plan->scheme.ratings[p->rating]
               : NULL;
}

static struct overdue *of_owner(struct found *f, size_t from, int64_t owner_id)
{
    for (size_t i = from; i < f->count; i++)
        if (f->items[i].owner_id == owner_id)
            return &f->items[i];
    return NULL;
}

static struct overdue *add_item(struct found *f, const struct action *a, int64_t owner_id)
{
    const struct plan *plan = plan_of(f, a->plan_id);
    bool several = f->plan_count > 1;

    f->items = xgrow(f->items, f->count, &f->cap, sizeof *f->items);
    f->items[f->count] = (struct overdue){
        .about = xasprintf("%s:%s", a->plan, a->ref),
        .ref = several ? xasprintf("%s:%s", a->plan, a->ref) : xstrdup(a->ref),
        .title = xstrdup(a->title),
        .part = xstrdup(""),
        .plan = plan ? plan->slug : "",
        .owner_id = owner_id,
        .role = owner_id ? roster_id(&f->roster, owner_id) : NULL,
        .order = f->count,
        .days = -1,
    };
    return &f->items[f->count++];
}

static void add_part(struct found *f, size_t from, const struct action *a, const struct part *p)
{
    struct overdue *item = of_owner(f, from, p->owner_id);
    int days = part_days_overdue(p, f->today);

    if (!item)
        item = add_item(f, a, p->owner_id);
    if (*p->label) {
        char *both = *item->part ? xasprintf("%s, %s", item->part, p->label) : xstrdup(p->label);

        free(item->part);
        item->part = both;
    }
    if (days > item->days) {
        item->days = days;
        item->due_on = p->due_on;
        item->rating = rating_of(f, a, p);
    }
}

static int collect(void *arg, const struct action *a)
{
    struct found *f = arg;
    size_t from = f->count;

    for (size_t i = 0; i < a->part_count; i++)
        if (a->parts[i].known && part_date_state(&a->parts[i], f->today) == DATE_OVERDUE)
            add_part(f, from, a, &a->parts[i]);
    return 0;
}

/* "" sorts before every address: those who cannot be reached come first. */
static const char *address(const struct overdue *o)
{
    return o->role && tell_reachable(o->role) ? o->role->email : "";
}

static int by_person(const void *a, const void *b)
{
    const struct overdue *x = a, *y = b;
    int who = strcasecmp(address(x), address(y));

    if (who)
        return who;
    if (x->days != y->days)
        return x->days > y->days ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int find(struct check_run *run, struct found *f, struct err *e)
{
    const struct action_query q = {.as_at = run->today, .known_at = UTC_NONE};

    f->today = run->today;
    if (roster_load(run, &f->roster, e) < 0 ||
        plan_all(run->store, &f->plans, &f->plan_count, e) < 0 ||
        action_each(run->store, &q, collect, f, e) < 0)
        return -1;
    if (f->count)
        qsort(f->items, f->count, sizeof *f->items, by_person);
    return 0;
}

/* ---- telling ---- */

static struct notice notice_of(const struct check_run *run, const struct overdue *o,
                               const char *today)
{
    return (struct notice){
        .event = EVENT_ACTION_OVERDUE,
        .about = o->about,
        .due_on = o->due_on,
        .rule = run->check,
        .step = today,
        .role = o->role ? o->role->slug : "",
        .reason = o->reason,
    };
}

static int tell_none(struct check_run *run, const struct overdue *o, struct err *e)
{
    char today[DAY_ISO], *why = o->role ? tell_why_not(o->role) : xstrdup("nobody owns the action");
    struct notice n = notice_of(run, o, day_iso(run->today, today));
    bool fresh;
    int rc = tell_nobody(run, &n, why, &fresh, e);

    free(why);
    return rc;
}

/* Why each item is told today, and whether it was told today already (its role then had another
 * holder). */
static int reasons(struct check_run *run, struct overdue *items, size_t count, const char *today,
                   size_t *ret_unsaid, struct err *e)
{
    *ret_unsaid = 0;
    for (size_t i = 0; i < count; i++) {
        struct overdue *o = &items[i];
        struct notice n = notice_of(run, o, today);
        bool before;

        if (notice_any_step(run->store, &n, &before, e) < 0 ||
            tell_mailed(run, &n, &o->said, e) < 0)
            return -1;
        o->fresh = !before;
        o->reason = before ? xasprintf("repeat: %d day%s overdue", o->days, o->days == 1 ? "" : "s")
                           : xstrdup("new");
        *ret_unsaid += !o->said;
    }
    return 0;
}

static char *titles(const struct overdue *items, size_t count)
{
    const struct role **roles = xcalloc(count, sizeof *roles);
    size_t held = 0;
    char *text;

    for (size_t i = 0; i < count; i++) {
        size_t k = 0;

        while (k < held && roles[k] != items[i].role)
            k++;
        if (k == held)
            roles[held++] = items[i].role;
    }
    text = tell_titles(roles, held);
    free(roles);
    return text;
}

static struct letter write_letter(struct check_run *run, const struct overdue *items, size_t count,
                                  const char *today)
{
    struct overdue_item *list = xcalloc(count, sizeof *list);
    char *roles = titles(items, count), *reference = xasprintf("%s %s", run->check, today);
    struct compose_footer footer = {run->engine->organisation, roles, reference, tell_next_day(run),
                                    run->engine->forecast};
    struct letter letter;

    for (size_t i = 0; i < count; i++)
        list[i] = (struct overdue_item){
            .ref = items[i].ref,
            .part = items[i].part,
            .title = items[i].title,
            .rating = items[i].rating ? items[i].rating->label : NULL,
            .due_on = items[i].due_on,
            .days = items[i].days,
            .fresh = items[i].fresh,
        };
    compose_overdue(&footer, list, count, &letter);
    free(list);
    free(roles);
    free(reference);
    return letter;
}

static int mail_person(struct check_run *run, const struct overdue *items, size_t count,
                       size_t unsaid, const char *today, struct err *e)
{
    struct letter letter = write_letter(run, items, count, today);
    struct notice *notices = xcalloc(unsaid, sizeof *notices);
    size_t n = 0;
    int rc;

    for (size_t i = 0; i < count; i++)
        if (!items[i].said)
            notices[n++] = notice_of(run, &items[i], today);
    rc = tell_mail(run, items[0].role, &letter, NULL, NULL, tell_until_daily(run), notices, n, e);
    free(notices);
    letter_clear(&letter);
    return rc;
}

/* One mail a day: whoever had one today hears of what has come since tomorrow. */
static int tell_person(struct check_run *run, struct overdue *items, size_t count, struct err *e)
{
    char today[DAY_ISO];
    utc_t from, until, other;
    size_t unsaid;
    bool had;

    day_iso(run->today, today);
    zone_utc(run->engine->zone, (struct local){run->today, 0}, &from, &other);
    zone_utc(run->engine->zone, (struct local){day_add(run->today, 1), 0}, &until, &other);
    if (outbox_told(run->store, "mail", address(&items[0]), EVENT_ACTION_OVERDUE, from, until, &had,
                    e) < 0)
        return -1;
    if (had)
        return 0;
    if (reasons(run, items, count, today, &unsaid, e) < 0)
        return -1;
    return unsaid ? mail_person(run, items, count, unsaid, today, e) : 0;
}

static int tell_all(struct check_run *run, struct found *f, struct err *e)
{
    for (size_t i = 0, end; i < f->count; i = end) {
        end = i + 1;
        if (!*address(&f->items[i])) {
            if (tell_none(run, &f->items[i], e) < 0)
                return -1;
            continue;
        }
        while (end < f->count && tell_same_person(f->items[i].role, f->items[end].role))
            end++;
        if (tell_person(run, &f->items[i], end - i, e) < 0)
            return -1;
    }
    return 0;
}

/* ---- webhooks ---- */

static char *item_json(const struct overdue *o)
{
    struct text t = TEXT_INIT;
    char due[DAY_ISO];

    text_add(&t, "{\"plan\":");
    text_add_json(&t, o->plan);
    text_add(&t, ",\"ref\":");
    text_add_json(&t, o->about + strlen(o->plan) + 1);
    text_add(&t, ",\"title\":");
    text_add_json(&t, o->title);
    text_add(&t, ",\"owner\":");
    text_add_json(&t, o->role ? o->role->slug : NULL);
    text_add(&t, ",\"rating\":");
    text_add_json(&t, o->rating ? o->rating->code : NULL);
    text_addf(&t, ",\"due_on\":\"%s\",\"days_overdue\":%d}", day_iso(o->due_on, due), o->days);
    return text_take(&t);
}

static int by_days(const void *a, const void *b)
{
    const struct overdue *x = a, *y = b;

    if (x->days != y->days)
        return x->days > y->days ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The plan that all are of, or NULL. */
static const char *one_plan(const struct found *f)
{
    for (size_t i = 1; i < f->count; i++)
        if (strcmp(f->items[i].plan, f->items[0].plan) != 0)
            return NULL;
    return f->count ? f->items[0].plan : NULL;
}

static int tell_endpoints(struct check_run *run, struct found *f, struct err *e)
{
    struct tell_item *items = xcalloc(f->count + 1, sizeof *items);
    char today[DAY_ISO];
    int rc;

    if (f->count)
        qsort(f->items, f->count, sizeof *f->items, by_days);
    for (size_t i = 0; i < f->count && i < TELL_ITEMS; i++)
        items[i].json = item_json(&f->items[i]);
    rc = tell_webhooks_at_once(run, EVENT_ACTION_OVERDUE, "run:overdue", day_iso(run->today, today),
                               one_plan(f), items, f->count, e);
    for (size_t i = 0; i < f->count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

int check_overdue(struct check_run *run, struct err *e)
{
    struct found f = {0};
    int rc = find(run, &f, e);

    if (rc == 0)
        rc = tell_all(run, &f, e);
    if (rc == 0 && run->engine->webhook_count)
        rc = tell_endpoints(run, &f, e);
    run->result.findings += (int64_t)f.count;
    found_clear(&f);
    return rc;
}
