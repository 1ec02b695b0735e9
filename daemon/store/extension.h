/*
 * extension: later due dates that were asked for, and what was decided. Who asked does not grant;
 * what is granted becomes an entry of the part's history. Nothing is overwritten or deleted.
 */
#ifndef CSID_STORE_EXTENSION_H
#define CSID_STORE_EXTENSION_H

#include <stdbool.h>

#include "store/store.h"

enum extension_state { EXTENSION_ASKED, EXTENSION_GRANTED, EXTENSION_REFUSED, EXTENSION_STATES };
const char *extension_state_name(enum extension_state s); /* "asked" */
int extension_state_parse(const char *word);              /* -1 without */

struct extension {
    int64_t id, action_id, part_id;
    char *plan, *ref, *part, *title; /* slug, 5.12, "" where not split, the action's title */
    char *owner;                     /* title of the role that owns the part; NULL: nobody */
    char *accountable;               /* slug of the role that answers for it; NULL: nobody */
    day_t asked_on, from_on, to_on, decided_on;
    char *asked_by, *reason, *decided_by, *why; /* the last two NULL where there is none */
    enum extension_state state;
};
void extension_clear(struct extension *x);

/* Those in that state (NULL: all), oldest first. The extension lives during the call; `row` returns
 * 0 to go on. */
int extension_each(struct store *s, const enum extension_state *state,
                   int (*row)(void *arg, const struct extension *x), void *arg, struct err *e);
int extension_find(struct store *s, int64_t id, struct extension *ret, struct err *e);
/* Whether a request for the part is open, and which: *ret is 0 where there is none. */
int extension_open(struct store *s, int64_t part_id, int64_t *ret, struct err *e);

/* All within a transaction, journalled as "extension.ask SLUG:REF" and so on, in its name. */

/* Asks that the part (NULL: the one there is, or the only one open) be due on `to` rather than when
 * it is. A request that is open for it is refused: replaced. ERR_NOTFOUND: no such part;
 * ERR_CONFLICT: closed, undated, or split into several open ones; ERR_USAGE: `to` is no later than
 * the due date, or past. */
int extension_ask(struct store *s, int64_t action_id, const char *part, day_t to,
                  const char *reason, day_t today, int64_t *ret_id, struct err *e);
/* Grants it: the part is due on to_on with effect from today. ERR_DENIED: the same person asked;
 * ERR_CONFLICT: decided already, the part closed or its due date moved meanwhile, or to_on past. */
int extension_grant(struct store *s, int64_t id, day_t today, struct err *e);
/* ERR_CONFLICT: decided already. */
int extension_refuse(struct store *s, int64_t id, const char *why, day_t today, struct err *e);
/* What is open for a part that was closed is refused, in csid's name. */
int extension_close(struct store *s, int64_t part_id, day_t on, struct err *e);

#endif
