/*
 * deadline: what is owed by a date, and the series it belongs to. A series goes on from its own
 * first date, never from the day something was submitted. Pure.
 */
#ifndef CSID_PLAN_DEADLINE_H
#define CSID_PLAN_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "calendar/day.h"
#include "calendar/zone.h"

/* Texts (NULL where there is none; the title always is) and days (DAY_NONE) of a deadline, each
 * once; the names are those of the columns in store/schema_2.sql, which says what they mean. */
/* clang-format off */
#define DEADLINE_TEXTS(X) \
    X(title) X(every) X(recipient) X(source) X(evidence_title) X(evidence_link) X(rule) X(about) \
    X(check_name) X(stated_by) X(reckoning) X(citation) X(missed) X(copy_to) X(ladder) X(draft) \
    X(ended_why)
#define DEADLINE_DAYS(X) \
    X(first_due_on) X(due_on) X(submitted_on) X(ended_on) X(opens_on) X(warn_on) X(computed_opens_on) \
    X(computed_on) X(stated_opens_on) X(stated_on) X(data_on)
/* clang-format on */

#define DEADLINE_TEXT(field) char *field;
#define DEADLINE_DAY(field)  day_t field;
struct deadline {
    int64_t id, series_id, step, role_id, version;
    bool difference_seen;
    char *role, *role_title; /* slug and title of the role that owes it */
    utc_t created_at;        /* when the row was written; UTC_NONE: in schema 1 */
    utc_t updated_at;        /* UTC_NONE: not changed since schema 1 */
    DEADLINE_TEXTS(DEADLINE_TEXT)
    DEADLINE_DAYS(DEADLINE_DAY)
};
/* One with no days, no texts, id 0. */
struct deadline deadline_new(void);
void deadline_clear(struct deadline *d);
struct deadline deadline_dup(const struct deadline *d); /* clear it with deadline_clear */
/* Whether all but id, version, created_at and updated_at are the same. */
bool deadline_same(const struct deadline *a, const struct deadline *b);

#define DEADLINE_WITHDRAWN "withdrawn" /* ended_why of what no longer follows from anything */

/* Whether it is a window in which something is expected, rather than something that is owed. */
bool deadline_is_window(const struct deadline *d);
/* Whether the role of that slug gets a copy of what is told of it. */
bool deadline_copied_to(const struct deadline *d, const char *slug);
/* Whether what was stated differs from what the rule says, and nobody has acknowledged it. */
bool deadline_differs(const struct deadline *d);

enum deadline_state { DEADLINE_OPEN, DEADLINE_OVERDUE, DEADLINE_SUBMITTED, DEADLINE_ENDED };
const char *deadline_state_name(enum deadline_state s); /* "overdue" */

/* Its state on that day. A series may be ended from a day to come: what is due before it is owed
 * until then. */
enum deadline_state deadline_state(const struct deadline *d, day_t today);

/* Whether it is a rule's date that lay behind on the day its row was made: it may long have been
 * met. */
bool deadline_was_past(const struct deadline *d, const struct zone *z);

/* The day its figures are cut off at: data_on, else the end of the month before the one in which it
 * is to be sent. */
day_t deadline_cut_on(const struct deadline *d, day_t send_by);

/* When the next of its series is due: steps are counted from the first date, so that the 31st comes
 * back after February. DAY_NONE where the series goes no further: due once, ended by then, or past
 * the calendar's end. ERR_USAGE when `every` cannot be read. */
int deadline_next(const struct deadline *d, day_t *ret, struct err *e);

#endif
