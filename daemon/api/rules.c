/* The deadline rules: those in force, and how those on disk differ. */
#include <stdlib.h>
#include <string.h>

#include "api/follow.h"
#include "base/mem.h"
#include "engine/packs.h"
#include "store/rule.h"

static const struct column columns[] = {
    {"id", "RULE", KIND_TEXT, false},        {"title", "TITLE", KIND_TEXT, true},
    {"when", "WHEN", KIND_TEXT, true},       {"role", "WHO", KIND_TEXT, true},
    {"pack", "WITH PACKS", KIND_TEXT, true}, {"applies", "APPLIES", KIND_YES, false},
};
static const struct section list[] = {{NULL, "items", columns, COUNT(columns), "No rules."}};
static const struct view list_view = {list, 1, 0};

static const struct column field_columns[] = {
    {"field", "FIELD", KIND_TEXT, false},
    {"value", "VALUE", KIND_TEXT, true},
};
static const struct section show_sections[] = {
    {NULL, "fields", field_columns, COUNT(field_columns), NULL}};
static const struct view show_view = {show_sections, 1, 0};

static const struct column difference_columns[] = {
    {"rule", "RULE", KIND_TEXT, false},
    {"field", "FIELD", KIND_TEXT, false},
    {"was", "IN FORCE", KIND_TEXT, true},
    {"is", "ON DISK", KIND_TEXT, true},
};

/* ---- list and show ---- */

/* "70 working-days from inspection.received_on", "3 to 9 months from …". Caller frees. */
static char *when_text(const struct rule_text *t)
{
    const char *offset = t->values[RULE_offset], *opens = t->values[RULE_opens];
    const char *unit = t->values[RULE_unit], *every = t->values[RULE_every];
    struct text s = TEXT_INIT;

    text_clear(&s);
    if (opens)
        text_addf(&s, "%s to ", opens);
    if (opens || offset)
        text_addf(&s, "%s %s from ", offset ? offset : "0", unit ? unit : "days");
    text_add(&s, t->values[RULE_from]);
    if (every)
        text_addf(&s, ", every %s", every);
    return text_take(&s);
}

static void put_rule(json_t *o, const struct rule_text *t, const char *packs)
{
    char *when = when_text(t);

    put_text(o, "id", t->values[RULE_id]);
    put_text(o, "title", t->values[RULE_title]);
    put_text(o, "when", when);
    put_text(o, "role", t->values[RULE_role]);
    put_text(o, "to", t->values[RULE_to]);
    put_text(o, "citation", t->values[RULE_citation]);
    put_text(o, "pack", t->pack);
    put_flag(o, "applies", packs_apply(t->pack, packs));
    free(when);
}

int api_rules_list(struct call *c, struct err *e)
{
    const char *pack = call_text(c, "pack");
    struct rule_texts texts;
    json_t *items;
    char *packs;

    if (plan_packs(c->api->store, 0, &packs, e) < 0)
        return -1;
    if (packs_in_force(c->api->store, c->api->engine, &texts, NULL, e) < 0) {
        free(packs);
        return -1;
    }
    items = call_items(c, &list_view);
    for (size_t i = 0; i < texts.count; i++)
        if (!pack || packs_apply(texts.items[i].pack, pack))
            put_rule(put_row(items), &texts.items[i], packs);
    rule_texts_clear(&texts);
    free(packs);
    return 0;
}

static int no_rule(const struct rule_texts *texts, const char *id, struct err *e)
{
    const char **ids = xcalloc(texts->count, sizeof *ids), *near;

    for (size_t i = 0; i < texts->count; i++)
        ids[i] = texts->items[i].values[RULE_id];
    near = text_nearest(id, ids, texts->count);
    free(ids);
    return err_set(e, ERR_NOTFOUND, "no rule %.60s%s%s%s", id,
                   near ? " (did you mean " : ": see csictl rules list", near ? near : "",
                   near ? "?)" : "");
}

static void put_field(json_t *rows, const char *field, const char *value)
{
    json_t *row;

    if (!value)
        return;
    row = put_row(rows);
    put_text(row, "field", field);
    put_text(row, "value", value);
}

int api_rules_show(struct call *c, struct err *e)
{
    const char *id = call_text(c, "id");
    const struct rule_text *t;
    struct rule_texts texts;
    json_t *o, *rows;
    int rc = 0;

    if (packs_in_force(c->api->store, c->api->engine, &texts, NULL, e) < 0)
        return -1;
    t = rule_texts_find(&texts, id);
    if (t) {
        o = call_object(c, &show_view);
        put_text(o, "id", t->values[RULE_id]);
        rows = put_list(o, "fields");
        for (int f = 0; f < RULE_FIELDS; f++)
            put_field(rows, rule_field_names[f], t->values[f]);
        put_field(rows, "pack", t->pack);
    } else {
        rc = no_rule(&texts, id, e);
    }
    rule_texts_clear(&texts);
    return rc;
}

/* ---- what differs, and adopting it ---- */

static const struct section difference_section = {NULL, "items", difference_columns,
                                                  COUNT(difference_columns),
                                                  "The rules on disk are those in force."};

struct difference_shape {
    struct section sections[2];
    struct view view;
};

static json_t *differences(struct call *c)
{
    struct difference_shape *shape = xcalloc(1, sizeof *shape);

    shape->sections[0] = difference_section;
    shape->sections[1] = follow_section;
    shape->view = (struct view){shape->sections, 2, 0};
    free(c->scratch);
    c->scratch = shape;
    return call_items(c, &shape->view);
}

static size_t put_differences(json_t *items, const struct rule_texts *was,
                              const struct rule_texts *is)
{
    struct pack_difference *all;
    size_t count = packs_differ(was, is, &all);

    for (size_t i = 0; i < count; i++) {
        json_t *row = put_row(items);

        put_text(row, "rule", all[i].rule);
        put_text(row, "field", all[i].field);
        put_text(row, "was", all[i].was);
        put_text(row, "is", all[i].is);
    }
    free(all);
    return count;
}

int api_rules_diff(struct call *c, struct err *e)
{
    const struct rule_texts *disk = c->api->engine->packs;
    struct settled settled = {0};
    struct rule_texts texts;
    int rc;

    if (packs_in_force(c->api->store, c->api->engine, &texts, NULL, e) < 0)
        return -1;
    if (put_differences(differences(c), &texts, disk))
        put_text(c->answer, "hint", "csictl rules adopt");
    rc = settle_look(c->api->store, c->api->engine, c->api->now, disk, &settled, e);
    if (rc == 0)
        put_follows(c->answer, &settled, c->when.today);
    settled_clear(&settled);
    rule_texts_clear(&texts);
    return rc;
}

int api_rules_adopt(struct call *c, struct err *e)
{
    const struct rule_texts *disk = c->api->engine->packs;
    struct rule_texts texts, none = {0};
    struct settled settled = {0};
    bool adopted;
    int rc;

    if (packs_in_force(c->api->store, c->api->engine, &texts, &adopted, e) < 0)
        return -1;
    put_differences(differences(c), &texts, disk);
    rc = packs_adopt(c->api->store, adopted ? &texts : &none, disk, e);
    if (rc == 0)
        rc = settle(c->api->store, c->api->engine, c->api->now, &settled, e);
    if (rc == 0) {
        put_follows(c->answer, &settled, c->when.today);
        call_told(c, settled.count ? "whoever owes what follows, on its days: csictl deadline list"
                                   : "nobody: no date changes");
    }
    settled_clear(&settled);
    rule_texts_clear(&texts);
    return rc;
}
