#include "client/reach.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/print.h"

#define CONNECT_S 10 /* a socket whose queue stays full that long is not being served */

static char *group_name(gid_t gid)
{
    struct group *g = getgrgid(gid);

    return g ? xstrdup(g->gr_name) : xasprintf("%lu", (unsigned long)gid);
}

static int denied_by(const char *socket_path, const char *what, const struct stat *st,
                     mode_t needed)
{
    char *group = group_name(st->st_gid);

    if (st->st_mode & needed) {
        complain(EXIT_DENIED, "%s may not be opened by you, only by the group %s%s%s", socket_path,
                 group, *what ? ", to which belongs " : "", what);
        advise("try: ask an administrator to add you to the group %s, then log in again", group);
    } else {
        complain(EXIT_DENIED,
                 "%s may not be opened by you, nor by a group: %s belongs to the group "
                 "%s, which may not use it",
                 socket_path, *what ? what : "it", group);
        advise("try: ask an administrator to set socket_group and socket_mode for csid");
    }
    free(group);
    return EXIT_DENIED;
}

/* The nearest folder above that can be looked at is the one that bars the way, or its child. */
static int denied_above(const char *socket_path)
{
    char *dir = xstrdup(socket_path), *slash;
    struct stat st;
    int rc;

    while ((slash = strrchr(dir, '/')) && slash != dir) {
        *slash = '\0';
        if (stat(dir, &st) == 0) {
            rc = denied_by(socket_path, dir, &st, S_IXGRP);
            free(dir);
            return rc;
        }
    }
    free(dir);
    complain(EXIT_DENIED, "%s may not even be looked at by you, so its group is not known",
             socket_path);
    advise("try: ask an administrator which group may use csid");
    return EXIT_DENIED;
}

static int denied(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? denied_by(path, "", &st, S_IWGRP) : denied_above(path);
}

static int unreachable(const char *path, int fault)
{
    complain(EXIT_UNREACHABLE, "csid is not reachable at %s (%s); is it running?", path,
             fault == EAGAIN ? "it accepts no connection" : strerror(fault));
    advise("try: systemctl status csid, csid --check, or name its socket with --socket or "
           "CSID_SOCKET");
    return EXIT_UNREACHABLE;
}

int reach(const char *path, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = CONNECT_S};
    size_t len = strlen(path);
    int fd, rc;

    if (len >= sizeof address.sun_path)
        return complain(EXIT_USAGE,
                        "--socket: %zu bytes, where the path of a socket has 107 at most", len);
    memcpy(address.sun_path, path, len + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return complain(EXIT_FAILED, "no socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    do
        rc = connect(fd, (struct sockaddr *)&address, sizeof address);
    while (rc < 0 && errno == EINTR);
    if (rc < 0) {
        rc = errno;
        close(fd);
        return rc == EACCES || rc == EPERM ? denied(path) : unreachable(path, rc);
    }
    *ret_fd = fd;
    return EXIT_DONE;
}
