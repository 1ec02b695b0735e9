#include "service/access.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/text.h"

struct access_rule {
    enum access level;
    bool is_group;
    id_t id;
};

struct access_rules {
    struct access_rule *rules;
    size_t count, cap;
    struct strings unknown;
    size_t unknown_cap;
    char *holders[ACCESS_ADMIN + 1];
};

static int caller_groups(int fd, struct access_caller *c, struct err *e)
{
    socklen_t len = 32 * sizeof(gid_t);
    gid_t *groups = xmalloc(len);

    /* a group may be added between two calls, so ask until it fits */
    while (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0) {
        if (errno != ERANGE) {
            free(groups);
            return err_set(e, ERR_FAILED, "SO_PEERGROUPS: %s", strerror(errno));
        }
        groups = xreallocarray(groups, len, 1);
    }
    c->groups = groups;
    c->group_count = len / sizeof(gid_t);
    return 0;
}

int access_caller_of(int fd, struct access_caller *ret, struct err *e)
{
    struct access_caller c = {0};
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return err_set(e, ERR_FAILED, "SO_PEERCRED: %s", strerror(errno));
    c.uid = peer.uid;
    c.gid = peer.gid;
    c.pid = peer.pid;
    if (caller_groups(fd, &c, e) < 0)
        return -1;
    *ret = c;
    return 0;
}

void access_caller_free(struct access_caller *c)
{
    free(c->groups);
    *c = (struct access_caller){0};
}

static bool id_number(const char *name, id_t *ret)
{
    char *end;
    unsigned long n;

    if (*name < '0' || *name > '9')
        return false;
    errno = 0;
    n = strtoul(name, &end, 10);
    /* all ones is "no user" to the kernel */
    if (*end || errno || n >= (id_t)-1)
        return false;
    *ret = (id_t)n;
    return true;
}

static bool resolve(const char *name, struct access_rule *rule)
{
    const struct group *gr;
    const struct passwd *pw;

    rule->is_group = *name == '@';
    if (rule->is_group) {
        gr = getgrnam(name + 1);
        if (gr)
            rule->id = gr->gr_gid;
        return gr || id_number(name + 1, &rule->id);
    }
    pw = getpwnam(name);
    if (pw)
        rule->id = pw->pw_uid;
    return pw || id_number(name, &rule->id);
}

static void add_list(struct access_rules *r, enum access level, const struct strings *names)
{
    struct text holders = TEXT_INIT;

    for (size_t i = 0; i < names->count; i++) {
        struct access_rule rule = {.level = level};

        text_addf(&holders, "%s%s", i ? ", " : "", names->items[i]);
        if (!resolve(names->items[i], &rule)) {
            r->unknown.items =
                xgrow(r->unknown.items, r->unknown.count, &r->unknown_cap, sizeof(char *));
            r->unknown.items[r->unknown.count++] = xstrdup(names->items[i]);
            continue;
        }
        r->rules = xgrow(r->rules, r->count, &r->cap, sizeof *r->rules);
        r->rules[r->count++] = rule;
    }
    if (names->count)
        r->holders[level] = text_take(&holders);
    text_free(&holders);
}

struct access_rules *access_compile(const struct config *c)
{
    struct access_rules *r = xcalloc(1, sizeof *r);

    add_list(r, ACCESS_ADMIN, &c->admin);
    add_list(r, ACCESS_OFFICER, &c->officer);
    add_list(r, ACCESS_VIEWER, &c->viewer);
    return r;
}

void access_free(struct access_rules *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->unknown.count; i++)
        free(r->unknown.items[i]);
    for (size_t i = 0; i < COUNT(r->holders); i++)
        free(r->holders[i]);
    free(r->unknown.items);
    free(r->rules);
    free(r);
}

const struct strings *access_unknown(const struct access_rules *r)
{
    return &r->unknown;
}

static bool in_group(const struct access_caller *c, gid_t gid)
{
    if (c->gid == gid)
        return true;
    for (size_t i = 0; i < c->group_count; i++)
        if (c->groups[i] == gid)
            return true;
    return false;
}

enum access access_of(const struct access_rules *r, const struct access_caller *c)
{
    enum access best = ACCESS_NONE;

    for (size_t i = 0; i < r->count; i++) {
        const struct access_rule *rule = &r->rules[i];

        if (rule->level <= best)
            continue;
        if (rule->is_group ? in_group(c, rule->id) : c->uid == rule->id)
            best = rule->level;
    }
    return best;
}

const char *access_holders(const struct access_rules *r, enum access level)
{
    for (size_t i = level; i <= ACCESS_ADMIN; i++)
        if (r->holders[i])
            return r->holders[i];
    return "nobody";
}

const char *access_name(uid_t uid)
{
    static struct known {
        uid_t uid;
        char *name;
    } * known;
    static size_t count, cap;
    const struct passwd *pw;

    for (size_t i = 0; i < count; i++)
        if (known[i].uid == uid)
            return known[i].name;
    pw = getpwuid(uid);
    known = xgrow(known, count, &cap, sizeof *known);
    known[count].uid = uid;
    known[count].name = pw ? text_one_line(pw->pw_name) : xasprintf("uid %lu", (unsigned long)uid);
    return known[count++].name;
}
