/*
 * compose: what the mails of the checks say. Facts in, a subject and a Markdown text out; the first
 * line says what to do by when, the footer why one got it, what comes next and the reference.
 * Decides nothing and looks nothing up. Every text of the facts may be hostile.
 */
#ifndef CSID_NOTICE_COMPOSE_H
#define CSID_NOTICE_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "calendar/day.h"
#include "calendar/revise.h"
#include "plan/vacancy.h"

struct letter {
    char *subject, *markdown;
};
void letter_clear(struct letter *l);

/* Adds somebody's text to Markdown: one line, cut at 300 bytes, without markup. */
void compose_add_safe(struct text *t, const char *s);

/* What stands in every footer. */
struct compose_footer {
    const char *organisation;
    const char *roles;     /* titles of what the reader holds, "A and B" */
    const char *reference; /* "deadline:1 T-28" */
    day_t next;            /* when the reader hears of it next; DAY_NONE: not again */
    bool unread;           /* nobody will read it: a long list may be left out of it */
};

struct action_item {
    const char *ref;  /* 5.12, with the plan where there are several; or deadline:7 */
    const char *part; /* "" when the action is not split */
    const char *title;
    const char *rating; /* its label; NULL: not rated */
    const char *mark;   /* why it is told today, in few words; NULL: it is not, but is listed */
    day_t due_on;
    int days; /* to that; below 0: overdue */
};
/* The list of one owner's actions, the most pressing first, at least one; or a copy of it. */
void compose_actions(const struct compose_footer *footer, const struct action_item *items,
                     size_t count, bool copy, struct letter *ret);
/* What else is open of the reader's, at the end of a mail about other things. Caller frees. */
char *compose_also(const struct action_item *items, size_t count);

struct visit_item {
    const char *title; /* "Monitoring visit 5" */
    const char *step;  /* "T-28" */
    day_t from_on, to_on;
    day_t was; /* to begin, as it was told before; DAY_NONE: it was not, or on the same day */
};
/* What is ahead as seen on `today`, in the order given. */
void compose_visits(const struct compose_footer *footer, const char *when,
                    const struct visit_item *items, size_t count, day_t today, struct letter *ret);

struct deadline_facts { /* texts NULL where there is none */
    const char *title, *recipient, *source;
    const char *citation, *missed; /* the law it rests on; what follows if it is missed */
    const char *role;              /* title of the role that owes it */
    const char *holder;            /* NULL: nobody can be written to */
    const char *nobody;            /* then why not: "nobody holds …" */
    const char *why_not_due;       /* why due_on is no working day; NULL when it is one */
    const char *draft;             /* of the report that is owed, in Markdown of our own */
    const char *no_draft;          /* why there is none though there should be */
    day_t draft_on, cut_on;        /* the day of its figures, and the one they are to be of */
    day_t due_on, send_by, today;
    day_t due_was; /* as it was told before, on another day; DAY_NONE: it was not */
    bool copy;     /* not for who owes it */
    bool past;     /* its day had passed when it was recorded: asks whether it was sent */
};
/* A reminder of one deadline, or once due_on has passed that it is overdue. The draft stands last.
 */
void compose_deadline(const struct compose_footer *footer, const struct deadline_facts *f,
                      struct letter *ret);

/* A window: what may come from a first day to a last. */
struct window_item {
    const char *title;
    const char *command; /* what to type when it has come; NULL where there is nothing */
    day_t opens_on, due_on;
    bool opens; /* it has only opened; else something is to be done about it */
};
/* Windows with nothing booked, or letters not recorded, as seen on `today`, in the order given. */
void compose_windows(const struct compose_footer *footer, const struct window_item *items,
                     size_t count, day_t today, struct letter *ret);
void compose_letters(const struct compose_footer *footer, const struct window_item *items,
                     size_t count, day_t today, struct letter *ret);

/* Roles in which nobody can be reached: those that owe or are to hear of something, and those that
 * own actions, the soonest first in both. `also`: of whom else should be told, why that cannot be;
 * NULL: everyone is. */
void compose_vacancies(const struct compose_footer *footer, const struct vacancy *owing,
                       size_t owing_count, const struct vacancy *owning, size_t owning_count,
                       const char *also, struct letter *ret);

/* Something that officers have to keep up and have not; all ours but the title. */
struct upkeep_item {
    const char *subject, *ask; /* "No value", "record the value that is missing" */
    const char *title, *fact;  /* how it stands */
    const char *command;       /* what to type when it is done; NULL where there is nothing */
    const char *owner;         /* title of the role that owns it; NULL: nobody does */
};
/* What is asked for, in the order given. */
void compose_upkeep(const struct compose_footer *footer, const struct upkeep_item *items,
                    size_t count, struct letter *ret);

struct gap_item {
    const char *what, *mend; /* "12 actions of Lead: nobody holds it"; what to do or type */
};
/* To the administrator: which of all that is owed reaches nobody, in the order given. */
void compose_gaps(const struct compose_footer *footer, const struct gap_item *items, size_t count,
                  size_t obligations, struct letter *ret);

struct moved_item {
    const char *title, *recipient; /* recipient NULL where there is none */
    const char *role;              /* title of the role that owes it; NULL: the reader does */
    const char *dates;             /* what moves, in our own words */
    bool window;                   /* it is expected by that day, not to be sent */
    day_t send_by_was, send_by;    /* the same day when only reminders, or its first day, move */
};
/* Deadlines that move with the holidays, in the order given; `why` as from compose_revisions. */
void compose_moved(const struct compose_footer *footer, const struct moved_item *items,
                   size_t count, const char *why, struct letter *ret);
/* What changed in the holidays as a list in Markdown, other names left out. Caller frees. */
char *compose_revisions(const struct revision *revisions, size_t count);

struct reassigned_item {
    const char *ref;   /* of an action, with the plan where there are several; NULL: a deadline */
    const char *title; /* of it */
    const char *was;   /* whose it was: "Head of Care (Ann Lee)" */
    day_t due_on;      /* DAY_NONE: it has no date */
    bool window;       /* it is expected by that day */
};
/* What is the reader's now and was somebody else's, in the order given. */
void compose_reassigned(const struct compose_footer *footer, const struct reassigned_item *items,
                        size_t count, day_t today, struct letter *ret);

/* What somebody is asked to do about actions: an update, evidence, a decision. */
struct ask {
    const char *please;  /* "Please send an update" */
    const char *of;      /* behind the count of them: " without an update for 28 days" */
    const char *how;     /* what to reply or type, a sentence */
    const char *why;     /* behind the reader's roles: ", which owns them." */
    const char *unless;  /* behind the day when it is told again: ", unless …" */
    const char *command; /* shows all of them */
    bool copy;           /* for information only */
};
struct ask_item {
    const char *ref, *part, *title; /* part "" where the action is not split */
    const char *what;               /* "no update since 31 Aug 2017" */
};
/* The count and the first 50, in the order given, and how to see them all. */
void compose_ask(const struct compose_footer *footer, const struct ask *ask,
                 const struct ask_item *items, size_t count, struct letter *ret);

struct escalation_who {       /* one who was told */
    const char *title, *name; /* of the role; name NULL where it is not known */
    day_t on;
    bool empty; /* nobody could be reached */
};
struct escalation_item {
    const char *ref, *title; /* 5.12 or deadline:3 */
    const char *number;      /* of a deadline, for its commands */
    bool deadline;
    day_t due_on;
    int days;                          /* over */
    const char *owner, *owner_name;    /* the role's title; NULL: nobody owns it */
    const struct escalation_who *told; /* the owner first */
    size_t told_count;
    const char *next, *next_name; /* title of the role that is told next; NULL: none is */
    day_t next_on;
};
/* What is escalated to one person, in the order given. `answered`: answers reach the programme
 * office. */
void compose_escalation(const struct compose_footer *footer, const struct escalation_item *items,
                        size_t count, bool answered, struct letter *ret);

struct resolved_item {
    const char *ref, *title, *why; /* why: "complete on 4 Sep 2017" */
};
/* What was escalated to one person and is settled, in the order given. */
void compose_resolved(const struct compose_footer *footer, const struct resolved_item *items,
                      size_t count, struct letter *ret);

/* Several letters to one person as one, in the order given; one alone stays as it is. */
void compose_digest(const struct letter *const *letters, size_t count, struct letter *ret);

/* To the administrator: what a run could not do or tell, in the order given. */
void compose_trouble(const struct compose_footer *footer, const char *const *lines, size_t count,
                     struct letter *ret);
/* A mail that says only that mail works, and who asked for it. */
void compose_test(const char *organisation, const char *who, struct letter *ret);

#endif
