/*
 * silence: notices held back for a while, by whom and why. One of a statutory subject holds nothing
 * until a second person has confirmed it. What a silence matches is plan/silence's affair.
 */
#ifndef CSID_STORE_SILENCE_H
#define CSID_STORE_SILENCE_H

#include <stdbool.h>

#include "plan/silence.h"
#include "store/store.h"

enum silence_state {
    SILENCE_ASKED, /* a second person is awaited */
    SILENCE_AHEAD, /* it has not begun */
    SILENCE_HOLDS, /* now */
    SILENCE_ENDED, /* by hand, before its end */
    SILENCE_OVER,  /* at its end */
    SILENCE_STATES
};
const char *silence_state_name(enum silence_state s); /* "holds" */

struct silence {
    int64_t id;
    struct silence_match match;
    utc_t start_at, end_at, at; /* the end is the first instant it holds no more */
    char *by, *comment;
    bool two;                               /* a second person is needed */
    char *second, *confirmed_by, *ended_by; /* second: who was asked; NULL where nobody */
    utc_t confirmed_at, ended_at;           /* UTC_NONE: not */
};
void silence_clear(struct silence *x);
enum silence_state silence_state(const struct silence *x, utc_t now);

/* In the order in which they were added, all or those that are asked, ahead or hold at `now`. The
 * silence lives during the call; `row` returns 0 to go on. */
int silence_each(struct store *s, bool all, utc_t now,
                 int (*row)(void *arg, const struct silence *x), void *arg, struct err *e);
int silence_find(struct store *s, int64_t id, struct silence *ret, struct err *e);

struct silence_hold { /* what holds a notice back */
    int64_t id;       /* 0: nothing */
    char *comment;    /* caller frees */
};
/* The first silence that holds what matches at that instant, as it stood then. A statutory subject
 * is held by those of two people only. */
int silence_matching(struct store *s, const struct silence_subject *subject, utc_t at,
                     struct silence_hold *ret, struct err *e);

/* Within a transaction, journalled as "silence.add silence:1" and so on. The caller has checked the
 * times. */
int silence_add(struct store *s, const struct silence *x, int64_t *ret_id, struct err *e);
/* ERR_DENIED: its author, or not who was asked; ERR_CONFLICT: no second person is awaited. */
int silence_confirm(struct store *s, int64_t id, struct err *e);
/* ERR_CONFLICT: it is over, or ended already. */
int silence_end(struct store *s, int64_t id, struct err *e);

#endif
