#include "api/about.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/action.h"
#include "store/deadline.h"

struct sought {
    const char *rule; /* its id, so long */
    size_t len;
    day_t from, to;
    int64_t found; /* 0: none yet */
    size_t count;
};

static int note_ruled(void *arg, const struct deadline *d)
{
    struct sought *x = arg;

    if (d->rule && strlen(d->rule) == x->len && strncasecmp(d->rule, x->rule, x->len) == 0 &&
        d->due_on.n >= x->from.n && d->due_on.n <= x->to.n) {
        x->found = d->id;
        x->count++;
    }
    return 0;
}

/* "CHAIR-QTR/2017Q4": the deadline of that rule whose date lies within that period. */
static int find_ruled(const struct call *c, const char *text, char **ret, struct err *e)
{
    struct sought x = {.rule = text, .len = strcspn(text, "/")};

    if (!text[x.len])
        return err_set(e, ERR_USAGE,
                       "deadline:%s wants a number, or a rule and a period: deadline:%.*s/2017Q4",
                       text, (int)x.len, text);
    if (call_read_period(text + x.len + 1, &x.from, &x.to, e) < 0)
        return err_within(e, "about");
    if (deadline_each(c->api->store, true, DAY_NONE, note_ruled, &x, e) < 0)
        return -1;
    if (x.count == 0)
        return err_set(e, ERR_NOTFOUND, "no deadline %s: see csictl deadline list --all", text);
    if (x.count > 1)
        return err_set(e, ERR_CONFLICT,
                       "%zu deadlines are %s: name one by its number, see csictl deadline list "
                       "--all",
                       x.count, text);
    *ret = xasprintf("deadline:%lld", (long long)x.found);
    return 0;
}

static int note_name(void *arg, const struct action *a)
{
    *(char **)arg = xasprintf("%s:%s", a->plan, a->ref);
    return 1;
}

int call_about(const struct call *c, char **ret, struct err *e)
{
    static const char deadline[] = "deadline:";
    struct action_query query = {.as_at = day_from_ymd(9999, 12, 31), .known_at = UTC_NONE};
    const char *text = call_text(c, "about");
    bool action = text && strncmp(text, "action:", 7) == 0;
    struct plan plan;

    *ret = NULL;
    if (!text)
        return 0;
    if (strncmp(text, deadline, strlen(deadline)) == 0 &&
        isalpha((unsigned char)text[strlen(deadline)]))
        return find_ruled(c, text + strlen(deadline), ret, e);
    text += action ? 7 : 0;
    if (action_find(c->api->store, text, NULL, &query.action_id, &plan, e) == 0) {
        plan_clear(&plan);
        return action_each(c->api->store, &query, note_name, ret, e);
    }
    if (action || (e->code == ERR_USAGE && *text >= '0' && *text <= '9') || e->code == ERR_STORAGE)
        return -1;
    *ret = xstrdup(text); /* a deadline, a role, a plan, … */
    return 0;
}
