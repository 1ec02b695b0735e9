/*
 * action: actions, parts and the history that is their only state. What is said is added, never
 * overwritten; a late correction is an entry with an earlier effective date.
 */
#ifndef CSID_STORE_ACTION_H
#define CSID_STORE_ACTION_H

#include "plan/action.h"
#include "store/plan.h"
#include "store/store.h"

/* Which actions, as they stood: effective by as_at, recorded by known_at (UTC_NONE: all that is
 * known). */
struct action_query {
    int64_t plan_id;   /* 0: every plan */
    int64_t action_id; /* 0: every action */
    day_t as_at;
    utc_t known_at;
    bool by_priority; /* in the order of priority and ref instead */
    bool noted;       /* noted_on is read too, of all that is known now */
};

/* Calls `row` for each action in the order of plan and ref with its parts (parts of which nothing
 * was known by then have known = false; an action with none known is left out). The action lives
 * during the call; `row` returns 0 to go on. Ratings are indexes into the action's plan's scheme.
 */
int action_each(struct store *s, const struct action_query *q,
                int (*row)(void *arg, const struct action *a), void *arg, struct err *e);

/* How an action stood, without its texts. */
struct standing {
    int64_t action_id, plan_id, priority_id;
    int64_t accountable_id; /* 0: nobody, or not asked for */
    struct part *parts;     /* label, known, rating, status and due date; owners by id alone */
    size_t part_count;
};
/* Calls `row` for each action of which something was known, in the order of ids; it lives during
 * the call. `texts`: accountable_id and of parts due_text, owner_id, completed_on, evidence and the
 * days since when are read too. */
int standing_each(struct store *s, const struct action_query *q, bool texts,
                  int (*row)(void *arg, const struct standing *st), void *arg, struct err *e);

/* Finds "5.12" (in `plan` or the only one) or "bromley-2016:5.12". ERR_NOTFOUND suggests the
 * nearest. */
int action_find(struct store *s, const char *ref, const char *plan, int64_t *ret_id,
                struct plan *ret_plan, struct err *e);

/* What is said of a part; NULL, DUE_UNSAID, 0 and false say nothing about a field. */
struct said {
    const char *what;   /* as the journal calls it; NULL: action.update */
    const char *rating; /* code; "" takes it away */
    const char *status; /* status_name */
    bool due;           /* due_on, due_precision, due_text are said */
    day_t due_on;
    enum due_precision due_precision;
    const char *due_text;
    int64_t owner_id;   /* 0: not spoken of */
    day_t completed_on; /* DAY_NONE: not spoken of */
};

struct action_fields { /* what is not history; NULL and DAY_NONE: not given */
    const char *ref, *title, *success_measure;
    int64_t priority_id, accountable_id; /* 0: not given */
    day_t start_on;
    const char *const *recommendations; /* their refs */
    size_t recommendation_count;
};

/* All within a transaction, journalled as "action.add SLUG:REF" and so on. A changed action's
 * version rises by one per transaction step. */
int action_add(struct store *s, const struct plan *p, const struct action_fields *f,
               int64_t *ret_id, struct err *e);
/* Changes what differs; *ret_changed (may be NULL) says whether anything did. */
int action_set(struct store *s, const struct plan *p, int64_t action_id,
               const struct action_fields *f, bool *ret_changed, struct err *e);
int part_ensure(struct store *s, int64_t action_id, const char *label, int64_t *ret_id,
                bool *ret_new, struct err *e);
/* Writes one entry for the part with those fields of `said` that differ from what holds at
 * `effective`; nothing when none does. */
int part_say(struct store *s, const struct plan *p, int64_t action_id, int64_t part_id,
             const struct said *said, day_t effective, bool *ret_changed, struct err *e);
/* When the part was last closed, recorded after `since`; UTC_NONE: not since. */
int part_closed_since(struct store *s, int64_t part_id, utc_t since, utc_t *ret, struct err *e);
/* Since when the role that owns the part on that day has owned it: the day it was to have it from,
 * and when that was recorded. DAY_NONE and UTC_NONE: nobody does. */
int part_owned_since(struct store *s, int64_t part_id, day_t on, day_t *ret_on, utc_t *ret_recorded,
                     struct err *e);
/* Whether that was ever said to be the part's due date. */
int part_was_due(struct store *s, int64_t part_id, day_t due_on, bool *ret, struct err *e);
/* A dated progress note. */
int action_note(struct store *s, int64_t action_id, const char *text, day_t effective,
                struct err *e);
/* The last note effective by as_at and recorded by known_at (UTC_NONE: all), and its day; NULL
 * without. Caller frees. */
int action_note_at(struct store *s, int64_t action_id, day_t as_at, utc_t known_at, char **ret,
                   day_t *ret_on, struct err *e);

/* The history, oldest effective first: entries of all parts, notes and evidence. Texts live during
 * the call.
 */
struct history_row {
    day_t effective_on;
    utc_t recorded_at;
    const char *who, *part, *rating, *status, *due_precision, *due_text, *owner, *note;
    const char *evidence, *link, *sha256; /* the title of what was shown; all NULL: unsaid */
    day_t due_on, completed_on;
};
int action_history(struct store *s, int64_t action_id,
                   int (*row)(void *arg, const struct history_row *r), void *arg, struct err *e);

#endif
