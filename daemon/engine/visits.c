/* visits-ahead: inspections and monitoring visits are announced to the director and the programme
 * office on the steps of their ladder, one mail per person and run. Once it has begun nothing is
 * sent. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/people.h"
#include "engine/quiet.h"
#include "store/record.h"

struct ahead {
    char *about, *title, *reason;
    day_t from_on, to_on, was; /* was: when it was last told; DAY_NONE: never, or as now */
    int latest;                /* the ladder's step that is due */
    char step[LADDER_STEP];
};

struct found {
    struct ahead *items;
    size_t count, cap;
    struct check_run *run;
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

static const struct ladder *ladder_of(const struct check_run *run)
{
    return &run->engine->policy.ladders[POLICY_visits];
}

static int collect(void *arg, const struct happening *h)
{
    struct found *f = arg;
    day_t today = f->run->today;
    const struct ladder *l = ladder_of(f->run);
    int latest = ladder_latest(l, f->run->engine->holidays, h->from_on,
                               quiet_day(f->run, day_add(h->from_on, -1)));
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
    ladder_step(l->days[latest], a->step);
    a->reason = xasprintf("%s: begins in %d day%s", a->step, h->from_on.n - today.n,
                          h->from_on.n - today.n == 1 ? "" : "s");
    return 0;
}

static int judge_moved(struct check_run *run, struct found *f, struct err *e)
{
    for (size_t i = 0; i < f->count; i++) {
        struct ahead *a = &f->items[i];

        if (tell_former_date(run, a->about, a->from_on, &a->was, e) < 0)
            return -1;
        tell_due_changed(&a->reason, a->was);
    }
    return 0;
}

/* ---- telling ---- */

static bool concerns(const void *arg, size_t item, const struct role *role)
{
    (void)arg;
    (void)item;
    return strcmp(role->slug, ROLE_DIRECTOR) == 0 || strcmp(role->slug, ROLE_OFFICE) == 0;
}

static struct notice notice_of(const void *arg, size_t item, const struct role *role)
{
    const struct found *f = arg;
    const struct ahead *a = &f->items[item];

    return (struct notice){
        .event = EVENT_VISIT_AHEAD,
        .about = a->about,
        .due_on = a->from_on,
        .rule = f->run->check,
        .step = a->step,
        .role = role->slug,
        .reason = a->reason,
    };
}

static struct tell_step step_of(const void *arg, size_t item)
{
    const struct found *f = arg;
    const struct ahead *a = &f->items[item];
    const struct ladder *l = ladder_of(f->run);

    return tell_step(l, a->latest,
                     ladder_day(l, f->run->engine->holidays, a->from_on, l->days[a->latest]));
}

static day_t next_step(const struct check_run *run, const struct ahead *a)
{
    const struct ladder *l = ladder_of(run);

    if ((size_t)a->latest + 1 == l->count)
        return DAY_NONE;
    return ladder_day(l, run->engine->holidays, a->from_on, l->days[a->latest + 1]);
}

/* The last step is worth sending until it begins. */
static utc_t worth_until(const struct check_run *run, const struct ahead *a)
{
    day_t next = next_step(run, a);

    return day_is(next) ? tell_until_step(run, next) : tell_until(run, day_add(a->from_on, -1));
}

static struct letter write_letter(const void *arg, const struct news *news, const char **ret_thread,
                                  utc_t *ret_until)
{
    const struct found *f = arg;
    struct visit_item *list = xcalloc(news->count, sizeof *list);
    struct compose_footer footer = news->footer;
    struct letter letter;
    char *when;

    (void)ret_thread;
    *ret_until = UTC_NONE;
    for (size_t i = 0; i < news->count; i++) {
        const struct ahead *a = &f->items[news->items[i]];

        list[i] = (struct visit_item){a->title, a->step, a->from_on, a->to_on, a->was};
        footer.next = day_earlier(footer.next, next_step(f->run, a));
        *ret_until = utc_later(*ret_until, worth_until(f->run, a));
    }
    when = ladder_before_text(ladder_of(f->run));
    compose_visits(&footer, when, list, news->count, f->run->today, &letter);
    free(when);
    free(list);
    return letter;
}

static int overtake(const void *arg, size_t item, const struct notice *n, struct err *e)
{
    const struct found *f = arg;

    return tell_collapsed(f->run, n, ladder_of(f->run), f->items[item].latest, e);
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
        items[i] =
            (struct tell_item){f->items[i].about,
                               f->items[i].step,
                               f->items[i].from_on,
                               item_json(&f->items[i]),
                               {f->items[i].about, f->items[i].title, f->items[i].from_on, NULL},
                               step_of(f, i)};
    rc = tell_webhooks(run, EVENT_VISIT_AHEAD, items, f->count, e);
    for (size_t i = 0; i < f->count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

int check_visits(struct check_run *run, struct err *e)
{
    struct found f = {.run = run};
    struct findings findings = {.arg = &f,
                                .concerns = concerns,
                                .notice = notice_of,
                                .letter = write_letter,
                                .step = step_of,
                                .overtake = overtake};
    struct roster roster = {0};
    int rc = roster_load(run, &roster, e);

    if (rc == 0)
        rc = record_ahead(run->store, day_add(run->today, 1), collect, &f, e);
    if (rc == 0)
        rc = judge_moved(run, &f, e);
    findings.count = f.count;
    if (rc == 0)
        rc = people_tell(run, &roster, &findings, e);
    if (rc == 0)
        rc = tell_endpoints(run, &f, e);
    found_clear(&f);
    roster_free(&roster);
    return rc;
}
