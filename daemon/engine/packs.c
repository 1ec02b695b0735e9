#include "engine/packs.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/rule.h"

#define FIELD_PACK "pack" /* beside those of rule.def: the packs it applies with */

/* ---- what is in force ---- */

static struct rule_text *add(struct rule_texts *all)
{
    all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
    all->items[all->count] = (struct rule_text){0};
    return &all->items[all->count++];
}

/* Fields of a later csid are passed over. */
static int keep(void *arg, const char *id, const char *field, const char *value)
{
    struct rule_texts *all = arg;
    struct rule_text *last = all->count ? &all->items[all->count - 1] : NULL;

    if (!last || strcmp(last->values[RULE_id], id) != 0) {
        last = add(all);
        last->values[RULE_id] = xstrdup(id);
    }
    if (strcmp(field, FIELD_PACK) == 0)
        last->pack = xstrdup(value);
    for (int f = RULE_id + 1; f < RULE_FIELDS; f++)
        if (strcmp(field, rule_field_names[f]) == 0)
            last->values[f] = xstrdup(value);
    return 0;
}

static void copy_all(const struct rule_texts *from, struct rule_texts *ret)
{
    for (size_t i = 0; i < from->count; i++) {
        struct rule_text *t = add(ret);

        t->pack = xstrdup(from->items[i].pack);
        for (int f = 0; f < RULE_FIELDS; f++)
            t->values[f] = xstrdup(from->items[i].values[f]);
    }
}

/* Nobody who reads a rule need ask whether what it cannot be without is there. */
static int check_whole(const struct rule_texts *all, struct err *e)
{
    for (size_t i = 0; i < all->count; i++)
        for (int f = 0; f < RULE_FIELDS; f++)
            if (rule_field_needed[f] && !all->items[i].values[f])
                return err_set(e, ERR_STORAGE,
                               "the database is damaged: rule %s has no %s; put a backup in its "
                               "place",
                               all->items[i].values[RULE_id], rule_field_names[f]);
    return 0;
}

int packs_in_force(struct store *s, const struct engine *engine, struct rule_texts *ret,
                   bool *ret_adopted, struct err *e)
{
    struct rule_texts all = {0};

    if (rule_each(s, keep, &all, e) < 0 || check_whole(&all, e) < 0) {
        rule_texts_clear(&all);
        return -1;
    }
    if (ret_adopted)
        *ret_adopted = all.count > 0;
    if (!all.count && engine->packs)
        copy_all(engine->packs, &all);
    *ret = all;
    return 0;
}

static bool is_listed(const char *list, const char *word, size_t len)
{
    for (; *list; list += strspn(list, " ")) {
        size_t n = strcspn(list, " ");

        if (n == len && strncmp(list, word, len) == 0)
            return true;
        list += n;
    }
    return false;
}

bool packs_apply(const char *own, const char *packs)
{
    if (!*packs)
        return true;
    for (; own && *own; own += strspn(own, " ")) {
        size_t len = strcspn(own, " ");

        if (is_listed(packs, own, len))
            return true;
        own += len;
    }
    return false;
}

bool packs_known(const struct rule_texts *texts, const char *pack)
{
    for (size_t i = 0; texts && i < texts->count; i++)
        if (texts->items[i].pack && is_listed(texts->items[i].pack, pack, strlen(pack)))
            return true;
    return false;
}

int packs_compile(const struct rule_texts *texts, const char *packs, struct rule **ret,
                  size_t *ret_count, struct err *e)
{
    struct rule *rules = xcalloc(texts->count + 1, sizeof *rules);
    size_t count = 0;
    int rc = 0;

    for (int after = 0; rc == 0 && after < 2; after++)
        for (size_t i = 0; rc == 0 && i < texts->count; i++) {
            const struct rule_text *t = &texts->items[i];
            enum rule_field field;
            struct rule r;

            if (!packs_apply(t->pack, packs))
                continue;
            rc = rule_read(t, &r, &field, e);
            if (rc < 0)
                err_within(e, "rule %s: %s", t->values[RULE_id],
                           field < RULE_FIELDS ? rule_field_names[field] : "it");
            else if ((r.after != NULL) == (after == 1))
                rules[count++] = r;
            else
                rule_clear(&r);
        }
    if (rc < 0) {
        while (count)
            rule_clear(&rules[--count]);
        free(rules);
        return -1;
    }
    *ret = rules;
    *ret_count = count;
    return 0;
}

/* ---- what differs ---- */

struct differences {
    struct pack_difference *items;
    size_t count, cap;
};

static void compare(struct differences *d, const char *rule, const char *field, const char *was,
                    const char *is)
{
    if (was && is ? strcmp(was, is) == 0 : was == is)
        return;
    d->items = xgrow(d->items, d->count, &d->cap, sizeof *d->items);
    d->items[d->count++] = (struct pack_difference){rule, field, was, is};
}

static void compare_rule(struct differences *d, const struct rule_text *was,
                         const struct rule_text *is)
{
    static const struct rule_text none = {0};
    const char *id = was ? was->values[RULE_id] : is->values[RULE_id];

    was = was ? was : &none;
    is = is ? is : &none;
    compare(d, id, FIELD_PACK, was->pack, is->pack);
    for (int f = 0; f < RULE_FIELDS; f++)
        compare(d, id, rule_field_names[f], was->values[f], is->values[f]);
}

size_t packs_differ(const struct rule_texts *was, const struct rule_texts *is,
                    struct pack_difference **ret)
{
    struct differences d = {0};

    for (size_t i = 0; i < was->count; i++)
        compare_rule(&d, &was->items[i], rule_texts_find(is, was->items[i].values[RULE_id]));
    for (size_t i = 0; i < is->count; i++)
        if (!rule_texts_find(was, is->items[i].values[RULE_id]))
            compare_rule(&d, NULL, &is->items[i]);
    *ret = d.items;
    return d.count;
}

static int put(struct store *s, const char *id, const struct rule_text *t, struct err *e)
{
    struct rule_value values[RULE_FIELDS + 1];
    size_t count = 0;

    if (t && t->pack)
        values[count++] = (struct rule_value){FIELD_PACK, t->pack};
    for (int f = RULE_id + 1; t && f < RULE_FIELDS; f++)
        if (t->values[f])
            values[count++] = (struct rule_value){rule_field_names[f], t->values[f]};
    return rule_put(s, id, values, count, e);
}

int packs_adopt(struct store *s, const struct rule_texts *was, const struct rule_texts *is,
                struct err *e)
{
    struct pack_difference *all;
    size_t count = packs_differ(was, is, &all);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++)
        if (i == 0 || strcmp(all[i].rule, all[i - 1].rule) != 0)
            rc = put(s, all[i].rule, rule_texts_find(is, all[i].rule), e);
    free(all);
    return rc;
}
