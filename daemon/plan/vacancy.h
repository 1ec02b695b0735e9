/*
 * vacancy: a role in which nobody can be reached though something hangs on it: deadlines and
 * windows, or actions that it owns. Pure.
 */
#ifndef CSID_PLAN_VACANCY_H
#define CSID_PLAN_VACANCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calendar/day.h"

struct duty {
    char *about, *title; /* "deadline:3" */
    day_t due_on;
    bool window; /* the role is to hear of it, rather than to do it */
};

struct vacancy {
    int64_t role_id;
    char *slug, *title, *holder; /* holder NULL: nobody holds it */
    char *email, *bounced;       /* the holder's, and why mail to it comes back; NULL: has none */
    struct duty *duties;         /* as they were added */
    size_t count, cap;
    size_t open;    /* actions it owns that are open, whenever they are due */
    size_t actions; /* those of them that are overdue or due soon */
    day_t first_on; /* when the first of duties and actions is due; DAY_NONE where there are none */
};
/* Of a role on which nothing hangs yet, its holder without an address; the texts are copied. Clear
 * with vacancy_clear. */
struct vacancy vacancy_new(int64_t role_id, const char *slug, const char *title,
                           const char *holder);
void vacancy_clear(struct vacancy *v);
/* Adds a duty, its texts copied; or an open action, due_on DAY_NONE where it does not press yet. */
void vacancy_add_duty(struct vacancy *v, const char *about, const char *title, day_t due_on,
                      bool window);
void vacancy_add_action(struct vacancy *v, day_t due_on);

/* Two of them for qsort: the one that has something due first, those with nothing due last. */
int vacancy_order(const void *a, const void *b);

#endif
