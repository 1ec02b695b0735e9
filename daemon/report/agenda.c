/* What deadlines and actions bring to the agenda, and how all of it is put together. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/checks.h"
#include "plan/ladder.h"
#include "plan/window.h"
#include "report/agenda_impl.h"
#include "store/action.h"
#include "store/deadline.h"

const char *agenda_kind_name(enum agenda_kind k)
{
    static const char *const names[] = {
        [AGENDA_DEADLINE] = "deadline",     [AGENDA_WINDOW] = "window",
        [AGENDA_INSPECTION] = "inspection", [AGENDA_VISIT] = "visit",
        [AGENDA_MEETING] = "meeting",       [AGENDA_PAPERS] = "papers",
        [AGENDA_DECISION] = "decision",     [AGENDA_ACTION] = "action",
        [AGENDA_PLANNING] = "planning",     [AGENDA_AUDIT] = "audit",
        [AGENDA_MEASURE] = "measure",       [AGENDA_RISK] = "risk",
        [AGENDA_REPLY] = "reply",
    };

    return names[k];
}

/* ---- the list ---- */

static void item_clear(struct agenda_item *i)
{
    free(i->key);
    free(i->about);
    free(i->what);
    free(i->note);
    free(i->role);
    free(i->recipient);
    free(i->place);
}

void agenda_clear(struct agenda *a)
{
    while (a->count)
        item_clear(&a->items[--a->count]);
    free(a->items);
    *a = (struct agenda){0};
}

struct agenda_item agenda_item_new(enum agenda_kind kind, int64_t id, day_t on)
{
    return (struct agenda_item){.kind = kind,
                                .id = id,
                                .on = on,
                                .to = DAY_NONE,
                                .send_by = DAY_NONE,
                                .minute = -1,
                                .updated_at = UTC_NONE};
}

bool agenda_wants(const struct making *m, enum agenda_kind kind)
{
    return m->q->kinds & AGENDA_BIT(kind);
}

bool agenda_is_for(const struct making *m, const char *role)
{
    return !m->q->role || (role && strcmp(m->q->role, role) == 0);
}

static bool is_within(const struct agenda_query *q, const struct agenda_item *i)
{
    bool period = day_is(q->from); /* then all of it, as it was */
    day_t first = period ? q->from : q->today, last = day_is(i->to) ? i->to : i->on;

    if ((i->dropped && !q->dropped) || (i->done && !period) ||
        (day_is(q->until) && i->on.n > q->until.n))
        return false;
    return last.n >= first.n || (i->late && !period);
}

void agenda_add(struct making *m, struct agenda_item item)
{
    struct agenda *a = m->agenda;

    if (!agenda_wants(m, item.kind) || !is_within(m->q, &item)) {
        item_clear(&item);
        return;
    }
    a->items = xgrow(a->items, a->count, &a->cap, sizeof *a->items);
    a->items[a->count++] = item;
}

static int by_day(const void *a, const void *b)
{
    const struct agenda_item *x = a, *y = b;

    if (x->on.n != y->on.n)
        return x->on.n < y->on.n ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* ---- deadlines and windows ---- */

static char *deadline_note(const struct deadline *d, day_t send_by)
{
    char day[DAY_TEXT];

    if (day_is(d->submitted_on))
        return xasprintf("submitted on %s", day_weekday_short(d->submitted_on, day));
    return xasprintf("send by %s", day_weekday_short(send_by, day));
}

/* From its last day on a warning says nothing new. */
static char *window_note(const struct deadline *d, day_t today)
{
    bool letter = strcmp(d->check_name, CHECK_LETTERS) == 0;
    char last[DAY_TEXT], warn[DAY_TEXT];
    day_t warn_on = window_warn_on(d);

    day_weekday_short(d->due_on, last);
    if (warn_on.n <= today.n)
        return xasprintf("until %s; %s", last, letter ? "not received" : "nothing is booked");
    if (warn_on.n >= d->due_on.n)
        return xasprintf("until %s", last);
    return xasprintf("until %s; a warning from %s if %s", last, day_weekday_short(warn_on, warn),
                     letter ? "it has not come" : "nothing is booked");
}

static char *ended_note(const struct deadline *d)
{
    char day[DAY_TEXT];

    return xasprintf("ended on %s%s%s", day_weekday_short(d->ended_on, day),
                     d->ended_why ? ": " : "", d->ended_why ? d->ended_why : "");
}

/* A window that a record states is that record's own: the record need not say it again. */
static void note_stated(struct making *m, const struct deadline *d)
{
    if (!d->stated_by)
        return;
    m->stated = xgrow(m->stated, m->stated_count, &m->stated_cap, sizeof *m->stated);
    m->stated[m->stated_count++] = xstrdup(d->stated_by);
}

static int add_deadline(void *arg, const struct deadline *d)
{
    struct making *m = arg;
    bool window = deadline_is_window(d);
    enum deadline_state state = deadline_state(d, m->q->today);
    struct agenda_item i = agenda_item_new(window ? AGENDA_WINDOW : AGENDA_DEADLINE, d->id,
                                           window ? d->opens_on : d->due_on);

    if (window && (state == DEADLINE_OPEN || state == DEADLINE_OVERDUE))
        note_stated(m, d);
    if (!agenda_is_for(m, d->role) && !(d->copy_to && text_has_word(d->copy_to, m->q->role)))
        return 0;
    if (window)
        i.to = d->due_on;
    else
        i.send_by = ladder_send_by(m->q->holidays, d->due_on);
    i.key = xasprintf("deadline-%" PRId64, d->id);
    i.about = xasprintf("deadline:%" PRId64, d->id);
    i.what = xstrdup(d->title);
    i.note = state == DEADLINE_ENDED ? ended_note(d)
             : window                ? window_note(d, m->q->today)
                                     : deadline_note(d, i.send_by);
    i.role = xstrdup(d->role);
    i.recipient = xstrdup(d->recipient);
    i.state = deadline_state_name(state);
    i.late = state == DEADLINE_OVERDUE;
    i.done = state == DEADLINE_SUBMITTED;
    i.dropped = state == DEADLINE_ENDED;
    i.version = d->version;
    i.updated_at = d->updated_at;
    agenda_add(m, i);
    return 0;
}

/* The first day of a window may be within what is asked for though its last is not. */
static int add_deadlines(struct making *m, struct err *e)
{
    bool all = day_is(m->q->from) || m->q->dropped;

    return deadline_each(m->store, all, DAY_NONE, add_deadline, m, e);
}

/* ---- actions ---- */

static bool is_dropped(const struct action *a)
{
    for (size_t i = 0; i < a->part_count; i++)
        if (a->parts[i].known && status_counts(a->parts[i].status))
            return false;
    return true;
}

/* Of the parts that are open (of a dropped action, of all) and for whom the agenda is, the one due
 * first; NULL: none is due at all. */
static const struct part *first_due(const struct making *m, const struct action *a, bool dropped)
{
    bool whole = agenda_is_for(m, a->accountable);
    const struct part *first = NULL;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (p->known && day_is(p->due_on) && (dropped || status_is_open(p->status)) &&
            (whole || agenda_is_for(m, p->owner)) && (!first || p->due_on.n < first->due_on.n))
            first = p;
    }
    return first;
}

static int add_action(void *arg, const struct action *a)
{
    struct making *m = arg;
    bool dropped = is_dropped(a);
    const struct part *p = first_due(m, a, dropped);
    struct agenda_item i;

    if (!p)
        return 0;
    i = agenda_item_new(AGENDA_ACTION, a->id, p->due_on);
    i.key = xasprintf("action-%" PRId64, a->id);
    i.about = xasprintf("%s:%s", a->plan, a->ref);
    i.what = xstrdup(a->title);
    i.note = xstrdup(p->due_text);
    i.role = xstrdup(p->owner);
    i.state = dropped ? status_name(p->status) : date_state_name(part_date_state(p, m->q->today));
    i.late = part_date_state(p, m->q->today) == DATE_OVERDUE;
    i.dropped = dropped;
    i.version = a->version;
    i.updated_at = a->updated_at;
    agenda_add(m, i);
    return 0;
}

static int add_actions(struct making *m, struct err *e)
{
    struct action_query q = {.as_at = m->q->today, .known_at = UTC_NONE};

    return action_each(m->store, &q, add_action, m, e);
}

/* ---- all of it ---- */

int agenda_make(struct store *s, const struct agenda_query *q, struct agenda *ret, struct err *e)
{
    static const struct {
        unsigned kinds;
        int (*add)(struct making *m, struct err *e);
    } sources[] = {
        /* first: a visit that states a window is looked for among them */
        {AGENDA_BIT(AGENDA_DEADLINE) | AGENDA_BIT(AGENDA_WINDOW), add_deadlines},
        {AGENDA_BIT(AGENDA_INSPECTION) | AGENDA_BIT(AGENDA_PLANNING) | AGENDA_BIT(AGENDA_VISIT) |
             AGENDA_BIT(AGENDA_WINDOW),
         agenda_add_visits},
        {AGENDA_BIT(AGENDA_MEETING) | AGENDA_BIT(AGENDA_PAPERS), agenda_add_meetings},
        {AGENDA_BIT(AGENDA_DECISION), agenda_add_decisions},
        {AGENDA_BIT(AGENDA_AUDIT) | AGENDA_BIT(AGENDA_MEASURE) | AGENDA_BIT(AGENDA_RISK) |
             AGENDA_BIT(AGENDA_REPLY),
         agenda_add_upkeep},
        {AGENDA_BIT(AGENDA_ACTION), add_actions},
    };
    struct agenda agenda = {0};
    struct making m = {.store = s, .q = q, .agenda = &agenda};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < COUNT(sources); i++)
        if (q->kinds & sources[i].kinds)
            rc = sources[i].add(&m, e);
    while (m.stated_count)
        free(m.stated[--m.stated_count]);
    free(m.stated);
    if (rc < 0) {
        agenda_clear(&agenda);
        return -1;
    }
    if (agenda.count)
        qsort(agenda.items, agenda.count, sizeof *agenda.items, by_day);
    *ret = agenda;
    return 0;
}
