/*
 * notify: one mail by GOV.UK Notify, by libcurl's easy interface; blocks, for worker threads. What
 * an answer means is verdict's. The key is never repeated.
 */
#ifndef CSID_COURIER_NOTIFY_H
#define CSID_COURIER_NOTIFY_H

#include <stdatomic.h>

#include "courier/ended.h"
#include "notice/notify.h"
#include "store/outbox.h"

#define NOTIFY_SCHEME "notify+" /* before the https:// of its base URL */

struct notify;

struct notify_server {
    const char *url; /* https://… or, on this machine only, http://… */
    const char *template;
    const struct notify_key *key;
    const char *ca_file, *proxy; /* "" without */
};
/* What it points to lives as long as it. `stop` ends a transfer within a second. */
struct notify *notify_open(const struct notify_server *server, const atomic_bool *stop);
void notify_close(struct notify *n);

/* Sends the plain part of a mail; one that was tried before is asked for first, for Notify would
 * send it twice. ret->reply: its id there, or what went wrong; caller frees. */
void notify_send(struct notify *n, const struct outbox_message *m, utc_t now, struct ended *ret);

#endif
