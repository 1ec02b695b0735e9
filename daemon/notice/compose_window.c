/* Letters about windows: visits with nothing booked, and the inspectors' letters that are awaited.
 */
#include <stdlib.h>

#include "notice/compose_impl.h"

/* "from Mon 29 Jan 2018 to Mon 30 Apr 2018" */
static void add_days(struct text *t, const struct window_item *item, const char *from,
                     const char *to)
{
    char opens[DAY_TEXT], due[DAY_TEXT];

    if (item->opens_on.n == item->due_on.n)
        text_addf(t, "on %s", day_weekday_short(item->due_on, due));
    else
        text_addf(t, "%s %s %s %s", from, day_weekday_short(item->opens_on, opens), to,
                  day_weekday_short(item->due_on, due));
}

static bool is_over(const struct window_item *item, day_t today)
{
    return today.n > item->due_on.n;
}

/* " may come from … to …": of what asks nothing of anybody yet. */
static void add_may_come(struct text *t, const struct window_item *item, day_t today)
{
    text_add(t, is_over(item, today) ? " was expected " : " may come ");
    add_days(t, item, "from", "to");
}

static void add_expected_by(struct text *t, const struct window_item *item, day_t today)
{
    char due[DAY_TEXT];

    text_addf(t, ", %sexpected by %s", is_over(item, today) ? "was " : "",
              day_weekday_short(item->due_on, due));
}

static char *subject(const char *warning, const struct window_item *items, size_t count,
                     day_t today)
{
    struct text t = TEXT_INIT;

    text_add(&t, items->opens ? "" : warning);
    compose_add_short(&t, items->title);
    if (items->opens)
        add_may_come(&t, items, today);
    else
        add_expected_by(&t, items, today);
    if (count > 1)
        text_addf(&t, "; and %zu more", count - 1);
    return text_take(&t);
}

static void add_item(struct text *t, const struct window_item *item, day_t today)
{
    int days = today.n - item->due_on.n;

    text_add(t, "- **");
    compose_add_safe(t, item->title);
    text_add(t, "** — expected ");
    add_days(t, item, "from", "to");
    if (is_over(item, today))
        text_addf(t, " (%d day%s past)", days, days == 1 ? "" : "s");
    else if (item->opens)
        text_add(t, " (has opened)");
    if (item->command)
        text_addf(t, "\\\n  To record it: `%s`", item->command);
    text_add(t, "\n");
}

/* The list below the first line, what to do with it, and the footer. */
static void finish(struct text *t, const struct compose_footer *footer,
                   const struct window_item *items, size_t count, day_t today, const char *reply,
                   const char *unless)
{
    char *next;

    for (size_t i = 0; i < count; i++)
        add_item(t, &items[i], today);
    text_add(t, reply);
    next = compose_next_or(footer, "again on", unless, "nothing more is planned.");
    compose_add_footer(t, footer, ", which hears of what is expected.", next);
    free(next);
}

void compose_windows(const struct compose_footer *footer, const struct window_item *items,
                     size_t count, day_t today, struct letter *ret)
{
    struct text t = TEXT_INIT;

    if (items->opens) {
        text_add(&t, "For your information: **");
        compose_add_safe(&t, items->title);
        add_may_come(&t, items, today);
        text_add(&t, "; nothing is booked.**\n\n");
    } else {
        text_add(&t, "**Please book it, or ask Ofsted: nothing is booked for ");
        compose_add_safe(&t, items->title);
        add_expected_by(&t, items, today);
        text_add(&t, ".**\n\n");
    }
    finish(&t, footer, items, count, today,
           "\nWhen a day is fixed, reply with it, so that it can be recorded.\n",
           ", unless a day is recorded before.");
    ret->markdown = text_take(&t);
    ret->subject = subject("Nothing booked: ", items, count, today);
}

void compose_letters(const struct compose_footer *footer, const struct window_item *items,
                     size_t count, day_t today, struct letter *ret)
{
    struct text t = TEXT_INIT;

    text_add(&t, items->opens ? "For your information: **" : "**Has it come? ");
    compose_add_safe(&t, items->title);
    if (items->opens) {
        add_may_come(&t, items, today);
    } else {
        text_add(&t, today.n < items->due_on.n ? " is expected " : " was expected ");
        add_days(&t, items, "between", "and");
    }
    text_add(&t, ".**\n\n");
    finish(&t, footer, items, count, today,
           "\nWhen it has come, reply with the day, so that it can be recorded.\n",
           ", unless it is recorded as received before.");
    ret->markdown = text_take(&t);
    ret->subject = subject("Has it come? ", items, count, today);
}
