#include "store/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/sql.h"

/* CROSS JOIN holds SQLite to this order of loops: parts by action through their index, then the
 * action to see whose plan it is, then the entries by primary key; nothing is sorted. */
#define PARTS                                                                                      \
    "SELECT p.action_id, a.plan_id, a.priority_id, p.id, p.label, e.part_id, e.rating, e.status, " \
    "e.due_precision, e.due_on"
#define FROM_PARTS " FROM part p CROSS JOIN action a ON a.id = p.action_id "
#define ENTRIES    "entry e ON e.part_id = p.id AND e.effective_on <= ?5 AND e.recorded_at <= ?6 "
#define OF_PARTS                                                           \
    "WHERE p.action_id BETWEEN ?1 AND ?2 AND a.plan_id BETWEEN ?3 AND ?4 " \
    "ORDER BY p.action_id, p.label, e.effective_on, e.seq"

enum { Q_FIGURES, Q_PARTS, Q_HISTORY };
static const struct query queries[] = {
    [Q_FIGURES] = {PARTS FROM_PARTS "CROSS JOIN " ENTRIES OF_PARTS, false},
    [Q_PARTS] = {PARTS ", e.due_text, e.owner_id, e.completed_on" FROM_PARTS
                       "LEFT JOIN " ENTRIES OF_PARTS,
                 false},
    [Q_HISTORY] = {"SELECT e.effective_on, e.recorded_at, e.who, p.label, e.rating, e.status, "
                   "e.due_precision, e.due_text, r.slug, NULL, e.due_on, e.completed_on, e.seq "
                   "FROM part p JOIN entry e ON e.part_id = p.id "
                   "LEFT JOIN role r ON r.id = e.owner_id WHERE p.action_id = ?1 "
                   "UNION ALL SELECT effective_on, recorded_at, who, NULL, NULL, NULL, NULL, NULL, "
                   "NULL, text, NULL, NULL, id FROM action_update WHERE action_id = ?1 "
                   "ORDER BY 1, 2, 13",
                   false},
};
const struct query_table history_queries = {queries, COUNT(queries)};

static const char *const precisions[] = {
    [DUE_DAY] = "day",   [DUE_MONTH] = "month",     [DUE_QUARTER] = "quarter",
    [DUE_YEAR] = "year", [DUE_ONGOING] = "ongoing", [DUE_NONE] = "none",
};

const char *precision_name(enum due_precision p)
{
    return precisions[p];
}

static enum due_precision precision_parse(const char *name)
{
    for (size_t i = 0; i < COUNT(precisions); i++)
        if (strcmp(precisions[i], name) == 0)
            return (enum due_precision)i;
    return DUE_NONE;
}

/* ---- entries over one another ---- */

struct reader {
    struct rows rows;
    bool texts;
    const struct plan *plans, *plan; /* all; that of the action at hand */
    size_t plan_count;
    struct standing at;
    size_t cap;
    int64_t part_id; /* the one at hand */
};

/* Codes are kept as the scheme writes them, so this is exact; a code that the scheme no longer has
 * is no rating. */
static int rating_index(const struct reader *rd, const char *code)
{
    const struct scheme *s = rd->plan ? &rd->plan->scheme : NULL;

    for (size_t i = 0; s && i < s->count; i++)
        if (strcmp(s->ratings[i].code, code) == 0)
            return (int)i;
    return -1;
}

static void lay_over_texts(struct part *p, const struct rows *r, bool due)
{
    if (due) {
        free(p->due_text);
        p->due_text = rows_dup(r, 10);
    }
    if (!rows_null(r, 11))
        p->owner_id = rows_int(r, 11);
    if (!rows_null(r, 12))
        p->completed_on = rows_day(r, 12);
}

/* What the entry speaks of takes the place of what was said before; its NULLs say nothing. */
static void lay_over(struct reader *rd, struct part *p)
{
    const char *rating = rows_text(&rd->rows, 6), *status = rows_text(&rd->rows, 7);
    const char *precision = rows_text(&rd->rows, 8);

    p->known = true;
    if (rating)
        p->rating = rating_index(rd, rating);
    if (status) {
        int parsed = status_parse(status);

        p->status = parsed < 0 ? STATUS_DRAFT : (enum status)parsed;
    }
    if (precision) {
        p->due_precision = precision_parse(precision);
        p->due_on = rows_day(&rd->rows, 9);
    }
    if (rd->texts)
        lay_over_texts(p, &rd->rows, precision != NULL);
}

static struct part *part_at_hand(struct reader *rd)
{
    int64_t id = rows_int(&rd->rows, 3);

    if (rd->at.part_count == 0 || id != rd->part_id) {
        rd->at.parts = xgrow(rd->at.parts, rd->at.part_count, &rd->cap, sizeof *rd->at.parts);
        rd->at.parts[rd->at.part_count++] = (struct part){.id = id,
                                                          .label = rows_dup(&rd->rows, 4),
                                                          .rating = -1,
                                                          .due_precision = DUE_NONE,
                                                          .due_on = DAY_NONE,
                                                          .completed_on = DAY_NONE};
        rd->part_id = id;
    }
    return &rd->at.parts[rd->at.part_count - 1];
}

/* An action that was split later is its parts from then on: what was said of it whole counts no
 * more. */
static bool settle(struct standing *st)
{
    bool split = false, known = false;

    for (size_t i = 0; i < st->part_count; i++)
        split = split || (st->parts[i].known && *st->parts[i].label);
    for (size_t i = 0; i < st->part_count; i++) {
        struct part *p = &st->parts[i];

        if (split && !*p->label)
            p->known = false;
        if (!status_is_complete(p->status))
            p->completed_on = DAY_NONE;
        known = known || p->known;
    }
    return known;
}

static void drop_parts(struct reader *rd)
{
    struct action whole = {.parts = rd->at.parts, .part_count = rd->at.part_count};

    if (rd->at.parts)
        action_clear(&whole);
    rd->at = (struct standing){0};
    rd->cap = 0;
}

static void next_action(struct reader *rd)
{
    int64_t plan_id = rows_int(&rd->rows, 1);

    drop_parts(rd);
    rd->at.action_id = rows_int(&rd->rows, 0);
    rd->at.priority_id = rows_int(&rd->rows, 2);
    if (rd->plan && rd->plan->id == plan_id)
        return;
    rd->plan = NULL;
    for (size_t i = 0; i < rd->plan_count; i++)
        if (rd->plans[i].id == plan_id)
            rd->plan = &rd->plans[i];
}

static int hand_over(struct reader *rd, int (*row)(void *arg, struct standing *st), void *arg)
{
    return rd->at.action_id && settle(&rd->at) ? row(arg, &rd->at) : 0;
}

static int read_standing(struct reader *rd, int (*row)(void *arg, struct standing *st), void *arg,
                         struct err *e)
{
    int stop = 0;

    while (!stop && rows_next(&rd->rows)) {
        struct part *p;

        if (rows_int(&rd->rows, 0) != rd->at.action_id) {
            stop = hand_over(rd, row, arg);
            next_action(rd);
        }
        p = part_at_hand(rd);
        if (!rows_null(&rd->rows, 5))
            lay_over(rd, p);
    }
    if (!stop && rd->rows.rc == SQLITE_DONE)
        hand_over(rd, row, arg);
    drop_parts(rd);
    return rows_end(&rd->rows, e);
}

const char *known_text(utc_t known_at, char ret[UTC_ISO])
{
    return utc_is(known_at) ? utc_iso(known_at, ret) : "9999-12-31T23:59:59Z";
}

int standing_each(struct store *s, const struct action_query *q, bool texts,
                  int (*row)(void *arg, struct standing *st), void *arg, struct err *e)
{
    struct reader rd = {.texts = texts};
    struct plan *plans;
    char known[UTC_ISO];
    int rc;

    assert(day_is(q->as_at));
    if (plan_all(s, &plans, &rd.plan_count, e) < 0)
        return -1;
    rd.plans = plans;
    rows_start(&rd.rows, s, &queries[texts ? Q_PARTS : Q_FIGURES], "iiiidt", q->action_id,
               q->action_id ? q->action_id : INT64_MAX, q->plan_id,
               q->plan_id ? q->plan_id : INT64_MAX, q->as_at, known_text(q->known_at, known));
    rc = read_standing(&rd, row, arg, e);
    for (size_t i = 0; i < rd.plan_count; i++)
        plan_clear(&plans[i]);
    free(plans);
    return rc;
}

/* ---- the history itself ---- */

int action_history(struct store *s, int64_t action_id,
                   int (*row)(void *arg, const struct history_row *r), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_HISTORY], "i", action_id);
    while (rows_next(&r)) {
        struct history_row found = {.effective_on = rows_day(&r, 0),
                                    .recorded_at = rows_utc(&r, 1),
                                    .who = rows_text(&r, 2),
                                    .part = rows_text(&r, 3),
                                    .rating = rows_text(&r, 4),
                                    .status = rows_text(&r, 5),
                                    .due_precision = rows_text(&r, 6),
                                    .due_text = rows_text(&r, 7),
                                    .owner = rows_text(&r, 8),
                                    .note = rows_text(&r, 9),
                                    .due_on = rows_day(&r, 10),
                                    .completed_on = rows_day(&r, 11)};

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(&r, e);
}
