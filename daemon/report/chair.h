/*
 * chair: what the chair of the improvement board reports each quarter: the position at the cut-off
 * beside that at the last one, exceptions, visits and letters, deadlines met, missed and to come,
 * and what is expected. Facts out of the store, and their text in Markdown; sends nothing.
 *
 * The position, visits and inspections are as they had taken effect by as_at and were recorded by
 * known_at. Of deadlines it is only known when they were due and sent: a submission after as_at
 * does not count, one recorded after known_at does.
 */
#ifndef CSID_REPORT_CHAIR_H
#define CSID_REPORT_CHAIR_H

#include "base/text.h"
#include "engine/engine.h"
#include "plan/deadline.h"
#include "report/position.h"

#define CHAIR_LONGEST 10

struct chair_exception {
    char *ref, *part, *title, *owner_title; /* part "" where not split, owner NULL: nobody */
    day_t due_on;
    int days_over;
};

struct chair_plan {
    struct position now, before;
    bool has_before;                               /* something of it was recorded by then */
    size_t exceptions;                             /* in all */
    struct chair_exception longest[CHAIR_LONGEST]; /* over, the longest first */
    size_t longest_count;
};

struct chair_event { /* a visit or an inspection with what came of it by as_at */
    bool visit;
    char *about, *title, *finding; /* "visit:4", "Monitoring visit 4"; finding NULL: none */
    day_t from_on, to_on;
    day_t received_on, published_on; /* of the letter or report; DAY_NONE: not by then */
};
struct chair_events {
    struct chair_event *items;
    size_t count, cap;
};

struct chair_expected {
    char *about, *title;  /* "deadline:7" of a window, else "visit:5" */
    day_t from_on, to_on; /* booked on these days, else expected between them */
    bool booked, letter;
    char *stated_by; /* the record that states a window, NULL: none */
};
struct chair_expecteds {
    struct chair_expected *items;
    size_t count, cap;
};

struct chair_deadlines { /* soonest first */
    struct deadline *items;
    size_t count, cap;
};

struct chair {
    const struct engine *engine;
    day_t as_at, since, until; /* the cut-off, the quarter's first day, the next one's last */
    utc_t known_at;            /* UTC_NONE: all that is known */
    struct text cancelled;     /* records that are none: record_falls */
    struct chair_plan *plans;
    size_t plan_count;
    struct chair_events events;
    struct chair_deadlines met, missed, ahead; /* met: in time or late */
    size_t unsent_before;                      /* due before the quarter, not recorded as sent */
    struct chair_expecteds expected;
};

/* Of the plans with those slugs, each as plan_find takes it; `engine` lives as long as *ret. Clear
 * with chair_clear. */
int chair_make(struct store *s, const struct engine *engine, const char *const *slugs, size_t count,
               day_t as_at, utc_t known_at, struct chair *ret, struct err *e);
void chair_clear(struct chair *c);

/* The last cut-off, the day before the quarter began. */
day_t chair_before_on(const struct chair *c);

/* The report in Markdown (CommonMark: lists, no tables), its headings from that level on. Caller
 * frees. */
char *chair_markdown(const struct chair *c, int level);
/* What engine->draft is: the report called "chair", of all plans. ERR_NOTFOUND for another, or
 * where there is no plan. */
int chair_draft(struct store *s, const struct engine *engine, const char *report, day_t as_at,
                utc_t now, char **ret, struct err *e);

#endif
