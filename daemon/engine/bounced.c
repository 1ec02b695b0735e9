#include "engine/bounced.h"

#include <stdlib.h>

#include "base/mem.h"
#include "notice/dsn.h"
#include "notice/verp.h"
#include "store/bounce.h"
#include "store/meta.h"
#include "store/notice.h"
#include "store/outbox.h"

void bounced_clear(struct bounced *b)
{
    free(b->why);
    free(b->address);
    free(b->status);
    free(b->said);
    *b = (struct bounced){0};
}

static int nothing(struct bounced *ret, char *why)
{
    free(ret->why);
    ret->why = why;
    ret->outcome = BOUNCED_NOTHING;
    return 0;
}

/* ---- which message ---- */

/* 0 where the address was not made here; then why stands in *ret. */
static int by_address(struct store *s, const char *secret, const char *address, int64_t named,
                      int64_t *ret_message, struct bounced *ret, struct err *e)
{
    struct outbox_message m;

    *ret_message = 0;
    if (outbox_read(s, named, &m, e) < 0)
        return e->code == ERR_NOTFOUND
                   ? nothing(ret, xasprintf("%s names no message that csid has sent", address))
                   : -1;
    if (secret && verp_is(secret, address, named, m.message_id))
        *ret_message = named;
    outbox_message_clear(&m);
    return *ret_message
               ? 0
               : nothing(ret, xasprintf("%s was not made by this csid: its signature is wrong",
                                        address));
}

/* An address that names a message decides: what is wrong with it is not made good by an id. */
static int find(struct store *s, const struct dsn *d, int64_t *ret_message, struct bounced *ret,
                struct err *e)
{
    int64_t named, found = 0;
    bool any = false;
    char *secret;
    int rc = 0;

    if (meta_bounce_secret(s, &secret, e) < 0)
        return -1;
    for (size_t i = 0; rc == 0 && !found && i < d->to_count; i++)
        if (verp_read(d->to[i], &named)) {
            any = true;
            rc = by_address(s, secret, d->to[i], named, &found, ret, e);
        }
    free(secret);
    if (rc == 0 && !any && d->message_id)
        rc = bounce_message(s, d->message_id, &found, e);
    if (rc == 0 && !any && !found)
        rc = nothing(ret, xstrdup("it is about no mail of csid's: neither the address it came to "
                                  "nor the mail it returns names one"));
    *ret_message = found;
    return rc;
}

/* ---- what follows ---- */

static int first_notice(void *arg, const struct notice_row *n)
{
    *(int64_t *)arg = n->id;
    return 1;
}

static int take(struct store *s, const struct outbox_message *m, const struct dsn *d,
                struct bounced *ret, struct err *e)
{
    const char *address = outbox_goes_to(m);
    const struct dsn_recipient *r = dsn_about(d, address);
    bool marked = false;
    int rc;

    if (notice_each_of(s, m->id, first_notice, &ret->notice, e) < 0)
        return -1;
    if (m->state == OUTBOX_FAILED)
        return nothing(ret, xstrdup("that this mail failed is known already"));
    if (!r)
        return nothing(ret, xasprintf("%s passes its mail on, and not all whom it goes to say the "
                                      "same",
                                      address));
    if (r->action != DSN_FAILED && r->action != DSN_DELAYED)
        return nothing(ret, xstrdup("it says that the mail arrived, or was passed on"));
    ret->address = xstrdup(address);
    ret->status = xstrdup(r->status);
    ret->said = xstrdup(r->said);
    ret->outcome = BOUNCED_NOTED;
    if (r->action == DSN_DELAYED)
        return bounce_delayed(s, m->id, r->status, r->said, e);
    rc = bounce_failed(s, m->id, r->status, r->said, &marked, e);
    ret->outcome = marked ? BOUNCED_MARKED : BOUNCED_FAILED;
    return rc;
}

static int take_about(struct store *s, const struct dsn *d, struct bounced *ret, struct err *e)
{
    struct outbox_message m;
    int64_t message;
    int rc = find(s, d, &message, ret, e);

    if (rc < 0 || !message)
        return rc;
    if (outbox_read(s, message, &m, e) < 0)
        return -1;
    rc = take(s, &m, d, ret, e);
    outbox_message_clear(&m);
    return rc;
}

int bounced_take(struct store *s, const void *bytes, size_t len, struct bounced *ret, struct err *e)
{
    struct bounced b = {0};
    struct dsn d;
    int rc;

    if (len > DSN_MAX) {
        *ret = b;
        return nothing(ret, xstrdup("it is longer than 1 MiB: no mail of csid's comes back so"));
    }
    if (dsn_read(bytes, len, &d, e) < 0) {
        *ret = b;
        return nothing(ret, xstrdup(e->text));
    }
    rc = take_about(s, &d, &b, e);
    dsn_clear(&d);
    if (rc < 0)
        bounced_clear(&b);
    else
        *ret = b;
    return rc;
}
