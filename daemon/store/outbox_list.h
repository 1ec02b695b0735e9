/*
 * outbox_list: the outbox read, never touched: messages with the notices behind them, a digest as
 * one row; and what waits.
 */
#ifndef CSID_STORE_OUTBOX_LIST_H
#define CSID_STORE_OUTBOX_LIST_H

#include "store/outbox.h"

struct outbox_filter {
    const char *state;      /* NULL: any; outbox_state_name */
    const char *to, *about; /* NULL: any; `to` the address or the endpoint's name */
    int64_t after, limit;   /* id above which; 0: no limit */
};

/* A message, or a notice that never became one (message 0, state cancelled or collapsed). Texts
 * live during the call. */
struct outbox_row {
    int64_t id; /* of the first notice */
    int64_t message;
    const char *event, *about, *reason, *to, *channel, *state, *message_id, *subject, *said;
    const char *redirected_to; /* NULL: it goes to `to` */
    int64_t abouts;            /* how many subjects it speaks of */
    utc_t created_at, sent_at, next_at, valid_until;
    int64_t attempts;
    const void *body; /* of the one that was found; NULL in a list */
    size_t body_len;
};
/* Oldest first; `row` returns 0 to go on. */
int outbox_each(struct store *s, const struct outbox_filter *f,
                int (*row)(void *arg, const struct outbox_row *r), void *arg, struct err *e);
/* The one whose first notice, or any notice, is `notice`. ERR_NOTFOUND. */
int outbox_find(struct store *s, int64_t notice, int (*row)(void *arg, const struct outbox_row *r),
                void *arg, struct err *e);

struct attempt_row {
    utc_t started_at, ended_at;
    const char *outcome, *reply; /* NULL while under way */
    const char *peer, *tls;      /* the other side's address, how it was secured; NULL: not known */
};
int outbox_attempts(struct store *s, int64_t message,
                    int (*row)(void *arg, const struct attempt_row *r), void *arg, struct err *e);

/* ---- what waits ---- */

/* Earliest next_at of what waits on channels that are up and has its turn (outbox_claim); UTC_NONE
 * when nothing does. */
int outbox_next(struct store *s, utc_t *ret, struct err *e);
/* The channels something waits on; caller frees the names and the array. */
int outbox_waiting_channels(struct store *s, char ***ret, size_t *ret_count, struct err *e);

struct outbox_channel {
    int64_t waiting, held; /* messages */
    int64_t set_aside;     /* of those held: since the adoption of a copy */
    utc_t next_at; /* of what waits and has its turn; UTC_NONE: nothing does, or it is held */
    utc_t sent_at; /* when a message was last accepted; UTC_NONE: never */
};
int outbox_channel(struct store *s, const char *channel, struct outbox_channel *ret, struct err *e);

/* The notice that another waits for: of the first message that was written before its own to the
 * same recipient and waits too; 0: it has its turn. */
int outbox_ahead(struct store *s, int64_t notice, int64_t *ret, struct err *e);

struct outbox_waiting {
    const char *channel;
    int64_t count, expired; /* expired: of those, what has lost its point by now */
    utc_t oldest;           /* when the first of them was written */
    utc_t due;              /* when the first of them is due, or was */
    utc_t tried;            /* when the first that was tried before was written; UTC_NONE: none */
    int64_t in_doubt;
};
/* A row for each channel on which something waits or is under way, held or not. */
int outbox_each_waiting(struct store *s, utc_t now,
                        int (*row)(void *arg, const struct outbox_waiting *w), void *arg,
                        struct err *e);

/* One line that names the latest attempt to send there was, NULL before the first; caller frees. */
int outbox_last_sent(struct store *s, char **ret, struct err *e);
/* Whether this database knows of the attempt that such a line names. */
int outbox_was_sent(struct store *s, const char *line, bool *ret, struct err *e);

struct outbox_counts {
    int64_t by_state[OUTBOX_STATES];
    utc_t oldest_waiting; /* UTC_NONE when nothing waits */
};
int outbox_count(struct store *s, struct outbox_counts *ret, struct err *e);

/* Mails that have failed since then, whenever they were written, of which something was not told
 * anew, to addresses that are not marked for it; a test tells nothing. */
int outbox_count_failed(struct store *s, utc_t since, int64_t *ret, struct err *e);
/* Calls to an endpoint that have failed for good since then, and when the first was written. */
int outbox_count_failed_calls(struct store *s, const char *channel, utc_t since, int64_t *ret,
                              utc_t *ret_first, struct err *e);

/* Whether a message about `event` was queued for that recipient at or after `from` and before
 * `until`, and not cancelled since. */
int outbox_told(struct store *s, const char *channel, const char *recipient, const char *event,
                utc_t from, utc_t until, bool *ret, struct err *e);
/* Who was mailed about that subject, where it was one address only; NULL otherwise. Caller frees.
 */
int outbox_only_reader(struct store *s, const char *about, char **ret, struct err *e);

#endif
