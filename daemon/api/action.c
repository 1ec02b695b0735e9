/* Actions: chosen, sorted, shown with their history, added and updated. */
#include "store/action.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/action_form.h"
#include "api/call.h"
#include "base/mem.h"
#include "store/evidence.h"

static const struct column columns[] = {
    {"ref", "REF", KIND_TEXT, false},          {"title", "ACTION", KIND_TEXT, true},
    {"owner_title", "OWNER", KIND_TEXT, true}, {"due_on", "DUE", KIND_DAY, false},
    {"rating", "RATING", KIND_RATING, false},  {"status", "STATUS", KIND_TEXT, false},
    {"date_state", "DATE", KIND_TEXT, false},  {"days_overdue", "DAYS OVER", KIND_NUMBER, false},
};
static const struct section list[] = {
    {NULL, "items", columns, COUNT(columns), "No actions of that kind."}};
static const struct view list_view = {list, 1, 0};

static const struct column show_columns[] = {
    {"ref", "Action", KIND_TEXT, false},
    {"plan", "Plan", KIND_TEXT, false},
    {"title", "Title", KIND_TEXT, true},
    {"priority_title", "Priority", KIND_TEXT, true},
    {"success_measure", "Success measure", KIND_TEXT, true},
    {"owner_title", "Owner", KIND_TEXT, true},
    {"accountable", "Accountable", KIND_TEXT, true},
    {"recommendations", "Recommendations", KIND_TEXT, false},
    {"start_on", "Start", KIND_DAY, false},
    {"due_on", "Due", KIND_DAY, false},
    {"due_text", "As the plan words it", KIND_TEXT, true},
    {"original_due_on", "First due", KIND_DAY, false},
    {"rating", "Rating", KIND_RATING, false},
    {"status", "Status", KIND_TEXT, false},
    {"date_state", "Date", KIND_TEXT, false},
    {"days_overdue", "Days over", KIND_NUMBER, false},
    {"completed_on", "Completed", KIND_DAY, false},
    {"challenge", "Challenge", KIND_TEXT, true},
    {"updated_at", "Last changed", KIND_TIME, false},
};
static const struct column part_columns[] = {
    {"part", "PART", KIND_TEXT, false},       {"rating", "RATING", KIND_RATING, false},
    {"status", "STATUS", KIND_TEXT, false},   {"due_on", "DUE", KIND_DAY, false},
    {"date_state", "DATE", KIND_TEXT, false}, {"owner_title", "OWNER", KIND_TEXT, true},
};
static const struct column update_columns[] = {
    {"effective_on", "ON", KIND_DAY, false},
    {"who", "WHO", KIND_TEXT, false},
    {"note", "UPDATE", KIND_TEXT, true},
};
static const struct column evidence_columns[] = {
    {"effective_on", "ON", KIND_DAY, false},   {"who", "WHO", KIND_TEXT, false},
    {"part", "PART", KIND_TEXT, COLUMN_SPARE}, {"title", "EVIDENCE", KIND_TEXT, true},
    {"link", "LINK", KIND_TEXT, true},         {"sha256", "SHA-256", KIND_TEXT, COLUMN_SPARE},
};
static const struct section show_sections[] = {
    {NULL, NULL, show_columns, COUNT(show_columns), NULL},
    {"Parts", "parts", part_columns, COUNT(part_columns), NULL},
    {"Evidence", "evidence", evidence_columns, COUNT(evidence_columns), NULL},
    {"Updates", "updates", update_columns, COUNT(update_columns), NULL},
};
static const struct view show_view = {show_sections, COUNT(show_sections), 0};

static const struct column history_columns[] = {
    {"effective_on", "EFFECTIVE", KIND_DAY, false},
    {"recorded_at", "RECORDED", KIND_TIME, false},
    {"who", "WHO", KIND_TEXT, false},
    {"part", "PART", KIND_TEXT, false},
    {"rating", "RATING", KIND_RATING, false},
    {"status", "STATUS", KIND_TEXT, false},
    {"due_on", "DUE", KIND_DAY, false},
    {"owner", "OWNER", KIND_TEXT, true},
    {"note", "UPDATE", KIND_TEXT, true},
    {"evidence", "EVIDENCE", KIND_TEXT, COLUMN_SPARE},
    {"link", "LINK", KIND_TEXT, COLUMN_SPARE},
};
static const struct section history_list[] = {
    {NULL, "items", history_columns, COUNT(history_columns), "Nothing was said of it yet."}};
static const struct view history_view = {history_list, 1, 0};

/* ---- list ---- */

struct filter {
    struct call *call;
    const struct scheme *scheme;
    const char *text;   /* NULL: any */
    int64_t owner_id;   /* 0: any */
    int rating, status; /* RATING_ANY, -1: any */
    int64_t priority;   /* -1: any */
    bool overdue, challenged;
    day_t due_by;
    json_t *items;
};

static bool contains(const char *text, const char *word)
{
    return text && strcasestr(text, word);
}

static bool part_fits(const struct filter *f, const struct part *p)
{
    if (!p->known)
        return false;
    if (f->owner_id && p->owner_id != f->owner_id)
        return false;
    if (f->rating != RATING_ANY && p->rating != f->rating)
        return false;
    if (f->status >= 0 && p->status != (enum status)f->status)
        return false;
    if (f->overdue && part_date_state(p, f->call->when.today) != DATE_OVERDUE)
        return false;
    return !day_is(f->due_by) || (day_is(p->due_on) && p->due_on.n <= f->due_by.n);
}

static bool action_fits(const struct filter *f, const struct action *a)
{
    bool fits = false;

    if (f->priority >= 0 && a->priority != f->priority)
        return false;
    if (f->text && !contains(a->title, f->text) && !contains(a->success_measure, f->text) &&
        !contains(a->ref, f->text))
        return false;
    for (size_t i = 0; i < a->part_count && !fits; i++)
        fits = part_fits(f, &a->parts[i]);
    if (fits && f->challenged) {
        char *challenge = action_challenge(a, f->scheme, f->call->when.today);

        fits = challenge != NULL;
        free(challenge);
    }
    return fits;
}

static int put_if_fits(void *arg, const struct action *a)
{
    struct filter *f = arg;

    if (action_fits(f, a))
        put_action(f->call, put_row(f->items), a, f->scheme);
    return 0;
}

/* How pressing a code is: by its place among its like, the first first. */
static json_int_t rating_rank(const struct call *c, const char *code)
{
    json_int_t place = 0;

    while (call_rating(c, code) != json_array_get(c->ratings, (size_t)place))
        place++;
    return place;
}

static json_int_t status_rank(const struct call *c, const char *code)
{
    (void)c;
    return status_parse(code);
}

/* How `--sort` orders: by a member, downwards where the pressing comes first; codes by rank. */
static const struct sort_key {
    const char *word, *member;
    bool down;
    json_int_t (*rank)(const struct call *c, const char *code);
} sort_keys[] = {
    {"ref", NULL, false, NULL},
    {"due", "due_on", false, NULL},
    {"days-over", "days_overdue", true, NULL},
    {"owner", "owner", false, NULL},
    {"rating", "rating", false, rating_rank},
    {"status", "status", false, status_rank},
    {"updated", "updated_at", true, NULL},
    {"priority", "priority", false, NULL},
};

struct sorted { /* a row, what it is sorted by, and where it stood */
    json_t *row;
    const char *text; /* NULL: by number */
    json_int_t number;
    bool none;
    size_t place;
};

static struct sorted sorted_row(const struct call *c, const struct sort_key *key, json_t *row,
                                size_t place)
{
    const json_t *value = json_object_get(row, key->member);
    struct sorted s = {row, json_string_value(value), json_integer_value(value),
                       json_is_null(value), place};

    if (s.text && key->rank) {
        s.number = key->rank(c, s.text);
        s.text = NULL;
    }
    return s;
}

/* What has no value stands last, equals as they stood. */
static int compare_rows(const void *a, const void *b, void *arg)
{
    const struct sorted *x = a, *y = b;
    const struct sort_key *key = arg;
    int order = x->text && y->text ? strcmp(x->text, y->text)
                                   : (x->number > y->number) - (x->number < y->number);

    if (x->none || y->none)
        order = x->none - y->none;
    else if (key->down)
        order = -order;
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static int find_sort_key(const struct call *c, const struct sort_key **ret, struct err *e)
{
    const char *word = call_text(c, "sort"), *words[COUNT(sort_keys)];

    *ret = &sort_keys[0];
    if (!word)
        return 0;
    for (size_t i = 0; i < COUNT(sort_keys); i++) {
        words[i] = sort_keys[i].word;
        if (strcasecmp(word, words[i]) == 0) {
            *ret = &sort_keys[i];
            return 0;
        }
    }
    return call_no_word(c, "sort", words, COUNT(words), e);
}

static int sort_items(struct call *c, struct err *e)
{
    json_t *items = json_object_get(c->answer, "items"), *row, *in_order;
    const struct sort_key *key;
    size_t n = json_array_size(items), i;
    struct sorted *rows;

    if (find_sort_key(c, &key, e) < 0)
        return -1;
    if (!key->member) /* as they came */
        return 0;
    rows = xcalloc(n, sizeof *rows);
    json_array_foreach(items, i, row)
    {
        rows[i] = sorted_row(c, key, row, i);
    }
    qsort_r(rows, n, sizeof *rows, compare_rows, (void *)key);
    in_order = json_array();
    for (i = 0; i < n; i++)
        json_array_append(in_order, rows[i].row);
    json_object_set_new(c->answer, "items", in_order);
    free(rows);
    return 0;
}

static char *row_name(const json_t *row)
{
    return xasprintf("%s:%s", json_string_value(json_object_get(row, "plan")),
                     json_string_value(json_object_get(row, "ref")));
}

static int read_filter(struct call *c, struct filter *f, struct err *e)
{
    f->text = call_text(c, "text");
    f->overdue = call_flag(c, "overdue");
    f->challenged = call_flag(c, "challenged");
    if (call_status(c, &f->status, e) < 0 || call_rated(c, f->scheme, &f->rating, e) < 0 ||
        call_role(c, "owner", &f->owner_id, e) < 0 ||
        call_number(c, "priority", -1, &f->priority, e) < 0)
        return -1;
    return call_day(c, "due_by", DAY_NONE, &f->due_by, e);
}

int api_action_list(struct call *c, struct err *e)
{
    struct action_query query = {.as_at = c->when.today, .known_at = UTC_NONE};
    struct filter f = {.call = c};
    struct plan plan;
    int rc;

    if (plan_find(c->api->store, call_text(c, "plan"), &plan, e) < 0)
        return -1;
    query.plan_id = plan.id;
    f.scheme = &plan.scheme;
    call_use_scheme(c, f.scheme);
    rc = read_filter(c, &f, e);
    if (rc == 0) {
        f.items = call_items(c, &list_view);
        rc = action_each(c->api->store, &query, put_if_fits, &f, e);
    }
    if (rc == 0)
        rc = sort_items(c, e);
    plan_clear(&plan);
    c->row_name = row_name;
    return rc;
}

/* ---- show and history ---- */

struct showing {
    struct call *call;
    const struct plan *plan;
    json_t *rows;
    bool notes_only;
};

static int put_shown(void *arg, const struct action *a)
{
    struct showing *s = arg;

    put_action(s->call, s->call->answer, a, &s->plan->scheme);
    s->call->version = a->version;
    return 0;
}

static int put_history(void *arg, const struct history_row *h)
{
    struct showing *s = arg;
    json_t *row;

    if (s->notes_only && !h->note)
        return 0;
    row = put_row(s->rows);
    put_day(row, "effective_on", h->effective_on);
    put_utc(row, "recorded_at", h->recorded_at);
    put_text(row, "who", h->who);
    if (!s->notes_only) {
        put_text(row, "part", h->part);
        put_text(row, "rating", h->rating);
        put_text(row, "status", h->status);
        put_day(row, "due_on", h->due_on);
        put_text(row, "due_precision", h->due_precision);
        put_text(row, "due_text", h->due_text);
        put_text(row, "owner", h->owner);
        put_day(row, "completed_on", h->completed_on);
        put_text(row, "evidence", h->evidence);
        put_text(row, "link", h->link);
        put_text(row, "sha256", h->sha256);
    }
    put_text(row, "note", h->note);
    return 0;
}

static int put_evidence(void *arg, const struct evidence_row *v)
{
    json_t *row = put_row(arg);

    put_int(row, "id", v->id);
    put_text(row, "part", v->part && *v->part ? v->part : NULL);
    put_text(row, "title", v->title);
    put_text(row, "link", v->link);
    put_text(row, "sha256", v->sha256);
    put_day(row, "effective_on", v->effective_on);
    put_utc(row, "recorded_at", v->recorded_at);
    put_text(row, "who", v->who);
    return 0;
}

int action_answer(struct call *c, int64_t id, const struct plan *plan, struct err *e)
{
    struct action_query query = {.action_id = id, .as_at = c->when.today, .known_at = UTC_NONE};
    struct showing s = {.call = c, .plan = plan, .notes_only = true};

    call_object(c, &show_view);
    call_use_scheme(c, &plan->scheme);
    if (action_each(c->api->store, &query, put_shown, &s, e) < 0)
        return -1;
    query.as_at = day_from_ymd(9999, 12, 31);
    if (!json_object_size(c->answer) && action_each(c->api->store, &query, put_shown, &s, e) < 0)
        return -1;
    if (evidence_each(c->api->store, id, put_evidence, put_list(c->answer, "evidence"), e) < 0)
        return -1;
    s.rows = put_list(c->answer, "updates");
    return action_history(c->api->store, id, put_history, &s, e);
}

int api_action_show(struct call *c, struct err *e)
{
    struct plan plan;
    int64_t id;
    int rc;

    if (action_find(c->api->store, call_text(c, "ref"), call_text(c, "plan"), &id, &plan, e) < 0)
        return -1;
    rc = action_answer(c, id, &plan, e);
    plan_clear(&plan);
    return rc;
}

int api_action_history(struct call *c, struct err *e)
{
    struct showing s = {.call = c};
    struct plan plan;
    int64_t id;

    if (action_find(c->api->store, call_text(c, "ref"), call_text(c, "plan"), &id, &plan, e) < 0)
        return -1;
    call_use_scheme(c, &plan.scheme);
    plan_clear(&plan);
    s.rows = call_items(c, &history_view);
    return action_history(c->api->store, id, put_history, &s, e);
}
