/* What an import has added and changed, for the endpoints that take its event. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/import.h"
#include "engine/tell.h"
#include "store/journal.h"

static char *change_json(const char *plan, const struct import_change *c)
{
    struct text t = TEXT_INIT;

    text_add(&t, "{\"plan\":");
    text_add_json(&t, plan);
    text_add(&t, ",\"ref\":");
    text_add_json(&t, c->ref);
    text_addf(&t, ",\"added\":%s,\"change\":", c->added ? "true" : "false");
    text_add_json(&t, c->what);
    text_add(&t, "}");
    return text_take(&t);
}

/* Two imports of one instant are two: each has a row of the journal of its own. */
int import_tell(struct store *s, const struct engine *engine, const struct import_options *o,
                const struct import_result *r, utc_t now, struct err *e)
{
    struct check_run run = {.store = s,
                            .engine = engine,
                            .schedule = "import",
                            .check = "import",
                            .now = now,
                            .today = o->as_at};
    struct tell_item *items;
    char *about, *step;
    int64_t row;
    int rc;

    if (!r->change_count)
        return 0;
    if (journal_seq(s, &row, e) < 0)
        return -1;
    items = xcalloc(r->change_count, sizeof *items);
    about = xasprintf("import:%s", r->plan);
    step = xasprintf("journal row %" PRId64, row);
    for (size_t i = 0; i < r->change_count && i < TELL_ITEMS; i++)
        items[i] =
            (struct tell_item){.json = change_json(r->plan, &r->changes[i]),
                               .shown = {r->changes[i].ref, r->changes[i].what, DAY_NONE, NULL}};
    rc = tell_webhooks_at_once(&run, EVENT_IMPORT, about, step, r->plan, items, r->change_count, e);
    for (size_t i = 0; i < r->change_count; i++)
        free(items[i].json);
    free(items);
    free(about);
    free(step);
    return rc;
}
