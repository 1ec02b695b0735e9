/*
 * webhook: calls under way, by libcurl's multi interface on the loop's thread. Signs each attempt
 * anew, goes to vetted addresses only, follows no redirect. Paths and queries of URLs are secrets:
 * they never appear in a reply, an error or a log. A ping is a call that carries nothing. Knows no
 * store.
 */
#ifndef CSID_COURIER_WEBHOOK_H
#define CSID_COURIER_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "courier/courier.h"
#include "courier/endpoint.h"
#include "courier/ended.h"
#include "store/outbox.h"

struct web;
/* ended(arg, result) is called on the loop's thread, from within web_socket, web_timeout or
 * web_post; what it is given lives during the call. */
struct web *web_open(const struct courier_ops *ops,
                     void (*ended)(void *arg, const struct outbox_message *m, int64_t attempt,
                                   const struct ended *e),
                     void *arg);
/* Takes the message over and starts the call. */
void web_post(struct web *w, struct endpoint *p, struct outbox_message *message, int64_t attempt);
/* A GET of the endpoint's URL with `suffix` at the end of its path. `ended` is called as above;
 * `ok`: it was answered with 2xx. */
void web_ping(struct web *w, struct endpoint *p, const char *suffix,
              void (*ended)(void *arg, const struct endpoint *p, bool ok, const char *reply),
              void *arg);
size_t web_busy(const struct web *w);
/* Whether a message of that channel is under way. */
bool web_calling(const struct web *w, const char *channel);
void web_socket(struct web *w, int fd, int events);
void web_timeout(struct web *w);
/* Carries on by itself until nothing is under way, at most so long. */
void web_wait(struct web *w, int ms);
/* Gives back, as an end, what is under way and of which nothing was sent. Then only web_close. */
void web_stop(struct web *w);
/* Drops what is under way. */
void web_close(struct web *w);

#endif
