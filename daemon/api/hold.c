/* What is said to a reminder: mine, back on that day; not me, until then. */
#include "api/hold.h"

#include <stdlib.h>
#include <string.h>

#include "api/about.h"
#include "base/mem.h"
#include "engine/subject.h"
#include "notice/message.h"
#include "store/notice.h"
#include "store/outbox_list.h"

static const struct column ack_columns[] = {
    {"id", "Acknowledgement", KIND_NUMBER, false},
    {"about", "About", KIND_TEXT, false},
    {"title", "Title", KIND_TEXT, true},
    {"due_on", "Due", KIND_DAY, false},
    {"role", "Role", KIND_TEXT, false},
    {"by", "By", KIND_TEXT, true},
    {"back_on", "Back on", KIND_DAY, false},
    {"comment", "Comment", KIND_TEXT, true},
};
static const struct section ack_sections[] = {{NULL, NULL, ack_columns, COUNT(ack_columns), NULL}};
static const struct view ack_view = {ack_sections, 1, 0};

static const struct column snooze_columns[] = {
    {"id", "Snooze", KIND_NUMBER, false},    {"address", "Of", KIND_TEXT, true},
    {"about", "About", KIND_TEXT, false},    {"title", "Title", KIND_TEXT, true},
    {"until_on", "Until", KIND_DAY, false},  {"by", "By", KIND_TEXT, true},
    {"comment", "Comment", KIND_TEXT, true},
};
static const struct section snooze_sections[] = {
    {NULL, NULL, snooze_columns, COUNT(snooze_columns), NULL}};
static const struct view snooze_view = {snooze_sections, 1, 0};

/* ---- what it is of ---- */

struct target { /* texts NULL and days none where not given */
    char *about, *role, *address;
    day_t due_on;
    int64_t notice;
    bool several; /* the notice is a digest's, of several subjects */
};

static void target_clear(struct target *t)
{
    free(t->about);
    free(t->role);
    free(t->address);
}

static int note_notice(void *arg, const struct notice_row *r)
{
    struct target *t = arg;

    t->several |= t->about && strcmp(t->about, r->about) != 0;
    if (t->about && r->id != t->notice)
        return 0;
    free(t->about);
    free(t->role);
    t->about = xstrdup(r->about);
    t->role = xstrdup(r->role);
    t->due_on = r->due_on;
    return 0;
}

struct mailed {
    int64_t first, message;
    char *address; /* NULL: no mail */
};

static int note_message(void *arg, const struct outbox_row *r)
{
    struct mailed *m = arg;

    m->first = r->id;
    m->message = r->message;
    if (r->message && strcmp(r->channel, "mail") == 0)
        m->address = xstrdup(r->to);
    return 0;
}

/* A digest goes by the number of its first notice; by another number only that one is meant. */
static int read_notice(struct call *c, struct target *t, struct err *e)
{
    struct mailed m = {0};

    if (call_number(c, "id", 0, &t->notice, e) < 0 ||
        outbox_find(c->api->store, t->notice, note_message, &m, e) < 0)
        return -1;
    t->address = m.address;
    if (!m.message)
        return err_set(e, ERR_CONFLICT, "notice %lld went to nobody: say what about with --about",
                       (long long)t->notice);
    if (notice_each_of(c->api->store, m.message, note_notice, t, e) < 0)
        return -1;
    if (t->several && m.first == t->notice)
        return err_set(e, ERR_CONFLICT,
                       "notice %lld speaks of several subjects: say which with --about, csictl "
                       "notice show %lld lists them",
                       (long long)t->notice, (long long)t->notice);
    return 0;
}

/* An ID or --about, one of them; *ret is to be cleared, also on failure. */
static int read_target(struct call *c, struct target *ret, struct err *e)
{
    const char *id = call_text(c, "id"), *about = call_text(c, "about");
    bool by_id = id && strcmp(id, "-") != 0;

    *ret = (struct target){.due_on = DAY_NONE};
    if (by_id == (about != NULL))
        return err_set(e, ERR_USAGE, "give the ID of a notice or --about=REF, one of them");
    return by_id ? read_notice(c, ret, e) : call_about(c, &ret->about, e);
}

/* ---- acknowledgements ---- */

int call_back(const struct call *c, day_t due_on, day_t *ret, struct err *e)
{
    const char *given = call_text(c, "back");
    day_t today = c->when.today, latest = ack_latest(due_on, today), back = latest;
    char text[DAY_TEXT];

    if (given && *given && call_day(c, "back", DAY_NONE, &back, e) < 0)
        return -1;
    if (back.n < today.n)
        return err_set(e, ERR_USAGE, "back: %s has passed", day_long(back, text));
    if (back.n > latest.n)
        return err_set(e, ERR_USAGE,
                       "back: %s at the latest: %d days from today, and never beyond the due date",
                       day_long(latest, text), ACK_DAYS_MAX);
    *ret = back;
    return 0;
}

int answer_ack(struct call *c, const struct acknowledgement *a, const char *title, struct err *e)
{
    json_t *o = call_object(c, &ack_view);
    char text[DAY_TEXT];
    int64_t id;

    if (ack_add(c->api->store, a, &id, e) < 0)
        return -1;
    put_int(o, "id", id);
    put_text(o, "about", a->about);
    put_text(o, "title", title);
    put_day(o, "due_on", a->due_on);
    put_text(o, "role", a->role);
    put_text(o, "person", a->person);
    put_text(o, "by", a->by ? a->by : c->rq->who);
    put_day(o, "back_on", a->back_on);
    put_text(o, "comment", a->comment);
    put_utc(o, "at", c->api->now);
    c->status = 201;
    call_changed_day(c, "back on", DAY_NONE, a->back_on);
    if (a->back_on.n > c->when.today.n)
        call_told(c, "its owner, again from %s", day_weekday_short(a->back_on, text));
    else
        call_told(c, "its owner, as before: it is back today");
    return 0;
}

int api_notice_ack(struct call *c, struct err *e)
{
    struct subject subject = {.due_on = DAY_NONE};
    struct acknowledgement a = {.comment = call_text(c, "comment")};
    struct target t;
    int rc = read_target(c, &t, e);

    if (rc == 0)
        rc = subject_find(c->api->store, c->api->engine, t.about, t.due_on, c->when.today, &subject,
                          e);
    if (rc == 0)
        rc = call_back(c, subject.due_on, &a.back_on, e);
    if (rc == 0) {
        a.about = t.about;
        a.due_on = subject.due_on;
        a.role = t.role;
        rc = answer_ack(c, &a, subject.title, e);
    }
    subject_clear(&subject);
    target_clear(&t);
    return rc;
}

/* ---- snoozes ---- */

static int read_until(const struct call *c, day_t *ret, struct err *e)
{
    day_t today = c->when.today, latest = day_add(today, SNOOZE_DAYS_MAX), until;
    char text[DAY_TEXT];

    if (call_day(c, "until", DAY_NONE, &until, e) < 0)
        return -1;
    if (until.n <= today.n || until.n > latest.n)
        return err_set(e, ERR_USAGE, "until: wants a day from tomorrow to %s, %d days from today",
                       day_long(latest, text), SNOOZE_DAYS_MAX);
    *ret = until;
    return 0;
}

/* Whom it leaves alone: --to, or who got the notice, or the only one who was mailed about it. */
static int read_person(struct call *c, struct target *t, struct err *e)
{
    const char *to = call_text(c, "to");
    char *name = NULL, *address = NULL;

    if (to) {
        if (mail_address(to, &name, &address, e) < 0)
            return err_within(e, "to");
        free(name);
        free(t->address);
        t->address = address;
        return 0;
    }
    if (!t->address && outbox_only_reader(c->api->store, t->about, &t->address, e) < 0)
        return -1;
    return t->address ? 0 : err_set(e, ERR_USAGE, "say whom it is to leave alone: --to=ADDRESS");
}

static int answer_snooze(struct call *c, const struct snooze *z, const char *title, struct err *e)
{
    json_t *o = call_object(c, &snooze_view);
    char text[DAY_TEXT];
    int64_t id;

    if (snooze_add(c->api->store, z, &id, e) < 0)
        return -1;
    put_int(o, "id", id);
    put_text(o, "address", z->address);
    put_text(o, "about", z->about);
    put_text(o, "title", title);
    put_day(o, "until_on", z->until_on);
    put_text(o, "by", c->rq->who);
    put_text(o, "comment", z->comment);
    put_utc(o, "at", c->api->now);
    c->status = 201;
    call_changed_day(c, "until", DAY_NONE, z->until_on);
    call_told(c, "%s, again from %s; all others as before", z->address,
              day_weekday_short(z->until_on, text));
    return 0;
}

int api_notice_snooze(struct call *c, struct err *e)
{
    struct subject subject = {.due_on = DAY_NONE};
    struct snooze z = {.comment = call_text(c, "comment")};
    struct target t;
    int rc = read_target(c, &t, e);

    if (rc == 0)
        rc = read_until(c, &z.until_on, e);
    if (rc == 0)
        rc = subject_find(c->api->store, c->api->engine, t.about, DAY_NONE, c->when.today, &subject,
                          e);
    if (rc == 0)
        rc = read_person(c, &t, e);
    if (rc == 0) {
        z.address = t.address;
        z.about = t.about;
        rc = answer_snooze(c, &z, subject.title, e);
    }
    subject_clear(&subject);
    target_clear(&t);
    return rc;
}
