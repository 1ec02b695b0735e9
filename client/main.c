/*
 * csictl: words → one request → the answer printed. What the words mean only csid knows.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/args.h"
#include "client/help.h"
#include "client/http.h"
#include "client/print.h"
#include "client/problem.h"

#define PROBLEM_MAX (8u << 20) /* the report on an import lists every faulty row */

static int exit_status(int http)
{
    static const struct {
        int http, exit;
    } errors[] = {
#define ERROR(code, http, exit, slug, title) {http, exit},
#include "errors.def"
#undef ERROR
    };

    for (size_t i = 0; i < COUNT(errors); i++)
        if (errors[i].http == http)
            return errors[i].exit;
    return http >= 400 && http < 500 ? EXIT_USAGE : EXIT_FAILED;
}

static int show_body(struct http *h)
{
    const char *bytes;
    size_t len;
    int rc;

    do {
        rc = http_body(h, &bytes, &len);
    } while (rc == EXIT_DONE && len && print_bytes(bytes, len));
    return rc;
}

static int gather(struct http *h, struct text *ret)
{
    const char *bytes;
    size_t len = 0;
    int rc;

    text_clear(ret);
    do {
        rc = http_body(h, &bytes, &len);
        if (rc == EXIT_DONE)
            text_add_bytes(ret, bytes, len);
    } while (rc == EXIT_DONE && len && ret->len < PROBLEM_MAX);
    return rc;
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

static int show_problem(const struct call *c, struct http *h)
{
    struct text body = TEXT_INIT;
    struct problem p = {NULL, NULL, NULL};
    int status = exit_status(h->status), rc = gather(h, &body);

    if (rc == EXIT_DONE) {
        rc = status;
        if (h->is_problem && problem_read(body.s, body.len, &p) == 0 && (p.detail || p.title))
            complain(rc, "%s", p.detail ? p.detail : p.title);
        else
            complain(rc, "csid answered with HTTP status %d and said no more", h->status);
        if (p.hint)
            advise("try: %s", p.hint);
        if (h->is_problem && wants_problem(c, status))
            print_bytes(body.s, body.len);
    }
    problem_free(&p);
    text_free(&body);
    return rc;
}

static int converse(const struct call *c)
{
    struct request r;
    struct http h;
    int rc = request_build(c, print_width(), &r);

    if (rc)
        return rc;
    rc = http_ask(call_socket(c), &r, &h);
    request_free(&r);
    if (rc)
        return rc;
    rc = h.status < 300 ? show_body(&h) : show_problem(c, &h);
    http_close(&h);
    return rc;
}

/* The command csictl does alone: help, on the words that follow. */
static int local(const struct call *c)
{
    char *words = c->args.count ? call_joined(c, &c->args.at[0]) : NULL;
    int rc = help(words ? words : "");

    free(words);
    return rc;
}

static int run(int argc, char **argv)
{
    struct call c;
    int rc;

    if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
        complete(argc - 2, argv + 2);
        return EXIT_DONE;
    }
    rc = call_parse(argc, argv, &c);
    if (rc == EXIT_DONE && c.global[G_VERSION])
        printed("csictl %s\n", CSID_VERSION);
    else if (rc == EXIT_DONE && c.global[G_HELP])
        rc = help(c.words.s);
    else if (rc == EXIT_DONE)
        rc = c.command->flags & LOCAL ? local(&c) : converse(&c);
    call_free(&c);
    return rc;
}

int main(int argc, char **argv)
{
    print_begin();
    signal(SIGPIPE, SIG_IGN);
    return print_end(run(argc, argv));
}
