/*
 * agenda: what is ahead, and what is overdue, on one line of time: deadlines and windows, visits,
 * inspections, meetings and their papers, key decisions, audits, measures and risks that want
 * something, and the due dates of open actions.
 */
#ifndef CSID_REPORT_AGENDA_H
#define CSID_REPORT_AGENDA_H

#include <stdbool.h>
#include <stddef.h>

#include "calendar/workday.h"
#include "store/store.h"

/* On one day in this order. */
enum agenda_kind {
    AGENDA_DEADLINE,
    AGENDA_WINDOW,
    AGENDA_INSPECTION,
    AGENDA_VISIT,
    AGENDA_PLANNING, /* the meeting after an inspection */
    AGENDA_MEETING,
    AGENDA_PAPERS,
    AGENDA_DECISION,
    AGENDA_AUDIT,
    AGENDA_MEASURE, /* when its next value is due */
    AGENDA_RISK,    /* when its next review is due */
    AGENDA_REPLY,   /* of whom it was passed on to */
    AGENDA_ACTION,
    AGENDA_KINDS
};
const char *agenda_kind_name(enum agenda_kind k); /* "deadline" */

struct agenda_item {
    enum agenda_kind kind;
    int64_t id;        /* of the row it comes from */
    char *key;         /* its name for good, unique: deadline-3, papers-2 */
    char *about;       /* deadline:3, visit:2, bromley-2016:5.12 */
    char *what, *note; /* note NULL: none */
    char *role;        /* who owes, owns or chairs it, a slug; NULL: nobody in particular */
    char *recipient;   /* of a deadline; NULL: none */
    char *place;       /* of a meeting; NULL: not known */
    const char *state;
    day_t on, to;   /* the first day and the last; to DAY_NONE where there is but one */
    day_t send_by;  /* of a deadline */
    int minute;     /* of the day, when a meeting begins; -1: not known */
    bool late;      /* still to be dealt with though its day is past */
    bool done;      /* dealt with: nobody needs to be reminded */
    bool dropped;   /* cancelled, or ended unsent */
    bool announced; /* of visits and inspections: it is mailed ahead */
    int64_t version;
    utc_t updated_at; /* UTC_NONE: not known */
};

struct agenda {
    struct agenda_item *items; /* by day */
    size_t count, cap;
};

#define AGENDA_BIT(kind) (1u << (kind))
#define AGENDA_ALL       (AGENDA_BIT(AGENDA_KINDS) - 1)

struct agenda_query {
    day_t today;
    day_t from;       /* DAY_NONE: from today on what is not done, and all that is late */
    day_t until;      /* DAY_NONE: whatever is ahead */
    const char *role; /* a slug: what it owes or gets a copy of, owns or answers for, and where it
                         sits; visits and inspections for the director and the programme office,
                         audits, measures and risks for whom the checks tell of them */
    unsigned kinds;   /* bits */
    bool dropped;     /* with what was dropped */
    const struct holidays *holidays;
    const struct zone *zone; /* of the days on which records were made */
};

/* Clear it with agenda_clear. */
int agenda_make(struct store *s, const struct agenda_query *q, struct agenda *ret, struct err *e);
void agenda_clear(struct agenda *a);

#endif
