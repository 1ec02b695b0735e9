#include "courier/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/mem.h"

static int fail(struct err *e, const char *what, const char *path)
{
    return err_set(e, ERR_STORAGE, "cannot %s %s: %s", what, path, strerror(errno));
}

/* Makes the folder and those above it. */
static int make_folder(const char *path, struct err *e)
{
    char *part = xstrdup(path), *slash = part;
    int rc = 0;

    while (rc == 0 && slash) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            rc = fail(e, "make", part);
        if (slash)
            *slash = '/';
    }
    free(part);
    return rc;
}

static int sync_folder(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return fail(e, "open", path);
    if (fsync(fd) != 0)
        rc = fail(e, "write", path);
    close(fd);
    return rc;
}

static int make_maildir(const char *path, struct err *e)
{
    static const char *const subs[] = {"tmp", "cur", "new"};
    char *last = xasprintf("%s/new", path);
    bool there = access(last, W_OK | X_OK) == 0;
    int rc = there ? 0 : make_folder(path, e);

    for (size_t i = 0; rc == 0 && !there && i < COUNT(subs); i++) {
        char *sub = xasprintf("%s/%s", path, subs[i]);

        rc = make_folder(sub, e);
        free(sub);
    }
    if (rc == 0 && !there)
        rc = sync_folder(path, e);
    free(last);
    return rc;
}

/* Whether a reader has moved the mail to cur, where it carries its flags after the name. */
static bool was_read(const char *path, const char *name)
{
    char *cur = xasprintf("%s/cur", path);
    DIR *dir = opendir(cur);
    struct dirent *entry;
    size_t len = strlen(name);
    bool found = false;

    while (dir && !found && (entry = readdir(dir)))
        found = strncmp(entry->d_name, name, len) == 0 &&
                (entry->d_name[len] == '\0' || entry->d_name[len] == ':');
    if (dir)
        closedir(dir);
    free(cur);
    return found;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        len -= (size_t)n;
    }
    return fsync(fd);
}

static int write_file(const char *path, const char *bytes, size_t len, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600), rc = 0;

    if (fd < 0)
        return fail(e, "write", path);
    if (write_all(fd, bytes, len) != 0)
        rc = fail(e, "write", path);
    if (close(fd) != 0 && rc == 0)
        rc = fail(e, "write", path);
    if (rc != 0)
        unlink(path);
    return rc;
}

static int move_in(const char *path, const char *name, const char *bytes, size_t len, struct err *e)
{
    char *tmp = xasprintf("%s/tmp/%s", path, name), *final = xasprintf("%s/new/%s", path, name);
    char *folder = xasprintf("%s/new", path);
    int rc = write_file(tmp, bytes, len, e);

    if (rc == 0 && rename(tmp, final) != 0) {
        rc = fail(e, "write", final);
        unlink(tmp);
    }
    if (rc == 0)
        rc = sync_folder(folder, e);
    free(tmp);
    free(final);
    free(folder);
    return rc;
}

int maildir_deliver(const char *path, const char *message_id, utc_t created, bool again,
                    const char *bytes, size_t len, struct err *e)
{
    char hash[SHA256_HEX], *name;
    int rc = make_maildir(path, e);

    if (rc != 0)
        return -1;
    digest_sha256_hex(message_id, strlen(message_id), hash);
    name = xasprintf("%" PRId64 ".%.20s.csid", created.s, hash);
    if (!again || !was_read(path, name))
        rc = move_in(path, name, bytes, len, e);
    free(name);
    return rc;
}
