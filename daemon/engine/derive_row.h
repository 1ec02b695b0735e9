/*
 * derive_row: one row of what a rule yields: its dates, what states or closes it, its words.
 * Private to engine/derive.
 */
#ifndef CSID_ENGINE_DERIVE_ROW_H
#define CSID_ENGINE_DERIVE_ROW_H

#include "engine/derive.h"

/* What one rule counts from. */
struct anchor {
    struct subject subject;
    char *about; /* "inspection:1", "meeting:3 resolution:1" */
    day_t since; /* of the event */
    day_t day;   /* counted from: the same, or when what another rule yields is due */
    const struct rule_path *path; /* the field that the event's day stands in */
};

/* "meeting:3 resolution:1". Caller frees. */
char *subject_name(const struct subject *s);
/* Whether what `per` resolved stands on the same board and holds on that day: after it was agreed,
 * until it ended. */
bool per_covers(const struct subject *s, day_t on);

/* The period in which it comes back, NULL: once; and the day of a step, rolled. */
const char *anchor_every(const struct derive *in, const struct rule *r, const struct anchor *a);
day_t anchor_due(const struct derive *in, const struct rule *r, const struct anchor *a,
                 const char *every, int64_t step);

/* Fills in all that the rule says of a row that is not met: d->step is set, what stands is kept
 * where the rule has no say. `until` as in the rule; DAY_NONE: without end. */
void row_fill(const struct derive *in, const struct rule *r, const struct anchor *a,
              const char *every, day_t due, day_t until, struct deadline *d);
/* Ended on that day for that reason; DAY_NONE: not ended. */
void row_end(struct deadline *d, day_t on, const char *why);

#endif
