#include "service/config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "service/config_table.h"
#include "service/config_yaml.h"

enum { FILE_MAX_BYTES = 1024 * 1024, ITEM_MAX_BYTES = 255, KEY_SHOWN_MAX = 60 };

static void read_mapping(struct config_reading *r, const struct config_scope *s, yaml_node_t *node);

static void *field(const struct config_scope *s, const struct config_option *o)
{
    return (char *)s->into + o->offset;
}

__attribute__((format(printf, 5, 6))) static void fault(struct config_reading *r,
                                                        const struct config_scope *s,
                                                        const struct config_option *o,
                                                        const yaml_node_t *node, const char *fmt,
                                                        ...)
{
    char *key = xasprintf("%s%s", s->path, o->key), what[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    config_fault(&r->notes, config_yaml_place(node->start_mark), key, "%s", what);
    free(key);
}

static bool is_a(struct config_reading *r, const struct config_scope *s,
                 const struct config_option *o, const yaml_node_t *node, yaml_node_type_t type,
                 const char *wanted)
{
    if (config_yaml_is_null(node)) {
        fault(r, s, o, node, "has no value; give %s, or remove it", wanted);
        return false;
    }
    if (node->type == type)
        return true;
    fault(r, s, o, node, "is %s; it is to be %s", config_yaml_kind(node), wanted);
    return false;
}

/* The text of a scalar in the form that is kept, caller frees; NULL when it was refused. */
static char *read_scalar(struct config_reading *r, const struct config_scope *s,
                         const struct config_option *o, const yaml_node_t *node, size_t min,
                         size_t max)
{
    const char *raw = (const char *)node->data.scalar.value;
    size_t len = node->data.scalar.length;
    struct err e = {0};
    char *value;
    int checked;

    if (config_yaml_has_controls(node)) {
        fault(r, s, o, node, "has a line break or another control character in it; remove it");
        return NULL;
    }
    if (len < min || len > max) {
        if (len == 0)
            fault(r, s, o, node, "is empty; give %s", o->type->wanted);
        else
            fault(r, s, o, node, "is %zu bytes long; at most %zu are read", len, max);
        return NULL;
    }
    value = xstrndup(raw, len);
    checked = len ? o->type->check(&value, r->known_check, &e) : 0;
    if (checked < 0) {
        fault(r, s, o, node, "%s", e.text);
        free(value);
        return NULL;
    }
    if (checked > 0) {
        char *key = xasprintf("%s%s", s->path, o->key);

        config_warning(&r->notes, config_yaml_place(node->start_mark), key, "%s", e.text);
        free(key);
    }
    return value;
}

static void read_text(struct config_reading *r, const struct config_scope *s,
                      const struct config_option *o, yaml_node_t *node)
{
    if (is_a(r, s, o, node, YAML_SCALAR_NODE, o->type->wanted))
        *(char **)field(s, o) = read_scalar(r, s, o, node, o->min, o->max);
}

static void read_mode(struct config_reading *r, const struct config_scope *s,
                      const struct config_option *o, yaml_node_t *node)
{
    char *value = NULL;

    if (is_a(r, s, o, node, YAML_SCALAR_NODE, o->type->wanted))
        value = read_scalar(r, s, o, node, o->min, o->max);
    if (value)
        *(int *)field(s, o) = (int)strtol(value, NULL, 8);
    free(value);
}

/* How many items of a list are read; those beyond the limit are a fault. */
static size_t list_length(struct config_reading *r, const struct config_scope *s,
                          const struct config_option *o, const yaml_node_t *node)
{
    const yaml_node_item_t *start = node->data.sequence.items.start;
    size_t n = (size_t)(node->data.sequence.items.top - start);

    if (n <= o->max)
        return n;
    fault(r, s, o, yaml_document_get_node(r->doc, start[o->max]),
          "has %zu items; at most %zu are read", n, o->max);
    return o->max;
}

static void read_list(struct config_reading *r, const struct config_scope *s,
                      const struct config_option *o, yaml_node_t *node)
{
    struct strings *list = field(s, o);
    size_t n;

    if (!is_a(r, s, o, node, YAML_SEQUENCE_NODE, o->type->wanted))
        return;
    n = list_length(r, s, o, node);
    list->items = xcalloc(n, sizeof *list->items);
    for (size_t i = 0; i < n; i++) {
        yaml_node_t *item = yaml_document_get_node(r->doc, node->data.sequence.items.start[i]);
        char *value = NULL;

        if (is_a(r, s, o, item, YAML_SCALAR_NODE, "one text"))
            value = read_scalar(r, s, o, item, 1, ITEM_MAX_BYTES);
        if (value)
            list->items[list->count++] = value;
    }
}

static void read_section(struct config_reading *r, const struct config_scope *s,
                         const struct config_option *o, yaml_node_t *node)
{
    struct config_scope inner = *s;
    char *section = xasprintf("%s.", o->key);

    inner.section = section;
    if (is_a(r, s, o, node, YAML_MAPPING_NODE, o->type->wanted))
        read_mapping(r, &inner, node);
    free(section);
}

static void give_defaults(struct config_reading *r, const struct config_scope *s);

static void read_entry(struct config_reading *r, const struct config_scope *s,
                       const struct config_option *o, yaml_node_t *node, size_t i, void *into)
{
    char *key = xasprintf("%s[%zu]", o->key, i + 1), *path = xasprintf("%s.", key);
    struct config_place places[CONFIG_OPTIONS_MAX] = {{0, 0}};
    struct config_scope inner = {o->entry, "",    path, config_yaml_place(node->start_mark),
                                 into,     places};
    struct config_option itself = *o;

    itself.key = key;
    if (is_a(r, s, &itself, node, YAML_MAPPING_NODE, "a mapping such as {name: …}")) {
        read_mapping(r, &inner, node);
        give_defaults(r, &inner);
        o->entry->finish(r, &inner);
    }
    for (size_t j = 0; j < i; j++) {
        const char *name = *(char **)into,
                   *other = *(char **)((char *)into - (i - j) * o->entry->size);

        if (name && other && strcmp(name, other) == 0)
            config_scope_fault(r, &inner, "name", "is the name of an entry before; choose another");
    }
    free(path);
    free(key);
}

static void read_entries(struct config_reading *r, const struct config_scope *s,
                         const struct config_option *o, yaml_node_t *node)
{
    size_t *count = (size_t *)((char *)s->into + o->count_offset), n;
    char *entries;

    if (!is_a(r, s, o, node, YAML_SEQUENCE_NODE, o->type->wanted))
        return;
    n = list_length(r, s, o, node);
    entries = xcalloc(n, o->entry->size);
    *(void **)field(s, o) = entries;
    *count = n;
    for (size_t i = 0; i < n; i++)
        read_entry(r, s, o, yaml_document_get_node(r->doc, node->data.sequence.items.start[i]), i,
                   entries + i * o->entry->size);
}

static void (*const readers[])(struct config_reading *r, const struct config_scope *s,
                               const struct config_option *o, yaml_node_t *node) = {
    [CONFIG_TEXT] = read_text,       [CONFIG_MODE] = read_mode,       [CONFIG_LIST] = read_list,
    [CONFIG_SECTION] = read_section, [CONFIG_ENTRIES] = read_entries,
};

/* A key that looks like a URL may be a secret one: it is not repeated. */
static void unknown_key(struct config_reading *r, const struct config_scope *s, const char *key,
                        struct config_place at)
{
    bool shown = !strchr(key, '/') && strlen(key) <= KEY_SHOWN_MAX;
    const char *near = shown ? config_option_near(s->table, s->section, key) : NULL;
    char *path = xasprintf("%s%s%s", s->path, s->section, shown ? key : "…");

    if (near)
        config_fault(&r->notes, at, path, "unknown key; did you mean %s%s?", s->path, near);
    else
        config_fault(&r->notes, at, path, "unknown key; remove it (csid --print-config lists all)");
    free(path);
}

static void read_pair(struct config_reading *r, const struct config_scope *s, yaml_node_t *key,
                      yaml_node_t *value)
{
    struct config_place at = config_yaml_place(key->start_mark);
    const struct config_option *o;
    const char *name;
    size_t i;

    if (key->type != YAML_SCALAR_NODE) {
        config_fault(&r->notes, at, s->path, "%s stands where an option's name is to be",
                     config_yaml_kind(key));
        return;
    }
    name = (const char *)key->data.scalar.value;
    o = strlen(name) == key->data.scalar.length ? config_option_find(s->table, s->section, name)
                                                : NULL;
    if (!o) {
        if (config_notes_room(&r->notes))
            unknown_key(r, s, name, at);
        else
            config_fault(&r->notes, at, "", "unknown key");
        return;
    }
    i = (size_t)(o - s->table->options);
    if (s->given[i].line) {
        fault(r, s, o, key, "is given twice, first in line %zu; remove one", s->given[i].line);
        return;
    }
    s->given[i] = config_yaml_place(value->start_mark);
    readers[o->type->kind](r, s, o, value);
}

static void read_mapping(struct config_reading *r, const struct config_scope *s, yaml_node_t *node)
{
    for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
         p < node->data.mapping.pairs.top; p++)
        read_pair(r, s, yaml_document_get_node(r->doc, p->key),
                  yaml_document_get_node(r->doc, p->value));
}

/* Defaults are YAML too and go through the same readers as what was given. */
static void give_default(struct config_reading *r, const struct config_scope *s,
                         const struct config_option *o)
{
    yaml_document_t *outer = r->doc, own;

    config_yaml_load_own(o->fallback, &own);
    r->doc = &own;
    readers[o->type->kind](r, s, o, yaml_document_get_root_node(&own));
    r->doc = outer;
    yaml_document_delete(&own);
}

static void give_defaults(struct config_reading *r, const struct config_scope *s)
{
    for (size_t i = 0; i < s->table->count; i++) {
        const struct config_option *o = &s->table->options[i];

        if (s->given[i].line || o->type->kind == CONFIG_SECTION)
            continue;
        if (o->fallback) {
            give_default(r, s, o);
        } else {
            char *what = xasprintf("is missing; add %s, such as %s", o->type->wanted, o->example);

            config_scope_fault(r, s, o->key, what);
            free(what);
        }
    }
}

static void read_document(struct config_reading *r, struct config *c)
{
    struct config_place places[CONFIG_OPTIONS_MAX] = {{0, 0}};
    struct config_scope s = {&config_table, "", "", CONFIG_START, c, places};
    yaml_node_t *root = yaml_document_get_root_node(r->doc);

    if (root && !config_yaml_is_null(root) && root->type != YAML_MAPPING_NODE) {
        config_fault(&r->notes, config_yaml_place(root->start_mark), "",
                     "the file is %s; it is to be lines of \"option: value\"",
                     config_yaml_kind(root));
        return;
    }
    if (root && root->type == YAML_MAPPING_NODE)
        read_mapping(r, &s, root);
    give_defaults(r, &s);
    config_table.finish(r, &s);
}

bool config_is_unchanged(const struct config *c, bool *ret_readable)
{
    char *text = NULL, digest[SHA256_HEX] = "";
    size_t len = 0;
    struct err e;

    *ret_readable = config_file_read(c->file, FILE_MAX_BYTES, &text, &len, &e) == 0;
    if (text)
        digest_sha256_hex(text, len, digest);
    free(text);
    return strcmp(digest, c->digest) == 0;
}

struct config *config_read(const char *path, bool (*known_check)(const char *name),
                           struct config_faults *faults)
{
    struct config_reading r = {.known_check = known_check};
    struct config *c = xcalloc(1, sizeof *c);
    yaml_document_t doc;
    char *text = NULL;
    size_t len = 0;
    struct err e;

    *faults = (struct config_faults){0};
    c->file = xstrdup(path);
    if (config_file_read(path, FILE_MAX_BYTES, &text, &len, &e) < 0) {
        config_fault(&r.notes, CONFIG_START, "", "%s", e.text);
    } else if (config_yaml_load(text, len, &doc, &r.notes) == 0) {
        r.doc = &doc;
        read_document(&r, c);
        yaml_document_delete(&doc);
    }
    if (text)
        digest_sha256_hex(text, len, c->digest);
    free(text);
    if (r.notes.faults || r.packs.faults.count) {
        config_free(c);
        c = NULL;
    }
    config_notes_tell(&r.notes, path, faults);
    config_faults_move(&r.packs, faults);
    return c;
}

static void free_strings(struct strings *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->items[i]);
    free(s->items);
    *s = (struct strings){0};
}

static void free_secret(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

/* Frees what a table's options hold; the struct itself is the caller's. */
static void free_fields(const struct config_table *t, void *from)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct config_option *o = &t->options[i];
        void *at = (char *)from + o->offset;

        if (o->type->kind == CONFIG_TEXT)
            free(*(char **)at);
        if (o->type->kind == CONFIG_LIST)
            free_strings(at);
    }
}

void config_free(struct config *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < config_table.count; i++) {
        const struct config_option *o = &config_table.options[i];
        char *entries = o->entry ? *(char **)((char *)c + o->offset) : NULL;
        size_t n = o->entry ? *(size_t *)((char *)c + o->count_offset) : 0;

        for (size_t j = 0; j < n; j++)
            free_fields(o->entry, entries + j * o->entry->size);
    }
    for (size_t i = 0; i < c->webhook_count; i++) {
        free_secret(c->webhooks[i].secret);
        free_secret(c->webhooks[i].previous);
        free(c->webhooks[i].ca);
        free(c->webhooks[i].shown);
    }
    free(c->heartbeat.ca);
    free_fields(&config_table, c);
    free(c->webhooks);
    free(c->schedules);
    free_secret(c->mail.password);
    free_secret(c->mail.notify_key);
    zone_free(c->zone);
    holidays_free(c->holidays);
    rule_texts_clear(&c->rules);
    free(c->holidays_text);
    free((void *)c->policy.copy_actions);
    free((void *)c->policy.copy_deadlines);
    free(c->file);
    free(c);
}

void config_faults_free(struct config_faults *f)
{
    free_strings(&f->faults);
    free_strings(&f->warnings);
}
