/* The list of somebody's actions: what is overdue, due within a week, due within four; and what
 * else is theirs, at the end of a mail about other things. */
#include <stdlib.h>

#include "base/mem.h"
#include "notice/compose_impl.h"

enum { WEEK = 7 };

/* Where items stop that are due in at most so many days; they stand in that order. */
static size_t until_days(const struct action_item *items, size_t count, int days)
{
    size_t n = 0;

    while (n < count && items[n].days <= days)
        n++;
    return n;
}

static void add_days(struct text *t, int days)
{
    if (days < 0) {
        text_addf(t, "%d day%s over", -days, compose_plural((size_t)-days));
        return;
    }
    compose_add_in_days(t, days);
}

static void add_item(struct text *t, const struct action_item *item)
{
    char due[DAY_TEXT];

    compose_add_ref(t, item->ref, item->title, item->part);
    text_addf(t, " — due %s, ", day_short(item->due_on, due));
    add_days(t, item->days);
    if (item->rating) {
        text_add(t, ", ");
        compose_add_safe(t, item->rating);
    }
    if (item->mark)
        text_addf(t, " (%s)", item->mark);
    text_add(t, "\n");
}

static void add_section(struct text *t, const char *heading, const struct action_item *items,
                        size_t count)
{
    if (!count)
        return;
    text_addf(t, "\n**%s**\n\n", heading);
    for (size_t i = 0; i < count; i++)
        add_item(t, &items[i]);
}

static void add_sections(struct text *t, const struct action_item *items, size_t count)
{
    size_t over = until_days(items, count, -1), week = until_days(items, count, WEEK);

    add_section(t, "Overdue", items, over);
    add_section(t, "Due within 7 days", items + over, week - over);
    add_section(t, "Due within 28 days", items + week, count - week);
}

/* What to do by when. */
static void add_order(struct text *t, const struct action_item *items, size_t count, bool copy)
{
    size_t over = until_days(items, count, -1);
    char due[DAY_TEXT];

    if (copy) {
        text_add(t, "For your information; who owns them was told the same.\n");
        return;
    }
    if (over == 1)
        text_add(t, "**Please act today: an action you own is past its due date.** Complete it, or "
                    "reply with what stands in the way and when it will be done.\n");
    else if (over)
        text_addf(t,
                  "**Please act today: %zu actions you own are past their due dates.** Complete "
                  "each, or reply with what stands in the way and when it will be done.\n",
                  over);
    else
        text_addf(
            t,
            "**Please see that it is done by %s: %s you own %s due soon.** Reply if something "
            "stands in the way.\n",
            day_weekday_short(items[0].due_on, due), count == 1 ? "an action" : "actions",
            count == 1 ? "is" : "are");
}

static char *why(const struct action_item *items, size_t count, bool copy)
{
    size_t marked = 0;

    for (size_t i = 0; i < count; i++)
        marked += items[i].mark != NULL;
    if (copy)
        return xstrdup(", which gets a copy.");
    return xasprintf(", which owns %s; today because of %zu, marked in brackets.",
                     count == 1 ? "it" : "them", marked);
}

static char *subject(const struct action_item *items, size_t count, bool copy)
{
    size_t over = until_days(items, count, -1);
    int days = -items[0].days;
    const char *before = copy ? "Copy: " : "";
    char due[DAY_TEXT];

    if (over)
        return xasprintf("%s%zu action%s overdue, %sby %d day%s", before, over,
                         compose_plural(over), over == 1 ? "" : "the longest ", days,
                         compose_plural((size_t)days));
    return xasprintf("%s%zu action%s due soon, %son %s", before, count, compose_plural(count),
                     count == 1 ? "" : "the first ", day_weekday_short(items[0].due_on, due));
}

void compose_actions(const struct compose_footer *footer, const struct action_item *items,
                     size_t count, bool copy, struct letter *ret)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    if (!footer->unread) {
        char *because = why(items, count, copy);
        char *next = compose_next_or(footer, "again on",
                                     ", for what is still open then and has no new date.",
                                     "nothing more is planned.");

        add_order(&t, items, count, copy);
        add_sections(&t, items, count);
        compose_add_footer(&t, footer, because, next);
        free(because);
        free(next);
    }
    ret->markdown = text_take(&t);
    ret->subject = subject(items, count, copy);
}

char *compose_also(const struct action_item *items, size_t count)
{
    struct text t = TEXT_INIT;

    text_add(&t, "\n# Also yours, told at other times\n");
    add_sections(&t, items, count);
    return text_take(&t);
}
