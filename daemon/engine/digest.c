#include "engine/digest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/also.h"
#include "engine/due_actions.h"
#include "engine/engine.h"
#include "engine/tell.h"
#include "engine/trouble.h"
#include "notice/message.h"

static void page_clear(struct digest_page *p)
{
    free(p->email);
    free(p->holder);
    free(p->reply_to);
    free(p->thread);
    free(p->event);
    letter_clear(&p->letter);
    free(p->notices);
}

void digest_cut(struct digest *d, size_t count)
{
    while (d->count > count)
        page_clear(&d->pages[--d->count]);
}

void digest_clear(struct digest *d)
{
    digest_cut(d, 0);
    free(d->pages);
    due_actions_free(d->actions);
    *d = (struct digest){0};
}

void digest_add(struct digest *d, struct digest_page page)
{
    d->pages = xgrow(d->pages, d->count, &d->cap, sizeof *d->pages);
    d->pages[d->count++] = page;
}

/* ---- one mail ---- */

/* The pages of one person, most urgent first. */
struct bundle {
    const struct digest_page **pages;
    size_t count;
    char *rest; /* what stands at its end; NULL: nothing */
};

/* An id that every mail about one subject names as its parent. */
static char *thread_id(const char *from, const char *subject)
{
    char hex[SHA256_HEX], *id = mail_message_id(from), *thread;

    digest_sha256_hex(subject, strlen(subject), hex);
    thread = xasprintf("%s%s", hex, strchr(id, '@'));
    free(id);
    return thread;
}

/* Whose address an answer goes to: that of the first page which names one. */
static const char *reply_to(const struct engine *engine, const struct bundle *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->pages[i]->reply_to)
            return b->pages[i]->reply_to;
    return engine->mail_reply_to;
}

static int build(const struct check_run *run, const struct bundle *b, const struct letter *letter,
                 struct outbox_message *m, struct err *e)
{
    const struct engine *engine = run->engine;
    const char *thread = b->count == 1 ? b->pages[0]->thread : NULL;
    char *parent = thread ? thread_id(engine->mail_from, thread) : NULL;
    struct mail mail = {
        .from = engine->mail_from,
        .to = b->pages[0]->email,
        .to_name = b->pages[0]->holder,
        .redirect = engine->mail_redirect,
        .reply_to = reply_to(engine, b),
        .subject = letter->subject,
        .message_id = m->message_id,
        .in_reply_to = parent,
        .markdown = engine->forecast ? "" : letter->markdown, /* only headers can be refused */
        .date = run->now,
    };
    int rc = mail_build(&mail, &m->body, &m->body_len, e);

    free(parent);
    return rc;
}

static struct outbox_message new_message(const struct check_run *run, const struct bundle *b,
                                         const struct letter *letter)
{
    const char *redirect = run->engine->mail_redirect;
    bool redirected = redirect && *redirect;
    struct outbox_message m = {
        .channel = xstrdup("mail"),
        .recipient = xstrdup(b->pages[0]->email),
        .redirected_to = redirected ? xstrdup(redirect) : NULL,
        .event = xstrdup(b->count == 1 ? b->pages[0]->event : EVENT_DIGEST),
        .subject = text_one_line(letter->subject),
        .message_id = mail_message_id(run->engine->mail_from),
        .valid_until = b->pages[0]->valid_until,
    };

    for (size_t i = 1; i < b->count; i++)
        m.valid_until = utc_later(m.valid_until, b->pages[i]->valid_until);
    return m;
}

static struct letter write_letter(const struct bundle *b)
{
    const struct letter **letters = xcalloc(b->count, sizeof *letters);
    struct letter all;

    for (size_t i = 0; i < b->count; i++)
        letters[i] = &b->pages[i]->letter;
    compose_digest(letters, b->count, &all);
    free(letters);
    if (b->rest) {
        char *both = xasprintf("%s%s", all.markdown, b->rest);

        free(all.markdown);
        all.markdown = both;
    }
    return all;
}

static int deliver(struct check_run *run, const struct bundle *b, int64_t message, struct err *e)
{
    for (size_t i = 0; i < b->count; i++)
        if (notice_deliver(run->store, b->pages[i]->notices, b->pages[i]->notice_count, message,
                           e) < 0)
            return -1;
    return 0;
}

/* -1 with ERR_USAGE when it cannot be made into a mail: nothing is written then. */
static int send_bundle(struct check_run *run, const struct bundle *b, struct err *e)
{
    struct letter letter = write_letter(b);
    struct outbox_message m = new_message(run, b, &letter);
    int64_t id;
    int rc = build(run, b, &letter, &m, e);

    if (rc < 0)
        e->code = ERR_USAGE;
    else
        rc = outbox_add(run->store, &m, &id, e);
    if (rc == 0) {
        run->result.messages++;
        rc = deliver(run, b, id, e);
    }
    letter_clear(&letter);
    outbox_message_clear(&m);
    return rc;
}

/* ---- what cannot be written ---- */

static int give_up(struct check_run *run, const struct digest_page *p, struct err *e)
{
    char *reason = xasprintf("the mail could not be written: %s", e->text);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < p->notice_count; i++)
        rc = notice_give_up(run->store, p->notices[i], reason, e);
    trouble_note(run, "%s: %s", p->letter.subject, reason);
    free(reason);
    return rc;
}

/* One letter that cannot be written must not keep the others from going. */
static int send_each(struct check_run *run, const struct bundle *b, struct err *e)
{
    for (size_t i = 0; i < b->count; i++) {
        struct bundle one = {&b->pages[i], 1, NULL};
        int rc = send_bundle(run, &one, e);

        if (rc < 0 && e->code == ERR_USAGE)
            rc = give_up(run, b->pages[i], e);
        if (rc < 0)
            return -1;
    }
    return 0;
}

/* ---- all mails ---- */

static int by_urgency(const void *a, const void *b)
{
    const struct digest_page *x = *(const struct digest_page *const *)a;
    const struct digest_page *y = *(const struct digest_page *const *)b;

    if (x->days != y->days)
        return x->days < y->days ? -1 : 1;
    return (x > y) - (x < y); /* as the checks said it */
}

static int send_person(struct check_run *run, struct digest *d, size_t first, bool *done,
                       struct err *e)
{
    struct bundle b = {xcalloc(d->count, sizeof *b.pages), 0, NULL};
    int rc = 0;

    for (size_t i = first; i < d->count; i++)
        if (!done[i] && strcasecmp(d->pages[i].email, d->pages[first].email) == 0) {
            b.pages[b.count++] = &d->pages[i];
            done[i] = true;
        }
    qsort(b.pages, b.count, sizeof *b.pages, by_urgency);
    if (d->with_rest && !run->engine->forecast)
        rc = also_text(run, d, b.pages, b.count, &b.rest, e);
    if (rc == 0)
        rc = send_bundle(run, &b, e);
    if (rc < 0 && e->code == ERR_USAGE)
        rc = send_each(run, &b, e);
    free(b.pages);
    free(b.rest);
    return rc;
}

int digest_send(struct check_run *run, struct digest *d, struct err *e)
{
    bool *done = xcalloc(d->count + 1, sizeof *done);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < d->count; i++)
        if (!done[i])
            rc = send_person(run, d, i, done, e);
    free(done);
    return rc;
}
