#include "service/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/meta.h"
#include "store/outbox_list.h"

#define KEY_MACHINE "machine"
#define KEY_PATH    "path"
#define MARK_SUFFIX ".sent"
#define MARK_MAX    512

/* What the machine's id is hashed with, so that no file says what it is: machine-id(5). */
static const sd_id128_t application =
    SD_ID128_MAKE(5e, 1d, 0c, 74, 9b, 3f, 4e, 86, a2, 77, d4, 1f, 60, 8a, c3, 95);

struct origin {
    struct store *store;
    char *machine, *path; /* of today; machine NULL: the system does not say */
    char *mark, *marked;  /* the file beside the database, and what was last written to it */
    char *copy;           /* what is said of a copy, NULL: it is none */
    bool unmarked;        /* the file could not be written, and the log says so */
};

/* A container may have none, which is no reason to fail: then the path alone tells. */
static char *this_machine(void)
{
    char id[SD_ID128_STRING_MAX];
    sd_id128_t machine;

    if (sd_id128_get_machine_app_specific(application, &machine) < 0)
        return NULL;
    return xstrdup(sd_id128_to_string(machine, id));
}

static char *real_path(const char *path)
{
    char *real = realpath(path, NULL);

    return real ? real : xstrdup(path);
}

/* ---- the file beside it ---- */

/* The line in it; NULL when there is none that can be read. Caller frees. */
static char *read_mark(const char *path)
{
    char line[MARK_MAX];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof line);

    if (fd >= 0)
        close(fd);
    if (n <= 0 || line[n - 1] != '\n' || memchr(line, '\0', (size_t)n))
        return NULL;
    return xstrndup(line, (size_t)n - 1);
}

static int write_line(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    int rc = fd < 0 || dprintf(fd, "%s\n", line) < 0 ? -1 : 0;

    if (fd >= 0 && close(fd) < 0)
        rc = -1;
    return rc;
}

/* Not synced: a line that is lost with the power is that of the minute before. */
static int write_mark(const char *path, const char *line)
{
    char *fresh = xasprintf("%s.new", path);
    int rc = write_line(fresh, line);

    if (rc == 0)
        rc = rename(fresh, path);
    if (rc < 0)
        unlink(fresh);
    free(fresh);
    return rc;
}

void origin_mark(struct origin *o)
{
    char *line = NULL;
    struct err e;

    if (o->copy || outbox_last_sent(o->store, &line, &e) < 0 || !line ||
        (o->marked && strcmp(line, o->marked) == 0)) {
        free(line);
        return;
    }
    if (write_mark(o->mark, line) < 0) {
        if (!o->unmarked)
            log_warning("%s cannot be written (%s): a backup put in the database's place would not "
                        "be known for one",
                        o->mark, strerror(errno));
        o->unmarked = true;
        free(line);
        return;
    }
    o->unmarked = false;
    free(o->marked);
    o->marked = line;
}

static void forget_mark(struct origin *o)
{
    unlink(o->mark);
    free(o->marked);
    o->marked = NULL;
}

/* Whether something was sent that the database knows nothing of. One that is quite new has not
 * forgotten it: somebody began afresh. */
static int is_older(struct origin *o, bool *ret, struct err *e)
{
    bool known = true;
    int64_t seq;

    if (journal_seq(o->store, &seq, e) < 0)
        return -1;
    if (!seq)
        forget_mark(o);
    if (o->marked && outbox_was_sent(o->store, o->marked, &known, e) < 0)
        return -1;
    *ret = !known;
    return 0;
}

/* ---- what the database remembers ---- */

static int remember(struct origin *o, struct err *e)
{
    if (o->machine && meta_write(o->store, KEY_MACHINE, o->machine, e) < 0)
        return -1;
    return meta_write(o->store, KEY_PATH, o->path, e);
}

/* A start on a full disk, where only reading is wanted, comes to this again the next time. */
static void remember_silently(struct origin *o, utc_t now)
{
    struct err e;

    if (store_begin(o->store, "csid", now, &e) < 0 || store_end(o->store, remember(o, &e), &e) < 0)
        log_warning("the database cannot be told where it is: %s", e.text);
}

static void explain(struct origin *o, const char *machine, const char *path, bool older)
{
    struct text t = TEXT_INIT;

    if (machine && o->machine && strcmp(machine, o->machine) != 0)
        text_add(&t, "was last used on another machine");
    if (path && strcmp(path, o->path) != 0)
        text_addf(&t, "%swas last used as %s", t.len ? ", " : "", path);
    if (older)
        text_addf(&t, "%sis older than what was last sent from here", t.len ? ", " : "");
    if (t.len)
        o->copy = xasprintf("this database is a copy, it %s: nothing is sent until csictl adopt; "
                            "csictl adopt --dry-run shows what would go",
                            t.s);
    text_free(&t);
}

static int compare(struct origin *o, utc_t now, struct err *e)
{
    char *machine = NULL, *path = NULL;
    bool older = false, lacks;
    int rc = meta_read(o->store, KEY_MACHINE, &machine, e);

    if (rc == 0)
        rc = meta_read(o->store, KEY_PATH, &path, e);
    if (rc == 0)
        rc = is_older(o, &older, e);
    if (rc == 0) {
        lacks = !path || (!machine && o->machine);
        explain(o, machine, path, older);
        if (lacks && !o->copy)
            remember_silently(o, now);
    }
    free(machine);
    free(path);
    return rc;
}

int origin_open(struct store *store, utc_t now, struct origin **ret, struct err *e)
{
    struct origin *o = xcalloc(1, sizeof *o);

    *o = (struct origin){.store = store,
                         .machine = this_machine(),
                         .path = real_path(store_path(store)),
                         .mark = xasprintf("%s" MARK_SUFFIX, store_path(store))};
    o->marked = read_mark(o->mark);
    if (compare(o, now, e) < 0) {
        origin_close(o);
        return -1;
    }
    if (o->copy)
        log_warning("%s", o->copy);
    *ret = o;
    return 0;
}

void origin_close(struct origin *o)
{
    if (!o)
        return;
    free(o->machine);
    free(o->path);
    free(o->mark);
    free(o->marked);
    free(o->copy);
    free(o);
}

const char *origin_copy(const struct origin *o)
{
    return o->copy;
}

/* ---- adopting ---- */

static char *place_json(const char *machine, const char *path)
{
    struct text t = TEXT_INIT;

    text_add(&t, "{\"machine\":");
    text_add_json(&t, machine);
    text_add(&t, ",\"path\":");
    text_add_json(&t, path);
    text_add(&t, "}");
    return text_take(&t);
}

static int journal(struct origin *o, struct err *e)
{
    char *machine = NULL, *path = NULL, *before, *after;
    int rc = meta_read(o->store, KEY_MACHINE, &machine, e);

    if (rc == 0)
        rc = meta_read(o->store, KEY_PATH, &path, e);
    if (rc == 0) {
        before = place_json(machine, path);
        after = place_json(o->machine, o->path);
        rc = journal_change(o->store, "database.adopt", "database", before, after, e);
        free(before);
        free(after);
    }
    free(machine);
    free(path);
    return rc;
}

int origin_adopt(struct origin *o, const char *who, bool hold, utc_t now, struct err *e)
{
    int rc;

    if (!o->copy)
        return 0;
    if (store_begin(o->store, who, now, e) < 0)
        return -1;
    rc = journal(o, e);
    if (rc == 0)
        rc = remember(o, e);
    if (rc == 0 && hold)
        rc = outbox_set_aside(o->store, e);
    if (store_end(o->store, rc, e) < 0)
        return -1;
    free(o->copy);
    o->copy = NULL;
    log_warning("%s has adopted this copy of the database: what waits %s", who,
                hold ? "is held" : "goes out");
    /* or the next start takes it for an older one again; what was never sent leaves no line */
    forget_mark(o);
    origin_mark(o);
    return 0;
}
