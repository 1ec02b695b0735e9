#include "engine/also.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/due_actions.h"
#include "store/deadline.h"

struct rest {
    const char *email;
    const struct digest_page *const *pages;
    size_t page_count;
    const struct roster *roster;
    day_t today;
    struct action_item *items;
    char **owned; /* the texts of those that are deadlines */
    size_t count, cap, owned_count, owned_cap;
};

static bool said(const struct rest *r, const char *event)
{
    for (size_t i = 0; i < r->page_count; i++)
        if (strcmp(r->pages[i]->event, event) == 0)
            return true;
    return false;
}

static bool said_of(const struct rest *r, const char *about)
{
    for (size_t i = 0; i < r->page_count; i++)
        if (r->pages[i]->thread && strcmp(r->pages[i]->thread, about) == 0)
            return true;
    return false;
}

static bool is_theirs(const struct rest *r, const struct role *role)
{
    return role && tell_reachable(role) && strcasecmp(role->email, r->email) == 0;
}

static void add(struct rest *r, struct action_item item)
{
    r->items = xgrow(r->items, r->count, &r->cap, sizeof *r->items);
    r->items[r->count++] = item;
}

static char *own(struct rest *r, char *text)
{
    r->owned = xgrow(r->owned, r->owned_count, &r->owned_cap, sizeof *r->owned);
    return r->owned[r->owned_count++] = text;
}

static void add_actions(struct rest *r, const struct due_actions *all)
{
    bool overdue = said(r, EVENT_ACTION_OVERDUE), soon = said(r, EVENT_ACTION_DUE_SOON);

    for (size_t i = 0; i < all->count; i++) {
        const struct due_action *d = &all->items[i];

        if (d->days <= ACTION_SOON_DAYS && is_theirs(r, d->role) &&
            !(due_action_is_overdue(d) ? overdue : soon))
            add(r, due_action_item(d));
    }
}

static int add_deadline(void *arg, const struct deadline *d)
{
    struct rest *r = arg;
    char *about;

    if (deadline_is_window(d) || !is_theirs(r, roster_id(r->roster, d->role_id)))
        return 0;
    about = own(r, xasprintf("deadline:%" PRId64, d->id));
    if (!said_of(r, about))
        add(r, (struct action_item){.ref = about,
                                    .part = "",
                                    .title = own(r, xstrdup(d->title)),
                                    .due_on = d->due_on,
                                    .days = d->due_on.n - r->today.n});
    return 0;
}

static int by_days(const void *a, const void *b)
{
    const struct action_item *x = a, *y = b;

    return x->days != y->days ? (x->days < y->days ? -1 : 1) : strcmp(x->ref, y->ref);
}

int also_text(struct check_run *run, struct digest *d, const struct digest_page *const *pages,
              size_t count, char **ret, struct err *e)
{
    struct check_run with = *run;
    struct rest r = {
        .email = pages[0]->email, .pages = pages, .page_count = count, .today = run->today};
    struct due_actions *all;
    int rc;

    with.digest = d;
    if (due_actions_load(&with, &all, e) < 0)
        return -1;
    r.roster = &all->roster;
    add_actions(&r, all);
    rc = deadline_each(run->store, false, day_add(run->today, ACTION_SOON_DAYS), add_deadline, &r,
                       e);
    if (r.count)
        qsort(r.items, r.count, sizeof *r.items, by_days);
    if (rc == 0)
        *ret = r.count ? compose_also(r.items, r.count) : NULL;
    for (size_t i = 0; i < r.owned_count; i++)
        free(r.owned[i]);
    free(r.owned);
    free(r.items);
    return rc;
}
