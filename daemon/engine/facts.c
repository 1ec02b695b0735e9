#include "engine/facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* ---- loading ---- */

struct loading {
    struct facts facts;
    struct text cancelled; /* what is none to any rule */
};

/* What was cancelled is none to any rule, nor what stands under it; of meetings the rules say so
 * themselves. */
static int keep(void *arg, const struct record *r)
{
    struct loading *g = arg;
    struct fact_list *l = &g->facts.kinds[r->kind];
    struct record copy = *r;

    if (r->kind != RECORD_MEETING && record_falls(r, &g->cancelled))
        return 0;
    for (size_t i = 0; i < RECORD_FIELDS_MAX; i++)
        copy.values[i] = xstrdup(r->values[i]);
    l->items = xgrow(l->items, l->count, &l->cap, sizeof *l->items);
    l->items[l->count++] = copy;
    return 0;
}

/* The kinds, and those that they stand under. */
static unsigned with_parents(unsigned kinds)
{
    unsigned all = kinds;

    for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++) {
        const struct record_field *parent = record_parent(kind);
        enum record_kind over;

        if ((kinds & 1u << kind) && parent &&
            record_kind_find(parent->limit, strlen(parent->limit), &over))
            all |= 1u << over;
    }
    return all == kinds ? all : with_parents(all);
}

int facts_load(struct store *s, unsigned kinds, struct facts *ret, struct err *e)
{
    struct loading g = {.cancelled = TEXT_INIT};
    int rc = 0;

    kinds = with_parents(kinds);
    for (enum record_kind kind = 0; rc == 0 && kind < RECORD_KINDS; kind++)
        if (kinds & 1u << kind)
            rc = record_each(s, kind, keep, &g, e);
    text_free(&g.cancelled);
    if (rc == 0)
        *ret = g.facts;
    else
        facts_clear(&g.facts);
    return rc;
}

void facts_clear(struct facts *f)
{
    for (enum record_kind kind = 0; kind < RECORD_KINDS; kind++) {
        for (size_t i = 0; i < f->kinds[kind].count; i++)
            record_clear(&f->kinds[kind].items[i]);
        free(f->kinds[kind].items);
    }
    *f = (struct facts){0};
}

/* ---- values ---- */

static const char *own_value(const struct record *r, const struct record_field *field)
{
    return r->values[field - record_def(r->kind)->fields];
}

char *fact_name(const struct record *r)
{
    return xasprintf("%s:%" PRId64, record_def(r->kind)->name, r->id);
}

static const struct record *find(const struct facts *f, enum record_kind kind, const char *name)
{
    for (size_t i = 0; name && i < f->kinds[kind].count; i++) {
        const struct record *r = &f->kinds[kind].items[i];
        char *own = fact_name(r);
        bool found = strcmp(own, name) == 0;

        free(own);
        if (found)
            return r;
    }
    return NULL;
}

const char *fact_named(const struct record *r, const char *field)
{
    const struct record_field *f = record_field_find(r->kind, field, strlen(field));

    return f ? own_value(r, f) : NULL;
}

const struct record *fact_above(const struct facts *f, const struct record *r,
                                enum record_kind kind)
{
    const struct record_field *parent = record_parent(r->kind);

    if (!parent || strcmp(parent->limit, record_def(kind)->name) != 0)
        return NULL;
    return find(f, kind, own_value(r, parent));
}

const char *fact_value(const struct facts *f, const struct subject *s, const struct rule_path *path)
{
    const struct record *r = path->kind == s->record->kind ? s->record
                             : s->per && path->kind == s->per->kind
                                 ? s->per
                                 : fact_above(f, s->record, path->kind);

    return r ? own_value(r, path->field) : NULL;
}

const char *fact_first(const struct facts *f, const struct subject *s,
                       const struct rule_paths *paths, const struct rule_path **ret_path)
{
    for (size_t i = 0; i < paths->count; i++) {
        const char *value = fact_value(f, s, &paths->items[i]);

        if (value) {
            if (ret_path)
                *ret_path = &paths->items[i];
            return value;
        }
    }
    return NULL;
}

day_t fact_day(const char *value)
{
    day_t day;

    return value && day_parse_iso(value, &day) == 0 ? day : DAY_NONE;
}

const char *fact_title(const struct facts *f, const struct record *r)
{
    const struct record_field *parent = record_parent(r->kind);
    const struct record_field *title = record_field_find(r->kind, "title", strlen("title"));
    enum record_kind kind;
    const struct record *over;

    if (title && own_value(r, title))
        return own_value(r, title);
    if (!parent || !record_kind_find(parent->limit, strlen(parent->limit), &kind))
        return NULL;
    over = find(f, kind, own_value(r, parent));
    return over ? fact_title(f, over) : NULL;
}

/* ---- conditions ---- */

static bool matches(const char *value, const char *words)
{
    char *word;
    bool found;

    if (!value || !words)
        return !value && !words;
    word = xasprintf("|%s|", value);
    found = strstr(words, word) != NULL;
    free(word);
    return found;
}

static bool any_below(const struct facts *f, const struct record *r, const struct rule_condition *c)
{
    const struct record_field *parent = record_parent(c->path.kind);
    char *name = fact_name(r);
    bool found = false;

    for (size_t i = 0; !found && i < f->kinds[c->path.kind].count; i++) {
        const struct record *child = &f->kinds[c->path.kind].items[i];

        found = strcmp(own_value(child, parent), name) == 0 &&
                matches(own_value(child, c->path.field), c->words);
    }
    free(name);
    return found;
}

static bool stands_under(enum record_kind kind, enum record_kind over)
{
    const struct record_field *parent = record_parent(kind);

    return parent && strcmp(parent->limit, record_def(over)->name) == 0;
}

bool fact_holds(const struct facts *f, const struct subject *s, const struct rule_conditions *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct rule_condition *one = &c->items[i];
        bool per = s->per && one->path.kind == s->per->kind;

        if (!per && stands_under(one->path.kind, s->record->kind)
                ? !any_below(f, s->record, one)
                : !matches(fact_value(f, s, &one->path), one->words))
            return false;
    }
    return true;
}

bool fact_holds_itself(const struct record *r, const struct rule_conditions *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].path.kind == r->kind &&
            !matches(own_value(r, c->items[i].path.field), c->items[i].words))
            return false;
    return true;
}

/* Of what stands under something, only what stands under the same, or under the other itself. */
bool fact_related(const struct record *r, const struct record *other)
{
    const struct record_field *parent = record_parent(r->kind);
    const struct record_field *others = record_parent(other->kind);
    char *name = fact_name(other);
    bool related = true;

    if (parent && strcmp(parent->limit, record_def(other->kind)->name) == 0)
        related = strcmp(own_value(r, parent), name) == 0;
    else if (parent && others && strcmp(parent->limit, others->limit) == 0)
        related = strcmp(own_value(r, parent), own_value(other, others)) == 0;
    free(name);
    return related;
}
