/* vacancies: roles that owe or own something, or are to hear of it, and reach nobody: the programme
 * office and the director are told of all of them, at once when one joins, and again every seven
 * days. Where neither can be reached, the administrator is. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/people.h"
#include "engine/vacant.h"

#define AGAIN_DAYS 7

#define STEP 80 /* a slug and a day */

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

/* ---- what was said ---- */

/* What is said of an item on a day; `step` lives as long as the notice. */
static struct notice notice_of(const struct found *f, const struct item *item,
                               const struct role *role, day_t day, char step[STEP])
{
    char iso[DAY_ISO];

    snprintf(step, STEP, "%s %s", item->vacancy->slug, day_iso(day, iso));
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

static int was_said(const struct found *f, const struct item *item, const struct role *role,
                    const char *channel, bool *ret, struct err *e)
{
    *ret = false;
    for (int ago = 0; !*ret && ago < AGAIN_DAYS; ago++) {
        char step[STEP];
        struct notice n = notice_of(f, item, role, day_add(f->run->today, -ago), step);

        n.channel = channel;
        if (notice_exists(f->run->store, &n, ret, e) < 0)
            return -1;
    }
    return 0;
}

/* Whether anything is to be said today; then all of it is. */
static int is_news(const struct found *f, const struct reader *who, const char *channel, bool *ret,
                   struct err *e)
{
    bool said = true;

    for (size_t i = 0; said && i < f->count; i++)
        for (size_t r = 0; said && r < who->count; r++)
            if (was_said(f, &f->items[i], who->roles[r], channel, &said, e) < 0)
                return -1;
    *ret = !said;
    return 0;
}

/* ---- telling ---- */

static struct letter write_letter(const struct found *f, const struct reader *who,
                                  const char *reference)
{
    const struct vacancies *v = &f->vacancies;
    char *titles = tell_titles(who->roles, who->count);
    struct compose_footer footer = {f->run->engine->organisation, titles, reference,
                                    day_add(f->run->today, AGAIN_DAYS), f->run->engine->forecast};
    struct letter letter;

    compose_vacancies(&footer, v->owing, v->owing_count, v->owning, v->owning_count, f->also,
                      &letter);
    free(titles);
    return letter;
}

static int mail(struct found *f, const struct reader *who, struct notice *notices, size_t count,
                struct err *e)
{
    char today[DAY_ISO];
    char *reference = xasprintf("%s %s", f->run->check, day_iso(f->run->today, today));
    struct letter letter = write_letter(f, who, reference);
    utc_t until = tell_until(f->run, day_add(f->run->today, AGAIN_DAYS - 1));
    int rc = tell_mail(f->run, who->roles[0], &letter, NULL, NULL, until, notices, count, e);

    letter_clear(&letter);
    free(reference);
    f->told = true;
    return rc;
}

/* Notices of what was said today already, to a mail that said less, are left out. */
static int mail_reader(struct found *f, const struct reader *who, struct err *e)
{
    size_t most = f->count * who->count, count = 0;
    struct notice *notices = xcalloc(most, sizeof *notices);
    char(*steps)[STEP] = xcalloc(most, sizeof *steps);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < most; i++) {
        const struct role *role = who->roles[i % who->count];
        bool mailed;

        notices[count] = notice_of(f, &f->items[i / who->count], role, f->run->today, steps[count]);
        rc = tell_mailed(f->run, &notices[count], &mailed, e);
        count += rc == 0 && !mailed;
    }
    if (rc == 0)
        rc = mail(f, who, notices, count, e);
    free(notices);
    free(steps);
    return rc;
}

static int tell_reader(void *arg, const struct reader *who, struct err *e)
{
    struct found *f = arg;
    bool news;

    if (!tell_reachable(who->roles[0]))
        return 0; /* the other one's mail says so */
    if (is_news(f, who, "mail", &news, e) < 0)
        return -1;
    return news ? mail_reader(f, who, e) : 0;
}

static int tell_nobody_of(const struct found *f, const struct item *item, const struct role *office,
                          struct err *e)
{
    char step[STEP];
    struct notice n = notice_of(f, item, office, f->run->today, step);
    char *why = xasprintf("%s: csictl role assign %s --name NAME --email ADDRESS", item->reason,
                          item->vacancy->slug);
    bool fresh;
    int rc = tell_nobody(f->run, &n, why, &fresh, e);

    free(why);
    return rc;
}

static int tell_none(struct found *f, const struct role *office, struct err *e)
{
    const struct reader nobody = {&office, 1};
    bool news;

    if (is_news(f, &nobody, "none", &news, e) < 0)
        return -1;
    for (size_t i = 0; news && i < f->count; i++)
        if (tell_nobody_of(f, &f->items[i], office, e) < 0)
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

    for (size_t i = 0; i < count; i++)
        items[i].json =
            vacancy_json(i < v->owing_count ? &v->owing[i] : &v->owning[i - v->owing_count]);
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
    run->result.findings += (int64_t)(f.vacancies.owing_count + f.vacancies.owning_count);
    found_clear(&f);
    return rc;
}
