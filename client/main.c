/*
 * csictl: words → one request → the answer printed. What the words mean only csid knows.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/answer.h"
#include "client/help.h"
#include "client/print.h"
#include "client/wizard.h"

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

static int show_problem(const struct call *c, struct http *h)
{
    struct answer a;
    int rc = answer_read(h, &a);

    if (rc == EXIT_DONE) {
        rc = answer_complain(c, &a);
        answer_free(&a);
    }
    return rc;
}

/* What csid looked at and found at fault (doctor) is an answer too, with a status that says so. */
static bool is_answer(const struct http *h)
{
    return h->status < 300 || (h->status == 503 && !h->is_problem);
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
    rc = is_answer(&h) ? show_body(&h) : show_problem(c, &h);
    if (rc == EXIT_DONE && h.status >= 300)
        rc = EXIT_FAILED;
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
        rc = c.command->flags & LOCAL    ? local(&c)
             : c.command->flags & WIZARD ? wizard(&c)
                                         : converse(&c);
    call_free(&c);
    return rc;
}

int main(int argc, char **argv)
{
    print_begin();
    signal(SIGPIPE, SIG_IGN);
    return print_end(run(argc, argv));
}
