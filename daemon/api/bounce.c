/* What comes back of the mails, the addresses marked for it, and the test mail. */
#include <stdlib.h>
#include <string.h>

#include "api/channel.h"
#include "base/mem.h"
#include "engine/bounced.h"
#include "engine/test_mail.h"
#include "notice/message.h"
#include "store/bounce.h"

/* ---- a report ---- */

static const struct column taken_columns[] = {
    {"outcome", "Outcome", KIND_TEXT, false},      {"address", "Address", KIND_TEXT, COLUMN_SPARE},
    {"status", "Status", KIND_TEXT, COLUMN_SPARE}, {"said", "Said", KIND_TEXT, COLUMN_SPARE},
    {"why", "Why", KIND_TEXT, COLUMN_SPARE},
};
static const struct section taken_sections[] = {
    {NULL, NULL, taken_columns, COUNT(taken_columns), NULL}};
static const struct view taken_view = {taken_sections, 1, 0};

/* What changes nothing is an answer like the others: a relay that is told of a failure returns the
 * mail to whoever sent it, or tries it for days. */
int api_bounce(struct call *c, struct err *e)
{
    static const char *const outcomes[] = {[BOUNCED_NOTHING] = "nothing-changed",
                                           [BOUNCED_NOTED] = "delay-noted",
                                           [BOUNCED_FAILED] = "mail-failed",
                                           [BOUNCED_MARKED] = "address-marked"};
    struct bounced b;
    json_t *o;

    if (bounced_take(c->api->store, c->rq->body, c->rq->body_len, &b, e) < 0)
        return -1;
    o = call_object(c, &taken_view);
    put_text(o, "outcome", outcomes[b.outcome]);
    put_text(o, "address", b.address);
    put_text(o, "status", b.status);
    put_text(o, "said", b.said);
    put_text(o, "why", b.why);
    if (b.notice)
        put_int(o, "notice", b.notice);
    if (b.outcome == BOUNCED_FAILED)
        call_told(
            c, "who was to read it, anew, and the administrator, with the next run of each check");
    if (b.outcome == BOUNCED_MARKED) {
        call_told(c, "the administrator, with the next run of a check");
        put_textf(o, "hint",
                  "csictl person list, to correct the address; it is right after all: "
                  "csictl bounce clear %s",
                  b.address);
    }
    bounced_clear(&b);
    return 0;
}

/* ---- the marks ---- */

static const struct column columns[] = {
    {"address", "ADDRESS", KIND_TEXT, true},   {"holder", "WHOSE", KIND_TEXT, true},
    {"status", "STATUS", KIND_TEXT, false},    {"said", "SAID", KIND_TEXT, true},
    {"bounced_at", "SINCE", KIND_TIME, false}, {"notice", "NOTICE", KIND_NUMBER, false},
};
static const struct section list[] = {
    {NULL, "items", columns, COUNT(columns), "No address is marked."}};
static const struct view list_view = {list, 1, 0};

static int put_bounce(void *arg, const struct bounce_row *r)
{
    json_t *row = put_row(arg);

    put_text(row, "address", r->address);
    put_text(row, "holder", r->holder);
    put_text(row, "status", r->status);
    put_text(row, "said", r->said);
    put_utc(row, "bounced_at", r->bounced_at);
    if (r->notice)
        put_int(row, "notice", r->notice);
    else
        put_text(row, "notice", NULL);
    return 0;
}

static char *row_address(const json_t *row)
{
    return xstrdup(json_string_value(json_object_get(row, "address")));
}

int api_bounce_list(struct call *c, struct err *e)
{
    c->row_name = row_address;
    return bounce_each(c->api->store, put_bounce, call_items(c, &list_view), e);
}

static const struct column address_columns[] = {{"address", "Address", KIND_TEXT, true}};
static const struct section address_sections[] = {{NULL, NULL, address_columns, 1, NULL}};
static const struct view address_view = {address_sections, 1, 0};

int api_bounce_clear(struct call *c, struct err *e)
{
    const char *address = call_text(c, "address");

    if (bounce_clear(c->api->store, address, e) < 0)
        return -1;
    put_text(call_object(c, &address_view), "address", address);
    call_changed(c, "mail to it", "comes back", "is sent again");
    call_told(c, "who has the address, with the next run of each check");
    return 0;
}

/* ---- the test mail ---- */

static const struct column test_columns[] = {
    {"notice", "Notice", KIND_NUMBER, false},
    {"to", "To", KIND_TEXT, true},
    {"redirected_to", "Redirected to", KIND_TEXT, COLUMN_SPARE},
};
static const struct section test_sections[] = {
    {NULL, NULL, test_columns, COUNT(test_columns), NULL}};
static const struct view test_view = {test_sections, 1, 0};

int channel_test_mail(struct call *c, const char *address, struct err *e)
{
    const char *redirect = c->api->engine->mail_redirect;
    const char *to = redirect && *redirect ? redirect : address;
    int64_t notice;
    bool open;
    char *why;
    json_t *o;

    if (test_mail(c->api->store, c->api->engine, address, c->rq->who, c->api->now, &notice, e) <
            0 ||
        channel_waits(c, "mail", notice, &why, &open, e) < 0)
        return -1;
    c->status = 201;
    o = call_object(c, &test_view);
    put_int(o, "notice", notice);
    put_text(o, "to", address);
    put_text(o, "redirected_to", redirect && *redirect ? redirect : NULL);
    if (why)
        call_told(c, "%s, later: %s", to, why);
    else
        call_told(c, "%s, at once", to);
    free(why);
    put_textf(o, "hint", "csictl notice show %lld", (long long)notice);
    return 0;
}

int api_mail_test(struct call *c, struct err *e)
{
    char *name, *address;
    int rc;

    if (mail_address(call_text(c, "address"), &name, &address, e) < 0)
        return err_within(e, "address");
    rc = channel_test_mail(c, address, e);
    free(name);
    free(address);
    return rc;
}
