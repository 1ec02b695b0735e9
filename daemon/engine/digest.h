/*
 * digest: all that the checks of one run have to say to one person, in one mail: most urgent first.
 * A council stops reading what mails it six times a morning. Filled by tell_mail, sent at the end
 * of the run, in its transaction.
 */
#ifndef CSID_ENGINE_DIGEST_H
#define CSID_ENGINE_DIGEST_H

#include "notice/compose.h"
#include "engine/checks.h"
#include "store/role.h"

/* What one check says to one person. */
struct digest_page {
    char *email, *holder, *reply_to, *thread; /* holder, reply_to, thread NULL: none */
    char *event;
    struct letter letter;
    utc_t valid_until;
    int days;         /* to what is due first; below 0: overdue */
    int64_t *notices; /* that it answers for */
    size_t notice_count;
};
struct due_actions;
struct digest {
    bool with_rest; /* each mail ends with what else is open of its reader's, see engine/also */
    struct due_actions *actions; /* as they stand, once somebody asked; NULL */
    struct digest_page *pages;
    size_t count, cap;
};
void digest_clear(struct digest *d);

/* Takes the page over. */
void digest_add(struct digest *d, struct digest_page page);
/* Drops what was added after there were `count` pages: of a check that failed. */
void digest_cut(struct digest *d, size_t count);
/* One mail for each person, within the caller's transaction. What cannot be made into a mail leaves
 * its notices without one, with the reason. */
int digest_send(struct check_run *run, struct digest *d, struct err *e);

#endif
