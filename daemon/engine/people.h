/*
 * people: who is to hear of what a check found. One person gets one mail, by however many roles
 * and of however many findings; what was mailed before is not mailed again, and where nobody can
 * be reached a row says so. What a letter says, and when, is the check's affair.
 */
#ifndef CSID_ENGINE_PEOPLE_H
#define CSID_ENGINE_PEOPLE_H

#include "engine/tell.h"

/* One person by those of the roles asked for that they hold; or a single role in which nobody can
 * be reached. */
struct reader {
    const struct role *const *roles;
    size_t count;
};
/* Everyone who holds some of these roles once, in the order of the first of them. The reader lives
 * during the call; `row` returns -1 with e set to end it. */
int people_each(const struct role *const *roles, size_t count,
                int (*row)(void *arg, const struct reader *who, struct err *e), void *arg,
                struct err *e);

/* What one person has not been told of. */
struct news {
    const size_t *items; /* numbers of findings, rising */
    size_t count;
    struct reader who;            /* by the roles that these concern and that were not told */
    struct compose_footer footer; /* but for what comes next */
};

/* What a check has found, by numbers from 0; `arg` goes to each of the functions. */
struct findings {
    size_t count;
    const void *arg;
    bool (*concerns)(const void *arg, size_t item, const struct role *role);
    struct notice (*notice)(const void *arg, size_t item, const struct role *role);
    /* The letter, the subject that its mails hang together by (NULL: none), and until when it is
     * worth sending. */
    struct letter (*letter)(const void *arg, const struct news *news, const char **ret_thread,
                            utc_t *ret_until);
    /* Where the step of its notice stands; NULL: they have none that follow each other. */
    struct tell_step (*step)(const void *arg, size_t item);
    /* Records which steps before that of the notice were overtaken; NULL: there are none. */
    int (*overtake)(const void *arg, size_t item, const struct notice *n, struct err *e);
    bool noted; /* the check has noted what it found, told or not */
};
/* Tells everyone in the roster whom the findings concern, within the caller's transaction; notes
 * each as found, unless that is done. */
int people_tell(struct check_run *run, const struct roster *roster, const struct findings *f,
                struct err *e);

#endif
