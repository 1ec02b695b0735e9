/*
 * trouble: what a run could not do or tell goes to the administrator, in one mail a run: the
 * address mail.administrator, else whoever holds the role administrator. Where there is neither,
 * status, log and the rows themselves say it.
 */
#ifndef CSID_ENGINE_TROUBLE_H
#define CSID_ENGINE_TROUBLE_H

#include "engine/checks.h"
#include "engine/tell.h"

#define EVENT_TROUBLE "csi.daemon.trouble"

/* Remembers one line for the end of the run. */
void trouble_note(struct check_run *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Of what was noted since there were `from` lines, all for one reason, the first five are enough;
 * the last of them says how many more there are. */
#define TROUBLE_ALIKE 5
void trouble_cut(struct check_run *run, size_t from);
/* Writes the mail and the webhook calls about what was noted, if anything, within the caller's
 * transaction. */
int trouble_tell(struct check_run *run, struct err *e);
void trouble_clear(struct trouble *t);

/* Whom it goes to, written to *given: the role administrator, at the address of the configuration
 * where that names one. NULL: nobody. */
const struct role *trouble_administrator(const struct check_run *run, const struct roster *roster,
                                         struct role *given);

#endif
