/* visits-ahead: inspections and monitoring visits are announced to the director and the programme
 * office on the steps of their ladder, one mail per person and run. Once it has begun nothing is
 * sent. */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/tell.h"
#include "store/record.h"

static const char *const told_roles[] = {ROLE_DIRECTOR, ROLE_OFFICE};
#define ROLES COUNT(told_roles)

struct ahead {
    char *about, *title, *reason;
    day_t from_on, to_on;
    int latest; /* the ladder's step that is due */
    char step[LADDER_STEP];
    bool mailed[ROLES];
};

struct found {
    struct ahead *items;
    size_t count, cap;
    const struct check_run *run;
};

static void found_clear(struct found *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].about);
        free(f->items[i].title);
        free(f->items[i].reason);
    }
    free(f->items);
}

static int collect(void *arg, const struct happening *h)
{
    struct found *f = arg;
    day_t today = f->run->today;
    int latest = ladder_latest(&ladder_visit, f->run->engine->holidays, h->from_on, today);
    struct ahead *a;

    if (latest < 0)
        return 0;
    f->items = xgrow(f->items, f->count, &f->cap, sizeof *f->items);
    a = &f->items[f->count++];
    *a = (struct ahead){.about = xstrdup(h->about),
                        .title = xstrdup(h->title),
                        .from_on = h->from_on,
                        .to_on = h->to_on,
                        .latest = latest};
    ladder_step(ladder_visit.days[latest], a->step);
    a->reason = xasprintf("%s: begins in %d day%s", a->step, h->from_on.n - today.n,
                          h->from_on.n - today.n == 1 ? "" : "s");
    return 0;
}

static struct notice notice_of(const struct check_run *run, const struct ahead *a, const char *role)
{
    return (struct notice){
        .event = EVENT_VISIT_AHEAD,
        .about = a->about,
        .due_on = a->from_on,
        .rule = run->check,
        .step = a->step,
        .role = role,
        .reason = a->reason,
    };
}

static int look_up(struct check_run *run, struct found *f, struct err *e)
{
    for (size_t i = 0; i < f->count; i++)
        for (size_t r = 0; r < ROLES; r++) {
            struct notice n = notice_of(run, &f->items[i], told_roles[r]);

            if (tell_mailed(run, &n, &f->items[i].mailed[r], e) < 0)
                return -1;
        }
    return 0;
}

static int tell_none(struct check_run *run, const struct found *f, const struct role *role,
                     struct err *e)
{
    char *why = tell_why_not(role);
    bool fresh;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < f->count; i++) {
        struct notice n = notice_of(run, &f->items[i], role->slug);

        rc = tell_nobody(run, &n, why, &fresh, e);
    }
    free(why);
    return rc;
}

/* ---- one person's mail ---- */

struct reader {
    const struct role *roles[ROLES]; /* those one person holds */
    size_t place[ROLES];             /* in told_roles */
    size_t count;
};

static bool wants(const struct reader *who, const struct ahead *a)
{
    for (size_t r = 0; r < who->count; r++)
        if (!a->mailed[who->place[r]])
            return true;
    return false;
}

static day_t next_step(const struct check_run *run, const struct ahead *a)
{
    if ((size_t)a->latest + 1 == ladder_visit.count)
        return DAY_NONE;
    return ladder_day(run->engine->holidays, a->from_on, ladder_visit.days[a->latest + 1]);
}

static day_t earlier(day_t a, day_t b)
{
    if (!day_is(a) || !day_is(b))
        return day_is(a) ? a : b;
    return a.n < b.n ? a : b;
}

static struct letter write_letter(const struct check_run *run, const struct reader *who,
                                  const struct ahead *const *news, size_t count)
{
    struct visit_item *list = xcalloc(count, sizeof *list);
    char *roles = tell_titles(who->roles, who->count);
    char *reference = xasprintf("%s %s", news[0]->about, news[0]->step);
    struct compose_footer footer = {run->engine->organisation, roles, reference, DAY_NONE};
    struct letter letter;

    for (size_t i = 0; i < count; i++) {
        list[i] =
            (struct visit_item){news[i]->title, news[i]->step, news[i]->from_on, news[i]->to_on};
        footer.next = earlier(footer.next, next_step(run, news[i]));
    }
    compose_visits(&footer, list, count, run->today, &letter);
    free(list);
    free(roles);
    free(reference);
    return letter;
}

static int collapse(struct check_run *run, const struct notice *notices, size_t count,
                    const struct found *f, struct err *e)
{
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < count; k++)
            if (notices[k].about == f->items[i].about &&
                tell_collapsed(run, &notices[k], &ladder_visit, f->items[i].latest, e) < 0)
                return -1;
    return 0;
}

static int mail_person(struct check_run *run, const struct found *f, const struct reader *who,
                       struct err *e)
{
    const struct ahead **news = xcalloc(f->count + 1, sizeof *news);
    struct notice *notices = xcalloc((f->count + 1) * ROLES, sizeof *notices);
    size_t count = 0, told = 0;
    int rc = 0;

    for (size_t i = 0; i < f->count; i++) {
        if (!wants(who, &f->items[i]))
            continue;
        news[count++] = &f->items[i];
        for (size_t r = 0; r < who->count; r++)
            if (!f->items[i].mailed[who->place[r]])
                notices[told++] = notice_of(run, &f->items[i], who->roles[r]->slug);
    }
    if (count) {
        struct letter letter = write_letter(run, who, news, count);
        utc_t until = tell_until(run, day_add(news[0]->from_on, -1));

        rc = tell_mail(run, who->roles[0], &letter, NULL, NULL, until, notices, told, e);
        if (rc == 0)
            rc = collapse(run, notices, told, f, e);
        letter_clear(&letter);
    }
    free(news);
    free(notices);
    return rc;
}

static int tell_all(struct check_run *run, const struct found *f, const struct roster *roster,
                    struct err *e)
{
    bool done[ROLES] = {false};

    for (size_t i = 0; i < ROLES; i++) {
        const struct role *first = roster_slug(roster, told_roles[i]);
        struct reader who = {0};
        int rc;

        if (!first || done[i])
            continue;
        for (size_t k = i; tell_reachable(first) && k < ROLES; k++) {
            const struct role *role = roster_slug(roster, told_roles[k]);

            if (role && tell_reachable(role) && tell_same_person(first, role)) {
                who.place[who.count] = k;
                who.roles[who.count++] = role;
                done[k] = true;
            }
        }
        rc = who.count ? mail_person(run, f, &who, e) : tell_none(run, f, first, e);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* ---- webhooks ---- */

static char *item_json(const struct ahead *a)
{
    struct text t = TEXT_INIT;
    char from[DAY_ISO], to[DAY_ISO];

    text_add(&t, "{\"about\":");
    text_add_json(&t, a->about);
    text_add(&t, ",\"title\":");
    text_add_json(&t, a->title);
    text_addf(&t, ",\"from_on\":\"%s\",\"to_on\":\"%s\",\"step\":\"%s\"}",
              day_iso(a->from_on, from), day_iso(a->to_on, to), a->step);
    return text_take(&t);
}

static int tell_endpoints(struct check_run *run, const struct found *f, struct err *e)
{
    struct tell_item *items = xcalloc(f->count + 1, sizeof *items);
    int rc;

    for (size_t i = 0; i < f->count; i++)
        items[i] = (struct tell_item){f->items[i].about, f->items[i].step, f->items[i].from_on,
                                      item_json(&f->items[i])};
    rc = tell_webhooks(run, EVENT_VISIT_AHEAD, items, f->count, e);
    for (size_t i = 0; i < f->count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

int check_visits(struct check_run *run, struct err *e)
{
    struct found f = {.run = run};
    struct roster roster = {0};
    int rc = roster_load(run, &roster, e);

    if (rc == 0)
        rc = record_ahead(run->store, day_add(run->today, 1), collect, &f, e);
    if (rc == 0)
        rc = look_up(run, &f, e);
    if (rc == 0)
        rc = tell_all(run, &f, &roster, e);
    if (rc == 0)
        rc = tell_endpoints(run, &f, e);
    run->result.findings += (int64_t)f.count;
    found_clear(&f);
    roster_free(&roster);
    return rc;
}
