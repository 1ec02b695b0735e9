#include "store/escalation.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/sql.h"

#define CHAINS                                                                                \
    "SELECT c.id, c.about, c.due_on, c.role, c.rule, p.text, c.began_at, c.ended_at, c.why, " \
    "c.settled, l.level, l.again, l.role, l.address, l.at, coalesce(l.notice_id, 0), "        \
    "pl.created_at "                                                                          \
    "FROM escalation c JOIN escalation_policy p ON p.id = c.policy_id "                       \
    "LEFT JOIN backlog b ON b.about = c.about AND b.due_on = c.due_on "                       \
    "LEFT JOIN plan pl ON pl.id = b.plan_id "                                                 \
    "LEFT JOIN escalation_level l ON l.escalation_id = c.id AND NOT EXISTS "                  \
    "(SELECT 1 FROM notice n WHERE n.id = l.notice_id AND n.channel LIKE 'void:%') "
#define IN_ORDER "ORDER BY c.id, l.level, l.again"

enum {
    Q_UNSETTLED,
    Q_ABOUT,
    Q_OWNER_TOLD,
    Q_POLICY,
    Q_ADD_POLICY,
    Q_OPEN,
    Q_TAKE_OVER,
    Q_BEGIN,
    Q_REACH,
    Q_HAND_OVER,
    Q_END,
    Q_SETTLE,
    Q_ACTION,
};
static const struct query queries[] = {
    [Q_UNSETTLED] = {CHAINS "WHERE c.rule = ? AND c.settled = 0 " IN_ORDER, false},
    [Q_ABOUT] = {CHAINS "WHERE c.about = ? " IN_ORDER, false},
    /* whatever the step is called */
    [Q_OWNER_TOLD] = {"SELECT n.created_at, m.recipient, n.id FROM notice n "
                      "JOIN message m ON m.id = n.message_id "
                      "WHERE n.about = ? AND n.due_on = ? AND n.rule = ? AND n.role = ? "
                      "AND n.channel = 'mail' AND n.created_at >= ? "
                      "AND n.event IN ('csi.action.overdue', 'csi.deadline.missed') "
                      "ORDER BY n.created_at, n.id LIMIT 1",
                      false},
    [Q_POLICY] = {"SELECT id, text FROM escalation_policy "
                  "WHERE id = (SELECT max(id) FROM escalation_policy)",
                  false},
    [Q_ADD_POLICY] = {"INSERT INTO escalation_policy (text, since) VALUES (?, ?)", false},
    [Q_OPEN] = {"SELECT id FROM escalation WHERE about = ? AND due_on = ? AND role = ? "
                "AND ended_at IS NULL",
                false},
    [Q_TAKE_OVER] = {"UPDATE escalation SET rule = ? WHERE id = ?", false},
    [Q_BEGIN] = {"INSERT INTO escalation (about, due_on, role, rule, policy_id, began_at) "
                 "VALUES (?, ?, ?, ?, ?, ?)",
                 false},
    [Q_REACH] =
        {"INSERT OR REPLACE INTO escalation_level (escalation_id, level, again, role, address, "
         "at, notice_id) VALUES (?, ?, ?, ?, ?, ?, nullif(?, 0))",
         false},
    [Q_HAND_OVER] = {"UPDATE escalation SET role = ? WHERE id = ?", false},
    [Q_END] = {"UPDATE escalation SET ended_at = ?, why = ?, settled = ? WHERE id = ?", false},
    [Q_SETTLE] = {"UPDATE escalation SET settled = 1 WHERE id = ?", false},
    [Q_ACTION] = {"SELECT a.title, r.slug FROM plan p JOIN action a ON a.plan_id = p.id "
                  "LEFT JOIN role r ON r.id = a.accountable_id "
                  "WHERE p.slug = substr(?1, 1, instr(?1, ':') - 1) "
                  "AND a.ref = substr(?1, instr(?1, ':') + 1)",
                  false},
};
const struct query_table escalation_queries = {queries, COUNT(queries)};

/* ---- reading ---- */

static void chain_clear(struct escalation *c)
{
    for (size_t i = 0; i < c->reached_count; i++) {
        free(c->reached[i].role);
        free(c->reached[i].address);
    }
    free(c->reached);
    free(c->about);
    free(c->role);
    free(c->rule);
    free(c->policy);
    free(c->why);
}

void escalations_free(struct escalation *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        chain_clear(&list[i]);
    free(list);
}

static struct escalation read_chain(const struct rows *r)
{
    return (struct escalation){
        .id = rows_int(r, 0),
        .about = rows_dup(r, 1),
        .due_on = rows_day(r, 2),
        .role = rows_dup(r, 3),
        .rule = rows_dup(r, 4),
        .policy = rows_dup(r, 5),
        .began_at = rows_utc(r, 6),
        .ended_at = rows_utc(r, 7),
        .why = rows_dup(r, 8),
        .settled = rows_int(r, 9) != 0,
        .backlog_at = rows_utc(r, 16),
    };
}

static void add_reached(struct escalation *c, const struct rows *r)
{
    size_t cap = c->reached_count; /* few: one more each time */

    c->reached = xgrow(c->reached, c->reached_count, &cap, sizeof *c->reached);
    c->reached[c->reached_count++] = (struct escalation_reached){
        .level = (size_t)rows_int(r, 10),
        .again = (size_t)rows_int(r, 11),
        .role = rows_dup(r, 12),
        .address = rows_dup(r, 13),
        .at = rows_utc(r, 14),
        .notice = rows_int(r, 15),
    };
}

static int read_chains(struct rows *r, struct escalation **ret, size_t *ret_count, struct err *e)
{
    struct escalation *list = NULL;
    size_t count = 0, cap = 0;

    while (rows_next(r)) {
        if (!count || list[count - 1].id != rows_int(r, 0)) {
            list = xgrow(list, count, &cap, sizeof *list);
            list[count++] = read_chain(r);
        }
        if (!rows_null(r, 10))
            add_reached(&list[count - 1], r);
    }
    if (rows_end(r, e) < 0) {
        escalations_free(list, count);
        return -1;
    }
    *ret = list;
    *ret_count = count;
    return 0;
}

int escalation_unsettled(struct store *s, const char *rule, struct escalation **ret,
                         size_t *ret_count, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_UNSETTLED], "t", rule);
    return read_chains(&r, ret, ret_count, e);
}

int escalation_about(struct store *s, const char *about, struct escalation **ret, size_t *ret_count,
                     struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_ABOUT], "t", about);
    return read_chains(&r, ret, ret_count, e);
}

int escalation_owner_told(struct store *s, const struct escalation *c,
                          struct escalation_reached *ret, struct err *e)
{
    struct escalation_reached told = {.level = 1, .at = UTC_NONE};
    struct rows r;

    rows_start(&r, s, &queries[Q_OWNER_TOLD], "tdttu", c->about, c->due_on, c->rule, c->role,
               c->began_at);
    if (rows_next(&r)) {
        told.at = rows_utc(&r, 0);
        told.address = rows_dup(&r, 1);
        told.notice = rows_int(&r, 2);
        told.role = xstrdup(c->role);
    }
    if (rows_end(&r, e) < 0) {
        free(told.address);
        free(told.role);
        return -1;
    }
    *ret = told;
    return 0;
}

int escalation_action(struct store *s, const char *about, char **ret_title, char **ret_accountable,
                      struct err *e)
{
    char *title = NULL, *accountable = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_ACTION], "t", about);
    if (rows_next(&r)) {
        title = rows_dup(&r, 0);
        accountable = rows_dup(&r, 1);
    }
    if (rows_end(&r, e) < 0) {
        free(title);
        free(accountable);
        return -1;
    }
    *ret_title = title;
    *ret_accountable = accountable;
    return 0;
}

/* ---- writing ---- */

static int add_policy(struct store *s, const char *policy, int64_t *ret_id, struct err *e)
{
    struct text json = TEXT_INIT;
    char about[JOURNAL_ABOUT];
    int rc = sql_insert(s, &queries[Q_ADD_POLICY], ret_id, e, "tu", policy, sql_now(s));

    text_add(&json, "{\"text\":");
    text_add_json(&json, policy);
    text_add(&json, "}");
    if (rc == 0)
        rc = journal_change(s, "escalation.policy", journal_about("policy", *ret_id, about), NULL,
                            json.s, e);
    text_free(&json);
    return rc;
}

/* The latest revision, or a new one where it says something else. */
static int ensure_policy(struct store *s, const char *policy, int64_t *ret_id, struct err *e)
{
    struct rows r;
    bool same = false;

    rows_start(&r, s, &queries[Q_POLICY], "");
    if (rows_next(&r)) {
        same = strcmp(rows_text(&r, 1), policy) == 0;
        *ret_id = rows_int(&r, 0);
    }
    if (rows_end(&r, e) < 0)
        return -1;
    return same ? 0 : add_policy(s, policy, ret_id, e);
}

int escalation_begin(struct store *s, const struct escalation *c, const char *policy,
                     int64_t *ret_id, struct err *e)
{
    int64_t open, policy_id = 0;

    if (sql_int(s, &queries[Q_OPEN], 0, &open, e, "tdt", c->about, c->due_on, c->role) < 0)
        return -1;
    if (open) {
        *ret_id = 0;
        return sql_run(s, &queries[Q_TAKE_OVER], e, "ti", c->rule, open);
    }
    if (ensure_policy(s, policy, &policy_id, e) < 0)
        return -1;
    return sql_insert(s, &queries[Q_BEGIN], ret_id, e, "tdttiu", c->about, c->due_on, c->role,
                      c->rule, policy_id, sql_now(s));
}

int escalation_reach(struct store *s, int64_t id, const struct escalation_reached *r, struct err *e)
{
    return sql_run(s, &queries[Q_REACH], e, "iiittui", id, (int64_t)r->level, (int64_t)r->again,
                   r->role, r->address, r->at, r->notice);
}

int escalation_hand_over(struct store *s, int64_t id, const char *role, struct err *e)
{
    return sql_run(s, &queries[Q_HAND_OVER], e, "ti", role, id);
}

int escalation_end(struct store *s, int64_t id, const char *why, bool settled, struct err *e)
{
    return sql_run(s, &queries[Q_END], e, "utii", sql_now(s), why, (int64_t)settled, id);
}

int escalation_settle(struct store *s, int64_t id, struct err *e)
{
    return sql_run(s, &queries[Q_SETTLE], e, "i", id);
}
