/*
 * weekly: a list that is told whole: at once when something joins it, and every seven days while it
 * lasts. What it is a list of, and what the letter says, is the check's affair.
 */
#ifndef CSID_ENGINE_WEEKLY_H
#define CSID_ENGINE_WEEKLY_H

#include "engine/people.h"

#define WEEKLY_DAYS 7
#define WEEKLY_STEP 96 /* a word or a slug, and a day */

struct weekly {
    struct check_run *run;
    size_t count; /* of items */
    const void *arg;
    /* What is said of an item to a role on a day; its step, which names that day, is written to
     * `step` and lives as long. */
    struct notice (*notice)(const void *arg, size_t item, const struct role *role, day_t day,
                            char step[WEEKLY_STEP]);
    struct letter (*letter)(const void *arg, const struct reader *who,
                            const struct compose_footer *footer);
};

/* Whether some item has not been told to the reader over the channel within the week. */
int weekly_is_news(const struct weekly *w, const struct reader *who, const char *channel, bool *ret,
                   struct err *e);
/* If there is news, one mail of all, with a notice for each item and role that has none of today;
 * *ret_told is set then. */
int weekly_mail(const struct weekly *w, const struct reader *who, bool *ret_told, struct err *e);

#endif
