#include "engine/moved.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/people.h"
#include "engine/windows.h"
#include "plan/ladder.h"
#include "plan/window.h"

void moved_clear(struct moved_deadlines *m)
{
    for (size_t i = 0; i < m->count; i++)
        deadline_clear(&m->items[i].d);
    free(m->items);
    *m = (struct moved_deadlines){0};
}

char *moved_what(const struct moved_deadline *m, const struct moved_date *date)
{
    char step[LADDER_STEP];

    if (deadline_is_window(&m->d))
        return xstrdup(date->before == MOVED_OPENS ? "expected from" : "expected by");
    return date->before ? xasprintf("reminder %s", ladder_step(date->before, step))
                        : xstrdup("send by");
}

/* ---- finding ---- */

struct search {
    const struct check_run *run;
    const struct holidays *before, *after;
    const struct settled *settled;
    struct moved_deadlines *found;
    int rc;
    struct err *e;
};

static void note_next(const struct search *s, struct moved_deadline *m, day_t day)
{
    if (day.n > s->run->today.n)
        m->next = day_earlier(m->next, day);
}

/* What has passed by both lists is of no use to anybody. */
static void compare(const struct search *s, struct moved_deadline *m, int before, day_t was,
                    day_t is)
{
    bool to_come = was.n >= s->run->today.n || is.n >= s->run->today.n;

    if (was.n != is.n && to_come && m->count < MOVED_DATES)
        m->dates[m->count++] = (struct moved_date){before, was, is};
}

/* As it was before the holidays changed: what a rule counts in working days moves with them. */
static const struct deadline *as_it_was(const struct search *s, const struct deadline *d)
{
    for (size_t i = 0; i < s->settled->count; i++)
        if (s->settled->items[i].was.id == d->id)
            return &s->settled->items[i].was;
    return d;
}

static void compare_window(const struct search *s, struct moved_deadline *m)
{
    const struct deadline *was = as_it_was(s, &m->d);
    int every = s->run->engine->policy.nothing_booked_days;

    m->send_by = m->d.due_on;
    compare(s, m, 0, was->due_on, m->d.due_on);
    compare(s, m, MOVED_OPENS, was->opens_on, m->d.opens_on);
    note_next(s, m, window_day(s->after, &m->d, every, WINDOW_OPENS));
    note_next(s, m, window_day(s->after, &m->d, every, WINDOW_WARN));
}

static int compare_all(const struct search *s, struct moved_deadline *m, struct err *e)
{
    day_t was = ladder_send_by(s->before, as_it_was(s, &m->d)->due_on);
    struct ladder ladder;

    if (policy_deadline(&s->run->engine->policy, m->d.check_name, m->d.ladder, &ladder, e) < 0)
        return err_within(e, "deadline:%" PRId64 ": ladder", m->d.id);
    m->send_by = ladder_send_by(s->after, m->d.due_on);
    compare(s, m, 0, was, m->send_by);
    note_next(s, m, m->send_by);
    for (size_t i = 0; i < ladder.count; i++)
        if (ladder.days[i] > 0) {
            day_t is = ladder_day(&ladder, s->after, m->send_by, ladder.days[i]);

            compare(s, m, ladder.days[i], ladder_day(&ladder, s->before, was, ladder.days[i]), is);
            note_next(s, m, is);
        }
    return 0;
}

static int collect(void *arg, const struct deadline *d)
{
    struct search *s = arg;
    struct moved_deadline m = {.d = *d, .next = DAY_NONE};

    if (deadline_state(d, s->run->today) != DEADLINE_OPEN)
        return 0;
    if (deadline_is_window(d))
        compare_window(s, &m);
    else
        s->rc = compare_all(s, &m, s->e);
    if (s->rc < 0 || m.count == 0)
        return s->rc;
    m.d = deadline_dup(d);
    s->found->items =
        xgrow(s->found->items, s->found->count, &s->found->cap, sizeof *s->found->items);
    s->found->items[s->found->count++] = m;
    return 0;
}

int moved_find(struct check_run *run, const struct holidays *before, const struct holidays *after,
               const struct settled *settled, struct moved_deadlines *ret, struct err *e)
{
    struct search s = {run, before, after, settled, ret, 0, e};

    return deadline_each(run->store, false, DAY_NONE, collect, &s, e) < 0 || s.rc < 0 ? -1 : 0;
}

/* ---- telling ---- */

struct telling {
    struct check_run *run;
    const struct moved_deadlines *moved;
    char **abouts, **dates; /* of each deadline: "deadline:1", and what moves in words */
    char *why;              /* the holidays that changed, as Markdown list */
};

static char *dates_text(const struct moved_deadline *m)
{
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < m->count; i++) {
        char *what = moved_what(m, &m->dates[i]), was[DAY_TEXT], is[DAY_TEXT];

        text_addf(&t, "%s%s %s → %s", i ? "; " : "", what, day_weekday_short(m->dates[i].was, was),
                  day_weekday_short(m->dates[i].is, is));
        free(what);
    }
    return text_take(&t);
}

static bool owes(const struct role *role, const struct moved_deadline *m)
{
    return role->id == m->d.role_id;
}

static bool concerns(const void *arg, size_t item, const struct role *role)
{
    const struct moved_deadline *m = &((const struct telling *)arg)->moved->items[item];

    if (deadline_is_window(&m->d))
        return windows_concern(&m->d, role);
    return owes(role, m) || deadline_copied_to(&m->d, role->slug);
}

static struct notice notice_of(const void *arg, size_t item, const struct role *role)
{
    const struct telling *t = arg;

    return (struct notice){
        .event = EVENT_DEADLINE_MOVED,
        .about = t->abouts[item],
        .due_on = t->moved->items[item].d.due_on,
        .rule = t->run->check,
        .step = t->run->schedule,
        .role = role->slug,
        .reason = t->dates[item],
    };
}

static bool is_theirs(const struct reader *who, const struct moved_deadline *m)
{
    for (size_t i = 0; i < who->count; i++)
        if (owes(who->roles[i], m))
            return true;
    return false;
}

static struct letter write_letter(const void *arg, const struct news *news, const char **ret_thread,
                                  utc_t *ret_until)
{
    const struct telling *t = arg;
    struct moved_item *items = xcalloc(news->count, sizeof *items);
    struct compose_footer footer = news->footer;
    struct letter letter;
    day_t last = DAY_NONE;

    for (size_t i = 0; i < news->count; i++) {
        const struct moved_deadline *m = &t->moved->items[news->items[i]];

        items[i] = (struct moved_item){
            .title = m->d.title,
            .recipient = m->d.recipient,
            .role = is_theirs(&news->who, m) ? NULL : m->d.role_title,
            .dates = t->dates[news->items[i]],
            .window = deadline_is_window(&m->d),
            .send_by_was = m->dates[0].before ? m->send_by : m->dates[0].was,
            .send_by = m->send_by,
        };
        footer.next = day_earlier(footer.next, m->next);
        last = m->send_by.n > last.n ? m->send_by : last;
    }
    compose_moved(&footer, items, news->count, t->why, &letter);
    if (news->count == 1)
        *ret_thread = t->abouts[news->items[0]];
    *ret_until = tell_until(t->run, last);
    free(items);
    return letter;
}

static int tell_people(struct telling *t, struct err *e)
{
    const struct findings findings = {.count = t->moved->count,
                                      .arg = t,
                                      .concerns = concerns,
                                      .notice = notice_of,
                                      .letter = write_letter};
    struct roster roster = {0};
    int rc = roster_load(t->run, &roster, e);

    if (rc == 0)
        rc = people_tell(t->run, &roster, &findings, e);
    roster_free(&roster);
    return rc;
}

static char *item_json(const struct moved_deadline *m)
{
    struct text t = TEXT_INIT;
    char due[DAY_ISO], send_by[DAY_ISO], was[DAY_ISO];
    day_t before = m->dates[0].before ? m->send_by : m->dates[0].was;
    const char *by = deadline_is_window(&m->d) ? "expected_by" : "send_by";

    text_addf(&t, "{\"id\":%" PRId64 ",\"title\":", m->d.id);
    text_add_json(&t, m->d.title);
    text_add(&t, ",\"role\":");
    text_add_json(&t, m->d.role);
    text_addf(&t, ",\"due_on\":\"%s\",\"%s_was\":\"%s\",\"%s\":\"%s\"}", day_iso(m->d.due_on, due),
              by, day_iso(before, was), by, day_iso(m->send_by, send_by));
    return text_take(&t);
}

static int tell_endpoints(const struct telling *t, struct err *e)
{
    size_t count = t->moved->count;
    struct tell_item *items = xcalloc(count, sizeof *items);
    int rc;

    for (size_t i = 0; i < count; i++)
        items[i] = (struct tell_item){
            t->abouts[i], t->run->schedule, t->moved->items[i].d.due_on,
            item_json(&t->moved->items[i]),
            .shown = {t->abouts[i], t->moved->items[i].d.title, t->moved->items[i].send_by, NULL}};
    rc = tell_webhooks(t->run, EVENT_DEADLINE_MOVED, items, count, e);
    for (size_t i = 0; i < count; i++)
        free(items[i].json);
    free(items);
    return rc;
}

int moved_tell(struct check_run *run, const struct moved_deadlines *m,
               const struct revision *revisions, size_t revision_count, struct err *e)
{
    struct telling t = {.run = run, .moved = m};
    int rc;

    if (m->count == 0)
        return 0;
    t.abouts = xcalloc(m->count, sizeof *t.abouts);
    t.dates = xcalloc(m->count, sizeof *t.dates);
    for (size_t i = 0; i < m->count; i++) {
        t.abouts[i] = xasprintf("deadline:%" PRId64, m->items[i].d.id);
        t.dates[i] = dates_text(&m->items[i]);
    }
    t.why = compose_revisions(revisions, revision_count);
    rc = tell_people(&t, e);
    if (rc == 0)
        rc = tell_endpoints(&t, e);
    for (size_t i = 0; i < m->count; i++) {
        free(t.abouts[i]);
        free(t.dates[i]);
    }
    free(t.abouts);
    free(t.dates);
    free(t.why);
    return rc;
}
