/*
 * finding: what a run found, told or not. Counted always; listed for whoever asks for a run by
 * hand.
 */
#ifndef CSID_ENGINE_FINDING_H
#define CSID_ENGINE_FINDING_H

#include "engine/checks.h"

struct finding {
    char *about, *what;
    day_t due_on; /* DAY_NONE where nothing is due */
};
struct finding_list {
    struct finding *items; /* in the order in which they were found */
    size_t count, cap;
};

/* Counts one; the texts are copied where a list is asked for (run->found). */
void finding_note(struct check_run *run, const char *about, day_t due_on, const char *what);
/* Whether anybody reads what is noted; else counting is enough. */
bool finding_listed(const struct check_run *run);
void finding_list_clear(struct finding_list *l);

#endif
