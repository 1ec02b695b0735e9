/* coverage: every night, whether all that is owed has somebody who hears of it and a way to the
 * chair of the board. The administrator is told what is missing in one mail, at once when something
 * joins and again every seven days. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/finding.h"
#include "engine/gaps.h"
#include "engine/trouble.h"
#include "engine/weekly.h"

struct found {
    struct check_run *run;
    struct roster roster;
    struct gaps gaps;
};

static void note_all(struct found *f)
{
    for (size_t i = 0; i < f->gaps.count; i++) {
        const struct gap *g = &f->gaps.items[i];
        char *what = xasprintf("%s: %s", g->what, g->mend);

        finding_note(f->run, g->about, g->first_on, what);
        free(what);
    }
}

/* ---- telling ---- */

static struct notice notice_of(const void *arg, size_t item, const struct role *role, day_t day,
                               char step[WEEKLY_STEP])
{
    const struct found *f = arg;
    const struct gap *g = &f->gaps.items[item];
    char iso[DAY_ISO];

    snprintf(step, WEEKLY_STEP, "%s %s", g->word, day_iso(day, iso));
    return (struct notice){
        .event = EVENT_COVERAGE_GAP,
        .about = g->about,
        .due_on = day,
        .rule = f->run->check,
        .step = step,
        .role = role->slug,
        .reason = g->what,
    };
}

static struct letter write_letter(const void *arg, const struct reader *who,
                                  const struct compose_footer *footer)
{
    const struct gaps *g = &((const struct found *)arg)->gaps;
    struct gap_item *items = xcalloc(g->count, sizeof *items);
    struct letter letter;

    (void)who;
    for (size_t i = 0; i < g->count; i++)
        items[i] = (struct gap_item){g->items[i].what, g->items[i].mend};
    compose_gaps(footer, items, g->count, g->obligations, &letter);
    free(items);
    return letter;
}

/* Where nobody can be written to, one row a week stands for the whole list. */
static struct notice notice_of_list(const void *arg, size_t item, const struct role *role,
                                    day_t day, char step[WEEKLY_STEP])
{
    const struct found *f = arg;
    char iso[DAY_ISO];

    (void)item;
    snprintf(step, WEEKLY_STEP, "list %s", day_iso(day, iso));
    return (struct notice){
        .event = EVENT_COVERAGE_GAP,
        .about = "run:coverage",
        .due_on = day,
        .rule = f->run->check,
        .step = step,
        .role = role->slug,
    };
}

static int tell_none(struct found *f, struct err *e)
{
    const struct role *role = roster_slug(&f->roster, ROLE_ADMINISTRATOR);
    const struct weekly list = {f->run, 1, f, notice_of_list, NULL};
    const struct reader nobody = {&role, 1};
    char step[WEEKLY_STEP], *whom, *why;
    struct notice n;
    bool news;
    int rc;

    if (weekly_is_news(&list, &nobody, "none", &news, e) < 0)
        return -1;
    if (!news)
        return 0;
    n = notice_of_list(f, 0, role, f->run->today, step);
    whom = tell_why_not(role);
    why = xasprintf("%s, who is to hear of %zu gap%s: csictl check run coverage --dry-run", whom,
                    f->gaps.count, f->gaps.count == 1 ? "" : "s");
    rc = tell_nobody(f->run, &n, why, &news, e);
    trouble_clear(&f->run->trouble); /* it would go to the same administrator */
    free(whom);
    free(why);
    return rc;
}

static int tell_administrator(struct found *f, const struct role *to, bool *ret_told, struct err *e)
{
    const struct weekly list = {f->run, f->gaps.count, f, notice_of, write_letter};
    const struct reader who = {&to, 1};
    struct digest *later = f->run->digest;
    int rc;

    f->run->digest = NULL; /* a mail of its own, whatever else is told at that hour */
    rc = weekly_mail(&list, &who, ret_told, e);
    f->run->digest = later;
    return rc;
}

/* ---- webhooks ---- */

static char *gap_json(const struct gap *g)
{
    struct text t = TEXT_INIT;

    text_add(&t, "{\"about\":");
    text_add_json(&t, g->about);
    text_add(&t, ",\"kind\":");
    text_add_json(&t, g->word);
    text_add(&t, ",\"role\":");
    text_add_json(&t, g->role);
    text_add(&t, ",\"text\":");
    text_add_json(&t, g->what);
    text_addf(&t, ",\"obligations\":%zu}", g->obligations);
    return text_take(&t);
}

static int tell_endpoints(const struct found *f, struct err *e)
{
    struct tell_item *items = xcalloc(f->gaps.count, sizeof *items);
    char today[DAY_ISO];
    int rc;

    for (size_t i = 0; i < f->gaps.count; i++)
        items[i] = (struct tell_item){
            .json = gap_json(&f->gaps.items[i]),
            .shown = {f->gaps.items[i].about, f->gaps.items[i].what, DAY_NONE, NULL}};
    rc = tell_webhooks_at_once(f->run, EVENT_COVERAGE_GAP, "run:coverage",
                               day_iso(f->run->today, today), NULL, items, f->gaps.count, e);
    for (size_t i = 0; i < f->gaps.count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

static int tell(struct found *f, struct err *e)
{
    struct role given;
    const struct role *to = trouble_administrator(f->run, &f->roster, &given);
    bool told = false;

    if (!to)
        return tell_none(f, e);
    if (tell_administrator(f, to, &told, e) < 0)
        return -1;
    return told ? tell_endpoints(f, e) : 0;
}

int check_coverage(struct check_run *run, struct err *e)
{
    struct found f = {.run = run};
    int rc = roster_load(run, &f.roster, e);

    if (rc == 0)
        rc = gaps_find(run->store, run->engine, &f.roster, run->now, &f.gaps, e);
    note_all(&f);
    if (rc == 0 && f.gaps.count)
        rc = tell(&f, e);
    gaps_clear(&f.gaps);
    roster_free(&f.roster);
    return rc;
}
