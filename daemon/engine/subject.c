#include "engine/subject.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/tell.h"
#include "engine/upkeep.h"
#include "engine/windows.h"
#include "plan/window.h"
#include "store/action.h"
#include "store/deadline.h"
#include "store/record.h"

void subject_clear(struct subject *x)
{
    free(x->title);
    *x = (struct subject){.due_on = DAY_NONE};
}

/* What was found, before it is held against the day asked for. */
struct sought {
    struct subject subject;
    day_t wanted;          /* DAY_NONE: any */
    const struct role *to; /* only what of it concerns who holds it; NULL: all */
    bool open;
    bool theirs;  /* something open of it is */
    char *closed; /* why nothing of it is open, behind its name; NULL: not known */
    char *owner;  /* title of the role that owns another part; NULL: nobody, or no action */
};

static void sought_clear(struct sought *x)
{
    subject_clear(&x->subject);
    free(x->closed);
    free(x->owner);
}

/* A day on which it is due while open: the one that is wanted, else the earliest. */
static void note_due(struct sought *x, day_t due_on)
{
    day_t have = x->subject.due_on;

    x->theirs = true;
    if (!day_is(have) || (day_is(due_on) && (due_on.n == x->wanted.n ||
                                             (have.n != x->wanted.n && due_on.n < have.n))))
        x->subject.due_on = due_on;
}

static void note_part(struct sought *x, const struct part *p)
{
    x->open = true;
    if (!x->to || p->owner_id == x->to->id)
        note_due(x, p->due_on);
    else if (!x->owner && p->owner_title)
        x->owner = xstrdup(p->owner_title);
}

/* The part that was closed last speaks for the action. */
static char *action_closed(const struct action *a)
{
    const struct part *last = &a->parts[0];
    char day[DAY_TEXT];

    for (size_t i = 1; i < a->part_count; i++)
        if (a->parts[i].known &&
            (!last->known || a->parts[i].completed_on.n > last->completed_on.n))
            last = &a->parts[i];
    if (!last->known)
        return NULL;
    if (!day_is(last->completed_on))
        return xasprintf("is %s", status_name(last->status));
    return xasprintf("is %s since %s", status_name(last->status),
                     day_short(last->completed_on, day));
}

static int note_action(void *arg, const struct action *a)
{
    struct sought *x = arg;

    x->subject.title = xstrdup(a->title);
    for (size_t i = 0; i < a->part_count; i++)
        if (a->parts[i].known && status_is_open(a->parts[i].status))
            note_part(x, &a->parts[i]);
    if (!x->open)
        x->closed = action_closed(a);
    return 1;
}

static int find_action(struct store *s, const char *about, day_t today, struct sought *x,
                       struct err *e)
{
    struct action_query q = {.as_at = today, .known_at = UTC_NONE};
    struct plan plan;

    if (action_find(s, about, NULL, &q.action_id, &plan, e) < 0)
        return -1;
    plan_clear(&plan);
    return action_each(s, &q, note_action, x, e);
}

char *subject_deadline_closed(const struct deadline *d, day_t today)
{
    enum deadline_state state = deadline_state(d, today);
    char day[DAY_TEXT];

    if (state == DEADLINE_SUBMITTED)
        return xasprintf("was submitted on %s", day_short(d->submitted_on, day));
    if (day_is(d->ended_on) && d->ended_why && strcmp(d->ended_why, DEADLINE_WITHDRAWN) == 0)
        return xasprintf("was withdrawn on %s", day_short(d->ended_on, day));
    if (state == DEADLINE_ENDED || (deadline_is_window(d) && !window_is_open(d)))
        return xasprintf("ended on %s%s%s", day_short(d->ended_on, day),
                         d->ended_why ? ", by " : "", d->ended_why ? d->ended_why : "");
    return NULL;
}

bool subject_deadline_concerns(const struct deadline *d, const struct role *role)
{
    if (deadline_is_window(d))
        return windows_concern(d, role);
    return role->id == d->role_id || deadline_copied_to(d, role->slug);
}

static int find_deadline(struct store *s, int64_t id, day_t today, struct sought *x, struct err *e)
{
    struct deadline d;

    if (deadline_find(s, id, &d, e) < 0)
        return -1;
    x->subject.title = xstrdup(d.title);
    x->closed = subject_deadline_closed(&d, today);
    x->open = !x->closed;
    if (x->open && (!x->to || subject_deadline_concerns(&d, x->to)))
        note_due(x, d.due_on);
    if (x->open && !x->theirs)
        x->owner = xstrdup(d.role_title);
    deadline_clear(&d);
    return 0;
}

/* Once it has begun, or was called off, nobody is reminded of it. */
static int find_record(struct store *s, enum record_kind kind, int64_t id, day_t today,
                       struct sought *x, struct err *e)
{
    char text[DAY_TEXT];
    const char *from;
    struct record r;
    day_t day = DAY_NONE;

    if (record_find(s, kind, id, &r, e) < 0)
        return -1;
    x->subject.title = record_title(&r);
    from = *record_value(&r, "from_on");
    x->open =
        from && day_parse_iso(from, &day) == 0 && day.n >= today.n && !record_is_cancelled(&r);
    if (x->open)
        note_due(x, day);
    else if (record_is_cancelled(&r))
        x->closed = xstrdup("was cancelled");
    else
        x->closed =
            day_is(day) ? xasprintf("began on %s", day_short(day, text)) : xstrdup("has no date");
    record_clear(&r);
    return 0;
}

/* What is said once is found only by its own day: there is nothing of it to put off. */
static int find_upkeep(struct store *s, const struct engine *engine, const char *about, day_t today,
                       struct sought *x, struct err *e)
{
    const struct upkeep_view v = {engine->zone, engine->holidays, today};
    struct upkeeps all;

    if (upkeeps_load(s, &v, NULL, &all, e) < 0)
        return -1;
    for (size_t i = 0; i < all.count; i++) {
        const struct upkeep *u = &all.items[i];

        if (strcmp(u->about, about) != 0)
            continue;
        if (!x->subject.title)
            x->subject.title = xstrdup(u->title);
        if (u->closed && !x->closed)
            x->closed = xstrdup(u->closed);
        if (u->closed || (upkeep_is_said_once(u->kind) && u->due_on.n != x->wanted.n))
            continue;
        x->open = true;
        if (!x->to || upkeep_concerns(u, x->to->slug))
            note_due(x, u->due_on);
        else if (!x->owner)
            x->owner = xstrdup(u->owner ? u->owner : ROLE_OFFICE);
    }
    upkeeps_clear(&all);
    if (!x->subject.title)
        return err_set(e, ERR_NOTFOUND,
                       "no %.80s: see csictl audit list, csictl measure list, csictl risk list",
                       about);
    return 0;
}

static int find(struct store *s, const struct engine *engine, const char *about, day_t today,
                struct sought *x, struct err *e)
{
    const char *number = strchr(about, ':');
    bool deadline = strncmp(about, "deadline:", 9) == 0;
    enum record_kind kind = RECORD_VISIT;
    char *end;
    int64_t id;

    if (upkeep_is(about))
        return find_upkeep(s, engine, about, today, x, e);
    if (!number || (!deadline && !record_kind_find(about, (size_t)(number - about), &kind)))
        return find_action(s, about, today, x, e);
    id = strtoll(number + 1, &end, 10);
    if (end == number + 1 || *end)
        return err_set(e, ERR_USAGE, "about: \"%.80s\" has no number behind the colon", about);
    if (deadline)
        return find_deadline(s, id, today, x, e);
    if (kind == RECORD_VISIT || kind == RECORD_INSPECTION)
        return find_record(s, kind, id, today, x, e);
    return err_set(e, ERR_USAGE, "about: nobody is reminded of %.80s", about);
}

/* NULL: it is due on that day. Caller frees. */
static char *moved(const struct sought *x)
{
    char is[DAY_TEXT], was[DAY_TEXT];

    if (!day_is(x->wanted) || x->wanted.n == x->subject.due_on.n)
        return NULL;
    if (!day_is(x->subject.due_on))
        return xasprintf("has no date by now, no longer %s", day_short(x->wanted, was));
    return xasprintf("is due on %s by now, no longer on %s", day_short(x->subject.due_on, is),
                     day_short(x->wanted, was));
}

static int check(const struct sought *x, const char *about, struct err *e)
{
    char *why;

    if (!x->open)
        return err_set(e, ERR_CONFLICT, "%.80s is closed: nothing is due of it any more", about);
    if (!day_is(x->subject.due_on))
        return err_set(e, ERR_CONFLICT, "%.80s has no due date: nobody is reminded of it", about);
    why = moved(x);
    if (why)
        err_set(e, ERR_CONFLICT, "%.80s %s", about, why);
    free(why);
    return why ? -1 : 0;
}

int subject_find(struct store *s, const struct engine *engine, const char *about, day_t due_on,
                 day_t today, struct subject *ret, struct err *e)
{
    struct sought x = {.subject = {.due_on = DAY_NONE}, .wanted = due_on};

    if (find(s, engine, about, today, &x, e) < 0 || check(&x, about, e) < 0) {
        sought_clear(&x);
        return -1;
    }
    *ret = x.subject;
    x.subject.title = NULL;
    sought_clear(&x);
    return 0;
}

/* ---- what has become of it ---- */

int subject_called(struct store *s, const char *about, char **ret, struct err *e)
{
    const char *colon = strchr(about, ':');
    enum record_kind kind;
    struct plan plan;

    if (!colon || strncmp(about, "deadline:", 9) == 0 ||
        record_kind_find(about, (size_t)(colon - about), &kind)) {
        *ret = xstrdup(about);
        return 0;
    }
    if (plan_find(s, NULL, &plan, e) == 0) {
        plan_clear(&plan);
        about = colon + 1;
    } else if (e->code == ERR_STORAGE || e->code == ERR_BUSY) {
        return -1;
    }
    *ret = xasprintf("action %s", about);
    return 0;
}

/* What is no longer so, behind its name; NULL: all is. Caller frees. */
static char *changed(const struct sought *x, enum subject_now *ret)
{
    char *why = NULL;

    *ret = SUBJECT_SAME;
    if (!x->open) {
        *ret = SUBJECT_CLOSED;
        why = xstrdup(x->closed ? x->closed : "is closed");
    } else if (!x->theirs) {
        *ret = SUBJECT_PASSED_ON;
        why = xasprintf("is with %s now, no longer with %s", x->owner ? x->owner : "nobody",
                        x->to->title);
    } else if ((why = moved(x))) {
        *ret = SUBJECT_MOVED;
    }
    return why;
}

int subject_now(struct store *s, const struct engine *engine, const char *about, day_t due_on,
                const struct role *to, day_t today, enum subject_now *ret, char **ret_why,
                struct err *e)
{
    struct sought x = {.subject = {.due_on = DAY_NONE}, .wanted = due_on, .to = to};
    char *why, *name;
    int rc = find(s, engine, about, today, &x, e);

    why = rc == 0 ? changed(&x, ret) : NULL;
    if (rc == 0)
        *ret_why = NULL;
    if (why && (rc = subject_called(s, about, &name, e)) == 0) {
        *ret_why = xasprintf("%s %s", name, why);
        free(name);
    }
    free(why);
    sought_clear(&x);
    return rc;
}

/* ---- statutory ---- */

bool subject_is_escalation(const char *event)
{
    return strcmp(event, EVENT_ESCALATION) == 0 || strcmp(event, EVENT_RESOLVED) == 0;
}

bool subject_is_statutory(const char *check_name, const char *event, const char *about)
{
    const struct check *c = check_find(check_name);

    return (c && c->statutory) || strcmp(event, EVENT_DEADLINE_MISSED) == 0 ||
           (subject_is_escalation(event) && strncmp(about, "deadline:", 9) == 0);
}

struct silenced {
    const struct silence_match *match;
    const struct role *roles;
    size_t role_count;
    char *what;
};

/* Whether a notice of it to who holds that role would be held, before or after it is missed. */
static bool held(const struct silenced *x, const char *about, const struct deadline *d,
                 const struct role *role)
{
    static const char *const events[] = {EVENT_DEADLINE_DUE, EVENT_DEADLINE_MISSED,
                                         EVENT_ESCALATION};
    struct silence_subject subject = {
        .about = about, .role = role->slug, .address = role->email, .rule = d->check_name};

    for (size_t i = 0; i < COUNT(events); i++) {
        subject.event = events[i];
        if (subject_is_statutory(d->check_name, events[i], about) &&
            silence_matches(x->match, &subject))
            return true;
    }
    return false;
}

static int note_silenced(void *arg, const struct deadline *d)
{
    struct silenced *x = arg;
    char *about = xasprintf("deadline:%" PRId64, d->id);

    for (size_t i = 0; i < x->role_count && !x->what; i++)
        if ((x->roles[i].id == d->role_id || deadline_copied_to(d, x->roles[i].slug)) &&
            held(x, about, d, &x->roles[i]))
            x->what = xasprintf("%s, %s", about, d->title);
    free(about);
    return x->what != NULL;
}

int subject_silenced(struct store *s, const struct silence_match *match, day_t today,
                     char **ret_what, struct err *e)
{
    struct silenced x = {.match = match};
    struct role *roles;
    int rc;

    if (role_all(s, today, &roles, &x.role_count, e) < 0)
        return -1;
    x.roles = roles;
    if (silence_wants(match, SILENCE_EVENT, EVENT_DEADLINE_MISSED))
        x.what = xstrdup(EVENT_DEADLINE_MISSED);
    rc = x.what ? 0 : deadline_each(s, false, DAY_NONE, note_silenced, &x, e);
    while (x.role_count)
        role_clear(&roles[--x.role_count]);
    free(roles);
    if (rc == 0)
        *ret_what = x.what;
    else
        free(x.what);
    return rc;
}
