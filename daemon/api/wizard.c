/* The wizard of an intervention: its questions, and what becomes of the answers. */
#include "api/wizard.h"

#include <stdlib.h>
#include <string.h>

#include "api/follow.h"
#include "api/owners.h"
#include "base/mem.h"

/* ---- the tables of wizard.def ---- */

const struct wizard_part_def wizard_parts[WIZARD_PARTS] = {
#define PART(part, kind, key, given, near, ends) {RECORD_##kind, key, given, near, ends},
#include "api/wizard.def"
#undef PART
};

#define NEEDED true
#define MAY    false
const struct wizard_question wizard_questions[WIZARD_QUESTIONS] = {
#define QUESTION(name, type, need, part, field, only_if, after, choices, offered, question, help) \
    {#name, WIZARD_##type, need,    WIZARD_PART_##part, field, only_if,                           \
     after, choices,       offered, question,           help},
#include "api/wizard.def"
#undef QUESTION
};
#undef NEEDED
#undef MAY

enum wizard_name wizard_find(const char *name)
{
    size_t n = 0;

    while (n < WIZARD_QUESTIONS && strcmp(wizard_questions[n].name, name) != 0)
        n++;
    return (enum wizard_name)n;
}

enum wizard_name wizard_condition(const char *only_if)
{
    char *name = xstrndup(only_if, strcspn(only_if, "="));
    enum wizard_name n = wizard_find(name);

    free(name);
    return n;
}

bool wizard_lists(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; *at; at += strspn(at, " |")) {
        size_t n = strcspn(at, " |");

        if (n == len && strncmp(at, word, len) == 0)
            return true;
        at += n;
    }
    return false;
}

const struct record_field *wizard_field(const struct wizard_question *q, size_t place)
{
    const char *at = q->field;

    if (q->part == WIZARD_PART_role)
        return NULL;
    for (; place && *at; place--) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return *at ? record_field_find(wizard_parts[q->part].kind, at, strcspn(at, " ")) : NULL;
}

const char *wizard_choices(const struct wizard_question *q)
{
    const struct record_field *f = wizard_field(q, q->type == WIZARD_LIST);

    return *q->choices || !f ? q->choices : f->limit;
}

/* ---- the questions ---- */

static const char *const types[] = {
    [WIZARD_CHOICE] = "choice", [WIZARD_DATE] = "date", [WIZARD_PERIOD] = "date-or-month",
    [WIZARD_EVERY] = "period",  [WIZARD_TEXT] = "text", [WIZARD_PERSON] = "person",
    [WIZARD_LIST] = "list",
};

static const struct column question_columns[] = {
    {"name", "NAME", KIND_TEXT, false},      {"kind", "KIND", KIND_TEXT, false},
    {"needed", "NEEDED", KIND_YES, false},   {"question", "QUESTION", KIND_TEXT, true},
    {"choices", "CHOICES", KIND_TEXT, true}, {"only_if_text", "ONLY IF", KIND_TEXT, true},
};
static const struct section question_list[] = {
    {NULL, "items", question_columns, COUNT(question_columns), NULL}};
static const struct view question_view = {question_list, 1, 0};

static void put_words(json_t *list, const char *words)
{
    for (const char *at = words; *at; at += strspn(at, " |")) {
        size_t len = strcspn(at, " |");

        json_array_append_new(list, json_stringn(at, len));
        at += len;
    }
}

static void put_condition(json_t *o, const struct wizard_question *q)
{
    json_t *condition = json_object();

    if (*q->only_if)
        put_words(put_list(condition, wizard_questions[wizard_condition(q->only_if)].name),
                  strchr(q->only_if, '=') + 1);
    json_object_set_new(o, "only_if", condition);
    put_text(o, "only_if_text", q->only_if);
}

int api_wizard_questions(struct call *c, struct err *e)
{
    json_t *items = call_items(c, &question_view);

    (void)e;
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++) {
        const struct wizard_question *q = &wizard_questions[i];
        bool chosen = q->type == WIZARD_CHOICE || q->type == WIZARD_LIST;
        json_t *row = put_row(items);

        put_text(row, "name", q->name);
        put_text(row, "question", q->question);
        put_text(row, "help", q->help);
        put_text(row, "kind", types[q->type]);
        put_words(put_list(row, "choices"), chosen ? wizard_choices(q) : "");
        put_text(row, "default", *q->offered ? q->offered : NULL);
        put_flag(row, "needed", q->needed);
        put_condition(row, q);
    }
    return 0;
}

/* ---- the answers ---- */

static const struct column written_columns[] = {
    {"about", "RECORD", KIND_TEXT, false},
    {"change", "CHANGE", KIND_TEXT, false},
    {"text", "WHAT", KIND_TEXT, true},
};
static const struct section intervention_sections[] = {
    {NULL, "written", written_columns, COUNT(written_columns), NULL},
    {"What follows", "follows", follow_columns, FOLLOW_COLUMNS, NULL},
};
static const struct view intervention_view = {intervention_sections, COUNT(intervention_sections),
                                              1};

static void put_place(json_t *o, const char *key, size_t value)
{
    if (value)
        put_int(o, key, (int64_t)value);
    else
        put_text(o, key, NULL);
}

static void put_fault(json_t *row, const struct wizard_fault *f)
{
    put_text(row, "name", f->name);
    put_place(row, "line", f->at.line);
    put_place(row, "column", f->at.column);
    put_text(row, "reason", f->reason);
}

/* Every answer that will not do, as the problem's member `faults`. */
static int refuse(struct call *c, const struct wizard *w, struct err *e)
{
    size_t all = w->fault_count + w->left_out;
    struct text names = TEXT_INIT;
    json_t *faults;

    c->problem = json_object();
    faults = put_list(c->problem, "faults");
    for (size_t i = 0; i < w->fault_count; i++) {
        put_fault(put_row(faults), &w->faults[i]);
        text_addf(&names, "%s%s", i ? ", " : "",
                  *w->faults[i].name ? w->faults[i].name : "the text");
    }
    if (w->unreadable)
        err_set(e, ERR_USAGE, "the answers cannot be read");
    else
        err_set(e, ERR_USAGE, "%zu answer%s will not do: %s", all, all == 1 ? "" : "s", names.s);
    text_free(&names);
    return -1;
}

static void tell(struct call *c)
{
    bool follows = json_array_size(json_object_get(c->answer, "follows")) > 0, changed = false;
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(c->answer, "written"), i, row)
    {
        changed |= strcmp(json_string_value(json_object_get(row, "change")), "unchanged") != 0;
    }
    if (follows)
        call_told(c, "whoever owes what follows, on its days: csictl deadline show ID");
    if (!changed && !follows)
        call_note(c, "nothing changed: it was so already");
    put_text(c->answer, "hint", "csictl deadline list");
}

static int write_and_show(struct call *c, const struct wizard *w, struct err *e)
{
    json_t *o = call_object(c, &intervention_view);
    struct settled settled = {0};
    struct ownership *owners;
    int rc;

    if (owners_before(c, &owners, e) < 0)
        return -1;
    rc = wizard_write(c, w, put_list(o, "written"), e);
    if (rc == 0)
        rc = settle(c->api->store, c->api->engine, c->api->now, &settled, e);
    if (rc == 0) {
        put_follows(o, &settled, c->when.today);
        tell(c);
        rc = owners_after(c, owners, NULL, e);
    }
    settled_clear(&settled);
    ownership_free(owners);
    return rc;
}

/* csictl reads and writes files itself, so their names have no meaning here. */
static int check_words(const struct call *c, struct err *e)
{
    static const char *const own[] = {"answers", "write_answers"};

    for (size_t i = 0; i < COUNT(own); i++)
        if (call_text(c, own[i]))
            return err_set(e, ERR_USAGE, "%s: send the answers as the body, JSON or YAML", own[i]);
    return 0;
}

int api_wizard_intervention(struct call *c, struct err *e)
{
    struct wizard w = {0};
    int rc;

    if (check_words(c, e) < 0)
        return -1;
    rc = wizard_read(c, &w, e);
    if (rc == 0)
        rc = w.fault_count ? refuse(c, &w, e) : write_and_show(c, &w, e);
    wizard_clear(&w);
    return rc;
}
