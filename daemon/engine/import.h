/*
 * import: a council's spreadsheet into a new or an existing plan, matched by ref and part. Reads
 * the whole table first; with any faulty row nothing is written unless skip_bad. Runs within the
 * caller's transaction.
 */
#ifndef CSID_ENGINE_IMPORT_H
#define CSID_ENGINE_IMPORT_H

#include "calendar/when.h"
#include "engine/engine.h"
#include "store/store.h"

struct import_options {
    const char *plan, *title, *scheme, *file; /* NULL where not given; file: its base name */
    const char *const *maps;                  /* "COLUMN=FIELD" */
    size_t map_count;
    day_t as_at;   /* effective date of all that is imported */
    bool skip_bad; /* faulty rows are left out, the others go in */
    bool dry_run;  /* the caller undoes it all: faults are told, but never refuse */
    bool yes;      /* due dates more than ten years ahead are meant */
};

struct import_fault {
    int line;     /* of the file, 1 the header; a quoted newline counts */
    char *column; /* heading as printed; "" for a whole row */
    char *reason;
};

struct import_change { /* one action that is new or changed */
    char *ref, *what;  /* "5.12", "new", "rating amber → green, due 2017-03-31 → 2017-06-30" */
    bool added;
};

struct import_result {
    char *plan; /* its slug */
    bool new_plan;
    int64_t rows, added, changed, unchanged,
        missing;                 /* missing: in the plan, not in the file; left alone */
    struct import_fault *faults; /* rows left out */
    size_t fault_count;
    struct import_fault *notes; /* told, but neither guess nor fault */
    size_t note_count;
    struct import_change *changes;
    size_t change_count;
};

/* -1 with ERR_REFUSED when there were faults and neither skip_bad nor dry_run, or the table cannot
 * be read at all; *ret is filled as far as the reading came, and is cleared by the caller in either
 * case. */
int import_run(struct store *s, const struct import_options *o, const void *bytes, size_t len,
               const struct when *when, struct import_result *ret, struct err *e);
void import_result_clear(struct import_result *r);

#define EVENT_IMPORT "csi.import"
/* Tells the endpoints that take the event what an import has added and changed, with the day from
 * which it holds; nothing where that is nothing. Within the transaction of the import. */
int import_tell(struct store *s, const struct engine *engine, const struct import_options *o,
                const struct import_result *r, utc_t now, struct err *e);

#endif
