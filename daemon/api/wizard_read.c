/* The answers of a wizard, each held to its question and to the others. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/wizard.h"
#include "base/mem.h"
#include "notice/message.h"
#include "plan/slug.h"

enum { LIST_MAX = 50 };

static const char none[] = "none";

/* ---- a value by its type ---- */

static void add_value(struct wizard_answer *a, char *first, char *second)
{
    a->values = xreallocarray(a->values, a->count + 1, sizeof *a->values);
    a->values[a->count++] = (struct wizard_value){first, second};
}

static char *iso(day_t day)
{
    char text[DAY_ISO];

    return xstrdup(day_iso(day, text));
}

/* "Improvement notice" is improvement-notice; NULL when it is none of the words. Caller frees. */
static char *chosen(const char *choices, const char *text)
{
    char *code = slug_of(text, SLUG_MAX);

    if (code && wizard_lists(choices, code))
        return code;
    free(code);
    return NULL;
}

/* A list's words with `between` between them. Caller frees. */
static char *spelt(const char *list, const char *between)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (const char *at = list; *at; at += strspn(at, " |")) {
        size_t len = strcspn(at, " |");

        text_addf(&t, "%s%.*s", t.len ? between : "", (int)len, at);
        at += len;
    }
    return text_take(&t);
}

static int no_choice(const char *text, const char *choices, struct err *e)
{
    char *words = spelt(choices, ", ");

    err_set(e, ERR_USAGE, "\"%.60s\" is none of: %s", text, words);
    free(words);
    return -1;
}

static int read_choice(const struct call *c, const struct wizard_question *q,
                       struct wizard_answer *a, struct err *e)
{
    const char *text = call_text(c, q->name), *choices = wizard_choices(q);
    char *code = chosen(choices, text);

    if (!code)
        return no_choice(text, choices, e);
    if (strcmp(code, none) == 0)
        free(code);
    else
        add_value(a, code, NULL);
    return 0;
}

static int read_date(const struct call *c, const struct wizard_question *q, struct wizard_answer *a,
                     struct err *e)
{
    day_t day;

    if (call_day_kept(c, q->name, DAY_NONE, &day, e) < 0)
        return -1;
    add_value(a, iso(day), NULL);
    return 0;
}

static int read_period(const struct call *c, const struct wizard_question *q,
                       struct wizard_answer *a, struct err *e)
{
    day_t from, to;

    if (call_period(c, q->name, &from, &to, e) < 0)
        return -1;
    if (day_is(from))
        add_value(a, iso(from), iso(to));
    return 0;
}

static int read_every(const struct call *c, const struct wizard_question *q,
                      struct wizard_answer *a, struct err *e)
{
    int months, days;

    if (when_every(call_text(c, q->name), &months, &days, e) < 0)
        return -1;
    add_value(a, text_one_line(call_text(c, q->name)), NULL);
    return 0;
}

static int read_text(const struct call *c, const struct wizard_question *q, struct wizard_answer *a,
                     struct err *e)
{
    (void)e;
    add_value(a, text_one_line(call_text(c, q->name)), NULL);
    return 0;
}

static int read_person(const struct call *c, const struct wizard_question *q,
                       struct wizard_answer *a, struct err *e)
{
    char *name, *address;

    if (mail_address(call_text(c, q->name), &name, &address, e) < 0)
        return -1;
    if (!*name) {
        free(name);
        free(address);
        return err_set(e, ERR_USAGE, "wants a name before the address: Jo Smith <jo@example.org>");
    }
    add_value(a, name, address);
    return 0;
}

static bool has_area(const struct wizard_answer *a, const char *area)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcasecmp(a->values[i].first, area) == 0)
            return true;
    return false;
}

/* "Care leavers: good"; the last colon parts them, so that an area may have one. */
static int read_item(const struct wizard_question *q, struct wizard_answer *a, const char *item,
                     struct err *e)
{
    const char *colon = strrchr(item, ':');
    char *area = colon ? text_clean(item, (size_t)(colon - item), NULL) : NULL;
    char *grade = colon ? chosen(wizard_choices(q), colon + 1) : NULL;
    int rc = -1;

    if (!colon || !*area)
        err_set(e, ERR_USAGE, "\"%.60s\": wants an area, a colon and a grade", item);
    else if (!grade)
        no_choice(colon + 1 + strspn(colon + 1, " "), wizard_choices(q), e);
    else if (has_area(a, area))
        err_set(e, ERR_USAGE, "\"%.60s\" is there twice", area);
    else if (a->count == LIST_MAX)
        err_set(e, ERR_USAGE, "has more than %d areas", LIST_MAX);
    else
        rc = 0;
    if (rc == 0) {
        add_value(a, area, grade);
        return 0;
    }
    free(area);
    free(grade);
    return -1;
}

static int read_list(const struct call *c, const struct wizard_question *q, struct wizard_answer *a,
                     struct err *e)
{
    const char *text = call_text(c, q->name);
    int rc = 0;

    while (rc == 0 && *text) {
        size_t len = strcspn(text, ";\n");
        char *item = xstrndup(text, len), *line = text_one_line(item);

        if (*line)
            rc = read_item(q, a, line, e);
        free(line);
        free(item);
        text += len + (text[len] != '\0');
    }
    return rc;
}

static int (*const readers[])(const struct call *c, const struct wizard_question *q,
                              struct wizard_answer *a, struct err *e) = {
    [WIZARD_CHOICE] = read_choice, [WIZARD_DATE] = read_date, [WIZARD_PERIOD] = read_period,
    [WIZARD_EVERY] = read_every,   [WIZARD_TEXT] = read_text, [WIZARD_PERSON] = read_person,
    [WIZARD_LIST] = read_list,
};

/* ---- whether they go together ---- */

static bool applies(const struct wizard *w, const struct wizard_question *q)
{
    const struct wizard_answer *a;

    if (!*q->only_if)
        return true;
    a = &w->answers[wizard_condition(q->only_if)];
    return a->count && (q->only_if[strlen(q->only_if) - 1] == '=' ||
                        wizard_lists(strchr(q->only_if, '=') + 1, a->values[0].first));
}

/* Whether nothing can be said of it, as the answer it hangs on is faulty itself. */
static bool hangs_on_fault(const struct wizard *w, const struct wizard_question *q)
{
    return *q->only_if && w->answers[wizard_condition(q->only_if)].faulty;
}

static void check_place(struct wizard *w, enum wizard_name n)
{
    const struct wizard_question *q = &wizard_questions[n];
    struct wizard_answer *a = &w->answers[n];
    struct err e;

    if (a->faulty || hangs_on_fault(w, q))
        return;
    if (!applies(w, q) && a->count) {
        char *words = spelt(strchr(q->only_if, '=') + 1, " or ");

        err_set(&e, ERR_USAGE, "goes only with %s%s%s",
                wizard_questions[wizard_condition(q->only_if)].name, *words ? ": " : "", words);
        free(words);
        wizard_refuse(w, n, &e);
    } else if (q->needed && applies(w, q) && !a->count) {
        err_set(&e, ERR_USAGE, "is missing");
        wizard_refuse(w, n, &e);
    }
}

/* Of a period its last day counts. ISO dates sort as text. */
static void check_after(struct wizard *w, enum wizard_name n)
{
    const struct wizard_question *q = &wizard_questions[n];
    const struct wizard_answer *a = &w->answers[n], *before;
    char text[DAY_TEXT];
    day_t day;
    struct err e;

    if (!*q->after || a->faulty || !a->count)
        return;
    before = &w->answers[wizard_find(q->after)];
    if (before->faulty || !before->count ||
        strcmp(a->values[0].second ? a->values[0].second : a->values[0].first,
               before->values[0].first) >= 0 ||
        day_parse_iso(before->values[0].first, &day) < 0)
        return;
    err_set(&e, ERR_USAGE, "is before %s, %s", q->after, day_weekday_short(day, text));
    wizard_refuse(w, n, &e);
}

static void read_answers(const struct call *c, struct wizard *w)
{
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++) {
        const struct wizard_question *q = &wizard_questions[i];
        struct err e;

        if (call_text(c, q->name) && !w->answers[i].faulty &&
            readers[q->type](c, q, &w->answers[i], &e) < 0)
            wizard_refuse(w, (enum wizard_name)i, &e);
    }
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++) {
        check_place(w, (enum wizard_name)i);
        check_after(w, (enum wizard_name)i);
    }
}

static bool comes_before(const struct wizard_fault *a, const struct wizard_fault *b)
{
    if (!a->at.line || !b->at.line)
        return a->at.line > 0 && !b->at.line;
    return a->at.line != b->at.line ? a->at.line < b->at.line : a->at.column < b->at.column;
}

/* By place, those without one behind; else as they were found. */
static void sort_faults(struct wizard *w)
{
    for (size_t i = 1; i < w->fault_count; i++) {
        struct wizard_fault f = w->faults[i];
        size_t at = i;

        for (; at && comes_before(&f, &w->faults[at - 1]); at--)
            w->faults[at] = w->faults[at - 1];
        w->faults[at] = f;
    }
}

int wizard_read(struct call *c, struct wizard *w, struct err *e)
{
    if (wizard_take(c, w, e) < 0)
        return -1;
    if (!w->unreadable)
        read_answers(c, w);
    sort_faults(w);
    return 0;
}
