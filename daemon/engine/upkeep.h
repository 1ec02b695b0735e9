/*
 * upkeep: what officers have to keep up: audits of which something is to be recorded, measures that
 * want values, risks that want a review. What stands comes from audits.c, measures.c and risks.c,
 * one list for the checks, for what can be acknowledged, for what explains and for the agenda; here
 * it is told.
 */
#ifndef CSID_ENGINE_UPKEEP_H
#define CSID_ENGINE_UPKEEP_H

#include "calendar/zone.h"
#include "engine/checks.h"
#include "store/record.h"

enum upkeep_kind {
#define UPKEEP(KIND, prefix, check, event, word, days, working, copy, subject, ask, command, \
               options)                                                                      \
    UPKEEP_##KIND,
#include "engine/upkeep.def"
#undef UPKEEP
    UPKEEP_KINDS
};

struct upkeep { /* texts owned */
    enum upkeep_kind kind;
    int64_t id;      /* of the record; 0: there is none */
    char *about;     /* "measure:3"; of a month "audits:2017-08" */
    char *title;     /* somebody's text */
    char *owner;     /* a slug; NULL: the programme office alone */
    char *fact;      /* how it stands, in our own words */
    char *mark;      /* what it is said of once, "value:7"; NULL: of what it is about */
    char *closed;    /* why nothing more is wanted of it, behind its name; NULL: something is */
    day_t due_on;    /* when it is to be done; of a target the day of the value */
    day_t undone_on; /* the day from which it is late; DAY_NONE: never */
    utc_t known_at;  /* since when csid knows of it; UTC_NONE: since ever */
    day_t on;        /* on the agenda; DAY_NONE: it is not */
    bool done;       /* it is closed as it should be, not given up */
    int64_t version;
    utc_t updated_at;
};
struct upkeeps {
    struct upkeep *items;
    size_t count, cap;
};
void upkeeps_clear(struct upkeeps *all);
/* A new one at the end, of a record (NULL: of none), to be filled in. Lives until the next. */
struct upkeep *upkeeps_add(struct upkeeps *all, enum upkeep_kind kind, const struct record *r);

/* Where and when one looks. */
struct upkeep_view {
    const struct zone *zone;
    const struct holidays *holidays;
    day_t today;
};
/* Closes it, unless it is closed: "ended on 3 Oct 2017", from that day on; `on` as kept, NULL:
 * not. */
void upkeep_close(struct upkeep *u, const struct upkeep_view *v, const char *how, const char *on);
/* All that is kept up, also what is closed or not due: of one check, NULL: of all. */
int upkeeps_load(struct store *s, const struct upkeep_view *v, const char *check,
                 struct upkeeps *ret, struct err *e);

/* Whether notices about what goes by that name are ours. */
bool upkeep_is(const char *about);
const char *upkeep_check_name(enum upkeep_kind kind); /* the check that tells of it */
/* Whether it is said once, and nothing is left to put off. */
bool upkeep_is_said_once(enum upkeep_kind kind);
/* Whether who holds the role of that slug is told of it. */
bool upkeep_concerns(const struct upkeep *u, const char *role);

/* Tells of all that this run's check has found undone. */
int upkeep_tell(struct check_run *run, struct err *e);

/* ---- what stands, each in a file of its own: added to *ret ---- */
int audits_list(struct store *s, const struct upkeep_view *v, struct upkeeps *ret, struct err *e);
int measures_list(struct store *s, const struct upkeep_view *v, struct upkeeps *ret, struct err *e);
int risks_list(struct store *s, const struct upkeep_view *v, struct upkeeps *ret, struct err *e);

#endif
