/*
 * hold: acknowledgements ("mine, back on that day") and snoozes (one person, one subject), each
 * until a day on which reminders go again. The latest counts; none is deleted.
 */
#ifndef CSID_STORE_HOLD_H
#define CSID_STORE_HOLD_H

#include "store/store.h"

struct acknowledgement {
    const char *about;                 /* bromley-2016:5.12, as in notice */
    day_t due_on;                      /* it is of this date only */
    const char *role;                  /* whose notice it answers; NULL: none was named */
    const char *person, *by, *comment; /* address of who used the link; who; both NULL without */
    day_t back_on;
    const char *link; /* SHA-256 of the link that was used, in hex; NULL without */
};
/* Within a transaction, journalled as "notice.ack ABOUT". `by` NULL: who the transaction is of.
 * ERR_GONE: the link was used. */
int ack_add(struct store *s, const struct acknowledgement *a, int64_t *ret_id, struct err *e);
/* The day on which reminders of that subject and due date go again: DAY_NONE when nothing holds
 * them today. */
int ack_in_force(struct store *s, const char *about, day_t due_on, day_t today, day_t *ret,
                 struct err *e);
/* ERR_GONE when the link with that SHA-256 was used. */
int ack_check_link(struct store *s, const char *link, struct err *e);

struct snooze {
    const char *address, *about, *comment; /* comment NULL without */
    day_t until_on;
};
/* Within a transaction, journalled as "notice.snooze ABOUT". */
int snooze_add(struct store *s, const struct snooze *z, int64_t *ret_id, struct err *e);
/* The day on which mails about it go to that address again; DAY_NONE when nothing holds them today.
 */
int snooze_in_force(struct store *s, const char *address, const char *about, day_t today,
                    day_t *ret, struct err *e);

#endif
