#include "courier/mail.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "courier/deadline.h"
#include "courier/maildir.h"
#include "courier/notify.h"
#include "courier/smtp.h"
#include "notice/verp.h"

#define MAILDIR "maildir:"
#define KEEP_MS 5000 /* a connection nobody needs is closed after that */
/* libcurl looks once a second whether it is to stop; a disk that hangs may keep its thread. */
#define JOIN_MS 1200

struct mail_route {
    atomic_int references;
    char *url, *from, *username, *password, *ca_file, *proxy, *bounce_to, *bounce_secret;
    char *template; /* NULL unless it goes by Notify */
    struct notify_key key;
};

/* Both events are counters behind a descriptor: a thread can wait for one with a time limit and yet
 * not ask for the time. */
struct mail {
    pthread_mutex_t lock;
    int posted, ended;
    struct mail_job *first, **last; /* waiting */
    struct mail_job *done, **done_last;
    size_t threads, alive, under_way; /* under way: waiting ones too */
    atomic_bool stop;
    bool stuck; /* a thread has not ended, though it was to */
    pthread_t workers[MAIL_WORKERS];
    void (*wake)(void *arg);
    void *arg;
};

/* ---- routes and jobs ---- */

static void free_secret(char *s)
{
    if (s)
        explicit_bzero(s, strlen(s));
    free(s);
}

void mail_route_drop(struct mail_route *r)
{
    if (!r || atomic_fetch_sub(&r->references, 1) != 1)
        return;
    explicit_bzero(&r->key, sizeof r->key);
    free(r->template);
    free(r->url);
    free(r->from);
    free(r->username);
    free_secret(r->password);
    free(r->ca_file);
    free(r->proxy);
    free(r->bounce_to);
    free_secret(r->bounce_secret);
    free(r);
}

static int set_notify(struct mail_route *r, const struct mail_settings *s, struct err *e)
{
    if (!s->notify_template || !notify_is_uuid(s->notify_template))
        return err_set(e, ERR_USAGE, "mail.notify_template is no UUID of a template");
    if (notify_key_parse(s->notify_key ? s->notify_key : "", &r->key, e) < 0)
        return err_within(e, "mail.notify_key_file");
    r->template = xstrdup(s->notify_template);
    return 0;
}

int mail_route_new(const struct mail_settings *settings, struct mail_route **ret, struct err *e)
{
    struct mail_route *r = xcalloc(1, sizeof *r);

    atomic_init(&r->references, 1);
    r->url = xstrdup(settings->url);
    r->from = xstrdup(settings->from);
    r->username = xstrdup(settings->username ? settings->username : "");
    r->password = xstrdup(settings->password);
    r->ca_file = xstrdup(settings->ca_file ? settings->ca_file : "");
    r->proxy = xstrdup(settings->proxy ? settings->proxy : "");
    r->bounce_to = xstrdup(settings->bounce_to);
    r->bounce_secret = xstrdup(settings->bounce_secret);
    if (strncmp(settings->url, NOTIFY_SCHEME, strlen(NOTIFY_SCHEME)) == 0 &&
        set_notify(r, settings, e) < 0) {
        mail_route_drop(r);
        return -1;
    }
    *ret = r;
    return 0;
}

const char *mail_route_folder(const struct mail_route *r)
{
    size_t len = strlen(MAILDIR);

    return strncmp(r->url, MAILDIR, len) == 0 ? r->url + len : NULL;
}

void mail_job_free(struct mail_job *j)
{
    if (!j)
        return;
    mail_route_drop(j->route);
    outbox_message_clear(&j->message);
    free(j->ended.reply);
    free(j);
}

/* ---- a worker ---- */

struct worker {
    struct mail *mail;
    struct mail_route *route; /* that of the connection */
    struct smtp *smtp;        /* of these one, as the route says */
    struct notify *notify;
};

static void hang_up(struct worker *w)
{
    smtp_close(w->smtp);
    notify_close(w->notify);
    mail_route_drop(w->route);
    w->smtp = NULL;
    w->notify = NULL;
    w->route = NULL;
}

static void keep(struct mail_job *j, const char *folder)
{
    const struct outbox_message *m = &j->message;
    struct err e = {0};

    if (maildir_deliver(folder, m->message_id, m->created_at, m->attempts > 1, m->body, m->body_len,
                        &e) != 0) {
        /* a folder that takes no mail takes no other either */
        j->ended = (struct ended){.verdict = VERDICT_DOWN, .reply = xstrdup(e.text)};
        return;
    }
    j->ended = (struct ended){.verdict = VERDICT_ACCEPTED,
                              .reply = xasprintf("no relay configured: mail stays in %s", folder)};
}

/* The address that a mail comes back to: one of its own, where that is wanted. Caller frees. */
static char *sender(const struct mail_route *r, const struct outbox_message *m)
{
    return r->bounce_to ? verp_address(r->bounce_secret, r->bounce_to, m->id, m->message_id)
                        : xstrdup(r->from);
}

static void connect_to(struct worker *w, struct mail_route *r)
{
    const struct smtp_server server = {r->url, r->username, r->password, r->ca_file, r->proxy};
    const struct notify_server notify = {r->url + strlen(NOTIFY_SCHEME), r->template, &r->key,
                                         r->ca_file, r->proxy};

    if (w->route == r)
        return;
    hang_up(w);
    atomic_fetch_add(&r->references, 1);
    w->route = r;
    if (r->template)
        w->notify = notify_open(&notify, &w->mail->stop);
    else
        w->smtp = smtp_open(&server, &w->mail->stop);
}

static void carry(struct worker *w, struct mail_job *j)
{
    const struct outbox_message *m = &j->message;
    const char *folder = mail_route_folder(j->route);
    char *from;

    if (folder) {
        keep(j, folder);
        return;
    }
    connect_to(w, j->route);
    if (w->notify) {
        notify_send(w->notify, m, j->at, &j->ended);
        return;
    }
    from = sender(j->route, m);
    smtp_send(w->smtp, from, outbox_goes_to(m), m->body, m->body_len, &j->ended);
    free(from);
}

static void tell(int event)
{
    if (eventfd_write(event, 1) != 0)
        abort(); /* only when it is no eventfd */
}

/* Waits for a job; a connection that is not needed for a while is closed on the way. */
static void wait_for_job(struct worker *w)
{
    struct pollfd p = {w->mail->posted, POLLIN, 0};
    eventfd_t ignored;

    if (poll(&p, 1, w->route ? KEEP_MS : -1) == 0)
        hang_up(w);
    else
        (void)eventfd_read(w->mail->posted, &ignored); /* another worker may have been first */
}

static struct mail_job *next_job(struct mail *m)
{
    struct mail_job *j;

    pthread_mutex_lock(&m->lock);
    j = m->first;
    if (j) {
        m->first = j->next;
        j->next = NULL;
        if (!m->first)
            m->last = &m->first;
    }
    pthread_mutex_unlock(&m->lock);
    return j;
}

static void give_back(struct mail *m, struct mail_job *j)
{
    pthread_mutex_lock(&m->lock);
    *m->done_last = j;
    m->done_last = &j->next;
    m->under_way--;
    tell(m->ended);
    m->wake(m->arg);
    pthread_mutex_unlock(&m->lock);
}

static void *work(void *arg)
{
    struct mail *m = arg;
    struct worker w = {.mail = m};
    struct mail_job *j;

    while (!atomic_load(&m->stop)) {
        wait_for_job(&w);
        while (!atomic_load(&m->stop) && (j = next_job(m))) {
            carry(&w, j);
            give_back(m, j);
        }
    }
    hang_up(&w);
    pthread_mutex_lock(&m->lock);
    m->alive--;
    tell(m->ended);
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

/* Signals are the main thread's. */
static void start_worker(struct mail *m)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&m->workers[m->threads], NULL, work, m) == 0) {
        m->threads++;
        m->alive++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* ---- for the loop's thread ---- */

struct mail *mail_open(void (*wake)(void *arg), void *arg)
{
    struct mail *m = xcalloc(1, sizeof *m);

    pthread_mutex_init(&m->lock, NULL);
    m->posted = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    m->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (m->posted < 0 || m->ended < 0)
        abort();
    atomic_init(&m->stop, false);
    m->last = &m->first;
    m->done_last = &m->done;
    m->wake = wake;
    m->arg = arg;
    return m;
}

void mail_post(struct mail *m, struct mail_route *route, struct outbox_message *message,
               int64_t attempt, utc_t now)
{
    struct mail_job *j = xcalloc(1, sizeof *j);

    atomic_fetch_add(&route->references, 1);
    j->route = route;
    j->message = *message;
    j->attempt = attempt;
    j->at = now;
    *message = (struct outbox_message){0};
    pthread_mutex_lock(&m->lock);
    *m->last = j;
    m->last = &j->next;
    m->under_way++;
    if (m->threads < MAIL_WORKERS && m->under_way > m->threads)
        start_worker(m);
    tell(m->posted);
    pthread_mutex_unlock(&m->lock);
}

struct mail_job *mail_take(struct mail *m)
{
    struct mail_job *done;

    pthread_mutex_lock(&m->lock);
    done = m->done;
    m->done = NULL;
    m->done_last = &m->done;
    pthread_mutex_unlock(&m->lock);
    return done;
}

static size_t locked_read(struct mail *m, const size_t *value)
{
    size_t n;

    pthread_mutex_lock(&m->lock);
    n = *value;
    pthread_mutex_unlock(&m->lock);
    return n;
}

/* Waits until the counter is nought; false when the time was over first. */
static bool wait_until_none(struct mail *m, const size_t *counter, int ms)
{
    struct pollfd p[2] = {{m->ended, POLLIN, 0}, {deadline_open(ms), POLLIN, 0}};
    eventfd_t ignored;
    bool none;

    while (!(none = locked_read(m, counter) == 0) && !p[1].revents) {
        if (poll(p, 2, -1) > 0 && p[0].revents)
            (void)eventfd_read(m->ended, &ignored);
    }
    close(p[1].fd);
    return none;
}

void mail_wait(struct mail *m, int ms)
{
    wait_until_none(m, &m->under_way, ms);
}

static void free_jobs(struct mail_job *j)
{
    while (j) {
        struct mail_job *next = j->next;

        mail_job_free(j);
        j = next;
    }
}

static void wake_nobody(void *arg)
{
    (void)arg;
}

/* A thread that hangs in a write still holds m, and must find nobody to tell when it comes back;
 * the process is about to end. */
static void abandon(struct mail *m)
{
    pthread_mutex_lock(&m->lock);
    m->wake = wake_nobody;
    pthread_mutex_unlock(&m->lock);
}

void mail_stop(struct mail *m)
{
    atomic_store(&m->stop, true);
    for (size_t i = 0; i < m->threads; i++)
        tell(m->posted);
    m->stuck = !wait_until_none(m, &m->alive, JOIN_MS);
}

void mail_close(struct mail *m)
{
    if (!atomic_load(&m->stop))
        mail_stop(m);
    if (m->stuck) {
        abandon(m);
        return;
    }
    for (size_t i = 0; i < m->threads; i++)
        pthread_join(m->workers[i], NULL);
    free_jobs(m->first);
    free_jobs(m->done);
    close(m->posted);
    close(m->ended);
    pthread_mutex_destroy(&m->lock);
    free(m);
}
