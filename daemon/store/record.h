/*
 * record: what csid keeps by one definition (include/record.def): inspections, visits, bodies and
 * the like, each a number within its kind, values by field, and every value it ever had. Knows
 * fields, types and rules; what follows from a record is decided elsewhere.
 */
#ifndef CSID_STORE_RECORD_H
#define CSID_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum record_kind {
#define RECORD(kind, KIND, path, subject, fields, one, about) RECORD_##KIND,
#include "record.def"
#undef RECORD
    RECORD_KINDS
};

enum field_type {
    FIELD_TEXT,
    FIELD_DAY,
    FIELD_TIME,
    FIELD_MONTH,
    FIELD_NUMBER,
    FIELD_TALLY,
    FIELD_DECIMAL,
    FIELD_CODE,
    FIELD_ROLE,
    FIELD_PERIOD,
    FIELD_REF
};
enum field_need { NEED_SUBJECT, NEED_NEEDED, NEED_EITHER, NEED_SAME, NEED_MAY, NEED_DETAIL };

struct record_field { /* the columns of record.def */
    enum field_need need;
    const char *name, *option, *heading;
    enum field_type type;
    const char *limit; /* "" for none */
};

#define RECORD_FIELDS_MAX 16

struct record_def {
    const char *name, *path; /* "visit", "visits" */
    const struct record_field *fields;
    size_t count;
    const char *order; /* " framework from_on …": the fields' names, for SQL to sort by */
};
const struct record_def *record_def(enum record_kind kind);
/* The kind and the field of that name, `len` bytes of it. False, NULL: there is none. */
bool record_kind_find(const char *name, size_t len, enum record_kind *ret);
const struct record_field *record_field_find(enum record_kind kind, const char *name, size_t len);
/* The field that says under which record one of this kind stands; NULL for a kind that stands
 * alone. */
const struct record_field *record_parent(enum record_kind kind);

struct text;
struct record {
    enum record_kind kind;
    int64_t id, version;
    utc_t added_at, recorded_at;     /* its first value and its latest, where it was read */
    char *values[RECORD_FIELDS_MAX]; /* as kept, by the definition's order; NULL: none */
};
void record_clear(struct record *r);
/* Whether it was called off or recorded by mistake; never of a kind that cannot be. */
bool record_is_cancelled(const struct record *r);
/* Whether it was cancelled, or stands under one that `cancelled` names ("instrument:2 visit:1 "),
 * to which it is added then. To be asked in the order of the kinds: what others stand under first.
 */
bool record_falls(const struct record *r, struct text *cancelled);
/* The place of a field's value; the field must be one of the kind's. */
char **record_value(struct record *r, const char *name);

/* In order of the first of their dates, then of their numbers. The record lives during the call;
 * `row` returns 0 to go on. */
int record_each(struct store *s, enum record_kind kind,
                int (*row)(void *arg, const struct record *r), void *arg, struct err *e);
/* The same of what had been recorded by then (UTC_NONE: all), with the values of that time. */
int record_each_known(struct store *s, enum record_kind kind, utc_t known_at,
                      int (*row)(void *arg, const struct record *r), void *arg, struct err *e);
int record_find(struct store *s, enum record_kind kind, int64_t id, struct record *ret,
                struct err *e);
/* "2" or "visit:2". ERR_USAGE for anything else. */
int record_number(enum record_kind kind, const char *text, int64_t *ret, struct err *e);
/* Brings one value into the form in which it is kept ("Sub group" into sub-group, 2 into body:2, a
 * role's title into its slug). ERR_USAGE when it cannot be one, ERR_NOTFOUND when it names what is
 * not there. */
int record_read_value(struct store *s, const struct record_field *f, char **value, struct err *e);

/* Within a transaction, journalled as "visit.add visit:2". Checks every value and the rules of the
 * definition. With id 0 adds and sets r->id, else writes what differs, if anything does. */
int record_put(struct store *s, struct record *r, struct err *e);

struct record_change { /* lives during the call; value NULL: taken away */
    int64_t version;
    utc_t recorded_at;
    const char *who, *value;
    const struct record_field *field;
};
/* Every value the record ever had, oldest first. */
int record_history(struct store *s, enum record_kind kind, int64_t id,
                   int (*row)(void *arg, const struct record_change *change), void *arg,
                   struct err *e);

/* What an inspection, a visit or an audit is called: "ILACS inspection", "Monitoring visit 5",
 * "Monthly audit of Sep 2017: Neglect"; of other kinds with a title that. Caller frees. */
char *record_title(const struct record *r);
/* The last day of the month that an audit is of: the one that it names, else the one that it is
 * planned for. */
day_t record_month(const struct record *audit);

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
