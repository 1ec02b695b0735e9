/*
 * outbox_list: the outbox read for people: messages with the notices behind them, a digest as one
 * row.
 */
#ifndef CSID_STORE_OUTBOX_LIST_H
#define CSID_STORE_OUTBOX_LIST_H

#include "store/outbox.h"

struct outbox_filter {
    const char *state;      /* NULL: any; outbox_state_name */
    const char *to, *about; /* NULL: any; `to` the address or the endpoint's name */
    int64_t after, limit;   /* id above which; 0: no limit */
};

/* A message, or a notice that never became one (message 0, state cancelled). Texts live during the
 * call. */
struct outbox_row {
    int64_t id; /* of the first notice */
    int64_t message;
    const char *event, *about, *reason, *to, *channel, *state, *message_id, *subject, *said;
    int64_t abouts; /* how many subjects it speaks of */
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

struct notice_row {
    int64_t id;
    const char *about, *rule, *step, *role, *reason;
    day_t due_on;
};
/* The notices a message speaks of. */
int outbox_notices(struct store *s, int64_t message,
                   int (*row)(void *arg, const struct notice_row *r), void *arg, struct err *e);

/* Notices written since then for which nobody could be reached, oldest first. */
int outbox_unreached(struct store *s, utc_t since,
                     int (*row)(void *arg, const struct notice_row *r), void *arg, struct err *e);

struct attempt_row {
    utc_t started_at, ended_at;
    const char *outcome, *reply; /* NULL while under way */
};
int outbox_attempts(struct store *s, int64_t message,
                    int (*row)(void *arg, const struct attempt_row *r), void *arg, struct err *e);

/* Channels that are held. */
int channel_each_held(struct store *s,
                      int (*row)(void *arg, const char *name, const char *reason, utc_t since),
                      void *arg, struct err *e);

#endif
