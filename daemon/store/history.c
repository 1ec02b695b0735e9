#include "store/history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/recall.h"
#include "store/sql.h"

/* All plans' entries are read in the order they lie in the file and put to their parts here: half
 * the time of a join. */
#define ACTIONS  "SELECT id, plan_id, priority_id FROM action "
#define ANSWERED "SELECT id, plan_id, priority_id, accountable_id FROM action "
#define PARTS    "SELECT action_id, id, label FROM part "
#define FIGURES  "SELECT part_id, rating, status, due_precision, due_on"
#define ENTRIES  FIGURES ", due_text, owner_id, completed_on, effective_on"
#define KNOWN    " FROM entry WHERE effective_on <= ?1 AND recorded_at <= ?2 "
#define IN_ORDER "ORDER BY part_id, effective_on, seq"
#define EVIDENCE "SELECT action_id, part_id, effective_on FROM evidence "

enum {
    Q_ACTIONS,
    Q_ANSWERED,
    Q_ACTION,
    Q_PARTS,
    Q_PARTS_OF,
    Q_FIGURES,
    Q_ENTRIES,
    Q_ENTRIES_OF,
    Q_EVIDENCE,
    Q_EVIDENCE_OF,
    Q_HISTORY
};
static const struct query queries[] = {
    [Q_ACTIONS] = {ACTIONS "INDEXED BY action_place WHERE plan_id BETWEEN ? AND ? ORDER BY id",
                   true},
    [Q_ANSWERED] = {ANSWERED "NOT INDEXED WHERE plan_id BETWEEN ? AND ? ORDER BY id", true},
    [Q_ACTION] = {ANSWERED "WHERE id = ?", false},
    [Q_PARTS] = {PARTS "ORDER BY action_id, label", true},
    [Q_PARTS_OF] = {PARTS "WHERE action_id = ? ORDER BY label", false},
    [Q_FIGURES] = {FIGURES KNOWN IN_ORDER, true},
    [Q_ENTRIES] = {ENTRIES KNOWN IN_ORDER, true},
    [Q_ENTRIES_OF] = {ENTRIES KNOWN
                      "AND part_id IN (SELECT id FROM part WHERE action_id = ?3) " IN_ORDER,
                      false},
    [Q_EVIDENCE] = {EVIDENCE "WHERE effective_on <= ?1 AND recorded_at <= ?2 ORDER BY action_id",
                    true},
    [Q_EVIDENCE_OF] = {EVIDENCE "WHERE effective_on <= ?1 AND recorded_at <= ?2 AND action_id = ?3",
                       false},
    [Q_HISTORY] = {"SELECT e.effective_on, e.recorded_at, e.who, p.label, e.rating, e.status, "
                   "e.due_precision, e.due_text, r.slug, NULL, e.due_on, e.completed_on, e.seq, "
                   "NULL, NULL, NULL "
                   "FROM part p JOIN entry e ON e.part_id = p.id "
                   "LEFT JOIN role r ON r.id = e.owner_id WHERE p.action_id = ?1 "
                   "UNION ALL SELECT effective_on, recorded_at, who, NULL, NULL, NULL, NULL, NULL, "
                   "NULL, text, NULL, NULL, id, NULL, NULL, NULL "
                   "FROM action_update WHERE action_id = ?1 "
                   "UNION ALL SELECT v.effective_on, v.recorded_at, v.who, p.label, NULL, NULL, "
                   "NULL, NULL, NULL, NULL, NULL, NULL, v.id, v.title, v.link, v.sha256 "
                   "FROM evidence v LEFT JOIN part p ON p.id = v.part_id WHERE v.action_id = ?1 "
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

/* ---- actions and their parts ---- */

struct slot { /* a part, and whose words its ratings are */
    struct part *part;
    const struct scheme *scheme;
};

struct reader {
    struct store *store;
    const struct action_query *query;
    bool texts;
    struct plan *plans;
    size_t plan_count;
    struct standing *actions; /* by id; their parts lie in `parts` */
    size_t action_count;
    struct part *parts; /* by action and label */
    size_t part_count;
    struct slot *by_id;
};

static char no_label[1]; /* of most parts, so not worth an allocation each when only counting */

static int load_actions(struct reader *rd, struct err *e)
{
    const struct action_query *q = rd->query;
    size_t cap = 0;
    struct rows r;

    if (q->action_id)
        rows_start(&r, rd->store, &queries[Q_ACTION], "i", q->action_id);
    else
        rows_start(&r, rd->store, &queries[rd->texts ? Q_ANSWERED : Q_ACTIONS], "ii", q->plan_id,
                   q->plan_id ? q->plan_id : INT64_MAX);
    while (rows_next(&r)) {
        rd->actions = xgrow(rd->actions, rd->action_count, &cap, sizeof *rd->actions);
        rd->actions[rd->action_count++] =
            (struct standing){.action_id = rows_int(&r, 0),
                              .plan_id = rows_int(&r, 1),
                              .priority_id = rows_int(&r, 2),
                              .accountable_id = rd->texts ? rows_int(&r, 3) : 0};
    }
    return rows_end(&r, e);
}

static struct part read_part(const struct reader *rd, const struct rows *r)
{
    const char *label = rows_text(r, 2);

    return (struct part){.id = rows_int(r, 1),
                         .label = rd->texts || *label ? xstrdup(label) : no_label,
                         .rating = -1,
                         .due_precision = DUE_NONE,
                         .due_on = DAY_NONE,
                         .completed_on = DAY_NONE,
                         .said_on = DAY_NONE,
                         .status_on = DAY_NONE,
                         .rating_on = DAY_NONE};
}

/* Both lie in the order of action ids, so one walk along them finds every part's action. */
static int load_parts(struct reader *rd, struct err *e)
{
    int64_t action_id = rd->query->action_id;
    size_t cap = 0, at = 0;
    struct rows r;

    if (action_id)
        rows_start(&r, rd->store, &queries[Q_PARTS_OF], "i", action_id);
    else
        rows_start(&r, rd->store, &queries[Q_PARTS], "");
    while (rows_next(&r)) {
        int64_t id = rows_int(&r, 0);

        while (at < rd->action_count && rd->actions[at].action_id < id)
            at++;
        if (at == rd->action_count || rd->actions[at].action_id != id)
            continue; /* another plan's */
        rd->parts = xgrow(rd->parts, rd->part_count, &cap, sizeof *rd->parts);
        rd->parts[rd->part_count++] = read_part(rd, &r);
        rd->actions[at].part_count++;
    }
    return rows_end(&r, e);
}

static int slot_order(const void *a, const void *b)
{
    int64_t x = ((const struct slot *)a)->part->id, y = ((const struct slot *)b)->part->id;

    return (x > y) - (x < y);
}

static const struct scheme *scheme_of(const struct reader *rd, int64_t plan_id)
{
    for (size_t i = 0; i < rd->plan_count; i++)
        if (rd->plans[i].id == plan_id)
            return &rd->plans[i].scheme;
    return NULL;
}

static void lay_out(struct reader *rd)
{
    size_t next = 0;
    bool sorted = true;

    rd->by_id = xcalloc(rd->part_count + 1, sizeof *rd->by_id);
    for (size_t i = 0; i < rd->action_count; i++) {
        struct standing *st = &rd->actions[i];
        const struct scheme *scheme = scheme_of(rd, st->plan_id);

        st->parts = rd->parts + next;
        for (size_t j = 0; j < st->part_count; j++, next++) {
            rd->by_id[next] = (struct slot){&rd->parts[next], scheme};
            sorted = sorted && (next == 0 || rd->parts[next - 1].id < rd->parts[next].id);
        }
    }
    if (!sorted) /* a plan as imported is, until actions are split */
        qsort(rd->by_id, rd->part_count, sizeof *rd->by_id, slot_order);
}

/* ---- entries over one another ---- */

/* Codes are kept as the scheme writes them; one that the scheme no longer has is no rating. */
static int rating_index(const struct scheme *s, const char *code)
{
    for (size_t i = 0; s && i < s->count; i++)
        if (strcmp(s->ratings[i].code, code) == 0)
            return (int)i;
    return -1;
}

static enum status status_kept(const char *name)
{
    for (int i = 0; i < STATUS_COUNT; i++)
        if (strcmp(status_name((enum status)i), name) == 0)
            return (enum status)i;
    return STATUS_DRAFT;
}

static void lay_over_texts(struct part *p, const struct rows *r, bool due)
{
    p->said_on = rows_day(r, 8);
    if (due) {
        free(p->due_text);
        p->due_text = rows_dup(r, 5);
    }
    if (!rows_null(r, 6))
        p->owner_id = rows_int(r, 6);
    if (!rows_null(r, 7))
        p->completed_on = rows_day(r, 7);
}

/* What is said again in the same words holds since it was first said so. */
static void lay_over_since(const struct slot *slot, const struct rows *r, const char *rating,
                           const char *status)
{
    struct part *p = slot->part;

    if (rating && (!day_is(p->rating_on) || p->rating != rating_index(slot->scheme, rating)))
        p->rating_on = rows_day(r, 8);
    if (status && (!day_is(p->status_on) || p->status != status_kept(status)))
        p->status_on = rows_day(r, 8);
}

/* What the entry speaks of takes the place of what was said before; its NULLs say nothing. */
static void lay_over(const struct slot *slot, const struct rows *r, bool texts)
{
    const char *rating = rows_text(r, 1), *status = rows_text(r, 2), *precision = rows_text(r, 3);
    struct part *p = slot->part;

    if (texts)
        lay_over_since(slot, r, rating, status);
    p->known = true;
    if (rating)
        p->rating = rating_index(slot->scheme, rating);
    if (status)
        p->status = status_kept(status);
    if (precision) {
        p->due_precision = precision_parse(precision);
        p->due_on = rows_day(r, 4);
    }
    if (texts)
        lay_over_texts(p, r, precision != NULL);
}

static int load_entries(struct reader *rd, struct err *e)
{
    const struct action_query *q = rd->query;
    char known[UTC_ISO];
    size_t at = 0;
    struct rows r;

    if (q->action_id)
        rows_start(&r, rd->store, &queries[Q_ENTRIES_OF], "dti", q->as_at,
                   known_text(q->known_at, known), q->action_id);
    else
        rows_start(&r, rd->store, &queries[rd->texts ? Q_ENTRIES : Q_FIGURES], "dt", q->as_at,
                   known_text(q->known_at, known));
    while (at < rd->part_count && rows_next(&r)) {
        int64_t id = rows_int(&r, 0);

        while (at < rd->part_count && rd->by_id[at].part->id < id)
            at++;
        if (at < rd->part_count && rd->by_id[at].part->id == id)
            lay_over(&rd->by_id[at], &r, rd->texts);
    }
    return rows_end(&r, e);
}

/* ---- evidence ---- */

static void add_evidence(struct standing *st, const struct rows *r)
{
    bool whole = rows_null(r, 1);
    day_t on = rows_day(r, 2);

    for (size_t i = 0; i < st->part_count; i++) {
        struct part *p = &st->parts[i];

        if (!whole && p->id != rows_int(r, 1))
            continue;
        p->evidence++;
        if (!day_is(p->said_on) || p->said_on.n < on.n)
            p->said_on = on;
    }
}

/* Both lie in the order of action ids. */
static int load_evidence(struct reader *rd, struct err *e)
{
    const struct action_query *q = rd->query;
    char known[UTC_ISO];
    size_t at = 0;
    struct rows r;

    if (q->action_id)
        rows_start(&r, rd->store, &queries[Q_EVIDENCE_OF], "dti", q->as_at,
                   known_text(q->known_at, known), q->action_id);
    else
        rows_start(&r, rd->store, &queries[Q_EVIDENCE], "dt", q->as_at,
                   known_text(q->known_at, known));
    while (rows_next(&r)) {
        int64_t id = rows_int(&r, 0);

        while (at < rd->action_count && rd->actions[at].action_id < id)
            at++;
        if (at < rd->action_count && rd->actions[at].action_id == id)
            add_evidence(&rd->actions[at], &r);
    }
    return rows_end(&r, e);
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

/* ---- all together ---- */

static void reader_clear(void *arg)
{
    struct reader *rd = arg;

    for (size_t i = 0; i < rd->plan_count; i++)
        plan_clear(&rd->plans[i]);
    for (size_t i = 0; i < rd->part_count; i++) {
        if (rd->parts[i].label != no_label)
            free(rd->parts[i].label);
        free(rd->parts[i].due_text);
    }
    free(rd->plans);
    free(rd->actions);
    free(rd->parts);
    free(rd->by_id);
    free(rd);
}

const char *known_text(utc_t known_at, char ret[UTC_ISO])
{
    return utc_is(known_at) ? utc_iso(known_at, ret) : "9999-12-31T23:59:59Z";
}

static int load(struct reader *rd, struct err *e)
{
    if (plan_all(rd->store, &rd->plans, &rd->plan_count, e) < 0 || load_actions(rd, e) < 0 ||
        load_parts(rd, e) < 0)
        return -1;
    lay_out(rd);
    if (load_entries(rd, e) < 0)
        return -1;
    return rd->texts ? load_evidence(rd, e) : 0;
}

static void each(struct reader *rd, int (*row)(void *arg, const struct standing *st), void *arg)
{
    for (size_t i = 0; i < rd->action_count; i++)
        if (settle(&rd->actions[i]) && row(arg, &rd->actions[i]) != 0)
            break;
}

int standing_each(struct store *s, const struct action_query *q, bool texts,
                  int (*row)(void *arg, const struct standing *st), void *arg, struct err *e)
{
    struct reader *rd = texts ? recall_take(s, RECALL_STANDINGS, q) : NULL;
    bool kept = rd != NULL;

    assert(day_is(q->as_at));
    if (!kept) {
        rd = xcalloc(1, sizeof *rd);
        *rd = (struct reader){.store = s, .query = q, .texts = texts};
        if (load(rd, e) < 0) {
            reader_clear(rd);
            return -1;
        }
        kept = texts && recall_keep(s, RECALL_STANDINGS, q, rd, reader_clear);
    }
    each(rd, row, arg);
    if (kept)
        recall_release(s, RECALL_STANDINGS);
    else
        reader_clear(rd);
    return 0;
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
                                    .completed_on = rows_day(&r, 11),
                                    .evidence = rows_text(&r, 13),
                                    .link = rows_text(&r, 14),
                                    .sha256 = rows_text(&r, 15)};

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(&r, e);
}
