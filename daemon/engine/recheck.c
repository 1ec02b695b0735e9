#include "engine/recheck.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/asked.h"
#include "engine/held.h"
#include "engine/subject.h"
#include "engine/tell.h"
#include "plan/slug.h"
#include "store/notice.h"

/* What says how things are. All else says what has happened, and goes whatever came of it. */
static const char *const reminders[] = {
    EVENT_ACTION_OVERDUE,  EVENT_ACTION_DUE_SOON, EVENT_VISIT_AHEAD,   EVENT_DEADLINE_DUE,
    EVENT_DEADLINE_MISSED, EVENT_WINDOW_OPEN,     EVENT_AUDIT_MISSING, EVENT_MEASURE_UNFED,
    EVENT_RISK_REVIEW,     EVENT_RISK_REPLY,      EVENT_ESCALATION};

/* What may have become of a notice, and how many more of them are spoken of. */
enum cause { STANDS, CLOSED, MOVED, PASSED_ON, GONE, HELD, CAUSES };
static const char *const more_of[CAUSES] = {
    [CLOSED] = "closed",        [MOVED] = "due on another day", [PASSED_ON] = "with somebody else",
    [GONE] = "somebody else's", [HELD] = "held back",
};

/* One notice of the message, its texts its own. */
struct item {
    int64_t id;
    char *event, *about, *rule, *step, *role;
    day_t due_on;
    bool reminds;
    size_t reader; /* among the readers */
};

/* A role by which the message was written, and whether its address is still that of who holds it.
 */
struct reader {
    struct role role; /* id 0: there is none */
    char *gone;       /* why not, in words; NULL: it is */
};

struct look {
    struct store *s;
    const struct engine *engine;
    const char *recipient;
    utc_t now;
    day_t today;
    struct item *items;
    size_t count, cap;
    struct reader *readers;
    size_t reader_count, reader_cap;
};

static void look_clear(struct look *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i].event);
        free(l->items[i].about);
        free(l->items[i].rule);
        free(l->items[i].step);
        free(l->items[i].role);
    }
    free(l->items);
    for (size_t i = 0; i < l->reader_count; i++) {
        role_clear(&l->readers[i].role);
        free(l->readers[i].gone);
    }
    free(l->readers);
}

/* ---- what it says, and to whom ---- */

static bool reminds(const char *event)
{
    for (size_t i = 0; i < COUNT(reminders); i++)
        if (strcmp(reminders[i], event) == 0)
            return true;
    return false;
}

static int take_item(void *arg, const struct notice_row *n)
{
    struct look *l = arg;

    l->items = xgrow(l->items, l->count, &l->cap, sizeof *l->items);
    l->items[l->count++] = (struct item){.id = n->id,
                                         .event = xstrdup(n->event),
                                         .about = xstrdup(n->about),
                                         .rule = xstrdup(n->rule),
                                         .step = xstrdup(n->step),
                                         .role = xstrdup(n->role),
                                         .due_on = n->due_on,
                                         .reminds = reminds(n->event) || check_asks(n->rule)};
    return 0;
}

static char *why_gone(const struct role *role, const char *recipient)
{
    if (!tell_reachable(role))
        return tell_why_not(role);
    if (strcasecmp(role->email, recipient) == 0)
        return NULL;
    return xasprintf("who holds the role %s is %s <%s> now", role->title, role->holder,
                     role->email);
}

static int find_reader(struct look *l, struct item *item, struct err *e)
{
    struct reader *r;

    for (size_t i = 0; i < l->reader_count; i++)
        if (strcmp(l->readers[i].role.slug, item->role) == 0) {
            item->reader = i;
            return 0;
        }
    l->readers = xgrow(l->readers, l->reader_count, &l->reader_cap, sizeof *l->readers);
    r = &l->readers[l->reader_count];
    *r = (struct reader){0};
    if (role_find(l->s, item->role, l->today, &r->role, e) < 0)
        return -1;
    r->gone = why_gone(&r->role, l->recipient);
    item->reader = l->reader_count++;
    return 0;
}

static int load(struct look *l, int64_t message, struct err *e)
{
    if (notice_each_of(l->s, message, take_item, l, e) < 0)
        return -1;
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].reminds && find_reader(l, &l->items[i], e) < 0)
            return -1;
    return 0;
}

/* ---- what has become of it ---- */

static int judge_held(const struct look *l, const struct item *item, enum cause *ret,
                      char **ret_why, struct err *e)
{
    struct check_run run = {.store = l->s,
                            .engine = l->engine,
                            .schedule = item->rule,
                            .check = item->rule,
                            .now = l->now,
                            .today = l->today};
    const struct notice n = {.event = item->event,
                             .about = item->about,
                             .due_on = item->due_on,
                             .rule = item->rule,
                             .step = item->step,
                             .role = item->role,
                             .channel = "mail",
                             .reason = ""};
    char *held, *name;

    if (held_why(&run, &n, &l->readers[item->reader].role, &held, e) < 0)
        return -1;
    if (!held)
        return 0;
    if (subject_called(l->s, item->about, &name, e) < 0) {
        free(held);
        return -1;
    }
    *ret = HELD;
    *ret_why = xasprintf("%s: %s", name, held);
    free(name);
    free(held);
    return 0;
}

/* Whether it went to a role that hears of what others own. */
static bool is_copy(const struct look *l, const struct item *item)
{
    const char *slugs = l->engine->policy.copy_actions;
    char slug[SLUG_MAX + 1];

    if (subject_is_escalation(item->event))
        return true;
    if (strncmp(item->event, "csi.action.", strlen("csi.action.")) != 0)
        return false;
    while (slug_next(&slugs, slug))
        if (strcmp(slug, item->role) == 0)
            return true;
    return false;
}

static int judge_asked(const struct look *l, const struct item *item, enum cause *ret,
                       char **ret_why, struct err *e)
{
    bool still;
    char *name;

    if (asked_still(l->s, &l->engine->policy, item->rule, item->about, item->step, item->due_on,
                    l->today, &still, e) < 0)
        return -1;
    if (still)
        return 0;
    if (subject_called(l->s, item->about, &name, e) < 0)
        return -1;
    *ret = CLOSED;
    *ret_why = xasprintf("%s: nothing more is asked for of it", name);
    free(name);
    return 0;
}

static int judge_subject(const struct look *l, const struct item *item, enum cause *ret,
                         char **ret_why, struct err *e)
{
    static const enum cause causes[] = {[SUBJECT_SAME] = STANDS,
                                        [SUBJECT_CLOSED] = CLOSED,
                                        [SUBJECT_MOVED] = MOVED,
                                        [SUBJECT_PASSED_ON] = PASSED_ON};
    const struct role *role = &l->readers[item->reader].role;
    enum subject_now now;

    if (subject_now(l->s, l->engine, item->about, item->due_on, is_copy(l, item) ? NULL : role,
                    l->today, &now, ret_why, e) < 0)
        return -1;
    *ret = causes[now];
    return 0;
}

/* STANDS, or what has become of it and that in words, which the caller frees. What there is no
 * longer, or never was, is closed. */
static int judge(const struct look *l, const struct item *item, enum cause *ret, char **ret_why,
                 struct err *e)
{
    bool asks = check_asks(item->rule);
    const char *gone;

    *ret = STANDS;
    *ret_why = NULL;
    if (!item->reminds)
        return 0;
    if ((asks ? judge_asked : judge_subject)(l, item, ret, ret_why, e) < 0) {
        if (e->code != ERR_NOTFOUND)
            return -1;
        *ret = CLOSED;
        *ret_why = xasprintf("there is no %s any more", item->about);
        return 0;
    }
    gone = l->readers[item->reader].gone;
    if (*ret == STANDS && gone) {
        *ret = GONE;
        *ret_why = xstrdup(gone);
    }
    return *ret == STANDS ? judge_held(l, item, ret, ret_why, e) : 0;
}

/* ---- the reason ---- */

/* The first of each kind in words, and how many more there are of it. */
struct reasons {
    char *first[CAUSES];
    size_t more[CAUSES];
};

static void add_reason(struct reasons *r, enum cause cause, char *why)
{
    if (!r->first[cause]) {
        r->first[cause] = why;
        return;
    }
    r->more[cause] += strcmp(r->first[cause], why) != 0;
    free(why);
}

/* Frees what was gathered. Caller frees the text. */
static char *reasons_text(struct reasons *r)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (int i = 0; i < CAUSES; i++) {
        if (!r->first[i])
            continue;
        text_addf(&t, "%s%s", t.len ? "; " : "", r->first[i]);
        if (r->more[i])
            text_addf(&t, ", and %zu more %s %s", r->more[i], r->more[i] == 1 ? "is" : "are",
                      more_of[i]);
        free(r->first[i]);
    }
    return text_take(&t);
}

/* ---- the message ---- */

/* NULL where something stands, or where it says nothing. */
static int why_void(const struct look *l, char **ret, struct err *e)
{
    struct reasons reasons = {0};
    bool stands = l->count == 0;
    char *text;
    int rc = 0;

    for (size_t i = 0; rc == 0 && !stands && i < l->count; i++) {
        enum cause cause;
        char *why;

        rc = judge(l, &l->items[i], &cause, &why, e);
        stands = rc == 0 && cause == STANDS;
        if (rc == 0 && !stands)
            add_reason(&reasons, cause, why);
    }
    text = reasons_text(&reasons);
    *ret = rc == 0 && !stands ? xstrdup(text) : NULL;
    free(text);
    return rc;
}

static int void_notices(const struct look *l, bool all, struct err *e)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct item *item = &l->items[i];

        if ((all || (item->reminds && l->readers[item->reader].gone)) &&
            notice_void(l->s, item->id, e) < 0)
            return -1;
    }
    return 0;
}

static struct look new_look(struct store *s, const struct engine *engine, const char *recipient,
                            utc_t now)
{
    return (struct look){.s = s,
                         .engine = engine,
                         .recipient = recipient,
                         .now = now,
                         .today = zone_today(engine->zone, now)};
}

/* What cannot be judged goes: a reminder too many is better than a queue that stands still. */
static bool is_fatal(const struct err *e)
{
    return e->code == ERR_STORAGE || e->code == ERR_BUSY;
}

int recheck_why_not(void *arg, const struct outbox_message *m, utc_t now, char **ret, struct err *e)
{
    const struct recheck *r = arg;
    struct look l = new_look(r->store, r->engine, m->recipient, now);
    char *why = NULL;
    int rc;

    *ret = NULL;
    if (strcmp(m->channel, "mail") != 0)
        return 0;
    rc = load(&l, m->id, e);
    if (rc == 0)
        rc = why_void(&l, &why, e);
    if (rc == 0)
        rc = void_notices(&l, why != NULL, e);
    look_clear(&l);
    if (rc == 0)
        *ret = why;
    else
        free(why);
    return rc < 0 && is_fatal(e) ? -1 : 0;
}

static int refuse_void(struct store *s, const struct engine *engine, const struct outbox_message *m,
                       utc_t now, struct err *e)
{
    struct recheck r = {s, engine};
    char *why;

    /* what came back told nobody, see bounce.h; nor did a level that expired */
    if ((m->state == OUTBOX_CANCELLED || m->state == OUTBOX_FAILED || m->state == OUTBOX_EXPIRED) &&
        notice_revive(s, m->id, e) < 0)
        return -1;
    if (recheck_why_not(&r, m, now, &why, e) < 0)
        return -1;
    if (why)
        err_set(e, ERR_CONFLICT, "not sent again, for it is no longer so: %s", why);
    free(why);
    return why ? -1 : 0;
}

int recheck_retry(struct store *s, const struct engine *engine, int64_t message, utc_t now,
                  struct err *e)
{
    struct outbox_message m;
    int rc;

    if (outbox_read(s, message, &m, e) < 0)
        return -1;
    rc = outbox_may_become(m.state, OUTBOX_QUEUED) && m.state != OUTBOX_ACCEPTED
             ? refuse_void(s, engine, &m, now, e)
             : 0;
    if (rc == 0)
        rc = outbox_retry(s, message, e);
    outbox_message_clear(&m);
    return rc;
}
