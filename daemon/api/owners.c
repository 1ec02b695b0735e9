#include "api/owners.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/notice.h"

int owners_before(const struct call *c, struct ownership **ret, struct err *e)
{
    return ownership_note(c->api->store, c->api->engine, c->api->now, ret, e);
}

/* How many things one person is told of, or why a role is not told. */
struct told {
    char *who;
    bool mailed;
    size_t count;
};
struct told_list {
    struct told *items;
    size_t count, cap;
};

static void add_told(struct told_list *l, char *who, bool mailed)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcasecmp(l->items[i].who, who) == 0) {
            l->items[i].count++;
            free(who);
            return;
        }
    l->items = xgrow(l->items, l->count, &l->cap, sizeof *l->items);
    l->items[l->count++] = (struct told){who, mailed, 1};
}

/* A mail has an address; what could not be mailed says why. */
static int note_told(void *arg, const struct notice_told *n)
{
    if (strcmp(n->event, EVENT_ACTION_REASSIGNED) != 0 || strncmp(n->channel, "webhook:", 8) == 0)
        return 0;
    if (n->to)
        add_told(arg, xstrdup(n->to), true);
    else
        add_told(arg, xasprintf("nobody as %s: %s", n->role, n->reason), false);
    return 0;
}

int owners_after(struct call *c, const struct ownership *before, bool *ret_told, struct err *e)
{
    struct told_list told = {0};
    int rc = reassign_tell(before, e);

    if (rc == 0)
        rc = notice_each_since(c->api->store, ownership_notice(before), note_told, &told, e);
    for (size_t i = 0; i < told.count; i++) {
        if (rc == 0 && told.items[i].mailed)
            call_told(c, "%s, at once: %zu now theirs", told.items[i].who, told.items[i].count);
        else if (rc == 0)
            call_told(c, "%s", told.items[i].who);
        free(told.items[i].who);
    }
    free(told.items);
    if (rc == 0 && ret_told)
        *ret_told = told.count > 0;
    return rc;
}
