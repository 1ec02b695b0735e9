/*
 * smtp: one mail over one kept connection, by libcurl's easy interface; blocks, for worker threads.
 * Says how the dialogue ended; what that means is verdict's. Credentials are never kept or
 * repeated.
 */
#ifndef CSID_COURIER_SMTP_H
#define CSID_COURIER_SMTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "courier/ended.h"

struct smtp;

struct smtp_server {
    const char *url;                 /* smtp://host:port or smtps://… */
    const char *username, *password; /* "" and NULL without */
    const char *ca_file; /* whom its certificate may be from; NULL or "": the system's */
    const char *proxy;   /* socks5h:// or http://; NULL or "": none */
};

/* The strings live as long as the connection. `stop` ends a transfer within a second. */
struct smtp *smtp_open(const struct smtp_server *server, const atomic_bool *stop);
/* Says goodbye if it can be done at once. */
void smtp_close(struct smtp *s);

/* Addresses without <>. ret->reply: the server's last words or what went wrong; caller frees. A
 * transfer that was stopped is in doubt. */
void smtp_send(struct smtp *s, const char *from, const char *to, const char *bytes, size_t len,
               struct ended *ret);

/* Whether the host of the URL is this machine: only then may a mail go without TLS. */
bool smtp_is_local(const char *url);

#endif
