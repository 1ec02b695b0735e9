/*
 * wizard: the questions of `csictl wizard intervention` (wizard.def), the answers read and held to
 * them, all faults at once, and what is written from them. Nobody outside api/ includes it.
 */
#ifndef CSID_API_WIZARD_H
#define CSID_API_WIZARD_H

#include "api/call.h"
#include "store/record.h"

enum wizard_type {
    WIZARD_CHOICE,
    WIZARD_DATE,
    WIZARD_PERIOD,
    WIZARD_EVERY,
    WIZARD_TEXT,
    WIZARD_PERSON,
    WIZARD_LIST
};

/* The records that answers make, in the order in which they are written. */
enum wizard_part {
#define PART(part, kind, key, given, near, ends) WIZARD_PART_##part,
#include "api/wizard.def"
#undef PART
    WIZARD_PARTS,
    WIZARD_PART_role = WIZARD_PARTS
};
struct wizard_part_def {
    enum record_kind kind;
    const char *key, *given, *near, *ends; /* lists with blanks between */
};
extern const struct wizard_part_def wizard_parts[WIZARD_PARTS];

enum wizard_name {
#define QUESTION(name, type, need, part, field, only_if, after, choices, offered, question, help) \
    WIZARD_##name,
#include "api/wizard.def"
#undef QUESTION
    WIZARD_QUESTIONS
};
struct wizard_question { /* the columns of wizard.def */
    const char *name;
    enum wizard_type type;
    bool needed;
    enum wizard_part part;
    const char *field, *only_if, *after, *choices, *offered, *question, *help;
};
extern const struct wizard_question wizard_questions[WIZARD_QUESTIONS];

/* What CHOICE and LIST choose from, blanks between: the question's own words or the field's. */
const char *wizard_choices(const struct wizard_question *q);
/* The record field at a place in the question's list of fields; NULL behind its end. */
const struct record_field *wizard_field(const struct wizard_question *q, size_t place);
/* The question that a condition is about: "issued=…". */
enum wizard_name wizard_condition(const char *only_if);
/* The question of that name; WIZARD_QUESTIONS: there is none. */
enum wizard_name wizard_find(const char *name);
/* Whether a list with blanks, or bars, between its words has this one. */
bool wizard_lists(const char *list, const char *word);

struct wizard_value {
    char *first, *second; /* a period's ends, name and address, area and grade; else second NULL */
};
struct wizard_answer {
    struct wizard_value *values; /* none: not known; several only of a LIST */
    size_t count;
    struct api_place at; /* where it stands in YAML */
    bool given, faulty;
};
struct wizard_fault {
    char *name, *reason; /* name "" where it is none question's */
    struct api_place at;
};
struct wizard {
    struct wizard_answer answers[WIZARD_QUESTIONS];
    struct wizard_fault *faults; /* of a text, by line */
    size_t fault_count, fault_cap, left_out;
    bool unreadable; /* it is no answers at all: of each nothing more can be said */
};
void wizard_clear(struct wizard *w);

/* Reads the request's body, JSON or YAML, and holds every answer to its question: what is wrong
 * with them stands in w->faults. ERR_USAGE, ERR_TOOBIG when the body cannot be read at all. The
 * answers also become arguments of the call. */
int wizard_read(struct call *c, struct wizard *w, struct err *e);

/* The first half of it: every answer that is one line of clean text, or several of a LIST, is an
 * argument of the call. */
int wizard_take(struct call *c, struct wizard *w, struct err *e);
/* Says that an answer will not do; the reason may begin with its name, which the fault has anyway.
 */
void wizard_refuse(struct wizard *w, enum wizard_name n, const struct err *e);

/* Within a transaction: writes what is new or differs, a row for each record and role into
 * `written`. */
int wizard_write(struct call *c, const struct wizard *w, json_t *written, struct err *e);

#endif
