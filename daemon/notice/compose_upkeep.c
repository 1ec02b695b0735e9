/* Letters about what officers keep up: audits, measures, risks. */
#include <stdlib.h>

#include "notice/compose_impl.h"

static char *subject(const struct upkeep_item *first, size_t count)
{
    struct text t = TEXT_INIT;

    text_addf(&t, "%s: ", first->subject);
    compose_add_short(&t, first->title);
    if (count > 1)
        text_addf(&t, "; and %zu more", count - 1);
    return text_take(&t);
}

static void add_item(struct text *t, const struct upkeep_item *item)
{
    text_add(t, "- **");
    compose_add_safe(t, item->title);
    text_addf(t, "** — %s", item->fact);
    if (item->owner) {
        text_add(t, "; owned by ");
        compose_add_safe(t, item->owner);
    }
    if (item->command)
        text_addf(t, "\\\n  To record it: `%s`", item->command);
    text_add(t, "\n");
}

void compose_upkeep(const struct compose_footer *footer, const struct upkeep_item *items,
                    size_t count, struct letter *ret)
{
    struct text t = TEXT_INIT;
    char *next;

    text_addf(&t, "**Please %s: ", items->ask);
    compose_add_safe(&t, items->title);
    text_add(&t, ".**");
    if (count > 1)
        text_addf(&t, " %zu more %s below.", count - 1, count == 2 ? "stands" : "stand");
    text_add(&t, "\n\n");
    for (size_t i = 0; i < count; i++)
        add_item(&t, &items[i]);
    text_add(&t, "\nOr reply with it, so that it can be recorded.\n");
    next = compose_next_or(footer, "again on", ", unless it is recorded before.",
                           "nothing more of this.");
    compose_add_footer(&t, footer, ", which owns it or hears of it.", next);
    free(next);
    ret->markdown = text_take(&t);
    ret->subject = subject(items, count);
}
