/*
 * config_yaml: a file's bytes as one YAML document, or the reasons why not. Refuses whatever could
 * cost more than reading it once (deep nesting, aliases, a large file), and what a configuration
 * has no use for (tags, a second document). Knows no option.
 */
#ifndef CSID_SERVICE_CONFIG_YAML_H
#define CSID_SERVICE_CONFIG_YAML_H

#include <yaml.h>

#include "base/err.h"
#include "service/config_notes.h"

/* The bytes of a file of at most `max` bytes, NUL-terminated; caller frees. Directories, and files
 * that cannot be read or are too large, are refused (ERR_USAGE). */
int config_file_read(const char *path, size_t max, char **ret, size_t *ret_len, struct err *e);

/* Reads `text` as one document; caller deletes it with yaml_document_delete. -1 when there were
 * faults, all added to `notes`. */
int config_yaml_load(const char *text, size_t len, yaml_document_t *ret,
                     struct config_notes *notes);

/* The same for a text of our own (a default), which must be faultless. */
void config_yaml_load_own(const char *text, yaml_document_t *ret);

/* Where a mark is, counted from 1 as editors count. */
struct config_place config_yaml_place(yaml_mark_t mark);

/* Nothing written after the colon, or null: YAML's "no value". */
bool config_yaml_is_null(const yaml_node_t *node);
/* "a text", "a list" or "a mapping". */
const char *config_yaml_kind(const yaml_node_t *node);
/* Whether a scalar has a line break or another control character in it. */
bool config_yaml_has_controls(const yaml_node_t *node);

#endif
