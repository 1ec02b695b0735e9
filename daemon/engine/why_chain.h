/*
 * why_chain: how the escalation of a subject stands, level by level, and what keeps somebody above
 * its owner from being told. Explains what engine/escalate does; decides and writes nothing.
 */
#ifndef CSID_ENGINE_WHY_CHAIN_H
#define CSID_ENGINE_WHY_CHAIN_H

#include "engine/why.h"
#include "store/role.h"

struct why_level {
    size_t level;      /* from 1; 0: the last one again */
    char *name;        /* owner, line-manager, accountable, or the role's slug */
    char *role, *who;  /* the role's title, and who was told or would be; NULL: none */
    const char *state; /* told, nobody-reached, not-recorded, same-person, next or later */
    day_t on;          /* when it was told, or is due; DAY_NONE */
};
struct why_chain {
    char *policy; /* NULL: nothing about the subject is escalated */
    char *state;  /* in words: since when it climbs, what it waits for, why it ended */
    struct why_level *levels;
    size_t count, cap;
};
/* The escalation of what is due on `due_on` and owned by `role` (NULL: by anybody), the latest. */
int why_chain(struct store *s, const struct engine *engine, utc_t now, const char *about,
              day_t due_on, const char *role, struct why_chain *ret, struct err *e);
void why_chain_clear(struct why_chain *c);

/* Marks those of the roles to which the subject is escalated, or would be, above its owner. */
int why_chain_above(struct store *s, const struct engine *engine, utc_t now, const char *about,
                    const struct role *roles, size_t count, bool *above, struct err *e);
/* Adds why the asked of the roles have not been told as those above, if any of them is:
 * no-escalation, backlog, acknowledged, passed-over, not-reached. */
int why_chain_not(struct store *s, const struct engine *engine, utc_t now, const char *about,
                  const struct role *roles, size_t count, const bool *asked,
                  struct why_reasons *ret, struct err *e);

#endif
