/*
 * yaml_pairs: a flat mapping in YAML, such as the answers of a wizard, as names and texts with
 * their lines. Whatever nests is refused; knows none of the names.
 */
#ifndef CSID_SERVICE_YAML_PAIRS_H
#define CSID_SERVICE_YAML_PAIRS_H

#include "api/api.h"

/* The pairs and faults of a text, in its order, as api_service wants them; a name without a value
 * has the text "". Free with api_pairs_free. */
size_t yaml_pairs(const void *text, size_t len, struct api_pair **ret);

#endif
