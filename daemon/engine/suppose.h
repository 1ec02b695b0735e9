/*
 * suppose: "what if", in a line: a change that is not made, "action 5.12 due 2027-03-31" or "visit
 * 2 from 10 Jan 2018", and done to a copy by what the commands do it with.
 */
#ifndef CSID_ENGINE_SUPPOSE_H
#define CSID_ENGINE_SUPPOSE_H

#include "engine/engine.h"
#include "store/store.h"

struct supposed {
    const char *text;       /* as it was given, for errors; the caller's */
    char *kind, *id, *what; /* action, 5.12, due */
    char *value;
    day_t today; /* when it was supposed: what relative dates are read against */
    day_t on;    /* the day from which it holds */
};

/* Reads KIND ID WHAT VALUE [on DATE]; without a date it holds from today, or, where the value is a
 * day on which something happens, from then on. ERR_USAGE says what may be supposed. Clear with
 * supposed_clear. */
int suppose_read(const char *text, const struct engine *engine, day_t today, struct supposed *ret,
                 struct err *e);
void supposed_clear(struct supposed *x);

/* Does it, in a transaction of its own. */
int suppose(struct store *copy, const struct engine *engine, utc_t now, const struct supposed *x,
            struct err *e);

#endif
