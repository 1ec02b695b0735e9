#include "engine/settle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/holidays.h"
#include "store/deadline.h"
#include "store/role.h"
#include "store/rule.h"

void settled_clear(struct settled *all)
{
    for (size_t i = 0; i < all->count; i++) {
        deadline_clear(&all->items[i].was);
        deadline_clear(&all->items[i].is);
    }
    free(all->items);
    overlong_clear(&all->overlong);
    *all = (struct settled){0};
}

bool settled_matters(const struct settled_row *row)
{
    const struct deadline *a = &row->was, *b = &row->is;

    return !a->id || a->due_on.n != b->due_on.n || a->opens_on.n != b->opens_on.n ||
           a->ended_on.n != b->ended_on.n || a->role_id != b->role_id;
}

/* ---- what goes into it ---- */

struct settling {
    struct store *store;
    const struct engine *engine;
    day_t today;
    struct facts facts;
    struct rule *rules;
    size_t rule_count;
    struct holidays_source sources[HOLIDAYS_DIVISIONS];
    struct deadlines rows, wanted;
    struct overlong overlong;
};

static void settling_clear(struct settling *g)
{
    facts_clear(&g->facts);
    for (size_t i = 0; i < g->rule_count; i++)
        rule_clear(&g->rules[i]);
    free(g->rules);
    for (size_t i = 0; i < HOLIDAYS_DIVISIONS; i++)
        holidays_source_clear(&g->sources[i]);
    deadlines_clear(&g->rows);
    deadlines_clear(&g->wanted);
    overlong_clear(&g->overlong);
}

static int keep_row(void *arg, const struct deadline *d)
{
    deadlines_add(arg, deadline_dup(d));
    return 0;
}

/* The lists of other divisions only where a rule counts by one. */
static int load_divisions(struct settling *g, struct derive *in, struct err *e)
{
    for (size_t i = 0; i < g->rule_count; i++)
        for (size_t k = 0; k < HOLIDAYS_DIVISIONS; k++)
            if (g->rules[i].calendar && !in->divisions[k] &&
                strcmp(g->rules[i].calendar, holidays_divisions[k]) == 0) {
                if (holidays_source_find(g->store, g->engine, holidays_divisions[k], &g->sources[k],
                                         e) < 0)
                    return -1;
                in->divisions[k] = g->sources[k].list;
            }
    return 0;
}

/* What the rules look at, and what deadlines by hand end with. */
static unsigned kinds_of(const struct settling *g)
{
    unsigned kinds = 1u << RECORD_INSTRUMENT;

    for (size_t i = 0; i < g->rule_count; i++)
        kinds |= rule_kinds(&g->rules[i]);
    return kinds;
}

static int derive(struct settling *g, const struct rule_texts *texts, struct err *e)
{
    struct derive in = {
        .facts = &g->facts, .home = g->engine->holidays, .today = g->today, .rows = &g->rows};
    char *packs;
    int rc;

    if (plan_packs(g->store, 0, &packs, e) < 0)
        return -1;
    rc = packs_compile(texts, packs, &g->rules, &g->rule_count, e);
    free(packs);
    if (rc < 0 || facts_load(g->store, kinds_of(g), &g->facts, e) < 0 ||
        load_divisions(g, &in, e) < 0 || deadline_each_ruled(g->store, keep_row, &g->rows, e) < 0)
        return -1;
    in.rules = g->rules;
    in.rule_count = g->rule_count;
    derive_all(&in, &g->wanted, &g->overlong);
    return 0;
}

/* ---- who owes it ---- */

/* "independent-person" as a title: "Independent person". Caller frees. */
static char *title_of(const char *slug)
{
    char *title = xstrdup(slug);

    for (char *at = title; *at; at++)
        if (*at == '-')
            *at = ' ';
    title[0] = (char)toupper((unsigned char)title[0]);
    return title;
}

/* A role that a rule names stands from then on, vacant, so that it is told that nobody holds it. */
static int find_role(struct settling *g, bool write, struct deadline *d, struct err *e)
{
    struct role role;
    char *title;
    int rc = role_find(g->store, d->role, g->today, &role, e);

    if (rc == 0) {
        d->role_id = role.id;
        free(d->role_title);
        d->role_title = xstrdup(role.title);
        role_clear(&role);
        return 0;
    }
    if (e->code != ERR_NOTFOUND)
        return -1;
    title = title_of(d->role);
    rc = write ? role_add(g->store, d->role, title, 0, &d->role_id, e) : 0;
    free(d->role_title);
    d->role_title = title;
    return rc;
}

/* ---- writing ---- */

static const struct deadline *row_by_id(const struct settling *g, int64_t id)
{
    for (size_t i = 0; id && i < g->rows.count; i++)
        if (g->rows.items[i].id == id)
            return &g->rows.items[i];
    return NULL;
}

static void note(struct settled *ret, const struct deadline *was, const struct deadline *is)
{
    if (!ret)
        return;
    ret->items = xgrow(ret->items, ret->count, &ret->cap, sizeof *ret->items);
    ret->items[ret->count++] =
        (struct settled_row){was ? deadline_dup(was) : deadline_new(), deadline_dup(is)};
}

static int by_day(const void *a, const void *b)
{
    const struct settled_row *x = a, *y = b;

    if (x->is.due_on.n != y->is.due_on.n)
        return x->is.due_on.n < y->is.due_on.n ? -1 : 1;
    return (x->is.id > y->is.id) - (x->is.id < y->is.id);
}

/* New rows of one series follow one another: the first gives the others its number. */
static int write_row(struct settling *g, size_t i, struct err *e)
{
    struct deadline *d = &g->wanted.items[i];
    const struct deadline *before = i ? d - 1 : NULL;

    if (d->id)
        return deadline_write(g->store, d, "deadline.settle", e);
    if (!d->series_id && before && before->rule && strcmp(before->rule, d->rule) == 0 &&
        strcmp(before->about, d->about) == 0)
        d->series_id = before->series_id;
    if (deadline_insert(g->store, d, &d->id, e) < 0)
        return -1;
    if (!d->series_id)
        d->series_id = d->id;
    return 0;
}

static int apply(struct settling *g, bool write, struct settled *ret, struct err *e)
{
    for (size_t i = 0; i < g->wanted.count; i++) {
        struct deadline *d = &g->wanted.items[i];
        const struct deadline *was = row_by_id(g, d->id);

        if (find_role(g, write, d, e) < 0)
            return -1;
        if (was && deadline_same(was, d))
            continue;
        if (write && write_row(g, i, e) < 0)
            return -1;
        note(ret, was, d);
    }
    if (ret && ret->count)
        qsort(ret->items, ret->count, sizeof *ret->items, by_day);
    return 0;
}

static int run(struct store *s, const struct engine *engine, utc_t now,
               const struct rule_texts *texts, bool write, struct settled *ret, struct err *e)
{
    struct settling g = {.store = s, .engine = engine, .today = zone_today(engine->zone, now)};
    int rc = derive(&g, texts, e);

    if (rc == 0)
        rc = apply(&g, write, ret, e);
    if (rc == 0 && ret) {
        ret->overlong = g.overlong;
        g.overlong = (struct overlong){0};
    }
    settling_clear(&g);
    if (rc < 0 && ret)
        settled_clear(ret);
    return rc;
}

int settle(struct store *s, const struct engine *engine, utc_t now, struct settled *ret,
           struct err *e)
{
    struct rule_texts texts, none = {0};
    struct settled found = {0};
    bool adopted;
    int rc;

    if (packs_in_force(s, engine, &texts, &adopted, e) < 0)
        return -1;
    /* without any rules none of their dates is known to be wrong */
    rc = texts.count ? run(s, engine, now, &texts, true, &found, e) : 0;
    if (rc == 0 && !adopted && found.count) /* from now on these are what it rests on */
        rc = packs_adopt(s, &none, &texts, e);
    rule_texts_clear(&texts);
    if (rc == 0 && ret)
        *ret = found;
    else
        settled_clear(&found);
    return rc;
}

int settle_look(struct store *s, const struct engine *engine, utc_t now,
                const struct rule_texts *rules, struct settled *ret, struct err *e)
{
    struct settled found = {0};

    if (run(s, engine, now, rules, false, &found, e) < 0)
        return -1;
    *ret = found;
    return 0;
}
