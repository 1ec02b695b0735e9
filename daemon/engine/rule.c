#include "engine/rule.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static_assert(RECORD_KINDS <= 32, "a kind is a bit");

const char *const rule_field_names[RULE_FIELDS] = {
#define RULE_FIELD(name, need, type, help) #name,
#include "engine/rule.def"
#undef RULE_FIELD
};

#define IS_NEEDED true
#define IS_MAY    false
const bool rule_field_needed[RULE_FIELDS] = {
#define RULE_FIELD(name, need, type, help) IS_##need,
#include "engine/rule.def"
#undef RULE_FIELD
};
#undef IS_NEEDED
#undef IS_MAY

const char *const rule_unit_names[RULE_UNITS] = {
    [UNIT_DAYS] = "days",
    [UNIT_WORKING_DAYS] = "working-days",
    [UNIT_WEEKS] = "weeks",
    [UNIT_MONTHS] = "months",
    [UNIT_YEARS] = "years",
    [UNIT_CLEAR_DAYS] = "clear-days",
    [UNIT_CLEAR_WORKING_DAYS] = "clear-working-days",
    [UNIT_MONTH_ENDS] = "month-ends",
};

void rule_text_clear(struct rule_text *t)
{
    free(t->pack);
    for (int f = 0; f < RULE_FIELDS; f++)
        free(t->values[f]);
    *t = (struct rule_text){0};
}

void rule_texts_clear(struct rule_texts *all)
{
    for (size_t i = 0; i < all->count; i++)
        rule_text_clear(&all->items[i]);
    free(all->items);
    for (size_t i = 0; i < all->pack_count; i++) {
        free(all->packs[i].name);
        free(all->packs[i].title);
        free(all->packs[i].file);
    }
    free(all->packs);
    *all = (struct rule_texts){0};
}

const struct rule_text *rule_texts_find(const struct rule_texts *all, const char *id)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i].values[RULE_id], id) == 0)
            return &all->items[i];
    return NULL;
}

static void clear_conditions(struct rule_conditions *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->items[i].words);
}

void rule_clear(struct rule *r)
{
    clear_conditions(&r->conditions);
    clear_conditions(&r->closed_if);
    clear_conditions(&r->precedes);
    *r = (struct rule){0};
}

unsigned rule_kinds(const struct rule *r)
{
    const struct rule_paths *const paths[] = {&r->from,      &r->every,     &r->until, &r->met_by,
                                              &r->closed_by, &r->stated_by, &r->role};
    const struct rule_conditions *const conditions[] = {&r->conditions, &r->closed_if,
                                                        &r->precedes};
    unsigned kinds = r->has_per ? 1u << r->per : 0;

    for (size_t i = 0; i < COUNT(paths); i++)
        for (size_t k = 0; k < paths[i]->count; k++)
            kinds |= 1u << paths[i]->items[k].kind;
    for (size_t i = 0; i < COUNT(conditions); i++)
        for (size_t k = 0; k < conditions[i]->count; k++)
            kinds |= 1u << conditions[i]->items[k].path.kind;
    return kinds;
}

int rule_check_all(const struct rule_texts *all, size_t *ret_at, struct err *e)
{
    static const char by_rule[] = "rule:";

    for (size_t i = 0; i < all->count; i++) {
        const char *from = all->items[i].values[RULE_from];
        const struct rule_text *base;

        *ret_at = i;
        if (strncmp(from, by_rule, strlen(by_rule)) != 0)
            continue;
        base = rule_texts_find(all, from + strlen(by_rule));
        if (!base)
            return err_set(e, ERR_USAGE, "there is no rule %.60s to count from",
                           from + strlen(by_rule));
        if (strncmp(base->values[RULE_from], by_rule, strlen(by_rule)) == 0)
            return err_set(e, ERR_USAGE, "rule %.60s counts from a rule itself",
                           base->values[RULE_id]);
    }
    return 0;
}
