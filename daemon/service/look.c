#include "service/look.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "service/config_value.h"

#define MIB       (1024ull * 1024)
#define FREE_BAD  (16 * MIB) /* a morning's notices and their log may not fit any more */
#define FREE_POOR (256 * MIB)

struct looking {
    void (*found)(void *to, enum api_seen seen, enum api_health health, const char *text);
    void *to;
};

__attribute__((format(printf, 4, 5))) static void tell(const struct looking *l, enum api_seen seen,
                                                       enum api_health health, const char *fmt, ...)
{
    struct text t = TEXT_INIT;
    va_list ap;

    va_start(ap, fmt);
    text_addv(&t, fmt, ap);
    va_end(ap);
    l->found(l->to, seen, health, t.s);
    text_free(&t);
}

static void look_at_configuration(const struct looking *l, const struct config *c)
{
    bool readable;

    if (config_is_unchanged(c, &readable))
        return;
    if (readable)
        tell(l, SEEN_CONFIGURATION, HEALTH_WARNING,
             "%s was changed since it was read: csid --check says whether it is faulty, csictl "
             "reload reads it again",
             c->file);
    else
        tell(l, SEEN_CONFIGURATION, HEALTH_FAULT,
             "%s cannot be read any more, and csid would not start again: put it back, owned by "
             "csid's user or readable to it",
             c->file);
}

static void look_at_disk(const struct looking *l, const char *database)
{
    unsigned long long room;
    struct statvfs fs;

    if (statvfs(database, &fs) < 0) {
        tell(l, SEEN_DISK, HEALTH_FAULT, "%s cannot be looked at (%s): is its disk still there?",
             database, strerror(errno));
        return;
    }
    room = (unsigned long long)fs.f_bavail * fs.f_frsize;
    if (fs.f_flag & ST_RDONLY)
        tell(l, SEEN_DISK, HEALTH_FAULT, "the disk of %s is read-only: see dmesg", database);
    else if (fs.f_blocks && room < FREE_POOR) /* some file systems do not say */
        tell(l, SEEN_DISK, room < FREE_BAD ? HEALTH_FAULT : HEALTH_WARNING,
             "%llu MiB are free for %s: make room", room / MIB, database);
    else if (fs.f_blocks)
        tell(l, SEEN_DISK, HEALTH_OK, "%llu MiB are free for %s", room / MIB, database);
}

/* What nobody but csid has any business with; others may read what is `open`. */
static void look_at_file(const struct looking *l, const char *path, const char *what, bool open)
{
    struct stat st;

    if (stat(path, &st) < 0)
        tell(l, SEEN_FILES, HEALTH_FAULT, "%s %s: %s: put it back, or csid will not start again",
             what, path, strerror(errno));
    else if (st.st_mode & (S_IWGRP | S_IWOTH))
        tell(l, SEEN_FILES, HEALTH_FAULT, "%s %s may be written by others: chmod %s %s", what, path,
             open ? "644" : "600", path);
    else if (!open && st.st_mode & S_IROTH)
        tell(l, SEEN_FILES, HEALTH_WARNING, "%s %s may be read by anybody: chmod 600 %s", what,
             path, path);
    else if (access(path, R_OK) < 0)
        tell(l, SEEN_FILES, HEALTH_FAULT,
             "%s %s cannot be read by csid's user: chown it to that user, or csid will not start "
             "again",
             what, path);
}

static void look_at_secret(const struct looking *l, const char *name)
{
    struct err e;
    char *path;

    if (!name || !*name)
        return;
    if (config_secret_path(name, &path, &e) < 0) {
        tell(l, SEEN_FILES, HEALTH_FAULT, "%s", e.text);
        return;
    }
    look_at_file(l, path, "the secret", false);
    free(path);
}

static void look_at_certificates(const struct looking *l, const char *path)
{
    if (path && *path)
        look_at_file(l, path, "the certificates in", true);
}

static void look_at_files(const struct looking *l, const struct config *c, const char *database)
{
    look_at_file(l, database, "the database", false);
    look_at_certificates(l, c->mail.ca_file);
    look_at_certificates(l, c->heartbeat.ca_file);
    look_at_secret(l, c->mail.password_file);
    look_at_secret(l, c->mail.notify_key_file);
    for (size_t i = 0; i < c->webhook_count; i++) {
        look_at_secret(l, c->webhooks[i].secret_file);
        look_at_secret(l, c->webhooks[i].previous_secret_file);
        look_at_certificates(l, c->webhooks[i].ca_file);
    }
}

static void look_at_zone(const struct looking *l, const struct config *c)
{
    struct zone *zone;
    struct err e;

    if (zone_load(c->timezone, &zone, &e) == 0)
        zone_free(zone);
    else
        tell(l, SEEN_ZONE, HEALTH_FAULT, "%s: install tzdata again, or csid will not start again",
             e.text);
}

void look_around(const struct config *c, const char *database,
                 void (*found)(void *to, enum api_seen seen, enum api_health health,
                               const char *text),
                 void *to)
{
    const struct looking l = {found, to};

    look_at_configuration(&l, c);
    look_at_disk(&l, database);
    look_at_files(&l, c, database);
    look_at_zone(&l, c);
}
