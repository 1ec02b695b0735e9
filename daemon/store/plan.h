/*
 * plan: plans, the scheme each goes by, and their priorities.
 */
#ifndef CSID_STORE_PLAN_H
#define CSID_STORE_PLAN_H

#include "plan/scheme.h"
#include "store/store.h"

struct plan {
    int64_t id;
    char *slug, *title;
    struct scheme scheme;
    utc_t created_at;
    int64_t version;
};
struct priority {
    int64_t id;
    int number;
    char *title;
};

void plan_clear(struct plan *p);
/* By slug; NULL, "" or "-" mean the only plan. ERR_NOTFOUND: none of that name (the nearest is
 * suggested) or no plan at all; ERR_USAGE: several are held, named in the text. */
int plan_find(struct store *s, const char *slug, struct plan *ret, struct err *e);
/* Every plan in the order of its slug: an array the caller clears one by one and frees. */
int plan_all(struct store *s, struct plan **ret, size_t *ret_count, struct err *e);
int plan_priorities(struct store *s, int64_t plan_id, struct priority **ret, size_t *ret_count,
                    struct err *e);
void priorities_free(struct priority *p, size_t count);
/* Loads a scheme by name; ERR_NOTFOUND names those there are. */
int plan_scheme(struct store *s, const char *name, struct scheme *ret, struct err *e);

/* Within a transaction, journalled. */
int plan_add(struct store *s, const char *slug, const char *title, const char *scheme,
             int64_t *ret_id, struct err *e);
int plan_retitle(struct store *s, const struct plan *p, const char *title, struct err *e);
/* The priority of that number, made or retitled where `title` is given and differs. *ret_changed
 * may be NULL. */
int priority_ensure(struct store *s, const struct plan *p, int number, const char *title,
                    int64_t *ret_id, bool *ret_changed, struct err *e);

#endif
