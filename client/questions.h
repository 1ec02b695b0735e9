/*
 * questions: what csid wants asked (include/commands.def, WIZARD), and the answers typed. Knows
 * which question hangs on which answer; what an answer means only csid knows.
 */
#ifndef CSICTL_QUESTIONS_H
#define CSICTL_QUESTIONS_H

#include "base/text.h"
#include "client/json.h"

struct words {
    char **at;
    size_t count, cap;
};

struct question {
    char *name, *text, *help, *offered; /* offered: what Enter stands for, "" for nothing */
    bool needed, chooses;               /* chooses: the answer is one of the choices */
    struct words choices;
    char *hangs_on; /* the question that must have one of these answers (none listed: any); NULL */
    struct words hangs_on_words;
    char *answer; /* NULL: none yet; "": not known */
};

struct questions {
    struct question *at;
    size_t count, cap;
};

/* Of the list {"items": […]}; -1 when it is none. Free with questions_free. */
int questions_read(const char *s, size_t len, struct questions *ret);
void questions_free(struct questions *all);

/* Asks, in their order, those that apply and have no answer yet. False when the input has ended. */
bool questions_ask(struct questions *all);
/* Takes the answer to the question of that name back, so that it is asked again; false when there
 * is none such. */
bool questions_again(struct questions *all, const char *name);

/* The answers known, as a JSON object of texts. */
void questions_json(const struct questions *all, struct text *ret);
/* The same as YAML, one a line. */
void questions_yaml(const struct questions *all, struct text *ret);

#endif
