/* What has gone up to somebody because it is overdue, and that it is settled. */
#include <stdlib.h>

#include "base/mem.h"
#include "notice/compose_impl.h"

static void add_who(struct text *t, const char *title, const char *name)
{
    compose_add_safe(t, title);
    if (name) {
        text_add(t, " (");
        compose_add_safe(t, name);
        text_add(t, ")");
    }
}

/* Everyone who was told, in order, each with the day. */
static void add_told(struct text *t, const struct escalation_item *item)
{
    char day[DAY_TEXT];

    text_add(t, "\\\n  Told so far: ");
    for (size_t i = 0; i < item->told_count; i++) {
        const struct escalation_who *who = &item->told[i];

        text_add(t, i ? "; " : "");
        add_who(t, who->title, who->name);
        text_addf(t, who->empty ? " could not be told, tried %s" : " on %s",
                  day_weekday_short(who->on, day));
    }
    if (!item->told_count)
        text_add(t, "nobody, for nobody owns it");
}

static void add_next(struct text *t, const struct escalation_item *item)
{
    char day[DAY_TEXT];

    text_add(t, "\\\n  Next: ");
    if (!item->next) {
        text_add(t, "nobody above you is told");
    } else {
        add_who(t, item->next, item->next_name);
        text_addf(t, " is told on %s", day_weekday_short(item->next_on, day));
    }
    text_add(t, item->deadline ? ", unless it is recorded as sent before."
                               : ", unless it is complete or has a later date before.");
}

static void add_item(struct text *t, const struct escalation_item *item)
{
    char day[DAY_TEXT];

    compose_add_ref(t, item->ref, item->title, "");
    text_addf(t, " — due %s, %d day%s over.\\\n  Owner: ", day_short(item->due_on, day), item->days,
              compose_plural((size_t)item->days));
    if (item->owner)
        add_who(t, item->owner, item->owner_name);
    else
        text_add(t, "nobody");
    add_told(t, item);
    add_next(t, item);
    text_add(t, "\n");
}

/* A command with somebody's words in it, and what it does. */
static void add_command(struct text *t, const char *before, const char *word, const char *after,
                        const char *does)
{
    char *command = xasprintf("%s %s %s", before, word, after);

    text_add(t, "- ");
    compose_add_safe(t, command);
    text_addf(t, ": %s\n", does);
    free(command);
}

/* What the reader can do, by what the list holds: with a log-in, and without one. */
static void add_what_to_do(struct text *t, const struct escalation_item *items, size_t count,
                           bool answered)
{
    const struct escalation_item *action = NULL, *deadline = NULL;

    for (size_t i = count; i-- > 0;)
        *(items[i].deadline ? &deadline : &action) = &items[i];
    text_add(t, "\nWith a log-in to csid:\n\n");
    if (action) {
        add_command(t, "csictl action show", action->ref, "", "how it stands");
        add_command(t, "csictl action extend", action->ref, "--to DATE --why TEXT",
                    "asks for a later date, which somebody else grants");
    }
    if (deadline)
        add_command(t, "csictl deadline submit", deadline->number, "--on DATE",
                    "records that it was sent");
    text_addf(t, "\nWithout one: reply and say what will be done by when%s.\n",
              answered ? "; the programme office records it" : ", so that it can be recorded");
}

static void add_first_line(struct text *t, const struct escalation_item *items, size_t count)
{
    if (count == 1)
        text_addf(t,
                  "**Please see to it: what is %d day%s overdue has come up to you.** It was not "
                  "settled by who was told before.\n\n",
                  items[0].days, compose_plural((size_t)items[0].days));
    else
        text_addf(t,
                  "**Please see to it: %zu overdue matters have come up to you.** They were not "
                  "settled by who was told before.\n\n",
                  count);
}

static char *subject_of(const struct escalation_item *items, size_t count)
{
    struct text t = TEXT_INIT;
    int most = 0;

    for (size_t i = 0; i < count; i++)
        most = items[i].days > most ? items[i].days : most;
    if (count > 1) {
        text_addf(&t, "Escalated to you: %zu matters, the longest %d days overdue", count, most);
        return text_take(&t);
    }
    text_addf(&t, "Escalated to you: ");
    compose_add_short(&t, items[0].ref);
    text_addf(&t, " is %d day%s overdue: ", most, compose_plural((size_t)most));
    compose_add_short(&t, items[0].title);
    return text_take(&t);
}

void compose_escalation(const struct compose_footer *footer, const struct escalation_item *items,
                        size_t count, bool answered, struct letter *ret)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    if (!footer->unread) {
        add_first_line(&t, items, count);
        for (size_t i = 0; i < count; i++)
            add_item(&t, &items[i]);
        add_what_to_do(&t, items, count, answered);
        compose_add_footer(&t, footer, ", to which this is escalated.",
                           count == 1 ? "as said above." : "as said above of each.");
    }
    ret->markdown = text_take(&t);
    ret->subject = subject_of(items, count);
}

/* ---- settled ---- */

void compose_resolved(const struct compose_footer *footer, const struct resolved_item *items,
                      size_t count, struct letter *ret)
{
    struct text t = TEXT_INIT, subject = TEXT_INIT;

    text_add(&t, "For your information: what was escalated to you is settled.\n\n");
    for (size_t i = 0; i < count; i++) {
        text_add(&t, "- **");
        compose_add_safe(&t, items[i].ref);
        text_add(&t, "** ");
        compose_add_safe(&t, items[i].title);
        text_add(&t, " — ");
        compose_add_safe(&t, items[i].why);
        text_add(&t, "\n");
    }
    compose_add_footer(&t, footer, ", to which it was escalated.", "nothing more of it.");
    if (count > 1) {
        text_addf(&subject, "Resolved: %zu matters that were escalated to you", count);
    } else {
        text_add(&subject, "Resolved: ");
        compose_add_short(&subject, items[0].ref);
        text_add(&subject, " ");
        compose_add_short(&subject, items[0].why);
    }
    ret->markdown = text_take(&t);
    ret->subject = text_take(&subject);
}
