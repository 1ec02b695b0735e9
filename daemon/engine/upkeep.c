#include "engine/upkeep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/people.h"
#include "plan/repeat.h"

#define OVERTAKEN_MAX 130 /* ten years of them, should csid have been down for longer */
#define STEP          (REPEAT_STEP + 32)

/* What the kinds do not have in common. */
static const struct manner {
    const char *prefix, *check, *event, *word;
    struct repeat repeat;
    bool copy;
    const char *subject, *ask, *command, *options;
} manners[] = {
#define UPKEEP(KIND, prefix, check, event, word, days, working, copy, subject, ask, command, \
               options)                                                                      \
    {prefix, check, event, word, {days, working}, copy, subject, ask, command, options},
#include "engine/upkeep.def"
#undef UPKEEP
};

/* ---- the list ---- */

void upkeeps_clear(struct upkeeps *all)
{
    for (size_t i = 0; i < all->count; i++) {
        struct upkeep *u = &all->items[i];

        free(u->about);
        free(u->title);
        free(u->owner);
        free(u->fact);
        free(u->mark);
        free(u->closed);
    }
    free(all->items);
    *all = (struct upkeeps){0};
}

struct upkeep *upkeeps_add(struct upkeeps *all, enum upkeep_kind kind, const struct record *r)
{
    struct upkeep *u;

    all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
    u = &all->items[all->count++];
    *u = (struct upkeep){.kind = kind,
                         .due_on = DAY_NONE,
                         .undone_on = DAY_NONE,
                         .known_at = UTC_NONE,
                         .on = DAY_NONE,
                         .updated_at = UTC_NONE};
    if (r) {
        struct record at = *r; /* shares the values */

        u->id = r->id;
        u->about = xasprintf("%s:%" PRId64, manners[kind].prefix, r->id);
        u->title = record_title(r);
        u->owner = xstrdup(*record_value(&at, "owner"));
        u->known_at = r->added_at;
        u->version = r->version;
        u->updated_at = r->recorded_at;
    }
    return u;
}

void upkeep_close(struct upkeep *u, const struct upkeep_view *v, const char *how, const char *on)
{
    char text[DAY_TEXT];
    day_t day;

    if (!u->closed && on && day_parse_iso(on, &day) == 0 && day.n <= v->today.n)
        u->closed = xasprintf("%s on %s", how, day_short(day, text));
}

int upkeeps_load(struct store *s, const struct upkeep_view *v, const char *check,
                 struct upkeeps *ret, struct err *e)
{
    static const struct {
        const char *check;
        int (*list)(struct store *s, const struct upkeep_view *v, struct upkeeps *ret,
                    struct err *e);
    } sources[] = {
        {CHECK_AUDITS, audits_list}, {CHECK_MEASURES, measures_list}, {CHECK_RISKS, risks_list}};
    struct upkeeps all = {0};

    for (size_t i = 0; i < COUNT(sources); i++)
        if ((!check || strcmp(check, sources[i].check) == 0) &&
            sources[i].list(s, v, &all, e) < 0) {
            upkeeps_clear(&all);
            return -1;
        }
    *ret = all;
    return 0;
}

bool upkeep_is(const char *about)
{
    size_t len = strcspn(about, ":");

    for (size_t i = 0; about[len] && i < COUNT(manners); i++)
        if (strlen(manners[i].prefix) == len && strncmp(manners[i].prefix, about, len) == 0)
            return true;
    return false;
}

const char *upkeep_check_name(enum upkeep_kind kind)
{
    return manners[kind].check;
}

bool upkeep_is_said_once(enum upkeep_kind kind)
{
    return !manners[kind].repeat.days;
}

bool upkeep_concerns(const struct upkeep *u, const char *role)
{
    if (u->owner && strcmp(role, u->owner) == 0)
        return true;
    return (!u->owner || manners[u->kind].copy) && strcmp(role, ROLE_OFFICE) == 0;
}

/* ---- what is undone ---- */

struct undone {
    const struct upkeep *u;
    const struct manner *m;
    day_t found_on;
    int latest; /* the step that is due */
    char step[STEP];
    char *reason, *command;
    const char *owner_title; /* NULL: nobody owns it */
};

struct found {
    struct check_run *run;
    struct roster roster;
    struct upkeeps all;
    struct undone *items;
    size_t count;
};

static void found_clear(struct found *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].reason);
        free(f->items[i].command);
    }
    free(f->items);
    upkeeps_clear(&f->all);
    roster_free(&f->roster);
}

static const char *step_of(const struct upkeep *u, int step, char ret[STEP])
{
    char plain[REPEAT_STEP];

    repeat_step(&manners[u->kind].repeat, manners[u->kind].word, step, plain);
    snprintf(ret, STEP, "%s%s%.30s", plain, u->mark ? " " : "", u->mark ? u->mark : "");
    return ret;
}

/* What was late when it was recorded is found by the next run; by hand at once. */
static day_t found_on(const struct check_run *run, const struct upkeep *u)
{
    day_t known, first;

    if (!utc_is(u->known_at))
        return u->undone_on;
    known = zone_today(run->engine->zone, u->known_at);
    if (known.n < u->undone_on.n)
        return u->undone_on;
    first = tell_day_after(run, u->known_at);
    return day_is(first) && first.n <= run->today.n ? first : known;
}

static void add_undone(struct found *f, const struct upkeep *u)
{
    const struct manner *m = &manners[u->kind];
    day_t found = found_on(f->run, u);
    int latest = repeat_latest(&m->repeat, f->run->engine->holidays, found, f->run->today);
    struct undone *x = &f->items[f->count];
    char plain[REPEAT_STEP];

    if (latest < 0)
        return;
    *x = (struct undone){.u = u, .m = m, .found_on = found, .latest = latest};
    step_of(u, latest, x->step);
    x->reason = xasprintf("%s: %s", repeat_step(&m->repeat, m->word, latest, plain), u->fact);
    if (m->command) /* the number, or the month, that its name ends in */
        x->command = xasprintf("%s%s%s", m->command, strchr(u->about, ':') + 1, m->options);
    f->count++;
}

/* What has waited longest comes first. */
static int by_due(const void *a, const void *b)
{
    const struct undone *x = a, *y = b;

    if (x->u->due_on.n != y->u->due_on.n)
        return x->u->due_on.n < y->u->due_on.n ? -1 : 1;
    return (x->u > y->u) - (x->u < y->u); /* as they were listed */
}

static int find(struct found *f, struct err *e)
{
    const struct engine *engine = f->run->engine;
    const struct upkeep_view v = {engine->zone, engine->holidays, f->run->today};

    if (upkeeps_load(f->run->store, &v, f->run->check, &f->all, e) < 0)
        return -1;
    f->items = xcalloc(f->all.count, sizeof *f->items);
    for (size_t i = 0; i < f->all.count; i++)
        if (!f->all.items[i].closed && day_is(f->all.items[i].undone_on))
            add_undone(f, &f->all.items[i]);
    if (f->count)
        qsort(f->items, f->count, sizeof *f->items, by_due);
    return 0;
}

/* ---- telling ---- */

/* The titles of the roles that own it. */
static int load_roster(struct found *f, struct err *e)
{
    if (roster_load(f->run, &f->roster, e) < 0)
        return -1;
    for (size_t i = 0; i < f->count; i++) {
        const char *owner = f->items[i].u->owner;
        const struct role *role = owner ? roster_slug(&f->roster, owner) : NULL;

        f->items[i].owner_title = role ? role->title : NULL;
    }
    return 0;
}

static bool concerns(const void *arg, size_t item, const struct role *role)
{
    const struct found *f = arg;

    return upkeep_concerns(f->items[item].u, role->slug);
}

static struct notice notice_of(const void *arg, size_t item, const struct role *role)
{
    const struct found *f = arg;
    const struct undone *x = &f->items[item];

    return (struct notice){
        .event = x->m->event,
        .about = x->u->about,
        .due_on = x->u->due_on,
        .rule = f->run->check,
        .step = x->step,
        .role = role->slug,
        .reason = x->reason,
    };
}

static struct letter write_letter(const void *arg, const struct news *news, const char **ret_thread,
                                  utc_t *ret_until)
{
    const struct found *f = arg;
    struct upkeep_item *list = xcalloc(news->count, sizeof *list);
    struct compose_footer footer = news->footer;
    struct letter letter;

    *ret_until = UTC_NONE;
    for (size_t i = 0; i < news->count; i++) {
        const struct undone *x = &f->items[news->items[i]];
        day_t next =
            repeat_day(&x->m->repeat, f->run->engine->holidays, x->found_on, x->latest + 1);

        list[i] = (struct upkeep_item){x->m->subject, x->m->ask,  x->u->title,
                                       x->u->fact,    x->command, x->owner_title};
        footer.next = day_earlier(footer.next, next);
        *ret_until = utc_later(*ret_until, tell_until_step(f->run, next));
    }
    compose_upkeep(&footer, list, news->count, &letter);
    if (news->count == 1)
        *ret_thread = f->items[news->items[0]].u->about;
    free(list);
    return letter;
}

static int overtake(const void *arg, size_t item, const struct notice *n, struct err *e)
{
    const struct found *f = arg;
    const struct undone *x = &f->items[item];
    int first = x->latest - OVERTAKEN_MAX;
    char step[STEP];

    for (int i = first > 0 ? first : 0; i < x->latest; i++)
        if (tell_overtaken(f->run, n, step_of(x->u, i, step), e) < 0)
            return -1;
    return 0;
}

/* ---- webhooks ---- */

static char *item_json(const struct undone *x)
{
    struct text t = TEXT_INIT;
    char due[DAY_ISO];

    text_add(&t, "{\"about\":");
    text_add_json(&t, x->u->about);
    text_add(&t, ",\"title\":");
    text_add_json(&t, x->u->title);
    text_add(&t, ",\"owner\":");
    text_add_json(&t, x->u->owner);
    text_addf(&t, ",\"due_on\":\"%s\",\"step\":", day_iso(x->u->due_on, due));
    text_add_json(&t, x->step);
    text_add(&t, ",\"fact\":");
    text_add_json(&t, x->u->fact);
    text_add(&t, "}");
    return text_take(&t);
}

static int tell_of_event(const struct found *f, const char *event, struct err *e)
{
    struct tell_item *items = xcalloc(f->count, sizeof *items);
    size_t count = 0;
    int rc;

    for (size_t i = 0; i < f->count; i++) {
        const struct undone *x = &f->items[i];

        if (strcmp(x->m->event, event) == 0)
            items[count++] =
                (struct tell_item){x->u->about, x->step, x->u->due_on, item_json(x),
                                   .shown = {x->u->about, x->u->title, x->u->due_on, x->u->fact}};
    }
    rc = tell_webhooks(f->run, event, items, count, e);
    for (size_t i = 0; i < count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

static int tell_endpoints(const struct found *f, struct err *e)
{
    for (size_t i = 0; i < COUNT(manners); i++) {
        size_t k = 0;

        while (strcmp(manners[k].event, manners[i].event) != 0)
            k++;
        if (k == i && tell_of_event(f, manners[i].event, e) < 0) /* two kinds may share one */
            return -1;
    }
    return 0;
}

int upkeep_tell(struct check_run *run, struct err *e)
{
    struct found f = {.run = run};
    struct findings findings = {.arg = &f,
                                .concerns = concerns,
                                .notice = notice_of,
                                .letter = write_letter,
                                .overtake = overtake};
    int rc = find(&f, e);

    findings.count = f.count;
    if (rc == 0 && f.count) /* on most days nothing is late */
        rc = load_roster(&f, e);
    if (rc == 0 && f.count)
        rc = people_tell(run, &f.roster, &findings, e);
    if (rc == 0)
        rc = tell_endpoints(&f, e);
    found_clear(&f);
    return rc;
}
