/* Actions: chosen, sorted, shown with their history, added and updated. */
#include "store/action.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/action_form.h"
#include "api/call.h"
#include "base/mem.h"
#include "store/role.h"

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
static const struct section show_sections[] = {
    {NULL, NULL, show_columns, COUNT(show_columns), NULL},
    {"Parts", "parts", part_columns, COUNT(part_columns), NULL},
    {"Updates", "updates", update_columns, COUNT(update_columns), NULL},
};
static const struct view show_view = {show_sections, 3, 0};

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
};
static const struct section history_list[] = {
    {NULL, "items", history_columns, COUNT(history_columns), "Nothing was said of it yet."}};
static const struct view history_view = {history_list, 1, 0};

/* ---- list ---- */

struct filter {
    struct call *call;
    struct scheme_book book;
    const char *owner, *rating, *text; /* NULL: any; owner a role's slug */
    int64_t priority;
    int status; /* -1: any */
    bool overdue, challenged;
    day_t due_by;
    json_t *items;
};

static bool contains(const char *text, const char *word)
{
    return text && strcasestr(text, word);
}

static bool part_fits(const struct filter *f, const struct part *p, const struct scheme *scheme)
{
    day_t today = f->call->when.today;

    if (!p->known)
        return false;
    if (f->owner && (!p->owner || strcmp(p->owner, f->owner) != 0))
        return false;
    if (f->rating && (p->rating < 0 ? strcmp(f->rating, "unrated") != 0
                                    : scheme_rating(scheme, f->rating) != p->rating))
        return false;
    if (f->status >= 0 && p->status != (enum status)f->status)
        return false;
    if (f->overdue && part_date_state(p, today) != DATE_OVERDUE)
        return false;
    return !day_is(f->due_by) || (day_is(p->due_on) && p->due_on.n <= f->due_by.n);
}

static bool action_fits(const struct filter *f, const struct action *a, const struct scheme *scheme)
{
    bool fits = false;

    if (f->priority >= 0 && a->priority != f->priority)
        return false;
    if (f->text && !contains(a->title, f->text) && !contains(a->success_measure, f->text) &&
        !contains(a->ref, f->text))
        return false;
    for (size_t i = 0; i < a->part_count && !fits; i++)
        fits = part_fits(f, &a->parts[i], scheme);
    if (fits && f->challenged) {
        char *challenge = action_challenge(a, scheme, f->call->when.today);

        fits = challenge != NULL;
        free(challenge);
    }
    return fits;
}

static int put_if_fits(void *arg, const struct action *a)
{
    struct filter *f = arg;
    const struct scheme *scheme = scheme_book_of(&f->book, a->plan_id);

    if (action_fits(f, a, scheme))
        put_action(f->call, put_row(f->items), a, scheme);
    return 0;
}

/* How `--sort` orders: by a member, downwards where the pressing comes first. */
static const struct sort_key {
    const char *word, *member;
    bool down;
} sort_keys[] = {
    {"ref", NULL, false},
    {"due", "due_on", false},
    {"days-over", "days_overdue", true},
    {"owner", "owner", false},
    {"rating", "rating", false},
    {"status", "status", false},
    {"updated", "updated_at", true},
    {"priority", "priority", false},
};

static int compare_rows(const void *a, const void *b, void *arg)
{
    const struct sort_key *key = arg;
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    const json_t *vx = json_object_get(x, key->member), *vy = json_object_get(y, key->member);
    json_int_t place = json_integer_value(json_object_get(x, "#place")) -
                       json_integer_value(json_object_get(y, "#place"));
    int order;

    if (json_is_null(vx) || json_is_null(vy)) /* what has no value stands last */
        order = json_is_null(vx) - json_is_null(vy);
    else if (json_is_string(vx))
        order = strcmp(json_string_value(vx), json_string_value(vy)) * (key->down ? -1 : 1);
    else
        order = (json_integer_value(vx) > json_integer_value(vy)   ? 1
                 : json_integer_value(vx) < json_integer_value(vy) ? -1
                                                                   : 0) *
                (key->down ? -1 : 1);
    return order ? order : place < 0 ? -1 : place > 0;
}

static int sort_items(struct call *c, struct err *e)
{
    const char *word = call_text(c, "sort");
    const struct sort_key *key = NULL;
    json_t *items = json_object_get(c->answer, "items"), *sorted, *row;
    size_t n = json_array_size(items), i;
    json_t **rows;

    for (i = 0; word && i < COUNT(sort_keys); i++)
        if (strcasecmp(word, sort_keys[i].word) == 0)
            key = &sort_keys[i];
    if (word && !key)
        return err_set(e, ERR_USAGE,
                       "sort: no key \"%.40s\": ref, due, days-over, owner, rating, "
                       "status, updated or priority",
                       word);
    if (!key || !key->member)
        return 0;
    rows = xcalloc(n, sizeof *rows);
    json_array_foreach(items, i, row)
    {
        put_int(row, "#place", (int64_t)i);
        rows[i] = json_incref(row);
    }
    qsort_r(rows, n, sizeof *rows, compare_rows, (void *)key);
    sorted = json_array();
    for (i = 0; i < n; i++) {
        json_object_del(rows[i], "#place");
        json_array_append_new(sorted, rows[i]);
    }
    json_object_set_new(c->answer, "items", sorted);
    free(rows);
    return 0;
}

static char *row_name(const json_t *row)
{
    return xasprintf("%s:%s", json_string_value(json_object_get(row, "plan")),
                     json_string_value(json_object_get(row, "ref")));
}

static int read_filter(struct call *c, struct filter *f, char **owner, struct err *e)
{
    const char *status = call_text(c, "status");
    bool known = !call_text(c, "rating") || strcmp(call_text(c, "rating"), "unrated") == 0;
    struct role role;

    f->rating = call_text(c, "rating");
    f->text = call_text(c, "text");
    f->overdue = call_flag(c, "overdue");
    f->challenged = call_flag(c, "challenged");
    f->status = status ? status_parse(status) : -1;
    if (status && f->status < 0)
        return err_set(e, ERR_USAGE,
                       "status: no status \"%.40s\": draft, agreed, in-progress, "
                       "completion-proposed, complete, verified, embedded, suspended, superseded "
                       "or cancelled",
                       status);
    for (size_t i = 0; i < f->book.count && !known; i++)
        known = scheme_rating(&f->book.plans[i].scheme, f->rating) >= 0;
    if (!known)
        return err_set(e, ERR_USAGE, "rating: no plan has a rating \"%.40s\": see csictl plan show",
                       f->rating);
    if (call_text(c, "owner")) {
        if (role_find(c->api->store, call_text(c, "owner"), c->when.today, &role, e) < 0)
            return err_within(e, "owner");
        *owner = xstrdup(role.slug);
        f->owner = *owner;
        role_clear(&role);
    }
    return call_number(c, "priority", -1, &f->priority, e) < 0
               ? -1
               : call_day(c, "due_by", DAY_NONE, &f->due_by, e);
}

int api_action_list(struct call *c, struct err *e)
{
    struct action_query query = {.as_at = c->when.today, .known_at = UTC_NONE};
    struct filter f = {.call = c};
    char *owner = NULL;
    struct plan plan;
    int rc;

    if (plan_find(c->api->store, call_text(c, "plan"), &plan, e) < 0)
        return -1;
    query.plan_id = plan.id;
    plan_clear(&plan);
    if (scheme_book_load(c, &f.book, e) < 0)
        return -1;
    rc = read_filter(c, &f, &owner, e);
    if (rc == 0) {
        f.items = call_items(c, &list_view);
        rc = action_each(c->api->store, &query, put_if_fits, &f, e);
    }
    if (rc == 0)
        rc = sort_items(c, e);
    scheme_book_free(&f.book);
    free(owner);
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
    }
    put_text(row, "note", h->note);
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
