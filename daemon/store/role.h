/*
 * role: roles and who holds which between which dates. Notices go to roles; a role becomes an
 * address only when something is sent.
 */
#ifndef CSID_STORE_ROLE_H
#define CSID_STORE_ROLE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

/* Roles that csid itself addresses; they exist from the start, vacant. */
#define ROLE_CHAIR         "improvement-board-chair"
#define ROLE_DIRECTOR      "director"
#define ROLE_OFFICE        "programme-office"
#define ROLE_ADMINISTRATOR "administrator"

struct role {
    int64_t id;
    char *slug, *title, *reports_to; /* slug, NULL: nobody */
    char *holder, *email;            /* today's; NULL: vacant */
    day_t from_on;                   /* since when they hold it; DAY_NONE: vacant */
    char *bounced;                   /* why mail to that address comes back; NULL: it does not */
    int64_t version;
};
struct holding {
    char *name, *email;
    day_t from_on, to_on; /* DAY_NONE: still */
    char *basis;
};
void role_clear(struct role *r);
void holding_clear(struct holding *h);

/* Arrays the caller clears one by one and frees. `today` decides who holds what. */
int role_all(struct store *s, day_t today, struct role **ret, size_t *ret_count, struct err *e);
/* By slug or title; ERR_NOTFOUND suggests the nearest. */
int role_find(struct store *s, const char *word, day_t today, struct role *ret, struct err *e);
int role_find_id(struct store *s, int64_t id, day_t today, struct role *ret, struct err *e);
int role_holdings(struct store *s, int64_t role_id, struct holding **ret, size_t *ret_count,
                  struct err *e);

/* Within a transaction, journalled. */
int role_add(struct store *s, const char *slug, const char *title, int64_t reports_to,
             int64_t *ret_id, struct err *e);
/* Changes its title (NULL: it stays) and the role that it reports to (`above`: 0 nobody, below 0 it
 * stays); what is so already is no change. ERR_CONFLICT when that one reports to it, by whatever
 * way. */
int role_update(struct store *s, int64_t id, const char *title, int64_t above, struct err *e);
/* The role with that title, made with a slug of the title when there is none. */
int role_ensure(struct store *s, const char *title, int64_t *ret_id, bool *ret_new, struct err *e);
/* Gives the role to the person from a day on; who held it until then is ended the day before (a
 * holding that begins later than `from` limits it). The same person from the same day again changes
 * nothing. */
int role_assign(struct store *s, int64_t role_id, int64_t person_id, day_t from, day_t to,
                const char *basis, bool *ret_changed, struct err *e);

#endif
