/*
 * access: who is calling, by the kernel's word (SO_PEERCRED, SO_PEERGROUPS; unix(7)), and what they
 * may do by the configuration's lists. Names are looked up when the lists are read and for display,
 * never on the way of a decision. What a command needs stands in commands.def, not here.
 */
#ifndef CSID_SERVICE_ACCESS_H
#define CSID_SERVICE_ACCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "api/api.h"
#include "base/err.h"
#include "service/config.h"

struct access_caller {
    uid_t uid;
    gid_t gid;
    pid_t pid;
    gid_t *groups; /* supplementary; owned */
    size_t group_count;
};

/* Who is at the other end of a connected socket; access_caller_free. */
int access_caller_of(int fd, struct access_caller *ret, struct err *e);
void access_caller_free(struct access_caller *c);

struct access_rules;

/* The lists admin, officer, viewer with their names resolved to ids; numbers are ids. */
struct access_rules *access_compile(const struct config *c);
void access_free(struct access_rules *r);
/* The names that meant nobody ("@csi-officers"), for a warning; they match no one. */
const struct strings *access_unknown(const struct access_rules *r);
/* The highest access that a list gives the caller: admin, officer, viewer, or none. */
enum access access_of(const struct access_rules *r, const struct access_caller *c);
/* Who holds an access, as configured: "@csi-officers, alice"; where its own list is empty, who
 * holds the next higher. Lives as long as the rules. */
const char *access_holders(const struct access_rules *r, enum access level);

/* The user's name, or "uid 1234"; remembered for the life of the process. */
const char *access_name(uid_t uid);

#endif
