#include "service/yaml_pairs.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "service/config_yaml.h"

struct pairs {
    struct api_pair *items;
    size_t count, cap;
};

static void add(struct pairs *all, const char *name, char *value, char *fault,
                struct config_place at)
{
    all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
    all->items[all->count++] = (struct api_pair){xstrdup(name), value, fault, {at.line, at.column}};
}

static struct config_place place(const yaml_node_t *node)
{
    return config_yaml_place(node->start_mark);
}

static bool has_nul(const yaml_node_t *node)
{
    return strlen((const char *)node->data.scalar.value) != node->data.scalar.length;
}

static void read_pair(struct pairs *all, const yaml_node_t *key, const yaml_node_t *value)
{
    const char *name = (const char *)key->data.scalar.value, *text;

    if (key->type != YAML_SCALAR_NODE || has_nul(key)) {
        add(all, "", NULL, xasprintf("%s stands where a name is to be", config_yaml_kind(key)),
            place(key));
        return;
    }
    text = (const char *)value->data.scalar.value;
    if (config_yaml_is_null(value))
        add(all, name, xstrdup(""), NULL, place(value));
    else if (value->type != YAML_SCALAR_NODE)
        add(all, name, NULL, xasprintf("is %s; it is to be one text", config_yaml_kind(value)),
            place(value));
    else if (has_nul(value))
        add(all, name, NULL, xstrdup("has a NUL byte in it"), place(value));
    else
        add(all, name, xstrdup(text), NULL, place(value));
}

static void read_document(struct pairs *all, yaml_document_t *doc)
{
    const yaml_node_t *root = yaml_document_get_root_node(doc);

    if (!root || config_yaml_is_null(root))
        return;
    if (root->type != YAML_MAPPING_NODE) {
        add(all, "", NULL,
            xasprintf("%s stands where lines of \"name: answer\" are to be",
                      config_yaml_kind(root)),
            place(root));
        return;
    }
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
         p < root->data.mapping.pairs.top; p++)
        read_pair(all, yaml_document_get_node(doc, p->key), yaml_document_get_node(doc, p->value));
}

size_t yaml_pairs(const void *text, size_t len, struct api_pair **ret)
{
    struct config_notes notes = {0};
    struct pairs all = {0};
    yaml_document_t doc;

    if (config_yaml_load(text ? text : "", len, &doc, &notes) == 0) {
        read_document(&all, &doc);
        yaml_document_delete(&doc);
    }
    for (size_t i = 0; i < notes.count; i++)
        add(&all, "", NULL, notes.items[i].text, notes.items[i].at);
    free(notes.items);
    *ret = all.items;
    return all.count;
}
