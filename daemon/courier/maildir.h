/*
 * maildir: keeps a mail as a file where there is no relay (https://cr.yp.to/proto/maildir.html). A
 * mail that is delivered again replaces itself. Blocks on the disk: for worker threads.
 */
#ifndef CSID_COURIER_MAILDIR_H
#define CSID_COURIER_MAILDIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"

/* Delivers into the Maildir at `path`, made with mode 0700 when it is not there. The file's name
 * follows from created and message_id; `again` looks first whether a reader has moved it on
 * already. ERR_STORAGE. */
int maildir_deliver(const char *path, const char *message_id, utc_t created, bool again,
                    const char *bytes, size_t len, struct err *e);

#endif
