#include "client/answer.h"

#include <stdlib.h>

#include "base/mem.h"
#include "client/fields.h"
#include "client/print.h"
#include "client/problem.h"

#define ANSWER_MAX (8u << 20) /* the report on an import lists every faulty row */

int answer_exit(const struct answer *a)
{
    static const struct {
        int http, exit;
    } errors[] = {
#define ERROR(code, http, exit, slug, title) {http, exit},
#include "errors.def"
#undef ERROR
    };

    if (a->http < 300)
        return EXIT_DONE;
    for (size_t i = 0; i < COUNT(errors); i++)
        if (errors[i].http == a->http)
            return errors[i].exit;
    return a->http >= 400 && a->http < 500 ? EXIT_USAGE : EXIT_FAILED;
}

int answer_read(struct http *h, struct answer *ret)
{
    const char *bytes;
    size_t len = 0;
    int rc;

    *ret = (struct answer){h->status, h->is_problem, TEXT_INIT};
    text_clear(&ret->body);
    do {
        rc = http_body(h, &bytes, &len);
        if (rc == EXIT_DONE)
            text_add_bytes(&ret->body, bytes, len);
    } while (rc == EXIT_DONE && len && ret->body.len < ANSWER_MAX);
    if (rc)
        answer_free(ret);
    return rc;
}

int answer_get(const struct call *c, const struct request *r, struct answer *ret)
{
    struct http h;
    int rc = http_ask(call_socket(c), r, &h);

    if (rc)
        return rc;
    rc = answer_read(&h, ret);
    http_close(&h);
    return rc;
}

void answer_free(struct answer *a)
{
    text_free(&a->body);
}

static bool takes_file(const struct call *c)
{
    for (size_t i = 0; i < c->value_count; i++)
        if (arg_is_file(c->values[i].arg))
            return true;
    return false;
}

/* The problem itself is output too with --json; and so is, for a program, the report on a file
 * that csid would not take. */
static bool wants_problem(const struct call *c, int status)
{
    return c->global[G_JSON] || (takes_file(c) && status == EXIT_FAILED && print_width() == 0);
}

/* --json shows the names as csid has them, in the problem itself. */
static void complain_of(const struct call *c, int status, const struct problem *p)
{
    char *typed = fields_typed(c, p->detail ? p->detail : p->title);

    complain(status, "%s", typed);
    free(typed);
}

int answer_complain(const struct call *c, const struct answer *a)
{
    int status = answer_exit(a);
    struct problem p = {0};

    if (a->is_problem && problem_read(a->body.s, a->body.len, &p) == 0 && (p.detail || p.title))
        complain_of(c, status, &p);
    else
        complain(status, "csid answered with HTTP status %d and said no more", a->http);
    if (p.hint)
        advise("try: %s", p.hint);
    if (a->is_problem && wants_problem(c, status))
        print_bytes(a->body.s, a->body.len);
    problem_free(&p);
    return status;
}
