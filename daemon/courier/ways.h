/*
 * ways: the ways out as one configuration has them: the mails' route and the endpoints, and what
 * the store says of channels brought in line with it.
 */
#ifndef CSID_COURIER_WAYS_H
#define CSID_COURIER_WAYS_H

#include "courier/courier.h"
#include "courier/endpoint.h"
#include "courier/mail.h"

struct ways {
    struct mail_route *route;
    struct courier_limits mail;
    size_t connections;
    char *redirect; /* where every mail goes; NULL: to whom it is for */
    char *note;     /* "no relay configured: …" for a Maildir, else NULL */
    struct endpoint **endpoints;
    size_t count;
    struct endpoint *heartbeat; /* NULL: none, or handed over */
};
/* Reads the settings; makes the secret that addresses for bounces want where there is none. Caller
 * drops it. ERR_USAGE names the setting that cannot be used. */
int ways_make(const struct courier_config *config, struct store *store, utc_t now, struct ways *ret,
              struct err *e);
void ways_drop(struct ways *w);

/* In one transaction: channels that a fault held are tried again, or held while mails are
 * redirected; what waits for an endpoint that is no more is held; what waited for a channel that
 * was down goes at once, see outbox_hasten. */
int ways_apply(const struct ways *w, struct store *store, const struct courier_ops *ops,
               struct err *e);
/* Whether there is a way to that channel. */
bool ways_lead(const struct ways *w, const char *channel);
/* Within a transaction: what waits for an endpoint that is no more cannot go anywhere, and is held.
 */
int ways_hold_orphans(const struct ways *w, struct store *store, const struct courier_ops *ops,
                      struct err *e);

#endif
