#include "engine/people.h"

#include <stdlib.h>

#include "base/mem.h"
#include "engine/trouble.h"
#include "engine/finding.h"
#include "engine/held.h"

int people_each(const struct role *const *roles, size_t count,
                int (*row)(void *arg, const struct reader *who, struct err *e), void *arg,
                struct err *e)
{
    const struct role **held = xcalloc(count, sizeof *held);
    bool *done = xcalloc(count, sizeof *done);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct reader who = {held, 0};

        if (done[i])
            continue;
        held[who.count++] = roles[i];
        for (size_t k = i + 1; tell_reachable(roles[i]) && k < count; k++)
            if (tell_reachable(roles[k]) && tell_same_person(roles[i], roles[k])) {
                held[who.count++] = roles[k];
                done[k] = true;
            }
        rc = row(arg, &who, e);
    }
    free(held);
    free(done);
    return rc;
}

struct telling {
    struct check_run *run;
    const struct roster *roster;
    const struct findings *f;
};

static struct tell_step step_of(const struct findings *f, size_t item)
{
    return f->step ? f->step(f->arg, item) : (struct tell_step){0};
}

static int tell_none(const struct telling *t, const struct role *role, struct err *e)
{
    char *why = tell_why_not(role);
    size_t troubles = t->run->trouble.count;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < t->f->count; i++) {
        struct tell_step step = step_of(t->f, i);
        struct notice n;
        bool fresh;

        if (!t->f->concerns(t->f->arg, i, role))
            continue;
        n = t->f->notice(t->f->arg, i, role);
        rc = tell_nobody_at(t->run, &n, &step, why, &fresh, e);
    }
    trouble_cut(t->run, troubles);
    free(why);
    return rc;
}

/* ---- one person's mail ---- */

struct parts {
    size_t *items; /* that are news to the person */
    size_t item_count;
    const struct role **roles; /* that they are news to */
    size_t role_count;
    struct notice *notices; /* one for each item and role */
    size_t notice_count;
};

static void add_role(struct parts *p, const struct role *role)
{
    size_t i = 0;

    while (i < p->role_count && p->roles[i] != role)
        i++;
    if (i == p->role_count)
        p->roles[p->role_count++] = role;
}

static int add_item(const struct telling *t, const struct reader *who, size_t item, struct parts *p,
                    struct err *e)
{
    struct tell_step step = step_of(t->f, item);
    size_t before = p->notice_count;

    for (size_t r = 0; r < who->count; r++) {
        struct notice n;
        bool mailed, held = false;

        if (!t->f->concerns(t->f->arg, item, who->roles[r]))
            continue;
        n = t->f->notice(t->f->arg, item, who->roles[r]);
        if (tell_told(t->run, &n, &step, &mailed, e) < 0 ||
            (!mailed && held_one(t->run, &n, who->roles[r], &held, e) < 0))
            return -1;
        if (mailed || held)
            continue;
        p->notices[p->notice_count++] = n;
        add_role(p, who->roles[r]);
    }
    if (p->notice_count > before)
        p->items[p->item_count++] = item;
    return 0;
}

static int overtake(const struct telling *t, const struct parts *p, struct err *e)
{
    const struct findings *f = t->f;

    for (size_t i = 0; f->overtake && i < p->item_count; i++)
        for (size_t r = 0; r < p->role_count; r++) {
            struct notice n = f->notice(f->arg, p->items[i], p->roles[r]);

            if (f->concerns(f->arg, p->items[i], p->roles[r]) &&
                f->overtake(f->arg, p->items[i], &n, e) < 0)
                return -1;
        }
    return 0;
}

static int mail(const struct telling *t, struct parts *p, struct err *e)
{
    char *titles = tell_titles(p->roles, p->role_count);
    char *reference = xasprintf("%s %s", p->notices[0].about, p->notices[0].step);
    struct news news = {
        p->items,
        p->item_count,
        {p->roles, p->role_count},
        {t->run->engine->organisation, titles, reference, DAY_NONE, t->run->engine->forecast}};
    const char *thread = NULL;
    utc_t until = UTC_NONE;
    struct letter letter = t->f->letter(t->f->arg, &news, &thread, &until);
    int rc = tell_mail(t->run, p->roles[0], &letter, thread, tell_reply_to(t->roster, p->roles[0]),
                       until, p->notices, p->notice_count, e);

    letter_clear(&letter);
    free(titles);
    free(reference);
    return rc;
}

static int tell_reader(void *arg, const struct reader *who, struct err *e)
{
    const struct telling *t = arg;
    struct parts p = {0};
    int rc = 0;

    if (!tell_reachable(who->roles[0]))
        return tell_none(t, who->roles[0], e);
    p.items = xcalloc(t->f->count, sizeof *p.items);
    p.roles = xcalloc(who->count, sizeof *p.roles);
    p.notices = xcalloc(t->f->count * who->count, sizeof *p.notices);
    for (size_t i = 0; rc == 0 && i < t->f->count; i++)
        rc = add_item(t, who, i, &p, e);
    if (rc == 0 && p.item_count)
        rc = mail(t, &p, e) < 0 ? -1 : overtake(t, &p, e);
    free(p.items);
    free(p.roles);
    free(p.notices);
    return rc;
}

/* ---- everyone ---- */

static bool concerned(const struct findings *f, const struct role *role)
{
    size_t i = 0;

    while (i < f->count && !f->concerns(f->arg, i, role))
        i++;
    return i < f->count;
}

/* Each once, by the first whom it concerns. */
static void note_all(struct check_run *run, const struct roster *roster, const struct findings *f)
{
    for (size_t i = 0; i < f->count; i++) {
        size_t r = 0;

        while (r < roster->count && !f->concerns(f->arg, i, &roster->roles[r]))
            r++;
        if (r < roster->count) {
            struct notice n = f->notice(f->arg, i, &roster->roles[r]);

            finding_note(run, n.about, n.due_on, n.reason);
        }
    }
}

int people_tell(struct check_run *run, const struct roster *roster, const struct findings *f,
                struct err *e)
{
    const struct role **roles = xcalloc(roster->count, sizeof *roles);
    struct telling t = {run, roster, f};
    size_t count = 0;
    int rc;

    if (!f->noted)
        note_all(run, roster, f);
    for (size_t i = 0; i < roster->count; i++)
        if (concerned(f, &roster->roles[i]))
            roles[count++] = &roster->roles[i];
    rc = people_each(roles, count, tell_reader, &t, e);
    free(roles);
    return rc;
}
