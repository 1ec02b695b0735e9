/* What records bring to the agenda: inspections and visits, meetings and their papers, decisions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/agenda_impl.h"
#include "store/record.h"
#include "store/role.h"

static const char *value(const struct record *r, const char *name)
{
    struct record at = *r; /* shares the values */

    return *record_value(&at, name);
}

static day_t day_of(const struct record *r, const char *name)
{
    const char *text = value(r, name);
    day_t day;

    return text && day_parse_iso(text, &day) == 0 ? day : DAY_NONE;
}

static const char *state_of(const struct making *m, day_t on, day_t to)
{
    day_t last = day_is(to) ? to : on;

    return last.n < m->q->today.n ? "past" : on.n <= m->q->today.n ? "today" : "ahead";
}

/* One of the record's own; what, note and role are still to be said. */
static struct agenda_item item_of(const struct making *m, const struct record *r,
                                  enum agenda_kind kind, day_t on, day_t to)
{
    const char *name = record_def(r->kind)->name;
    struct agenda_item i = agenda_item_new(kind, r->id, on);

    if (kind == AGENDA_PAPERS || kind == AGENDA_PLANNING) /* beside the record's own */
        i.key = xasprintf("%s-%" PRId64, agenda_kind_name(kind), r->id);
    else
        i.key = xasprintf("%s-%" PRId64, name, r->id);
    i.about = xasprintf("%s:%" PRId64, name, r->id);
    if (day_is(to) && to.n != on.n)
        i.to = to;
    i.state = state_of(m, on, i.to);
    i.version = r->version;
    i.updated_at = r->recorded_at;
    i.dropped = record_is_cancelled(r);
    if (i.dropped)
        i.state = "cancelled";
    return i;
}

/* ---- inspections and visits ---- */

static char *until_note(day_t to, const char *scope)
{
    char day[DAY_TEXT];

    if (!day_is(to))
        return xstrdup(scope);
    return xasprintf("until %s%s%s", day_weekday_short(to, day), scope ? ": " : "",
                     scope ? scope : "");
}

static void add_planning(struct making *m, const struct record *r)
{
    day_t on = day_of(r, "planning_on");
    struct agenda_item i;

    if (!day_is(on))
        return;
    i = item_of(m, r, AGENDA_PLANNING, on, DAY_NONE);
    i.what = xstrdup("Action planning meeting");
    i.note = record_title(r);
    agenda_add(m, i);
}

static int add_inspection(void *arg, const struct record *r)
{
    struct making *m = arg;
    day_t on = day_of(r, "from_on");
    struct agenda_item i;

    add_planning(m, r);
    if (!day_is(on))
        return 0;
    i = item_of(m, r, AGENDA_INSPECTION, on, day_of(r, "to_on"));
    i.what = record_title(r);
    i.note = until_note(i.to, NULL);
    i.announced = true;
    agenda_add(m, i);
    return 0;
}

static bool is_stated(const struct making *m, const struct agenda_item *i)
{
    for (size_t k = 0; k < m->stated_count; k++)
        if (strcmp(m->stated[k], i->about) == 0)
            return true;
    return false;
}

/* A visit of which only the window is known: it is late when that has passed. */
static struct agenda_item expected_item(const struct making *m, const struct record *r, day_t on)
{
    day_t to = day_of(r, "expected_to_on");
    struct agenda_item i = item_of(m, r, AGENDA_WINDOW, on, to);
    bool over = day_is(to) && to.n < m->q->today.n;

    if (!i.dropped)
        i.state = over ? "overdue" : "open";
    i.late = on.n < m->q->today.n;
    return i;
}

static char *visit_what(const struct record *r, bool booked)
{
    char *title = record_title(r), *what = xasprintf("%s%s", title, booked ? "" : " expected");

    free(title);
    return what;
}

static int add_visit(void *arg, const struct record *r)
{
    struct making *m = arg;
    day_t on = day_of(r, "from_on"), expected = day_of(r, "expected_from_on");
    struct agenda_item i;

    if (!day_is(on) && !day_is(expected))
        return 0;
    i = day_is(on) ? item_of(m, r, AGENDA_VISIT, on, day_of(r, "to_on"))
                   : expected_item(m, r, expected);
    i.what = visit_what(r, day_is(on));
    i.note = until_note(i.to, value(r, "scope"));
    i.announced = i.kind == AGENDA_VISIT && strcmp(value(r, "kind"), "monitoring") == 0;
    i.dropped |= i.kind == AGENDA_WINDOW && is_stated(m, &i);
    agenda_add(m, i);
    return 0;
}

int agenda_add_visits(struct making *m, struct err *e)
{
    if (!agenda_is_for(m, ROLE_DIRECTOR) && !agenda_is_for(m, ROLE_OFFICE))
        return 0;
    if ((agenda_wants(m, AGENDA_INSPECTION) || agenda_wants(m, AGENDA_PLANNING)) &&
        record_each(m->store, RECORD_INSPECTION, add_inspection, m, e) < 0)
        return -1;
    return record_each(m->store, RECORD_VISIT, add_visit, m, e);
}

/* ---- boards, and who sits on them ---- */

struct board {
    char *ref, *title, *chair;
};
struct seat { /* of the role that is asked for; days DAY_NONE: not said */
    char *board;
    day_t from, left;
};
struct seating {
    struct making *m;
    struct board *boards;
    size_t board_count, board_cap;
    struct seat *seats;
    size_t seat_count, seat_cap;
};

static int note_board(void *arg, const struct record *r)
{
    struct seating *t = arg;

    t->boards = xgrow(t->boards, t->board_count, &t->board_cap, sizeof *t->boards);
    t->boards[t->board_count++] = (struct board){
        xasprintf("board:%" PRId64, r->id), xstrdup(value(r, "title")), xstrdup(value(r, "chair"))};
    return 0;
}

static int note_seat(void *arg, const struct record *r)
{
    struct seating *t = arg;
    const char *role = value(r, "role");
    day_t invited = day_of(r, "invited_on");

    if (!role || !t->m->q->role || strcmp(role, t->m->q->role) != 0)
        return 0;
    t->seats = xgrow(t->seats, t->seat_count, &t->seat_cap, sizeof *t->seats);
    t->seats[t->seat_count++] =
        (struct seat){xstrdup(value(r, "board")),
                      day_is(invited) ? invited : day_of(r, "accepted_on"), day_of(r, "left_on")};
    return 0;
}

static void seating_free(struct seating *t)
{
    while (t->board_count) {
        struct board *b = &t->boards[--t->board_count];

        free(b->ref);
        free(b->title);
        free(b->chair);
    }
    while (t->seat_count)
        free(t->seats[--t->seat_count].board);
    free(t->boards);
    free(t->seats);
}

static const struct board *find_board(const struct seating *t, const char *ref)
{
    for (size_t i = 0; ref && i < t->board_count; i++)
        if (strcmp(t->boards[i].ref, ref) == 0)
            return &t->boards[i];
    return NULL;
}

/* Whether the role that is asked for chairs the board, or is a member of it on that day. */
static bool sits(const struct seating *t, const struct board *b, day_t on)
{
    if (agenda_is_for(t->m, b ? b->chair : NULL))
        return true;
    for (size_t i = 0; b && i < t->seat_count; i++) {
        const struct seat *s = &t->seats[i];

        if (strcmp(s->board, b->ref) == 0 && (!day_is(s->from) || s->from.n <= on.n) &&
            (!day_is(s->left) || s->left.n >= on.n))
            return true;
    }
    return false;
}

/* Calls `add` for each record of the kind, with the boards at hand. */
static int each_with_boards(struct making *m, enum record_kind kind,
                            int (*add)(void *arg, const struct record *r), struct err *e)
{
    struct seating t = {.m = m};
    int rc = record_each(m->store, RECORD_BOARD, note_board, &t, e);

    if (rc == 0 && m->q->role)
        rc = record_each(m->store, RECORD_MEMBER, note_seat, &t, e);
    if (rc == 0)
        rc = record_each(m->store, kind, add, &t, e);
    seating_free(&t);
    return rc;
}

/* ---- meetings, papers, decisions ---- */

/* "14:00" as kept; -1 for none. */
static int minute_of(const char *at)
{
    int hour, minute;

    return at && sscanf(at, "%2d:%2d", &hour, &minute) == 2 ? hour * 60 + minute : -1;
}

static char *meeting_what(const struct record *r, const struct board *b)
{
    const char *title = value(r, "title");

    return xasprintf("%s%s%s", b ? b->title : "Meeting", title ? ": " : "", title ? title : "");
}

static char *meeting_note(const struct record *r)
{
    const char *at = value(r, "at"), *place = value(r, "place");

    if (!at || !place)
        return xstrdup(at ? at : place);
    return xasprintf("%s, %s", at, place);
}

static void add_papers(struct making *m, const struct record *r, const char *what, day_t held_on,
                       day_t on)
{
    struct agenda_item i = item_of(m, r, AGENDA_PAPERS, on, DAY_NONE);
    char day[DAY_TEXT];

    i.what = xasprintf("Papers: %s", what);
    i.note = xasprintf("for the meeting of %s", day_weekday_short(held_on, day));
    i.role = xstrdup(value(r, "author"));
    agenda_add(m, i);
}

static int add_meeting(void *arg, const struct record *r)
{
    struct seating *t = arg;
    const struct board *b = find_board(t, value(r, "board"));
    const char *author = value(r, "author");
    day_t on = day_of(r, "held_on"), papers = day_of(r, "papers_due_on");
    struct agenda_item i;

    if (!day_is(on) || (!sits(t, b, on) && !agenda_is_for(t->m, author)))
        return 0;
    i = item_of(t->m, r, AGENDA_MEETING, on, DAY_NONE);
    i.what = meeting_what(r, b);
    i.note = meeting_note(r);
    i.role = xstrdup(b ? b->chair : NULL);
    i.place = xstrdup(value(r, "place"));
    i.minute = minute_of(value(r, "at"));
    if (day_is(papers))
        add_papers(t->m, r, i.what, on, papers);
    agenda_add(t->m, i);
    return 0;
}

int agenda_add_meetings(struct making *m, struct err *e)
{
    return each_with_boards(m, RECORD_MEETING, add_meeting, e);
}

static int add_decision(void *arg, const struct record *r)
{
    struct seating *t = arg;
    const struct board *b = find_board(t, value(r, "board"));
    day_t on = day_of(r, "decided_on");
    struct agenda_item i;

    if (!day_is(on) || (!agenda_is_for(t->m, value(r, "owner")) && !(b && sits(t, b, on))))
        return 0;
    i = item_of(t->m, r, AGENDA_DECISION, on, DAY_NONE);
    i.what = xstrdup(value(r, "title"));
    i.note = xstrdup(b ? b->title : NULL);
    i.role = xstrdup(value(r, "owner"));
    agenda_add(t->m, i);
    return 0;
}

int agenda_add_decisions(struct making *m, struct err *e)
{
    return each_with_boards(m, RECORD_DECISION, add_decision, e);
}
