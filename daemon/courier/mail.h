/*
 * mail: threads that carry mails, one each at a time, by SMTP, by GOV.UK Notify or into a Maildir.
 * Knows no store: jobs in, results out, in any order.
 */
#ifndef CSID_COURIER_MAIL_H
#define CSID_COURIER_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "calendar/day.h"
#include "courier/ended.h"
#include "store/outbox.h"

#define MAIL_WORKERS 16 /* at most, and so many when nothing else is said: */
#define MAIL_USUAL   4

/* Where mails go: one configuration, kept as long as a job or a connection of it is there. */
struct mail_route;
struct mail_settings {
    const char *url; /* maildir:/path, smtp://…, smtps://…, notify+https://… */
    const char *from, *username, *password; /* from: an address without <>; see smtp.h */
    const char *ca_file, *proxy;            /* NULL or "" without */
    const char *bounce_to, *bounce_secret;  /* see notice/verp.h; NULL: mails come back to `from` */
    const char *notify_template, *notify_key; /* for notify+https://: a UUID, the API key */
};
/* Copies all of it. One reference is the caller's. ERR_USAGE: what Notify needs is not given. */
int mail_route_new(const struct mail_settings *settings, struct mail_route **ret, struct err *e);
void mail_route_drop(struct mail_route *r);
const char *mail_route_folder(const struct mail_route *r); /* NULL unless a Maildir's */

struct mail_job {
    struct mail_job *next;
    struct mail_route *route; /* a reference of its own */
    struct outbox_message message;
    int64_t attempt;
    utc_t at;           /* when it was posted */
    struct ended ended; /* with the result */
};
void mail_job_free(struct mail_job *j);

struct mail;
/* wake(arg) is called in a worker after each result. */
struct mail *mail_open(void (*wake)(void *arg), void *arg);
/* Takes the job over; `now` is the time of the attempt. Threads are made when they are first
 * needed. */
void mail_post(struct mail *m, struct mail_route *route, struct outbox_message *message,
               int64_t attempt, utc_t now);
/* The results so far, first to end first, as a list the caller frees; NULL without any. */
struct mail_job *mail_take(struct mail *m);
/* Waits until nothing is under way, at most so long. Results stay to be taken. */
void mail_wait(struct mail *m, int ms);
/* Stops what is under way and waits for the threads, a little longer than a second at most. Results
 * stay to be taken. */
void mail_stop(struct mail *m);
/* The same, and frees all. Results not taken are lost. */
void mail_close(struct mail *m);

#endif
