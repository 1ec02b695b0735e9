#include "engine/why.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/checks.h"
#include "engine/forecast.h"
#include "engine/measures.h"
#include "engine/packs.h"
#include "store/action.h"
#include "store/deadline.h"
#include "store/journal.h"
#include "store/notice.h"
#include "store/record.h"
#include "store/role.h"

/* ---- facts ---- */

void why_facts_clear(struct why_facts *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].what);
        free(f->items[i].then);
        free(f->items[i].now);
    }
    free(f->items);
    *f = (struct why_facts){0};
}

static struct why_fact *fact(struct why_facts *f, const char *what)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->items[i].what, what) == 0)
            return &f->items[i];
    f->items = xgrow(f->items, f->count, &f->cap, sizeof *f->items);
    f->items[f->count] = (struct why_fact){.what = xstrdup(what)};
    return &f->items[f->count++];
}

static void set_fact(struct why_facts *f, const char *what, bool now, const char *value)
{
    struct why_fact *at = fact(f, what);
    char **place = now ? &at->now : &at->then;

    free(*place);
    *place = value ? xstrdup(value) : NULL;
}

static void set_day(struct why_facts *f, const char *what, bool now, day_t day)
{
    char iso[DAY_ISO];

    set_fact(f, what, now, day_is(day) ? day_iso(day, iso) : NULL);
}

struct looking { /* at one subject, then or now */
    struct why_facts *f;
    const struct scheme *scheme;
    int64_t id;
    bool now;
};

static void set_part(const struct looking *l, const struct part *p, const char *what,
                     const char *value)
{
    char *name = *p->label ? xasprintf("%s of part %s", what, p->label) : xstrdup(what);

    set_fact(l->f, name, l->now, value);
    free(name);
}

static int look_at_action(void *arg, const struct action *a)
{
    const struct looking *l = arg;
    char iso[DAY_ISO], count[24];

    set_fact(l->f, "title", l->now, a->title);
    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];

        if (!p->known)
            continue;
        set_part(l, p, "due", day_is(p->due_on) ? day_iso(p->due_on, iso) : NULL);
        set_part(l, p, "status", status_name(p->status));
        set_part(l, p, "rating", p->rating < 0 ? NULL : l->scheme->ratings[p->rating].label);
        set_part(l, p, "owner", p->owner_title);
        snprintf(count, sizeof count, "%zu", p->evidence);
        set_part(l, p, "evidence", p->evidence || status_is_complete(p->status) ? count : NULL);
    }
    return 1;
}

static int action_facts(struct store *s, const struct engine *engine, const char *about, utc_t then,
                        utc_t now, struct why_facts *ret, struct err *e)
{
    struct action_query was = {.as_at = zone_today(engine->zone, then), .known_at = then};
    struct action_query is = {.as_at = zone_today(engine->zone, now), .known_at = UTC_NONE};
    struct looking l = {.f = ret};
    struct plan plan;
    int rc;

    if (action_find(s, about, NULL, &was.action_id, &plan, e) < 0)
        return e->code == ERR_STORAGE ? -1 : 0;
    is.action_id = was.action_id;
    l.scheme = &plan.scheme;
    rc = action_each(s, &was, look_at_action, &l, e);
    l.now = true;
    if (rc == 0)
        rc = action_each(s, &is, look_at_action, &l, e);
    plan_clear(&plan);
    return rc;
}

static int deadline_facts(struct store *s, const struct engine *engine, const char *about,
                          utc_t then, utc_t now, struct why_facts *ret, struct err *e)
{
    static const char *const columns[] = {"title",        "opens_on", "due_on",
                                          "submitted_on", "ended_on", "ended_why"};
    struct deadline d;
    char *value;
    int rc = 0;

    (void)engine;
    (void)now;
    for (size_t i = 0; rc == 0 && i < COUNT(columns); i++) {
        rc = journal_value_at(s, about, columns[i], then, &value, e);
        if (rc == 0) {
            set_fact(ret, columns[i], false, value);
            free(value);
        }
    }
    if (rc < 0 || deadline_find(s, strtoll(strchr(about, ':') + 1, NULL, 10), &d, e) < 0)
        return -1;
    set_fact(ret, "title", true, d.title);
    set_day(ret, "opens_on", true, d.opens_on);
    set_day(ret, "due_on", true, d.due_on);
    set_day(ret, "submitted_on", true, d.submitted_on);
    set_day(ret, "ended_on", true, d.ended_on);
    set_fact(ret, "ended_why", true, d.ended_why);
    deadline_clear(&d);
    return 0;
}

static int look_at_record(void *arg, const struct record *r)
{
    const struct looking *l = arg;
    const struct record_def *def = record_def(r->kind);

    if (r->id != l->id)
        return 0;
    for (size_t i = 0; i < def->count; i++)
        if (r->values[i] || l->now)
            set_fact(l->f, def->fields[i].name, l->now, r->values[i]);
    return 1;
}

static int latest_fact(struct store *s, const struct looking *l, day_t today, utc_t known_at,
                       struct err *e)
{
    const struct measure_latest *of;
    struct measures_latest all;
    char *text;

    if (measures_latest(s, today, known_at, &all, e) < 0)
        return -1;
    of = measures_latest_of(&all, l->id);
    text = of ? measure_text(of) : NULL;
    set_fact(l->f, "latest value", l->now, text);
    free(text);
    measures_latest_clear(&all);
    return 0;
}

static int record_facts(struct store *s, const struct engine *engine, enum record_kind kind,
                        const char *about, utc_t then, utc_t now, struct why_facts *ret,
                        struct err *e)
{
    struct looking l = {.f = ret};
    bool measure = kind == RECORD_MEASURE;

    if (record_number(kind, about, &l.id, e) < 0 ||
        record_each_known(s, kind, then, look_at_record, &l, e) < 0 ||
        (measure && latest_fact(s, &l, zone_today(engine->zone, then), then, e) < 0))
        return -1;
    l.now = true;
    if (record_each(s, kind, look_at_record, &l, e) < 0)
        return -1;
    return measure ? latest_fact(s, &l, zone_today(engine->zone, now), UTC_NONE, e) : 0;
}

/* What is nothing both times is no fact. */
static void drop_empty(struct why_facts *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->count; i++) {
        if (f->items[i].then || f->items[i].now)
            f->items[kept++] = f->items[i];
        else
            free(f->items[i].what);
    }
    f->count = kept;
}

int why_facts(struct store *s, const struct engine *engine, const char *about, utc_t then,
              utc_t now, struct why_facts *ret, struct err *e)
{
    size_t len = strcspn(about, ":");
    enum record_kind kind;
    int rc = 0;

    *ret = (struct why_facts){0};
    if (strncmp(about, "deadline:", len + 1) == 0)
        rc = deadline_facts(s, engine, about, then, now, ret, e);
    else if (about[len] && record_kind_find(about, len, &kind))
        rc = record_facts(s, engine, kind, about, then, now, ret, e);
    else if (about[len])
        rc = action_facts(s, engine, about, then, now, ret, e);
    drop_empty(ret);
    if (rc < 0)
        why_facts_clear(ret);
    return rc;
}

/* ---- the rule ---- */

void why_rule_clear(struct why_rule *r)
{
    free(r->id);
    free(r->pack);
    free(r->citation);
    free(r->reckoning);
    *r = (struct why_rule){0};
}

static char *dup_or_null(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

int why_rule(struct store *s, const struct engine *engine, const char *about, struct why_rule *ret,
             struct err *e)
{
    struct rule_texts all;
    const struct rule_text *text;
    struct deadline d;

    *ret = (struct why_rule){0};
    if (strncmp(about, "deadline:", strlen("deadline:")) != 0)
        return 0;
    if (deadline_find(s, strtoll(about + strlen("deadline:"), NULL, 10), &d, e) < 0)
        return -1;
    ret->id = dup_or_null(d.rule);
    ret->citation = dup_or_null(d.citation ? d.citation : d.source);
    ret->reckoning = dup_or_null(d.reckoning);
    deadline_clear(&d);
    if (!ret->id)
        return 0;
    if (packs_in_force(s, engine, &all, NULL, e) < 0) {
        why_rule_clear(ret);
        return -1;
    }
    text = rule_texts_find(&all, ret->id);
    ret->pack = text ? dup_or_null(text->pack) : NULL;
    rule_texts_clear(&all);
    return 0;
}

/* ---- what comes next ---- */

void why_next_clear(struct why_next *n)
{
    free(n->reason);
    free(n->to);
    free(n->step);
    *n = (struct why_next){.at = UTC_NONE};
}

struct waiting {
    const char *about, *reader;
    int64_t last; /* notice that there was before */
    struct why_next *next;
};

/* The latest come first: the earliest of those after `last` is kept. */
static int take_new(void *arg, const struct notice_told *n)
{
    struct waiting *w = arg;
    const char *reader = *n->role ? n->role : n->channel;

    if (n->id <= w->last)
        return 1;
    if ((w->reader && strcmp(reader, w->reader) != 0) ||
        (!n->to && strcmp(n->channel, "none") != 0))
        return 0;
    why_next_clear(w->next);
    *w->next = (struct why_next){n->at, xstrdup(n->reason), dup_or_null(n->to), xstrdup(n->step)};
    return 0;
}

static int seen(void *arg, struct store *copy, bool *ret_enough, struct err *e)
{
    struct waiting *w = arg;

    if (notice_each_about(copy, w->about, take_new, w, e) < 0)
        return -1;
    *ret_enough = utc_is(w->next->at);
    return 0;
}

/* Of actions one check tells the steps before the date, another those after it. */
static bool is_of_dates(const char *check)
{
    return strcmp(check, CHECK_DUE_SOON) == 0 || strcmp(check, CHECK_OVERDUE) == 0;
}

static bool tells_the_same(const char *check, const char *other)
{
    return strcmp(check, other) == 0 || (is_of_dates(check) && is_of_dates(other));
}

/* The schedules that tell of what the check tells of, or those that ask: what the others say does
 * not matter to it. */
static struct engine_schedule *schedules_of(const struct engine *engine, const char *check,
                                            size_t *ret_count)
{
    struct engine_schedule *list = xcalloc(engine->schedule_count + 1, sizeof *list);

    *ret_count = 0;
    for (size_t i = 0; i < engine->schedule_count; i++)
        if (check ? tells_the_same(check, engine->schedules[i].check)
                  : check_asks(engine->schedules[i].check))
            list[(*ret_count)++] = engine->schedules[i];
    return list;
}

int why_next(struct store *s, const struct engine *engine, utc_t now, const char *check,
             const char *about, const char *reader, struct why_next *ret, struct err *e)
{
    struct engine only = *engine;
    struct engine_schedule *list = schedules_of(engine, check, &only.schedule_count);
    struct why_next next = {.at = UTC_NONE};
    struct waiting w = {about, reader, 0, &next};
    day_t until = day_add_months(zone_today(engine->zone, now), WHY_MONTHS);
    struct passing p = {
        .engine = &only, .now = now, .end = forecast_end(engine, until), .seen = seen, .arg = &w};
    int rc = store_copy_alone(s, &p.copy, e);

    only.schedules = list;
    if (rc == 0) {
        rc = notice_last(p.copy, &w.last, e);
        if (rc == 0)
            rc = forecast_pass(&p, e);
        store_close(p.copy);
    }
    free(list);
    if (rc == 0)
        *ret = next;
    else
        why_next_clear(&next);
    return rc;
}

/* ---- why not ---- */

void why_reasons_clear(struct why_reasons *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->items[i].text);
    free(r->items);
    *r = (struct why_reasons){0};
}
