/*
 * courier: carries what the outbox holds, by mail (SMTP and Notify in threads of its own, Maildir)
 * and webhook (curl multi on the loop). It never decides whom to tell or what to say. Knows no
 * loop: sockets, timers and wake-ups from its threads come through struct courier_ops, given by
 * service/.
 */
#ifndef CSID_COURIER_COURIER_H
#define CSID_COURIER_COURIER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "calendar/day.h"
#include "store/outbox.h"
#include "store/store.h"

struct courier;

struct courier_limits {
    int64_t per_minute; /* attempts at most; 0: no cap */
    bool hold_doubt;    /* what may have arrived is held, not sent again */
};

struct courier_webhook {
    const char *name, *url;
    const char *secret, *previous; /* that sign each call; NULL: none. The previous one signs too */
    const char *proxy;             /* http://host:port it goes through; NULL or "": none */
    const char *ca;                /* certificates in PEM in place of the system's; NULL: those */
    const char *const *allow; /* networks (CIDR or address) it may lie in though private; with a
                                 proxy the names of hosts, "*.example.org" too */
    size_t allow_count;
    struct courier_limits limits;
};

struct courier_config {
    const char *mail_url;  /* maildir:/path, smtp://host:port, smtps://…, notify+https://… */
    const char *mail_from; /* envelope sender is its address */
    const char *username, *password; /* "" and NULL without */
    const char *ca_file, *proxy;     /* NULL or "" without */
    struct courier_limits mail_limits;
    size_t connections;    /* 1 to MAIL_WORKERS; 0: the usual */
    const char *bounce_to; /* what mails come back to is made of it; NULL or "" without */
    const char *notify_template, *notify_key; /* for notify+https://; NULL or "" without */
    const char *redirect; /* where every mail goes; NULL or "": to whom it is for */
    const struct courier_webhook *webhooks;
    size_t webhook_count;
    struct courier_webhook heartbeat; /* url NULL or "": none; it has no secret */
};

enum { COURIER_READ = 1, COURIER_WRITE = 2 };

struct courier_ops {
    void *arg;               /* first argument of each */
    utc_t (*now)(void *arg); /* the daemon's clock, test clock included */
    /* Watch fd for READ|WRITE and call courier_socket when ready; 0 stops watching. */
    void (*watch)(void *arg, int fd, int events);
    /* Call courier_timeout once after ms of real time; -1 cancels. */
    void (*timer)(void *arg, long ms);
    /* From any thread: call courier_wake on the loop's thread soon. */
    void (*wake)(void *arg);
    /* Something ended: messages may have moved on. Called on the loop's thread. */
    void (*idle)(void *arg);
    void (*log)(void *arg, bool warning, const char *text);
    /* Whether a message that is due is still to go, asked in the transaction that claims it: see
     * struct outbox_gate. NULL: all that is due goes. */
    int (*why_not)(void *arg, const struct outbox_message *m, utc_t now, char **ret, struct err *e);
    /* Whether the store may be written now: false while another thread's long transaction would
     * make the loop wait. Then courier_run is called when it is over. NULL: always. */
    bool (*writable)(void *arg);
};

/* The store is used on the calling (loop's) thread only. Strings of config are copied. What was
 * under way when csid ended becomes in doubt and due (outbox_recover), held channels are tried
 * again, and what waits for an endpoint that is not configured is held. ERR_USAGE names the setting
 * that cannot be used. */
int courier_open(const struct courier_config *config, struct store *store,
                 const struct courier_ops *ops, struct courier **ret, struct err *e);
/* Claims all that is due within the limits and starts it. */
void courier_run(struct courier *c);
/* While paused nothing is claimed; what is under way ends, and its end is saved. */
void courier_pause(struct courier *c, bool paused);
/* Tells the heartbeat's address that csid is well, or that it knows it is not (`failing`); no row,
 * no second try. False: there is no address, or a call is under way. */
bool courier_beat(struct courier *c, bool failing);
struct courier_beat {
    bool configured;
    utc_t ok_at, failed_at; /* when a call was last answered well, or was not; UTC_NONE: never */
    bool said_failing;      /* what was last taken: that csid is in trouble */
    const char *failure;    /* of the last call, NULL when it was answered well */
};
const struct courier_beat *courier_beat_state(const struct courier *c);
/* Attempts and heartbeats under way. */
size_t courier_busy(const struct courier *c);
/* Why the outbox could not be written the last time, NULL when it could; what has ended is kept and
 * saved at the next courier_run. */
const char *courier_failing(const struct courier *c);
/* Why mail does not go out now and when it is tried again, NULL while it goes. */
const char *courier_mail_down(const struct courier *c);
void courier_socket(struct courier *c, int fd, int events);
void courier_timeout(struct courier *c);
void courier_wake(struct courier *c);
/* New configuration (secrets, endpoints): what is under way ends by the old one. Held channels are
 * tried again. */
int courier_configure(struct courier *c, const struct courier_config *config, struct err *e);
/* Ends what is under way and does not finish within grace_ms: in doubt, now or at the next start,
 * unless nothing of it was sent. Joins the threads and frees. */
void courier_close(struct courier *c, int grace_ms);

/* "no relay configured: mail stays in /var/…" for a maildir, NULL for SMTP: what status, log and
 * healthz call it. */
const char *courier_mail_note(const struct courier *c);

#endif
