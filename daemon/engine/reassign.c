#include "engine/reassign.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/people.h"
#include "engine/subject.h"
#include "engine/trouble.h"
#include "store/action.h"
#include "store/deadline.h"

#define WORTH_DAYS 7 /* it is said once */

/* A part of an action, or a deadline, and the role that has it. */
struct owned {
    bool deadline;
    int64_t id, role_id; /* role_id 0: nobody */
};

struct ownership {
    struct check_run run; /* what telling of it goes by */
    struct roster roster;
    struct owned *items; /* by kind and id */
    size_t count, cap;
    int64_t last; /* notice */
};

/* One thing that is somebody else's now; the parts of an action that one role has are one. */
struct item {
    const struct role *role;
    char *about, *title, *was, *reason, *step;
    const char *ref; /* in `about`; NULL: a deadline */
    day_t due_on;    /* the earliest; DAY_NONE: undated */
    bool window;
    size_t order;
};

struct search {
    const struct ownership *before;
    struct roster roster; /* as it is now */
    struct check_run *run;
    bool several; /* plans */
    struct item *items;
    size_t count, cap;
};

/* ---- before ---- */

static void add_owned(struct ownership *o, bool deadline, int64_t id, int64_t role_id)
{
    o->items = xgrow(o->items, o->count, &o->cap, sizeof *o->items);
    o->items[o->count++] = (struct owned){deadline, id, role_id};
}

static int note_parts(void *arg, const struct standing *st)
{
    for (size_t i = 0; i < st->part_count; i++)
        if (st->parts[i].known)
            add_owned(arg, false, st->parts[i].id, st->parts[i].owner_id);
    return 0;
}

static int note_deadline(void *arg, const struct deadline *d)
{
    add_owned(arg, true, d->id, d->role_id);
    return 0;
}

static int by_kind(const void *a, const void *b)
{
    const struct owned *x = a, *y = b;

    if (x->deadline != y->deadline)
        return x->deadline ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

int ownership_note(struct store *s, const struct engine *engine, utc_t now, struct ownership **ret,
                   struct err *e)
{
    struct ownership *o = xcalloc(1, sizeof *o);
    struct action_query query = {.as_at = zone_today(engine->zone, now), .known_at = UTC_NONE};

    o->run = (struct check_run){.store = s,
                                .engine = engine,
                                .schedule = "reassigned",
                                .check = "reassigned",
                                .now = now,
                                .today = query.as_at};
    if (roster_load(&o->run, &o->roster, e) < 0 || notice_last(s, &o->last, e) < 0 ||
        standing_each(s, &query, true, note_parts, o, e) < 0 ||
        deadline_each(s, false, DAY_NONE, note_deadline, o, e) < 0) {
        ownership_free(o);
        return -1;
    }
    if (o->count)
        qsort(o->items, o->count, sizeof *o->items, by_kind);
    *ret = o;
    return 0;
}

void ownership_free(struct ownership *o)
{
    if (!o)
        return;
    roster_free(&o->roster);
    free(o->items);
    free(o);
}

int64_t ownership_notice(const struct ownership *o)
{
    return o->last;
}

/* ---- what is somebody else's now ---- */

static bool same_reader(const struct role *a, const struct role *b)
{
    return tell_reachable(a) && tell_reachable(b) && tell_same_person(a, b);
}

/* NULL where nobody held the role, or the same does. An import may call both by the role's title:
 * then the addresses tell them apart. */
static char *holder_before(const struct role *was, const struct role *now)
{
    if (!was->holder || !now->holder)
        return NULL;
    if (strcmp(was->holder, now->holder) != 0)
        return xstrdup(was->holder);
    return tell_reachable(was) && tell_reachable(now) ? xstrdup(was->email) : NULL;
}

/* NULL where it is new, or whose it was. Caller frees. */
static char *whose_before(const struct search *s, bool deadline, int64_t id, const struct role *now)
{
    const struct owned key = {deadline, id, 0}, *was = NULL;
    const struct role *role;

    if (s->before->count)
        was = bsearch(&key, s->before->items, s->before->count, sizeof key, by_kind);
    if (!was || !now)
        return NULL;
    if (!was->role_id)
        return xstrdup("nobody");
    role = roster_id(&s->before->roster, was->role_id);
    if (!role || same_reader(role, now))
        return NULL;
    if (role->id != now->id)
        return role->holder ? xasprintf("%s (%s)", role->title, role->holder)
                            : xstrdup(role->title);
    return holder_before(role, now);
}

static char *reason_of(const struct item *item)
{
    return xasprintf("%s has it now, before %s", item->role->title, item->was);
}

/* Another person, or another day, is told anew. */
static char *step_of(const struct search *s, const struct role *role)
{
    char today[DAY_ISO];

    return xasprintf("%s %s %s", day_iso(s->run->today, today), role->slug,
                     role->email ? role->email : "");
}

/* Takes over `about` and `was`. */
static struct item *add_item(struct search *s, const struct role *role, char *about,
                             const char *title, char *was, day_t due_on)
{
    struct item *item;

    s->items = xgrow(s->items, s->count, &s->cap, sizeof *s->items);
    item = &s->items[s->count];
    *item = (struct item){.role = role,
                          .about = about,
                          .title = xstrdup(title),
                          .was = was,
                          .due_on = due_on,
                          .order = s->count++};
    item->reason = reason_of(item);
    item->step = step_of(s, role);
    return item;
}

static struct item *of_role(struct search *s, size_t from, const struct role *role)
{
    for (size_t i = from; i < s->count; i++)
        if (s->items[i].role == role)
            return &s->items[i];
    return NULL;
}

static int find_parts(void *arg, const struct action *a)
{
    struct search *s = arg;
    size_t from = s->count;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];
        const struct role *role = roster_id(&s->roster, p->owner_id);
        char *was =
            p->known && status_is_open(p->status) ? whose_before(s, false, p->id, role) : NULL;
        struct item *item = was ? of_role(s, from, role) : NULL;

        if (item) {
            item->due_on = day_earlier(item->due_on, p->due_on);
            free(was);
        } else if (was) {
            item = add_item(s, role, xasprintf("%s:%s", a->plan, a->ref), a->title, was, p->due_on);
            item->ref = s->several ? item->about : item->about + strlen(a->plan) + 1;
        }
    }
    return 0;
}

static int find_deadline(void *arg, const struct deadline *d)
{
    struct search *s = arg;
    const struct role *role = roster_id(&s->roster, d->role_id);
    char *was = whose_before(s, true, d->id, role), *closed;

    if (!was)
        return 0;
    closed = subject_deadline_closed(d, s->run->today);
    if (closed)
        free(was);
    else
        add_item(s, role, xasprintf("deadline:%" PRId64, d->id), d->title, was, d->due_on)->window =
            deadline_is_window(d);
    free(closed);
    return 0;
}

/* The soonest first, the undated last. */
static int by_date(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    if (x->due_on.n != y->due_on.n && day_is(x->due_on) && day_is(y->due_on))
        return x->due_on.n < y->due_on.n ? -1 : 1;
    if (day_is(x->due_on) != day_is(y->due_on))
        return day_is(x->due_on) ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int find(struct search *s, struct err *e)
{
    struct store *store = s->run->store;
    const struct action_query query = {.as_at = s->run->today, .known_at = UTC_NONE};
    struct plan *plans;
    size_t count;

    if (plan_all(store, &plans, &count, e) < 0)
        return -1;
    s->several = count > 1;
    while (count)
        plan_clear(&plans[--count]);
    free(plans);
    if (action_each(store, &query, find_parts, s, e) < 0 ||
        deadline_each(store, false, DAY_NONE, find_deadline, s, e) < 0)
        return -1;
    if (s->count)
        qsort(s->items, s->count, sizeof *s->items, by_date);
    return 0;
}

static void search_clear(struct search *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->items[i].about);
        free(s->items[i].title);
        free(s->items[i].was);
        free(s->items[i].reason);
        free(s->items[i].step);
    }
    free(s->items);
    roster_free(&s->roster);
}

/* ---- telling ---- */

static bool concerns(const void *arg, size_t item, const struct role *role)
{
    return ((const struct search *)arg)->items[item].role == role;
}

/* The date of a notice; what is undated is told by the day. */
static day_t date_of(const struct search *s, const struct item *item)
{
    return day_is(item->due_on) ? item->due_on : s->run->today;
}

static struct notice notice_of(const void *arg, size_t item, const struct role *role)
{
    const struct search *s = arg;
    const struct item *x = &s->items[item];

    return (struct notice){
        .event = EVENT_ACTION_REASSIGNED,
        .about = x->about,
        .due_on = date_of(s, x),
        .rule = s->run->check,
        .step = x->step,
        .role = role->slug,
        .reason = x->reason,
    };
}

static struct letter write_letter(const void *arg, const struct news *news, const char **ret_thread,
                                  utc_t *ret_until)
{
    const struct search *s = arg;
    struct reassigned_item *list = xcalloc(news->count, sizeof *list);
    struct letter letter;

    for (size_t i = 0; i < news->count; i++) {
        const struct item *x = &s->items[news->items[i]];

        list[i] = (struct reassigned_item){x->ref, x->title, x->was, x->due_on, x->window};
    }
    compose_reassigned(&news->footer, list, news->count, s->run->today, &letter);
    if (news->count == 1)
        *ret_thread = s->items[news->items[0]].about;
    *ret_until = tell_until(s->run, day_add(s->run->today, WORTH_DAYS));
    free(list);
    return letter;
}

static char *item_json(const struct item *x)
{
    struct text t = TEXT_INIT;
    char due[DAY_ISO];

    text_add(&t, "{\"about\":");
    text_add_json(&t, x->about);
    text_add(&t, ",\"title\":");
    text_add_json(&t, x->title);
    text_add(&t, ",\"owner\":");
    text_add_json(&t, x->role->slug);
    text_add(&t, ",\"was\":");
    text_add_json(&t, x->was);
    text_add(&t, ",\"due_on\":");
    text_add_json(&t, day_is(x->due_on) ? day_iso(x->due_on, due) : NULL);
    text_add(&t, "}");
    return text_take(&t);
}

static int tell_endpoints(const struct search *s, struct err *e)
{
    struct tell_item *items = xcalloc(s->count, sizeof *items);
    int rc;

    for (size_t i = 0; i < s->count; i++)
        items[i] = (struct tell_item){
            s->items[i].about, s->items[i].step, date_of(s, &s->items[i]), item_json(&s->items[i]),
            .shown = {s->items[i].ref, s->items[i].title, s->items[i].due_on, NULL}};
    rc = tell_webhooks(s->run, EVENT_ACTION_REASSIGNED, items, s->count, e);
    for (size_t i = 0; i < s->count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

static int tell(const struct search *s, struct err *e)
{
    const struct findings findings = {.count = s->count,
                                      .arg = s,
                                      .concerns = concerns,
                                      .notice = notice_of,
                                      .letter = write_letter};

    if (s->count == 0)
        return 0;
    if (people_tell(s->run, &s->roster, &findings, e) < 0 || tell_endpoints(s, e) < 0)
        return -1;
    return trouble_tell(s->run, e);
}

int reassign_tell(const struct ownership *before, struct err *e)
{
    struct check_run run = before->run;
    struct search s = {.before = before, .run = &run};
    int rc = roster_load(&run, &s.roster, e);

    if (rc == 0)
        rc = find(&s, e);
    if (rc == 0)
        rc = tell(&s, e);
    trouble_clear(&run.trouble);
    search_clear(&s);
    return rc;
}
