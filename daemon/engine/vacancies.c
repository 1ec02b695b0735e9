/* vacancies: roles that owe or own something, or are to hear of it, and reach nobody: the programme
 * office and the director are told of all of them, at once when one joins, and again every seven
 * days. Where neither can be reached, the administrator is. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/finding.h"
#include "engine/vacant.h"
#include "engine/weekly.h"

/* One reason to speak of a role: a duty, or all of its actions (duty NULL). */
struct item {
    const struct vacancy *vacancy;
    const struct duty *duty;
    char *about, *reason;
};

struct found {
    struct check_run *run;
    struct roster roster;
    struct vacancies vacancies;
    struct item *items;
    size_t count;
    const char *also; /* why one of the two readers is not told; NULL */
    bool told;        /* somebody was, in this run */
};

static void found_clear(struct found *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].about);
        free(f->items[i].reason);
    }
    free(f->items);
    vacant_clear(&f->vacancies);
    roster_free(&f->roster);
}

/* ---- finding ---- */

static void add_item(struct found *f, const struct vacancy *v, const struct duty *duty)
{
    struct item *item = &f->items[f->count++];

    *item = (struct item){.vacancy = v, .duty = duty};
    item->about = duty ? xstrdup(duty->about) : xasprintf("role:%s", v->slug);
    item->reason = vacant_why(v, duty);
    finding_note(f->run, item->about, duty ? duty->due_on : v->first_on, item->reason);
}

static void add_items(struct found *f)
{
    const struct vacancies *v = &f->vacancies;
    size_t count = v->owning_count;

    for (size_t i = 0; i < v->owing_count; i++)
        count += v->owing[i].count;
    f->items = xcalloc(count, sizeof *f->items);
    for (size_t i = 0; i < v->owing_count; i++)
        for (size_t k = 0; k < v->owing[i].count; k++)
            add_item(f, &v->owing[i], &v->owing[i].duties[k]);
    for (size_t i = 0; i < v->owning_count; i++)
        add_item(f, &v->owning[i], NULL);
}

/* ---- telling ---- */

static struct notice notice_of(const void *arg, size_t i, const struct role *role, day_t day,
                               char step[WEEKLY_STEP])
{
    const struct found *f = arg;
    const struct item *item = &f->items[i];
    char iso[DAY_ISO];

    snprintf(step, WEEKLY_STEP, "%s %s", item->vacancy->slug, day_iso(day, iso));
    return (struct notice){
        .event = EVENT_ROLE_VACANT,
        .about = item->about,
        .due_on = item->duty ? item->duty->due_on : day,
        .rule = f->run->check,
        .step = step,
        .role = role->slug,
        .reason = item->reason,
    };
}

static struct letter write_letter(const void *arg, const struct reader *who,
                                  const struct compose_footer *footer)
{
    const struct found *f = arg;
    const struct vacancies *v = &f->vacancies;
    struct letter letter;

    (void)who;
    compose_vacancies(footer, v->owing, v->owing_count, v->owning, v->owning_count, f->also,
                      &letter);
    return letter;
}

static struct weekly weekly_of(const struct found *f)
{
    return (struct weekly){f->run, f->count, f, notice_of, write_letter};
}

static int tell_reader(void *arg, const struct reader *who, struct err *e)
{
    struct found *f = arg;
    struct weekly list = weekly_of(f);

    if (!tell_reachable(who->roles[0]))
        return 0; /* the other one's mail says so */
    return weekly_mail(&list, who, &f->told, e);
}

static int tell_nobody_of(const struct found *f, size_t item, const struct role *office,
                          struct err *e)
{
    char step[WEEKLY_STEP];
    struct notice n = notice_of(f, item, office, f->run->today, step);
    char *why = xasprintf("%s: csictl role assign %s --name NAME --email ADDRESS", n.reason,
                          f->items[item].vacancy->slug);
    bool fresh;
    int rc = tell_nobody(f->run, &n, why, &fresh, e);

    free(why);
    return rc;
}

static int tell_none(struct found *f, const struct role *office, struct err *e)
{
    const struct reader nobody = {&office, 1};
    struct weekly list = weekly_of(f);
    bool news;

    if (weekly_is_news(&list, &nobody, "none", &news, e) < 0)
        return -1;
    for (size_t i = 0; news && i < f->count; i++)
        if (tell_nobody_of(f, i, office, e) < 0)
            return -1;
    f->told |= news;
    return 0;
}

static int tell(struct found *f, struct err *e)
{
    const struct role *readers[] = {roster_slug(&f->roster, ROLE_OFFICE),
                                    roster_slug(&f->roster, ROLE_DIRECTOR)};
    bool office = tell_reachable(readers[0]), director = tell_reachable(readers[1]);
    char *also = office != director ? tell_why_not(readers[office ? 1 : 0]) : NULL;
    int rc;

    f->also = also;
    if (office || director)
        rc = people_each(readers, COUNT(readers), tell_reader, f, e);
    else
        rc = tell_none(f, readers[0], e);
    free(also);
    return rc;
}

/* ---- webhooks ---- */

static void add_duties_json(struct text *t, const struct vacancy *v)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct duty *d = &v->duties[i];
        char due[DAY_ISO];

        text_add(t, i ? ",{\"about\":" : "{\"about\":");
        text_add_json(t, d->about);
        text_add(t, ",\"title\":");
        text_add_json(t, d->title);
        text_addf(t, ",\"due_on\":\"%s\",\"window\":%s}", day_iso(d->due_on, due),
                  d->window ? "true" : "false");
    }
}

static char *vacancy_json(const struct vacancy *v)
{
    struct text t = TEXT_INIT;
    char first[DAY_ISO];

    text_add(&t, "{\"role\":");
    text_add_json(&t, v->slug);
    text_add(&t, ",\"title\":");
    text_add_json(&t, v->title);
    text_add(&t, ",\"holder\":");
    text_add_json(&t, v->holder);
    text_addf(&t, ",\"first_on\":\"%s\",\"actions\":%zu,\"duties\":[", day_iso(v->first_on, first),
              v->actions);
    add_duties_json(&t, v);
    text_add(&t, "]}");
    return text_take(&t);
}

static int tell_endpoints(const struct found *f, struct err *e)
{
    const struct vacancies *v = &f->vacancies;
    size_t count = v->owing_count + v->owning_count;
    struct tell_item *items = xcalloc(count, sizeof *items);
    char today[DAY_ISO];
    int rc;

    for (size_t i = 0; i < count; i++) {
        const struct vacancy *vacant =
            i < v->owing_count ? &v->owing[i] : &v->owning[i - v->owing_count];

        items[i] = (struct tell_item){
            .json = vacancy_json(vacant),
            .shown = {vacant->slug, vacant->title, vacant->first_on, vacant->holder}};
    }
    rc = tell_webhooks_at_once(f->run, EVENT_ROLE_VACANT, "run:vacancies",
                               day_iso(f->run->today, today), NULL, items, count, e);
    for (size_t i = 0; i < count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

int check_vacancies(struct check_run *run, struct err *e)
{
    struct found f = {.run = run};
    int rc = roster_load(run, &f.roster, e);

    if (rc == 0)
        rc = vacant_find(run->store, f.roster.roles, f.roster.count, run->today, &f.vacancies, e);
    if (rc == 0)
        add_items(&f);
    if (rc == 0 && f.count)
        rc = tell(&f, e);
    if (rc == 0 && f.told)
        rc = tell_endpoints(&f, e);
    found_clear(&f);
    return rc;
}
