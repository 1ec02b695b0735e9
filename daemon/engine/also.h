/*
 * also: what else is open and due of who gets a digest, for its end: so that whoever reads it sees
 * all of it, whatever has a reason to be told today.
 */
#ifndef CSID_ENGINE_ALSO_H
#define CSID_ENGINE_ALSO_H

#include "engine/digest.h"

/* Of that person: actions overdue or due within 28 days and deadlines they owe, but for what the
 * pages say already; in Markdown, NULL when there is nothing. Caller frees. `run` is of the time of
 * the digest. */
int also_text(struct check_run *run, struct digest *d, const struct digest_page *const *pages,
              size_t count, char **ret, struct err *e);

#endif
