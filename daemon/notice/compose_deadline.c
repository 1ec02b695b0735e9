#include "notice/compose_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int days_over(const struct deadline_facts *f)
{
    return f->today.n > f->due_on.n ? f->today.n - f->due_on.n : 0;
}

static char *deadline_subject(const struct deadline_facts *f)
{
    struct text t = TEXT_INIT;
    char day[DAY_TEXT];
    int over = days_over(f);

    text_add(&t, f->copy ? "Copy: " : "");
    if (f->past)
        text_add(&t, "Was it sent? ");
    else if (over)
        text_addf(&t, "Overdue by %d day%s: ", over, compose_plural((size_t)over));
    compose_add_short(&t, f->title);
    if (over)
        text_addf(&t, ", due %s", day_weekday_short(f->due_on, day));
    else
        text_addf(&t, ": send by %s", day_weekday_short(f->send_by, day));
    if (f->recipient) {
        text_add(&t, over ? ", to " : " to ");
        compose_add_short(&t, f->recipient);
    }
    return text_take(&t);
}

/* What to do by when. */
static void add_order(struct text *t, const struct deadline_facts *f)
{
    char day[DAY_TEXT];
    int over = days_over(f);

    if (over) {
        text_addf(t, "Send it now, it is overdue by %d day%s", over, compose_plural((size_t)over));
    } else if (f->today.n > f->send_by.n) {
        text_addf(t, "Send it now, it was to go by %s", day_weekday_short(f->send_by, day));
    } else {
        text_addf(t, "Send by %s, ", day_weekday_short(f->send_by, day));
        compose_add_in_days(t, f->send_by.n - f->today.n);
    }
}

static void add_what(struct text *t, const struct deadline_facts *f)
{
    compose_add_safe(t, f->title);
    if (f->recipient) {
        text_add(t, ", to ");
        compose_add_safe(t, f->recipient);
    }
}

static void add_first_line(struct text *t, const struct deadline_facts *f)
{
    char due[DAY_TEXT];

    if (f->copy && !f->holder) {
        text_add(t, "**Please find someone to see to this: ");
        compose_add_safe(t, f->nobody);
        text_add(t, ", so only copies went out.** ");
    } else if (f->copy) {
        text_add(t, "For your information; ");
        compose_add_safe(t, f->holder);
        text_add(t, " was told: ");
    }
    text_add(t, "**");
    if (f->past)
        text_add(t, "Past when it was recorded: was it sent?");
    else
        add_order(t, f);
    text_add(t, f->past ? "** " : ": ");
    add_what(t, f);
    if (f->past)
        text_addf(t, ", was due %s.\n\n", day_weekday_short(f->due_on, due));
    else
        text_add(t, ".**\n\n");
}

/* Until it is recorded as sent, what to do then and what follows otherwise: a line each. */
static void add_status(struct text *t, const struct deadline_facts *f)
{
    char day[DAY_TEXT];

    text_add(t, "**Not recorded as sent.**");
    if (!f->copy)
        text_add(t, f->past ? " Reply with the day it went, or that it never did, so that it can "
                              "be recorded."
                            : " When it has gone, reply with the date, so that it can be "
                              "recorded.");
    if (f->missed) {
        text_add(t, f->past ? "\\\nIf it was missed: " : "\\\nIf it is missed: ");
        compose_add_safe(t, f->missed);
    }
    if (f->draft)
        text_addf(t, "\\\nA draft of it stands below, figures as at %s.",
                  day_short(f->draft_on, day));
    if (f->no_draft)
        text_add(t, "\\\nThere is no draft of it, see below.");
    text_add(t, "\n\n");
}

/* "1 Oct 2017 is a Sunday". */
static void add_why_not(struct text *t, const struct deadline_facts *f)
{
    bool weekend = strcmp(f->why_not_due, "Saturday") == 0 || strcmp(f->why_not_due, "Sunday") == 0;
    char due[DAY_TEXT];

    text_addf(t, ", because %s is ", day_short(f->due_on, due));
    text_add(t, weekend ? "a " : "no working day (");
    compose_add_safe(t, f->why_not_due);
    text_add(t, weekend ? "" : ")");
}

static void add_deadline_list(struct text *t, const struct deadline_facts *f)
{
    char day[DAY_TEXT];

    text_addf(t, "- Due: %s", day_weekday_short(f->due_on, day));
    if (day_is(f->due_was))
        text_addf(t, " (changed, was %s)", day_weekday_short(f->due_was, day));
    text_addf(t, "\n- Send by: %s", day_weekday_short(f->send_by, day));
    if (f->why_not_due)
        add_why_not(t, f);
    text_add(t, "\n- Owed by: ");
    compose_add_safe(t, f->role);
    if (f->holder) {
        text_add(t, ", ");
        compose_add_safe(t, f->holder);
    }
    if (f->source) {
        text_add(t, "\n- Source: ");
        compose_add_safe(t, f->source);
    }
    if (f->citation) {
        text_add(t, "\n- Rests on: ");
        compose_add_safe(t, f->citation);
    }
    text_add(t, "\n");
}

static void add_draft(struct text *t, const struct deadline_facts *f)
{
    char on[DAY_TEXT], cut[DAY_TEXT];

    text_add(t, "\n# Draft of the report\n\n");
    if (!f->draft) {
        text_add(t, "It could not be made: ");
        compose_add_safe(t, f->no_draft);
        text_add(t, "\n");
        return;
    }
    text_addf(t, "Figures cut off at %s", day_short(f->draft_on, on));
    if (f->draft_on.n < f->cut_on.n)
        text_addf(t, "; the report is to have those of %s", day_short(f->cut_on, cut));
    text_addf(t, ". A draft to be edited: csid sends it to nobody.\n\n%s", f->draft);
}

void compose_deadline(const struct compose_footer *footer, const struct deadline_facts *f,
                      struct letter *ret)
{
    struct text t = TEXT_INIT;
    bool late = day_is(footer->next) && footer->next.n > f->due_on.n;
    char *next;

    add_first_line(&t, f);
    add_status(&t, f);
    add_deadline_list(&t, f);
    if (f->draft || f->no_draft)
        add_draft(&t, f);
    next = compose_next_or(footer, late ? "it is overdue, and said so from" : "a reminder on",
                           late ? " on, unless it is recorded as sent before."
                                : ", unless it is recorded as sent before.",
                           "nothing more is planned.");
    compose_add_footer(&t, footer,
                       f->copy ? ", which gets a copy of every such reminder." : ", which owes it.",
                       next);
    free(next);
    ret->markdown = text_take(&t);
    ret->subject = deadline_subject(f);
}
