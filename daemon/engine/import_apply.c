#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/import_impl.h"
#include "store/backlog.h"
#include "store/person.h"
#include "store/role.h"

/* ---- roles and who holds them ---- */

static int ensure_role(struct import *im, const char *title, int64_t *ret_id, struct err *e)
{
    struct import_role *role = import_role(im, title);

    if (!role->id && role_ensure(im->store, title, &role->id, NULL, e) < 0)
        return -1;
    *ret_id = role->id;
    return 0;
}

static void tell_handover(struct import *im, const struct import_row *row, const struct role *was)
{
    char day[DAY_TEXT];

    if (was->holder)
        import_note(im, row->line, import_heading(im, FIELD_OWNER_EMAIL),
                    "%s is held by %s from %s on, no longer by %s", was->title,
                    row->text[FIELD_OWNER_EMAIL], day_short(im->options->as_at, day), was->holder);
}

static int hand_over(struct import *im, const struct import_row *row, const struct role *was,
                     struct err *e)
{
    const char *name = row->email_name && *row->email_name ? row->email_name : was->title;
    int64_t person;

    if (person_ensure(im->store, name, row->text[FIELD_OWNER_EMAIL], &person, NULL, e) < 0 ||
        role_assign(im->store, was->id, person, im->options->as_at, DAY_NONE, NULL, NULL, e) < 0)
        return -1;
    tell_handover(im, row, was);
    return 0;
}

/* The owner's role, held by the address beside it: asked once for each role. */
static int ensure_owner(struct import *im, const struct import_row *row, struct err *e)
{
    const char *owner = import_cell(row, FIELD_OWNER), *email = import_cell(row, FIELD_OWNER_EMAIL);
    struct import_role *role;
    struct role was;
    int64_t id;
    int rc = 0;

    if (!*owner)
        return 0;
    if (ensure_role(im, owner, &id, e) < 0)
        return -1;
    role = import_role(im, owner);
    if (!*email || role->mailed)
        return 0;
    if (role_find_id(im->store, id, im->options->as_at, &was, e) < 0)
        return -1;
    if (!was.email || strcasecmp(was.email, email) != 0)
        rc = hand_over(im, row, &was, e);
    role->mailed = true;
    role_clear(&was);
    return rc;
}

/* ---- priorities ---- */

static const char *title_before(const struct import *im, int number)
{
    for (size_t i = 0; i < im->priority_count; i++)
        if (im->priorities[i].number == number)
            return im->priorities[i].title;
    return NULL;
}

static int ensure_priority(struct import *im, int number, int64_t *ret_id, struct err *e)
{
    struct import_priority *p = &im->priority[number];
    const char *title = p->titled ? p->titled->text[FIELD_PRIORITY_TITLE] : NULL;
    const char *before = title_before(im, number);
    bool changed;

    if (!p->id && priority_ensure(im->store, &im->plan, number, title, &p->id, &changed, e) < 0)
        return -1;
    if (before && title && strcmp(before, title) != 0 && !p->told)
        import_note(im, p->titled->line, import_heading(im, FIELD_PRIORITY_TITLE),
                    "priority %d was called \"%.*s\"", number, import_cut(before), before);
    p->told = true;
    *ret_id = p->id;
    return 0;
}

static int action_priority(struct import *im, const struct import_action *a, int64_t *ret_id,
                           struct err *e)
{
    int number = import_row_of(a, FIELD_PRIORITY)->priority;

    if (number == 0 && a->known)
        return 0;
    if (number == 0 && !im->no_priority) {
        import_note(im, a->rows[0]->line, "",
                    "there is no column priority: new actions go to "
                    "priority 1");
        im->no_priority = true;
    }
    return ensure_priority(im, number ? number : 1, ret_id, e);
}

/* ---- the action itself ---- */

/* Cuts "3, 7" in place. */
static size_t cut_refs(char *refs, const char *ret[], size_t max)
{
    size_t n = 0;

    while (*refs && n < max) {
        char *end = strstr(refs, ", ");

        ret[n++] = refs;
        if (!end)
            break;
        *end = '\0';
        refs = end + 2;
    }
    return n;
}

static bool has(const struct import *im, enum field f)
{
    return im->headings[f] != NULL;
}

static const char *whole_text(const struct import *im, const struct import_action *a, enum field f)
{
    return has(im, f) ? import_cell(import_row_of(a, f), f) : NULL;
}

static void compare_text(struct text *words, const char *label, const char *before,
                         const char *after)
{
    before = before ? before : "";
    if (after && strcmp(before, after) != 0)
        import_words(words, label, before, after, "none");
}

/* What differs from the known action, in words; "" when nothing does. */
static void compare_action(const struct import *im, const struct import_action *a,
                           struct text *words)
{
    const struct action *k = a->known;
    const char *accountable = whole_text(im, a, FIELD_ACCOUNTABLE);
    day_t start = import_row_of(a, FIELD_START)->start_on;
    int number = import_row_of(a, FIELD_PRIORITY)->priority;
    char before[DAY_ISO], after[DAY_ISO];

    compare_text(words, "action", k->title, whole_text(im, a, FIELD_ACTION));
    compare_text(words, "success measure", k->success_measure,
                 whole_text(im, a, FIELD_SUCCESS_MEASURE));
    compare_text(words, "recommendations", k->recommendations,
                 whole_text(im, a, FIELD_RECOMMENDATION));
    if (number && number != k->priority)
        text_addf(words, "%spriority %d → %d", words->len ? "; " : "", k->priority, number);
    if (accountable && *accountable &&
        strcasecmp(accountable, k->accountable_title ? k->accountable_title : "") != 0)
        import_words(words, "accountable", k->accountable_title, accountable, "nobody");
    if (day_is(start) && start.n != k->start_on.n)
        import_words(words, "start", day_iso(k->start_on, before), day_iso(start, after), "none");
}

#define REFS_MAX 50

/* Writes a new action, or those fields of a known one that `words` say differ. */
static int write_action(struct import *im, const struct import_action *a, const struct text *words,
                        int64_t *ret_id, struct err *e)
{
    const char *accountable = whole_text(im, a, FIELD_ACCOUNTABLE), *refs[REFS_MAX];
    char *own = xstrdup(whole_text(im, a, FIELD_RECOMMENDATION));
    struct action_fields f = {.ref = a->ref,
                              .title = whole_text(im, a, FIELD_ACTION),
                              .success_measure = whole_text(im, a, FIELD_SUCCESS_MEASURE),
                              .start_on = import_row_of(a, FIELD_START)->start_on,
                              .recommendations = own ? refs : NULL};
    int rc = action_priority(im, a, &f.priority_id, e);

    f.recommendation_count = own ? cut_refs(own, refs, REFS_MAX) : 0;
    if (rc == 0 && accountable && *accountable)
        rc = ensure_role(im, accountable, &f.accountable_id, e);
    *ret_id = a->known ? a->known->id : 0;
    if (rc == 0 && !a->known)
        rc = action_add(im->store, &im->plan, &f, ret_id, e);
    else if (rc == 0 && words->len)
        rc = action_set(im->store, &im->plan, *ret_id, &f, NULL, e);
    free(own);
    return rc;
}

/* ---- parts ---- */

static const struct part *held_part(const struct import_action *a, const char *label)
{
    for (size_t i = 0; a->known && i < a->known->part_count; i++)
        if (strcmp(a->known->parts[i].label, label) == 0)
            return &a->known->parts[i];
    return NULL;
}

static void tell_uncompleted(struct import *im, const struct import_row *row,
                             const struct part *held, const struct said *said)
{
    int status = said->status  ? status_parse(said->status)
                 : held->known ? (int)held->status
                               : STATUS_DRAFT;

    if (day_is(row->completed_on) && !status_is_complete((enum status)status))
        import_note(im, row->line, import_heading(im, FIELD_COMPLETED),
                    "\"%.*s\" is not kept: the status is %s",
                    import_cut(row->text[FIELD_COMPLETED]), row->text[FIELD_COMPLETED],
                    status_name((enum status)status));
    else if (day_is(row->completed_on) && row->completed_on.n > im->when->today.n)
        import_note(im, row->line, import_heading(im, FIELD_COMPLETED), "it lies in the future");
    if (row->text[FIELD_OWNER] && !*row->text[FIELD_OWNER] && held->owner_title)
        import_note(im, row->line, import_heading(im, FIELD_OWNER),
                    "the cell is empty; the owner stays %s", held->owner_title);
}

static int write_part(struct import *im, const struct import_row *row, int64_t action_id,
                      const struct part *held, struct text *words, struct err *e)
{
    const char *label = import_cell(row, FIELD_PART);
    const struct part none = {.label = (char *)(uintptr_t)label,
                              .rating = -1,
                              .due_precision = DUE_NONE,
                              .due_on = DAY_NONE,
                              .completed_on = DAY_NONE};
    struct said said;
    int64_t id;

    if (ensure_owner(im, row, e) < 0)
        return -1;
    import_compare(im, row, held ? held : &none, &said, words);
    tell_uncompleted(im, row, held ? held : &none, &said);
    if (held)
        id = held->id;
    else if (part_ensure(im->store, action_id, label, &id, NULL, e) < 0)
        return -1;
    if (!said.rating && !said.status && !said.due && !said.owner_id && !day_is(said.completed_on))
        return 0;
    return part_say(im->store, &im->plan, action_id, id, &said, im->options->as_at, NULL, e);
}

/* ---- progress ---- */

/* What all parts say, or what each says behind its label; NULL when nothing is said. */
static char *progress_of(const struct import_action *a)
{
    const char *first = import_cell(import_row_of(a, FIELD_PROGRESS), FIELD_PROGRESS);
    struct text t = TEXT_INIT;
    bool alike = true;

    if (!*first)
        return NULL;
    for (size_t i = 0; i < a->count; i++)
        alike = alike && strcmp(import_cell(a->rows[i], FIELD_PROGRESS), first) == 0;
    if (alike)
        return xstrdup(first);
    for (size_t i = 0; i < a->count; i++) {
        const char *text = import_cell(a->rows[i], FIELD_PROGRESS);

        if (*text)
            text_addf(&t, "%s%s: %s", t.len ? "\n" : "", import_cell(a->rows[i], FIELD_PART), text);
    }
    return text_take(&t);
}

/* Whether the action's last note on the day says the same. */
static int is_noted(struct import *im, int64_t action_id, const char *text, bool *ret,
                    struct err *e)
{
    char *last;
    day_t on;

    if (action_note_at(im->store, action_id, im->options->as_at, UTC_NONE, &last, &on, e) < 0)
        return -1;
    *ret = last && strcmp(last, text) == 0;
    free(last);
    return 0;
}

static int write_progress(struct import *im, const struct import_action *a, int64_t action_id,
                          struct text *words, struct err *e)
{
    char *text = progress_of(a);
    bool noted = false;
    int rc = 0;

    if (text && a->known)
        rc = is_noted(im, action_id, text, &noted, e);
    if (rc == 0 && text && !noted) {
        rc = action_note(im->store, action_id, text, im->options->as_at, e);
        text_addf(words, "%sprogress noted", words->len ? "; " : "");
    }
    free(text);
    return rc;
}

/* ---- all of them ---- */

static void tell_change(struct import *im, const struct import_action *a, const char *words)
{
    struct import_result *r = im->result;

    if (a->known && !*words) {
        r->unchanged++;
        return;
    }
    *(a->known ? &r->changed : &r->added) += 1;
    r->changes = xgrow(r->changes, r->change_count, &im->changes_cap, sizeof *r->changes);
    r->changes[r->change_count++] =
        (struct import_change){xstrdup(a->ref), xstrdup(a->known ? words : "new"), !a->known};
}

static int apply_action(struct import *im, const struct import_action *a, struct err *e)
{
    struct text words = TEXT_INIT;
    int64_t id;
    int rc;

    text_clear(&words);
    if (a->known)
        compare_action(im, a, &words);
    rc = write_action(im, a, &words, &id, e);
    for (size_t i = 0; rc == 0 && i < a->count; i++)
        rc = write_part(im, a->rows[i], id, held_part(a, import_cell(a->rows[i], FIELD_PART)),
                        &words, e);
    if (rc == 0)
        rc = write_progress(im, a, id, &words, e);
    if (rc == 0)
        tell_change(im, a, words.s);
    else
        err_within(e, "line %d", a->rows[0]->line);
    text_free(&words);
    return rc;
}

static int apply_plan(struct import *im, struct err *e)
{
    const char *title = im->options->title;
    size_t replaced;
    char *clean;
    int rc = 0;

    if (!im->plan.id)
        return plan_add(im->store, im->plan.slug, im->plan.title, im->plan.scheme.name,
                        &im->plan.id, e);
    if (!title)
        return 0;
    clean = import_clean(CELL_LINE, title, &replaced);
    if (*clean && strcmp(clean, im->plan.title) != 0)
        rc = plan_retitle(im->store, &im->plan, clean, e);
    free(clean);
    return rc;
}

int import_apply(struct import *im, struct err *e)
{
    bool first = !im->plan.id;
    int rc = apply_plan(im, e);

    for (size_t i = 0; rc == 0 && i < im->action_count; i++)
        rc = apply_action(im, &im->actions[i], e);
    return rc == 0 && first ? backlog_note(im->store, im->plan.id, im->plan.slug, e) : rc;
}
