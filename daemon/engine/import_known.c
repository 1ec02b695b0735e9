#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/import_impl.h"
#include "plan/slug.h"

/* ---- which plan ---- */

/* "Bromley 2016.csv" gives bromley-2016; NULL when nothing is left of it. */
static char *slug_of_file(const char *file)
{
    const char *dot = strrchr(file, '.');
    char *stem = xstrndup(file, dot && dot > file ? (size_t)(dot - file) : strlen(file));
    char *slug = slug_of(stem, SLUG_MAX);

    free(stem);
    return slug;
}

static char *title_of_slug(const char *slug)
{
    char *title = xstrdup(slug);

    for (char *c = title; *c; c++) {
        if (*c == '-')
            *c = ' ';
        else if (c == title || c[-1] == ' ')
            *c = (char)toupper((unsigned char)*c);
    }
    return title;
}

static int choose_slug(struct import *im, struct err *e)
{
    const struct import_options *o = im->options;

    if (o->plan && *o->plan)
        return slug_parse(o->plan, &im->slug, e) < 0 ? err_within(e, "plan") : 0;
    im->slug = o->file ? slug_of_file(o->file) : NULL;
    return im->slug ? 0
                    : err_set(e, ERR_USAGE,
                              "which plan? The file has no name to go by: say --plan SLUG");
}

static int choose_title(struct import *im, struct err *e)
{
    const char *given = im->options->title;
    size_t replaced;

    im->plan.slug = xstrdup(im->slug);
    im->plan.title = given ? import_clean(CELL_LINE, given, &replaced) : title_of_slug(im->slug);
    if (!*im->plan.title || utf8_count(im->plan.title) > IMPORT_TITLE_MAX)
        return err_set(e, ERR_USAGE, "a plan's title has 1 to %d characters", IMPORT_TITLE_MAX);
    return 0;
}

/* ---- the plan as it stands ---- */

static int order_actions(const void *a, const void *b)
{
    return strcmp(((const struct action *)a)->ref, ((const struct action *)b)->ref);
}

const struct action *import_known_action(const struct import *im, const char *ref)
{
    const struct action key = {.ref = (char *)(uintptr_t)ref};

    return im->known_count ? bsearch(&key, im->known, im->known_count, sizeof key, order_actions)
                           : NULL;
}

struct loading {
    struct import *im;
    size_t cap;
};

/* All there are, whenever they begin: of the parts only that they are there. */
static int take_action(void *arg, const struct action *a)
{
    struct loading *l = arg;
    struct import *im = l->im;
    struct action *own;

    im->known = xgrow(im->known, im->known_count, &l->cap, sizeof *im->known);
    own = &im->known[im->known_count++];
    *own = (struct action){.id = a->id,
                           .ref = xstrdup(a->ref),
                           .title = xstrdup(a->title),
                           .success_measure = xstrdup(a->success_measure),
                           .priority = a->priority,
                           .accountable_title = xstrdup(a->accountable_title),
                           .recommendations = xstrdup(a->recommendations),
                           .start_on = a->start_on,
                           .parts = xcalloc(a->part_count, sizeof *a->parts),
                           .part_count = a->part_count};
    for (size_t i = 0; i < a->part_count; i++)
        own->parts[i] = (struct part){.id = a->parts[i].id,
                                      .label = xstrdup(a->parts[i].label),
                                      .rating = -1,
                                      .due_precision = DUE_NONE,
                                      .due_on = DAY_NONE,
                                      .completed_on = DAY_NONE};
    return 0;
}

/* What held of the parts on the day. */
static int take_parts(void *arg, const struct action *a)
{
    struct import *im = arg;
    struct action *own = (struct action *)(uintptr_t)import_known_action(im, a->ref);

    for (size_t i = 0; own && i < own->part_count; i++)
        for (size_t j = 0; j < a->part_count; j++)
            if (own->parts[i].id == a->parts[j].id) {
                free(own->parts[i].label);
                own->parts[i] = a->parts[j];
                own->parts[i].label = xstrdup(a->parts[j].label);
                own->parts[i].due_text = xstrdup(a->parts[j].due_text);
                own->parts[i].owner = xstrdup(a->parts[j].owner);
                own->parts[i].owner_title = xstrdup(a->parts[j].owner_title);
            }
    return 0;
}

static int load_actions(struct import *im, struct err *e)
{
    struct loading l = {.im = im};
    struct action_query q = {
        .plan_id = im->plan.id, .as_at = day_from_ymd(9999, 12, 31), .known_at = UTC_NONE};

    if (action_each(im->store, &q, take_action, &l, e) < 0)
        return -1;
    if (im->known_count)
        qsort(im->known, im->known_count, sizeof *im->known, order_actions);
    q.as_at = im->options->as_at;
    return action_each(im->store, &q, take_parts, im, e);
}

int import_known(struct import *im, struct err *e)
{
    const struct import_options *o = im->options;

    if (choose_slug(im, e) < 0)
        return -1;
    im->result->plan = xstrdup(im->slug);
    if (plan_find(im->store, im->slug, &im->plan, e) < 0) {
        im->result->new_plan = true;
        return e->code == ERR_NOTFOUND ? choose_title(im, e) : -1;
    }
    if (o->scheme && strcasecmp(o->scheme, im->plan.scheme.name) != 0)
        return err_set(e, ERR_REFUSED,
                       "the plan %s goes by the scheme %s, not %s: an import "
                       "cannot change it",
                       im->slug, im->plan.scheme.name, o->scheme);
    if (plan_priorities(im->store, im->plan.id, &im->priorities, &im->priority_count, e) < 0)
        return -1;
    return load_actions(im, e);
}
