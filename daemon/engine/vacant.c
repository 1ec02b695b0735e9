#include "engine/vacant.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/tell.h"
#include "engine/windows.h"
#include "plan/window.h"
#include "store/action.h"
#include "store/deadline.h"

/* The roles in which nobody can be reached, whether anything hangs on them or not. */
struct search {
    const struct role **roles;
    struct vacancy *found; /* of each of them */
    size_t count;
    day_t today;
};

static struct search search_new(const struct role *roles, size_t count, day_t today)
{
    struct search s = {xcalloc(count, sizeof *s.roles), xcalloc(count, sizeof *s.found), 0, today};

    for (size_t i = 0; i < count; i++)
        if (!tell_reachable(&roles[i])) {
            struct vacancy *v = &s.found[s.count];

            s.roles[s.count++] = &roles[i];
            *v = vacancy_new(roles[i].id, roles[i].slug, roles[i].title, roles[i].holder);
            v->email = xstrdup(roles[i].email);
            v->bounced = xstrdup(roles[i].bounced);
        }
    return s;
}

/* Those on which something hangs go to *ret, the soonest first; behind the *ret_count of them those
 * with something open that does not press, *ret_open in all. */
static void search_end(struct search *s, struct vacancy **ret, size_t *ret_count, size_t *ret_open)
{
    size_t kept = 0, pressing;

    if (s->count)
        qsort(s->found, s->count, sizeof *s->found, vacancy_order);
    while (kept < s->count && day_is(s->found[kept].first_on))
        kept++;
    pressing = kept;
    for (size_t i = kept; i < s->count; i++)
        if (s->found[i].open)
            s->found[kept++] = s->found[i];
        else
            vacancy_clear(&s->found[i]);
    free(s->roles);
    *ret = s->found;
    *ret_count = pressing;
    *ret_open = kept;
}

/* ---- deadlines and windows ---- */

bool vacant_is_open(const struct deadline *d, day_t today)
{
    enum deadline_state state = deadline_state(d, today);

    return deadline_is_window(d) ? window_is_open(d)
                                 : state == DEADLINE_OPEN || state == DEADLINE_OVERDUE;
}

static bool hangs_on(const struct deadline *d, const struct role *role)
{
    return deadline_is_window(d) ? windows_concern(d, role) : role->id == d->role_id;
}

static int add_duties(void *arg, const struct deadline *d)
{
    struct search *s = arg;
    char *about;

    if (!vacant_is_open(d, s->today))
        return 0;
    about = xasprintf("deadline:%" PRId64, d->id);
    for (size_t i = 0; i < s->count; i++)
        if (hangs_on(d, s->roles[i]))
            vacancy_add_duty(&s->found[i], about, d->title, d->due_on, deadline_is_window(d));
    free(about);
    return 0;
}

/* ---- actions ---- */

static bool presses(const struct part *p, day_t today)
{
    enum date_state state = part_date_state(p, today);

    return state == DATE_OVERDUE || state == DATE_DUE_TODAY || state == DATE_DUE_SOON;
}

static int add_action(void *arg, const struct standing *st)
{
    struct search *s = arg;

    for (size_t i = 0; i < s->count; i++) {
        day_t first = DAY_NONE;
        bool open = false;

        for (size_t k = 0; k < st->part_count; k++) {
            const struct part *p = &st->parts[k];

            if (p->owner_id != s->found[i].role_id || !p->known || !status_is_open(p->status))
                continue;
            open = true;
            if (presses(p, s->today))
                first = day_earlier(first, p->due_on);
        }
        if (open)
            vacancy_add_action(&s->found[i], first);
    }
    return 0;
}

/* ---- both ---- */

int vacant_find(struct store *s, const struct role *roles, size_t count, day_t today,
                struct vacancies *ret, struct err *e)
{
    const struct action_query query = {.as_at = today, .known_at = UTC_NONE};
    struct search owing = search_new(roles, count, today);
    struct search owning = search_new(roles, count, today);
    struct vacancies v;
    size_t open;
    int rc = 0;

    if (owing.count)
        rc = deadline_each(s, false, DAY_NONE, add_duties, &owing, e);
    if (rc == 0 && owning.count)
        rc = standing_each(s, &query, true, add_action, &owning, e);
    search_end(&owing, &v.owing, &v.owing_count, &open);
    search_end(&owning, &v.owning, &v.owning_count, &v.owning_open);
    if (rc < 0)
        vacant_clear(&v);
    else
        *ret = v;
    return rc;
}

void vacant_clear(struct vacancies *v)
{
    for (size_t i = 0; i < v->owing_count; i++)
        vacancy_clear(&v->owing[i]);
    for (size_t i = 0; i < v->owning_open; i++)
        vacancy_clear(&v->owning[i]);
    free(v->owing);
    free(v->owning);
    *v = (struct vacancies){0};
}

char *vacant_why(const struct vacancy *v, const struct duty *d)
{
    struct role role = {
        .title = v->title, .holder = v->holder, .email = v->email, .bounced = v->bounced};
    char *nobody = tell_why_not(&role), *why, day[DAY_TEXT];

    day_weekday_short(d ? d->due_on : v->first_on, day);
    if (d)
        why = xasprintf("%s; it %s %s, %s %s", nobody, d->window ? "is to hear of" : "owes",
                        d->title, d->window ? "expected by" : "due", day);
    else
        why = xasprintf("%s; it owns %zu action%s, the first due %s", nobody, v->actions,
                        v->actions == 1 ? "" : "s", day);
    free(nobody);
    return why;
}
