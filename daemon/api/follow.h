/*
 * follow: what follows from a change: the deadlines and windows that it made, moved or ended, as
 * rows of its answer.
 */
#ifndef CSID_API_FOLLOW_H
#define CSID_API_FOLLOW_H

#include "api/call.h"
#include "engine/settle.h"

#define FOLLOW_COLUMNS 5
extern const struct column follow_columns[FOLLOW_COLUMNS];
extern const struct section follow_section; /* "What follows", of the member `follows` */

/* The rows under `follows` of `o`; what nobody has to know is left out. What could not be worked
 * out is a note. */
void put_follows(json_t *o, const struct settled *all, day_t today);
#endif
