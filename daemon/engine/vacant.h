/*
 * vacant: the roles on which something hangs while nobody holds them, or who does has no address.
 * Finds them; telling is the affair of the check vacancies, and of status.
 */
#ifndef CSID_ENGINE_VACANT_H
#define CSID_ENGINE_VACANT_H

#include "plan/deadline.h"
#include "plan/vacancy.h"
#include "store/role.h"

/* Each list has the soonest first. */
struct vacancies {
    struct vacancy *owing; /* an open deadline, or they hear of an open window */
    size_t owing_count;
    struct vacancy *owning; /* open actions, overdue or due within 28 days */
    size_t owning_count;
    size_t owning_open; /* with those behind them of which no action presses yet */
};
/* Among `roles`, as role_all gives them for today. */
int vacant_find(struct store *s, const struct role *roles, size_t count, day_t today,
                struct vacancies *ret, struct err *e);
void vacant_clear(struct vacancies *v);

/* Whether a deadline is still owed, or what a window expects still has no date. */
bool vacant_is_open(const struct deadline *d, day_t today);

/* "nobody holds the role Improvement lead; it owes Annual return, due Fri 1 Feb 2019"; d NULL: of
 * its actions. Caller frees. */
char *vacant_why(const struct vacancy *v, const struct duty *d);

#endif
