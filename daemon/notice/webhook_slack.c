/* A message of Slack's incoming webhooks: text for notifications, blocks for the channel. &, < and
 * > are escaped everywhere, which takes the meaning from <!channel>, <@U1> and <https://…|links>;
 * what csid did not write itself stands in objects of plain text, where no other mark counts
 * either. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "notice/webhook_format.h"

/* As a JSON string; Slack's three characters escaped, others as they are. */
static void add_text(struct text *t, const char *s)
{
    static const char *const escapes[256] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;"};
    struct text escaped = TEXT_INIT;

    text_clear(&escaped);
    for (; *s; s++) {
        const char *escape = escapes[(unsigned char)*s];

        if (escape)
            text_add(&escaped, escape);
        else
            text_add_bytes(&escaped, s, 1);
    }
    text_add_json(t, escaped.s);
    text_free(&escaped);
}

static void add_plain(struct text *t, const char *s)
{
    text_add(t, "{\"type\":\"plain_text\",\"emoji\":false,\"text\":");
    add_text(t, s);
    text_add(t, "}");
}

static void add_context(struct text *t, const char *s)
{
    text_add(t, ",{\"type\":\"context\",\"elements\":[");
    add_plain(t, s);
    text_add(t, "]}");
}

static void add_item(struct text *t, const struct webhook_item *i, day_t today)
{
    char *name = webhook_name_of(i), *when = webhook_when_of(i, today);
    char *both = when ? xasprintf("%s\n%s", name, when) : xstrdup(name);

    text_add(t, ",{\"type\":\"section\",\"text\":");
    add_plain(t, both);
    text_add(t, "}");
    free(name);
    free(when);
    free(both);
}

static void add_command(struct text *t, const struct webhook_call *c)
{
    char *command = webhook_command(c), *code = xasprintf("`%s`", command);

    text_add(t, ",{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"verbatim\":true,\"text\":");
    add_text(t, code);
    text_add(t, "}}");
    free(code);
    free(command);
}

/* "mrkdwn": false: the text beside the blocks is plain too. */
static void add_head(struct text *t, const struct webhook_call *c)
{
    char *headline = webhook_headline(c), *context = webhook_context(c);
    char *text = xasprintf("%s (%s)", headline, context);

    text_add(t, "{\"text\":");
    add_text(t, text);
    text_add(t, ",\"mrkdwn\":false,\"blocks\":[{\"type\":\"header\",\"text\":");
    add_plain(t, headline);
    text_add(t, "}");
    add_context(t, context);
    free(text);
    free(context);
    free(headline);
}

char *webhook_slack(const struct webhook_call *c)
{
    struct text t = TEXT_INIT;
    size_t shown = 0;
    char *more;

    add_head(&t, c);
    for (size_t i = 0; i < c->item_count && shown < WEBHOOK_ITEMS_SHOWN; i++) {
        if (!c->items[i].title)
            continue;
        add_item(&t, &c->items[i], c->today);
        shown++;
    }
    more = webhook_more(c, shown);
    if (more)
        add_context(&t, more);
    add_command(&t, c);
    text_add(&t, "]}");
    free(more);
    return text_take(&t);
}
