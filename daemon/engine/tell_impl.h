/* What the files of tell share. */
#ifndef CSID_ENGINE_TELL_IMPL_H
#define CSID_ENGINE_TELL_IMPL_H

#include "engine/tell.h"

/* Writes a notice, or queues a message, and counts it in the run's result. */
int tell_notice(struct check_run *run, const struct notice *n, struct err *e);
int tell_queue(struct check_run *run, struct outbox_message *m, int64_t *ret_id, struct err *e);

#endif
