#include "store/extension.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/action.h"
#include "store/journal.h"
#include "store/sql.h"

/* The owner is whoever was last said to be. */
#define COLUMNS                                                                                 \
    "SELECT x.id, a.id, x.part_id, pl.slug, a.ref, p.label, a.title, "                          \
    "(SELECT r.title FROM entry n JOIN role r ON r.id = n.owner_id WHERE n.part_id = p.id "     \
    "ORDER BY n.effective_on DESC, n.seq DESC LIMIT 1), "                                       \
    "x.asked_on, x.from_on, x.to_on, x.decided_on, x.asked_by, x.reason, x.decided_by, x.why, " \
    "x.state, ac.slug FROM extension x JOIN part p ON p.id = x.part_id "                        \
    "JOIN action a ON a.id = p.action_id JOIN plan pl ON pl.id = a.plan_id "                    \
    "LEFT JOIN role ac ON ac.id = a.accountable_id "

enum { Q_ALL, Q_STATE, Q_FIND, Q_OPEN, Q_ASK, Q_DECIDE };
static const struct query queries[] = {
    [Q_ALL] = {COLUMNS "ORDER BY x.id", true},
    [Q_STATE] = {COLUMNS "WHERE x.state = ? ORDER BY x.id", false},
    [Q_FIND] = {COLUMNS "WHERE x.id = ?", false},
    [Q_OPEN] = {"SELECT id FROM extension WHERE part_id = ? AND state = 'asked'", false},
    [Q_ASK] = {"INSERT INTO extension (part_id, asked_on, asked_by, from_on, to_on, reason) "
               "VALUES (?, ?, ?, ?, ?, ?)",
               false},
    [Q_DECIDE] = {"UPDATE extension SET state = ?, decided_on = ?, decided_by = ?, why = ? "
                  "WHERE id = ? AND state = 'asked'",
                  false},
};
const struct query_table extension_queries = {queries, COUNT(queries)};

static const char *const states[EXTENSION_STATES] = {"asked", "granted", "refused"};

const char *extension_state_name(enum extension_state s)
{
    return states[s];
}

int extension_state_parse(const char *word)
{
    for (int i = 0; i < EXTENSION_STATES; i++)
        if (strcmp(states[i], word) == 0)
            return i;
    return -1;
}

void extension_clear(struct extension *x)
{
    char *texts[] = {x->plan,     x->ref,    x->part,       x->title, x->owner,
                     x->asked_by, x->reason, x->decided_by, x->why,   x->accountable};

    for (size_t i = 0; i < COUNT(texts); i++)
        free(texts[i]);
    *x = (struct extension){0};
}

/* ---- reading ---- */

static struct extension read_row(const struct rows *r)
{
    return (struct extension){
        .id = rows_int(r, 0),
        .action_id = rows_int(r, 1),
        .part_id = rows_int(r, 2),
        .plan = rows_dup(r, 3),
        .ref = rows_dup(r, 4),
        .part = rows_dup(r, 5),
        .title = rows_dup(r, 6),
        .owner = rows_dup(r, 7),
        .asked_on = rows_day(r, 8),
        .from_on = rows_day(r, 9),
        .to_on = rows_day(r, 10),
        .decided_on = rows_day(r, 11),
        .asked_by = rows_dup(r, 12),
        .reason = rows_dup(r, 13),
        .decided_by = rows_dup(r, 14),
        .why = rows_dup(r, 15),
        .state = (enum extension_state)extension_state_parse(rows_text(r, 16)),
        .accountable = rows_dup(r, 17),
    };
}

int extension_each(struct store *s, const enum extension_state *state,
                   int (*row)(void *arg, const struct extension *x), void *arg, struct err *e)
{
    struct rows r;

    if (state)
        rows_start(&r, s, &queries[Q_STATE], "t", states[*state]);
    else
        rows_start(&r, s, &queries[Q_ALL], "");
    while (rows_next(&r)) {
        struct extension x = read_row(&r);
        int stop = row(arg, &x);

        extension_clear(&x);
        if (stop != 0)
            break;
    }
    return rows_end(&r, e);
}

int extension_find(struct store *s, int64_t id, struct extension *ret, struct err *e)
{
    struct extension x = {0};
    struct rows r;

    rows_start(&r, s, &queries[Q_FIND], "i", id);
    if (rows_next(&r))
        x = read_row(&r);
    if (rows_end(&r, e) < 0) {
        extension_clear(&x);
        return -1;
    }
    if (!x.id)
        return err_set(e, ERR_NOTFOUND, "no extension %" PRId64 ": see csictl extension list", id);
    *ret = x;
    return 0;
}

int extension_open(struct store *s, int64_t part_id, int64_t *ret, struct err *e)
{
    return sql_int(s, &queries[Q_OPEN], 0, ret, e, "i", part_id);
}

/* ---- the part it is of ---- */

struct standing_part { /* of which part an extension is wanted, and how it stands */
    const char *label; /* NULL: the one there is, or the only one open */
    int64_t id;        /* 0: none fits */
    size_t open;       /* how many fit that are open */
    bool is_open;
    day_t due_on;
};

static int note_part(void *arg, const struct action *a)
{
    struct standing_part *w = arg;

    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *p = &a->parts[i];
        bool open = p->known && status_is_open(p->status);

        if (!p->known || (w->label && strcmp(w->label, p->label) != 0))
            continue;
        if (open || !w->id) {
            w->id = p->id;
            w->is_open = open;
            w->due_on = p->due_on;
        }
        w->open += open;
    }
    return 1;
}

static int stand(struct store *s, int64_t action_id, const char *label, day_t today,
                 struct standing_part *ret, struct err *e)
{
    struct action_query q = {.action_id = action_id, .as_at = today, .known_at = UTC_NONE};

    *ret = (struct standing_part){.label = label, .due_on = DAY_NONE};
    if (action_each(s, &q, note_part, ret, e) < 0)
        return -1;
    return ret->id ? 0
                   : err_set(e, ERR_NOTFOUND, "it has no part \"%.40s\" today", label ? label : "");
}

/* ---- deciding ---- */

/* Within the caller's change of name, `by`. */
static int decide(struct store *s, const struct extension *x, enum extension_state state, day_t on,
                  const char *by, const char *why, struct err *e)
{
    char *about = xasprintf("%s:%s", x->plan, x->ref);
    struct change c;
    int rc = change_begin(s, &c, JOURNAL_EXTENSION, x->id, e);

    if (rc == 0) {
        rc = sql_run(s, &queries[Q_DECIDE], e, "tdtti", states[state], on, by, why, x->id);
        rc = change_end(s, &c, rc,
                        state == EXTENSION_GRANTED ? "extension.grant" : "extension.refuse", about,
                        e);
    }
    free(about);
    return rc;
}

static int check_undecided(const struct extension *x, struct err *e)
{
    char on[DAY_TEXT];

    if (x->state == EXTENSION_ASKED)
        return 0;
    return err_set(e, ERR_CONFLICT, "extension %" PRId64 " was %s on %s by %s%s%s", x->id,
                   states[x->state], day_short(x->decided_on, on), x->decided_by,
                   x->why ? ": " : "", x->why ? x->why : "");
}

/* Refuses what is open for the part, where something is. */
static int refuse_open(struct store *s, int64_t part_id, day_t on, const char *by, const char *why,
                       struct err *e)
{
    struct extension x;
    int64_t id;
    int rc;

    if (extension_open(s, part_id, &id, e) < 0)
        return -1;
    if (!id)
        return 0;
    if (extension_find(s, id, &x, e) < 0)
        return -1;
    rc = decide(s, &x, EXTENSION_REFUSED, on, by, why, e);
    extension_clear(&x);
    return rc;
}

int extension_close(struct store *s, int64_t part_id, day_t on, struct err *e)
{
    return refuse_open(s, part_id, on, "csid", "closed meanwhile", e);
}

int extension_refuse(struct store *s, int64_t id, const char *why, day_t today, struct err *e)
{
    struct extension x;
    int rc;

    if (extension_find(s, id, &x, e) < 0)
        return -1;
    rc = check_undecided(&x, e);
    if (rc == 0)
        rc = decide(s, &x, EXTENSION_REFUSED, today, sql_who(s), why, e);
    extension_clear(&x);
    return rc;
}

static int check_grant(struct store *s, const struct extension *x, day_t today, struct err *e)
{
    char text[DAY_TEXT];
    struct standing_part p;

    if (check_undecided(x, e) < 0 || stand(s, x->action_id, x->part, today, &p, e) < 0)
        return -1;
    if (strcmp(x->asked_by, sql_who(s)) == 0)
        return err_set(e, ERR_DENIED,
                       "%s asked for extension %" PRId64 ": somebody else is to grant it",
                       x->asked_by, x->id);
    if (!p.is_open)
        return err_set(e, ERR_CONFLICT,
                       "%s is closed meanwhile: csictl extension refuse %" PRId64 " --why …",
                       x->ref, x->id);
    if (p.due_on.n != x->from_on.n)
        return err_set(e, ERR_CONFLICT,
                       "%s is due on %s by now, not as it was asked: refuse it and ask again",
                       x->ref, day_is(p.due_on) ? day_long(p.due_on, text) : "no day");
    if (x->to_on.n < today.n)
        return err_set(e, ERR_CONFLICT, "%s has passed meanwhile: refuse it and ask again",
                       day_long(x->to_on, text));
    return 0;
}

static int say_due(struct store *s, const struct extension *x, day_t today, struct err *e)
{
    struct said said = {
        .due = true, .due_on = x->to_on, .due_precision = DUE_DAY, .completed_on = DAY_NONE};
    struct plan plan;
    int rc;

    if (plan_find(s, x->plan, &plan, e) < 0)
        return -1;
    rc = part_say(s, &plan, x->action_id, x->part_id, &said, today, NULL, e);
    plan_clear(&plan);
    return rc;
}

int extension_grant(struct store *s, int64_t id, day_t today, struct err *e)
{
    struct extension x;
    int rc;

    if (extension_find(s, id, &x, e) < 0)
        return -1;
    rc = check_grant(s, &x, today, e);
    if (rc == 0)
        rc = decide(s, &x, EXTENSION_GRANTED, today, sql_who(s), NULL, e);
    if (rc == 0)
        rc = say_due(s, &x, today, e);
    extension_clear(&x);
    return rc;
}

/* ---- asking ---- */

static int check_ask(const struct standing_part *p, day_t to, day_t today, struct err *e)
{
    char text[DAY_TEXT];

    if (!p->is_open)
        return err_set(e, ERR_CONFLICT, "it is closed: nothing is due of it");
    if (!p->label && p->open > 1)
        return err_set(e, ERR_CONFLICT, "%zu parts of it are open: say which with --part", p->open);
    if (!day_is(p->due_on))
        return err_set(e, ERR_CONFLICT, "it has no due date that could be put off");
    if (to.n <= p->due_on.n)
        return err_set(e, ERR_USAGE, "to: it is due %s: name a later day",
                       day_long(p->due_on, text));
    return to.n < today.n
               ? err_set(e, ERR_USAGE, "to: %s has passed: name a day to come", day_long(to, text))
               : 0;
}

static int insert(struct store *s, const struct standing_part *p, day_t to, const char *reason,
                  day_t today, int64_t *ret_id, struct err *e)
{
    struct extension x = {0};
    char *about = NULL;
    struct change c;
    int rc = change_begin(s, &c, JOURNAL_EXTENSION, 0, e);

    if (rc == 0)
        rc = sql_insert(s, &queries[Q_ASK], &c.id, e, "idtddt", p->id, today, sql_who(s), p->due_on,
                        to, reason);
    if (rc == 0)
        rc = extension_find(s, c.id, &x, e);
    if (rc == 0)
        about = xasprintf("%s:%s", x.plan, x.ref);
    rc = change_end(s, &c, rc, "extension.ask", about, e);
    free(about);
    extension_clear(&x);
    if (rc == 0)
        *ret_id = c.id;
    return rc;
}

int extension_ask(struct store *s, int64_t action_id, const char *part, day_t to,
                  const char *reason, day_t today, int64_t *ret_id, struct err *e)
{
    char text[DAY_TEXT], *why;
    struct standing_part p;
    int rc;

    if (stand(s, action_id, part, today, &p, e) < 0 || check_ask(&p, to, today, e) < 0)
        return -1;
    why = xasprintf("replaced by a request for %s", day_short(to, text));
    rc = refuse_open(s, p.id, today, sql_who(s), why, e);
    free(why);
    return rc < 0 ? -1 : insert(s, &p, to, reason, today, ret_id, e);
}
