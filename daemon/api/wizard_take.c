/* The answers of a wizard as they were given, in JSON or YAML, and what is told of those that will
 * not do. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/wizard.h"
#include "base/mem.h"

enum { ANSWERS_MAX_BYTES = 64 * 1024, FAULTS_MAX = 100, NAME_SHOWN = 60 };

void wizard_clear(struct wizard *w)
{
    for (size_t i = 0; i < WIZARD_QUESTIONS; i++) {
        for (size_t k = 0; k < w->answers[i].count; k++) {
            free(w->answers[i].values[k].first);
            free(w->answers[i].values[k].second);
        }
        free(w->answers[i].values);
    }
    for (size_t i = 0; i < w->fault_count; i++) {
        free(w->faults[i].name);
        free(w->faults[i].reason);
    }
    free(w->faults);
    *w = (struct wizard){0};
}

void api_pairs_free(struct api_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(pairs[i].name);
        free(pairs[i].value);
        free(pairs[i].fault);
    }
    free(pairs);
}

/* ---- faults ---- */

__attribute__((format(printf, 4, 5))) static void fault(struct wizard *w, const char *name,
                                                        struct api_place at, const char *fmt, ...)
{
    struct text t = TEXT_INIT;
    va_list ap;

    if (w->fault_count == FAULTS_MAX) {
        w->left_out++;
        return;
    }
    va_start(ap, fmt);
    text_addv(&t, fmt, ap);
    va_end(ap);
    w->faults = xgrow(w->faults, w->fault_count, &w->fault_cap, sizeof *w->faults);
    w->faults[w->fault_count++] =
        (struct wizard_fault){text_one_line(name), text_one_line(t.s), at};
    text_free(&t);
}

void wizard_refuse(struct wizard *w, enum wizard_name n, const struct err *e)
{
    const char *name = wizard_questions[n].name, *reason = e->text;
    size_t len = strlen(name);

    if (strncmp(reason, name, len) == 0 && strncmp(reason + len, ": ", 2) == 0)
        reason += len + 2;
    w->answers[n].faulty = true;
    fault(w, name, w->answers[n].at, "%s", reason);
}

/* ---- what was given ---- */

static void unknown(struct wizard *w, const char *name, struct api_place at)
{
    const char *names[WIZARD_QUESTIONS], *near;
    char *shown = xstrndup(name, NAME_SHOWN);

    if (w->fault_count < FAULTS_MAX) {
        for (size_t i = 0; i < WIZARD_QUESTIONS; i++)
            names[i] = wizard_questions[i].name;
        near = text_nearest(name, names, WIZARD_QUESTIONS);
        fault(w, shown, at,
              near ? "is none of the questions; did you mean %s?" : "is none of the questions%s",
              near ? near : "");
    } else {
        fault(w, "", at, "unknown");
    }
    free(shown);
}

/* Whether a question has that name and no answer yet; else says so. */
static bool begins(struct wizard *w, const char *name, struct api_place at, enum wizard_name *ret)
{
    enum wizard_name n = wizard_find(name);
    struct wizard_answer *a = &w->answers[n];

    if (n == WIZARD_QUESTIONS) {
        unknown(w, name, at);
        return false;
    }
    if (a->given) {
        fault(w, name, at, "is given twice, first in line %zu", a->at.line);
        return false;
    }
    a->given = true;
    a->at = at;
    *ret = n;
    return true;
}

static int check_text(enum wizard_type type, const char *clean, size_t replaced, struct err *e)
{
    if (replaced)
        return err_set(e, ERR_USAGE, "has a control character in it, or bytes that are no UTF-8");
    if (utf8_count(clean) > CALL_TEXT_MAX)
        return err_set(e, ERR_USAGE, "is longer than %d characters", CALL_TEXT_MAX);
    if (type != WIZARD_LIST && strchr(clean, '\n'))
        return err_set(e, ERR_USAGE, "goes over several lines; it is to be one");
    return 0;
}

static void take(struct call *c, struct wizard *w, const char *name, const char *value,
                 struct api_place at)
{
    enum wizard_name n;
    size_t replaced;
    struct err e;
    char *clean;

    if (!begins(w, name, at, &n))
        return;
    clean = text_clean(value, strlen(value), &replaced);
    if (check_text(wizard_questions[n].type, clean, replaced, &e) < 0)
        wizard_refuse(w, n, &e);
    else if (*clean)
        put_text(c->args, name, clean);
    free(clean);
}

static void refuse(struct wizard *w, const char *name, struct api_place at, const char *why)
{
    enum wizard_name n;
    struct err e;

    if (!begins(w, name, at, &n))
        return;
    err_set(&e, ERR_USAGE, "%s", why);
    wizard_refuse(w, n, &e);
}

static int take_json(struct call *c, struct wizard *w, struct err *e)
{
    const struct api_place nowhere = {0, 0};
    json_error_t je;
    json_t *body = json_loadb(c->rq->body, c->rq->body_len, JSON_REJECT_DUPLICATES, &je), *value;
    const char *name;

    if (!body)
        return err_set(e, ERR_USAGE, "the body is no JSON object: line %d, column %d: %s", je.line,
                       je.column, je.text);
    if (!json_is_object(body)) {
        json_decref(body);
        return err_set(e, ERR_USAGE, "the body is JSON, but no object");
    }
    json_object_foreach(body, name, value)
    {
        if (json_is_string(value))
            take(c, w, name, json_string_value(value), nowhere);
        else
            refuse(w, name, nowhere, "wants a text");
    }
    json_decref(body);
    return 0;
}

/* Faults without a name and nothing else: the text as a whole cannot be read. */
static void take_yaml(struct call *c, struct wizard *w)
{
    struct api_pair *pairs;
    size_t count = c->api->service->yaml_pairs(c->rq->body, c->rq->body_len, &pairs);

    w->unreadable = count > 0;
    for (size_t i = 0; i < count; i++) {
        w->unreadable &= !*pairs[i].name;
        if (!pairs[i].fault)
            take(c, w, pairs[i].name, pairs[i].value, pairs[i].at);
        else if (*pairs[i].name)
            refuse(w, pairs[i].name, pairs[i].at, pairs[i].fault);
        else
            fault(w, "", pairs[i].at, "%s", pairs[i].fault);
    }
    api_pairs_free(pairs, count);
}

static bool is_yaml(const char *type)
{
    static const char yaml[] = "application/yaml";

    return type && strncasecmp(type, yaml, strlen(yaml)) == 0 &&
           strchr("; \t", type[strlen(yaml)]) != NULL;
}

int wizard_take(struct call *c, struct wizard *w, struct err *e)
{
    if (c->rq->body_len > ANSWERS_MAX_BYTES)
        return err_set(e, ERR_TOOBIG, "answers have at most 64 KiB");
    if (!is_yaml(c->rq->content_type))
        return take_json(c, w, e);
    take_yaml(c, w);
    return 0;
}
