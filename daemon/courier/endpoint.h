/*
 * endpoint: one configured way out by HTTP: its URL, what signs its calls, and where a connection
 * for it may lead: to public addresses and the networks it lists, or through its proxy to the names
 * it lists. Path and query of the URL are secrets: no error repeats them.
 */
#ifndef CSID_COURIER_ENDPOINT_H
#define CSID_COURIER_ENDPOINT_H

#include <sys/socket.h>

#include "courier/courier.h"
#include "courier/vet.h"

struct endpoint {
    int references; /* the loop's thread only */
    char *channel;  /* webhook:NAME */
    char *url;
    char *secret, *previous; /* NULL without */
    char *proxy, *ca;        /* NULL: none, the system's */
    struct network *allow;   /* without a proxy */
    size_t allow_count;
    struct courier_limits limits;
    bool plain; /* http: only into the networks it lists */
};

/* Kept as long as a call to it is under way. ERR_USAGE says what is wrong with it, in words that
 * repeat no secret. One reference is the caller's. */
int endpoint_new(const struct courier_webhook *w, struct endpoint **ret, struct err *e);
/* The same of one that is only pinged. */
int endpoint_new_ping(const struct courier_webhook *w, struct endpoint **ret, struct err *e);
bool endpoint_same_url(const struct endpoint *a, const struct endpoint *b);
struct endpoint *endpoint_keep(struct endpoint *p); /* one reference more */
void endpoint_drop(struct endpoint *p);
const char *endpoint_channel(const struct endpoint *p);

/* Whether a connection for it may be opened to that address; asked of the address itself, behind
 * every look-up. With a proxy it is the proxy's. */
bool endpoint_may_connect(const struct endpoint *p, const struct sockaddr *address);

#endif
