/* Parts of an action and what is said of them (store/action.h). */
#include "store/action.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/extension.h"
#include "store/history.h"
#include "store/journal.h"
#include "store/sql.h"

/* What holds of a field on a day: the last that was said of it. */
#define HOLDS(column, spoken)                                                             \
    "(SELECT " column " FROM entry WHERE part_id = ?1 AND effective_on <= ?2 AND " spoken \
    " IS NOT NULL ORDER BY effective_on DESC, seq DESC LIMIT 1)"

#define UPDATE "action.update" /* as the journal calls it */

enum {
    Q_REF,
    Q_PART,
    Q_PART_COUNT,
    Q_PART_ADD,
    Q_HOLDS,
    Q_SAY,
    Q_STATUSES,
    Q_OWNED,
    Q_WAS_DUE,
    Q_TOUCH,
    Q_NOTE
};
static const struct query queries[] = {
    [Q_REF] = {"SELECT pl.slug || ':' || a.ref FROM action a JOIN plan pl ON pl.id = a.plan_id "
               "WHERE a.id = ?",
               false},
    [Q_PART] = {"SELECT id FROM part WHERE action_id = ? AND label = ?", false},
    [Q_PART_COUNT] = {"SELECT count(*) FROM part WHERE action_id = ? AND label <> ''", false},
    [Q_PART_ADD] = {"INSERT INTO part (action_id, label) VALUES (?, ?)", false},
    /* clang-format off */
    [Q_HOLDS] = {"SELECT " HOLDS("rating", "rating") ", " HOLDS("status", "status") ", "
                 HOLDS("due_precision", "due_precision") ", " HOLDS("due_on", "due_precision") ", "
                 HOLDS("due_text", "due_precision") ", " HOLDS("owner_id", "owner_id") ", "
                 HOLDS("completed_on", "completed_on"),
                 false},
    /* clang-format on */
    [Q_SAY] = {"INSERT INTO entry SELECT ?1, ?2, 1 + ifnull(max(seq), 0), ?3, ?4, ?5, ?6, ?7, ?8, "
               "?9, nullif(?10, 0), ?11 FROM entry WHERE part_id = ?1 AND effective_on = ?2",
               false},
    [Q_STATUSES] = {"SELECT status, recorded_at FROM entry WHERE part_id = ? AND recorded_at > ? "
                    "AND status IS NOT NULL ORDER BY recorded_at DESC",
                    false},
    [Q_OWNED] = {"SELECT effective_on, recorded_at FROM entry WHERE part_id = ? AND "
                 "effective_on <= ? AND owner_id IS NOT NULL ORDER BY effective_on DESC, seq DESC "
                 "LIMIT 1",
                 false},
    [Q_WAS_DUE] = {"SELECT 1 FROM entry WHERE part_id = ? AND due_on = ? LIMIT 1", false},
    [Q_TOUCH] = {"UPDATE action SET updated_at = ?, version = version + 1, "
                 "original_due_on = ifnull(original_due_on, ?) WHERE id = ?",
                 false},
    [Q_NOTE] = {"INSERT INTO action_update (action_id, effective_on, recorded_at, who, text) "
                "VALUES (?, ?, ?, ?, ?)",
                false},
};
const struct query_table part_queries = {queries, COUNT(queries)};

/* "bromley-2016:5.12"; caller frees. */
static int about_action(struct store *s, int64_t action_id, char **ret, struct err *e)
{
    char *about = NULL;
    struct rows r;

    rows_start(&r, s, &queries[Q_REF], "i", action_id);
    if (rows_next(&r))
        about = rows_dup(&r, 0);
    if (rows_end(&r, e) < 0) {
        free(about);
        return -1;
    }
    if (!about)
        return err_set(e, ERR_NOTFOUND, "no such action");
    *ret = about;
    return 0;
}

int action_touch(struct store *s, int64_t action_id, const char *what, day_t due_on,
                 const char *before, const char *after, struct err *e)
{
    char *about = NULL;
    int rc;

    if (about_action(s, action_id, &about, e) < 0)
        return -1;
    rc = sql_run(s, &queries[Q_TOUCH], e, "udi", sql_now(s), due_on, action_id);
    if (rc == 0)
        rc = journal_change(s, what, about, before, after, e);
    free(about);
    return rc;
}

static char *json_pair(const char *key, const char *value, day_t effective)
{
    struct text t = TEXT_INIT;
    char day[DAY_ISO];

    text_addf(&t, "{\"effective_on\":\"%s\",\"%s\":", day_iso(effective, day), key);
    text_add_json(&t, value);
    text_add(&t, "}");
    return text_take(&t);
}

/* ---- parts ---- */

static int add_part(struct store *s, int64_t action_id, const char *label, int64_t *ret_id,
                    struct err *e)
{
    struct text after = TEXT_INIT;
    int64_t count, id;
    int rc;

    if (sql_int(s, &queries[Q_PART_COUNT], 0, &count, e, "i", action_id) < 0)
        return -1;
    if (*label && count >= ACTION_PARTS_MAX)
        return err_set(e, ERR_REFUSED, "an action can be split into %d parts at most",
                       ACTION_PARTS_MAX);
    if (sql_insert(s, &queries[Q_PART_ADD], &id, e, "it", action_id, label) < 0)
        return -1;
    *ret_id = id;
    if (!*label)
        return 0; /* the action itself */
    text_add(&after, "{\"part\":");
    text_add_json(&after, label);
    text_add(&after, "}");
    rc = action_touch(s, action_id, UPDATE, DAY_NONE, NULL, after.s, e);
    text_free(&after);
    return rc;
}

int part_ensure(struct store *s, int64_t action_id, const char *label, int64_t *ret_id,
                bool *ret_new, struct err *e)
{
    int64_t id;

    label = label ? label : "";
    if (sql_int(s, &queries[Q_PART], 0, &id, e, "it", action_id, label) < 0 ||
        (!id && add_part(s, action_id, label, ret_id, e) < 0))
        return -1;
    if (id)
        *ret_id = id;
    if (ret_new)
        *ret_new = !id;
    return 0;
}

/* ---- what is said of them ---- */

/* Fields as they are kept; NULL, 0 and none: not spoken of. */
struct words {
    char *rating, *status, *precision, *due_text;
    day_t due_on, completed_on;
    int64_t owner_id;
};

static void words_free(struct words *w)
{
    free(w->rating);
    free(w->status);
    free(w->precision);
    free(w->due_text);
}

static int load_words(struct store *s, int64_t part_id, day_t on, struct words *ret, struct err *e)
{
    struct words w = {.due_on = DAY_NONE, .completed_on = DAY_NONE};
    struct rows r;

    rows_start(&r, s, &queries[Q_HOLDS], "id", part_id, on);
    if (rows_next(&r))
        w = (struct words){.rating = rows_dup(&r, 0),
                           .status = rows_dup(&r, 1),
                           .precision = rows_dup(&r, 2),
                           .due_on = rows_day(&r, 3),
                           .due_text = rows_dup(&r, 4),
                           .owner_id = rows_int(&r, 5),
                           .completed_on = rows_day(&r, 6)};
    if (rows_end(&r, e) < 0) {
        words_free(&w);
        return -1;
    }
    *ret = w;
    return 0;
}

static int no_rating(const struct scheme *scheme, const char *word, struct err *e)
{
    struct text codes = TEXT_INIT;
    int rc;

    text_add(&codes, "");
    for (size_t i = 0; i < scheme->count; i++)
        text_addf(&codes, "%s%s", i ? ", " : "", scheme->ratings[i].code);
    rc = err_set(e, ERR_USAGE, "no rating \"%s\" in the scheme %s: there are %s", word,
                 scheme->name, codes.s);
    text_free(&codes);
    return rc;
}

/* In the words in which they are kept; *ret is freed by the caller, also on failure. */
static int said_words(const struct plan *p, const struct said *said, struct words *ret,
                      struct err *e)
{
    *ret = (struct words){
        .due_on = DAY_NONE, .completed_on = said->completed_on, .owner_id = said->owner_id};
    if (said->rating && *said->rating) {
        int i = scheme_rating(&p->scheme, said->rating);

        if (i < 0)
            return no_rating(&p->scheme, said->rating, e);
        ret->rating = xstrdup(p->scheme.ratings[i].code);
    } else {
        ret->rating = xstrdup(said->rating);
    }
    if (said->status) {
        int status = status_parse(said->status);

        if (status < 0)
            return err_set(e, ERR_USAGE, "no status \"%s\"", said->status);
        ret->status = xstrdup(status_name((enum status)status));
    }
    if (said->due) {
        ret->precision = xstrdup(precision_name(said->due_precision));
        ret->due_on = said->due_precision < DUE_ONGOING ? said->due_on : DAY_NONE;
        ret->due_text = xstrdup(said->due_text);
    }
    return 0;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool complete(const char *status)
{
    int parsed = status ? status_parse(status) : -1;

    return parsed >= 0 && status_is_complete((enum status)parsed);
}

static void forget(char **word)
{
    free(*word);
    *word = NULL;
}

/* Leaves of `w` only what differs from what holds. */
static void keep_news(struct words *w, const struct words *holds, day_t effective)
{
    /* never rated, and the rating taken away, are one thing */
    if (w->rating && (same(w->rating, holds->rating) || (!*w->rating && !holds->rating)))
        forget(&w->rating);
    if (same(w->status, holds->status))
        forget(&w->status);
    if (complete(w->status) && !complete(holds->status) && !day_is(w->completed_on))
        w->completed_on = effective;
    if (w->precision && same(w->precision, holds->precision) && w->due_on.n == holds->due_on.n &&
        same(w->due_text, holds->due_text)) {
        forget(&w->precision);
        forget(&w->due_text);
        w->due_on = DAY_NONE;
    }
    if (w->owner_id == holds->owner_id)
        w->owner_id = 0;
    if (w->completed_on.n == holds->completed_on.n)
        w->completed_on = DAY_NONE;
}

static bool any_news(const struct words *w)
{
    return w->rating || w->status || w->precision || w->owner_id || day_is(w->completed_on);
}

static void add_member(struct text *t, const char *key, const char *value)
{
    text_addf(t, "%s\"%s\":", t->len > 1 ? "," : "", key);
    text_add_json(t, value);
}

/* Those of `values` of which `news` speaks. */
static char *words_json(const struct words *news, const struct words *values, day_t effective,
                        int64_t part_id)
{
    struct text t = TEXT_INIT;
    char day[DAY_ISO];

    text_add(&t, "{");
    add_member(&t, "effective_on", day_iso(effective, day));
    text_addf(&t, ",\"part_id\":%lld", (long long)part_id);
    if (news->rating)
        add_member(&t, "rating", values->rating);
    if (news->status)
        add_member(&t, "status", values->status);
    if (news->precision) {
        add_member(&t, "due_precision", values->precision);
        add_member(&t, "due_on", day_is(values->due_on) ? day_iso(values->due_on, day) : NULL);
        add_member(&t, "due_text", values->due_text);
    }
    if (news->owner_id)
        text_addf(&t, ",\"owner_id\":%lld", (long long)values->owner_id);
    if (day_is(news->completed_on))
        add_member(&t, "completed_on",
                   day_is(values->completed_on) ? day_iso(values->completed_on, day) : NULL);
    text_add(&t, "}");
    return text_take(&t);
}

static int write_entry(struct store *s, const char *what, int64_t action_id, int64_t part_id,
                       const struct words *w, const struct words *holds, day_t effective,
                       struct err *e)
{
    char *before = words_json(w, holds, effective, part_id);
    char *after = words_json(w, w, effective, part_id);
    int rc = sql_run(s, &queries[Q_SAY], e, "iduttttdtid", part_id, effective, sql_now(s),
                     sql_who(s), w->rating, w->status, w->precision, w->due_on, w->due_text,
                     w->owner_id, w->completed_on);

    if (rc == 0)
        rc = action_touch(s, action_id, what ? what : UPDATE, w->due_on, before, after, e);
    free(before);
    free(after);
    return rc;
}

/* Closed by then, rather than from a day to come. */
static bool closes(const struct words *w, day_t effective, utc_t now)
{
    int status = w->status ? status_parse(w->status) : -1;

    return status >= 0 && !status_is_open((enum status)status) && effective.n <= now.s / 86400;
}

int part_say(struct store *s, const struct plan *p, int64_t action_id, int64_t part_id,
             const struct said *said, day_t effective, bool *ret_changed, struct err *e)
{
    struct words holds, words;
    bool changed = false;
    int rc;

    if (load_words(s, part_id, effective, &holds, e) < 0)
        return -1;
    rc = said_words(p, said, &words, e);
    if (rc == 0) {
        keep_news(&words, &holds, effective);
        changed = any_news(&words);
    }
    if (changed)
        rc = write_entry(s, said->what, action_id, part_id, &words, &holds, effective, e);
    if (rc == 0 && changed && closes(&words, effective, sql_now(s)))
        rc = extension_close(s, part_id, effective, e);
    words_free(&holds);
    words_free(&words);
    if (rc == 0 && ret_changed)
        *ret_changed = changed;
    return rc;
}

int part_closed_since(struct store *s, int64_t part_id, utc_t since, utc_t *ret, struct err *e)
{
    utc_t closed = UTC_NONE;
    struct rows r;

    rows_start(&r, s, &queries[Q_STATUSES], "iu", part_id, since);
    while (!utc_is(closed) && rows_next(&r)) {
        int status = status_parse(rows_text(&r, 0));

        if (status >= 0 && !status_is_open((enum status)status))
            closed = rows_utc(&r, 1);
    }
    if (rows_end(&r, e) < 0)
        return -1;
    *ret = closed;
    return 0;
}

int part_owned_since(struct store *s, int64_t part_id, day_t on, day_t *ret_on, utc_t *ret_recorded,
                     struct err *e)
{
    utc_t recorded = UTC_NONE;
    day_t from = DAY_NONE;
    struct rows r;

    rows_start(&r, s, &queries[Q_OWNED], "id", part_id, on);
    if (rows_next(&r)) {
        from = rows_day(&r, 0);
        recorded = rows_utc(&r, 1);
    }
    if (rows_end(&r, e) < 0)
        return -1;
    *ret_on = from;
    *ret_recorded = recorded;
    return 0;
}

int part_was_due(struct store *s, int64_t part_id, day_t due_on, bool *ret, struct err *e)
{
    int64_t found;

    if (sql_int(s, &queries[Q_WAS_DUE], 0, &found, e, "id", part_id, due_on) != 0)
        return -1;
    *ret = found != 0;
    return 0;
}

int action_note(struct store *s, int64_t action_id, const char *text, day_t effective,
                struct err *e)
{
    char *after = json_pair("note", text, effective);
    int rc;

    rc = sql_run(s, &queries[Q_NOTE], e, "idutt", action_id, effective, sql_now(s), sql_who(s),
                 text);
    if (rc == 0)
        rc = action_touch(s, action_id, UPDATE, DAY_NONE, NULL, after, e);
    free(after);
    return rc;
}
