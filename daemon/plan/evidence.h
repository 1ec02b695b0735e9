/*
 * evidence: what shows that an action is done: a title and a link into the council's own store,
 * never the file. Reads what people type, which is hostile until then. Pure.
 */
#ifndef CSID_PLAN_EVIDENCE_H
#define CSID_PLAN_EVIDENCE_H

#include "base/err.h"

#define EVIDENCE_LINK_MAX 2000 /* characters */

struct evidence {
    char *title, *link;
    char *sha256; /* of the file, 64 digits in lower case; NULL: not given */
};
void evidence_clear(struct evidence *v);

/* Reads TITLE=LINK; a link that ends in #sha256= and 64 digits gives the file's SHA-256 apart from
 * it. ERR_USAGE. */
int evidence_read(const char *text, struct evidence *ret, struct err *e);
/* TITLE=LINK with its link checked as below, the parts copied. ERR_USAGE. */
int evidence_split(const char *text, char **ret_title, char **ret_link, struct err *e);
/* http, https or a path; no control or direction mark, no blank in an address, not too long. */
int evidence_check_link(const char *link, struct err *e);

#endif
