/*
 * listen: the control socket, passed by systemd or made here. Refuses to take it from a csid that
 * lives, and never removes what is not a socket. Accepts nobody: that is http's.
 */
#ifndef CSID_SERVICE_LISTEN_H
#define CSID_SERVICE_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct listener {
    int fd;       /* listening, non-blocking, close-on-exec */
    bool passed;  /* systemd made it and will remove it */
    char *path;   /* where it is; owned */
    int lock_fd;  /* PATH.lock, held while we live; -1 when passed */
    dev_t device; /* of the socket file we made, so that we remove no other */
    ino_t inode;
};

/* The socket that systemd passed (sd_listen_fds(3)), else one made at `path` with `mode` and,
 * unless
 * "", `group`. A stale file is replaced. ERR_CONFLICT: "csid is already running, pid N", or
 * something else stands there; ERR_USAGE: path or group cannot be; ERR_FAILED: the system refused.
 */
int listen_open(const char *path, int mode, const char *group, struct listener *ret, struct err *e);
/* Removes the file if it is still ours, closes and frees. */
void listen_close(struct listener *l);

#endif
