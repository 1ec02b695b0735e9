#include "engine/gaps.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/renewed.h"
#include "engine/scheduler.h"
#include "store/action.h"
#include "store/deadline.h"

#define ASSIGN "csictl role assign %s --name NAME --email ADDRESS"

/* Obligations with one owner and one accountable executive; 0: nobody. */
struct load {
    int64_t owner_id, accountable_id;
    size_t count;
};

/* Obligations that one check tells of. */
struct watched {
    char *check;
    size_t count;
};

/* An owner, whom that role reports to, and so on: where an obligation goes while nobody acts. */
struct line {
    const struct role **roles; /* room for all of the roster */
    size_t count;
    size_t circle; /* where the line comes back on itself, counted from its beginning */
    bool circular;
};

struct search {
    struct store *store;
    const struct engine *engine;
    const struct roster *roster;
    day_t today;
    utc_t now;
    struct load *loads;
    size_t load_count, load_cap;
    struct watched *watched;
    size_t watched_count, watched_cap;
    size_t *climbing; /* by place in the roster */
    struct gaps *found;
};

/* ---- what there is ---- */

static void watch(struct search *s, const char *check)
{
    size_t i = 0;

    while (i < s->watched_count && strcmp(s->watched[i].check, check) != 0)
        i++;
    if (i == s->watched_count) {
        s->watched = xgrow(s->watched, s->watched_count, &s->watched_cap, sizeof *s->watched);
        s->watched[s->watched_count++] = (struct watched){xstrdup(check), 0};
    }
    s->watched[i].count++;
}

static void add_obligation(struct search *s, int64_t owner_id, int64_t accountable_id,
                           const char *check)
{
    s->loads = xgrow(s->loads, s->load_count, &s->load_cap, sizeof *s->loads);
    s->loads[s->load_count++] = (struct load){owner_id, accountable_id, 1};
    s->found->obligations++;
    watch(s, check);
}

static int add_action(void *arg, const struct standing *st)
{
    for (size_t i = 0; i < st->part_count; i++)
        if (st->parts[i].known && status_is_open(st->parts[i].status))
            add_obligation(arg, st->parts[i].owner_id, st->accountable_id, CHECK_OVERDUE);
    return 0;
}

static int add_deadline(void *arg, const struct deadline *d)
{
    struct search *s = arg;

    if (vacant_is_open(d, s->today))
        add_obligation(s, d->role_id, 0, d->check_name);
    return 0;
}

static int by_people(const void *a, const void *b)
{
    const struct load *x = a, *y = b;

    if (x->owner_id != y->owner_id)
        return x->owner_id < y->owner_id ? -1 : 1;
    return (x->accountable_id > y->accountable_id) - (x->accountable_id < y->accountable_id);
}

/* One load for each pair of owner and executive. */
static void merge_loads(struct search *s)
{
    size_t kept = 0;

    if (s->load_count)
        qsort(s->loads, s->load_count, sizeof *s->loads, by_people);
    for (size_t i = 0; i < s->load_count; i++)
        if (kept && by_people(&s->loads[kept - 1], &s->loads[i]) == 0)
            s->loads[kept - 1].count += s->loads[i].count;
        else
            s->loads[kept++] = s->loads[i];
    s->load_count = kept;
}

/* ---- gaps ---- */

static struct gap *add_gap(struct gaps *g, const char *word, char *about, const char *role,
                           char *what, char *mend)
{
    g->items = xgrow(g->items, g->count, &g->cap, sizeof *g->items);
    g->items[g->count] = (struct gap){.about = about,
                                      .word = xstrdup(word),
                                      .role = xstrdup(role),
                                      .what = what,
                                      .mend = mend,
                                      .first_on = DAY_NONE};
    return &g->items[g->count++];
}

static void add_count(struct text *t, size_t n, const char *noun, const char *before)
{
    if (n)
        text_addf(t, "%s%zu %s%s", t->len ? before : "", n, noun, n == 1 ? "" : "s");
}

/* ---- the line to the chair ---- */

static bool joins(struct line *l, const struct role *r)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->roles[i] == r) {
            l->circle = i;
            return false;
        }
    l->roles[l->count++] = r;
    return true;
}

/* Owner, and whom each reports to, until nobody or one who stands in it already. */
static void follow(const struct search *s, const struct role *owner, struct line *l)
{
    l->count = 0;
    l->circular = false;
    for (const struct role *r = owner; r && !l->circular;
         r = r->reports_to ? roster_slug(s->roster, r->reports_to) : NULL)
        l->circular = !joins(l, r);
}

/* Where a circle is told from, whoever led into it: its place in the line. */
static size_t first_of_circle(const struct line *l)
{
    size_t first = l->circle;

    for (size_t i = l->circle; i < l->count; i++)
        if (strcmp(l->roles[i]->slug, l->roles[first]->slug) < 0)
            first = i;
    return first;
}

static char *circle_text(const struct line *l)
{
    size_t count = l->count - l->circle, first = first_of_circle(l) - l->circle;
    const struct role **roles = xcalloc(count, sizeof *roles);
    char *titles, *text;

    for (size_t i = 0; i < count; i++)
        roles[i] = l->roles[l->circle + (first + i) % count];
    titles = tell_titles(roles, count);
    text = count == 1 ? xasprintf("%s reports to itself", titles)
                      : xasprintf("%s report to one another in a circle", titles);
    free(roles);
    free(titles);
    return text;
}

static void add_circle(struct search *s, const struct line *l, size_t count)
{
    const char *slug = l->roles[first_of_circle(l)]->slug;
    char *about = xasprintf("role:%s", slug);
    size_t i = 0;

    while (i < s->found->count && (strcmp(s->found->items[i].word, "circle") != 0 ||
                                   strcmp(s->found->items[i].about, about) != 0))
        i++;
    if (i == s->found->count)
        add_gap(s->found, "circle", about, slug, circle_text(l),
                xstrdup("let one of them report to somebody else, or to nobody"));
    else
        free(about);
    s->found->items[i].obligations += count;
}

/* What is not the owner's own climbs to each other one in its line. */
static void climb(struct search *s, const struct load *load, struct line *l)
{
    const struct role *owner = roster_id(s->roster, load->owner_id);
    const struct role *others[] = {roster_id(s->roster, load->accountable_id),
                                   roster_slug(s->roster, ROLE_CHAIR)};

    follow(s, owner, l);
    if (l->circular)
        add_circle(s, l, load->count);
    for (size_t i = 0; i < COUNT(others); i++)
        if (others[i])
            joins(l, others[i]);
    for (size_t i = 0; i < l->count; i++)
        if (l->roles[i] != owner)
            s->climbing[l->roles[i] - s->roster->roles] += load->count;
}

static void climb_all(struct search *s)
{
    struct line l = {.roles = xcalloc(s->roster->count, sizeof *l.roles)};

    for (size_t i = 0; i < s->load_count; i++)
        climb(s, &s->loads[i], &l);
    free(l.roles);
}

/* ---- roles that reach nobody ---- */

static const struct vacancy *vacancy_of(const struct vacancy *list, size_t count, int64_t role_id)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].role_id == role_id)
            return &list[i];
    return NULL;
}

static char *empty_text(const struct role *r, size_t actions, size_t duties, size_t climbing)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    add_count(&t, actions, "action", "");
    add_count(&t, duties, "deadline", " and ");
    text_addf(&t, "%s%s", t.len ? " of " : "", t.len ? r->title : "");
    if (climbing)
        text_addf(&t, "%s%zu that escalate%s to %s", t.len ? ", and " : "", climbing,
                  climbing == 1 ? "s" : "", t.len ? "it" : r->title);
    if (r->holder && r->email)
        text_addf(&t, ": %s holds it but mail to %s comes back (%s)", r->holder, r->email,
                  r->bounced);
    else if (r->holder)
        text_addf(&t, ": %s holds it but has no address", r->holder);
    else
        text_add(&t, ": nobody holds it");
    return text_take(&t);
}

static void look_at_role(struct search *s, const struct role *r)
{
    const struct vacancies *v = &s->found->vacancies;
    const struct vacancy *owing = vacancy_of(v->owing, v->owing_count, r->id);
    const struct vacancy *owning = vacancy_of(v->owning, v->owning_open, r->id);
    size_t actions = owning ? owning->open : 0, duties = owing ? owing->count : 0;
    size_t climbing = s->climbing[r - s->roster->roles];
    struct gap *g;

    if (tell_reachable(r) || actions + duties + climbing == 0)
        return;
    g = add_gap(s->found, "empty", xasprintf("role:%s", r->slug), r->slug,
                empty_text(r, actions, duties, climbing), xasprintf(ASSIGN, r->slug));
    g->obligations = actions + duties + climbing;
    g->first_on =
        day_earlier(owing ? owing->first_on : DAY_NONE, owning ? owning->first_on : DAY_NONE);
}

static void look_at_unowned(struct search *s)
{
    struct text t = TEXT_INIT;
    size_t count = 0;

    for (size_t i = 0; i < s->load_count; i++)
        count += s->loads[i].owner_id == 0 ? s->loads[i].count : 0;
    if (count == 0)
        return;
    text_clear(&t);
    add_count(&t, count, "action", "");
    text_addf(&t, ": nobody owns %s", count == 1 ? "it" : "them");
    add_gap(s->found, "unowned", xstrdup("run:coverage"), NULL, text_take(&t),
            xstrdup("name their owners in the plan's file and import it again"))
        ->obligations = count;
}

/* ---- what nobody looks at ---- */

static void look_at_checks(struct search *s)
{
    for (size_t i = 0; i < s->watched_count; i++) {
        const struct watched *w = &s->watched[i];
        struct text t = TEXT_INIT;

        if (scheduler_of(s->engine, w->check))
            continue;
        text_clear(&t);
        add_count(&t, w->count, "obligation", "");
        text_addf(&t, ": no schedule runs the check %s, which tells of %s", w->check,
                  w->count == 1 ? "it" : "them");
        add_gap(
            s->found, "unscheduled", xasprintf("check:%s", w->check), NULL, text_take(&t),
            xasprintf("add a schedule with check: %s to csid.yaml, then csictl reload", w->check))
            ->obligations = w->count;
    }
}

static void add_renewed(void *arg, int64_t id, const char *match, day_t from, day_t to)
{
    struct search *s = arg;
    char first[DAY_TEXT], last[DAY_TEXT];

    add_gap(s->found, "silenced", xasprintf("silence:%" PRId64, id), NULL,
            xasprintf("%s is held back from %s to %s, by silences that follow upon one another",
                      match, day_short(from, first), day_short(to, last)),
            xasprintf("csictl silence end %" PRId64, id));
}

/* ---- all together ---- */

static int by_weight(const void *a, const void *b)
{
    const struct gap *x = a, *y = b;

    if (x->obligations != y->obligations)
        return x->obligations > y->obligations ? -1 : 1;
    return strcmp(x->about, y->about) ? strcmp(x->about, y->about) : strcmp(x->word, y->word);
}

static int look(struct search *s, struct err *e)
{
    merge_loads(s);
    climb_all(s);
    for (size_t i = 0; i < s->roster->count; i++)
        look_at_role(s, &s->roster->roles[i]);
    look_at_unowned(s);
    look_at_checks(s);
    if (renewed_each(s->store, s->engine->zone, s->now, add_renewed, s, e) < 0)
        return -1;
    if (s->found->count)
        qsort(s->found->items, s->found->count, sizeof *s->found->items, by_weight);
    return 0;
}

static void search_clear(struct search *s)
{
    for (size_t i = 0; i < s->watched_count; i++)
        free(s->watched[i].check);
    free(s->watched);
    free(s->loads);
    free(s->climbing);
}

int gaps_find(struct store *s, const struct engine *engine, const struct roster *roster, utc_t now,
              struct gaps *ret, struct err *e)
{
    struct gaps found = {0};
    struct search search = {.store = s,
                            .engine = engine,
                            .roster = roster,
                            .today = zone_today(engine->zone, now),
                            .now = now,
                            .climbing = xcalloc(roster->count, sizeof(size_t)),
                            .found = &found};
    const struct action_query query = {.as_at = search.today, .known_at = UTC_NONE};
    int rc = vacant_find(s, roster->roles, roster->count, search.today, &found.vacancies, e);

    if (rc == 0)
        rc = standing_each(s, &query, true, add_action, &search, e);
    if (rc == 0)
        rc = deadline_each(s, false, DAY_NONE, add_deadline, &search, e);
    if (rc == 0)
        rc = look(&search, e);
    search_clear(&search);
    if (rc < 0)
        gaps_clear(&found);
    else
        *ret = found;
    return rc;
}

void gaps_clear(struct gaps *g)
{
    for (size_t i = 0; i < g->count; i++) {
        free(g->items[i].about);
        free(g->items[i].word);
        free(g->items[i].role);
        free(g->items[i].what);
        free(g->items[i].mend);
    }
    free(g->items);
    vacant_clear(&g->vacancies);
    *g = (struct gaps){0};
}
