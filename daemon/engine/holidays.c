#include "engine/holidays.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/trouble.h"
#include "store/holiday.h"
#include "store/journal.h"
#include "store/meta.h"

/* ---- what is in force ---- */

int engine_in_force(struct store *s, const struct engine *engine, struct engine *ret,
                    struct holidays **ret_imported, struct err *e)
{
    struct holidays *imported = NULL;

    *ret = *engine;
    *ret_imported = NULL;
    if (engine->holidays_text)
        return 0;
    if (holiday_read(s, engine->division, &imported, e) < 0)
        return -1;
    if (imported)
        ret->holidays = *ret_imported = holidays_over(engine->holidays, imported);
    holidays_free(imported);
    return 0;
}

/* NULL when the file of the configuration does not list the division, or there is no file. */
static struct holidays *from_file(const struct engine *engine, const char *division)
{
    const char *text = engine->holidays_text;
    struct holidays *h;
    struct err e;

    if (!text || holidays_parse(text, strlen(text), division, &h, &e) < 0)
        return NULL;
    return h;
}

/* The list built in with what was imported over it; *ret_imported NULL when nothing was. */
static int stored(struct store *s, const char *division, struct holidays **ret,
                  struct holidays **ret_imported, struct err *e)
{
    struct holidays *built_in, *imported;

    if (holidays_parse(holidays_builtin, strlen(holidays_builtin), division, &built_in, e) < 0 ||
        holiday_read(s, division, &imported, e) < 0)
        return -1;
    *ret = imported ? holidays_over(built_in, imported) : built_in;
    *ret_imported = imported;
    if (imported)
        holidays_free(built_in);
    return 0;
}

int holidays_source_find(struct store *s, const struct engine *engine, const char *division,
                         struct holidays_source *ret, struct err *e)
{
    struct holidays_source found = {.list = from_file(engine, division)};

    if (found.list)
        found.file = engine->holidays_file;
    else if (stored(s, division, &found.list, &found.imported, e) < 0)
        return -1;
    *ret = found;
    return 0;
}

void holidays_source_clear(struct holidays_source *h)
{
    holidays_free(h->list);
    holidays_free(h->imported);
    *h = (struct holidays_source){0};
}

const char *holidays_source_of(const struct holidays_source *h, int year)
{
    if (!holidays_list_year(h->list, year))
        return "by rule";
    if (h->file)
        return "configuration";
    return h->imported && holidays_list_year(h->imported, year) ? "imported" : "built in";
}

/* ---- taking in a list ---- */

static int import_division(struct store *s, const char *division, struct holidays *list,
                           struct holidays_import *ret, size_t place, struct err *e)
{
    struct holidays *imported;

    if (stored(s, division, &ret->divisions[place].before, &imported, e) < 0)
        return -1;
    holidays_free(imported);
    if (holiday_write(s, list, e) < 0 ||
        stored(s, division, &ret->divisions[place].after, &imported, e) < 0)
        return -1;
    holidays_free(imported);
    ret->divisions[place].count =
        holidays_revise(ret->divisions[place].before, ret->divisions[place].after, list,
                        &ret->divisions[place].revisions);
    return 0;
}

/* ---- what follows from a change ---- */

struct new_list {
    const struct holidays *before, *after; /* our own; the same where another division's changes */
    const struct revision *revisions;
    size_t count;
    const char *step; /* of the notices: another for each change */
};

/* What moves, and the mails about it. */
static int follow(struct store *s, const struct engine *engine, utc_t now, const struct new_list *c,
                  struct moved_deadlines *ret, struct err *e)
{
    struct engine in_force = *engine;
    struct check_run run = {.store = s,
                            .engine = &in_force,
                            .schedule = c->step,
                            .check = "holidays",
                            .now = now,
                            .today = zone_today(engine->zone, now)};
    struct settled settled = {0};
    int rc;

    in_force.holidays = c->after;
    rc = settle(s, &in_force, now, &settled, e);
    if (rc == 0)
        rc = moved_find(&run, c->before, c->after, &settled, ret, e);
    if (rc == 0)
        rc = moved_tell(&run, ret, c->revisions, c->count, e);
    if (rc == 0)
        rc = trouble_tell(&run, e);
    trouble_clear(&run.trouble);
    settled_clear(&settled);
    return rc;
}

/* ---- a list that changes outside: an edited file, a newer csid ---- */

#define LAST_USED "holidays" /* in meta: the list that deadlines were last reckoned with */

/* "# england-and-wales", then lines as in etc/bank-holidays.csv. Caller frees. */
static char *list_text(const struct holidays *h)
{
    struct text t = TEXT_INIT;
    char iso[DAY_ISO];
    day_t day;

    text_addf(&t, "# %s\n", holidays_division(h));
    for (size_t i = 0; i < holidays_count(h); i++) {
        const char *name = holidays_at(h, i, &day);

        text_addf(&t, "%s,%s,%s\n", holidays_division(h), day_iso(day, iso), name);
    }
    return text_take(&t);
}

/* NULL for a text that is none of ours. Caller frees. */
static struct holidays *list_of(const char *text)
{
    size_t len = strncmp(text, "# ", 2) == 0 ? strcspn(text + 2, "\n") : 0;
    char *division = xstrndup(text + (len ? 2 : 0), len);
    struct holidays *ret;
    struct err none;

    if (holidays_parse(text, strlen(text), division, &ret, &none) < 0)
        ret = NULL;
    free(division);
    return ret;
}

static int take_over(struct store *s, const struct engine *in_force, utc_t now, const char *was,
                     const char *is, struct err *e)
{
    struct holidays *before = was ? list_of(was) : NULL;
    struct revision *revisions = NULL;
    struct moved_deadlines moved = {0};
    struct new_list c = {.before = before, .after = in_force->holidays};
    char iso[UTC_ISO], *step = xasprintf("holidays %s", utc_iso(now, iso));
    int rc = 0;

    if (before) {
        c.count = holidays_revise(before, c.after, c.after, &revisions);
        c.revisions = revisions;
        c.step = step;
        rc = follow(s, in_force, now, &c, &moved, e);
    }
    if (rc == 0)
        rc = meta_write(s, LAST_USED, is, e);
    moved_clear(&moved);
    free(revisions);
    free(step);
    holidays_free(before);
    return rc;
}

int holidays_watch(struct store *s, const struct engine *engine, utc_t now, struct err *e)
{
    struct holidays *imported;
    struct engine in_force;
    char *was = NULL, *is;
    int rc;

    if (engine_in_force(s, engine, &in_force, &imported, e) < 0)
        return -1;
    is = list_text(in_force.holidays);
    rc = meta_read(s, LAST_USED, &was, e);
    if (rc == 0 && (!was || strcmp(was, is) != 0)) {
        rc = store_begin(s, "csid", now, e);
        if (rc == 0)
            rc = store_end(s, take_over(s, &in_force, now, was, is, e), e);
    }
    free(was);
    free(is);
    holidays_free(imported);
    return rc;
}

/* ---- an import ---- */

/* Mails name the row of the journal that holds the change, which makes them once per change. *home
 * is the list of our own division and becomes the new one where that is what changes; where it is
 * another division's only what a rule counts by that moves. */
static int follow_import(struct store *s, const struct engine *engine, utc_t now,
                         struct holidays_import *i, size_t place, const struct holidays **home,
                         struct err *e)
{
    bool ours = strcmp(holidays_divisions[place], engine->division) == 0;
    struct new_list c = {.before = *home,
                         .after = ours ? i->divisions[place].after : *home,
                         .revisions = i->divisions[place].revisions,
                         .count = i->divisions[place].count};
    char *step, *text;
    int64_t seq;
    int rc;

    if (journal_seq(s, &seq, e) < 0)
        return -1;
    c.step = step = xasprintf("journal:%" PRId64, seq);
    rc = follow(s, engine, now, &c, &i->divisions[place].moved, e);
    text = list_text(c.after);
    if (rc == 0)
        rc = meta_write(s, LAST_USED, text, e);
    *home = c.after;
    free(text);
    free(step);
    return rc;
}

int holidays_import(struct store *s, const struct engine *engine, utc_t now,
                    struct holidays *const lists[HOLIDAYS_DIVISIONS], struct holidays_import *ret,
                    struct err *e)
{
    struct holidays_import made = {.file = engine->holidays_file};
    const struct holidays *home = engine->holidays;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < HOLIDAYS_DIVISIONS; i++) {
        if (!lists[i])
            continue;
        rc = import_division(s, holidays_divisions[i], lists[i], &made, i, e);
        if (rc == 0 && !made.file)
            rc = follow_import(s, engine, now, &made, i, &home, e);
    }
    if (rc < 0)
        holidays_import_clear(&made);
    else
        *ret = made;
    return rc;
}

void holidays_import_clear(struct holidays_import *i)
{
    for (size_t k = 0; k < HOLIDAYS_DIVISIONS; k++) {
        free(i->divisions[k].revisions);
        holidays_free(i->divisions[k].before);
        holidays_free(i->divisions[k].after);
        moved_clear(&i->divisions[k].moved);
    }
    *i = (struct holidays_import){0};
}
