/*
 * forecast: what will be told, to whom and when. The same schedules and checks run over a copy of
 * the database in memory, on a clock that moves from one instant at which something is due to the
 * next; nothing is sent, and what would be is taken as accepted at once.
 */
#ifndef CSID_ENGINE_FORECAST_H
#define CSID_ENGINE_FORECAST_H

#include "engine/suppose.h"

#define FORECAST_YEARS 5 /* no further ahead than this */

/* ---- letting time pass on a copy ---- */

struct passing {
    struct store *copy;
    const struct engine *engine;
    utc_t now, end; /* what is due at `end` still happens */
    const struct supposed *with;
    size_t with_count;
    /* Asked after each instant whether it has seen enough; NULL: never. */
    int (*seen)(void *arg, struct store *copy, bool *ret_enough, struct err *e);
    void *arg;
};
int forecast_pass(const struct passing *p, struct err *e);
/* The last second of a local day. */
utc_t forecast_end(const struct engine *engine, day_t day);

/* ---- the forecast ---- */

enum forecast_change { FORECAST_SAME, FORECAST_ADDED, FORECAST_REMOVED };
struct forecast_item {
    utc_t at;
    char *event, *about, *reason, *channel;
    char *to;        /* NULL: nobody is reached, or a later step stands for it */
    int64_t message; /* the notices of one message share it, from 1; 0: none */
    enum forecast_change change;
};
struct forecast_load { /* mails of one person in the week of that Monday */
    const char *to;    /* an item's */
    day_t week;
    int64_t mails;
};
struct forecast {
    struct forecast_item *items; /* as they would be written */
    size_t count, cap;
    struct forecast_load *loads; /* by person, then by week */
    size_t load_count;
};

/* Of all up to the end of `until`. With something supposed, what that adds and what it removes is
 * marked, the removed behind the others of their instant; the load is that with it. */
int forecast_make(struct store *s, const struct engine *engine, utc_t now, day_t until,
                  const struct supposed *with, size_t with_count, struct forecast *ret,
                  struct err *e);
void forecast_clear(struct forecast *f);
/* What was written after that notice, as it would stand in a forecast, without the load. */
int forecast_collect(struct store *s, int64_t after, struct forecast *ret, struct err *e);

#endif
