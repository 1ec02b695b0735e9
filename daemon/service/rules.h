/*
 * rules: all rule packs there are, in one list: those built in (etc/rules), then the council's own
 * of a folder, which add rules or take the place of one of the same id.
 */
#ifndef CSID_SERVICE_RULES_H
#define CSID_SERVICE_RULES_H

#include "engine/rule.h"
#include "service/config.h"

/* Reads `folder`'s *.yaml ("": only what is built in), in order of their names. What is wrong with
 * packs is added to *faults, and *ret is then empty; clear it with rule_texts_clear. -1 with
 * ERR_USAGE when the folder cannot be read. `known_check` as in config_read. */
int rules_read(const char *folder, bool (*known_check)(const char *name), struct rule_texts *ret,
               struct config_faults *faults, struct err *e);

#endif
