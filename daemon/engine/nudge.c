#include "engine/nudge.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/action.h"
#include "engine/finding.h"
#include "engine/people.h"

struct nudge {
    char *about, *ref, *title, *part, *plan, *key, *what;
    const struct role *role;
    bool copy, last;
    bool due; /* to be told in this run */
    day_t due_on;
    char *step;
};

static void nudge_clear(struct nudge *x)
{
    char *texts[] = {x->about, x->ref, x->title, x->part, x->plan, x->key, x->what, x->step};

    for (size_t i = 0; i < COUNT(texts); i++)
        free(texts[i]);
}

static void empty(struct nudges *n)
{
    while (n->count)
        nudge_clear(&n->items[--n->count]);
}

int nudges_begin(struct check_run *run, struct nudges *ret, struct err *e)
{
    *ret = (struct nudges){.run = run};
    if (roster_load(run, &ret->roster, e) < 0 ||
        plan_all(run->store, &ret->plans, &ret->plan_count, e) < 0) {
        nudges_clear(ret);
        return -1;
    }
    return 0;
}

void nudges_clear(struct nudges *n)
{
    empty(n);
    free(n->items);
    for (size_t i = 0; i < n->plan_count; i++)
        plan_clear(&n->plans[i]);
    free(n->plans);
    roster_free(&n->roster);
    *n = (struct nudges){0};
}

const struct scheme *nudges_scheme(const struct nudges *n, const struct action *a)
{
    static const struct scheme none;

    for (size_t i = 0; i < n->plan_count; i++)
        if (n->plans[i].id == a->plan_id)
            return &n->plans[i].scheme;
    return &none;
}

const struct role *nudges_role(const struct nudges *n, int64_t id)
{
    return id ? roster_id(&n->roster, id) : NULL;
}

const struct role *nudges_role_slug(const struct nudges *n, const char *slug)
{
    return slug ? roster_slug(&n->roster, slug) : NULL;
}

/* ---- what was found ---- */

static bool is_part_of(const struct nudge *x, const struct nudge_fact *f, const struct role *role)
{
    return x->role == role && strcmp(x->about, f->about) == 0 && *x->part && *f->part;
}

static void join(char **text, const char *more, const char *between)
{
    char *both;

    if (strcmp(*text, more) == 0)
        return;
    both = xasprintf("%s%s%s", *text, between, more);
    free(*text);
    *text = both;
}

/* Of several parts the first day stands for them all. */
static void add_to(struct nudge *x, const struct nudge_fact *f)
{
    join(&x->part, f->part, ", ");
    join(&x->key, f->key, ", ");
    join(&x->what, f->what, "; ");
    x->due_on = day_earlier(x->due_on, f->due_on);
    x->last &= f->last;
}

void nudge_add(struct nudges *n, const struct nudge_fact *f)
{
    const struct role *role = f->role ? f->role : roster_slug(&n->roster, ROLE_OFFICE);

    for (size_t i = f->alone ? 0 : n->count; i > 0 && strcmp(n->items[i - 1].about, f->about) == 0;
         i--)
        if (is_part_of(&n->items[i - 1], f, role)) {
            add_to(&n->items[i - 1], f);
            return;
        }
    n->items = xgrow(n->items, n->count, &n->cap, sizeof *n->items);
    n->items[n->count++] = (struct nudge){
        .about = xstrdup(f->about),
        .ref = n->plan_count > 1 ? xstrdup(f->about) : xstrdup(f->ref),
        .title = xstrdup(f->title),
        .part = xstrdup(f->part),
        .plan = xstrdup(f->plan),
        .key = xstrdup(f->key),
        .what = f->role ? xstrdup(f->what) : xasprintf("%s; it is nobody's", f->what),
        .role = role,
        .copy = f->copy,
        .last = f->last,
        .due_on = f->due_on,
    };
}

void nudge_add_part(struct nudges *n, const struct action *a, const struct part *p,
                    const struct role *role, day_t due_on, const char *what)
{
    char *about = xasprintf("%s:%s", a->plan, a->ref);
    struct nudge_fact f = {
        .role = role,
        .about = about,
        .ref = a->ref,
        .title = a->title,
        .part = p->label,
        .plan = a->plan,
        .key = "",
        .what = what,
        .due_on = due_on,
    };

    nudge_add(n, &f);
    free(about);
}

/* What goes to two roles is one matter; they are found one after the other. */
static bool same_matter(const struct nudge *a, const struct nudge *b)
{
    return strcmp(a->about, b->about) == 0 && strcmp(a->part, b->part) == 0 &&
           strcmp(a->what, b->what) == 0;
}

/* ---- what of it is told today ---- */

static struct notice notice_for(const struct nudges *n, const struct nudge_manner *m,
                                const struct nudge *x)
{
    return (struct notice){
        .event = m->event,
        .about = x->about,
        .due_on = x->due_on,
        .rule = n->run->check,
        .step = x->step,
        .role = x->role->slug,
        .reason = x->what,
    };
}

static bool long_enough(const struct nudges *n, const struct nudge_manner *m, day_t last)
{
    day_t today = n->run->today;

    if (!day_is(last))
        return true;
    if (m->again == NUDGE_AFTER_DAYS)
        return today.n - last.n >= m->days;
    return m->again == NUDGE_AFTER_WORKDAYS &&
           workday_add(n->run->engine->holidays, last, NUDGE_WORKDAYS).n <= today.n;
}

/* Told again by the day on which it was told last, so that a run that comes late or by hand brings
 * nothing forward. */
static int decide(const struct nudges *n, const struct nudge_manner *m, struct nudge *x,
                  struct err *e)
{
    struct notice notice;
    char today[DAY_ISO];
    day_t last;

    day_iso(n->run->today, today);
    if (m->again == NUDGE_ONCE)
        x->step = xstrdup(x->key);
    else
        x->step = xasprintf("%s%s%s", x->key, *x->key ? " " : "", today);
    notice = notice_for(n, m, x);
    notice.channel = tell_reachable(x->role) ? "mail" : "none";
    if (m->again == NUDGE_ONCE) {
        if (notice_exists(n->run->store, &notice, &x->due, e) < 0)
            return -1;
        x->due = !x->due;
        return 0;
    }
    notice.step = x->key;
    if (notice_last_day(n->run->store, &notice, &last, e) < 0)
        return -1;
    x->due = long_enough(n, m, last);
    return 0;
}

/* ---- one person's page ---- */

struct page { /* the findings of one call of people_tell */
    const struct nudges *n;
    const struct nudge_manner *m;
    const struct nudge **items; /* that are due */
};

static bool concerns(const void *arg, size_t item, const struct role *role)
{
    const struct page *p = arg;

    return p->items[item]->role == role;
}

static struct notice notice_of(const void *arg, size_t item, const struct role *role)
{
    const struct page *p = arg;

    (void)role; /* each is for one */
    return notice_for(p->n, p->m, p->items[item]);
}

/* What to type to see all: "csictl action list --challenged --owner head-of-care". */
static char *command_of(const struct page *p, const struct news *news)
{
    const char *plan = p->items[news->items[0]]->plan;
    bool one_plan = true, copy = false;
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < news->count; i++) {
        one_plan &= strcmp(p->items[news->items[i]]->plan, plan) == 0;
        copy |= p->items[news->items[i]]->copy;
    }
    text_addf(&t, "csictl %s", p->m->text.command);
    if (p->m->of_owner && news->who.count == 1 && !copy)
        text_addf(&t, " --owner %s", news->who.roles[0]->slug);
    if (p->m->of_plan && p->n->plan_count > 1)
        text_addf(&t, " --plan %s", one_plan ? plan : "SLUG");
    return text_take(&t);
}

static day_t next_day(const struct page *p)
{
    const struct check_run *run = p->n->run;

    if (p->m->again == NUDGE_ONCE)
        return DAY_NONE;
    return tell_day_from(run, p->m->again == NUDGE_AFTER_DAYS
                                  ? day_add(run->today, p->m->days)
                                  : workday_add(run->engine->holidays, run->today, NUDGE_WORKDAYS));
}

static struct letter write_letter(const void *arg, const struct news *news, const char **ret_thread,
                                  utc_t *ret_until)
{
    const struct page *p = arg;
    struct ask_item *list = xcalloc(news->count, sizeof *list);
    struct compose_footer footer = news->footer;
    char *command = command_of(p, news);
    struct ask ask = p->m->text;
    struct letter letter;
    size_t count = 0;

    (void)ret_thread;
    ask.copy = true;
    for (size_t i = 0; i < news->count; i++) {
        const struct nudge *x = p->items[news->items[i]];

        ask.copy &= x->copy;
        if (i == 0 || !same_matter(x, p->items[news->items[i - 1]]))
            list[count++] = (struct ask_item){x->ref, x->part, x->title, x->what};
    }
    ask.command = command;
    footer.next = next_day(p);
    compose_ask(&footer, &ask, list, count, &letter);
    *ret_until = tell_until(p->n->run, day_is(footer.next) ? day_add(footer.next, -1)
                                                           : day_add(p->n->run->today, 6));
    free(command);
    free(list);
    return letter;
}

/* ---- webhooks ---- */

static char *item_json(const struct nudge *x)
{
    struct text t = TEXT_INIT;

    text_add(&t, "{\"plan\":");
    text_add_json(&t, x->plan);
    text_add(&t, ",\"ref\":");
    text_add_json(&t, x->about + strlen(x->plan) + 1);
    text_add(&t, ",\"part\":");
    text_add_json(&t, *x->part ? x->part : NULL);
    text_add(&t, ",\"title\":");
    text_add_json(&t, x->title);
    text_add(&t, ",\"role\":");
    text_add_json(&t, x->role->slug);
    text_add(&t, ",\"what\":");
    text_add_json(&t, x->what);
    text_add(&t, "}");
    return text_take(&t);
}

static int tell_endpoints(const struct page *p, size_t count, struct err *e)
{
    struct tell_item *items = xcalloc(count, sizeof *items);
    char *about = xasprintf("run:%s", p->m->name), today[DAY_ISO];
    size_t kept = 0;
    int rc;

    for (size_t i = 0; i < count; i++)
        if (i == 0 || !same_matter(p->items[i], p->items[i - 1]))
            items[kept++] =
                (struct tell_item){.json = item_json(p->items[i]),
                                   .shown = {p->items[i]->about + strlen(p->items[i]->plan) + 1,
                                             p->items[i]->title, DAY_NONE, p->items[i]->what}};
    rc = tell_webhooks_at_once(p->n->run, p->m->event, about, day_iso(p->n->run->today, today),
                               p->n->plan_count == 1 ? p->n->plans[0].slug : NULL, items, kept, e);
    for (size_t i = 0; i < kept; i++)
        free(items[i].json);
    free(items);
    free(about);
    return rc;
}

/* ---- all ---- */

static int tell_due(struct nudges *n, const struct nudge_manner *m, struct err *e)
{
    struct page p = {n, m, xcalloc(n->count, sizeof *p.items)};
    struct findings findings = {.arg = &p,
                                .concerns = concerns,
                                .notice = notice_of,
                                .letter = write_letter,
                                .noted = true};
    int rc = 0;

    for (size_t i = 0; i < 2 * n->count; i++) { /* once for either place */
        const struct nudge *x = &n->items[i % n->count];

        if (x->due && x->last == (i >= n->count))
            p.items[findings.count++] = x;
    }
    if (findings.count)
        rc = people_tell(n->run, &n->roster, &findings, e);
    if (rc == 0 && findings.count && n->run->engine->webhook_count)
        rc = tell_endpoints(&p, findings.count, e);
    free(p.items);
    return rc;
}

int nudges_tell(struct nudges *n, const struct nudge_manner *m, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n->count; i++) {
        rc = decide(n, m, &n->items[i], e);
        if (i == 0 || !same_matter(&n->items[i], &n->items[i - 1]))
            finding_note(n->run, n->items[i].about, n->items[i].due_on, n->items[i].what);
    }
    if (rc == 0)
        rc = tell_due(n, m, e);
    empty(n);
    return rc;
}

int nudges_of_actions(struct check_run *run, const struct nudge_manner *m, bool noted,
                      int (*collect)(void *arg, const struct action *a), struct err *e)
{
    const struct action_query q = {.as_at = run->today, .known_at = UTC_NONE, .noted = noted};
    struct nudges n;
    int rc;

    if (nudges_begin(run, &n, e) < 0)
        return -1;
    rc = action_each(run->store, &q, collect, &n, e);
    if (rc == 0)
        rc = nudges_tell(&n, m, e);
    nudges_clear(&n);
    return rc;
}
