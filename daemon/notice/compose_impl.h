/*
 * compose_impl: what the letters of notice/compose.h are put together from; nobody else includes
 * it.
 */
#ifndef CSID_NOTICE_COMPOSE_IMPL_H
#define CSID_NOTICE_COMPOSE_IMPL_H

#include "notice/compose.h"

/* Adds somebody's text to a subject: one line, cut at 100 bytes. */
void compose_add_short(struct text *t, const char *s);
const char *compose_plural(size_t n);               /* "" or "s" */
void compose_add_in_days(struct text *t, int days); /* "today", "tomorrow", "in 3 days" */
/* "- **5.12** Title (part a)", the beginning of a line of a list; part "" where there is none. */
void compose_add_ref(struct text *t, const char *ref, const char *title, const char *part);
/* Three lines under a rule; `why` and `next` are ours, the roles are not. */
void compose_add_footer(struct text *t, const struct compose_footer *f, const char *why,
                        const char *next);
/* `before`, the day and `after`; `never` where there is no next. Caller frees. */
char *compose_next_or(const struct compose_footer *f, const char *before, const char *after,
                      const char *never);

#endif
