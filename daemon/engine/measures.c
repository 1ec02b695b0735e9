/* measures: one whose latest value is older than its frequency and a week, or that has none, when
 * that is found and every 28 days; one whose latest value misses its target, once for each value.
 * To its owner, with a copy to the programme office. */
#include "engine/measures.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "calendar/when.h"
#include "engine/upkeep.h"
#include "plan/measure.h"

#define GRACE_DAYS 7

/* ---- the latest values ---- */

void measures_latest_clear(struct measures_latest *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].count);
        free(all->items[i].out_of);
    }
    free(all->items);
    *all = (struct measures_latest){0};
}

const struct measure_latest *measures_latest_of(const struct measures_latest *all, int64_t measure)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].measure == measure)
            return &all->items[i];
    return NULL;
}

struct reading {
    day_t today;
    struct measures_latest *all;
};

/* Values come by their days: the last that is noted of a measure stays. */
static void note_latest(struct measures_latest *all, struct measure_latest l)
{
    size_t i = 0;

    while (i < all->count && all->items[i].measure != l.measure)
        i++;
    if (i == all->count) {
        all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
        all->items[all->count++] = (struct measure_latest){0};
    }
    l.seen = all->items[i].seen + 1;
    free(all->items[i].count);
    free(all->items[i].out_of);
    all->items[i] = l;
}

static int note_value(void *arg, const struct record *r)
{
    struct reading *g = arg;
    struct record at = *r; /* shares the values */
    const char *comparator = *record_value(&at, "comparator");
    const char *stated = *record_value(&at, "value"), *count = *record_value(&at, "count");
    struct measure_latest l = {.value = r->id, .added_at = r->added_at};
    struct err none;

    if ((comparator && strcmp(comparator, "none") != 0) ||
        day_parse_iso(*record_value(&at, "dated_on"), &l.dated_on) < 0 ||
        l.dated_on.n > g->today.n ||
        record_number(RECORD_MEASURE, *record_value(&at, "measure"), &l.measure, &none) < 0)
        return 0;
    l.there = measure_figure(stated, count, *record_value(&at, "out_of"), &l.figure);
    l.count = stated ? NULL : xstrdup(count);
    l.out_of = stated ? NULL : xstrdup(*record_value(&at, "out_of"));
    note_latest(g->all, l);
    return 0;
}

int measures_latest(struct store *s, day_t today, utc_t known_at, struct measures_latest *ret,
                    struct err *e)
{
    struct measures_latest all = {0};
    struct reading g = {today, &all};

    if (record_each_known(s, RECORD_VALUE, known_at, note_value, &g, e) < 0) {
        measures_latest_clear(&all);
        return -1;
    }
    *ret = all;
    return 0;
}

char *measure_text(const struct measure_latest *l)
{
    char figure[FRACTION_TEXT] = "nothing", day[DAY_TEXT];

    if (l->there)
        fraction_decimal(l->figure, 2, figure);
    day_short(l->dated_on, day);
    if (!l->out_of)
        return xasprintf("%s of %s", figure, day);
    return xasprintf("%s%s of %s (%s of %s)", figure, l->there ? "%" : "", day, l->count,
                     l->out_of);
}

enum measure_state measure_state(const struct record *measure, const struct measure_latest *l)
{
    struct record at = *measure; /* shares the values */
    const char *target = *record_value(&at, "target");
    struct fraction wanted;
    struct err none;

    if (!l || !l->there || !target || fraction_parse(target, &wanted, &none) < 0)
        return MEASURE_UNKNOWN;
    return measure_misses(l->figure, wanted, strcmp(*record_value(&at, "polarity"), "lower") == 0)
               ? MEASURE_OFF_TARGET
               : MEASURE_ON_TARGET;
}

/* ---- what stands ---- */

struct listing {
    const struct upkeep_view *v;
    struct upkeeps *ret;
    struct measures_latest latest;
};

static void fill_value(const struct listing *l, const struct record *r,
                       const struct measure_latest *latest, const char *frequency, struct upkeep *u)
{
    char last[DAY_TEXT], due[DAY_TEXT];

    if (!latest) {
        u->due_on = u->undone_on = zone_today(l->v->zone, r->added_at);
        u->fact = xstrdup("no value is recorded");
        return;
    }
    u->due_on = when_next(frequency, latest->dated_on);
    u->undone_on = day_add(u->due_on, GRACE_DAYS + 1);
    if (latest->added_at.s > u->known_at.s)
        u->known_at = latest->added_at;
    u->fact = xasprintf("last value of %s, next due on %s", day_short(latest->dated_on, last),
                        day_short(u->due_on, due));
}

static void fill_target(struct record *r, const struct measure_latest *latest, struct upkeep *u)
{
    bool lower = strcmp(*record_value(r, "polarity"), "lower") == 0;
    char *text = measure_text(latest);

    u->due_on = latest->dated_on;
    u->undone_on = latest->dated_on;
    u->known_at = latest->added_at;
    u->mark = xasprintf("value:%" PRId64, latest->value);
    u->fact = xasprintf("%s, the target is at %s %s", text, lower ? "most" : "least",
                        *record_value(r, "target"));
    free(text);
}

static int list_measure(void *arg, const struct record *r)
{
    struct listing *l = arg;
    struct record at = *r; /* shares the values */
    const struct measure_latest *latest = measures_latest_of(&l->latest, r->id);
    struct upkeep *u = upkeeps_add(l->ret, UPKEEP_VALUE, r);
    bool closed;

    fill_value(l, r, latest, *record_value(&at, "frequency"), u);
    upkeep_close(u, l->v, "ended", *record_value(&at, "ended_on"));
    u->on = u->due_on;
    if (latest) { /* each value moves the day */
        u->version += latest->seen;
        if (latest->added_at.s > u->updated_at.s)
            u->updated_at = latest->added_at;
    }
    closed = u->closed != NULL;
    if (!closed && measure_state(r, latest) == MEASURE_OFF_TARGET)
        fill_target(&at, latest, upkeeps_add(l->ret, UPKEEP_TARGET, r));
    return 0;
}

int measures_list(struct store *s, const struct upkeep_view *v, struct upkeeps *ret, struct err *e)
{
    struct listing l = {.v = v, .ret = ret};
    int rc = measures_latest(s, v->today, UTC_NONE, &l.latest, e);

    if (rc == 0)
        rc = record_each(s, RECORD_MEASURE, list_measure, &l, e);
    measures_latest_clear(&l.latest);
    return rc;
}

int check_measures(struct check_run *run, struct err *e)
{
    return upkeep_tell(run, e);
}
