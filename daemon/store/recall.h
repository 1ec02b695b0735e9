/*
 * recall: what was last read of all plans, kept by a copy of the database for as long as it holds.
 * A forecast asks for the same on each of its days, while next to nothing changes; a copy belongs
 * to one connection, so what changes it is known. A store on a file keeps nothing. For the files of
 * store/ alone.
 */
#ifndef CSID_STORE_RECALL_H
#define CSID_STORE_RECALL_H

#include "store/action.h"

enum recall_what { RECALL_STANDINGS, RECALL_ACTIONS, RECALL_KINDS };

/* Lets the store keep what is read; to be called before any statement is prepared. */
void recall_watch(struct store *s);
void recall_close(struct store *s);
/* What was written since may have been taken back. */
void recall_undone(struct store *s);

/* What is kept of that and still answers the query; NULL: it is to be read. While it is in use
 * (give it back with recall_release) nothing takes its place. */
void *recall_take(struct store *s, enum recall_what what, const struct action_query *q);
void recall_release(struct store *s, enum recall_what what);
/* Keeps what was read for the query, and has it in use; false: it is not kept, and the caller's. */
bool recall_keep(struct store *s, enum recall_what what, const struct action_query *q, void *value,
                 void (*clear)(void *value));

#endif
