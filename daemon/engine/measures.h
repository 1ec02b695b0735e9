/*
 * measures: the latest value of each measure, the council's own, by the day and by what was known.
 */
#ifndef CSID_ENGINE_MEASURES_H
#define CSID_ENGINE_MEASURES_H

#include "plan/fraction.h"
#include "store/record.h"

struct measure_latest {
    int64_t measure, value; /* numbers of the records */
    int64_t seen;           /* how many values of the measure there are */
    day_t dated_on;
    utc_t added_at;
    bool there; /* it is a figure: not so many of none */
    struct fraction figure;
    char *count, *out_of; /* as kept; NULL where it was stated as a number */
};
struct measures_latest {
    struct measure_latest *items;
    size_t count, cap;
};
/* Of each measure that has values of `today` or before the latest, on one day the one recorded
 * last, as far as it was recorded by `known_at` (UTC_NONE: all). */
int measures_latest(struct store *s, day_t today, utc_t known_at, struct measures_latest *ret,
                    struct err *e);
void measures_latest_clear(struct measures_latest *all);
/* NULL: it has none. */
const struct measure_latest *measures_latest_of(const struct measures_latest *all, int64_t measure);
/* "61.25% of 31 Aug 2017 (49 of 80)"; caller frees. */
char *measure_text(const struct measure_latest *l);

/* How a measure stands against its target. */
enum measure_state { MEASURE_UNKNOWN, MEASURE_ON_TARGET, MEASURE_OFF_TARGET };
enum measure_state measure_state(const struct record *measure, const struct measure_latest *l);

#endif
