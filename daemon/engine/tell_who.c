/* Who holds what, and whether they can be written to. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/tell.h"

int roster_load(struct check_run *run, struct roster *ret, struct err *e)
{
    struct roster r = {0};

    if (role_all(run->store, run->today, &r.roles, &r.count, e) < 0)
        return -1;
    *ret = r;
    return 0;
}

void roster_free(struct roster *r)
{
    for (size_t i = 0; i < r->count; i++)
        role_clear(&r->roles[i]);
    free(r->roles);
    *r = (struct roster){0};
}

const struct role *roster_id(const struct roster *r, int64_t id)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->roles[i].id == id)
            return &r->roles[i];
    return NULL;
}

const struct role *roster_slug(const struct roster *r, const char *slug)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->roles[i].slug, slug) == 0)
            return &r->roles[i];
    return NULL;
}

bool tell_reachable(const struct role *r)
{
    return r->email && !r->bounced;
}

char *tell_why_not(const struct role *r)
{
    if (!r->holder)
        return xasprintf("nobody holds the role %s", r->title);
    if (r->email)
        return xasprintf("mail to %s <%s>, who holds the role %s, comes back (%s)", r->holder,
                         r->email, r->title, r->bounced);
    return xasprintf("%s, who holds the role %s, has no address", r->holder, r->title);
}

const char *tell_reply_to(const struct roster *roster, const struct role *to)
{
    const struct role *office = roster_slug(roster, ROLE_OFFICE);

    return office && tell_reachable(office) && !tell_same_person(office, to) ? office->email : NULL;
}

char *tell_titles(const struct role *const *roles, size_t count)
{
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < count; i++)
        text_addf(&t, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " and ", roles[i]->title);
    return text_take(&t);
}

bool tell_same_person(const struct role *a, const struct role *b)
{
    return strcasecmp(a->email, b->email) == 0;
}
