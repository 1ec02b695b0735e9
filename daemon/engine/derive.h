/*
 * derive: which deadlines and windows follow from all records, the rules and the holidays, today.
 * Pure: the same records in any order give the same; what was stated, submitted or ended by hand is
 * taken from the rows that stand.
 */
#ifndef CSID_ENGINE_DERIVE_H
#define CSID_ENGINE_DERIVE_H

#include "calendar/workday.h"
#include "engine/facts.h"
#include "plan/deadline.h"

struct deadlines {
    struct deadline *items;
    size_t count, cap;
};
void deadlines_clear(struct deadlines *all);
/* Takes the deadline over. */
void deadlines_add(struct deadlines *all, struct deadline d);

/* Series with more dates than are looked at, each in words. */
struct overlong {
    char **items;
    size_t count, cap;
};
void overlong_clear(struct overlong *all);

struct derive {
    const struct facts *facts;
    const struct rule *rules; /* those that count from others last */
    size_t rule_count;
    const struct holidays *home; /* of the council's division */
    const struct holidays *divisions[HOLIDAYS_DIVISIONS];
    day_t today;
    const struct deadlines *rows; /* that stand, by rule, about and step: deadline_each_ruled */
};

/* Every row as it is to be: id 0 for new ones (their series_id is that of the row before where they
 * belong to its series, 0 where nothing stands), `role` the slug of who owes it, role_id not set.
 * What could not be worked out to its end is added to *ret_overlong. */
void derive_all(const struct derive *in, struct deadlines *ret, struct overlong *ret_overlong);

#endif
