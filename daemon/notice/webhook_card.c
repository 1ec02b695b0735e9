/* A message of Microsoft Teams' Workflows: {"type":"message"} with one Adaptive Card 1.2. Every
 * text is a TextRun, which is shown as it stands: no Markdown, no links, and a mention needs an
 * entity that csid never writes. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "notice/webhook_format.h"

#define HEAD                                                                        \
    "{\"type\":\"message\",\"attachments\":[{\"contentType\":"                      \
    "\"application/vnd.microsoft.card.adaptive\",\"contentUrl\":null,\"content\":{" \
    "\"$schema\":\"http://adaptivecards.io/schemas/adaptive-card.json\",\"type\":"  \
    "\"AdaptiveCard\",\"version\":\"1.2\",\"msteams\":{\"width\":\"Full\"},\"body\":["
#define TAIL "]}}]}"

#define STRONG ",\"weight\":\"Bolder\",\"size\":\"Large\""
#define NAMED  ",\"weight\":\"Bolder\""
#define MUTED  ",\"isSubtle\":true"
#define CODE   ",\"fontType\":\"Monospace\""

/* Two braces would be a date to fill in ({{DATE(…)}}): they are set apart. */
static void add_run(struct text *t, const char *s, const char *style)
{
    struct text apart = TEXT_INIT;

    text_clear(&apart);
    for (; *s; s++) {
        text_add_bytes(&apart, s, 1);
        if (*s == '{' && s[1] == '{')
            text_add(&apart, " ");
    }
    text_add(t, "{\"type\":\"TextRun\",\"text\":");
    text_add_json(t, apart.s);
    text_addf(t, "%s}", style);
    text_free(&apart);
}

static void open_block(struct text *t, bool first)
{
    text_addf(t, "%s{\"type\":\"RichTextBlock\",\"inlines\":[", first ? "" : ",");
}

static void add_block(struct text *t, bool first, char *s, const char *style)
{
    open_block(t, first);
    add_run(t, s, style);
    text_add(t, "]}");
    free(s);
}

static void add_item(struct text *t, const struct webhook_item *i, day_t today)
{
    char *name = webhook_name_of(i), *when = webhook_when_of(i, today), *rest;

    open_block(t, false);
    add_run(t, name, NAMED);
    if (when) {
        rest = xasprintf(": %s", when);
        text_add(t, ",");
        add_run(t, rest, "");
        free(rest);
    }
    text_add(t, "]}");
    free(name);
    free(when);
}

/* What comes after the items. */
static void add_end(struct text *t, const struct webhook_call *c, size_t shown)
{
    char *more = webhook_more(c, shown);

    if (more)
        add_block(t, false, more, MUTED);
    add_block(t, false, webhook_command(c), CODE);
    text_add(t, TAIL);
}

/* Whether the card stays within its size with `item` and the end behind it. */
static bool fits(const struct text *card, const struct text *item, const struct webhook_call *c,
                 size_t shown)
{
    struct text end = TEXT_INIT;
    bool fit;

    add_end(&end, c, shown);
    fit = card->len + item->len + end.len <= WEBHOOK_CARD_MAX;
    text_free(&end);
    return fit;
}

char *webhook_card(const struct webhook_call *c)
{
    struct text t = TEXT_INIT, item = TEXT_INIT;
    size_t shown = 0;

    text_add(&t, HEAD);
    add_block(&t, true, webhook_headline(c), STRONG);
    add_block(&t, false, webhook_context(c), MUTED);
    for (size_t i = 0; i < c->item_count && shown < WEBHOOK_ITEMS_SHOWN; i++) {
        if (!c->items[i].title)
            continue;
        text_clear(&item);
        add_item(&item, &c->items[i], c->today);
        if (!fits(&t, &item, c, shown))
            break;
        text_add_bytes(&t, item.s, item.len);
        shown++;
    }
    text_free(&item);
    add_end(&t, c, shown);
    return text_take(&t);
}
