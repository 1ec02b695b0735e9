/*
 * notice: why a message exists, one row per subject it speaks of; and what could not be told, with
 * the reason. Its unique row is what keeps a notice from going twice, whatever is restarted.
 */
#ifndef CSID_STORE_NOTICE_H
#define CSID_STORE_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

/* What carried a notice was cancelled, or went to who no longer holds its role: the notice stands
 * there, but does not count as told. Its channel is then this and the number of its message. */
#define NOTICE_VOID "void:"

struct notice {
    const char *event, *about; /* csi.action.overdue, bromley-2016:5.12 */
    day_t due_on;
    const char *rule, *step, *role, *channel, *reason;
    int64_t message_id; /* 0: it could not be sent; reason says why */
};
/* Whether the notice (about, due_on, rule, step, role, channel) has been written before. */
int notice_exists(struct store *s, const struct notice *n, bool *ret, struct err *e);
/* When it was written; UTC_NONE: never. */
int notice_at(struct store *s, const struct notice *n, utc_t *ret, struct err *e);
/* The same of one that a message carries. */
int notice_told_at(struct store *s, const struct notice *n, utc_t *ret, struct err *e);
/* The last step with which a message told that of the same event, about, due_on, rule, role and
 * channel since then, and when; NULL: none did. Caller frees it. */
int notice_last_step(struct store *s, const struct notice *n, utc_t since, char **ret,
                     utc_t *ret_at, struct err *e);
/* Its number, 0 where it has not. */
int notice_number(struct store *s, const struct notice *n, int64_t *ret, struct err *e);
/* Whether that role was ever mailed this rule's notice of that event about that subject and date,
 * whatever the step. */
int notice_any_step(struct store *s, const struct notice *n, bool *ret, struct err *e);
/* Of notices whose step is a day ("2017-09-05"), or words, a blank and a day: the latest day on
 * which that rule's was written about that subject and date for that role on that channel, n->step
 * being the words. DAY_NONE: never. */
int notice_last_day(struct store *s, const struct notice *n, day_t *ret, struct err *e);
/* Within a transaction: writes it. ERR_CONFLICT when it is there already. */
int notice_add(struct store *s, const struct notice *n, int64_t *ret_id, struct err *e);
/* Within the transaction that wrote them: the message that carries these; or that none can carry
 * one, and why. */
int notice_deliver(struct store *s, const int64_t *ids, size_t count, int64_t message_id,
                   struct err *e);
int notice_give_up(struct store *s, int64_t id, const char *reason, struct err *e);
/* Within a transaction: it no longer counts as told, so that the next run tells it. */
int notice_void(struct store *s, int64_t id, struct err *e);
/* Within a transaction: the same of all that a mail tells, or (`event` not NULL) of that event;
 * unless it was redirected: then its reader is not at fault, and nobody was to be told. */
int notice_void_mail(struct store *s, int64_t message, const char *event, struct err *e);
/* Within a transaction: those of a message count again. ERR_CONFLICT when one of them was told anew
 * meanwhile. */
int notice_revive(struct store *s, int64_t message, struct err *e);

struct notice_row {
    int64_t id;
    const char *about, *rule, *step, *role, *reason;
    day_t due_on;
    const char *event;
};
/* The notices a message speaks of. Texts live during the call; `row` returns 0 to go on. */
int notice_each_of(struct store *s, int64_t message,
                   int (*row)(void *arg, const struct notice_row *r), void *arg, struct err *e);
/* Those written since then for which nobody could be reached, oldest first. */
int notice_each_unreached(struct store *s, utc_t since,
                          int (*row)(void *arg, const struct notice_row *r), void *arg,
                          struct err *e);

/* The number of the latest notice, 0 without any: what to begin after. */
int notice_last(struct store *s, int64_t *ret, struct err *e);

struct notice_told { /* to, message 0: nobody was reached, or a later step stands for it */
    int64_t id;
    bool is_void; /* it does not count as told */
    utc_t at;
    const char *event, *about, *rule, *step, *role, *channel, *reason;
    day_t due_on;
    int64_t message;
    const char *to, *state, *said; /* of its message; `said` is why it is in that state */
};
/* Those with id > after, in the order of writing; about one subject the latest first, all of them.
 * As above. */
int notice_each_since(struct store *s, int64_t after,
                      int (*row)(void *arg, const struct notice_told *n), void *arg, struct err *e);
int notice_each_about(struct store *s, const char *about,
                      int (*row)(void *arg, const struct notice_told *n), void *arg, struct err *e);
/* ERR_NOTFOUND. */
int notice_find(struct store *s, int64_t id, int (*row)(void *arg, const struct notice_told *n),
                void *arg, struct err *e);

#endif
