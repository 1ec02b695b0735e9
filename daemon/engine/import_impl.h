/*
 * import_impl: what the files of the import share; nobody else includes it. The steps in their
 * order: read (columns to fields), known (the plan as it stands), check (rows against one another
 * and the plan), apply.
 */
#ifndef CSID_ENGINE_IMPORT_IMPL_H
#define CSID_ENGINE_IMPORT_IMPL_H

#include "base/text.h"
#include "engine/import.h"
#include "sheet/csv.h"
#include "store/action.h"
#include "store/plan.h"

enum field {
    FIELD_REF,
    FIELD_PART,
    FIELD_PRIORITY,
    FIELD_PRIORITY_TITLE,
    FIELD_RECOMMENDATION,
    FIELD_ACTION,
    FIELD_SUCCESS_MEASURE,
    FIELD_OWNER,
    FIELD_OWNER_EMAIL,
    FIELD_ACCOUNTABLE,
    FIELD_START,
    FIELD_DUE,
    FIELD_RATING,
    FIELD_STATUS,
    FIELD_COMPLETED,
    FIELD_PROGRESS,
    FIELD_COUNT,
    FIELD_NONE = FIELD_COUNT /* of no column: about a whole row */
};

#define IMPORT_TITLE_MAX 4000

struct import_row {
    int line;
    bool bad;
    char *text[FIELD_COUNT]; /* as kept; NULL: no such column, or the cell is faulty */
    char *email_name;        /* the name that stood before the address, "" */
    int priority;            /* 0: not given */
    int rating;              /* index into the scheme, -1: none */
    int status;              /* -1: not given */
    enum due_precision due_precision;
    day_t start_on, due_on, completed_on;
};

/* What a row says in a column, "" where it says nothing. */
static inline const char *import_cell(const struct import_row *row, enum field f)
{
    return row->text[f] ? row->text[f] : "";
}

/* One line of the table of fields. `read` takes the cell's kept text into the row: -1 with the
 * fault's reason in e; what it had to interpret goes into `note`. */
enum cell_kind { CELL_LINE, CELL_LINES, CELL_EXACT };
struct import_field {
    const char *name;
    enum cell_kind kind;
    size_t max; /* characters */
    int (*read)(struct import_row *row, const char *text, struct text *note, struct err *e);
};
extern const struct import_field import_fields[FIELD_COUNT];

/* The rows of one ref that are fit to go in, in the order of their lines. */
struct import_action {
    const char *ref;
    struct import_row **rows;
    size_t count;
    const struct action *known; /* as the plan holds it, NULL: new */
};

/* A role that the file names, and the address it gives for it. */
struct import_role {
    const char *title;
    const struct import_row *mail; /* row of the address, NULL: none is given */
    int64_t id;                    /* 0 until it is made sure of */
    bool mailed;                   /* its holder has been looked at */
};

struct import_priority {
    const struct import_row *titled; /* first row with its title */
    int64_t id;                      /* 0 until it is made sure of */
    bool told;
};

struct import {
    struct store *store;
    const struct import_options *options;
    const struct when *when;
    struct import_result *result;

    char *headings[FIELD_COUNT]; /* as printed; NULL: no such column */
    struct import_row *rows;
    size_t row_count;
    bool priority_read, no_priority; /* told already */

    char *slug;
    struct plan plan;     /* id 0 until it is made; the scheme is there before */
    struct action *known; /* by ref; parts as at options->as_at */
    size_t known_count;
    struct priority *priorities; /* of the plan before */
    size_t priority_count;

    struct import_row **order;     /* by ref and part; actions' rows point into it */
    struct import_action *actions; /* in the order of the file */
    size_t action_count;
    struct import_role *roles; /* by title */
    size_t role_count;
    struct import_priority priority[PRIORITY_MAX + 1];

    size_t faults_cap, notes_cap, changes_cap, faults_more, notes_more;
};

/* Tells a fault (the row is bad then) or a note at a row's field; FIELD_NONE: at the row. */
void import_fault(struct import *im, struct import_row *row, enum field f, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void import_note(struct import *im, int line, const char *column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
const char *import_heading(const struct import *im, enum field f);

/* The table's columns and rows into fields; ERR_REFUSED when no table can be made of it. */
int import_read(struct import *im, const struct sheet *sheet, struct err *e);
void import_rows_free(struct import_row *rows, size_t count);

/* How many bytes of a text a message repeats with "%.*s"; never half a character. */
int import_cut(const char *s);
/* The kept form of a cell; *ret_replaced counts what became U+FFFD. Caller frees. */
char *import_clean(enum cell_kind kind, const char *cell, size_t *ret_replaced);

/* Decides which plan it is and, where it exists, loads it as it stands on options->as_at. */
int import_known(struct import *im, struct err *e);
const struct action *import_known_action(const struct import *im, const char *ref);

/* Every fault of every row is told here or in import_read, before anything is written. */
int import_check(struct import *im, struct err *e);
struct import_role *import_role(const struct import *im, const char *title);
/* The row an action's field comes from: the first that fills it, else the first. */
const struct import_row *import_row_of(const struct import_action *a, enum field f);

/* Writes what is new and what differs, of the rows that are not bad. */
int import_apply(struct import *im, struct err *e);
/* What differs between an action's row and the plan's part, said and in words. */
void import_compare(const struct import *im, const struct import_row *row, const struct part *held,
                    struct said *said, struct text *words);
/* Appends `label "before" → "after"`, in short; NULL and "" print as `none`. */
void import_words(struct text *words, const char *label, const char *before, const char *after,
                  const char *none);

#endif
