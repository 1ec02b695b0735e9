/*
 * why_impl: what is asked of why_not, shared by why_not.c, which gives the reasons, and
 * why_about.c, which finds the subject; nobody else includes it.
 */
#ifndef CSID_ENGINE_WHY_IMPL_H
#define CSID_ENGINE_WHY_IMPL_H

#include "engine/why.h"
#include "store/role.h"

/* A notice of what is asked for. */
struct latest {
    int64_t id; /* 0: there is none */
    day_t on;
    char *state, *said, *reason;
};

/* What is asked, and what is found of it before anything is explained. */
struct question {
    struct store *s;
    const struct engine *engine;
    utc_t now;
    day_t today;
    const char *about, *to;
    const char *check;  /* that tells of the subject; NULL: none does */
    bool there, owned;  /* the subject; somebody owes or owns it */
    bool action, dated; /* it is an action; its date is told to whom it is asked for */
    char *closed;       /* why nothing more is told of it; NULL: it is open */
    char *unannounced;  /* why it is never told of as it stands; NULL */
    struct role *roles;
    size_t role_count;
    bool *concerned, *above, *asked; /* by role; above: it is escalated to */
    struct latest mail, held;        /* the last mail, and what was held back since */
};

/* Finds what q->about names: who is concerned, by which check, whether it is closed. */
int why_about(struct question *q, struct err *e);

#endif
