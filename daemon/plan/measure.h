/*
 * measure: the figure that a value of a measure stands for, and whether it meets the target. Pure.
 */
#ifndef CSID_PLAN_MEASURE_H
#define CSID_PLAN_MEASURE_H

#include <stdbool.h>

#include "plan/fraction.h"

/* The number as it was stated, else so many of so many as a percentage; each as kept, NULL for
 * none. False where there is no figure: nothing was stated, or it is of none. */
bool measure_figure(const char *stated, const char *count, const char *out_of,
                    struct fraction *ret);
/* Whether a figure falls short of the target: below it, or above it where lower is better. */
bool measure_misses(struct fraction figure, struct fraction target, bool lower_is_better);

#endif
