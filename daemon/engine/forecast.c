#include "engine/forecast.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/recheck.h"
#include "engine/scheduler.h"
#include "store/notice.h"
#include "store/outbox.h"

/* ---- letting time pass on a copy ---- */

static utc_t day_begins(const struct engine *engine, day_t day)
{
    utc_t first, second;

    zone_utc(engine->zone, (struct local){day, 0}, &first, &second);
    return first;
}

utc_t forecast_end(const struct engine *engine, day_t day)
{
    return (utc_t){day_begins(engine, day_add(day, 1)).s - 1};
}

static int accept_all(struct store *copy, const struct outbox_gate *gate, utc_t now, struct err *e)
{
    if (store_begin(copy, "csid", now, e) < 0)
        return -1;
    return store_end(copy, outbox_accept_all(copy, gate, now, e), e);
}

/* What is supposed from an instant on is done before anything else at that instant. */
static int do_supposed(const struct passing *p, utc_t now, bool *done, struct err *e)
{
    for (size_t i = 0; i < p->with_count; i++)
        if (!done[i] && day_begins(p->engine, p->with[i].on).s <= now.s) {
            if (suppose(p->copy, p->engine, now, &p->with[i], e) < 0)
                return -1;
            done[i] = true;
        }
    return 0;
}

static int next_instant(const struct passing *p, const bool *done, utc_t now, utc_t *ret,
                        struct err *e)
{
    utc_t next;

    if (scheduler_next(p->copy, p->engine, now, &next, e) < 0)
        return -1;
    for (size_t i = 0; i < p->with_count; i++) {
        utc_t begins = day_begins(p->engine, p->with[i].on);

        if (!done[i] && (!utc_is(next) || begins.s < next.s))
            next = begins;
    }
    *ret = utc_is(next) && next.s < now.s ? now : next;
    return 0;
}

static int pass_instant(const struct passing *p, utc_t now, bool *done, bool *ret_enough,
                        struct err *e)
{
    struct tick_result tick = {.more = true};

    if (do_supposed(p, now, done, e) < 0)
        return -1;
    while (tick.more)
        if (scheduler_tick(p->copy, p->engine, now, &tick, e) < 0 ||
            (tick.ran && accept_all(p->copy, NULL, now, e) < 0))
            return -1;
    return p->seen ? p->seen(p->arg, p->copy, ret_enough, e) : 0;
}

int forecast_pass(const struct passing *p, struct err *e)
{
    struct engine quiet = *p->engine;
    struct passing quietly = *p;
    bool *done = xcalloc(p->with_count + 1, sizeof *done), enough = false;
    utc_t now = p->now;
    struct recheck recheck = {p->copy, p->engine};
    const struct outbox_gate gate = {recheck_why_not, &recheck}; /* of what the courier has yet */
    int rc = accept_all(p->copy, &gate, now, e);

    quiet.forecast = true;
    quietly.engine = &quiet;
    while (rc == 0 && utc_is(now) && now.s <= p->end.s && !enough) {
        rc = pass_instant(&quietly, now, done, &enough, e);
        if (rc == 0)
            rc = next_instant(&quietly, done, now, &now, e);
    }
    free(done);
    return rc;
}

/* ---- what has come of it ---- */

static int collect(void *arg, const struct notice_told *n)
{
    struct forecast *f = arg;

    if (!n->message && strcmp(n->channel, "mail") == 0)
        return 0; /* a later step stands for it */
    f->items = xgrow(f->items, f->count, &f->cap, sizeof *f->items);
    f->items[f->count++] = (struct forecast_item){
        .at = n->at,
        .event = xstrdup(n->event),
        .about = xstrdup(n->about),
        .reason = xstrdup(n->reason),
        /* what could go to nobody would have gone by mail */
        .channel = xstrdup(strcmp(n->channel, "none") == 0 ? "mail" : n->channel),
        .to = n->to ? xstrdup(n->to) : NULL,
        .message = n->message,
    };
    return 0;
}

/* From 1. A mail is made behind the calls of its run, so the first row's need not be the lowest. */
static void number_messages(struct forecast *f)
{
    int64_t lowest = INT64_MAX;

    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].message && f->items[i].message < lowest)
            lowest = f->items[i].message;
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].message)
            f->items[i].message -= lowest - 1;
}

int forecast_collect(struct store *s, int64_t after, struct forecast *ret, struct err *e)
{
    if (notice_each_since(s, after, collect, ret, e) < 0)
        return -1;
    number_messages(ret);
    return 0;
}

static int run(struct store *copy, const struct passing *p, struct forecast *ret, struct err *e)
{
    int64_t last;

    if (notice_last(copy, &last, e) < 0 || forecast_pass(p, e) < 0)
        return -1;
    return forecast_collect(copy, last, ret, e);
}

static void item_clear(struct forecast_item *i)
{
    free(i->event);
    free(i->about);
    free(i->reason);
    free(i->channel);
    free(i->to);
}

void forecast_clear(struct forecast *f)
{
    for (size_t i = 0; i < f->count; i++)
        item_clear(&f->items[i]);
    free(f->items);
    free(f->loads);
    *f = (struct forecast){0};
}

/* ---- how two differ ---- */

static int by_what_is_told(const void *a, const void *b)
{
    const struct forecast_item *x = *(const struct forecast_item *const *)a;
    const struct forecast_item *y = *(const struct forecast_item *const *)b;
    const char *const mine[] = {x->about, x->event, x->channel, x->to ? x->to : "", x->reason};
    const char *const other[] = {y->about, y->event, y->channel, y->to ? y->to : "", y->reason};

    for (size_t i = 0; i < COUNT(mine); i++) {
        int order = strcmp(mine[i], other[i]);

        if (order)
            return order;
    }
    return 0;
}

/* The items of one instant of one forecast, sorted by what they say. */
struct instant {
    struct forecast_item **items;
    size_t count;
};

static struct instant take_instant(struct forecast *f, size_t from, utc_t at)
{
    struct instant i = {0};

    while (from + i.count < f->count && f->items[from + i.count].at.s == at.s)
        i.count++;
    i.items = xcalloc(i.count + 1, sizeof *i.items);
    for (size_t k = 0; k < i.count; k++)
        i.items[k] = &f->items[from + k];
    if (i.count)
        qsort(i.items, i.count, sizeof *i.items, by_what_is_told);
    return i;
}

static void mark_instant(const struct instant *was, const struct instant *is)
{
    size_t w = 0, i = 0;

    while (w < was->count || i < is->count) {
        int order = w == was->count  ? 1
                    : i == is->count ? -1
                                     : by_what_is_told(&was->items[w], &is->items[i]);

        if (order < 0)
            was->items[w++]->change = FORECAST_REMOVED;
        else if (order > 0)
            is->items[i++]->change = FORECAST_ADDED;
        else {
            w++;
            i++;
        }
    }
}

static void move_item(struct forecast *to, struct forecast_item *item)
{
    to->items = xgrow(to->items, to->count, &to->cap, sizeof *to->items);
    to->items[to->count++] = *item;
    *item = (struct forecast_item){0};
}

/* Of one instant all that will be told, then what no longer will. */
static void merge_instant(struct forecast *was, size_t w, size_t was_count, struct forecast *is,
                          size_t i, size_t is_count, int64_t messages, struct forecast *ret)
{
    for (size_t k = 0; k < is_count; k++)
        move_item(ret, &is->items[i + k]);
    for (size_t k = 0; k < was_count; k++) {
        struct forecast_item *item = &was->items[w + k];

        if (item->change != FORECAST_REMOVED)
            continue;
        item->message += item->message ? messages : 0; /* a number that no other has */
        move_item(ret, item);
    }
}

/* Moves both into *ret, what differs marked. */
static void compare(struct forecast *was, struct forecast *is, struct forecast *ret)
{
    int64_t messages = 0;

    for (size_t i = 0; i < is->count; i++)
        if (is->items[i].message > messages)
            messages = is->items[i].message;
    for (size_t w = 0, i = 0; w < was->count || i < is->count;) {
        bool first_was =
            i == is->count || (w < was->count && was->items[w].at.s < is->items[i].at.s);
        utc_t at = first_was ? was->items[w].at : is->items[i].at;
        struct instant old = take_instant(was, w, at), new = take_instant(is, i, at);

        mark_instant(&old, &new);
        merge_instant(was, w, old.count, is, i, new.count, messages, ret);
        w += old.count;
        i += new.count;
        free(old.items);
        free(new.items);
    }
}

/* ---- the load ---- */

static int by_person_and_week(const void *a, const void *b)
{
    const struct forecast_load *x = a, *y = b;
    int order = strcasecmp(x->to, y->to);

    return order ? order : (x->week.n > y->week.n) - (x->week.n < y->week.n);
}

static int by_message(const void *a, const void *b)
{
    const struct forecast_item *x = *(const struct forecast_item *const *)a;
    const struct forecast_item *y = *(const struct forecast_item *const *)b;

    return (x->message > y->message) - (x->message < y->message);
}

/* One notice of each mail that is to come, for what goes at once has its message before a digest.
 */
static size_t each_mail(const struct forecast *f, const struct forecast_item **ret)
{
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].message && f->items[i].change != FORECAST_REMOVED &&
            strcmp(f->items[i].channel, "mail") == 0)
            ret[count++] = &f->items[i];
    if (count)
        qsort(ret, count, sizeof *ret, by_message);
    for (size_t i = 0; i < count; i++)
        if (!kept || ret[i]->message != ret[kept - 1]->message)
            ret[kept++] = ret[i];
    return kept;
}

/* One entry for each mail, those of one person and week then made one. */
static void add_load(const struct engine *engine, struct forecast *f)
{
    const struct forecast_item **of = xcalloc(f->count + 1, sizeof *of);
    size_t mails = each_mail(f, of), kept = 0;

    f->loads = xcalloc(mails + 1, sizeof *f->loads);
    for (size_t i = 0; i < mails; i++)
        f->loads[i] =
            (struct forecast_load){of[i]->to, day_monday(zone_today(engine->zone, of[i]->at)), 1};
    free(of);
    if (mails)
        qsort(f->loads, mails, sizeof *f->loads, by_person_and_week);
    for (size_t i = 0; i < mails; i++)
        if (kept && by_person_and_week(&f->loads[kept - 1], &f->loads[i]) == 0)
            f->loads[kept - 1].mails++;
        else
            f->loads[kept++] = f->loads[i];
    f->load_count = kept;
}

/* ---- the forecast ---- */

static int make_both(struct store *first, const struct passing *p, struct forecast *ret,
                     struct err *e)
{
    struct forecast was = {0}, is = {0};
    struct passing without = *p;
    struct store *second;
    int rc;

    if (store_copy(first, &second, e) < 0)
        return -1;
    without.copy = second;
    without.with_count = 0;
    rc = run(first, p, &is, e); /* first, as what cannot be supposed is found at once */
    if (rc == 0)
        rc = run(second, &without, &was, e);
    if (rc == 0)
        compare(&was, &is, ret);
    forecast_clear(&was);
    forecast_clear(&is);
    store_close(second);
    return rc;
}

int forecast_make(struct store *s, const struct engine *engine, utc_t now, day_t until,
                  const struct supposed *with, size_t with_count, struct forecast *ret,
                  struct err *e)
{
    struct passing p = {.engine = engine,
                        .now = now,
                        .end = forecast_end(engine, until),
                        .with = with,
                        .with_count = with_count};
    struct forecast f = {0};
    int rc;

    if (store_copy_alone(s, &p.copy, e) < 0)
        return -1;
    rc = with_count ? make_both(p.copy, &p, &f, e) : run(p.copy, &p, &f, e);
    store_close(p.copy);
    if (rc < 0) {
        forecast_clear(&f);
        return -1;
    }
    add_load(engine, &f);
    *ret = f;
    return 0;
}
