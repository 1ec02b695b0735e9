#include "service/rules_yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "plan/slug.h"
#include "service/config_yaml.h"

enum { RULES_MAX = 200, VALUE_MAX_BYTES = 1000, KEY_SHOWN_MAX = 60 };

enum pack_key { KEY_PACK, KEY_TITLE, KEY_ALSO, KEY_RULES, PACK_KEYS };
static const char *const pack_keys[PACK_KEYS] = {"pack", "title", "also", "rules"};

static const char *const field_help[RULE_FIELDS] = {
#define RULE_FIELD(name, need, type, help) help,
#include "engine/rule.def"
#undef RULE_FIELD
};

struct reading {
    yaml_document_t *doc;
    struct pack_file *pack;
    bool (*known_check)(const char *name);
};

/* One mapping as it is read: the pack, or a rule of it. */
struct scope {
    const char *path; /* "rules[2]." of a rule, else "" */
    struct config_place at;
    const char *const *keys;
    size_t count;
    yaml_node_t **values; /* by key; NULL: not there */
};

__attribute__((format(printf, 5, 6))) static void fault(struct reading *r, const char *path,
                                                        const char *key, struct config_place at,
                                                        const char *fmt, ...)
{
    char *full = xasprintf("%s%s", path, key), what[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    config_fault(&r->pack->notes, at, full, "%s", what);
    free(full);
}

static struct config_place place(const yaml_node_t *node)
{
    return config_yaml_place(node->start_mark);
}

/* ---- a mapping ---- */

static void unknown_key(struct reading *r, const struct scope *s, const char *key,
                        struct config_place at)
{
    const char *near = text_nearest(key, s->keys, s->count);

    if (strlen(key) > KEY_SHOWN_MAX)
        key = "…";
    if (near)
        fault(r, s->path, key, at, "unknown key; did you mean %s%s?", s->path, near);
    else
        fault(r, s->path, key, at, "unknown key; remove it (man csid-rules lists all)");
}

static void read_key(struct reading *r, const struct scope *s, const yaml_node_t *key,
                     yaml_node_t *value)
{
    const char *name = (const char *)key->data.scalar.value;
    size_t i = 0;

    if (key->type != YAML_SCALAR_NODE) {
        fault(r, s->path, "", place(key), "%s stands where a key is to be", config_yaml_kind(key));
        return;
    }
    while (i < s->count &&
           (strcmp(s->keys[i], name) != 0 || strlen(name) != key->data.scalar.length))
        i++;
    if (i == s->count)
        unknown_key(r, s, name, place(key));
    else if (s->values[i])
        fault(r, s->path, name, place(key), "is given twice, first in line %zu; remove one",
              place(s->values[i]).line);
    else
        s->values[i] = value;
}

static void read_keys(struct reading *r, const struct scope *s, const yaml_node_t *node)
{
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++)
        read_key(r, s, yaml_document_get_node(r->doc, p->key),
                 yaml_document_get_node(r->doc, p->value));
}

static bool is_blank(const char *s, size_t len)
{
    return strspn(s, " ") >= len;
}

/* The text of a value, caller frees; NULL when it was refused. */
static char *read_value(struct reading *r, const char *path, const char *key,
                        const yaml_node_t *node)
{
    const char *raw = (const char *)node->data.scalar.value;

    if (config_yaml_is_null(node))
        fault(r, path, key, place(node), "has no value; give one, or remove it");
    else if (node->type != YAML_SCALAR_NODE)
        fault(r, path, key, place(node), "is %s; it is to be one text", config_yaml_kind(node));
    else if (config_yaml_has_controls(node))
        fault(r, path, key, place(node),
              "has a line break or another control character in it; remove it");
    else if (node->data.scalar.length > VALUE_MAX_BYTES)
        fault(r, path, key, place(node), "is %zu bytes long; at most %d are read",
              node->data.scalar.length, VALUE_MAX_BYTES);
    else if (is_blank(raw, node->data.scalar.length))
        fault(r, path, key, place(node), "is empty; give a value, or remove it");
    else
        return xstrndup(raw, node->data.scalar.length);
    return NULL;
}

/* ---- a rule ---- */

static bool is_known(struct reading *r, enum rule_field f, const char *text, struct err *e)
{
    if (f != RULE_check || !r->known_check || r->known_check(text))
        return true;
    err_set(e, ERR_USAGE, "there is no check \"%.60s\"", text);
    return false;
}

static void read_fields(struct reading *r, const struct scope *s, struct pack_rule *rule)
{
    for (int f = 0; f < RULE_FIELDS; f++) {
        enum rule_field field = (enum rule_field)f;
        const char *key = rule_field_names[f];
        yaml_node_t *node = s->values[f];
        struct err e;
        char *text;

        rule->places[f] = node ? place(node) : s->at;
        if (!node) {
            if (rule_field_needed[f])
                fault(r, s->path, key, s->at, "is missing; add %s", field_help[f]);
            continue;
        }
        text = read_value(r, s->path, key, node);
        if (text && (rule_check_field(field, text, &e) < 0 || !is_known(r, field, text, &e))) {
            fault(r, s->path, key, rule->places[f], "%s", e.text);
            free(text);
            text = NULL;
        }
        rule->text.values[f] = text;
    }
}

/* What holds between its fields is only looked at when each can be read. */
static void check_whole(struct reading *r, const struct scope *s, const struct pack_rule *rule)
{
    enum rule_field field;
    struct rule read;
    struct err e;

    if (rule_read(&rule->text, &read, &field, &e) == 0) {
        rule_clear(&read);
        return;
    }
    if (field == RULE_FIELDS)
        field = RULE_id;
    fault(r, s->path, rule_field_names[field], rule->places[field], "%s", e.text);
}

static struct pack_rule *add_rule(struct pack_file *p)
{
    p->rules = xgrow(p->rules, p->rule_count, &p->rule_cap, sizeof *p->rules);
    p->rules[p->rule_count] = (struct pack_rule){0};
    return &p->rules[p->rule_count++];
}

static void read_rule(struct reading *r, const yaml_node_t *node, size_t number)
{
    yaml_node_t *values[RULE_FIELDS] = {NULL};
    char *path = xasprintf("rules[%zu].", number);
    struct scope s = {path, place(node), rule_field_names, RULE_FIELDS, values};
    size_t before = r->pack->notes.faults;
    struct pack_rule *rule;

    if (node->type == YAML_MAPPING_NODE) {
        rule = add_rule(r->pack);
        read_keys(r, &s, node);
        read_fields(r, &s, rule);
        if (r->pack->notes.faults == before)
            check_whole(r, &s, rule);
        rule->sound = r->pack->notes.faults == before;
    } else {
        path[strlen(path) - 1] = '\0'; /* the dot */
        fault(r, path, "", s.at, "is %s; it is to be a mapping such as {id: …}",
              config_yaml_kind(node));
    }
    free(path);
}

/* ---- the pack ---- */

static void read_rules(struct reading *r, const yaml_node_t *node)
{
    const yaml_node_item_t *items = node->data.sequence.items.start;
    size_t count = (size_t)(node->data.sequence.items.top - items);

    if (node->type != YAML_SEQUENCE_NODE) {
        fault(r, "", "rules", place(node), "%s%s; it is to be a list of rules",
              config_yaml_is_null(node) ? "has no value" : "is ",
              config_yaml_is_null(node) ? "" : config_yaml_kind(node));
        return;
    }
    if (count > RULES_MAX) {
        fault(r, "", "rules", place(yaml_document_get_node(r->doc, items[RULES_MAX])),
              "has %zu rules; at most %d are read", count, RULES_MAX);
        count = RULES_MAX;
    }
    for (size_t i = 0; i < count; i++)
        read_rule(r, yaml_document_get_node(r->doc, items[i]), i + 1);
}

static char *read_name(struct reading *r, const yaml_node_t *node)
{
    char *text = read_value(r, "", pack_keys[KEY_PACK], node), *name = NULL;
    struct err e;

    if (text && slug_parse(text, &name, &e) < 0)
        fault(r, "", pack_keys[KEY_PACK], place(node), "%s", e.text);
    free(text);
    return name;
}

static void missing(struct reading *r, const struct scope *s, enum pack_key key, const char *what)
{
    if (!s->values[key])
        fault(r, "", pack_keys[key], s->at, "is missing; add %s", what);
}

static void read_pack(struct reading *r, const yaml_node_t *root)
{
    yaml_node_t *values[PACK_KEYS] = {NULL};
    struct scope s = {"", CONFIG_START, pack_keys, PACK_KEYS, values};
    struct pack_file *p = r->pack;

    if (root)
        read_keys(r, &s, root);
    missing(r, &s, KEY_PACK, "the name that plans put themselves under, such as ilacs");
    missing(r, &s, KEY_TITLE, "what the pack is for");
    if (!values[KEY_ALSO])
        missing(r, &s, KEY_RULES, "a list of rules");
    if (values[KEY_PACK]) {
        p->name = read_name(r, values[KEY_PACK]);
        p->name_at = place(values[KEY_PACK]);
    }
    if (values[KEY_TITLE])
        p->title = read_value(r, "", pack_keys[KEY_TITLE], values[KEY_TITLE]);
    if (values[KEY_ALSO]) {
        p->also = read_value(r, "", pack_keys[KEY_ALSO], values[KEY_ALSO]);
        p->also_at = place(values[KEY_ALSO]);
    }
    if (values[KEY_RULES])
        read_rules(r, values[KEY_RULES]);
}

void rules_yaml_read(const char *text, size_t len, bool (*known_check)(const char *name),
                     struct pack_file *p)
{
    yaml_document_t doc;
    struct reading r = {&doc, p, known_check};
    yaml_node_t *root;

    if (config_yaml_load(text, len, &doc, &p->notes) < 0)
        return;
    root = yaml_document_get_root_node(&doc);
    if (root && config_yaml_is_null(root))
        root = NULL;
    if (root && root->type != YAML_MAPPING_NODE)
        fault(&r, "", "", place(root), "the file is %s; it is to be lines of \"key: value\"",
              config_yaml_kind(root));
    else
        read_pack(&r, root);
    yaml_document_delete(&doc);
}

void pack_file_clear(struct pack_file *p)
{
    for (size_t i = 0; i < p->rule_count; i++)
        rule_text_clear(&p->rules[i].text);
    free(p->rules);
    free(p->file);
    free(p->name);
    free(p->title);
    free(p->also);
    *p = (struct pack_file){0};
}
