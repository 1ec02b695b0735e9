#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "engine/import_impl.h"

#define IMPORT_YEARS_AHEAD 10

/* ---- the rating scheme ---- */

static size_t count_unknown(const struct import *im, const struct scheme *scheme)
{
    size_t n = 0;

    for (size_t i = 0; i < im->row_count; i++) {
        const char *word = import_cell(&im->rows[i], FIELD_RATING);

        n += *word && scheme_rating(scheme, word) < 0;
    }
    return n;
}

/* For a new plan: the first scheme in which every rating of the file is known. *ret_fits is false,
 * and the scheme the one with the fewest unknown, when there is none. */
static int choose_scheme(struct import *im, bool *ret_fits, struct err *e)
{
    static const char *const built_in[] = {"rag", "brag", "progress"};
    size_t fewest = SIZE_MAX;

    *ret_fits = true;
    if (im->plan.id)
        return 0;
    if (im->options->scheme)
        return plan_scheme(im->store, im->options->scheme, &im->plan.scheme, e);
    for (size_t i = 0; i < COUNT(built_in) && fewest; i++) {
        struct scheme scheme;
        size_t unknown;

        if (plan_scheme(im->store, built_in[i], &scheme, e) < 0)
            return -1;
        unknown = count_unknown(im, &scheme);
        if (unknown < fewest) {
            scheme_clear(&im->plan.scheme);
            im->plan.scheme = scheme;
            fewest = unknown;
        } else {
            scheme_clear(&scheme);
        }
    }
    *ret_fits = fewest == 0;
    return 0;
}

static char *rating_codes(const struct scheme *scheme)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < scheme->count; i++)
        text_addf(&t, "%s%s", i ? ", " : "", scheme->ratings[i].code);
    return text_take(&t);
}

static void check_ratings(struct import *im)
{
    char *codes = rating_codes(&im->plan.scheme);

    for (size_t i = 0; i < im->row_count; i++) {
        struct import_row *row = &im->rows[i];
        const char *word = import_cell(row, FIELD_RATING);

        if (!*word)
            continue;
        row->rating = scheme_rating(&im->plan.scheme, word);
        if (row->rating < 0)
            import_fault(im, row, FIELD_RATING, "\"%.*s\" is no rating of the scheme %s: %s",
                         import_cut(word), word, im->plan.scheme.name, codes);
    }
    free(codes);
}

/* As with any other date that is written: so far ahead it is likely a slip. */
static void check_due(struct import *im)
{
    day_t last = day_add_months(im->when->today, 12 * IMPORT_YEARS_AHEAD);
    char day[DAY_TEXT];

    for (size_t i = 0; i < im->row_count && !im->options->yes; i++)
        if (day_is(im->rows[i].due_on) && im->rows[i].due_on.n > last.n)
            import_fault(im, &im->rows[i], FIELD_DUE,
                         "%s is more than %d years ahead: --yes if it is meant",
                         day_long(im->rows[i].due_on, day), IMPORT_YEARS_AHEAD);
}

/* The words that keep every built-in scheme from fitting; caller frees. */
static int refuse_schemes(const struct import *im, struct err *e)
{
    struct text words = TEXT_INIT;
    size_t told = 0;
    int rc;

    text_clear(&words);
    for (size_t i = 0; i < im->row_count && told < 5; i++) {
        const char *word = import_cell(&im->rows[i], FIELD_RATING);
        char *quoted = xasprintf("\"%.*s\"", import_cut(word), word);

        if (*word && im->rows[i].rating < 0 && !strstr(words.s, quoted)) {
            text_addf(&words, "%s%s", told ? ", " : "", quoted);
            told++;
        }
        free(quoted);
    }
    rc = err_set(e, ERR_REFUSED,
                 "no built-in rating scheme knows every rating of the file; %s, the nearest, lacks "
                 "%s: correct them, or name the scheme with --scheme",
                 im->plan.scheme.name, words.s);
    text_free(&words);
    return rc;
}

/* ---- rows of one ref ---- */

static int order_rows(const void *a, const void *b)
{
    const struct import_row *x = *(struct import_row *const *)a;
    const struct import_row *y = *(struct import_row *const *)b;
    int by_ref = strcmp(import_cell(x, FIELD_REF), import_cell(y, FIELD_REF));
    int by_part = by_ref ? by_ref : strcmp(import_cell(x, FIELD_PART), import_cell(y, FIELD_PART));

    return by_part ? by_part : (x->line > y->line) - (x->line < y->line);
}

/* Whether it was split by the day of the file; what has been split since may come whole. */
static bool split_before(const struct action *known)
{
    for (size_t i = 0; known && i < known->part_count; i++)
        if (known->parts[i].known && *known->parts[i].label)
            return true;
    return false;
}

static bool has_part(struct import_row *const *rows, size_t count, const char *label)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(import_cell(rows[i], FIELD_PART), label) == 0)
            return true;
    return false;
}

/* Parts that the plan has beside those of the rows. */
static size_t other_parts(const struct action *known, struct import_row *const *rows, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; known && i < known->part_count; i++)
        n += *known->parts[i].label && !has_part(rows, count, known->parts[i].label);
    return n;
}

/* Rows of one ref in the order of their parts; those without a label come first. */
static void check_parts(struct import *im, struct import_row **rows, size_t count)
{
    const char *ref = rows[0]->text[FIELD_REF];
    const struct action *known = import_known_action(im, ref);
    const struct import_row *last = rows[count - 1];
    size_t labels = other_parts(known, rows, count);

    for (size_t i = 0; i < count; i++) {
        const char *label = import_cell(rows[i], FIELD_PART);
        bool again = i && strcmp(import_cell(rows[i - 1], FIELD_PART), label) == 0;

        if (again)
            import_fault(im, rows[i], *label ? FIELD_PART : FIELD_REF,
                         "%s%s%s stands on line %d already", ref, *label ? " part " : "", label,
                         rows[i - 1]->line);
        else if (!*label && *import_cell(last, FIELD_PART))
            import_fault(im, rows[i], FIELD_PART,
                         "%s is split into parts on line %d: say which part this is", ref,
                         last->line);
        else if (!*label && split_before(known))
            import_fault(im, rows[i], FIELD_PART,
                         "%s is split into parts in the plan: say which part this is", ref);
        else if (*label && ++labels > ACTION_PARTS_MAX)
            import_fault(im, rows[i], FIELD_PART, "%s has more than %d parts", ref,
                         ACTION_PARTS_MAX);
    }
}

static void tell_missing_parts(struct import *im, const struct import_action *a)
{
    for (size_t i = 0; a->known && i < a->known->part_count; i++) {
        const struct part *p = &a->known->parts[i];

        if (p->known && *p->label && !has_part(a->rows, a->count, p->label))
            import_note(im, a->rows[0]->line, import_heading(im, FIELD_PART),
                        "part %s of %s stands in the plan but not in the file; it is left alone",
                        p->label, a->ref);
    }
}

/* The end of the rows of one ref from `from` on. */
static size_t run_of(struct import_row **order, size_t from, size_t count)
{
    size_t to = from + 1;

    while (to < count && strcmp(order[from]->text[FIELD_REF], order[to]->text[FIELD_REF]) == 0)
        to++;
    return to;
}

/* Rows with a ref by ref and part; *ret_count of them. */
static size_t order_by_ref(struct import *im)
{
    size_t count = 0;

    im->order = xcalloc(im->row_count, sizeof *im->order);
    for (size_t i = 0; i < im->row_count; i++)
        if (im->rows[i].text[FIELD_REF])
            im->order[count++] = &im->rows[i];
    qsort(im->order, count, sizeof *im->order, order_rows);
    return count;
}

static int order_lines(const void *a, const void *b)
{
    int x = (*(struct import_row *const *)a)->line, y = (*(struct import_row *const *)b)->line;

    return (x > y) - (x < y);
}

static int order_by_line(const void *a, const void *b)
{
    const struct import_action *x = a, *y = b;

    return order_lines(x->rows, y->rows);
}

/* ---- what the rows of one action say of it ---- */

const struct import_row *import_row_of(const struct import_action *a, enum field f)
{
    for (size_t i = 0; i < a->count; i++)
        if (*import_cell(a->rows[i], f))
            return a->rows[i];
    return a->rows[0];
}

static void check_whole(struct import *im, const struct import_action *a)
{
    static const enum field whole[] = {FIELD_PRIORITY,        FIELD_RECOMMENDATION, FIELD_ACTION,
                                       FIELD_SUCCESS_MEASURE, FIELD_ACCOUNTABLE,    FIELD_START};
    size_t n = a->count;

    for (size_t i = 0; i < COUNT(whole) * n; i++) {
        const struct import_row *first = import_row_of(a, whole[i / n]), *row = a->rows[i % n];
        const char *text = import_cell(row, whole[i / n]);

        if (*text && strcmp(text, import_cell(first, whole[i / n])) != 0)
            import_note(im, row->line, import_heading(im, whole[i / n]),
                        "another part of %s has this differently on line %d; that one is kept",
                        a->ref, first->line);
    }
    if (!*import_cell(import_row_of(a, FIELD_ACTION), FIELD_ACTION))
        import_fault(im, a->rows[0], FIELD_ACTION, "the action's wording is missing");
    if (im->headings[FIELD_PRIORITY] && import_row_of(a, FIELD_PRIORITY)->priority == 0)
        import_fault(im, a->rows[0], FIELD_PRIORITY, "the priority's number is missing");
}

static void drop_bad(struct import_action *a)
{
    size_t kept = 0;

    for (size_t i = 0; i < a->count; i++)
        if (!a->rows[i]->bad)
            a->rows[kept++] = a->rows[i];
    a->count = kept;
}

/* One action of rows[0 … count - 1]; its rows move to the front of them. */
static void add_action(struct import *im, struct import_row **rows, size_t count)
{
    const char *ref = rows[0]->text[FIELD_REF];
    struct import_action a = {ref, rows, count, import_known_action(im, ref)};

    im->result->missing -= a.known != NULL;
    check_parts(im, rows, count);
    tell_missing_parts(im, &a);
    drop_bad(&a);
    if (a.count == 0)
        return;
    qsort(a.rows, a.count, sizeof *a.rows, order_lines);
    check_whole(im, &a);
    if (!a.rows[0]->bad) {
        im->actions[im->action_count++] = a;
        return;
    }
    /* without its wording or priority none of its parts can go in */
    for (size_t i = 1; i < a.count; i++)
        import_fault(im, a.rows[i], FIELD_NONE, "left out with line %d", a.rows[0]->line);
}

static void check_actions(struct import *im)
{
    size_t count = order_by_ref(im);

    im->result->missing = (int64_t)im->known_count;
    im->actions = xcalloc(count, sizeof *im->actions);
    for (size_t from = 0, to; from < count; from = to) {
        to = run_of(im->order, from, count);
        add_action(im, im->order + from, to - from);
    }
    qsort(im->actions, im->action_count, sizeof *im->actions, order_by_line);
}

/* ---- roles, their addresses, priorities ---- */

static int order_roles(const void *a, const void *b)
{
    return strcasecmp(((const struct import_role *)a)->title,
                      ((const struct import_role *)b)->title);
}

struct import_role *import_role(const struct import *im, const char *title)
{
    const struct import_role key = {.title = title};

    return im->role_count ? bsearch(&key, im->roles, im->role_count, sizeof key, order_roles)
                          : NULL;
}

static void collect_roles(struct import *im)
{
    static const enum field named[] = {FIELD_OWNER, FIELD_ACCOUNTABLE};
    size_t count = 0, kept = 0;

    im->roles = xcalloc(im->row_count * COUNT(named), sizeof *im->roles);
    for (size_t i = 0; i < im->row_count * COUNT(named); i++) {
        const char *title = import_cell(&im->rows[i / COUNT(named)], named[i % COUNT(named)]);

        if (*title)
            im->roles[count++].title = title;
    }
    qsort(im->roles, count, sizeof *im->roles, order_roles);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || order_roles(&im->roles[kept - 1], &im->roles[i]) != 0)
            im->roles[kept++] = im->roles[i];
    im->role_count = kept;
}

static void check_address(struct import *im, struct import_row *row)
{
    const char *owner = import_cell(row, FIELD_OWNER), *email = import_cell(row, FIELD_OWNER_EMAIL);
    struct import_role *role = *owner ? import_role(im, owner) : NULL;

    if (!*email)
        return;
    if (!role && !row->bad)
        import_note(im, row->line, import_heading(im, FIELD_OWNER_EMAIL),
                    "%s belongs to no owner and is not kept", email);
    else if (role && !role->mail)
        role->mail = row;
    else if (role && strcasecmp(email, import_cell(role->mail, FIELD_OWNER_EMAIL)) != 0)
        import_fault(im, row, FIELD_OWNER_EMAIL, "on line %d %.*s has another address, %s",
                     role->mail->line, import_cut(owner), owner,
                     import_cell(role->mail, FIELD_OWNER_EMAIL));
}

/* The first title of a number is its title. */
static void check_priority(struct import *im, const struct import_row *row)
{
    const char *title = import_cell(row, FIELD_PRIORITY_TITLE), *first;
    struct import_priority *p = &im->priority[row->priority];

    if (row->bad || !*title)
        return;
    if (row->priority && !p->titled)
        p->titled = row;
    first = p->titled ? import_cell(p->titled, FIELD_PRIORITY_TITLE) : "";
    if (!p->titled)
        import_note(im, row->line, import_heading(im, FIELD_PRIORITY_TITLE),
                    "without a number this title is not kept");
    else if (strcmp(first, title) != 0)
        import_note(im, row->line, import_heading(im, FIELD_PRIORITY_TITLE),
                    "on line %d priority %d is called \"%.*s\", which is kept", p->titled->line,
                    row->priority, import_cut(first), first);
}

int import_check(struct import *im, struct err *e)
{
    size_t faults;
    bool fits;

    if (choose_scheme(im, &fits, e) < 0)
        return -1;
    check_ratings(im);
    check_due(im);
    collect_roles(im);
    for (size_t i = 0; i < im->row_count; i++)
        check_address(im, &im->rows[i]);
    check_actions(im);
    for (size_t i = 0; i < im->row_count; i++)
        check_priority(im, &im->rows[i]);
    faults = im->result->fault_count + im->faults_more;
    if (im->options->dry_run)
        return 0;
    if (!fits && (!im->options->skip_bad || im->action_count == 0))
        return refuse_schemes(im, e);
    if (faults && !im->options->skip_bad)
        return err_set(e, ERR_REFUSED, "%zu fault%s; nothing is imported", faults,
                       faults == 1 ? "" : "s");
    if (faults && im->plan.id == 0 && im->action_count == 0)
        return err_set(e, ERR_REFUSED, "no row is without fault; nothing is imported");
    return 0;
}
