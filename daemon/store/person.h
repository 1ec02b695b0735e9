/*
 * person: people and their addresses. What they hold is the role's affair.
 */
#ifndef CSID_STORE_PERSON_H
#define CSID_STORE_PERSON_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

struct person {
    int64_t id;
    char *name, *email; /* email NULL: none known */
    char *bounced;      /* why mail to it comes back; NULL: it does not */
    char *roles;        /* slugs held today, "a, b"; "" without */
    int64_t version;
};
void person_clear(struct person *p);

/* An array the caller clears one by one and frees; or one. `today` decides who holds what. */
int person_all(struct store *s, day_t today, struct person **ret, size_t *ret_count, struct err *e);
int person_find(struct store *s, int64_t id, day_t today, struct person *ret, struct err *e);

/* The name of who has that address, NULL: nobody. Caller frees. */
int person_name_of(struct store *s, const char *email, char **ret, struct err *e);

/* Within a transaction, journalled. `email` is checked by the caller (mail_address); ERR_CONFLICT
 * when another has it. In an update NULL leaves what is there. */
int person_add(struct store *s, const char *name, const char *email, int64_t *ret_id,
               struct err *e);
int person_update(struct store *s, int64_t id, const char *name, const char *email, struct err *e);
/* The person with that address (with that name, where there is none), made when there is none. */
int person_ensure(struct store *s, const char *name, const char *email, int64_t *ret_id,
                  bool *ret_new, struct err *e);

#endif
