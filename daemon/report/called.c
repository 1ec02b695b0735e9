#include "report/called.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/finding.h"
#include "engine/tell.h"
#include "report/position.h"
#include "store/plan.h"

/* What is said of one plan or action: to a program and to people. */
struct line {
    char *json, *ref, *title, *note;
    day_t due_on;
};

struct lines {
    struct check_run *run;
    const struct plan *plan; /* that is looked at */
    bool several;            /* plans */
    struct line *items;
    size_t count, cap;
};

static void add(struct lines *l, struct line line)
{
    l->items = xgrow(l->items, l->count, &l->cap, sizeof *l->items);
    l->items[l->count++] = line;
}

static void lines_clear(struct lines *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i].json);
        free(l->items[i].ref);
        free(l->items[i].title);
        free(l->items[i].note);
    }
    free(l->items);
}

static void add_text(struct text *t, const char *key, const char *value)
{
    text_addf(t, "%s\"%s\":", t->s[t->len - 1] == '{' ? "" : ",", key);
    text_add_json(t, value);
}

/* As in the answer of csictl report position. */
static void add_fraction(struct text *t, const char *key, struct fraction f)
{
    text_addf(t, ",\"%s\":%.17g", key, fraction_number(f));
}

/* ---- the position ---- */

static char *position_json(const struct position *p)
{
    const struct scheme *scheme = &p->plan.scheme;
    struct text t = TEXT_INIT;

    text_add(&t, "{");
    add_text(&t, "plan", p->plan.slug);
    add_text(&t, "title", p->plan.title);
    add_fraction(&t, "actions", p->all.actions);
    add_fraction(&t, "due", p->all.due);
    text_addf(&t, ",\"due_percent\":%d", p->due_percent);
    add_fraction(&t, "past_due", p->all.overdue);
    text_add(&t, ",\"ratings\":[");
    for (size_t i = 0; i < scheme->count; i++) {
        text_add(&t, i ? ",{" : "{");
        add_text(&t, "code", scheme->ratings[i].code);
        add_text(&t, "label", scheme->ratings[i].label);
        add_text(&t, "meaning", meaning_name(scheme->ratings[i].meaning));
        add_fraction(&t, "count", p->all.counts[i]);
        text_addf(&t, ",\"percent\":%d}", p->percents[i]);
    }
    text_add(&t, "]");
    add_fraction(&t, "unrated", p->all.unrated);
    text_add(&t, "}");
    return text_take(&t);
}

/* "298 of 306 actions due, 165 past due and not complete; Red 23, Amber 142, Green 133" */
static char *position_note(const struct position *p)
{
    char due[FRACTION_TEXT], all[FRACTION_TEXT], over[FRACTION_TEXT], count[FRACTION_TEXT];
    struct text t = TEXT_INIT;

    text_addf(&t, "%s of %s actions due, %s past due and not complete",
              fraction_text(p->all.due, due), fraction_text(p->all.actions, all),
              fraction_text(p->all.overdue, over));
    for (size_t i = 0; i < p->plan.scheme.count; i++)
        text_addf(&t, "%s %s %s", i ? "," : ";", p->plan.scheme.ratings[i].label,
                  fraction_text(p->all.counts[i], count));
    if (p->all.unrated.num)
        text_addf(&t, ", unrated %s", fraction_text(p->all.unrated, count));
    return text_take(&t);
}

static int look_at_position(struct lines *l, struct err *e)
{
    struct position p;
    struct line line;

    if (position_make(l->run->store, l->plan->slug, l->run->today, UTC_NONE, &p, e) < 0)
        return -1;
    line = (struct line){position_json(&p), xstrdup(p.plan.slug), xstrdup(p.plan.title),
                         position_note(&p), DAY_NONE};
    finding_note(l->run, line.ref, DAY_NONE, line.note);
    add(l, line);
    position_clear(&p);
    return 0;
}

/* ---- the exceptions ---- */

static char *exception_json(const struct exception *x, const struct rating *rating)
{
    struct text t = TEXT_INIT;
    char iso[DAY_ISO];

    text_add(&t, "{");
    add_text(&t, "plan", x->action->plan);
    add_text(&t, "ref", x->action->ref);
    add_text(&t, "part", *x->part->label ? x->part->label : NULL);
    add_text(&t, "title", x->action->title);
    add_text(&t, "owner", x->part->owner);
    add_text(&t, "rating", rating->code);
    add_text(&t, "due_on", day_is(x->part->due_on) ? day_iso(x->part->due_on, iso) : NULL);
    text_addf(&t, ",\"days_over\":%d}", x->days_over);
    return text_take(&t);
}

static int add_exception(void *arg, const struct exception *x)
{
    struct lines *l = arg;
    const struct rating *rating = &l->plan->scheme.ratings[x->part->rating];
    char *about = xasprintf("%s:%s", x->action->plan, x->action->ref);
    struct line line = {.json = exception_json(x, rating),
                        .ref = xstrdup(l->several ? about : x->action->ref),
                        .title = xstrdup(x->action->title),
                        .note = *x->part->label ? xasprintf("%s, %s", rating->label, x->part->label)
                                                : xstrdup(rating->label),
                        .due_on = x->part->due_on};

    finding_note(l->run, about, line.due_on, line.note);
    free(about);
    add(l, line);
    return 0;
}

static int look_at_exceptions(struct lines *l, struct err *e)
{
    struct fraction past_due;

    return exceptions_each(l->run->store, l->plan, l->run->today, UTC_NONE, add_exception, l,
                           &past_due, e);
}

/* ---- all ---- */

static const struct report {
    const char *check, *event;
    int (*look)(struct lines *l, struct err *e);
} reports[] = {
    {CHECK_REPORT_POSITION, EVENT_REPORT_POSITION, look_at_position},
    {CHECK_REPORT_EXCEPTIONS, EVENT_REPORT_EXCEPTIONS, look_at_exceptions},
};

static const struct report *report_of(const char *check)
{
    for (size_t i = 0; i < COUNT(reports); i++)
        if (strcmp(reports[i].check, check) == 0)
            return &reports[i];
    return NULL;
}

const char *called_event(const char *check)
{
    const struct report *r = report_of(check);

    return r ? r->event : NULL;
}

static int tell(const struct lines *l, const struct report *r, struct err *e)
{
    struct tell_item *items = xcalloc(l->count + 1, sizeof *items);
    char *about = xasprintf("run:%s", r->check), today[DAY_ISO];
    int rc;

    for (size_t i = 0; i < l->count; i++) {
        const struct line *line = &l->items[i];

        items[i] = (struct tell_item){.json = line->json,
                                      .shown = {line->ref, line->title, line->due_on, line->note}};
    }
    rc = tell_webhooks_report(l->run, r->event, about, day_iso(l->run->today, today),
                              l->several ? NULL : l->plan->slug, items, l->count, e);
    free(about);
    free(items);
    return rc;
}

int called_report(struct check_run *run, struct err *e)
{
    const struct report *r = report_of(run->check);
    struct lines l = {.run = run};
    struct plan *plans;
    size_t count;
    int rc = 0;

    if (run->engine->forecast && !tell_webhooks_want(run, r->event))
        return 0; /* nobody hears of it, and nobody counts what is found */
    if (plan_all(run->store, &plans, &count, e) < 0)
        return -1;
    l.several = count > 1;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        l.plan = &plans[i];
        rc = r->look(&l, e);
    }
    if (rc == 0 && count)
        rc = tell(&l, r, e);
    for (size_t i = 0; i < count; i++)
        plan_clear(&plans[i]);
    free(plans);
    lines_clear(&l);
    return rc;
}
