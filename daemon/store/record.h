/*
 * record: inspections and visits, by one definition of fields each: adding a kind of record is an
 * entry in a table.
 */
#ifndef CSID_STORE_RECORD_H
#define CSID_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum record_kind { RECORD_INSPECTION, RECORD_VISIT, RECORD_KINDS };

enum field_type { FIELD_TEXT, FIELD_DAY, FIELD_NUMBER, FIELD_CODE };

struct record_field {
    const char *name; /* column and member */
    const char *heading;
    enum field_type type;
    bool needed;
    const char *codes; /* FIELD_CODE: "sif ilacs …"; NULL: any slug */
};

#define RECORD_FIELDS_MAX 8

struct record_def {
    const char *name; /* "visit" */
    const struct record_field *fields;
    size_t count;
};
const struct record_def *record_def(enum record_kind kind);

struct record {
    enum record_kind kind;
    int64_t id, version;
    char *values[RECORD_FIELDS_MAX]; /* as stored, by the definition's order; NULL: none */
};
void record_clear(struct record *r);

/* In order of their dates. The record lives during the call; `row` returns 0 to go on. */
int record_each(struct store *s, enum record_kind kind,
                int (*row)(void *arg, const struct record *r), void *arg, struct err *e);
int record_find(struct store *s, enum record_kind kind, int64_t id, struct record *ret,
                struct err *e);
/* Within a transaction, journalled; checks that what is needed is there and that to >= from. With
 * id 0 adds and sets r->id, else replaces all values. */
int record_put(struct store *s, struct record *r, struct err *e);

/* What is to come: inspections, and visits of the kind monitoring, that begin on or after `from`.
 */
struct happening {
    const char *about; /* "visit:2" */
    const char *title; /* "Monitoring visit 5", "ILACS inspection" */
    day_t from_on, to_on;
};
int record_ahead(struct store *s, day_t from, int (*row)(void *arg, const struct happening *h),
                 void *arg, struct err *e);

#endif
