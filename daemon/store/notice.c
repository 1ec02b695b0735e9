#include "store/notice.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/sql.h"

#define TOLD                                                                          \
    "SELECT n.id, n.created_at, n.event, n.about, n.rule, n.step, n.role, "           \
    "coalesce(m.channel, n.channel), n.reason, n.due_on, coalesce(n.message_id, 0), " \
    "m.recipient, m.state, m.reason, n.channel = 'void:' || n.message_id "            \
    "FROM notice n LEFT JOIN message m ON m.id = n.message_id "

enum {
    Q_EXISTS,
    Q_AT,
    Q_TOLD_AT,
    Q_ANY_STEP,
    Q_LAST_DAY,
    Q_LAST_STEP,
    Q_ADD,
    Q_DELIVER,
    Q_GIVE_UP,
    Q_VOID,
    Q_VOID_MAIL,
    Q_ANEW,
    Q_REVIVE,
    Q_OF,
    Q_UNREACHED,
    Q_LAST,
    Q_SINCE,
    Q_ABOUT,
    Q_FIND,
};
static const struct query queries[] = {
    [Q_EXISTS] = {"SELECT id FROM notice WHERE about = ? AND due_on = ? AND rule = ? AND step = ? "
                  "AND role = ? AND channel = ?",
                  false},
    [Q_AT] = {"SELECT created_at FROM notice WHERE about = ? AND due_on = ? AND rule = ? "
              "AND step = ? AND role = ? AND channel = ?",
              false},
    [Q_TOLD_AT] = {"SELECT created_at FROM notice WHERE about = ? AND due_on = ? AND rule = ? "
                   "AND step = ? AND role = ? AND channel = ? AND message_id IS NOT NULL",
                   false},
    [Q_ANY_STEP] = {"SELECT 1 FROM notice WHERE about = ? AND due_on = ? AND rule = ? AND role = ? "
                    "AND event = ? AND channel = 'mail' AND message_id IS NOT NULL LIMIT 1",
                    false},
    [Q_LAST_DAY] = {"SELECT substr(max(step), -10) FROM notice WHERE about = ? AND due_on = ? "
                    "AND rule = ? AND step >= ? AND step < ? AND role = ? AND channel = ?",
                    false},
    /* the newest row, which the index tells alone, spares a look at each of a year's */
    [Q_LAST_STEP] = {"SELECT n.step, n.created_at FROM notice AS y CROSS JOIN notice AS n ON "
                     "n.about = ?1 AND n.due_on = ?2 AND n.rule = ?3 AND n.role = ?4 AND n.channel "
                     "= ?5 AND n.event = ?6 AND n.message_id IS NOT NULL AND n.created_at >= ?7 "
                     "WHERE y.id = (SELECT max(id) FROM notice WHERE about = ?1 AND due_on = ?2 "
                     "AND rule = ?3 AND role = ?4 AND channel = ?5) AND y.created_at >= ?7 "
                     "ORDER BY n.id DESC LIMIT 1",
                     false},
    [Q_ADD] = {"INSERT INTO notice (event, about, due_on, rule, step, role, channel, reason, "
               "created_at, message_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0))",
               false},
    [Q_DELIVER] = {"UPDATE notice SET message_id = ?3 WHERE id BETWEEN ?1 AND ?2", false},
    [Q_GIVE_UP] = {"UPDATE notice SET channel = 'none', reason = ?2 WHERE id = ?1", false},
    [Q_VOID] = {"UPDATE notice SET channel = 'void:' || message_id WHERE id = ?", false},
    [Q_VOID_MAIL] = {"UPDATE notice SET channel = 'void:' || message_id WHERE message_id = ?1 "
                     "AND channel = 'mail' AND event = ifnull(?2, event) "
                     "AND (SELECT redirected_to FROM message WHERE id = ?1) IS NULL",
                     false},
    [Q_ANEW] = {"SELECT t.id FROM notice v JOIN notice t ON t.about = v.about AND t.due_on = "
                "v.due_on AND t.rule = v.rule AND t.step = v.step AND t.role = v.role AND "
                "t.channel = 'mail' WHERE v.message_id = ?1 AND v.channel = 'void:' || ?1 LIMIT 1",
                false},
    [Q_REVIVE] = {"UPDATE notice SET channel = 'mail' WHERE message_id = ?1 AND channel = "
                  "'void:' || ?1",
                  false},
    [Q_OF] = {"SELECT id, about, rule, step, role, reason, due_on, event FROM notice "
              "WHERE message_id = ? ORDER BY id",
              false},
    [Q_UNREACHED] = {"SELECT id, about, rule, step, role, reason, due_on, event FROM notice "
                     "WHERE channel = 'none' AND created_at >= ? ORDER BY created_at, id",
                     false},
    [Q_LAST] = {"SELECT max(id) FROM notice", false},
    [Q_SINCE] = {TOLD "WHERE n.id > ? ORDER BY n.id", false},
    [Q_ABOUT] = {TOLD "WHERE n.about = ? ORDER BY n.id DESC", false},
    [Q_FIND] = {TOLD "WHERE n.id = ?", false},
};
const struct query_table notice_queries = {queries, COUNT(queries)};

int notice_number(struct store *s, const struct notice *n, int64_t *ret, struct err *e)
{
    return sql_int(s, &queries[Q_EXISTS], 0, ret, e, "tdtttt", n->about, n->due_on, n->rule,
                   n->step, n->role, n->channel);
}

int notice_exists(struct store *s, const struct notice *n, bool *ret, struct err *e)
{
    int64_t found;

    if (notice_number(s, n, &found, e) < 0)
        return -1;
    *ret = found != 0;
    return 0;
}

int notice_at(struct store *s, const struct notice *n, utc_t *ret, struct err *e)
{
    return sql_utc(s, &queries[Q_AT], ret, e, "tdtttt", n->about, n->due_on, n->rule, n->step,
                   n->role, n->channel);
}

int notice_told_at(struct store *s, const struct notice *n, utc_t *ret, struct err *e)
{
    return sql_utc(s, &queries[Q_TOLD_AT], ret, e, "tdtttt", n->about, n->due_on, n->rule, n->step,
                   n->role, n->channel);
}

int notice_any_step(struct store *s, const struct notice *n, bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_ANY_STEP], 0, &found, e, "tdttt", n->about, n->due_on, n->rule,
                n->role, n->event) != 0)
        return -1;
    *ret = found != 0;
    return 0;
}

int notice_last_day(struct store *s, const struct notice *n, day_t *ret, struct err *e)
{
    const char *blank = *n->step ? " " : "";
    char *from = xasprintf("%s%s0", n->step, blank), *to = xasprintf("%s%s:", n->step, blank);
    day_t found = DAY_NONE;
    struct rows r;
    int rc;

    rows_start(&r, s, &queries[Q_LAST_DAY], "tdttttt", n->about, n->due_on, n->rule, from, to,
               n->role, n->channel);
    if (rows_next(&r))
        found = rows_day(&r, 0);
    rc = rows_end(&r, e);
    free(from);
    free(to);
    if (rc == 0)
        *ret = found;
    return rc;
}

int notice_last_step(struct store *s, const struct notice *n, utc_t since, char **ret,
                     utc_t *ret_at, struct err *e)
{
    utc_t at = UTC_NONE;
    char *step = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_LAST_STEP], "tdttttu", n->about, n->due_on, n->rule, n->role,
               n->channel, n->event, since);
    if (rows_next(&r)) {
        step = xstrdup(rows_text(&r, 0));
        at = rows_utc(&r, 1);
    }
    if (rows_end(&r, e) < 0) {
        free(step);
        return -1;
    }
    *ret = step;
    *ret_at = at;
    return 0;
}

int notice_add(struct store *s, const struct notice *n, int64_t *ret_id, struct err *e)
{
    return sql_insert(s, &queries[Q_ADD], ret_id, e, "ttdtttttui", n->event, n->about, n->due_on,
                      n->rule, n->step, n->role, n->channel, n->reason, sql_now(s), n->message_id);
}

int notice_deliver(struct store *s, const int64_t *ids, size_t count, int64_t message_id,
                   struct err *e)
{
    /* those of one letter were written one after the other */
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && ids[next] == ids[next - 1] + 1;)
            next++;
        if (sql_run(s, &queries[Q_DELIVER], e, "iii", ids[i], ids[next - 1], message_id) < 0)
            return -1;
    }
    return 0;
}

int notice_give_up(struct store *s, int64_t id, const char *reason, struct err *e)
{
    return sql_run(s, &queries[Q_GIVE_UP], e, "it", id, reason);
}

int notice_void(struct store *s, int64_t id, struct err *e)
{
    return sql_run(s, &queries[Q_VOID], e, "i", id);
}

int notice_void_mail(struct store *s, int64_t message, const char *event, struct err *e)
{
    return sql_run(s, &queries[Q_VOID_MAIL], e, "it", message, event);
}

int notice_revive(struct store *s, int64_t message, struct err *e)
{
    int64_t anew;

    if (sql_int(s, &queries[Q_ANEW], 0, &anew, e, "i", message) != 0)
        return -1;
    if (anew)
        return err_set(e, ERR_CONFLICT, "it was told anew since: csictl notice show %lld",
                       (long long)anew);
    return sql_run(s, &queries[Q_REVIVE], e, "i", message);
}

static int each(struct rows *r, int (*row)(void *arg, const struct notice_row *r), void *arg,
                struct err *e)
{
    while (rows_next(r)) {
        struct notice_row found = {rows_int(r, 0),  rows_text(r, 1), rows_text(r, 2),
                                   rows_text(r, 3), rows_text(r, 4), rows_text(r, 5),
                                   rows_day(r, 6),  rows_text(r, 7)};

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(r, e);
}

int notice_each_of(struct store *s, int64_t message,
                   int (*row)(void *arg, const struct notice_row *r), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_OF], "i", message);
    return each(&r, row, arg, e);
}

int notice_each_unreached(struct store *s, utc_t since,
                          int (*row)(void *arg, const struct notice_row *r), void *arg,
                          struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_UNREACHED], "u", since);
    return each(&r, row, arg, e);
}

int notice_last(struct store *s, int64_t *ret, struct err *e)
{
    return sql_int(s, &queries[Q_LAST], 0, ret, e, "");
}

static int each_told(struct rows *r, int (*row)(void *arg, const struct notice_told *n), void *arg,
                     struct err *e)
{
    while (rows_next(r)) {
        struct notice_told found = {
            .id = rows_int(r, 0),
            .at = rows_utc(r, 1),
            .event = rows_text(r, 2),
            .about = rows_text(r, 3),
            .rule = rows_text(r, 4),
            .step = rows_text(r, 5),
            .role = rows_text(r, 6),
            .channel = rows_text(r, 7),
            .reason = rows_text(r, 8),
            .due_on = rows_day(r, 9),
            .message = rows_int(r, 10),
            .to = rows_text(r, 11),
            .state = rows_text(r, 12),
            .said = rows_text(r, 13),
            .is_void = rows_int(r, 14) != 0,
        };

        if (row(arg, &found) != 0)
            break;
    }
    return rows_end(r, e);
}

int notice_each_since(struct store *s, int64_t after,
                      int (*row)(void *arg, const struct notice_told *n), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_SINCE], "i", after);
    return each_told(&r, row, arg, e);
}

int notice_each_about(struct store *s, const char *about,
                      int (*row)(void *arg, const struct notice_told *n), void *arg, struct err *e)
{
    struct rows r;

    rows_start(&r, s, &queries[Q_ABOUT], "t", about);
    return each_told(&r, row, arg, e);
}

struct finding {
    int (*row)(void *arg, const struct notice_told *n);
    void *arg;
    bool found;
};

static int once(void *arg, const struct notice_told *n)
{
    struct finding *f = arg;

    f->found = true;
    return f->row(f->arg, n);
}

int notice_find(struct store *s, int64_t id, int (*row)(void *arg, const struct notice_told *n),
                void *arg, struct err *e)
{
    struct finding f = {row, arg, false};
    struct rows r;

    rows_start(&r, s, &queries[Q_FIND], "i", id);
    if (each_told(&r, once, &f, e) < 0)
        return -1;
    return f.found
               ? 0
               : err_set(e, ERR_NOTFOUND, "no notice %lld: see csictl notice list", (long long)id);
}
