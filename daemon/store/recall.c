#include "store/recall.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store_impl.h"

enum { Q_NEXT };
static const struct query queries[] = {
    [Q_NEXT] = {"SELECT min(day) FROM (SELECT min(effective_on) AS day FROM entry "
                "WHERE effective_on > ?1 UNION ALL SELECT min(effective_on) FROM evidence "
                "WHERE effective_on > ?1)",
                false},
};
const struct query_table recall_queries = {queries, COUNT(queries)};

struct kept {
    void *value; /* NULL: nothing */
    void (*clear)(void *value);
    uint64_t version;
    day_t from,
        next; /* it holds from that day on until the day before `next` (DAY_NONE: for ever) */
    bool used;
};

struct recall {
    struct kept kept[RECALL_KINDS];
};

/* Whatever a reader of actions or their standing looks at. */
static const char *const tables[] = {
    "plan", "scheme", "rating",   "priority", "recommendation", "action", "action_recommendation",
    "part", "entry",  "evidence", "role",
};

/* Called by SQLite while a statement is prepared, for each thing that it may do. */
static int note_writing(void *arg, int what, const char *table, const char *column,
                        const char *schema, const char *trigger)
{
    struct store *s = arg;

    (void)column;
    (void)schema;
    (void)trigger;
    if (what != SQLITE_INSERT && what != SQLITE_UPDATE && what != SQLITE_DELETE)
        return SQLITE_OK;
    for (size_t i = 0; i < COUNT(tables); i++)
        s->writes_plans |= strcmp(table, tables[i]) == 0;
    return SQLITE_OK;
}

void recall_watch(struct store *s)
{
    s->recall = xcalloc(1, sizeof *s->recall);
    sqlite3_set_authorizer(s->db, note_writing, s);
}

static void forget(struct kept *k)
{
    if (k->value)
        k->clear(k->value);
    *k = (struct kept){0};
}

void recall_close(struct store *s)
{
    if (!s->recall)
        return;
    for (size_t i = 0; i < RECALL_KINDS; i++)
        forget(&s->recall->kept[i]);
    free(s->recall);
    s->recall = NULL;
}

void recall_undone(struct store *s)
{
    s->plans_version++;
}

/* Only of all that is known of all plans, which is what the checks ask for. */
static struct kept *place_of(struct store *s, enum recall_what what, const struct action_query *q)
{
    if (!s->recall || q->plan_id || q->action_id || utc_is(q->known_at) || q->by_priority ||
        q->noted)
        return NULL;
    return &s->recall->kept[what];
}

void *recall_take(struct store *s, enum recall_what what, const struct action_query *q)
{
    struct kept *k = place_of(s, what, q);

    if (!k || !k->value || k->used || k->version != s->plans_version || q->as_at.n < k->from.n ||
        (day_is(k->next) && q->as_at.n >= k->next.n))
        return NULL;
    k->used = true;
    return k->value;
}

void recall_release(struct store *s, enum recall_what what)
{
    s->recall->kept[what].used = false;
}

static int next_change(struct store *s, day_t after, day_t *ret)
{
    struct err ignored; /* then it is not kept, no more */
    struct rows r;

    rows_start(&r, s, &queries[Q_NEXT], "d", after);
    if (rows_next(&r))
        *ret = rows_day(&r, 0);
    return rows_end(&r, &ignored);
}

bool recall_keep(struct store *s, enum recall_what what, const struct action_query *q, void *value,
                 void (*clear)(void *value))
{
    struct kept *k = place_of(s, what, q);
    day_t next = DAY_NONE;

    if (!k || k->used || next_change(s, q->as_at, &next) < 0)
        return false;
    forget(k);
    *k = (struct kept){value, clear, s->plans_version, q->as_at, next, true};
    return true;
}
