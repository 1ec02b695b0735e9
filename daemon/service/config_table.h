/*
 * config_table: the table of options made from config_options.def, and what is read off it: which
 * option a key names, which one was meant, how csid.yaml looks. Reads no file.
 */
#ifndef CSID_SERVICE_CONFIG_TABLE_H
#define CSID_SERVICE_CONFIG_TABLE_H

#include <yaml.h>

#include "service/config_notes.h"
#include "service/config_value.h"

#define CONFIG_OPTIONS_MAX 64

struct config_reading;
struct config_scope;

struct config_option {
    const char *key; /* "mail.from" */
    const struct config_type *type;
    size_t offset; /* of the field in the table's struct */
    size_t min, max;
    const char *fallback, *example; /* YAML; fallback NULL: the option must be given */
    const char *help;
    const struct config_table *entry; /* of a list of mappings */
    size_t count_offset;              /* of the field that counts them */
};

struct config_table {
    const struct config_option *options;
    size_t count, size; /* options; bytes of the struct they fill */
    /* Called when a mapping was read: what holds between options, and the files they name. */
    void (*finish)(struct config_reading *r, const struct config_scope *s);
};

extern const struct config_table config_table;

/* One mapping as it is read: the whole file, a section of it, or an entry of a list. */
struct config_scope {
    const struct config_table *table;
    const char *section;        /* "mail." in a section, else "" */
    const char *path;           /* "webhooks[2]." in an entry, else "" */
    struct config_place at;     /* where it begins: what is missing is missing there */
    void *into;                 /* the table's struct */
    struct config_place *given; /* by option; line 0: not in the file */
};

struct config_reading {
    yaml_document_t *doc;
    struct config_notes notes;
    struct config_faults packs; /* of the rule packs it names */
    bool (*known_check)(const char *name);
};

/* The option that `key` names within a section, NULL when there is none. */
const struct config_option *config_option_find(const struct config_table *t, const char *section,
                                               const char *key);
/* The key that was probably meant by an unknown one, NULL when nothing is near. */
const char *config_option_near(const struct config_table *t, const char *section, const char *key);

/* Where an option stands in the file, or where it is missing. */
struct config_place config_scope_place(const struct config_scope *s, const char *key);
/* Adds a fault of an option of this scope at its place. */
void config_scope_fault(struct config_reading *r, const struct config_scope *s, const char *key,
                        const char *what);

/* The finish functions, in config_finish.c. */
void config_finish(struct config_reading *r, const struct config_scope *s);
void config_finish_webhook(struct config_reading *r, const struct config_scope *s);
void config_finish_schedule(struct config_reading *r, const struct config_scope *s);

#endif
