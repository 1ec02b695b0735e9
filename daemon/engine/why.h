/*
 * why: why a notice was written, and why one was not: the rule, the facts as they stood, who holds
 * the role, what comes next. Explains; decides and writes nothing. What comes next is what a
 * forecast of the check says, so that it cannot differ from what will be.
 */
#ifndef CSID_ENGINE_WHY_H
#define CSID_ENGINE_WHY_H

#include <stdbool.h>

#include "engine/engine.h"
#include "store/store.h"

#define WHY_MONTHS 12 /* what comes next is looked for so far ahead */

/* ---- why ---- */

struct why_fact {
    char *what, *then, *now; /* NULL: nothing */
};
struct why_facts {
    struct why_fact *items;
    size_t count, cap;
};
/* What was known of a subject at that instant, and what is now. Nothing for what has no facts of
 * its own. */
int why_facts(struct store *s, const struct engine *engine, const char *about, utc_t then,
              utc_t now, struct why_facts *ret, struct err *e);
void why_facts_clear(struct why_facts *f);

/* The deadline rule behind a subject; all NULL: there is none. */
struct why_rule {
    char *id, *pack, *citation, *reckoning;
};
int why_rule(struct store *s, const struct engine *engine, const char *about, struct why_rule *ret,
             struct err *e);
void why_rule_clear(struct why_rule *r);

/* The first notice of that check about the subject to come; check NULL: of those that ask
 * (check_asks). */
struct why_next {
    utc_t at; /* UTC_NONE: none within WHY_MONTHS */
    char *reason, *to, *step;
};
/* `reader` is the role that it concerns, or the channel of an endpoint; NULL: any. */
int why_next(struct store *s, const struct engine *engine, utc_t now, const char *check,
             const char *about, const char *reader, struct why_next *ret, struct err *e);
void why_next_clear(struct why_next *n);

/* ---- why not ---- */

struct why_reason {
    const char *code; /* not-due, closed, … */
    char *text;       /* in words, with what to do */
    day_t on;         /* the day that it speaks of; DAY_NONE */
};
struct why_reasons {
    struct why_reason *items;
    size_t count, cap;
};
/* All that keeps `to` (a role's slug or title, or an address; NULL: whoever is concerned) from
 * being told of the subject now; at least one, the weightiest first. */
int why_not(struct store *s, const struct engine *engine, utc_t now, const char *about,
            const char *to, struct why_reasons *ret, struct err *e);
void why_reasons_clear(struct why_reasons *r);

#endif
