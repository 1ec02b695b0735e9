#include "notice/compose_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "notice/message.h"

#define SUBJECT_PART 100 /* bytes of somebody's text in a subject */
#define TITLE_MAX    300 /* and in a list */

void letter_clear(struct letter *l)
{
    free(l->subject);
    free(l->markdown);
    *l = (struct letter){0};
}

/* One line of at most `max` bytes, cut between characters. Caller frees. */
static char *shortened(const char *s, size_t max)
{
    char *line = text_one_line(s), *cut;
    size_t len = strlen(line);

    if (len <= max)
        return line;
    for (len = max; len > 0 && ((unsigned char)line[len] & 0xc0) == 0x80;)
        len--;
    cut = xasprintf("%.*s…", (int)len, line);
    free(line);
    return cut;
}

void compose_add_safe(struct text *t, const char *s)
{
    char *cut = shortened(s, TITLE_MAX), *safe = markdown_escape(cut);

    text_add(t, safe);
    free(cut);
    free(safe);
}

void compose_add_short(struct text *t, const char *s)
{
    char *cut = shortened(s, SUBJECT_PART);

    text_add(t, cut);
    free(cut);
}

const char *compose_plural(size_t n)
{
    return n == 1 ? "" : "s";
}

void compose_add_in_days(struct text *t, int days)
{
    if (days == 0)
        text_add(t, "today");
    else if (days == 1)
        text_add(t, "tomorrow");
    else
        text_addf(t, "in %d days", days);
}

void compose_add_ref(struct text *t, const char *ref, const char *title, const char *part)
{
    text_add(t, "- **");
    compose_add_safe(t, ref);
    text_add(t, "** ");
    compose_add_safe(t, title);
    if (*part) {
        text_add(t, " (part ");
        compose_add_safe(t, part);
        text_add(t, ")");
    }
}

void compose_add_footer(struct text *t, const struct compose_footer *f, const char *why,
                        const char *next)
{
    text_add(t, "\n---\n\nWhy you get this: you hold ");
    compose_add_safe(t, f->roles);
    text_addf(t, "%s\\\nNext: %s\\\nReference: ", why, next);
    compose_add_safe(t, f->reference);
    text_add(t, " (csid for ");
    compose_add_safe(t, f->organisation);
    text_add(t, ")\n");
}

char *compose_next_or(const struct compose_footer *f, const char *before, const char *after,
                      const char *never)
{
    char day[DAY_TEXT];

    if (!day_is(f->next))
        return xstrdup(never);
    return xasprintf("%s %s%s", before, day_weekday_short(f->next, day), after);
}

/* ---- visits and inspections ---- */

static void add_visit_item(struct text *t, const struct visit_item *item, day_t today)
{
    char from[DAY_TEXT], to[DAY_TEXT];

    text_add(t, "- **");
    compose_add_safe(t, item->title);
    text_addf(t, "** — %s", day_weekday_short(item->from_on, from));
    if (item->to_on.n > item->from_on.n)
        text_addf(t, " to %s", day_weekday_short(item->to_on, to));
    text_add(t, ", ");
    compose_add_in_days(t, item->from_on.n - today.n);
    text_add(t, " (");
    compose_add_safe(t, item->step);
    if (day_is(item->was))
        text_addf(t, ", changed, was %s", day_weekday_short(item->was, from));
    text_add(t, ")\n");
}

static char *visits_subject(const struct visit_item *first, size_t count, day_t today)
{
    struct text t = TEXT_INIT;
    char from[DAY_TEXT];

    if (count > 1)
        text_addf(&t, "%zu visits or inspections ahead, first: ", count);
    compose_add_short(&t, first->title);
    text_addf(&t, " begins %s, ", day_weekday_short(first->from_on, from));
    compose_add_in_days(&t, first->from_on.n - today.n);
    return text_take(&t);
}

void compose_visits(const struct compose_footer *footer, const char *when,
                    const struct visit_item *items, size_t count, day_t today, struct letter *ret)
{
    struct text t = TEXT_INIT;
    char from[DAY_TEXT], *next, *why = xasprintf(", which is told %s.", when);

    text_add(&t, "**Please see that everyone who is needed is free from ");
    text_addf(&t, "%s: ", day_weekday_short(items[0].from_on, from));
    compose_add_safe(&t, items[0].title);
    text_add(&t, " begins ");
    compose_add_in_days(&t, items[0].from_on.n - today.n);
    text_add(&t, ".**\n\n");
    for (size_t i = 0; i < count; i++)
        add_visit_item(&t, &items[i], today);
    next = compose_next_or(footer, "again on", ", unless the dates change.",
                           "this was the last reminder, unless the dates change.");
    compose_add_footer(&t, footer, why, next);
    free(next);
    free(why);
    ret->markdown = text_take(&t);
    ret->subject = visits_subject(&items[0], count, today);
}

/* ---- what moves with the holidays ---- */

#define REVISIONS_MAX 12

static void add_revision(struct text *t, const struct revision *r)
{
    char was[DAY_TEXT], is[DAY_TEXT];

    text_add(t, "- ");
    compose_add_safe(t, r->name ? r->name : r->name_was);
    if (r->kind == REVISION_MOVED)
        text_addf(t, ": moved from %s to %s\n", day_weekday_short(r->was, was),
                  day_weekday_short(r->is, is));
    else
        text_addf(t, ": %s is %s\n", day_weekday_short(r->name ? r->is : r->was, is),
                  r->name ? "now a holiday" : "no longer a holiday");
}

char *compose_revisions(const struct revision *revisions, size_t count)
{
    struct text t = TEXT_INIT;
    size_t shown = 0;

    text_clear(&t);
    for (size_t i = 0; i < count; i++)
        if (revisions[i].kind != REVISION_RENAMED && shown++ < REVISIONS_MAX)
            add_revision(&t, &revisions[i]);
    if (shown > REVISIONS_MAX)
        text_addf(&t, "- and %zu more\n", shown - REVISIONS_MAX);
    return text_take(&t);
}

/* What moves where the day itself stays. */
static const char *moved_besides(const struct moved_item *item)
{
    return item->window ? "its first day moves" : "reminders move";
}

/* What to do by when, of the first; the list below says all. */
static void add_moved_order(struct text *t, const struct moved_item *item, size_t count)
{
    char was[DAY_TEXT], is[DAY_TEXT];

    text_add(t, item->role ? "For your information: **" : "**");
    if (item->send_by.n != item->send_by_was.n)
        text_addf(t, "%s by %s, no longer by %s", item->window ? "Expected" : "Send",
                  day_weekday_short(item->send_by, is), day_weekday_short(item->send_by_was, was));
    else
        text_addf(t, "Still %s by %s, only %s", item->window ? "expected" : "send",
                  day_weekday_short(item->send_by, is), moved_besides(item));
    text_add(t, ": ");
    compose_add_safe(t, item->title);
    if (item->recipient) {
        text_add(t, ", to ");
        compose_add_safe(t, item->recipient);
    }
    text_add(t, ".**");
    if (count > 1)
        text_addf(t, " %zu more move%s.", count - 1, count == 2 ? "s" : "");
    text_add(t, " Bank holidays have changed:\n\n");
}

static char *moved_subject(const struct moved_item *item, size_t count)
{
    struct text t = TEXT_INIT;
    char day[DAY_TEXT];

    text_add(&t, item->role ? "Copy: " : "");
    if (count > 1)
        text_addf(&t, "%zu deadlines moved by bank holidays, first: ", count);
    compose_add_short(&t, item->title);
    text_addf(&t, ": %s%s by %s", item->send_by.n != item->send_by_was.n ? "now " : "",
              item->window ? "expected" : "send", day_weekday_short(item->send_by, day));
    if (item->send_by.n == item->send_by_was.n)
        text_addf(&t, " as before, %s", moved_besides(item));
    return text_take(&t);
}

void compose_moved(const struct compose_footer *footer, const struct moved_item *items,
                   size_t count, const char *why, struct letter *ret)
{
    struct text t = TEXT_INIT;
    char *next;

    add_moved_order(&t, &items[0], count);
    text_add(&t, why);
    text_add(&t, "\nWhat moves with them:\n\n");
    for (size_t i = 0; i < count; i++) {
        text_add(&t, "- **");
        compose_add_safe(&t, items[i].title);
        text_add(&t, "**");
        if (items[i].role) {
            text_add(&t, items[i].window ? ", awaited by " : ", owed by ");
            compose_add_safe(&t, items[i].role);
        }
        text_addf(&t, ": %s\n", items[i].dates);
    }
    next = compose_next_or(footer, "a reminder on",
                           items[0].window ? ", unless it is recorded before."
                                           : ", unless it is recorded as sent before.",
                           "nothing more is planned.");
    compose_add_footer(&t, footer,
                       items[0].window ? ", which hears of it." : ", which owes it or gets a copy.",
                       next);
    free(next);
    ret->markdown = text_take(&t);
    ret->subject = moved_subject(&items[0], count);
}

void compose_trouble(const struct compose_footer *footer, const char *const *lines, size_t count,
                     struct letter *ret)
{
    struct text t = TEXT_INIT;

    text_addf(&t, "Please mend this: csid could not do %zu thing%s it should have done.\n\n", count,
              compose_plural(count));
    for (size_t i = 0; i < count; i++) {
        text_add(&t, "- ");
        compose_add_safe(&t, lines[i]);
        text_add(&t, "\n");
    }
    compose_add_footer(&t, footer, ", who hears of csid's troubles.",
                       "nothing more of these; what is mended is made good at the next run.");
    ret->markdown = text_take(&t);
    ret->subject = xasprintf("csid: %zu thing%s could not be done", count, compose_plural(count));
}

void compose_test(const char *organisation, const char *who, struct letter *ret)
{
    struct text t = TEXT_INIT;

    text_add(&t, "You need not do anything: this mail only shows that csid can write to you.\n\n");
    text_add(&t, "It was asked for by ");
    compose_add_safe(&t, who);
    text_add(&t, ", and speaks of no action or deadline of ");
    compose_add_safe(&t, organisation);
    text_add(&t, ".\n");
    ret->markdown = text_take(&t);
    ret->subject = xstrdup("Test mail of csid, nothing to do");
}
