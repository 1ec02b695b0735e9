/* Plans: list, show, update and import. */
#include "store/plan.h"

#include <stdlib.h>
#include <string.h>

#include "api/follow.h"
#include "api/owners.h"
#include "base/mem.h"
#include "engine/import.h"
#include "store/rule.h"

static const struct column columns[] = {
    {"slug", "PLAN", KIND_TEXT, false},
    {"title", "TITLE", KIND_TEXT, true},
    {"scheme", "SCHEME", KIND_TEXT, false},
    {"created_at", "SINCE", KIND_TIME, false},
};
static const struct section list[] = {
    {NULL, "items", columns, COUNT(columns), "No plan yet: csictl plan import FILE"}};
static const struct view list_view = {list, 1, 0};

static const struct column priority_columns[] = {
    {"number", "PRIORITY", KIND_NUMBER, false},
    {"title", "TITLE", KIND_TEXT, true},
};
static const struct column rating_columns[] = {
    {"code", "RATING", KIND_RATING, false},
    {"code", "CODE", KIND_TEXT, false},
    {"meaning", "MEANING", KIND_TEXT, false},
};
static const struct column show_columns[] = {
    {"slug", "Plan", KIND_TEXT, false},        {"title", "Title", KIND_TEXT, true},
    {"scheme", "Scheme", KIND_TEXT, false},    {"packs_text", "Rule packs", KIND_TEXT, true},
    {"created_at", "Since", KIND_TIME, false},
};
static const struct section show_sections[] = {
    {NULL, NULL, show_columns, COUNT(show_columns), NULL},
    {"Priorities", "priorities", priority_columns, COUNT(priority_columns), "No priorities."},
    {"Ratings", "ratings", rating_columns, COUNT(rating_columns), NULL},
    {"What follows", "follows", follow_columns, FOLLOW_COLUMNS, NULL},
};
static const struct view show_view = {show_sections, COUNT(show_sections), 0};

static void put_plan(json_t *o, const struct plan *p)
{
    put_text(o, "slug", p->slug);
    put_text(o, "title", p->title);
    put_text(o, "scheme", p->scheme.name);
    put_utc(o, "created_at", p->created_at);
    put_int(o, "version", p->version);
}

int api_plan_list(struct call *c, struct err *e)
{
    struct plan *plans;
    size_t count;
    json_t *items;

    if (plan_all(c->api->store, &plans, &count, e) < 0)
        return -1;
    items = call_items(c, &list_view);
    for (size_t i = 0; i < count; i++) {
        put_plan(put_row(items), &plans[i]);
        plan_clear(&plans[i]);
    }
    free(plans);
    return 0;
}

static void put_scheme(json_t *o, const struct scheme *scheme)
{
    json_t *rows = put_list(o, "ratings");

    for (size_t i = 0; i < scheme->count; i++) {
        json_t *row = put_row(rows);

        put_text(row, "code", scheme->ratings[i].code);
        put_text(row, "label", scheme->ratings[i].label);
        put_text(row, "symbol", scheme->ratings[i].symbol);
        put_text(row, "colour", scheme->ratings[i].colour);
        put_text(row, "meaning", meaning_name(scheme->ratings[i].meaning));
    }
}

static void put_priorities(json_t *o, const struct priority *priorities, size_t count)
{
    json_t *rows = put_list(o, "priorities");

    for (size_t i = 0; i < count; i++) {
        json_t *row = put_row(rows);

        put_int(row, "number", priorities[i].number);
        put_text(row, "title", priorities[i].title);
    }
}

/* The packs it named as a list; none where all apply. */
static int put_packs(const struct call *c, json_t *o, int64_t plan_id, struct err *e)
{
    json_t *names = put_list(o, "packs");
    char *packs;

    if (plan_packs(c->api->store, plan_id, &packs, e) < 0)
        return -1;
    for (const char *at = packs; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");

        json_array_append_new(names, json_stringn(at, len));
        at += len;
    }
    put_text(o, "packs_text", *packs ? packs : "all");
    free(packs);
    return 0;
}

static int show_plan(struct call *c, const struct plan *plan, struct err *e)
{
    struct priority *priorities;
    size_t count;
    json_t *o;

    if (plan_priorities(c->api->store, plan->id, &priorities, &count, e) < 0)
        return -1;
    o = call_object(c, &show_view);
    put_plan(o, plan);
    c->version = plan->version;
    put_priorities(o, priorities, count);
    priorities_free(priorities, count);
    put_scheme(o, &plan->scheme);
    call_use_scheme(c, &plan->scheme);
    return put_packs(c, o, plan->id, e);
}

int api_plan_show(struct call *c, struct err *e)
{
    struct plan plan;
    int rc;

    if (plan_find(c->api->store, call_text(c, "slug"), &plan, e) < 0)
        return -1;
    rc = show_plan(c, &plan, e);
    plan_clear(&plan);
    return rc;
}

/* ---- update ---- */

/* Every word names a pack of a rule that is in force or on disk. */
static int check_packs(const struct call *c, const char *packs, struct err *e)
{
    struct rule_texts texts;
    int rc = packs_in_force(c->api->store, c->api->engine, &texts, NULL, e);

    for (const char *at = packs; rc == 0 && *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        char *word = xstrndup(at, len);

        if (!packs_known(&texts, word) && !packs_known(c->api->engine->packs, word))
            rc = err_set(e, ERR_USAGE,
                         "packs: no rule applies with \"%.60s\": see csictl rules list", word);
        free(word);
        at += len;
    }
    rule_texts_clear(&texts);
    return rc;
}

static int update_plan(struct call *c, const struct plan *plan, struct err *e)
{
    const char *packs = call_text(c, "packs"), *title;

    if (call_name(c, "title", &title, e) < 0)
        return -1;
    if (title && plan_retitle(c->api->store, plan, title, e) < 0)
        return -1;
    if (!packs)
        return 0;
    if (strcmp(packs, "all") == 0)
        packs = "";
    if (check_packs(c, packs, e) < 0)
        return -1;
    return plan_packs_put(c->api->store, plan->id, plan->slug, packs, e);
}

/* The plan as it is now, with what follows from other packs. */
static int show_updated(struct call *c, const char *slug, struct err *e)
{
    struct settled settled = {0};
    struct plan plan;
    int rc = plan_find(c->api->store, slug, &plan, e);

    if (rc < 0)
        return -1;
    rc = settle(c->api->store, c->api->engine, c->api->now, &settled, e);
    if (rc == 0)
        rc = show_plan(c, &plan, e);
    if (rc == 0)
        put_follows(c->answer, &settled, c->when.today);
    settled_clear(&settled);
    plan_clear(&plan);
    return rc;
}

int api_plan_update(struct call *c, struct err *e)
{
    struct plan plan;
    json_t *before;
    int rc;

    if (plan_find(c->api->store, call_text(c, "slug"), &plan, e) < 0)
        return -1;
    rc = show_plan(c, &plan, e);
    before = json_incref(c->answer);
    if (rc == 0)
        rc = call_match(c, plan.version, e);
    if (rc == 0)
        rc = update_plan(c, &plan, e);
    if (rc == 0)
        rc = show_updated(c, plan.slug, e);
    if (rc == 0) {
        call_compare(c, before);
        call_told(c, json_array_size(json_object_get(c->answer, "follows"))
                         ? "whoever owes what follows, on its days: csictl deadline list"
                         : "nobody: no date changes");
    }
    json_decref(before);
    plan_clear(&plan);
    return rc;
}

/* ---- import ---- */

static const struct column change_columns[] = {
    {"ref", "REF", KIND_TEXT, false},
    {"change", "CHANGE", KIND_TEXT, true},
};
static const struct column fault_columns[] = {
    {"line", "LINE", KIND_NUMBER, false},
    {"column", "COLUMN", KIND_TEXT, false},
    {"reason", "REASON", KIND_TEXT, true},
};
static const struct section import_sections[] = {
    {NULL, "actions", change_columns, COUNT(change_columns), NULL},
    {"Left out", "faults", fault_columns, COUNT(fault_columns), NULL},
    {"Notes", "remarks", fault_columns, COUNT(fault_columns), NULL},
};
static const struct view import_view = {import_sections, 3, 0};

static json_t *fault_rows(const struct import_fault *faults, size_t count)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *row = put_row(rows);

        put_int(row, "line", faults[i].line);
        put_text(row, "column", faults[i].column);
        put_text(row, "reason", faults[i].reason);
    }
    return rows;
}

static void put_import(struct call *c, const struct import_result *r)
{
    json_t *o = call_object(c, &import_view), *rows;

    put_text(o, "plan", r->plan);
    put_flag(o, "new_plan", r->new_plan);
    put_int(o, "rows", r->rows);
    put_int(o, "added", r->added);
    put_int(o, "changed", r->changed);
    put_int(o, "unchanged", r->unchanged);
    put_int(o, "missing", r->missing);
    rows = put_list(o, "actions");
    /* of a new plan every action is new: the count says it */
    for (size_t i = 0; i < r->change_count && !r->new_plan; i++) {
        json_t *row = put_row(rows);

        put_text(row, "ref", r->changes[i].ref);
        put_text(row, "change", r->changes[i].what);
    }
    json_object_set_new(o, "faults", fault_rows(r->faults, r->fault_count));
    json_object_set_new(o, "remarks", fault_rows(r->notes, r->note_count));
    put_textf(o, "hint", "csictl report position --plan %s", r->plan ? r->plan : "-");
}

static void import_head(struct call *c, const struct import_result *r)
{
    struct text t = TEXT_INIT;

    text_addf(&t, "%s: %lld rows: %lld new, %lld changed, %lld unchanged", r->plan,
              (long long)r->rows, (long long)r->added, (long long)r->changed,
              (long long)r->unchanged);
    if (r->fault_count)
        text_addf(&t, ", %zu fault%s", r->fault_count, r->fault_count == 1 ? "" : "s");
    text_add(&t, "\n");
    if (r->fault_count && c->dry_run && !call_flag(c, "skip_bad"))
        text_add(&t, "As it stands nothing would be imported: correct the faulty rows, or leave "
                     "them out with --skip-bad.\n");
    if (r->missing)
        text_addf(&t, "%lld actions of the plan are not in the file; they were left as they are.\n",
                  (long long)r->missing);
    c->head = text_take(&t);
}

/* A refusal that lists every faulty row, in the text and as members. */
static void import_problem(struct call *c, const struct import_result *r, const struct err *e)
{
    struct text t = TEXT_INIT;

    if (r->fault_count == 0)
        return;
    c->problem = json_object();
    json_object_set_new(c->problem, "faults", fault_rows(r->faults, r->fault_count));
    text_addf(&t, "%s", e->text);
    for (size_t i = 0; i < r->fault_count; i++)
        text_addf(&t, "\nline %d%s%s: %s", r->faults[i].line, *r->faults[i].column ? ", " : "",
                  r->faults[i].column, r->faults[i].reason);
    put_text(c->problem, "detail", t.s);
    put_text(c->problem, "hint", "csictl plan import FILE --skip-bad");
    text_free(&t);
}

/* What comes with a new plan was nobody's before: its owners hear when it is due. */
static int tell_imported(struct call *c, const struct import_result *r,
                         const struct ownership *owners, struct err *e)
{
    put_import(c, r);
    import_head(c, r);
    call_told(c, r->added + r->changed
                     ? "owners of what is overdue, in their next mail on overdue actions"
                     : "nobody: nothing changed");
    return r->new_plan ? 0 : owners_after(c, owners, NULL, e);
}

int api_plan_import(struct call *c, struct err *e)
{
    const json_t *maps = json_object_get(c->args, "map"), *map;
    const char *map_texts[64];
    struct import_options o = {.plan = call_text(c, "plan"),
                               .title = call_text(c, "title"),
                               .scheme = call_text(c, "scheme"),
                               .file = call_text(c, "file"),
                               .maps = map_texts,
                               .skip_bad = call_flag(c, "skip_bad"),
                               .dry_run = c->dry_run,
                               .yes = call_flag(c, "yes")};
    struct import_result result = {0};
    struct ownership *owners;
    size_t i;
    int rc;

    if (call_day_kept(c, "as_at", c->when.today, &o.as_at, e) < 0)
        return -1;
    if (json_array_size(maps) > COUNT(map_texts))
        return err_set(e, ERR_USAGE, "map: more than %zu columns", COUNT(map_texts));
    json_array_foreach(maps, i, map)
    {
        map_texts[o.map_count++] = json_string_value(map);
    }
    if (owners_before(c, &owners, e) < 0)
        return -1;
    rc = import_run(c->api->store, &o, c->rq->body, c->rq->body_len, &c->when, &result, e);
    if (rc == 0)
        rc = import_tell(c->api->store, c->api->engine, &o, &result, c->api->now, e) < 0
                 ? -1
                 : tell_imported(c, &result, owners, e);
    else
        import_problem(c, &result, e);
    ownership_free(owners);
    import_result_clear(&result);
    return rc;
}
