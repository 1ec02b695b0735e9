/*
 * answer: an answer of csid's kept whole, for what is read before it is shown, and how a problem is
 * told.
 */
#ifndef CSICTL_ANSWER_H
#define CSICTL_ANSWER_H

#include "client/args.h"
#include "client/http.h"

struct answer {
    int http; /* status */
    bool is_problem;
    struct text body;
};

/* The answer whose head was read; EXIT_DONE, or EXIT_UNREACHABLE with nothing to free. */
int answer_read(struct http *h, struct answer *ret);
/* Asks and reads; EXIT_DONE whatever csid says, else as http_ask. */
int answer_get(const struct call *c, const struct request *r, struct answer *ret);
void answer_free(struct answer *a);

/* The exit status that csid's means. */
int answer_exit(const struct answer *a);
/* Says on stderr why it is none of success (and on stdout, where a program wants it); the exit
 * status. */
int answer_complain(const struct call *c, const struct answer *a);

#endif
