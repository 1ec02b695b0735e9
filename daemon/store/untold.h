/*
 * untold: what has gone wrong with the mail and the administrator has not heard of yet, each once.
 */
#ifndef CSID_STORE_UNTOLD_H
#define CSID_STORE_UNTOLD_H

#include "store/store.h"

#define UNTOLD_LATE_S (4 * 3600) /* tried for so long, a mail is late */

/* An address that was marked; mails that are late, or have failed to addresses that are not marked,
 * one for all of them; a channel that a fault has held. */
enum untold_kind { UNTOLD_BOUNCE, UNTOLD_LATE, UNTOLD_FAILED, UNTOLD_FAULT };
struct untold {
    enum untold_kind kind;
    const char *what; /* address (of the first), or the channel */
    const char *said;
    int64_t count;
    bool over; /* the channel goes again */
};
/* Within a transaction: from now on they count as told. `row` returns nothing; texts live during
 * the call. */
int untold_take(struct store *s, utc_t now, void (*row)(void *arg, const struct untold *u),
                void *arg, struct err *e);

#endif
