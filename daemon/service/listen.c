#include "service/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/mem.h"

#define BACKLOG 512

/* 1 with *ret filled when systemd passed a socket, 0 when it passed none. */
static int listen_passed(struct listener *ret, struct err *e)
{
    struct sockaddr_un sa = {0};
    socklen_t len = sizeof sa;
    int n = sd_listen_fds(1), fd = SD_LISTEN_FDS_START;

    if (n < 0)
        return err_set(e, ERR_FAILED, "sockets from systemd: %s", strerror(-n));
    if (n == 0)
        return 0;
    if (n > 1)
        return err_set(e, ERR_USAGE, "systemd passed %d sockets; csid listens on one", n);
    if (sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) <= 0)
        return err_set(e, ERR_USAGE,
                       "what systemd passed is not a listening Unix socket (ListenStream=/path)");
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
        return err_set(e, ERR_FAILED, "socket from systemd: %s", strerror(errno));
    getsockname(fd, (struct sockaddr *)&sa, &len);
    *ret = (struct listener){
        .fd = fd, .passed = true, .lock_fd = -1, .path = xstrndup(sa.sun_path, sizeof sa.sun_path)};
    return 1;
}

static int address_of(const char *path, struct sockaddr_un *ret, struct err *e)
{
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof ret->sun_path)
        return err_set(e, ERR_USAGE, "%s: a socket's path has 1 to %zu bytes, this has %zu", path,
                       sizeof ret->sun_path - 1, len);
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret->sun_path, path, len);
    return 0;
}

static int directory_there(const char *path, struct err *e)
{
    struct stat st;
    char *copy = xstrdup(path);
    const char *dir = dirname(copy);
    int rc = 0;

    if (stat(dir, &st) < 0)
        rc = err_set(e, ERR_FAILED, "%s: the directory %s: %s", path, dir, strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        rc = err_set(e, ERR_USAGE, "%s: %s is not a directory", path, dir);
    free(copy);
    return rc;
}

/* Held for as long as we live, so that of two that start at once only one gets past here. */
static int lock_take(const char *path, int *ret, struct err *e)
{
    char *name = xasprintf("%s.lock", path);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), rc = 0;
    char pid[32];

    if (fd < 0) {
        rc = err_set(e, ERR_FAILED, "%s: %s", name, strerror(errno));
    } else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        ssize_t n = read(fd, pid, sizeof pid - 1);

        pid[n > 0 ? n : 0] = '\0';
        pid[strspn(pid, "0123456789")] = '\0';
        rc = err_set(e, ERR_CONFLICT, "csid is already running, pid %s (it holds %s)",
                     *pid ? pid : "unknown", name);
        close(fd);
    } else {
        int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());

        if (ftruncate(fd, 0) < 0 || write(fd, pid, (size_t)len) < 0)
            len = 0; /* the pid is for people; the lock is what counts */
        *ret = fd;
    }
    free(name);
    return rc;
}

/* Makes the place free: nothing there, or a socket that nobody listens on any more. */
static int place_clear(const struct sockaddr_un *sa, struct err *e)
{
    const char *path = sa->sun_path;
    struct ucred peer = {.pid = 0};
    socklen_t len = sizeof peer;
    struct stat st;
    int fd, error;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_set(e, ERR_FAILED, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return err_set(e, ERR_CONFLICT, "%s is there and is not a socket; csid leaves it alone",
                       path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(e, ERR_FAILED, "socket: %s", strerror(errno));
    error = connect(fd, (const struct sockaddr *)sa, sizeof *sa) < 0 ? errno : 0;
    if (!error)
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    close(fd);
    if (!error)
        return err_set(e, ERR_CONFLICT, "csid is already running, pid %ld (it listens on %s)",
                       (long)peer.pid, path);
    if (error != ECONNREFUSED)
        return err_set(e, ERR_CONFLICT, "%s is in use: %s", path, strerror(error));
    if (unlink(path) < 0)
        return err_set(e, ERR_FAILED, "removing the stale %s: %s", path, strerror(errno));
    return 0;
}

static int give_to(const char *path, int mode, const char *group, struct err *e)
{
    if (*group) {
        const struct group *gr = getgrnam(group);

        if (!gr)
            return err_set(e, ERR_USAGE, "socket_group: there is no group %s", group);
        if (chown(path, (uid_t)-1, gr->gr_gid) < 0)
            return err_set(e, ERR_FAILED, "%s: giving it to the group %s: %s", path, group,
                           strerror(errno));
    }
    if (chmod(path, (mode_t)mode) < 0)
        return err_set(e, ERR_FAILED, "%s: mode %04o: %s", path, (unsigned)mode, strerror(errno));
    return 0;
}

static int bind_at(const struct sockaddr_un *sa, int mode, const char *group, struct listener *ret,
                   struct err *e)
{
    const char *path = sa->sun_path;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct stat st;

    if (fd < 0)
        return err_set(e, ERR_FAILED, "socket: %s", strerror(errno));
    /* Linux makes the file with the mode that the socket has: at no moment may anybody else
     * connect, whatever the umask, until the file has its group */
    fchmod(fd, 0600);
    if (bind(fd, (const struct sockaddr *)sa, sizeof *sa) < 0) {
        err_set(e, ERR_FAILED, "%s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    if (give_to(path, mode, group, e) < 0) {
        unlink(path);
        close(fd);
        return -1;
    }
    if (listen(fd, BACKLOG) < 0 || lstat(path, &st) < 0) {
        err_set(e, ERR_FAILED, "%s: %s", path, strerror(errno));
        unlink(path);
        close(fd);
        return -1;
    }
    *ret = (struct listener){
        .fd = fd, .lock_fd = -1, .path = xstrdup(path), .device = st.st_dev, .inode = st.st_ino};
    return 0;
}

int listen_open(const char *path, int mode, const char *group, struct listener *ret, struct err *e)
{
    struct sockaddr_un sa;
    int lock_fd = -1, passed = listen_passed(ret, e);

    if (passed)
        return passed < 0 ? -1 : 0;
    if (address_of(path, &sa, e) < 0 || directory_there(path, e) < 0 ||
        lock_take(path, &lock_fd, e) < 0)
        return -1;
    if (place_clear(&sa, e) < 0 || bind_at(&sa, mode, group, ret, e) < 0) {
        close(lock_fd);
        return -1;
    }
    ret->lock_fd = lock_fd;
    return 0;
}

void listen_close(struct listener *l)
{
    struct stat st;

    if (!l->passed && lstat(l->path, &st) == 0 && st.st_dev == l->device && st.st_ino == l->inode)
        unlink(l->path);
    close(l->fd);
    if (l->lock_fd >= 0)
        close(l->lock_fd);
    free(l->path);
    *l = (struct listener){.fd = -1, .lock_fd = -1};
}
