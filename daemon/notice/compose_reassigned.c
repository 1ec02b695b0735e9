/* The letter to who has something now that was somebody else's. */
#include <stdlib.h>

#include "base/mem.h"
#include "notice/compose_impl.h"

/* "3 actions and 1 deadline". */
static char *counted(const struct reassigned_item *items, size_t count)
{
    size_t actions = 0, deadlines;
    struct text t = TEXT_INIT;

    for (size_t i = 0; i < count; i++)
        actions += items[i].ref != NULL;
    deadlines = count - actions;
    if (actions)
        text_addf(&t, "%zu action%s", actions, compose_plural(actions));
    if (deadlines)
        text_addf(&t, "%s%zu deadline%s", actions ? " and " : "", deadlines,
                  compose_plural(deadlines));
    return text_take(&t);
}

static void add_date(struct text *t, const struct reassigned_item *item, day_t today)
{
    char due[DAY_TEXT];
    int days;

    if (!day_is(item->due_on)) {
        text_add(t, "without a date");
        return;
    }
    days = item->due_on.n - today.n;
    text_addf(t, "%s %s, ", item->window ? "expected by" : "due",
              day_weekday_short(item->due_on, due));
    if (days < 0)
        text_addf(t, "%d day%s over", -days, compose_plural((size_t)-days));
    else
        compose_add_in_days(t, days);
}

static void add_item(struct text *t, const struct reassigned_item *item, day_t today)
{
    text_add(t, "- **");
    compose_add_safe(t, item->ref ? item->ref : item->title);
    text_add(t, "** ");
    if (item->ref)
        compose_add_safe(t, item->title);
    text_add(t, item->ref ? " — " : "— ");
    add_date(t, item, today);
    text_add(t, "; before with ");
    compose_add_safe(t, item->was);
    text_add(t, "\n");
}

void compose_reassigned(const struct compose_footer *footer, const struct reassigned_item *items,
                        size_t count, day_t today, struct letter *ret)
{
    struct text t = TEXT_INIT;
    char *what = counted(items, count);

    text_addf(&t,
              "**From today %s with you: %s.** See that each is done by its date, or reply where "
              "one should not be yours.\n\n",
              count == 1 ? "this is" : "these are", what);
    for (size_t i = 0; i < count; i++)
        add_item(&t, &items[i], today);
    compose_add_footer(&t, footer, count == 1 ? ", which has it now." : ", which has them now.",
                       "what is due is told by its date.");
    ret->markdown = text_take(&t);
    ret->subject = xasprintf("Now yours: %s", what);
    free(what);
}
