/* Letters that ask for something about actions: one page, however many they are. */
#include <stdlib.h>

#include "base/mem.h"
#include "notice/compose_impl.h"

#define SHOWN 50 /* nobody reads more in a mail */

static void add_item(struct text *t, const struct ask_item *item)
{
    compose_add_ref(t, item->ref, item->title, item->part);
    text_add(t, " — ");
    compose_add_safe(t, item->what);
    text_add(t, "\n");
}

static void add_list(struct text *t, const struct ask *ask, const struct ask_item *items,
                     size_t count)
{
    if (ask->copy)
        text_addf(t, "For your information: **%zu action%s%s.**\n\n", count, compose_plural(count),
                  ask->of);
    else
        text_addf(t, "**%s: %zu action%s%s.** %s\n\n", ask->please, count, compose_plural(count),
                  ask->of, ask->how);
    for (size_t i = 0; i < count && i < SHOWN; i++)
        add_item(t, &items[i]);
    if (count > SHOWN)
        text_addf(t, "- and %zu more\n", count - SHOWN);
    text_addf(t, "\nAll of them: `%s`\n", ask->command);
}

void compose_ask(const struct compose_footer *footer, const struct ask *ask,
                 const struct ask_item *items, size_t count, struct letter *ret)
{
    struct text t = TEXT_INIT;
    char *next;

    text_clear(&t);
    if (!footer->unread) {
        add_list(&t, ask, items, count);
        next = compose_next_or(footer, "again on", ask->unless, "nothing more unless it changes.");
        compose_add_footer(&t, footer, ask->copy ? ", which gets a copy." : ask->why, next);
        free(next);
    }
    ret->markdown = text_take(&t);
    ret->subject = xasprintf("%s%zu action%s%s", ask->copy ? "Copy: " : "", count,
                             compose_plural(count), ask->of);
}
