/*
 * fields: what csid calls a field, as the option or word that gives it to csictl.
 */
#ifndef CSICTL_FIELDS_H
#define CSICTL_FIELDS_H

#include "client/args.h"

/* csid's words on a request, with the arguments of its command named as they are typed: "visit:
 * to_on: …" becomes "visit: --to: …". The names lead, each list of them before a colon; of the
 * rest, what stands in quotes aside, only what is no English word (from_on) is a name. The caller
 * frees it. */
char *fields_typed(const struct call *c, const char *detail);

#endif
