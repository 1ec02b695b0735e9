/*
 * rules_yaml: the text of one rule pack (doc/csid-rules.5) as the texts of its rules, each with its
 * place, or all that is wrong with it. What a value means is engine/rule's question, how packs go
 * together that of service/rules.
 */
#ifndef CSID_SERVICE_RULES_YAML_H
#define CSID_SERVICE_RULES_YAML_H

#include "engine/rule.h"
#include "service/config_notes.h"

struct pack_rule {
    struct rule_text text;                   /* `pack` NULL; no id: none that can be read */
    struct config_place places[RULE_FIELDS]; /* of the values; where one is missing, of the rule */
    bool sound;                              /* nothing is wrong with it by itself */
};

struct pack_file {
    char *file;                /* as messages name it */
    char *name, *title, *also; /* NULL: missing or faulty; also: ids, blanks between */
    struct config_place name_at, also_at;
    struct pack_rule *rules;
    size_t rule_count, rule_cap;
    struct config_notes notes; /* told by whoever reads it, when all packs are read */
};

/* Reads into *p, which is empty but for its file. `known_check` says whether a check of that name
 * exists (NULL: any does). */
void rules_yaml_read(const char *text, size_t len, bool (*known_check)(const char *name),
                     struct pack_file *p);
void pack_file_clear(struct pack_file *p);

#endif
