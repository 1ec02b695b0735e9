#include "engine/test_mail.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "notice/compose.h"
#include "notice/message.h"
#include "notice/webhook_event.h"
#include "store/notice.h"
#include "store/outbox.h"

#define WORTH_S (24 * 60 * 60) /* sending: later, nobody waits for it any more */

static int write(const struct engine *engine, const struct letter *letter, utc_t now,
                 struct outbox_message *m, struct err *e)
{
    const struct mail mail = {
        .from = engine->mail_from,
        .to = m->recipient,
        .redirect = m->redirected_to,
        .reply_to = engine->mail_reply_to,
        .subject = letter->subject,
        .message_id = m->message_id,
        .markdown = letter->markdown,
        .date = now,
    };

    return mail_build(&mail, &m->body, &m->body_len, e);
}

static int queue(struct store *s, const struct outbox_message *m, const char *who, day_t today,
                 int64_t *ret_notice, struct err *e)
{
    char *reason = xasprintf("%s asked for it", who);
    struct notice n = {.event = EVENT_TEST,
                       .about = "mail:test",
                       .due_on = today,
                       .rule = "mail test",
                       .step = m->message_id,
                       .role = "",
                       .channel = "mail",
                       .reason = reason};
    int rc = outbox_add(s, m, &n.message_id, e);

    if (rc == 0)
        rc = notice_add(s, &n, ret_notice, e);
    free(reason);
    return rc;
}

int test_mail(struct store *s, const struct engine *engine, const char *to, const char *who,
              utc_t now, int64_t *ret_notice, struct err *e)
{
    const char *redirect = engine->mail_redirect;
    struct outbox_message m = {
        .channel = xstrdup("mail"),
        .recipient = xstrdup(to),
        .redirected_to = redirect && *redirect ? xstrdup(redirect) : NULL,
        .event = xstrdup(EVENT_TEST),
        .message_id = mail_message_id(engine->mail_from),
        .valid_until = {now.s + WORTH_S},
    };
    struct letter letter;
    int rc;

    compose_test(engine->organisation, who, &letter);
    m.subject = xstrdup(letter.subject);
    rc = write(engine, &letter, now, &m, e);
    if (rc == 0)
        rc = queue(s, &m, who, zone_today(engine->zone, now), ret_notice, e);
    letter_clear(&letter);
    outbox_message_clear(&m);
    return rc;
}
