/* Letters about roles that nobody holds though something hangs on them, and what else keeps an
 * obligation from reaching somebody. */
#include <stdlib.h>

#include "base/mem.h"
#include "notice/compose_impl.h"

static void add_why(struct text *t, const struct vacancy *v)
{
    if (v->holder && v->email) {
        compose_add_safe(t, v->holder);
        text_add(t, " holds it but mail to ");
        compose_add_safe(t, v->email);
        text_add(t, " comes back (");
        compose_add_safe(t, v->bounced);
        text_add(t, ")");
    } else if (v->holder) {
        compose_add_safe(t, v->holder);
        text_add(t, " holds it but has no address");
    } else {
        text_add(t, "nobody holds it");
    }
}

static void add_duty(struct text *t, const struct duty *d, const char *owed, const char *expected)
{
    char due[DAY_TEXT];

    compose_add_safe(t, d->title);
    text_addf(t, "%s %s", d->window ? expected : owed, day_weekday_short(d->due_on, due));
}

static void add_actions(struct text *t, const struct vacancy *v)
{
    char due[DAY_TEXT];

    text_addf(t, "%zu action%s, %sdue %s", v->actions, compose_plural(v->actions),
              v->actions == 1 ? "" : "the first ", day_weekday_short(v->first_on, due));
}

/* Whom to find first, and why it presses. */
static void add_order(struct text *t, const struct vacancy *v)
{
    text_add(t, "**Please find someone for ");
    compose_add_safe(t, v->title);
    text_add(t, ": ");
    add_why(t, v);
    if (v->count) {
        text_add(t, v->duties[0].window ? ", and it is to hear of " : ", and it owes ");
        add_duty(t, &v->duties[0], ", due", ", expected by");
    } else {
        text_add(t, ", and it owns ");
        add_actions(t, v);
    }
    text_add(t, ".**\n\n");
}

static void add_vacancy(struct text *t, const struct vacancy *v)
{
    text_add(t, "- **");
    compose_add_safe(t, v->title);
    text_add(t, "**: ");
    add_why(t, v);
    text_add(t, "\n");
    for (size_t i = 0; i < v->count; i++) {
        text_add(t, "  - ");
        add_duty(t, &v->duties[i], ": due", ": expected by");
        text_add(t, "\n");
    }
    if (v->actions) {
        text_add(t, "  - ");
        add_actions(t, v);
        text_add(t, "\n");
    }
    text_addf(t, "  - `csictl role assign %s --name NAME --email ADDRESS`\n", v->slug);
}

static void add_list(struct text *t, const char *heading, const struct vacancy *list, size_t count)
{
    if (count)
        text_addf(t, "%s\n\n", heading);
    for (size_t i = 0; i < count; i++)
        add_vacancy(t, &list[i]);
    if (count)
        text_add(t, "\n");
}

/* A role may stand in both lists. */
static size_t count_roles(const struct vacancy *owing, size_t owing_count,
                          const struct vacancy *owning, size_t owning_count)
{
    size_t count = owing_count;

    for (size_t i = 0; i < owning_count; i++) {
        size_t k = 0;

        while (k < owing_count && owing[k].role_id != owning[i].role_id)
            k++;
        count += k == owing_count;
    }
    return count;
}

static char *subject(const struct vacancy *first, size_t count)
{
    struct text t = TEXT_INIT;

    if (count > 1)
        text_addf(&t, "%zu roles reach nobody, first: ", count);
    else
        text_add(&t, "A role reaches nobody: ");
    compose_add_short(&t, first->title);
    return text_take(&t);
}

void compose_vacancies(const struct compose_footer *footer, const struct vacancy *owing,
                       size_t owing_count, const struct vacancy *owning, size_t owning_count,
                       const char *also, struct letter *ret)
{
    const struct vacancy *first = owing_count ? owing : owning;
    struct text t = TEXT_INIT;
    char *next;

    add_order(&t, first);
    add_list(&t, "What is owed, or to be heard of:", owing, owing_count);
    add_list(&t, "Actions overdue or due within 28 days:", owning, owning_count);
    text_add(&t, "The last line of each is what to type once there is someone.\n");
    if (also) {
        text_add(&t, "\nOnly you were told: ");
        compose_add_safe(&t, also);
        text_add(&t, ".\n");
    }
    next = compose_next_or(footer, "again on",
                           ", or when one more joins, until each has someone with an address.",
                           "nothing more is planned.");
    compose_add_footer(&t, footer, ", which hears of roles that reach nobody.", next);
    free(next);
    ret->markdown = text_take(&t);
    ret->subject = subject(first, count_roles(owing, owing_count, owning, owning_count));
}

void compose_gaps(const struct compose_footer *footer, const struct gap_item *items, size_t count,
                  size_t obligations, struct letter *ret)
{
    struct text t = TEXT_INIT, subject = TEXT_INIT;
    char *next;

    text_addf(&t,
              "**Please mend this: not all of what is owed (%zu obligation%s) reaches somebody and "
              "has a way to the chair of the board.**\n\n",
              obligations, compose_plural(obligations));
    for (size_t i = 0; i < count; i++) {
        text_add(&t, "- ");
        compose_add_safe(&t, items[i].what);
        text_addf(&t, "\n  - `%s`\n", items[i].mend);
    }
    text_add(&t, "\nAs it stands now: `csictl check run coverage --dry-run`\n");
    next = compose_next_or(footer, "again on", ", or when one more joins, until none is left.",
                           "nothing more is planned.");
    compose_add_footer(&t, footer, ", who hears of what reaches nobody.", next);
    free(next);
    text_addf(&subject, "csid: %zu gap%s in who is told, first: ", count, compose_plural(count));
    compose_add_short(&subject, items[0].what);
    ret->markdown = text_take(&t);
    ret->subject = text_take(&subject);
}
