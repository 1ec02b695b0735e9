#include "engine/holidays.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/trouble.h"
#include "store/holiday.h"
#include "store/journal.h"

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

/* ---- importing ---- */

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

/* What moves when a list changes, and the mails about it. Where it is another division's only what
 * a rule counts by that moves; the day to send by is reckoned with ours, `home`, before and after.
 */
static int tell_moved(struct check_run *run, const struct holidays *before,
                      struct holidays_import *i, size_t place, struct err *e)
{
    struct settled settled = {0};
    int rc = settle(run->store, run->engine, run->now, &settled, e);

    if (rc == 0)
        rc =
            moved_find(run, before, run->engine->holidays, &settled, &i->divisions[place].moved, e);
    if (rc == 0)
        rc = moved_tell(run, &i->divisions[place].moved, i->divisions[place].revisions,
                        i->divisions[place].count, e);
    if (rc == 0)
        rc = trouble_tell(run, e);
    settled_clear(&settled);
    return rc;
}

/* Mails name the row of the journal that holds the change, which makes them once per change. *home
 * is the list of our own division and becomes the new one where that is what changes. */
static int follow(struct store *s, const struct engine *engine, utc_t now,
                  struct holidays_import *i, size_t place, const struct holidays **home,
                  struct err *e)
{
    const struct holidays *before = *home;
    struct engine in_force = *engine;
    struct check_run run = {.store = s,
                            .engine = &in_force,
                            .check = "holidays",
                            .now = now,
                            .today = zone_today(engine->zone, now)};
    char *step;
    int64_t seq;
    int rc;

    if (strcmp(holidays_divisions[place], engine->division) == 0)
        *home = i->divisions[place].after;
    in_force.holidays = *home;
    if (journal_seq(s, &seq, e) < 0)
        return -1;
    step = xasprintf("journal:%" PRId64, seq);
    run.schedule = step;
    rc = tell_moved(&run, before, i, place, e);
    trouble_clear(&run.trouble);
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
            rc = follow(s, engine, now, &made, i, &home, e);
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
