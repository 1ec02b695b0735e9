#include "store/silence.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/journal.h"
#include "store/sql.h"

#define COLUMNS                                                                           \
    "SELECT id, matchers, start_at, end_at, at, by, comment, two, second, confirmed_by, " \
    "ended_by, "                                                                          \
    "confirmed_at, ended_at FROM silence "

enum { Q_ALL, Q_LIVE, Q_FIND, Q_ADD, Q_CONFIRM, Q_END };
static const struct query queries[] = {
    [Q_ALL] = {COLUMNS "ORDER BY id", true},
    /* sorted afterwards: what is over is most of the table, what is not is a handful */
    [Q_LIVE] = {COLUMNS "INDEXED BY silence_end WHERE end_at > ?1 "
                        "AND (ended_at IS NULL OR ended_at > ?1) ORDER BY id",
                false},
    [Q_FIND] = {COLUMNS "WHERE id = ?", false},
    [Q_ADD] = {"INSERT INTO silence (matchers, start_at, end_at, by, comment, at, two, second) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               false},
    [Q_CONFIRM] = {"UPDATE silence SET confirmed_by = ?, confirmed_at = ? WHERE id = ?", false},
    [Q_END] = {"UPDATE silence SET ended_by = ?, ended_at = ? WHERE id = ?", false},
};
const struct query_table silence_queries = {queries, COUNT(queries)};

const char *silence_state_name(enum silence_state s)
{
    static const char *const names[SILENCE_STATES] = {"asked", "ahead", "holds", "ended", "over"};

    return names[s];
}

void silence_clear(struct silence *x)
{
    silence_match_clear(&x->match);
    free(x->by);
    free(x->comment);
    free(x->second);
    free(x->confirmed_by);
    free(x->ended_by);
    *x = (struct silence){0};
}

static bool by_then(utc_t what, utc_t now)
{
    return utc_is(what) && what.s <= now.s;
}

enum silence_state silence_state(const struct silence *x, utc_t now)
{
    if (by_then(x->ended_at, now))
        return SILENCE_ENDED;
    if (by_then(x->end_at, now))
        return SILENCE_OVER;
    if (x->two && !by_then(x->confirmed_at, now))
        return SILENCE_ASKED;
    return by_then(x->start_at, now) ? SILENCE_HOLDS : SILENCE_AHEAD;
}

/* ---- reading ---- */

static int read_row(const struct rows *r, struct silence *ret, struct err *e)
{
    *ret = (struct silence){
        .id = rows_int(r, 0),
        .start_at = rows_utc(r, 2),
        .end_at = rows_utc(r, 3),
        .at = rows_utc(r, 4),
        .by = rows_dup(r, 5),
        .comment = rows_dup(r, 6),
        .two = rows_int(r, 7) != 0,
        .second = rows_dup(r, 8),
        .confirmed_by = rows_dup(r, 9),
        .ended_by = rows_dup(r, 10),
        .confirmed_at = rows_utc(r, 11),
        .ended_at = rows_utc(r, 12),
    };
    return silence_match_parse(rows_text(r, 1), &ret->match, e);
}

int silence_each(struct store *s, bool all, utc_t now,
                 int (*row)(void *arg, const struct silence *x), void *arg, struct err *e)
{
    struct rows r;
    int rc = 0, stop = 0;

    if (all)
        rows_start(&r, s, &queries[Q_ALL], "");
    else
        rows_start(&r, s, &queries[Q_LIVE], "u", now);
    while (rc == 0 && stop == 0 && rows_next(&r)) {
        struct silence x;

        rc = read_row(&r, &x, e);
        if (rc == 0)
            stop = row(arg, &x);
        silence_clear(&x);
    }
    return rows_end(&r, rc < 0 ? &(struct err){0} : e) < 0 ? -1 : rc;
}

int silence_find(struct store *s, int64_t id, struct silence *ret, struct err *e)
{
    struct silence x = {0};
    struct rows r;
    int rc = 0;

    rows_start(&r, s, &queries[Q_FIND], "i", id);
    if (rows_next(&r))
        rc = read_row(&r, &x, e);
    if (rows_end(&r, rc < 0 ? &(struct err){0} : e) < 0 || rc < 0) {
        silence_clear(&x);
        return -1;
    }
    if (!x.id)
        return err_set(e, ERR_NOTFOUND, "no silence %" PRId64 ": see csictl silence list --all",
                       id);
    *ret = x;
    return 0;
}

struct matching {
    const struct silence_subject *subject;
    utc_t at;
    struct silence_hold found;
};

static int note_match(void *arg, const struct silence *x)
{
    struct matching *m = arg;

    if (silence_state(x, m->at) != SILENCE_HOLDS || (m->subject->statutory && !x->two) ||
        !silence_matches(&x->match, m->subject))
        return 0;
    m->found = (struct silence_hold){x->id, xstrdup(x->comment)};
    return 1;
}

int silence_matching(struct store *s, const struct silence_subject *subject, utc_t at,
                     struct silence_hold *ret, struct err *e)
{
    struct matching m = {.subject = subject, .at = at};

    if (silence_each(s, false, at, note_match, &m, e) < 0) {
        free(m.found.comment);
        return -1;
    }
    *ret = m.found;
    return 0;
}

/* ---- writing ---- */

int silence_add(struct store *s, const struct silence *x, int64_t *ret_id, struct err *e)
{
    char *matchers = silence_match_text(&x->match), about[JOURNAL_ABOUT];
    struct change c;
    int rc = change_begin(s, &c, JOURNAL_SILENCE, 0, e);

    if (rc == 0) {
        rc = sql_insert(s, &queries[Q_ADD], &c.id, e, "tuuttuit", matchers, x->start_at, x->end_at,
                        sql_who(s), x->comment, sql_now(s), (int64_t)x->two, x->second);
        rc = change_end(s, &c, rc, "silence.add", journal_about("silence", c.id, about), e);
    }
    free(matchers);
    if (rc == 0)
        *ret_id = c.id;
    return rc;
}

static int check_live(const struct silence *x, utc_t now, struct err *e)
{
    enum silence_state state = silence_state(x, now);

    if (state == SILENCE_ENDED)
        return err_set(e, ERR_CONFLICT, "silence %" PRId64 " was ended by %s", x->id, x->ended_by);
    return state == SILENCE_OVER ? err_set(e, ERR_CONFLICT, "silence %" PRId64 " is over", x->id)
                                 : 0;
}

static int check_second(const struct silence *x, const char *who, struct err *e)
{
    if (!x->two || x->confirmed_by)
        return err_set(e, ERR_CONFLICT, "silence %" PRId64 " waits for nobody%s%s", x->id,
                       x->confirmed_by ? ": confirmed by " : "",
                       x->confirmed_by ? x->confirmed_by : "");
    if (strcmp(x->by, who) == 0)
        return err_set(e, ERR_DENIED, "%s added silence %" PRId64 ": a second person confirms it",
                       x->by, x->id);
    if (x->second && strcmp(x->second, who) != 0)
        return err_set(e, ERR_DENIED, "silence %" PRId64 " is for %s to confirm", x->id, x->second);
    return 0;
}

/* Puts who and when into a silence that is not over. */
static int sign(struct store *s, int64_t id, const struct query *q, const char *what,
                int (*check)(const struct silence *x, const char *who, struct err *e),
                struct err *e)
{
    char about[JOURNAL_ABOUT];
    struct silence x;
    struct change c;
    int rc;

    if (silence_find(s, id, &x, e) < 0)
        return -1;
    rc = check_live(&x, sql_now(s), e);
    if (rc == 0 && check)
        rc = check(&x, sql_who(s), e);
    silence_clear(&x);
    if (rc < 0 || change_begin(s, &c, JOURNAL_SILENCE, id, e) < 0)
        return -1;
    rc = sql_run(s, q, e, "tui", sql_who(s), sql_now(s), id);
    return change_end(s, &c, rc, what, journal_about("silence", id, about), e);
}

int silence_confirm(struct store *s, int64_t id, struct err *e)
{
    return sign(s, id, &queries[Q_CONFIRM], "silence.confirm", check_second, e);
}

int silence_end(struct store *s, int64_t id, struct err *e)
{
    return sign(s, id, &queries[Q_END], "silence.end", NULL, e);
}
